--- The options of gctokens.new, as data. What people read about them is in
-- gctokens.options.client_help, which a script does not load.
--
--   name, type  the type is a check of gctokens.validate: is_... without "is_"
--   default
--   fields      rows; the value may also be a table of these
--   call        every call takes it, too, but for the operation in `except`
--   engine      the engine takes it; "alone": with a transport it has no effect
--   guard       gctokens.guard.new takes it, and passes it on

return {
  { name = "region", type = "text", guard = true },
  { name = "base_url", type = "text", engine = true, guard = true },
  { name = "login_url", type = "text" },
  { name = "allow_http", type = "boolean", default = false, engine = true,
    guard = true },
  { name = "access_token", type = "token", call = true, except = "warm_up" },
  { name = "client_id", type = "text" },
  { name = "client_secret", type = "text" },
  { name = "timeout", type = "seconds", default = 15, call = true },
  { name = "connect_timeout", type = "seconds", default = 5, call = true },
  { name = "deadline", type = "seconds", default = 60, call = true },
  { name = "retry", type = "boolean", call = true, fields = {
    { name = "max_attempts", type = "count", default = 4 },
    { name = "base_delay", type = "delay", default = 0.25 },
    { name = "max_delay", type = "delay", default = 8 },
    -- what Genesys' SDKs are willing to wait
    { name = "max_retry_after", type = "delay", default = 180 },
  } },
  { name = "ca_file", type = "text", engine = "alone", guard = true },
  { name = "ca_path", type = "text", engine = "alone", guard = true },
  { name = "client_cert", type = "text", engine = "alone", guard = true },
  { name = "client_key", type = "text", engine = "alone", guard = true },
  { name = "proxy", type = "string", engine = "alone", guard = true },
  { name = "no_proxy", type = "string", engine = "alone", guard = true },
  { name = "max_response_bytes", type = "count", default = 1048576,
    engine = true },
  { name = "max_connections", type = "count", default = 64, engine = "alone" },
  { name = "headers", type = "headers", call = true },
  { name = "user_agent", type = "text", engine = true, guard = true },
  { name = "on_attempt", type = "function" },
  { name = "loop", type = "loop" },
  { name = "transport", type = "function", guard = true },
  { name = "env", type = "boolean", default = true },
}
