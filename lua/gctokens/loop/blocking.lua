--- How to wait in an ordinary script: the whole program waits.
-- A client can be given another waiting module as its `loop` option; `run` is
-- what it may leave out, and `event`, which only threads need.

local core = require("gctokens.core")

local loaded = package.loaded

local TOGETHER = "gctokens.loop.coroutines" -- required by the first `run`


local function run(...)
  return require(TOGETHER).run(...)
end


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
  run = run,
}


-- Nobody else waits while this does, so other calls are nobody's; but for a
-- call that is made in the middle of threads, by a function of the user.
function blocking.wait(engine, id)
  local together = loaded[TOGETHER]
  return engine:wait(id, not (together and together.is_running(engine)))
end


return blocking
