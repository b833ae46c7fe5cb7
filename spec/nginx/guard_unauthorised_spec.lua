-- A 401 that does not speak of the token: of a blocked address, a captive
-- portal, another gateway. It calls no token invalid, and none revoked.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")

local bearer = guarded_nginx.bearer

local OTHERS = {
  '{"code":"ip.not.authorized","status":401}', "<html>log in</html>", "",
  "[1,2]", '{"error":"unauthorized"}', '{"error":"bad.credentials"}',
  '{"message":"Unauthorized"}', '{"code":"UNAUTHORIZED"}', '{"code":401}',
}


describe("the guard, told 401 by another than the API, #once", function()
  local emulator, gateway

  before_each(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({}, { negative_ttl = 60, l1_ttl = 0.01 })
  end)

  after_each(function()
    gateway:stop()
  end)

  it("does not take the token for invalid", function()
    for _, body in ipairs(OTHERS) do
      local token = emulator:issue({ user = "agent" })
      emulator:fault({ path = "/api/v2/tokens/me",
        status = 401, body = body })
      assert.equal(503, (gateway:get("/who", bearer(token))), body)
    end
  end)

  it("does not take it for revoked, and says so", function()
    for _, body in ipairs(OTHERS) do
      local token = emulator:issue({ user = "agent" })
      assert.equal(200, (gateway:get("/who", bearer(token))))
      emulator:fault({ method = "DELETE", status = 401, body = body })
      local _, _, said = gateway:get("/call?method=revoke&with=" .. token)
      assert.matches("^api 401 ", said, body)
      -- It is valid, at Genesys and here.
      assert.equal(200, (gateway:get("/who", bearer(token))), body)
      _, _, said = gateway:get("/call?method=revoke&with=" .. token)
      assert.equal("true", said)
      assert.equal(401, (gateway:get("/who", bearer(token))))
    end
  end)

  it("takes a token for revoked that the API calls invalid", function()
    local _, _, said = gateway:get("/call?method=revoke&with=an-invalid-one")
    assert.equal("true", said)
    assert.equal(401, (gateway:get("/who", bearer("an-invalid-one"))))
  end)
end)
