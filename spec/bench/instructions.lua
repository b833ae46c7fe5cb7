--- How many instructions of the library's own C, Lua and lua-cjson together one
--- call of get_tokens_me takes. libcurl and libc are left out: they change with
--- the system.

return 48200
