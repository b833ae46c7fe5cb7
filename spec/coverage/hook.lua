--- Notes every line of the library that runs. Each file of the copied tree
-- begins with a call of this one, with the name of the list to write to: so
-- it works in every process and every Lua state, and a spec that sets a hook
-- of its own ends it only until the next file is loaded.
--
-- A line is written when it is first seen, so that it is not lost however the
-- process ends.

local list = ...
local registry = debug.getregistry()


local function new_hook()
  local file = assert(io.open(list, "a"))
  file:setvbuf("no")
  local seen = {} -- of each source, its lines; or false: not the library's
  return function(_, line)
    local source = debug.getinfo(2, "S").source
    local lines = seen[source]
    if lines == nil then
      lines = source:match("^@.*/lua/gctokens[/.].*lua$") and {} or false
      seen[source] = lines
    end
    if lines and not lines[line] then
      lines[line] = true
      file:write(source:match("^@.*/(lua/gctokens.*)$"), ":", line, "\n")
    end
  end
end


local hook = registry["spec.coverage"]

if jit then -- luacheck: ignore 113 (LuaJIT)
  jit.off() -- luacheck: ignore 113 (compiled code calls no hook)
elseif not hook then
  -- Elsewhere a hook is of one coroutine only.
  local create = coroutine.create
  coroutine.create = function(body) -- luacheck: ignore 122
    local thread = create(body)
    debug.sethook(thread, registry["spec.coverage"], "l")
    return thread
  end
end
registry["spec.coverage"] = hook or new_hook()
debug.sethook(registry["spec.coverage"], "l")
