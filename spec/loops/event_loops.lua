--- The event loops of other libraries, for specs: how each starts a coroutine,
-- and how it runs until all have ended.

local event_loops = {}

--- name -> { gctokens = its loop, start = fun(body), run = fun(), pcall };
--- those that this Lua has.
event_loops.available = {}


local function add(name, open)
  if pcall(require, name) then
    local event_loop = open(require(name))
    event_loop.gctokens = require("gctokens.loop." .. name)
    event_loops.available[name] = event_loop
  end
end


add("luv", function(uv)
  return {
    start = function(body)
      coroutine.wrap(body)()
    end,
    run = uv.run,
    pcall = pcall,
  }
end)


add("cqueues", function(cqueues)
  local auxlib = require("cqueues.auxlib")
  local controller = cqueues.new()
  local function call(callback, ...)
    return callback(...)
  end
  return {
    start = function(body)
      controller:wrap(body)
    end,
    run = function()
      assert(controller:loop())
    end,
    pcall = function(...) -- that can be yielded across, on Lua 5.1 too
      return auxlib.resume(coroutine.create(call), ...)
    end,
  }
end)


return event_loops
