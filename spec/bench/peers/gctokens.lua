--- This library, as its users use it.
--
--   gctokens.lua BASE_URL TOKEN CALLS CONCURRENCY [head|revoke]
--
-- Prints the seconds it took. With "head" it asks with HEAD. With "revoke" it
-- deletes the tokens of users 1, 2, and so on, instead of asking about its own.

local core = require("gctokens.core")
local gctokens = require("gctokens")

local base_url, token = arg[1], arg[2]
local calls, concurrency = tonumber(arg[3]), tonumber(arg[4])

local client = gctokens.new({
  base_url = base_url, access_token = token, env = false,
  ca_file = os.getenv("BENCH_CA_FILE"),
})


local function one_after_another()
  for _ = 1, calls do
    assert(client:get_tokens_me())
  end
end


local function heads()
  for _ = 1, calls do
    assert(client:head_tokens_me())
  end
end


local function at_once()
  local begun = 0
  require("gctokens.loop.coroutines").run(client, concurrency, function(thread)
    while begun < calls do
      begun = begun + 1
      assert(thread:get_tokens_me())
    end
  end)
end


local function revoke()
  local begun = 0
  local totals = client:delete_tokens_of(function()
    begun = begun + 1
    return begun <= calls and tostring(begun) or nil
  end, { concurrency = concurrency, rate_per_minute = false })
  assert(totals.done + totals.not_found == calls)
end


local started = core.now()
if arg[5] == "head" then
  heads()
elseif arg[5] then
  revoke()
elseif concurrency == 1 then
  one_after_another()
else
  at_once()
end
print(("%.6f"):format(core.now() - started))
client:close()
