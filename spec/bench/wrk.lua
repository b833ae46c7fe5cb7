-- For wrk: prints what was measured in one line, for load.lua.
--
--   pause    milliseconds between two requests of a connection; "" for none
--   tokens   how many bearer tokens the requests go through, in a cycle; "" for
--            the headers as wrk was given them
--   stem     what every one of those tokens begins with

local function go_through(tokens, stem)
  local head = ("GET %s HTTP/1.1\r\nHost: %s\r\n"
    .. "Authorization: Bearer %s"):format(wrk.path, wrk.host, stem)
  local number = 0

  function request()
    number = (number + 1) % tokens
    return ("%s%07d\r\n\r\n"):format(head, number)
  end
end


function init(args)
  local pause, tokens = tonumber(args[1]), tonumber(args[2])
  if pause then
    function delay()
      return pause
    end
  end
  if tokens then
    go_through(tokens, args[3])
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
