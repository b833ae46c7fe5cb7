--- How to wait in an ordinary script: the whole program waits.
-- A client can be given another waiting module as its `loop` option; `run` is
-- what it may leave out, and `event`, which only threads need.

local core = require("gctokens.core")
local together = require("gctokens.loop.together")

local is_running = together.is_running


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
  run = together.run,
}


-- Nobody else waits while this does, so other calls are nobody's; but for a
-- call that is made in the middle of threads, by a function of the user.
function blocking.wait(engine, id)
  return engine:wait(id, not is_running(engine))
end


return blocking
