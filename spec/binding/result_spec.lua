--- Results, errors and response tables that are made of a response.

local core = require("gctokens.core")
local response = core.response


-- luacheck: push ignore 113 143 (each Lua has one of the two)
local unpack = table.unpack or unpack
-- luacheck: pop


describe("a response", function()
  it("is a table for the operations that promise one", function()
    local info, err, facts = response("get_tokens_me", 200, {}, '{"a":{}}')
    assert.same({ a = {} }, info)
    assert.is_nil(err)
    assert.equal(200, facts.status)
  end)

  it("is true for the others, whatever 2xx and body it has", function()
    for _, operation in ipairs({
      "delete_token", "delete_tokens_me", "head_tokens_me",
    }) do
      for _, status in ipairs({ 200, 201, 202, 204, 299 }) do
        for _, body in ipairs({ "", "{}", "<html>", "not JSON" }) do
          local result, err = response(operation, status, {}, body)
          assert.is_true(result)
          assert.is_nil(err)
        end
      end
    end
  end)

  it("is a protocol error where a table was promised and is not there",
    function()
      for _, body in ipairs({
        "", " ", "null", "true", "5", '"x"', "[]", "[{}]", "{", "{]",
        '{"a":1}}', "<html></html>", "\239\187\191{}", "{'a':1}",
        '{"a":NaN}', '{"a":0x10}', '{"a":Infinity}', "{\0}",
        ('{"a":'):rep(1000) .. "1" .. ("}"):rep(1000),
      }) do
        for _, operation in ipairs({
          "get_tokens_me", "get_tokens_timeout", "put_tokens_timeout",
        }) do
          local result, err = response(operation, 200, {}, body)
          assert.is_nil(result)
          assert.equal("protocol", err.kind)
          assert.is_false(err.retryable)
          assert.equal(200, err.status)
          assert.equal(body:sub(1, 4096), err.body)
          assert.matches("^could not " .. operation .. ": ", err.message)
        end
      end
    end)

  it("has no more fields than it says", function()
    local _, _, facts = response("head_tokens_me", 200, {}, "")
    assert.is_nil(facts[1])
    assert.is_nil(facts.nonsense)
    assert.is_nil(debug.getmetatable(facts).__index(1, "headers"))
  end)

  it("knows header names in any letter case, and repeated ones", function()
    local _, _, facts = response("head_tokens_me", 200, {
      ["ININ-CORRELATION-ID"] = "c1",
      ["Inin-RateLimit-Count"] = "7",
      ["inin-ratelimit-allowed"] = "300",
      ["inin-ratelimit-RESET"] = "42",
      ["Set-Thing"] = { "a", "b" },
    }, "")
    assert.equal("c1", facts.correlation_id)
    assert.same({ count = 7, allowed = 300, reset = 42 }, facts.rate_limit)
    assert.equal("a, b", facts.headers["set-thing"])
    assert.equal("c1", facts.headers["inin-correlation-id"])
    assert.equal(1, facts.attempts)
  end)

  it("knows of a limit what the response says of it", function()
    for name, value in pairs({ count = 7, allowed = 300, reset = 0 }) do
      local _, _, facts = response("head_tokens_me", 200, {
        ["inin-ratelimit-" .. name] = tostring(value),
      }, "")
      assert.same({ [name] = value }, facts.rate_limit)
    end
  end)

  it("leaves headers out whose names nobody can have meant", function()
    local _, _, facts = response("head_tokens_me", 200, {
      [("X"):rep(64)] = "1", [("Y"):rep(65)] = "2",
    }, "")
    assert.same({ [("x"):rep(64)] = "1" }, facts.headers)
    assert.matches("Y: 2", facts.raw_headers)
  end)

  it("joins thousands of one name once", function()
    local COUNT = 10000
    local values = {}
    for i = 1, COUNT do
      values[i] = tostring(i % 10)
    end
    local _, _, answer = response("head_tokens_me", 200, {
      A = values, B = "b", C = { "c", "d" },
    })
    collectgarbage()
    collectgarbage("stop")
    local before = collectgarbage("count")
    local headers = answer.headers
    local grown = collectgarbage("count") - before
    collectgarbage("restart")
    assert.is_true(table.concat(values, ", ") == headers.a)
    assert.equal("b", headers.b)
    assert.equal("c, d", headers.c)
    assert.is_true(grown < 2048, grown .. " KiB")
  end)

  it("makes the table of headers when it is first asked for", function()
    local _, _, facts = response("head_tokens_me", 200, { ["X-A"] = "1" }, "")
    assert.equal("X-A: 1\r\n", facts.raw_headers)
    assert.is_nil(rawget(facts, "headers"))
    assert.equal("1", facts.headers["x-a"])
    assert.equal(facts.headers, rawget(facts, "headers"))
    assert.is_nil(facts.nothing)
    facts.headers, facts.raw_headers = nil, 5
    assert.is_nil(facts.headers)
  end)

  it("reads the headers of a success when they are first asked for", function()
    for _, name in ipairs({ "correlation_id", "rate_limit" }) do
      local _, _, facts = response("head_tokens_me", 200, {
        ["ININ-Correlation-Id"] = "c1", ["inin-ratelimit-count"] = "7",
      }, "")
      assert.is_nil(rawget(facts, "correlation_id"))
      assert.is_nil(rawget(facts, "rate_limit"))
      assert.is_not_nil(facts[name])
      assert.equal("c1", rawget(facts, "correlation_id"))
      assert.same({ count = 7 }, rawget(facts, "rate_limit"))
    end
  end)

  it("reads the headers of an error at once", function()
    local _, err = response("head_tokens_me", 500, {
      ["ININ-Correlation-Id"] = "c1", ["inin-ratelimit-count"] = "7",
    }, "")
    assert.equal("c1", rawget(err.response, "correlation_id"))
    assert.same({ count = 7 }, rawget(err.response, "rate_limit"))
  end)

  it("leaves out what is not there", function()
    local _, _, facts = response("head_tokens_me", 200)
    assert.is_nil(facts.rate_limit)
    assert.is_nil(facts.correlation_id)
    assert.same({}, facts.headers)
  end)
end)


describe("an error response", function()
  local body = [[{"message":"Rate limit exceeded the maximum.","code":
    "too.many.requests.retry.after","status":429,"contextId":"ctx","details":
    [{"errorCode":"e"}],"errors":[],"limit":{"key":"token.rate.per.minute",
    "namespace":"platform.api","value":300},"messageParams":null}]]

  it("is an api error with all that Genesys says", function()
    local result, err, third = response("get_tokens_me", 429, {
      ["Retry-After"] = "42", ["ININ-Correlation-Id"] = "corr",
    }, body)
    assert.is_nil(result)
    assert.is_nil(third)
    assert.equal("api", err.kind)
    assert.equal("get_tokens_me", err.operation)
    assert.equal(429, err.status)
    assert.equal("too.many.requests.retry.after", err.code)
    assert.equal("ctx", err.context_id)
    assert.equal("corr", err.correlation_id)
    assert.equal(42, err.retry_after)
    assert.same({ { errorCode = "e" } }, err.details)
    assert.same({}, err.errors)
    assert.equal(300, err.limit.value)
    assert.equal(body, err.body)
    assert.equal("could not get_tokens_me: GET /api/v2/tokens/me: answered "
      .. "429 too.many.requests.retry.after: Rate limit exceeded the maximum.",
      err.message)
    assert.equal(429, err.response.status)
  end)

  it("is retryable for exactly five statuses", function()
    local retryable = {}
    for status = 300, 999 do
      local result, err = response("head_tokens_me", status)
      assert.is_nil(result)
      assert.equal("api", err.kind)
      assert.equal(status, err.status)
      if err.retryable then
        retryable[#retryable + 1] = status
      end
    end
    assert.same({ 408, 429, 502, 503, 504 }, retryable)
  end)

  it("needs no body, and takes any", function()
    for _, text in ipairs({
      "", "null", "[]", "<html>busy</html>", '{"code":5,"message":{}}',
      '{"details":"x","errors":1,"limit":[]}', "{", ("["):rep(1000),
      '{"code":"a","code":"b"}',
    }) do
      local _, err = response("get_tokens_me", 503, {}, text)
      assert.equal("api", err.kind)
      assert.equal(503, err.status)
      assert.equal(text, err.body)
    end
  end)

  it("understands what OAuth servers say", function()
    local _, err = response("post_oauth_token", 400, {}, [[{"error":
      "invalid_client","description":"client not found"}]])
    assert.equal("invalid_client", err.code)
    assert.matches("answered 400 invalid_client: client not found",
      err.message)
    _, err = response("post_oauth_token", 400, {}, [[{"error":"a",
      "error_description":"b","description":"c"}]])
    assert.matches("answered 400 a: b$", err.message)
  end)

  it("keeps the message on one line and short", function()
    local _, err = response("get_tokens_me", 500, {},
      '{"code":"x\\ny","message":"' .. ("long \\r\\n"):rep(500) .. '"}')
    assert.is_nil(err.message:find("%c"))
    assert.is_true(#err.message < 600)
  end)

  it("quotes 200 bytes of a message, and no half of a character", function()
    local function quoted(text)
      local _, err = response("get_tokens_me", 500, {},
        '{"code":"x","message":"' .. text .. '"}')
      return err.message
    end
    local most = ("a"):rep(197)
    for character, kept in pairs({
      ["\195\188"] = most .. "\195\188", ["\226\130\172"] = most
        .. "\226\130\172", ["\240\159\152\128"] = most,
    }) do
      local message = quoted(most .. character .. "bbbb")
      assert.matches(kept, message, 1, true)
      assert.is_nil(message:find(most .. "\240", 1, true))
    end
    assert.is_nil(quoted(("a"):rep(201)):find(("a"):rep(201), 1, true))
    assert.matches(("a"):rep(200), quoted(("a"):rep(200)), 1, true)
  end)

  it("cuts the raw body at 4 KiB", function()
    local _, err = response("get_tokens_me", 500, {}, ("x"):rep(5000))
    assert.equal(4096, #err.body)
  end)

  it("fills each id from the other", function()
    local _, err = response("get_tokens_me", 500, {
      ["inin-correlation-id"] = "corr",
    })
    assert.equal("corr", err.context_id)
    _, err = response("get_tokens_me", 500, {}, '{"contextId":"ctx"}')
    assert.equal("ctx", err.correlation_id)
  end)

  it("reads Retry-After as seconds and as a date", function()
    local function seconds(value, date)
      local _, err = response("get_tokens_me", 503, {
        ["retry-after"] = value, Date = date,
      })
      return err.retry_after
    end
    local date = "Mon, 23 Nov 2026 10:00:00 GMT"
    assert.equal(30, seconds("30"))
    assert.equal(0, seconds("0"))
    assert.equal(90, seconds("Mon, 23 Nov 2026 10:01:30 GMT", date))
    assert.equal(90, seconds("Monday, 23-Nov-26 10:01:30 GMT", date))
    assert.equal(90, seconds("Mon Nov 23 10:01:30 2026", date))
    assert.equal(0, seconds("Mon, 23 Nov 2026 09:00:00 GMT", date))
    assert.equal(0, seconds("Sun, 06 Nov 1994 08:49:37 GMT"))
    assert.equal(60, seconds({ "10", "60", "5" }))
    for _, garbage in ipairs({
      "", "-1", "1.5", "soon", "1 2", "0x10", "1e3", ("x"):rep(300),
    }) do
      assert.is_nil(seconds(garbage))
    end
    assert.is_true(seconds(("9"):rep(400)) >= 2 ^ 30)
  end)
end)


describe("core.response", function()
  it("raises on what is no response", function()
    for _, arguments in ipairs({
      { "get_tokens_me" }, { "get_tokens_me", "200" },
      { "get_tokens_me", 99 }, { "get_tokens_me", 1000 },
      { "get_tokens_me", 200.5 }, { "get_tokens_me", 0 / 0 },
      { "get_tokens_me", 200, "x" }, { "get_tokens_me", 200, { [1] = "x" } },
      { "get_tokens_me", 200, { a = 1 } }, { "get_tokens_me", 200, {}, 5 },
      { "get_tokens_me", 200, { a = { {} } } },
      { "get_tokens_me", 200, { a = "1\r\nb: 2" } }, { "nothing", 200 },
      { 5, 200 }, { {}, 200 }, { io.stdout, 200 },
    }) do
      local ok, message = pcall(response, unpack(arguments, 1, 4))
      assert.is_false(ok)
      assert.is_string(message)
    end
  end)
end)
