--- Records and their signatures, in nginx.

local nginx = require("spec.support.nginx")


describe("a record of the fleet #once", function()
  local gateway

  setup(function()
    gateway = nginx.start({
      http = [[
        init_by_lua_block {
          record = require("gctokens.guard.fleet.record")
          signature = require("gctokens.guard.fleet.signature")
          signature_of = signature.new
          clock = require("gctokens.guard.clock")
          asked = { epoch = "7", number = "3", time = "1000" }
          function hex(bytes)
            return (bytes:gsub(".", function(byte)
              return ("%02x"):format(byte:byte())
            end))
          end
          function verdict(soft, hard)
            local now = clock.now()
            return {
              state = "valid", fetched_at = now, fresh_until = now + soft,
              stale_until = now + (hard or soft),
              identity = { organization_id = "o", home_organization_id = "h",
                organization_name = "An Organisation", scope = "a b",
                cache = "" },
            }
          end
          secret, other = ("s"):rep(32), ("o"):rep(32)
        }
      ]],
      server = [[
        location / {
          content_by_lua_block {
            ngx.req.read_body()
            local result = load(ngx.req.get_body_data())()
            ngx.print(tostring(result))
          }
        }
      ]],
    })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
  end)

  local function run(source)
    local status, _, body = gateway:request({
      method = "POST", path = "/", body = source,
    })
    assert.equal(200, status, body)
    return body
  end

  -- RFC 4231, test cases 1, 2, 6 and 7.
  it("is signed by HMAC-SHA256", function()
    for _, case in ipairs({
      { '("\\11"):rep(20)', "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
      { '"Jefe"', "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
      { '("\\170"):rep(131)',
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
      { '("\\170"):rep(131)',
        "This is a test using a larger than block-size key and a larger than "
          .. "block-size data. The key needs to be hashed before being used by "
          .. "the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    }) do
      assert.equal(case[3], run(
        ("return hex(signature.hmac(signature.key(%s), %q))"):format(
          case[1], case[2])))
    end
  end)

  it("comes back as it was, with the time that is left", function()
    assert.equal("o h An Organisation a b true true true true", run([[
      local signer = signature_of({ secret })
      local packed, soft = record.pack(signer, "K", verdict(60, 90), asked)
      local now = clock.now()
      local found = record.unpack(signer, "K", packed, 20, now)
      local who = found.identity
      return table.concat({ who.organization_id, who.home_organization_id,
        who.organization_name, who.scope,
        tostring(soft >= 59999 and soft <= 60000),
        tostring(math.abs(found.fresh_until - now - 40) < 0.1),
        tostring(math.abs(found.stale_until - now - 70) < 0.1),
        tostring(found.fetched_at == now) }, " ")
    ]]))
  end)

  it("is believed for its own token and fleet only", function()
    assert.equal("nil", run([[
      local signer = signature_of({ secret })
      local packed = record.pack(signer, "K", verdict(60), asked)
      return record.unpack(signer, "L", packed, 0, clock.now())
    ]]))
  end)

  it("is not believed with one bit flipped anywhere", function()
    assert.equal("none of many", run([[
      local bit = require("bit")
      local signer = signature_of({ secret })
      local packed = record.pack(signer, "K", verdict(60), asked)
      assert(record.unpack(signer, "K", packed, 0, clock.now()))
      for i = 1, #packed do
        for place = 0, 7 do
          local flipped = string.char(bit.bxor(packed:byte(i), 2 ^ place))
          local text = packed:sub(1, i - 1) .. flipped .. packed:sub(i + 1)
          if record.unpack(signer, "K", text, 0, clock.now()) then
            return i .. " " .. place
          end
        end
      end
      return #packed > 100 and "none of many"
    ]]))
  end)

  it("is not believed cut short, or longer", function()
    assert.equal("none", run([[
      local signer = signature_of({ secret })
      local packed = record.pack(signer, "K", verdict(60), asked)
      for length = 0, #packed - 1 do
        if record.unpack(signer, "K", packed:sub(1, length), 0, clock.now())
        then
          return length
        end
      end
      return record.unpack(signer, "K", packed .. "x", 0, clock.now()) or "none"
    ]]))
  end)

  it("is believed if any of the secrets has signed it", function()
    assert.equal("true false true", run([[
      local old, new = signature_of({ secret }), signature_of({ other })
      local both = signature_of({ other, secret })
      local packed = record.pack(old, "K", verdict(60), asked)
      local by_both = record.pack(both, "K", verdict(60), asked)
      local function is_believed(signer, text)
        return tostring(record.unpack(signer, "K", text, 0, clock.now()) ~= nil)
      end
      return is_believed(both, packed) .. " " .. is_believed(new, packed)
        .. " " .. is_believed(new, by_both)
    ]]))
  end)

  -- Redis may say that a record is young. Its end is in it.
  it("does not last longer than it says, whatever Redis says", function()
    assert.equal("nil nil true", run([[
      local signer = signature_of({ secret })
      local packed = record.pack(signer, "K", verdict(0.05), asked)
      local negative = record.unpack(signer, "K", packed, -1, clock.now())
      local ahead = record.pack(signer, "K", verdict(60), asked)
      ngx.sleep(0.1)
      local found = record.unpack(signer, "K", ahead, 0, clock.now())
      return tostring(record.unpack(signer, "K", packed, 0, clock.now()))
        .. " " .. tostring(negative) .. " "
        .. tostring(found.fresh_until < clock.now() + 59.95)
    ]]))
  end)

  it("uses base64url, which it reads back", function()
    assert.equal("true", run([[
      for length = 0, 40 do
        local bytes = ("\255\254\253"):rep(20):sub(1, length)
        local text = signature.base64url(bytes)
        if text:find("[^%w_-]")
           or signature.from_base64url(text) ~= bytes then
          return length
        end
      end
      return true
    ]]))
  end)
end)
