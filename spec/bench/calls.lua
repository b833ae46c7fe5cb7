--- One measurement of this library in a process of its own.
--
--   lua calls.lua MODE BASE_URL TOKEN CALLS
--
-- MODE: core (engine methods), client (with policy), many (32 at once through
-- start and step). Prints the seconds it took.

local mode, base_url, token, calls = arg[1], arg[2], arg[3], tonumber(arg[4])

local CONCURRENCY = 32

local core = require("gctokens.core")
local modes = {}


function modes.core()
  local engine = core.new({ base_url = base_url })
  local started = core.now()
  for _ = 1, calls do
    assert(engine:get_tokens_me({ access_token = token }))
  end
  return core.now() - started
end


function modes.client()
  local client = require("gctokens").new({
    base_url = base_url, access_token = token, env = false,
  })
  local started = core.now()
  for _ = 1, calls do
    assert(client:get_tokens_me())
  end
  return core.now() - started
end


function modes.many()
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
    end
  end
  return core.now() - started
end


io.write(("%.6f\n"):format(modes[mode]()))
