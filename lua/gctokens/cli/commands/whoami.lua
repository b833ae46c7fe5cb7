--- gctokens whoami: shows what is known of the access token.

local open_client = require("gctokens.cli.client").open
local exit = require("gctokens.cli.exit")
local json = require("gctokens.cli.json")
local report = require("gctokens.cli.report")


local function named(entity)
  if type(entity) ~= "table" then
    return nil
  end
  return ("%s (%s)"):format(json.text(entity.name or "?"),
    json.text(entity.id or "?"))
end


local function client_of(entity)
  if type(entity) ~= "table" then
    return nil
  end
  return ("%s, %s"):format(named(entity),
    json.text(entity.authorizedGrantType or "?"))
end


local function same(a, b)
  return type(a) == "table" and type(b) == "table" and a.id == b.id
end


-- Nil for a token of client credentials, which has no scopes.
local function scopes_of(list)
  if type(list) ~= "table" or #list == 0 then
    return nil
  end
  local scopes = {}
  for i, scope in ipairs(list) do
    scopes[i] = json.text(scope)
  end
  return table.concat(scopes, " ")
end


-- A row for each fact that the response holds.
local function rows_of(info)
  local rows = {}
  local function add(label, value)
    if value ~= nil then
      rows[#rows + 1] = { label, json.text(value) }
    end
  end
  add("organization", named(info.organization))
  if not same(info.organization, info.homeOrganization) then
    add("home organization", named(info.homeOrganization))
  end
  if type(info.clonedUser) == "table" then
    add("cloned user", info.clonedUser.id)
  end
  add("client", client_of(info.OAuthClient))
  add("scopes", scopes_of(info.authorizedScope))
  add("idles out", info.dateTokenIdles)
  return rows
end


---@param options table of gctokens.cli.parser
return function(options)
  local client = open_client(options)
  local info, err = client:get_tokens_me({
    preserve_idle_ttl = options.preserve_idle_ttl,
  })
  if not info then
    exit.with_error(err)
  elseif options.json then
    report.json(info)
  else
    report.rows(rows_of(info))
  end
end
