--- The guard's option `fleet`: its checks, and its fields completed. The table
-- gctokens.options.fleet lists them.

local errors = require("gctokens.errors")
local options = require("gctokens.options")
local rows = require("gctokens.options.fleet")


local SHORTEST_SECRET = 32 -- bytes, as many as SHA-256 has
local TTL_ALONE = 60 -- seconds, at least

local fleet_options = { checks = {} }


function fleet_options.checks.is_database(value)
  return type(value) == "number" and value >= 0 and value < 2 ^ 31
    and math.floor(value) == value or "a whole number from 0"
end


function fleet_options.checks.is_port(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 16
    and math.floor(value) == value or "a whole number from 1 to 65535"
end


function fleet_options.checks.is_fleet_name(value)
  return type(value) == "string" and value:find("^[%w_.-]+$") ~= nil
    or "a string of letters, digits, \"_\", \".\" and \"-\""
end


local function is_secret(value)
  return type(value) == "string" and #value >= SHORTEST_SECRET
end


function fleet_options.checks.is_fleet_secret(value)
  local list = type(value) == "table" and value or { value }
  local count = 0
  for _, secret in pairs(list) do
    count = count + 1
    if not is_secret(secret) then
      count = -math.huge
    end
  end
  return count > 0 and #list == count
    or ("a string of %d bytes or more, or a list of such strings"):format(
      SHORTEST_SECRET)
end


local function refuse(where, reason)
  errors.raise(("%s: option \"fleet\" %s"):format(where, reason))
end


-- What no field alone can tell.
local function check_together(where, own)
  if (own.host == nil) == (own.socket == nil) then
    refuse(where, "needs a field host, or a field socket, and not both")
  elseif not own.secret then
    refuse(where, "needs a field secret")
  elseif own.username and not own.password then
    refuse(where, "needs a field password together with username")
  elseif own.tls and not own.server_name then
    refuse(where, "needs a field server_name: TLS without a name to verify "
      .. "is no protection")
  end
end


--- Completes the fields, which were checked one by one.
---@param where string who was called, for messages
---@param user table
---@param ttl number seconds, of the guard
---@return table
function fleet_options.read(where, user, ttl)
  local own = options.completed(user, options.defaults_of(rows))
  for _, row in ipairs(rows) do
    if own[row.name] == nil then
      own[row.name] = user[row.name]
    end
  end
  own.server_name = own.server_name or own.host
  check_together(where, own)
  if type(own.secret) == "string" then
    own.secret = { own.secret }
  end
  own.ttl_alone = own.ttl_alone or math.max(ttl, TTL_ALONE)
  return own
end


return fleet_options
