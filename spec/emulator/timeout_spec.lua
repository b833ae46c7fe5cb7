-- That the emulator shows and changes the idle-token timeout as the Tokens API
-- does, and refuses what it refuses.

local http_clients = require "spec.support.http_client"
local cjson = require "cjson"

local TIMEOUT = "/api/v2/tokens/timeout"

local assert_error = http_clients.assert_error


describe("the emulator's /tokens/timeout", function()
  local emulator, caller, call =
    http_clients.beside_specs(setup, teardown, before_each)

  local function put(...)
    return caller:put_timeout(...)
  end

  it("is shown to any live token whose client has a scope", function()
    local status, _, body = call("GET", TIMEOUT, "agent")
    assert.equal(200, status)
    assert.equal(3000, cjson.decode(body).idleTokenTimeoutSeconds)
    assert.truthy(body:find('"inactivityTimeoutGroupBundles":[]', 1, true))
    local token = emulator:issue({
      user = "agent", scopes = { "user-basic-info" },
    })
    assert_error(
      403, "app.not.authorized.for.scope", call("GET", TIMEOUT, token)
    )
  end)

  it("is changed by the fields that are given", function()
    local status, _, body = put("admin", cjson.encode({
      idleTokenTimeoutSeconds = 600,
      inactivityTimeoutGroupBundles = {
        {
          priority = 1,
          timeoutSeconds = 900,
          inactivityTimeoutUnit = "Hours",
          groups = { "group" },
        },
      },
    }))
    local changed = cjson.decode(body)
    assert.equal(200, status)
    assert.equal(600, changed.idleTokenTimeoutSeconds)
    assert.is_true(changed.enableIdleTokenTimeout)
    assert.equal(1, changed.inactivityTimeoutGroupBundles[1].priority)
    assert.equal(body, (select(3, call("GET", TIMEOUT, "admin"))))
    assert.equal(body, (select(3, call("PUT", TIMEOUT, "admin"))))
  end)

  it("keeps empty arrays apart from objects", function()
    local bundle = '{"inactivityTimeoutGroupBundles":'
      .. '[{"priority":5,"timeoutSeconds":300,"groups":%s}]}'
    local _, _, body = put("admin", bundle:format("[]"))
    assert.truthy(body:find('"groups":[]', 1, true))
    assert_error(
      400, "constraint.validation", put("admin", bundle:format("{}"))
    )
  end)

  it("is changed only with permission and scope", function()
    local token = emulator:issue({ user = "agent" })
    assert_error(403, "missing.any.permissions", put(token, "{}"))
    assert_error(403, "app.not.authorized.for.scope", put("agent", "{}"))
    assert.equal(200, (put("client", "{}")))
  end)

  it("refuses a body that is not what the schema says", function()
    local bundles = '{"inactivityTimeoutGroupBundles":%s}'
    local cases = {
      { "null", "bad.request" },
      { "[]", "bad.request" },
      { "{", "bad.request" },
      { '{"idleTokenTimeoutSeconds":"600"}', "invalid.value" },
      { '{"idleTokenTimeoutSeconds":600.5}', "invalid.value" },
      { '{"enableIdleTokenTimeout":1}', "invalid.value" },
      { bundles:format("{}"), "invalid.value" },
      { '{"inactivityTimeoutUnit":"MINUTES"}', "invalid.property" },
      { '{"idleTokenTimeoutSeconds":299}', "token.timeout.exceeded" },
      { '{"idleTokenTimeoutSeconds":28801}', "token.timeout.exceeded" },
      { bundles:format("[1]"), "constraint.validation" },
      {
        bundles:format(
          '[{"priority":6,"timeoutSeconds":300,"groups":[]}]'
        ),
        "constraint.validation",
      },
      {
        bundles:format(
          '[{"priority":1,"timeoutSeconds":299,"groups":[]}]'
        ),
        "constraint.validation",
      },
      {
        bundles:format(
          '[{"priority":1,"timeoutSeconds":300,"groups":[1]}]'
        ),
        "constraint.validation",
      },
    }
    for _, case in ipairs(cases) do
      assert_error(400, case[2], put("admin", case[1]))
    end
    local body = select(3, call("GET", TIMEOUT, "admin"))
    assert.equal(3000, cjson.decode(body).idleTokenTimeoutSeconds)
  end)

  it("refuses longer timeouts under HIPAA", function()
    emulator:settings({ hipaa = true })
    local seconds = '{"idleTokenTimeoutSeconds":%d}'
    assert.equal(200, (put("admin", seconds:format(900))))
    assert_error(400, "token.timeout.exceeded.hipaa", put(
      "admin", seconds:format(901)
    ))
  end)

  it("refuses other media types and large bodies", function()
    assert_error(415, "unsupported.media.type", call(
      "PUT", TIMEOUT, "admin", "{}", { ["Content-Type"] = "text/plain" }
    ))
    assert_error(413, "request.entity.too.large", put(
      "admin", "{" .. (" "):rep(512000) .. "}"
    ))
  end)
end)
