--- One measurement of this library in a process of its own.
--
--   lua calls.lua MODE BASE_URL TOKEN CALLS
--
-- MODE: core (engine methods), client (with policy), many (32 at once through
-- start and step), revoke (mass revocation, 8 at once), load (require alone).
-- Prints the seconds it took, then the resident memory in KiB after a tenth of
-- the calls and after all.

local mode, base_url, token, calls = arg[1], arg[2], arg[3], tonumber(arg[4])

local CONCURRENCY = 32

local modes = {}
local resident_early


local function resident()
  collectgarbage()
  collectgarbage()
  local file = assert(io.open("/proc/self/status"))
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmRSS:%s*(%d+)"))
end


local function look_after_a_tenth(done)
  if done == math.floor(calls / 10) then
    resident_early = resident()
  end
end


-- CPU time of this process: nothing is waited for while loading.
function modes.load()
  local started = os.clock()
  require("gctokens")
  return os.clock() - started
end


function modes.core()
  local core = require("gctokens.core")
  local engine = core.new({ base_url = base_url })
  local started = core.now()
  for i = 1, calls do
    assert(engine:get_tokens_me({ access_token = token }))
    look_after_a_tenth(i)
  end
  return core.now() - started
end


function modes.client()
  local core = require("gctokens.core")
  local client = require("gctokens").new({
    base_url = base_url, access_token = token, env = false,
  })
  local started = core.now()
  for i = 1, calls do
    assert(client:get_tokens_me())
    look_after_a_tenth(i)
  end
  return core.now() - started
end


function modes.many()
  local core = require("gctokens.core")
  local engine = core.new({ base_url = base_url })
  local arguments = { access_token = token }
  local started = core.now()
  local begun, done = 0, 0
  while done < calls do
    while begun < calls and begun - done < CONCURRENCY do
      assert(engine:start("get_tokens_me", arguments))
      begun = begun + 1
    end
    for _, finished in ipairs((engine:step(1))) do
      assert(finished.result, finished.err and finished.err.message)
      done = done + 1
      look_after_a_tenth(done)
    end
  end
  return core.now() - started
end


function modes.revoke()
  local client = require("gctokens").new({
    base_url = base_url, access_token = token, env = false,
  })
  local begun, done = 0, 0
  local totals = client:delete_tokens_of(function()
    begun = begun + 1
    return begun <= calls and tostring(begun) or nil
  end, {
    concurrency = 8,
    rate_per_minute = false,
    on_result = function()
      done = done + 1
      look_after_a_tenth(done)
    end,
  })
  assert(done == calls and totals.done + totals.not_found == calls)
  return totals.elapsed
end


local seconds = modes[mode]()
print(("%.6f %d %d"):format(seconds, resident_early or 0, resident()))
