--- What processes use over time: resident memory and open descriptors.

local system = require("spec.support.system")

local usage = {}
local Usage = {}
local usage_metatable = { __index = Usage }


-- A process that uses more at the end than in the first third by more than
-- this loses something. Allocators and collectors move within it.
local MEMORY_SLACK = 1024 -- KiB
local DESCRIPTOR_SLACK = 16


--- Watches processes: names to pids.
function usage.watch(pids)
  local series = {}
  for name in pairs(pids) do
    series[name] = { rss = {}, descriptors = {} }
  end
  return setmetatable({ pids = pids, series = series }, usage_metatable)
end


--- Takes one sample of each that has not ended.
function Usage:sample()
  for name, pid in pairs(self.pids) do
    local status = system.read("/proc/" .. pid .. "/status") or ""
    local rss = tonumber(status:match("VmRSS:%s*(%d+) kB"))
    local series = self.series[name]
    if rss then
      series.rss[#series.rss + 1] = rss
      series.descriptors[#series.descriptors + 1] = tonumber(
        (system.run("ls /proc/" .. pid .. "/fd | wc -l")))
    end
  end
end


-- The median of a part of a list, from one share of it to another; 0 of none.
local function median(list, from, to)
  local part = {}
  for i = math.floor(#list * from) + 1, math.ceil(#list * to) do
    part[#part + 1] = list[i]
  end
  table.sort(part)
  return part[math.ceil(#part / 2)] or 0
end


local function first_and_last(list)
  return median(list, 0, 1 / 3), median(list, 5 / 6, 1)
end


--- Sums over all processes of the medians of the first third and of the last
--- sixth, each with rss (KiB) and descriptors; and a list of what has grown.
function Usage:compare()
  local first = { rss = 0, descriptors = 0 }
  local last = { rss = 0, descriptors = 0 }
  local grown = {}
  for name, series in pairs(self.series) do
    for what, slack in pairs({
      rss = MEMORY_SLACK, descriptors = DESCRIPTOR_SLACK,
    }) do
      local before, after = first_and_last(series[what])
      first[what], last[what] = first[what] + before, last[what] + after
      if after > before + slack then
        grown[#grown + 1] = ("%s of %s: %d, then %d"):format(
          what, name, before, after)
      end
    end
  end
  return first, last, grown
end


return usage
