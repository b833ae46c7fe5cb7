--- The long form of the soak: run.lua [SECONDS [SEED]]. Prints what did not
--- agree, then one line of counts; fails when anything did not.

local soak = require("spec.soak.soak")

local MOST_SHOWN = 20

local duration = tonumber(arg[1]) or 60
local seed = tonumber(arg[2]) or os.time()


local function kinds_of(report)
  local list = {}
  for kind, count in pairs(report.kinds) do
    list[#list + 1] = kind .. " " .. count
  end
  table.sort(list)
  return table.concat(list, ", ")
end


print(("soak: %d s, SEED=%d"):format(duration, seed))
local report = soak.run(duration, seed)
local wrong, counts = report.wrong, report.counts
for i = 1, math.min(#wrong, MOST_SHOWN) do
  print("wrong: " .. wrong[i])
end
if report.directory then
  print("the records are in " .. report.directory)
end
print(("%d calls: %s, given up %d; %d attempts, %d requests seen by the "
  .. "server, %d repeated by libcurl; longest call %.2f s; mismatches %d; "
  .. "RSS %d KiB, then %d; descriptors %d, then %d"):format(
    counts.calls, kinds_of(report), counts.given_up, counts.attempts,
    counts.requests, counts.repeats, report.longest, #wrong,
    report.first.rss, report.last.rss,
    report.first.descriptors, report.last.descriptors))
os.exit(#wrong == 0)
