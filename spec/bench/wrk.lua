-- For wrk: prints what was measured in one line, for load.lua. An argument is
-- the pause between two requests of a connection, in milliseconds.

function init(args)
  local pause = tonumber(args[1])
  if pause then
    function delay()
      return pause
    end
  end
end


function done(summary, latency)
  local errors = summary.errors
  print(("measured %d %d %d %d %d"):format(
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status
      + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
