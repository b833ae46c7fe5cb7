--- Responses as bytes, for the rows of the matrix.

local responses = {}

responses.OBJECT = '{"a":1}'


--- A whole HTTP/1.1 response. Its body comes with its length, unless `lines`
--- end otherwise: they are header lines, each with its CR LF.
function responses.http(body, lines, status)
  return ("HTTP/1.1 %s\r\nContent-Type: application/json\r\n%s\r\n%s"):format(
    status or "200 OK",
    lines or ("Content-Length: %d\r\n"):format(#body), body)
end


--- The script of a connection on which one request is answered with bytes, and
--- which then is closed.
function responses.answer(bytes, times)
  return { { "request" }, { "send", bytes, times } }
end


--- The same, but what comes then gets a proper response.
function responses.answer_and_go_on(bytes)
  return { { "request" }, { "send", bytes }, { "tunnel" } }
end


--- The same, but it is then reset, when what was sent has been read.
function responses.answer_and_reset(bytes)
  return { { "request" }, { "send", bytes }, { "sleep", 0.01 }, { "reset" } }
end


return responses
