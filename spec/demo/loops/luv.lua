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

local ticks, is_over = 0, false
local timer = uv.new_timer()
timer:start(10, 10, function()
  ticks = ticks + 1
  if is_over then
    timer:close()
  end
end)

coroutine.wrap(function()
  local info = assert(client:get_tokens_me())
  print("organization: " .. info.organization.name)
  is_over = true
end)()

coroutine.wrap(function()
  local timeout = assert(client:get_tokens_timeout())
  print("idle-token timeout: " .. tostring(timeout.enableIdleTokenTimeout))
end)()

uv.run()
print("the timer went on: " .. tostring(ticks > 0))
client:close()
