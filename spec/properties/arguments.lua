--- Whatever the arguments of a request, of whatever types: a request that goes
--- where it should with one token, or an error that says which is wrong and
--- shows no credential.
-- Input: the operation's name, "--", and a table as value.lua reads it, which
-- replaces or adds arguments.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local read = require("spec.properties.value")
local texts = require("spec.properties.texts")

local TOKEN = "Zq7/hunter2-token="
local SECRET = "hunter2:secret"

local HOSTS = { post_oauth_token = "https://login.example.com" }
local HOST = "https://api.example.com"


local function arguments_of(operation)
  return {
    base_url = HOSTS[operation] or HOST,
    access_token = operation ~= "post_oauth_token" and TOKEN or nil,
    client_id = operation == "post_oauth_token" and "cid" or nil,
    client_secret = operation == "post_oauth_token" and SECRET or nil,
    user_id = operation == "delete_token" and "u1" or nil,
  }
end


local function check_request(request, arguments)
  assert(type(request.method) == "string" and type(request.url) == "string")
  assert(not request.url:find("[%c ]"), request.url)
  assert(arguments.base_url ~= HOST or request.url:sub(1, #HOST + 1)
    == HOST .. "/", request.url)
  local credentials = 0
  for name, value in pairs(request.headers) do
    assert(not name:find("[%c%s:]"), "a header's name")
    assert(not value:find("[\r\n%z]"), "a header of two lines")
    credentials = credentials + (name:lower() == "authorization" and 1 or 0)
  end
  assert(credentials <= 1, "credentials twice")
end


local function assert_no_secret(text)
  for _, secret in ipairs({ TOKEN, SECRET }) do
    assert(not text:find(secret, 1, true), "a secret is shown")
  end
end


local function check_error(err)
  assert(err.kind == "argument", err.kind)
  local shown = tostring(errors.wrap(err))
  assert(not shown:find("%c"), "more than one line")
  assert_no_secret(shown)
  for _, field in pairs(err) do
    assert_no_secret(tostring(field))
  end
end


return function(input)
  local parts = texts.split(input)
  local operation, text = parts[1]:match("^[%l_]*"), parts[2]
  local given = read(text or "")
  local arguments = arguments_of(operation)
  for name, value in pairs(type(given) == "table" and given or {}) do
    -- what is no argument's name is shown, for it to be found
    if not tostring(name):find("hunter2", 1, true) then
      arguments[name] = value
    end
  end
  -- What no program would write is raised; a wrong name is shown as it is.
  local ok, request, err = pcall(core.request, operation, arguments)
  if not ok then
    assert(type(request) == "string", "raised something else")
    assert_no_secret(request)
  elseif request then
    check_request(request, arguments)
  else
    check_error(err)
  end
end
