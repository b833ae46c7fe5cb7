--- This library's core, without the client's policy.
--
--   core.lua BASE_URL TOKEN CALLS CONCURRENCY    prints the seconds it took

local core = require("gctokens.core")

local base_url, token = arg[1], arg[2]
local calls, concurrency = tonumber(arg[3]), tonumber(arg[4])

local engine = core.new({
  base_url = base_url, ca_file = os.getenv("BENCH_CA_FILE"),
})
local arguments = { access_token = token }


local function one_after_another()
  for _ = 1, calls do
    assert(engine:get_tokens_me(arguments))
  end
end


local function at_once()
  local begun, done = 0, 0
  while done < calls do
    while begun < calls and begun - done < concurrency do
      assert(engine:start("get_tokens_me", arguments))
      begun = begun + 1
    end
    for _, finished in ipairs((engine:step(1))) do
      assert(finished.result, finished.err and finished.err.message)
      done = done + 1
    end
  end
end


local started = core.now()
if concurrency == 1 then
  one_after_another()
else
  at_once()
end
print(("%.6f"):format(core.now() - started))
engine:close()
