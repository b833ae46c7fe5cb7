--- The headers that tell the application behind the guard whose token it is.
--
-- First, whatever the client has sent under those names is removed, in every
-- spelling: CGI and its relatives do not distinguish "-" from "_", so that
-- X_Genesys-Organization_Id would do as well as the real one.
--
-- Removing and setting are done for every request. LuaJIT does not compile a
-- function with a short loop in it, so both are generated from the option, as
-- functions without a loop. Each separator of a name doubles the number of its
-- spellings. A name with many separators is looked for among the headers that
-- have come instead.
--
-- The headers come as a table. nginx caches variables: after a look at
-- $http_..., the same variable in nginx.conf would still be what the client has
-- sent.
--
-- A subrequest has a copy of its parent's list of headers. What is removed from
-- the copy stays in the list that the application gets, if the subrequest is
-- auth_request's. So a subrequest is refused unless such headers are true.

local field_names = require("gctokens.guard.request.field_names")

local ngx = ngx


-- Of a name whose spellings are all tried: 16.
local MOST_SEPARATORS = 4


-- A function that runs the statements. In them, `received` are the request's
-- headers, `who` is an identity, and `found` is returned.
local function compile(statements, search)
  local source = ([[
    local rawget, clear_header, set_header, search = ...
    return function(received, who)
      local found = false
      %s
      return found
    end
  ]]):format(table.concat(statements, "\n"))
  return assert(loadstring(source, "=gctokens.guard.request.identity_headers"))(
    rawget, ngx.req.clear_header, ngx.req.set_header, search)
end


-- A function that removes the received headers whose names, spelled with
-- dashes, are in the set. It returns whether there were any.
local function search_for(names)
  return function(received)
    local found = false
    for name in pairs(received) do
      if names[field_names.dashed(name)] then
        ngx.req.clear_header(name)
        found = true
      end
    end
    return found
  end
end


-- A function that says whether the received headers are true of `who`; nil is
-- nobody. `fields`: name, spelled with dashes -> field of the identity.
local function truth_of(fields)
  return function(received, who)
    for name, value in pairs(received) do
      local field = fields[field_names.dashed(name)]
      if field and not (who and value == who[field]) then
        return false
      end
    end
    return true
  end
end


---@class gctokens.guard.IdentityHeaders
---@field clear fun(received: table): boolean removes such headers from the
---  request; whether there were any. `received` is of ngx.req.get_headers
---@field is_true fun(received: table, who: gctokens.guard.Identity?): boolean
---  whether such headers are true
---@field set fun(received: nil, who: gctokens.guard.Identity) sets them


local identity_headers = {}


---@param headers table<string, string> name -> field of the identity; checked
---  by options.lua
---@return gctokens.guard.IdentityHeaders
function identity_headers.new(headers)
  local clearing, setting, searched, fields = {}, {}, {}, {}
  for name, field in pairs(headers) do
    local dashed = field_names.dashed(name)
    local _, separators = dashed:gsub("-", "-")
    fields[dashed] = field
    if separators > MOST_SEPARATORS then
      searched[dashed] = true
    else
      for _, spelling in ipairs(field_names.spellings(dashed)) do
        clearing[#clearing + 1] = ("if rawget(received, %q) ~= nil then "
          .. "clear_header(%q) found = true end"):format(spelling, spelling)
      end
    end
    setting[#setting + 1] =
      ("if who.%s then set_header(%q, who.%s) end"):format(field, name, field)
  end
  local search
  if next(searched) then
    search = search_for(searched)
    clearing[#clearing + 1] = "found = search(received) or found"
  end
  return {
    clear = compile(clearing, search),
    is_true = truth_of(fields),
    set = compile(setting),
  }
end


return identity_headers
