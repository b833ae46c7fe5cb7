--- Errors: the object that failed calls return, and raising at the caller's
-- line.

local errors = {}


local LONGEST_REASON = 600 -- bytes


local Error = { __name = "gctokens.error" }


-- Makes a text fit for one line of a log.
local function on_one_line(text, longest)
  return (text:gsub("%c", " "):sub(1, longest))
end


function Error.__tostring(err)
  if err.correlation_id then
    return ("%s (%s error, correlation id %s)"):format(
      err.message, err.kind, on_one_line(err.correlation_id, 64))
  end
  return ("%s (%s error)"):format(err.message, err.kind)
end


-- Codes of a 401 that say that the token is not valid. Others do not:
-- "ip.not.authorized" refuses an address, whatever its token.
local TOKEN_CODES = {
  ["authentication.required"] = true,
  ["bad.credentials"] = true,
  ["credentials.expired"] = true,
}


--- Whether an error of a call says that its token is not valid. Only a 401 of
--- the API with a JSON error body and one of these codes says so. A captive
--- portal's page, a gateway's own 401 and the 401 to a HEAD, which has no body,
--- say nothing about the token.
---@param err gctokens.Error?
---@return boolean
function errors.is_token_invalid(err)
  return err ~= nil and err.kind == "api" and err.status == 401
    and TOKEN_CODES[err.code] == true
end


--- Makes a table that has the fields of an error an error.
---@param fields table
---@return gctokens.Error
function errors.wrap(fields)
  return setmetatable(fields, Error)
end


---@param kind gctokens.ErrorKind
---@param operation string
---@param reason string follows "could not OPERATION: "
---@param fields table? further fields; this table becomes the error
---@return gctokens.Error
function errors.new(kind, operation, reason, fields)
  local err = fields or {}
  err.kind = kind
  err.operation = operation
  err.reason = on_one_line(reason, LONGEST_REASON)
  err.message = ("could not %s: %s"):format(operation, err.reason)
  err.attempts = err.attempts or 0
  err.retryable = err.retryable or false
  return errors.wrap(err)
end


--- The error of a call whose client is closed while it is in flight.
---@return table fields
function errors.closed_in_flight()
  return {
    kind = "closed",
    reason = "the client was closed",
    message = "could not finish the call: the client was closed",
    attempts = 1,
    retryable = false,
  }
end


--- A copy that shares no table with the original.
---@generic T
---@param value T
---@return T
function errors.copy(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, inner in next, value do
    copy[key] = errors.copy(inner)
  end
  return setmetatable(copy, getmetatable(value))
end


--- Whether a value is an error of this library.
---@param value any
---@return boolean
function errors.is(value)
  return getmetatable(value) == Error
end


--- What a function of the user raised or returned, as text. Its __tostring may
--- raise.
---@param err any
---@return string
function errors.describe(err)
  local ok, text = pcall(tostring, err)
  return ok and text or "an error that cannot be shown"
end


--- Whether what was raised is Ctrl-C, which the interpreters raise as a string
--- that ends with "interrupted!".
---@param raised any
---@return boolean
function errors.is_interrupt(raised)
  return type(raised) == "string" and raised:find("interrupted!$") ~= nil
end


--- Calls a function of the user and catches what it raises, except Ctrl-C,
--- which must end the script.
---@param callback function
---@param ... any its arguments
---@return boolean ok
---@return any result what it returned, or raised
---@return any second
function errors.protected_call(callback, ...)
  local ok, result, second = pcall(callback, ...)
  if not ok and errors.is_interrupt(result) then
    error(result, 0)
  end
  return ok, result, second
end


-- Lua 5.1 cannot yield within pcall.
local PCALL_YIELDS = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil


--- pcall for work that may yield. What is raised in a coroutine of Lua 5.1 is
--- not caught.
---@param work function
---@param ... any its arguments
---@return boolean ok
---@return any ... what it returned, or raised
function errors.yieldable_pcall(work, ...)
  if PCALL_YIELDS or not coroutine.running() then
    return pcall(work, ...)
  end
  return true, work(...) -- coverage: Lua 5.1 only
end


-- "@/usr/share/lua/5.4/gctokens": the library is below it, and in ROOT.lua.
local ROOT = debug.getinfo(1, "S").source:match("^(.*)[/\\]errors%.lua$")


local function is_ours(source)
  return source == ROOT .. ".lua" or source:sub(1, #ROOT) == ROOT
    and source:find("^[/\\]", #ROOT + 1) ~= nil
end


--- Raises an error for misuse, with the position of the line that has called
--- the library: above all frames of the library's own, tail calls included.
---@param message string
function errors.raise(message)
  local level = 2 -- mutate: equivalent, up to here all is the library's
  local info = debug.getinfo(level, "S")
  while info and (info.what == "C" or info.what == "tail"
                  or is_ours(info.source)) do
    level = level + 1
    info = debug.getinfo(level, "S")
  end
  error(message, info and level or 2)
end


return errors
