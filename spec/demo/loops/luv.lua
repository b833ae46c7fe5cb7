--- Calls in a program on libuv: coroutines that yield to uv.run().
--
--   lua5.4 spec/demo/loops/luv.lua [BASE_URL]
--
-- The token is GENESYSCLOUD_ACCESS_TOKEN.

local gctokens = require("gctokens")
local uv = require("luv")

local client = gctokens.new({
  base_url = arg[1],
  loop = require("gctokens.loop.luv"),
})

local ticks = 0
local timer = uv.new_timer()
timer:start(10, 10, function()
  ticks = ticks + 1
end)

coroutine.wrap(function()
  local info = assert(client:get_tokens_me())
  print("organization: " .. info.organization.name)
  timer:close()
end)()

coroutine.wrap(function()
  local timeout = assert(client:get_tokens_timeout())
  print("idle-token timeout: " .. tostring(timeout.enableIdleTokenTimeout))
end)()

uv.run()
print("the timer went on: " .. tostring(ticks > 0))
client:close()
