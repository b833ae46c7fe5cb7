--- Whatever the Lua value, its JSON says the same, or nothing is sent.
-- Input: the value, as value.lua reads it.

local cjson = require("cjson")
local core = require("gctokens.core")
local read = require("spec.properties.value")


-- What must come back: null is left out, and lists close up.
local function without_null(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  if #value > 0 then
    for _, item in ipairs(value) do
      if item ~= cjson.null then
        copy[#copy + 1] = without_null(item)
      end
    end
    return copy
  end
  for key, item in pairs(value) do
    if item ~= cjson.null then
      copy[key] = without_null(item)
    end
  end
  return copy
end


local function assert_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    -- Beyond 2^53 JSON's readers know no integers.
    local close = type(a) == "number" and type(b) == "number"
      and a + 0.0 == b + 0.0
    assert(a == b or close, "is another value")
    return
  end
  for key, item in pairs(a) do
    assert_same(item, b[key])
  end
  for key in pairs(b) do
    assert(a[key] ~= nil, "has another field")
  end
end


-- Whether the value is plain JSON, of which nothing may be refused.
local function is_plain(value, depth)
  if type(value) == "number" then
    return value == value and value < math.huge and value > -math.huge
  elseif type(value) ~= "table" then
    return type(value) ~= "function"
  end
  local count, strings = 0, 0
  for key, item in pairs(value) do
    count = count + 1
    strings = strings + (type(key) == "string" and 1 or 0)
    if depth == 64 or not is_plain(item, depth + 1) then
      return false
    end
  end
  if getmetatable(value) then
    return count == #value
  end
  return strings == count or strings == 0 and count == #value
end


return function(input)
  local value = read(input)
  if type(value) ~= "table" then
    return
  end
  local arguments = {
    base_url = "https://api.example.com", access_token = "token",
    body = { any = value }, validate = false,
  }
  local request, err = core.request("put_tokens_timeout", arguments)
  if not request then
    assert(err.kind == "argument", err.kind)
    assert(err.message:find("body.any", 1, true), err.message)
    assert(not is_plain(value, 2), err.message)
    return
  end
  local result, problem = core.response("get_tokens_me", 200, {}, request.body)
  assert(result, problem and problem.message)
  assert_same(without_null(value), result.any)
  -- The published schema knows no field "any", and lets it pass.
  arguments.validate = true
  assert(core.request("put_tokens_timeout", arguments), "not validated")
end
