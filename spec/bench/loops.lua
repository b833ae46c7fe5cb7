--- Many slow calls at once, on each event loop, while a timer goes on.
--
--   lua5.4 spec/bench/loops.lua LOOP [CALLS [MILLISECONDS]]
--
-- LOOP: luv, cqueues or coroutines. Prints how long all calls took, what
-- processor time that cost, and how late a timer of 10 ms ever was.

package.path = "./lua/?.lua;./?.lua;" .. package.path

local core = require("gctokens.core")
local emulator = require("spec.support.emulator")
local gctokens = require("gctokens")

local TICK = 0.01 -- seconds

local name = assert(arg[1], "which loop?")
local calls = tonumber(arg[2]) or 1000
local delay = (tonumber(arg[3]) or 300) / 1000

local unfinished = calls


-- The functions start a coroutine, and run the loop until all have ended.
local LOOPS = {
  luv = function()
    local uv = require("luv")
    return function(body)
      coroutine.wrap(body)()
    end, uv.run
  end,
  cqueues = function()
    local controller = require("cqueues").new()
    return function(body)
      controller:wrap(body)
    end, function()
      assert(controller:loop())
    end
  end,
}


local function new_client(api, loop)
  return gctokens.new({
    base_url = api.http_url, access_token = api.tokens.admin, env = false,
    max_connections = calls, retry = false, loop = loop,
  })
end


local function make_call(client)
  assert(client:get_tokens_me())
  unfinished = unfinished - 1
end


-- Returns the most seconds that the timer was late.
local function watch_timer(client, sleep)
  local latest = 0
  while unfinished > 0 do
    local due = client.loop.now() + TICK
    sleep(TICK)
    latest = math.max(latest, client.loop.now() - due)
  end
  return latest
end


local function run_in_coroutines(client)
  local latest
  client.loop.run(client, calls + 1, function(view)
    if latest then
      make_call(view)
    else
      latest = 0
      latest = watch_timer(view, view.loop.sleep)
    end
  end)
  return latest
end


local function run_in_loop(client)
  local latest
  local start, run = LOOPS[name]()
  start(function()
    latest = watch_timer(client, client.loop.sleep)
  end)
  for _ = 1, calls do
    start(function()
      make_call(client)
    end)
  end
  run()
  return latest
end


local api = emulator.start()
api:settings({ record = false })
api:fault({ delay = delay, count = calls })
local loop = LOOPS[name] and require("gctokens.loop." .. name) or nil
local client = new_client(api, loop)
local started, cpu = core.now(), os.clock()
local latest = (loop and run_in_loop or run_in_coroutines)(client)
print(("%s: %d calls of %.0f ms at once: %.3f s, %.1f ms of processor time, "
  .. "a timer at most %.1f ms late"):format(name, calls, delay * 1000,
    core.now() - started, (os.clock() - cpu) * 1000, latest * 1000))
client:close()
api:stop()
