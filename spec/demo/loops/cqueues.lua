--- Calls in a program on cqueues: coroutines of a controller.
--
--   lua5.4 spec/demo/loops/cqueues.lua [BASE_URL]
--
-- The token is GENESYSCLOUD_ACCESS_TOKEN.

local cqueues = require("cqueues")
local gctokens = require("gctokens")

local client = gctokens.new({
  base_url = arg[1],
  loop = require("gctokens.loop.cqueues"),
})
local controller = cqueues.new()
local ticks, is_over = 0, false

controller:wrap(function()
  while not is_over do
    cqueues.sleep(0.01)
    ticks = ticks + 1
  end
end)

controller:wrap(function()
  local info = assert(client:get_tokens_me())
  print("organization: " .. info.organization.name)
  is_over = true
end)

controller:wrap(function()
  local timeout = assert(client:get_tokens_timeout())
  print("idle-token timeout: " .. tostring(timeout.enableIdleTokenTimeout))
end)

assert(controller:loop())
print("the timer went on: " .. tostring(ticks > 0))
client:close()
