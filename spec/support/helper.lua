--- Loaded by busted before the specs: one emulator for the whole run.
-- busted reloads modules for every spec file, but not those loaded here.

require("spec.support.fixtures")

-- libuv's loop belongs to the Lua state: loaded once more, luv would free the
-- loop that the first one's functions still use. Not every Lua has it.
pcall(require, "luv")
