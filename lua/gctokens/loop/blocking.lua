--- How to wait in a script: the whole program waits. A client can be given
-- another loop (gctokens.Loop) as its option `loop`.

local core = require("gctokens.core")

local loaded = package.loaded

local COROUTINES = "gctokens.loop.coroutines" -- required by the first `run`


local function run(...)
  return require(COROUTINES).run(...)
end


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
  run = run,
}


-- Nothing else waits meanwhile, so the engine may give up all other calls. The
-- exception is a function of the user that makes a call in a coroutine.
function blocking.wait(engine, id)
  local coroutines = loaded[COROUTINES]
  return engine:wait(id, not (coroutines and coroutines.is_running(engine)))
end


return blocking
