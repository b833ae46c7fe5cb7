-- That the emulator grants tokens for client credentials, and refuses to, as
-- Genesys Cloud does.

local http_clients = require "spec.support.http_client"
local cjson = require "cjson"
local mime = require "mime"

local GRANT = "grant_type=client_credentials"
local ME = "/api/v2/tokens/me"


describe("the emulator's POST /oauth/token", function()
  local emulator, caller, call =
    http_clients.beside_specs(setup, teardown, before_each)

  local function grant(id, secret, body)
    local basic = mime.b64(id .. ":" .. secret)
    return call("POST", "/oauth/token", nil, body, {
      Authorization = "Basic " .. basic,
      ["Content-Type"] = "application/x-www-form-urlencoded",
    })
  end

  local function assert_refused(status, code, message, ...)
    local response_status, headers, body = ...
    local decoded = cjson.decode(body)
    assert.equal(status, response_status)
    assert.equal(code, decoded.error)
    assert.truthy(decoded.error_description:find(message, 1, true))
    assert.equal(decoded.error_description, decoded.description)
    assert.truthy(headers["inin-correlation-id"]:match(http_clients.uuid))
  end

  it("grants a token with the client's permissions", function()
    local client = emulator.clients.service
    local status, _, body = grant(client.id, client.secret, GRANT)
    local granted = cjson.decode(body)
    assert.equal(200, status)
    assert.equal("bearer", granted.token_type)
    assert.equal(86400, granted.expires_in)
    assert.equal(86, #granted.access_token)
    assert.equal(200, (caller:put_timeout(
      granted.access_token, "{}"
    )))

    client = emulator.clients.limited
    body = select(3, grant(client.id, client.secret, GRANT))
    local limited = cjson.decode(body).access_token
    http_clients.assert_error(
      403, "missing.any.permissions", caller:put_timeout(limited, "{}")
    )
  end)

  it("grants for as long as it says", function()
    local client = emulator.clients.service
    emulator:settings({ expires_in = 300 })
    local _, _, body = grant(client.id, client.secret, GRANT)
    local granted = cjson.decode(body)
    assert.equal(300, granted.expires_in)
    emulator:advance(299)
    assert.equal(200, (call("GET", ME, granted.access_token)))
    emulator:advance(1)
    assert.equal(401, (call("GET", ME, granted.access_token)))
  end)

  it("refuses unknown clients and wrong secrets", function()
    local client = emulator.clients.service
    assert_refused(
      400, "invalid_client", "client not found",
      grant(emulator.users.agent, client.secret, GRANT)
    )
    assert_refused(
      401, "invalid_client", "authentication failed",
      grant(client.id, "wrong", GRANT)
    )
    for _, authorization in ipairs({ "Basic ***", "Bearer x", "" }) do
      assert_refused(
        401, "invalid_client", "authentication failed",
        call("POST", "/oauth/token", nil, GRANT, {
          Authorization = authorization,
        })
      )
    end
  end)

  it("refuses other grants", function()
    local client = emulator.clients.service
    assert_refused(
      400, "unsupported_grant_type", "not supported",
      grant(client.id, client.secret, "grant_type=password")
    )
    client = emulator.clients.desktop
    assert_refused(
      400, "unauthorized_client", "may not",
      grant(client.id, client.secret, GRANT)
    )
  end)

  it("has a rate limit of its own", function()
    local client = emulator.clients.service
    emulator:settings({ oauth_rate_per_minute = 1 })
    assert.equal(200, (grant(client.id, client.secret, GRANT)))
    assert_refused(
      400, "invalid_request", "rate limit exceeded; ",
      grant(client.id, client.secret, GRANT)
    )
    emulator:advance(60)
    assert.equal(200, (grant(client.id, client.secret, GRANT)))
  end)
end)
