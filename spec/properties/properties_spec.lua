--- What must be true of any input, tried with the fuzzers' seeds and with
--- random ones. To see a failure again: PROPERTY_SEED=number make test.

local texts = require("spec.properties.texts")
local core = require("gctokens.core")
local system = require("spec.support.system")

local RUNS = 300 -- random inputs of each property
local SEED = tonumber(os.getenv("PROPERTY_SEED"))
  or math.floor(core.random() * 2 ^ 31)


-- Lehmer's generator with Park and Miller's numbers: the same on every Lua.
local state


local function random(count)
  state = state * 48271 % 2147483647
  return state % count
end


local function bytes(longest)
  local list = {}
  for i = 1, random(longest + 1) do
    list[i] = string.char(random(256))
  end
  return table.concat(list)
end


local function one_of(list)
  return list[random(#list) + 1]
end


local generators = {}

function generators.id()
  return one_of({ "", ".", "me", "../", "%2F" }) .. bytes(40)
    .. one_of({ "", "/me", "?a=b" })
end

function generators.region()
  local list = {}
  for i = 1, random(6) do
    list[i] = one_of({
      "api", "login", "apps", "mypurecloud", "com", ".", ".", "-", "_", "eu",
      "west", "1", "https://", "/", ("x"):rep(63), bytes(2),
    })
  end
  return table.concat(list)
end

-- As spec/properties/value.lua reads it.
local function value(depth)
  local kind = random(depth > 5 and 6 or 10)
  if kind == 0 then
    return "i" .. one_of({ "", "-" }) .. random(10 ^ 9)
      .. one_of({ "", ".5", "000000000", "e30" }) .. "e"
  elseif kind == 1 then
    return one_of({ "t", "f", "n" })
  elseif kind == 2 then
    return one_of({ "x", "c", "iNANe", "n", "t" })
  elseif kind < 6 then
    local text = bytes(12)
    return #text .. ":" .. text
  end
  local list = {}
  for i = 1, random(5) do
    list[i] = (kind > 7 and random(9) and #("k" .. i) .. ":k" .. i or "")
      .. value(depth + 1)
  end
  return (kind > 7 and "d" or kind == 7 and "a" or "l") .. table.concat(list)
    .. "e"
end

function generators.body()
  return value(0)
end

-- Arguments of any type, and credentials in the wrong places.
function generators.arguments()
  local list = {}
  for i = 1, random(4) do
    local name = one_of({
      "access_token", "base_url", "body", "client_id", "client_secret",
      "headers", "preserve_idle_ttl", "timeout", "user_agent", "user_id",
      "validate", "nope",
    })
    list[i] = #name .. ":" .. name .. one_of({
      value(1), value(4), "18:Zq7/hunter2-token=", "14:hunter2:secret",
      "d3:X-A18:Zq7/hunter2-token=e", "d18:Zq7/hunter2-token=1:ae",
      "d13:Authorization1:ae", "d3:X-A4:a\r\nbe", "19:https://example.com",
      "32:https://Zq7/hunter2-token=@a.com",
    })
  end
  return texts.join({
    one_of({
      "get_tokens_me", "head_tokens_me", "delete_tokens_me", "delete_token",
      "get_tokens_timeout", "put_tokens_timeout", "post_oauth_token", "nope",
    }), "d" .. table.concat(list) .. "e",
  })
end

function generators.schema()
  local list = {}
  for _, name in ipairs({
    "idleTokenTimeoutSeconds", "enableIdleTokenTimeout",
    "inactivityTimeoutUnit", "inactivityTimeoutGroupBundles",
  }) do
    list[#list + 1] = #name .. ":" .. name .. one_of({
      "i300e", "i299e", "t", "5:Hours", "4:Days", "le", value(1),
      "ld8:priorityi5e14:timeoutSecondsi300e6:groupsl1:geee",
    })
  end
  return "d" .. table.concat(list) .. "e"
end

-- Responses that repeat the credentials wherever a response can hold something.
function generators.response()
  local function text()
    local secret = one_of({
      "Zq7/hunter2-token=", "Zq7\\/hunter2-token=", "hunter2:secret",
      "Zq7\\u002Fhunter2\\u002dtoken=", "hunter2\\u003asecret",
      "Y2lkOmh1bnRlcjI6c2VjcmV0", "ok",
    })
    return one_of({ "", "Bearer ", bytes(4):gsub("[%c\"\\]", "") }) .. secret
  end
  local lines = {
    one_of({
      "get_tokens_me", "delete_token", "head_tokens_me", "put_tokens_timeout",
      "post_oauth_token",
    }) .. " " .. one_of({ 200, 204, 302, 400, 401, 404, 429, 500, 503 }),
    "ININ-Correlation-Id: " .. text(), "X-Echo: " .. text(),
    "Retry-After: " .. one_of({ "3", "-1", text() }),
  }
  local body = one_of({
    '{"message":"%s","code":"%s","contextId":"%s","details":[{"%s":"%s"}]}',
    '{"error":"%s","error_description":"%s","errors":["%s"],"limit":{"%s":1}}',
    "%s", '"%s"', '{"message":"%s', "<html>%s\n%s</html>",
  }):gsub("%%s", function()
    return text()
  end)
  return texts.join({ table.concat(lines, "\n"), body })
end


describe("for any input", function()
  before_each(function()
    state = SEED % 2147483646 + 1
  end)

  for name, generate in pairs(generators) do
    local property = require("spec.properties." .. name)

    it("it is true what spec/properties/" .. name .. ".lua says", function()
      for run = 1, RUNS do
        local input = generate()
        local ok, message = pcall(property, input)
        assert.is_true(ok, ("PROPERTY_SEED=%d, input %d: %s\n%q"):format(
          SEED, run, tostring(message), input))
      end
    end)

    it("so it is for the fuzzers' seeds of " .. name, function()
      local folder = "spec/fuzz/seeds/" .. name
      local seeds = 0
      for file in system.run("ls " .. folder):gmatch("[^\n]+") do
        local ok, message =
          pcall(property, (system.read(folder .. "/" .. file)))
        assert.is_true(ok, file .. ": " .. tostring(message))
        seeds = seeds + 1
      end
      assert.is_true(seeds >= 5)
    end)
  end
end)
