--- Responses other than 2xx, and when the server says to come back.

local responses = require "spec.faults.responses"

local rows = {}


local function add(row)
  rows[#rows + 1] = row
end


local function http_date(seconds_from_now)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + seconds_from_now)
end


-- Genesys' body, with a code that err.code has, but for HEAD; and none.
for _, status in ipairs({
  400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 502, 503, 504,
}) do
  add({
    ("%d"):format(status), expect = "api", status = status, code = "the.code",
    response = {
      status = status,
      body = ('{"message":"m","code":"the.code","status":%d}'):format(status),
    },
  })
  add({
    ("%d without a body"):format(status), expect = "api", status = status,
    response = { status = status },
  })
  add({
    ("%d with a page"):format(status), expect = "api", status = status,
    response = { status = status, body = "<html>\0\255</html>" },
  })
end

-- A redirect is an answer, and nobody goes where it points.
for _, to in ipairs({
  { "to another host", "http://localhost:1/" },
  { "to a file", "file:///etc/passwd" },
  { "in a loop", "?again" },
}) do
  for _, status in ipairs({ 301, 302, 303, 307, 308 }) do
    add({
      ("%d %s"):format(status, to[1]), expect = "api", status = status,
      response = { status = status, headers = { Location = to[2] } },
    })
  end
end

-- What is read of Retry-After, in seconds, and whether it is waited for: not
-- when that is more than max_retry_after, which is 1 s here.
for _, after in ipairs({
  { "1 s", "1", read = 1, waits = true },
  { "two hours", "7200", read = 7200 },
  { "a date in an hour", http_date(3600), read = 3600, within = 600 },
  { "a date that has passed", http_date(-3600), read = 0, waits = true },
  { "less than nothing", "-5", waits = true },
  { "more than any number", ("9"):rep(30), read = 2000000000 },
  { "half a second", "0.5", waits = true },
  { "no time at all", "soon", waits = true },
  { "nothing", "", waits = true },
}) do
  add({
    "429, to come back after " .. after[1],
    response = { status = 429, headers = { ["Retry-After"] = after[2] } },
    expect = "api", status = 429, retry_after = after.read,
    within = after.within, attempts = after.waits and 2 or 1,
  })
end

-- What asks for credentials gets no more than it has.
for _, challenge in ipairs({
  { 401, "WWW-Authenticate", "NTLM" }, { 401, "WWW-Authenticate", "Negotiate" },
  { 401, "WWW-Authenticate", 'Digest realm="a", nonce="b"' },
  { 407, "Proxy-Authenticate", 'Basic realm="a"' },
}) do
  add({
    ("%d that wants %s"):format(challenge[1], challenge[3]:match("%a+")),
    response = {
      status = challenge[1], headers = { [challenge[2]] = challenge[3] },
    },
    expect = "api", status = challenge[1],
  })
end

-- A status that nobody has heard of is an answer as well; a body that must not
-- be there is not taken for the next response.
for _, status in ipairs({ 300, 304, 305, 417, 421, 426, 511, 600, 999 }) do
  add({
    ("%d, and a connection that stays"):format(status),
    connection = responses.answer_and_go_on(
      responses.http("{}", nil, status .. " Odd")),
    expect = "api", status = status,
  })
end

add({
  "503, to come back after two hours",
  response = { status = 503, headers = { ["Retry-After"] = "7200" } },
  expect = "api", status = 503, retry_after = 7200, attempts = 1,
})

return rows
