-- A name for an identity header with many separators has too many spellings to
-- try each.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")


local NAME = "X-" .. ("Very-"):rep(28) .. "Long-Organization"


describe("an identity header with a long name #once", function()
  it("is removed in every spelling, and set", function()
    local emulator = fixtures.emulator()
    local gateway = guarded_nginx.start({
      http = "underscores_in_headers on;",
    }, {
      headers = { [NAME] = "organization_id", ["X-Short"] = "client_id" },
    })
    finally(function()
      gateway:stop()
    end)
    local headers = guarded_nginx.bearer(emulator.tokens.agent)
    local _, dashes = NAME:gsub("-", "-")
    for i = 1, 12 do
      local count = 0
      headers[(NAME:gsub("-", function()
        count = count + 1
        return count % (i + 1) == 0 and "_" or "-"
      end))] = "spoofed"
    end
    headers[NAME:gsub("-", "_")] = "spoofed"
    headers[NAME:lower()] = "spoofed"
    headers["X_Short"] = "spoofed"
    headers["X-Very-Other"] = "kept"
    local _, _, seen = gateway:get("/guarded", headers)
    assert.not_matches("spoofed", seen)
    assert.matches("X-Very-Other: kept", seen, 1, true)
    assert.matches(NAME:lower():gsub("%-", "%%-") .. ": %x+%-", seen:lower())
    assert.is_true(dashes > 20)
  end)
end)
