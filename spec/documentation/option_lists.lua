--- The lists of options that documentation shows, made of the library's tables.
-- A list is rows of gctokens.options.described.

local described = require("gctokens.options.described")
local guard = require("gctokens.options.guard")
local policy = require("gctokens.options.policy")


-- The rows that `takes` says yes to, each with what `changes` says of it.
local function select_rows(rows, takes, changes)
  local list = {}
  for _, row in ipairs(rows) do
    if takes(row) then
      local copy = {}
      for name, value in pairs(row) do
        copy[name] = value
      end
      for name, value in pairs(changes and changes(row) or {}) do
        copy[name] = value
      end
      list[#list + 1] = copy
    end
  end
  return list
end


local function joined(...)
  local all = {}
  for _, list in ipairs({ ... }) do
    for _, row in ipairs(list) do
      all[#all + 1] = row
    end
  end
  return all
end


local function every()
  return true
end


local function fields_of(rows, name)
  for _, row in ipairs(rows) do
    if row.name == name then
      return row.fields
    end
  end
end


local function of_every_call(row)
  return row.call
end


local lists = {
  client = described.client,
  client_alone = select_rows(described.client, function(row)
    return not row.call
  end),
  warm_up = select_rows(described.client, function(row)
    return row.call and row.except ~= "warm_up"
  end),
  call_alone = select_rows(described.client, function(row)
    return row.call and row.except == "warm_up"
  end),
  retry = fields_of(described.client, "retry"),
  get_tokens_me = described.operations.get_tokens_me,
  put_tokens_timeout = described.operations.put_tokens_timeout,
  delete_tokens_of = described.operations.delete_tokens_of,
  policy = policy,
  breaker = fields_of(guard, "breaker"),
  fleet = fields_of(guard, "fleet"),
}

--- What a call takes, and what single operations take besides.
lists.call = joined(
  select_rows(described.client, of_every_call, function()
    return { default_text = "the client's", fields = false }
  end),
  select_rows(lists.get_tokens_me, every, function(row)
    return { help = row.help .. "; `get_tokens_me` only" }
  end),
  select_rows(lists.put_tokens_timeout, every, function(row)
    return { help = row.help .. "; `put_tokens_timeout` only" }
  end))

--- What gctokens.new gets, with the guard's defaults, and the guard's own. The
--- fleet's fields are listed elsewhere.
lists.guard = joined(
  select_rows(described.client, function(row)
    return row.guard
  end, function(row)
    return { default_text = row.guard_default }
  end),
  select_rows(guard, every, function(row)
    return { fields = row.name ~= "fleet" and row.fields }
  end))


return lists
