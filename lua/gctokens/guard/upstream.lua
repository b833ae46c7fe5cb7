--- The headers with which the application behind the guard learns who asks.
--
-- Whatever the client has sent under those names is removed first, in every
-- spelling: CGI and its relatives do not tell "-" from "_", so that
-- X_Genesys-Organization_Id would be as good as the real one.

local ngx = ngx
local set_header = ngx.req.set_header
local clear_header = ngx.req.clear_header


local LONGEST_VALUE = 256 -- bytes


local Upstream = {}

local upstream_metatable = { __index = Upstream }


local upstream = {}


-- All spellings of a lower-case name: each "-" as it is, and as "_".
local function spellings_of(name, list, from)
  local dash = name:find("-", from, true)
  if not dash then
    list[#list + 1] = name
    return list
  end
  spellings_of(name, list, dash + 1)
  return spellings_of(
    name:sub(1, dash - 1) .. "_" .. name:sub(dash + 1), list, dash + 1)
end


---@param headers table<string, string> name -> field of the identity
function upstream.new(headers)
  local self = { headers = {}, is_ours = {} }
  for name, field in pairs(headers) do
    self.headers[#self.headers + 1] = { name = name, field = field }
    for _, spelling in ipairs(spellings_of(name:lower(), {}, 1)) do
      self.is_ours[spelling] = true
    end
  end
  return setmetatable(self, upstream_metatable)
end


--- Removes what only the guard may say.
---@param received table<string, any> the request's headers, lower-case names
function Upstream:clear(received)
  local is_ours = self.is_ours
  for name in next, received do
    if is_ours[name] then
      clear_header(name)
    end
  end
end


--- Tells the application who asks.
---@param who gctokens.guard.Identity
function Upstream:set(who)
  local headers = self.headers
  for i = 1, #headers do
    local value = who[headers[i].field]
    if value then
      set_header(headers[i].name, value:sub(1, LONGEST_VALUE))
    end
  end
end


return upstream
