--- Loads a gateway with wrk, and tells what that cost its workers.

local figures = require("spec.bench.figures")
local system = require("spec.support.system")

local load = {}

local ticks = tonumber((system.run("getconf CLK_TCK")))


-- In user and kernel: from the scheduler in nanoseconds, where it tells, or
-- else in ticks.
local function time_of(pid)
  local exact = system.read("/proc/" .. pid .. "/schedstat")
  if exact then
    return exact:match("^%d+") / 1e9
  end
  local stat = assert(system.read("/proc/" .. pid .. "/stat"))
  local user, kernel = stat:match(
    "^.*%) %S" .. (" %S+"):rep(10) .. " (%d+) (%d+)")
  return (user + kernel) / ticks
end


--- Seconds of processor time that the gateway's workers have used.
function load.processor_time(gateway)
  local sum = 0
  for _, pid in ipairs((gateway:workers())) do
    sum = sum + time_of(pid)
  end
  return sum
end


local function headers_of(headers)
  local words = {}
  for name, value in pairs(headers or {}) do
    words[#words + 1] = "-H " .. system.quote(name .. ": " .. value)
  end
  return table.concat(words, " ")
end


--- Sends requests over connections that are kept. Options: path, headers,
--- connections, seconds (whole ones), pause (milliseconds between two requests
--- of a connection), tokens (how many bearer tokens they go through) and stem
--- (what those begin with). Returns a table:
---   rate      requests per second
---   p50, p99  milliseconds
---   cpu       microseconds of the workers' processor time per request
---   busy      the share of a processor that the workers used
function load.measure(gateway, options)
  local before = load.processor_time(gateway)
  local output = system.run(
    ("wrk -t 1 -c %d -d %ds --timeout 10s -s spec/bench/wrk.lua %s %s -- "
      .. "'%s' '%s' '%s'"):format(options.connections, options.seconds,
        headers_of(options.headers),
        system.quote(gateway.url .. options.path), options.pause or "",
        options.tokens or "", options.stem or ""))
  local used = load.processor_time(gateway) - before
  local numbers = {}
  for number in (output:match("measured ([%d ]+)") or ""):gmatch("%d+") do
    numbers[#numbers + 1] = tonumber(number)
  end
  local requests, microseconds, errors = numbers[1], numbers[2], numbers[3]
  if not requests or errors > 0 then
    error("wrk failed: " .. output .. gateway:log())
  end
  return {
    rate = requests / microseconds * 1e6,
    p50 = numbers[4] / 1000,
    p99 = numbers[5] / 1000,
    cpu = used / requests * 1e6,
    busy = used / microseconds * 1e6,
  }
end


--- Sides in turns: for each the list of what `load.measure` returns. A side is
--- a table: gateway, and options of `load.measure`.
function load.in_turns(rounds, sides)
  local measures = {}
  for i, side in ipairs(sides) do
    measures[i] = function()
      return load.measure(side.gateway, side)
    end
  end
  return figures.in_turns(rounds, measures)
end


--- Reports two rows: what `field` of `load.measure` is of the two sides, which
--- are tables: name, list. Returns the median of the second's ratios to the
--- first.
function load.report(report, field, unit, first, second)
  local reference = figures.column(first.list, field)
  local values = figures.column(second.list, field)
  local ratios = figures.ratios(values, reference)
  report:row({ name = first.name, values = reference, unit = unit })
  report:row({
    name = second.name, values = values, unit = unit, ratios = ratios,
  })
  return figures.median(ratios)
end


return load
