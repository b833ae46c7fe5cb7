--- Measures the library against a C loop on raw libcurl, side by side.
--
--   make bench            five rounds
--   make bench QUICK=1    three rounds, fewer calls
--
-- Machines are noisy, so the sides take turns and what counts is the median
-- of the ratios of neighbours. Two servers: one that answers at once, which
-- shows what the client costs, and one that takes 5 ms, as an API may.

local emulator = require("spec.support.emulator").start()
local figures = require("spec.bench.figures")

local QUICK = os.getenv("QUICK") == "1"
local ROUNDS = QUICK and 3 or 5
local LUA = "lua5.4"

local SERVERS = {
  { name = "at once", base_url = emulator.http_url .. "/_static",
    calls = QUICK and 3000 or 10000 },
  { name = "in 5 ms", base_url = emulator.http_url,
    calls = QUICK and 100 or 300, delay = 0.005 },
}


local function run(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read("*l")
  pipe:close()
  local numbers = {}
  for number in (line or ""):gmatch("[%d.]+") do
    numbers[#numbers + 1] = tonumber(number)
  end
  assert(#numbers > 0, "nothing was measured by: " .. command)
  return numbers
end


local token = emulator.tokens.admin


local function raw(server, calls)
  return run(("build/bench/raw_easy %s/api/v2/tokens/me %s %d"):format(
    server.base_url, token, calls or server.calls))[1]
end


local function ours(server, mode, calls)
  return run(("LUA_PATH='./lua/?.lua;;' LUA_CPATH='./build/%s/?.so;;' "
    .. "%s spec/bench/calls.lua %s %s %s %d"):format(
    LUA, LUA, mode, server.base_url, token, calls or server.calls))
end


local function print_row(name, list, note)
  local all = figures.sorted(list)
  print(("  %-30s %8.1f us  %8.1f .. %-8.1f %s"):format(
    name, figures.median(list), all[1], all[#all], note or ""))
end


local function measure(server)
  local times = { raw = {}, core = {}, client = {}, many = {} }
  local ratios = { core = {}, client = {}, many = {} }
  local function note(row, seconds)
    table.insert(times[row], seconds / server.calls * 1e6)
    return seconds
  end
  if server.delay then
    emulator:fault({ delay = server.delay, count = 1000000 })
  end
  for _ = 1, ROUNDS do
    local floor = note("raw", raw(server))
    local core = note("core", ours(server, "core")[1])
    table.insert(ratios.core, core / floor)
    table.insert(ratios.many, core / note("many", ours(server, "many")[1]))
    floor = note("raw", raw(server))
    table.insert(ratios.client,
      note("client", ours(server, "client")[1]) / floor)
  end
  emulator:clear_faults()
  print(("a server that answers %s; time per call: median, least .. most")
    :format(server.name))
  print_row("raw libcurl, one by one", times.raw)
  print_row("core, one by one", times.core,
    ("%.3f of raw (aim: 1.10)"):format(figures.median(ratios.core)))
  print_row("client, one by one", times.client,
    ("%.3f of raw (aim: 1.10)"):format(figures.median(ratios.client)))
  print_row("core, 32 at once", times.many,
    ("%.1f times as fast as one by one (aim: 4)"):format(
      figures.median(ratios.many)))
end


-- At 8 calls at once, against as many in C.
local function measure_revocation()
  print("mass revocation, 8 at once; time per call: median, least .. most")
  for _, side in ipairs({
    { name = "emulator", base_url = emulator.http_url, record = true,
      note = "%.3f of raw's calls a second (aim: 0.85)" },
    { name = "emulator, no log", base_url = emulator.http_url, record = false,
      note = "%.3f" },
    { name = "at once", base_url = SERVERS[1].base_url, record = false,
      note = "%.3f" },
  }) do
    local floor, times, ratios = {}, {}, {}
    local calls = SERVERS[1].calls
    emulator:settings({ record = side.record })
    for i = 1, ROUNDS do
      local seconds = run(
        ("build/bench/raw_multi %s/api/v2/tokens %s %d 8"):format(
          side.base_url, token, calls))[1]
      floor[i] = seconds / calls * 1e6
      times[i] = ours(side, "revoke", calls)[1] / calls * 1e6
      ratios[i] = floor[i] / times[i]
    end
    print_row("raw libcurl, " .. side.name, floor)
    print_row("delete_tokens_of, " .. side.name, times,
      side.note:format(figures.median(ratios)))
  end
  emulator:settings({ record = false })
  local memory = ours(SERVERS[1], "revoke", 100000)
  print(("resident memory: %d KiB after 10000 of 100000 ids, %d KiB after all")
    :format(memory[2], memory[3]))
end


local function measure_loading()
  local load, floor = {}, {}
  for _ = 1, 3 * ROUNDS do
    table.insert(floor, raw(SERVERS[1], 0) * 1e6)
    table.insert(load, ours(SERVERS[1], "load", 1)[1] * 1e6)
  end
  print("processor time to get ready")
  print_row("a C program with libcurl", floor)
  print_row("require \"gctokens\"", load, "(aim: under 10000)")
end


emulator:settings({ record = false })
for _, server in ipairs(SERVERS) do
  measure(server)
end
measure_revocation()
measure_loading()
local memory = ours(SERVERS[1], "client", 10000)
print(("resident memory: %d KiB after 1000 calls, %d KiB after 10000"):format(
  memory[2], memory[3]))
emulator:stop()
