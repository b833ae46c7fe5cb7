--- How to wait in an ordinary script: the whole program waits.
-- A waiting module has these three functions and nothing else; a client can
-- be given another one as its `loop` option.

local core = require("gctokens.core")


---@class gctokens.Loop
---@field now fun(): number seconds on a clock that only goes forward
---@field sleep fun(seconds: number) returns no earlier than that
---@field wait fun(engine: gctokens.Engine, id: integer): any, table?, table?
---  returns what the call `id` ended with: result, err, response


---@type gctokens.Loop
local blocking = {
  now = core.now,
  sleep = core.sleep,
}


function blocking.wait(engine, id)
  return engine:wait(id)
end


return blocking
