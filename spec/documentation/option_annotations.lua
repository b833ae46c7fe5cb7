--- Lists of options as LuaCATS classes.

local lists = require("spec.documentation.option_lists")
local markdown = require("spec.documentation.option_markdown")

local WIDTH = 80


-- type of an option -> LuaCATS type
local TYPES = {
  ["false"] = "false",
  ["function"] = "function",
  allow = "false|function",
  boolean = "boolean",
  concurrency = "integer",
  count = "integer",
  database = "integer",
  delay = "number",
  fleet_name = "string",
  fleet_secret = "string|string[]",
  headers = "table<string, string>",
  identity_headers = "table<string, string>|false",
  loop = "gctokens.Loop",
  names = "string|string[]|false",
  port = "integer",
  rate = "number|false",
  ratio = "number",
  scopes = "string|string[]|false",
  seconds = "number",
  string = "string",
  text = "string",
  token = "string|fun(reason: string): string?, any",
}

-- The classes of a region, in order: the rows that each has of its own, the
-- class that it adds them to, and what is said about it.
local CLASSES = {
  client = {
    { "gctokens.WarmUpOptions", rows = lists.warm_up },
    { "gctokens.CallOptions", rows = lists.call_alone,
      extends = "gctokens.WarmUpOptions" },
    { "gctokens.GetTokensMeOptions", rows = lists.get_tokens_me,
      extends = "gctokens.CallOptions" },
    { "gctokens.PutTokensTimeoutOptions", rows = lists.put_tokens_timeout,
      extends = "gctokens.CallOptions" },
    { "gctokens.DeleteTokensOfOptions", rows = lists.delete_tokens_of,
      extends = "gctokens.CallOptions" },
    { "gctokens.Options", rows = lists.client_alone,
      extends = "gctokens.CallOptions" },
    { "gctokens.RetryPolicy", rows = lists.retry },
  },
  guard = {
    { "gctokens.guard.PolicyOptions", rows = lists.policy,
      about = "In a location each replaces the guard's own; `false`: none." },
    { "gctokens.guard.Options", rows = lists.guard,
      extends = "gctokens.guard.PolicyOptions" },
    { "gctokens.guard.BreakerOptions", rows = lists.breaker },
    { "gctokens.guard.FleetOptions", rows = lists.fleet },
  },
}


-- Long text goes on in lines of its own. A number and its unit stay together.
local function wrapped(text)
  local lines, line = {}, nil
  for word in text:gsub("(%d) ", "%1\1"):gmatch("%S+") do
    word = word:gsub("\1", " ")
    if line and #line + 1 + #word > WIDTH then
      lines[#lines + 1] = line
      line = "---  " .. word
    else
      line = line and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end


local function field(row)
  local kind = row.annotation or TYPES[row.type]
  if row.class then
    kind = kind .. "|" .. row.class
  end
  local text = ("---@field %s? %s %s"):format(row.name, kind, row.help)
  local default = markdown.default(row)
  if default ~= "none" then
    text = text .. "; default: " .. default
  end
  return wrapped(text)
end


local function class(entry)
  local lines = { entry.about and "--- " .. entry.about }
  lines[#lines + 1] = "---@class " .. entry[1]
    .. (entry.extends and ": " .. entry.extends or "")
  for _, row in ipairs(entry.rows) do
    lines[#lines + 1] = field(row)
  end
  return table.concat(lines, "\n") .. "\n"
end


local annotations = {}


---@param region string a name in CLASSES
---@return string? text nil: there is no such region
function annotations.of(region)
  if not CLASSES[region] then
    return nil
  end
  local classes = {}
  for i, entry in ipairs(CLASSES[region]) do
    classes[i] = class(entry)
  end
  return table.concat(classes, "\n")
end


return annotations
