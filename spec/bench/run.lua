--- Measures the library against a C loop on raw libcurl, side by side.
--
--   make bench            five rounds of 10000 calls
--   make bench QUICK=1    three rounds of 3000 calls
--
-- Machines are noisy, so the two sides take turns and what counts is the
-- median of the ratios of neighbours.

local emulator = require("spec.support.emulator").start()

local QUICK = os.getenv("QUICK") == "1"
local ROUNDS = QUICK and 3 or 5
local CALLS = QUICK and 3000 or 10000
local LUA = "lua5.4"


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


local base_url = emulator.http_url .. "/_static"
local token = emulator.tokens.admin


local function raw()
  return run(("build/bench/raw_easy %s/api/v2/tokens/me %s %d"):format(
    base_url, token, CALLS))
end


local function ours(mode, calls)
  return run(("LUA_PATH='./lua/?.lua;;' LUA_CPATH='./build/%s/?.so;;' "
    .. "%s spec/bench/calls.lua %s %s %s %d"):format(
    LUA, LUA, mode, base_url, token, calls or CALLS))
end


local function median(list)
  local sorted = {}
  for i, value in ipairs(list) do
    sorted[i] = value
  end
  table.sort(sorted)
  return sorted[math.floor((#sorted + 1) / 2)]
end


local function microseconds(measured)
  return measured[1] / CALLS * 1e6
end


local rows = { raw = {}, core = {}, client = {}, many = {}, load = {} }
local ratios = { core = {}, client = {}, many = {} }

for _ = 1, ROUNDS do
  for _, mode in ipairs({ "core", "client" }) do
    local floor = microseconds(raw())
    local measured = microseconds(ours(mode))
    table.insert(rows.raw, floor)
    table.insert(rows[mode], measured)
    table.insert(ratios[mode], measured / floor)
  end
  local many = microseconds(ours("many"))
  table.insert(rows.many, many)
  table.insert(ratios.many, rows.core[#rows.core] / many)
  table.insert(rows.load, ours("load", 1)[1] * 1e6)
end

local memory = ours("client", 10000)
emulator:stop()


local function print_row(name, list, note)
  table.sort(list)
  print(("%-34s %8.1f us   %7.1f .. %-7.1f %s"):format(
    name, median(list), list[1], list[#list], note or ""))
end


print(("%-34s %11s   %s"):format("time per call, " .. LUA, "median",
  "least .. most"))
print_row("raw libcurl, one after another", rows.raw)
print_row("core, one after another", rows.core,
  ("%.3f of raw (aim: 1.10)"):format(median(ratios.core)))
print_row("client, one after another", rows.client,
  ("%.3f of raw (aim: 1.10)"):format(median(ratios.client)))
print_row("core, 32 at once", rows.many,
  ("%.2f times as fast as one by one (aim: 4)"):format(median(ratios.many)))
print_row("require \"gctokens\"", rows.load, "(aim: under 10000)")
print(("%-34s %8d KiB after 1000 calls, %d KiB after 10000"):format(
  "resident memory", memory[2], memory[3]))
