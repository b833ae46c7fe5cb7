--- Whatever the response: a result as promised, or an error that is sound and
--- holds no secret.
-- Input: operation and status, header lines, "--", body; as in a seed:
--
--   get_tokens_me 200
--   ININ-Correlation-Id: 5f3b
--   --
--   {"organization":{}}

local cjson = require("cjson")
local core = require("gctokens.core")
local errors = require("gctokens.errors")

local TOKEN = "Zq7/hunter2-token="
local SECRET = "hunter2:secret"
local BASIC = "Y2lkOmh1bnRlcjI6c2VjcmV0" -- "cid:" and the secret, in base64

local OPERATIONS = {
  get_tokens_me = "object", head_tokens_me = "nothing",
  delete_tokens_me = "nothing", delete_token = "nothing",
  get_tokens_timeout = "object", put_tokens_timeout = "object",
  post_oauth_token = "object",
}


-- Every string in a value; the keys are strings of it, too.
local function each_string(value, visit)
  if type(value) == "string" then
    visit(value)
  elseif type(value) == "table" then
    for key, item in next, value do
      each_string(key, visit)
      each_string(item, visit)
    end
  end
end


-- What JSON's escapes stand for, as far as a secret can hold it.
local function unescaped(text)
  return (text:gsub("\\([/\"])", "%1"):gsub("\\u00(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end


local function assert_no_secret(value, operation)
  local secrets = operation == "post_oauth_token" and { SECRET, BASIC }
    or { TOKEN }
  each_string(value, function(text)
    for _, secret in ipairs(secrets) do
      assert(not text:find(secret, 1, true), "a secret is shown")
    end
  end)
end


local function read_headers(lines)
  local headers = {}
  for name, value in lines:gmatch("\n([^\n:]+):([^\n]*)") do
    headers[name] = headers[name] and { headers[name], value } or value
    if type(headers[name][1]) == "table" then
      headers[name] = value
    end
  end
  return headers
end


-- Whether all are lines of text: the core refuses a line break, say.
local function are_lines(headers)
  local ok = true
  each_string(headers, function(text)
    ok = ok and not text:gsub("\t", ""):find("%c")
  end)
  return ok
end


local function arguments_of(operation)
  if operation == "post_oauth_token" then
    return {
      base_url = "https://login.example.com", client_id = "cid",
      client_secret = SECRET,
    }
  end
  return {
    base_url = "https://api.example.com", access_token = TOKEN,
    user_id = operation == "delete_token" and "u1" or nil,
  }
end


local function check_error(err, operation, status)
  local success = status >= 200 and status <= 299
  assert(err.kind == (success and "protocol" or "api"), err.kind)
  assert(err.status == status)
  assert(type(err.retryable) == "boolean")
  assert(not err.message:find("%c"), "more than one line")
  assert(#err.message < 800, "a long message")
  assert(#(err.body or "") <= 4096, "a long body")
  assert(not err.retry_after or err.retry_after >= 0)
  assert(not err.code or type(err.code) == "string")
  local shown = tostring(errors.wrap(err))
  assert(not shown:find("%c"), "more than one line")
  assert_no_secret({ shown, err, err.response.headers }, operation)
  assert_no_secret(unescaped(err.body or ""), operation)
end


local number_type = math.type -- luacheck: ignore 143 (since Lua 5.3)


-- Nobody's JSON null is left, lists have no holes, and whole numbers are
-- integers where Lua has them.
local function check_result(value)
  assert(value ~= cjson.null, "null")
  if number_type and type(value) == "number" and value % 1 == 0 then
    assert(number_type(value) == "integer" or math.abs(value) >= 2 ^ 53,
      "not an integer")
  end
  if type(value) == "table" then
    local count = 0
    for _, item in pairs(value) do
      check_result(item)
      count = count + 1
    end
    assert(#value == 0 or #value == count, "a hole")
  end
end


return function(input)
  local head, body = input:match("^(.-)\n%-%-\n(.*)$")
  head, body = head or input, body or ""
  local operation, status = head:match("^([%l_]+) (%d%d%d)")
  local promise = OPERATIONS[operation]
  status = tonumber(status)
  if not promise or status < 100 then
    return
  end
  local headers = read_headers(head)
  local _, _, sent = core.request(operation, arguments_of(operation))
  local result, err, response = core.response(sent, {
    status = status, headers = headers, body = body,
  })
  if not are_lines(headers) then
    assert(err.kind == "transport", err.kind)
    assert_no_secret(err, operation)
  elseif err then
    assert(result == nil and response == nil)
    check_error(err, operation, status)
  else
    assert(status >= 200 and status <= 299)
    assert(response.status == status)
    if promise == "nothing" then
      assert(result == true)
    else
      assert(type(result) == "table")
      check_result(result)
    end
    assert_no_secret(response.headers, operation)
  end
end
