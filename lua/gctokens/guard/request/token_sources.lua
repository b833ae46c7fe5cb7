--- Where in a request the token is: the option `token` of the guard and its
-- policies, compiled. What may stand in the option is in token_option.lua, what
-- is about the token itself in bearer.lua.
--
-- A source is there once, or not at all: what comes twice is refused, even if
-- both are alike, as nobody knows which one the application would take.
-- Different sources may hold the same token, as a browser sends its cookies
-- along with everything.

local bearer = require("gctokens.guard.request.bearer")
local errors = require("gctokens.errors")
local field_names = require("gctokens.guard.request.field_names")
local token_option = require("gctokens.guard.request.token_option")
local token_parts = require("gctokens.guard.request.token_parts")

local find, sub = string.find, string.sub
local clear_header = ngx.req.clear_header
local get_headers = ngx.req.get_headers
local joined = token_parts.joined
local ngx = ngx
local of_token = bearer.of_token
local set_header = ngx.req.set_header
local split = token_parts.split
local trimmed = token_parts.trimmed
local type = type
local unescape = ngx.unescape_uri
local var = ngx.var


---@class gctokens.guard.TokenSources
---@field read fun(headers: table, hides: boolean): string?, string? the
---  credentials, or nil and "missing" or "invalid_request"
---@field pass_on fun(hides: boolean) makes the request what the application
---  gets; `hides`: without the token
---@field is_volatile boolean? the token may be gone when nginx sends the
---  request on to another location, even if nobody hides it

-- Each makes a source of a name: read, pass_on, is_volatile.
local makers = {}


-- ---- a header --------------------------------------------------------------

local authorization = {
  read = function(headers)
    return bearer.credentials(headers.authorization)
  end,
  pass_on = function(hides)
    if hides then
      clear_header("Authorization")
    end
  end,
}


-- Any other one has no scheme of its own: it holds a token, and may hold
-- "Bearer" before it.
local function credentials_of(value)
  if type(value) ~= "string" then
    return nil, "invalid_request"
  end
  return bearer.credentials(value) or of_token(value)
end


-- Looked for in every spelling. LuaJIT does not compile a function with a short
-- loop in it, so both functions are generated.
local HEADER = [[
  local rawget, clear_header, credentials_of = ...
  return {
    read = function(headers)
      local value, found
      %s
      if found == nil then
        return nil, "missing"
      end
      return credentials_of(found)
    end,
    pass_on = function(hides)
      if hides then
        %s
      end
    end,
  }
]]
local READ_SPELLING = [[
  value = rawget(headers, %q)
  if value ~= nil then
    if found ~= nil then
      return nil, "invalid_request"
    end
    found = value
  end
]]


function makers.header(name)
  local dashed = field_names.dashed(name)
  if dashed == "authorization" then
    return authorization
  end
  local reading, clearing = {}, {}
  for i, spelling in ipairs(field_names.spellings(dashed)) do
    reading[i] = READ_SPELLING:format(spelling)
    clearing[i] = ("clear_header(%q)"):format(spelling)
  end
  return assert(loadstring(
    HEADER:format(table.concat(reading), table.concat(clearing, " ")),
    "=gctokens.guard.request.token_sources"))(
    rawget, clear_header, credentials_of)
end


-- ---- a cookie --------------------------------------------------------------

local parse_cookie = token_parts.parse_cookie


function makers.cookie(name)
  return {
    read = function(headers)
      local cookies = joined(headers.cookie, "; ")
      if not cookies then
        return nil, "missing"
      end
      local token, problem =
        token_parts.read(cookies, ";", name, parse_cookie)
      return token and of_token(token), problem
    end,
    pass_on = function(hides)
      local cookies = hides and joined(get_headers(0).cookie, "; ")
      if not cookies then
        return
      end
      local rest = token_parts.without(cookies, ";", name, parse_cookie)
      if rest and trimmed(rest) == "" then
        clear_header("Cookie")
      elseif rest then
        set_header("Cookie", trimmed(rest))
      end
    end,
  }
end


-- ---- an argument of the query ----------------------------------------------

-- Name and value, decoded (RFC 6750 section 2.3).
local function parse_argument(part)
  local at = find(part, "=", 1, true)
  if not at then
    return unescape(part), ""
  end
  return unescape(sub(part, 1, at - 1)), unescape(sub(part, at + 1))
end


-- Shared caches must not keep what a token in the URL was needed for (RFC 6750
-- section 2.3).
function makers.query(name)
  return {
    is_volatile = true,
    read = function()
      local arguments = var.args
      if not arguments then
        return nil, "missing"
      end
      local token, problem = token_parts.read(
        arguments, "&", name, parse_argument,
        find(arguments, "%", 1, true) or find(arguments, "+", 1, true))
      return token and of_token(token), problem
    end,
    pass_on = function(hides)
      local arguments = var.args
      if not arguments then
        return
      end
      local rest = token_parts.without(arguments, "&", name, parse_argument)
      if rest then
        ngx.header["Cache-Control"] = "private"
      end
      if rest and hides then
        ngx.req.set_uri_args(rest)
      end
    end,
  }
end


-- ---- a WebSocket subprotocol -----------------------------------------------

local SUBPROTOCOLS = "Sec-WebSocket-Protocol"


-- The credentials or a problem; and the protocols that the client offers
-- besides.
local function parse_subprotocols(value, name)
  local others, credentials, problem = {}, nil, "missing"
  local parts = split(value, ",")
  local i = 1
  while i <= #parts do
    local part = trimmed(parts[i])
    if part == name then
      local token = parts[i + 1]
      if not token or problem ~= "missing" then
        return nil, "invalid_request", others
      end
      credentials, problem = of_token(trimmed(token)), nil
      i = i + 1
    elseif part ~= "" then
      others[#others + 1] = part
    end
    i = i + 1
  end
  return credentials, problem, others
end


-- The application must not send the token back, and chooses among protocols
-- that are none of its own. So it gets neither the token nor the protocol that
-- announces it, and where nothing else is offered the guard answers. A header
-- of the response that the application then sends as well would be one too
-- many for a browser.
function makers.subprotocol(name)
  return {
    is_volatile = true,
    read = function(headers)
      local value = joined(headers[SUBPROTOCOLS], ",")
      if not value then
        return nil, "missing"
      end
      local credentials, problem = parse_subprotocols(value, name)
      return credentials, problem
    end,
    pass_on = function()
      local value = joined(get_headers(0)[SUBPROTOCOLS], ",")
      local credentials, _, others = parse_subprotocols(value or "", name)
      if not credentials then
        return
      end
      if #others > 0 then
        set_header(SUBPROTOCOLS, table.concat(others, ", "))
      else
        clear_header(SUBPROTOCOLS)
        ngx.header[SUBPROTOCOLS] = name
      end
    end,
  }
end


-- ---- a function ------------------------------------------------------------

-- An error in it is not caught: nobody passes, and nginx logs it.
local function of_function(user_function)
  return {
    is_volatile = true,
    read = function(headers, hides)
      local token = user_function(headers, hides)
      if token == nil then
        return nil, "missing"
      elseif type(token) ~= "string" then
        errors.raise(("gctokens.guard: the function of option \"token\" must "
          .. "return a string or nil, got %s"):format(type(token)))
      end
      return of_token(token)
    end,
    pass_on = function() end,
  }
end


-- ---- the option ------------------------------------------------------------

-- "KIND:NAME" -> source, which has no state. A policy may be made
-- anew for every request.
local sources_by_text = {}


local function compile_source(value)
  if type(value) == "function" then
    return of_function(value)
  end
  local source = sources_by_text[value]
  if not source then
    local kind, name = token_option.parse(value)
    source = makers[kind](name)
    sources_by_text[value] = source
  end
  return source
end


-- All are read: two of them must not hold different tokens.
local function of_list(sources)
  local is_volatile = false
  for _, source in ipairs(sources) do
    is_volatile = is_volatile or source.is_volatile
  end
  return {
    is_volatile = is_volatile,
    read = function(headers, hides)
      local credentials
      for _, source in ipairs(sources) do
        local found, problem = source.read(headers, hides)
        if problem == "invalid_request"
           or found and credentials and found ~= credentials then
          return nil, "invalid_request"
        end
        credentials = found or credentials
      end
      return credentials, not credentials and "missing" or nil
    end,
    pass_on = function(hides)
      for _, source in ipairs(sources) do
        source.pass_on(hides)
      end
    end,
  }
end


local token_sources = {}


--- Where the token is unless an option says otherwise.
---@type gctokens.guard.TokenSources
token_sources.default = authorization


--- Compiles the option, which has been checked.
---@param value string|function|table
---@return gctokens.guard.TokenSources
function token_sources.compile(value)
  if type(value) ~= "table" then
    return compile_source(value)
  end
  local sources = {}
  for i, source in ipairs(value) do
    sources[i] = compile_source(source)
  end
  return #sources == 1 and sources[1] or of_list(sources)
end


return token_sources
