--- How to wait in an ordinary script: the whole program waits.
-- A waiting module has these three functions and nothing else; a client can
-- be given another one as its `loop` option.

local core = require("gctokens.core")


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
}


-- Nobody else waits while this does, so other calls are nobody's.
function blocking.wait(engine, id)
  return engine:wait(id, true)
end


return blocking
