--- Looks for secrets in whatever the library gives out.

local assert = require("luassert")


-- Every string within a value, keys included.
local function strings(value, found, seen)
  if type(value) == "string" then
    found[#found + 1] = value
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    found[#found + 1] = tostring(value)
    for key, inner in pairs(value) do
      strings(key, found, seen)
      strings(inner, found, seen)
    end
  else
    found[#found + 1] = tostring(value)
  end
  return found
end


--- Asserts that none of the secrets is anywhere in the values.
return function(secrets, ...)
  for _, text in ipairs(strings({ ... }, {}, {})) do
    for _, secret in ipairs(secrets) do
      assert.is_nil(text:find(secret, 1, true), text)
    end
  end
end
