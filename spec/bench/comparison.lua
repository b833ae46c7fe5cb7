--- One kind of work, done by several peers in turns.

local figures = require("spec.bench.figures")
local peers = require("spec.bench.peers")


-- A function that makes one measurement of a peer: microseconds a call.
local function side(key, work, plan)
  local share = peers[key].share
  local calls = math.ceil(work.calls * (share or 1))
  return function(round)
    if share and round > plan.slow_rounds then
      return nil
    end
    local result = peers.run(key, {
      base_url = work.base_url, token = work.token, ca_file = work.ca_file,
      calls = calls, concurrency = work.concurrency, work = work.work,
    })
    return {
      time = result[work.field or "seconds"] / calls * 1e6,
      processor = result.processor / calls * 1e6,
      peak = result.peak,
    }
  end
end


local function measure(work, plan)
  local keys, sides, results = {}, {}, {}
  for _, key in ipairs(work.peers) do
    if not peers.missing(key) then
      keys[#keys + 1] = key
      sides[#sides + 1] = side(key, work, plan)
    end
  end
  for i, list in ipairs(figures.in_turns(work.rounds or plan.rounds, sides)) do
    results[keys[i]] = {
      time = figures.column(list, "time"), peak = figures.column(list, "peak"),
      processor = figures.column(list, "processor"),
    }
  end
  return results
end


local function show(report, work, results)
  local reference = results[work.peers[1]]
  for _, key in ipairs(work.peers) do
    local result = results[key]
    if result then
      report:row({
        name = peers[key].name, values = result.time,
        ratios = result ~= reference
          and figures.ratios(result.time, reference.time),
        peak = figures.summary(result.peak).most,
        note = (work.notes or {})[key],
      })
    else
      report:skip(peers[key].name, peers.missing(key))
    end
  end
end


--- Measures and reports it. `work` is a table: title, peers (a list of keys;
--- ratios are to the first), base_url, token, calls, and maybe ca_file,
--- concurrency, work, rounds, field ("wall") of what peers.run returns, notes
--- (key -> text). Returns a function: a summary of the ratios of two peers'
--- `field` ("time", "processor" or "peak"), or nil and why it is not known.
return function(report, plan, work)
  report:work({
    title = work.title, unit = "us a call", chart = true,
    to = peers[work.peers[1]].name,
  })
  local results = measure(work, plan)
  show(report, work, results)
  return function(key, reference, field)
    if not results[key] then
      return nil, peers[key].name .. " is " .. peers.missing(key)
    end
    return figures.summary(figures.ratios(
      results[key][field or "time"], results[reference][field or "time"]))
  end
end
