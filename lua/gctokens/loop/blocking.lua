--- How to wait in a script: the whole program waits. A client can be given
-- another loop (gctokens.Loop) as its option `loop`.

local core = require("gctokens.core")


local function run(...)
  return require("gctokens.loop.coroutines").run(...)
end


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
  is_blocking = true,
  run = run,
}


function blocking.wait(engine, id)
  return engine:wait(id)
end


return blocking
