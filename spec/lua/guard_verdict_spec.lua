-- What a response of Genesys says of a token: the table of verdicts, read off
-- the bytes of responses, without nginx.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local fixtures = require("spec.support.fixtures")
local verdict = require("gctokens.guard.lookup.verdict")


local JSON = { ["Content-Type"] = "application/json" }
local HTML = { ["Content-Type"] = "text/html" }

local NOON = 1795435200 -- 2026-11-23T12:00:00Z

-- Asked at 1000 of the guard's clock, used for 60 s, and for 30 s more while
-- Genesys fails.
local TIMES = {
  fetched_at = 1000, wall_offset = 5, date = NOON, ttl = 60,
  stale_if_error = 30,
}


-- The verdict on a response, as get_tokens_me reads it.
local function of_response(status, headers, body)
  local info, err = core.response("get_tokens_me", status, headers, body)
  return verdict.of(info, err and errors.wrap(err), TIMES)
end

-- The verdict on a call without a response.
local function of_error(kind)
  return verdict.of(nil, errors.new(kind, "get_tokens_me", "why"), TIMES)
end

-- On a TokenInfo that is to idle then.
local function that_idles(time)
  return of_response(200, JSON,
    '{"organization":{"id":"a"},"dateTokenIdles":' .. time .. "}")
end


describe("a verdict", function()
  describe("is valid", function()
    it("of a TokenInfo that names an organization", function()
      local found = of_response(200, JSON, [[{
        "organization": { "id": "a", "name": "Example" },
        "authorizedScope": ["users"]
      }]])
      assert.equal("valid", found.state)
      assert.equal("a", found.identity.organization_id)
      assert.equal("Example", found.identity.organization_name)
      assert.equal("users", found.identity.scope)
      assert.is_nil(found.failed)
    end)

    it("for ttl, and for stale_if_error more while Genesys fails", function()
      local found = that_idles("null")
      assert.equal(1000, found.fetched_at)
      assert.equal(5, found.wall_offset)
      assert.equal(1060, found.fresh_until)
      assert.equal(1090, found.stale_until)
    end)

    it("for no longer than until dateTokenIdles, by the server's clock",
      function()
        local found = that_idles('"2026-11-23T12:00:20Z"')
        assert.equal(1020, found.fresh_until)
        assert.equal(1020, found.stale_until)
        found = that_idles('"2026-11-23T12:01:10Z"')
        assert.equal(1060, found.fresh_until)
        assert.equal(1070, found.stale_until)
      end)

    it("for this request only, when dateTokenIdles is over or no time",
      function()
        for _, time in ipairs({
          '"2026-11-23T12:00:00Z"', '"2026-11-23T11:00:00Z"', '"soon"', "17",
          "true", "{}",
        }) do
          local found = that_idles(time)
          assert.equal("valid", found.state, time)
          assert.equal(0, found.fresh_until, time)
          assert.equal(0, found.stale_until, time)
        end
      end)
  end)

  it("is invalid_token of a 401 of the API that speaks of the token", function()
    for _, code in ipairs({
      "bad.credentials", "authentication.required", "credentials.expired",
    }) do
      assert.same({ state = "invalid_token" },
        of_response(401, JSON, '{"code":"' .. code .. '"}'))
    end
  end)

  it("is rate_limited of a 429, with the server's Retry-After", function()
    local found = of_response(429, { ["Retry-After"] = "7" }, "{}")
    assert.equal("rate_limited", found.state)
    assert.equal(7, found.retry_after)
    assert.is_nil(found.failed)
    assert.is_nil(of_response(429, {}, "").retry_after)
  end)

  -- Neither breaker, stale_if_error nor fail_open goes by these: the owner of a
  -- token can bring them about.
  describe("is unavailable, not failed,", function()
    for name, response in pairs({
      ["of a 401 that does not speak of the token"] =
        { 401, JSON, '{"code":"ip.not.authorized"}' },
      ["of a 401 with a page"] = { 401, HTML, "<html>" },
      ["of a 400"] = { 400, JSON, '{"code":"bad.request"}' },
      ["of a 403"] = { 403, JSON, '{"code":"not.authorized"}' },
      ["of a 404"] = { 404, JSON, "{}" },
      ["of a redirect"] = { 302, { Location = "/" }, "" },
      ["of JSON that is no object"] = { 200, JSON, "[]" },
      ["of half an object"] = { 200, JSON, '{"organization":' },
      ["of JSON labelled in another case"] =
        { 200, { ["Content-Type"] = "Application/JSON;charset=utf-8" }, "[]" },
      ["of a TokenInfo without an organization"] = { 200, JSON, "{}" },
      ["of an organization without an id"] =
        { 200, JSON, '{"organization":{"id":""}}' },
    }) do
      it(name, function()
        local status, headers, body = response[1], response[2], response[3]
        local found = of_response(status, headers, body)
        assert.equal("unavailable", found.state)
        assert.is_false(found.failed)
        assert.is_true(errors.is(found.err))
      end)
    end

    it("of an error of the guard's own client", function()
      for _, kind in ipairs({ "argument", "closed", "auth" }) do
        assert.is_false(of_error(kind).failed, kind)
      end
    end)
  end)

  -- Genesys could not be asked.
  describe("is unavailable, failed,", function()
    for name, response in pairs({
      ["of a 500"] = { 500, JSON, '{"code":"internal.server.error"}' },
      ["of a 503"] = { 503, { ["Retry-After"] = "9" }, "" },
      ["of a captive portal's page"] = { 200, HTML, "<html>" },
      ["of a page that is labelled as JSON"] = { 200, JSON, "\n<html>" },
      ["of JSON that is labelled as something else"] = { 200, HTML, "[]" },
      ["of nothing"] = { 200, {}, "" },
    }) do
      it(name, function()
        local status, headers, body = response[1], response[2], response[3]
        local found = of_response(status, headers, body)
        assert.equal("unavailable", found.state)
        assert.is_true(found.failed)
        assert.is_true(errors.is(found.err))
      end)
    end

    it("where there is no response", function()
      for _, kind in ipairs({ "transport", "timeout", "tls", "proxy" }) do
        local found = of_error(kind)
        assert.equal("unavailable", found.state, kind)
        assert.is_true(found.failed, kind)
      end
    end)

    it("with the server's Retry-After", function()
      assert.equal(9,
        of_response(503, { ["Retry-After"] = "9" }, "").retry_after)
    end)
  end)

  it("is unavailable, not failed, when the guard did not ask", function()
    assert.same({ state = "unavailable", reason = "too many" },
      verdict.not_asked("too many"))
  end)

  it("depends on nothing but its arguments", function()
    local times = fixtures.literal(TIMES)
    local info = { organization = { id = "a" }, dateTokenIdles = "soon" }
    assert.same(verdict.of(info, nil, TIMES), verdict.of(info, nil, TIMES))
    assert.equal(times, fixtures.literal(TIMES))
    assert.is_nil(rawget(_G, "ngx"))
  end)
end)
