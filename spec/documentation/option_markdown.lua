--- A list of options as a Markdown table: option, meaning, default.

local markdown = {}


local function literal(value)
  if type(value) == "table" then
    local pairs_of = {}
    for name, text in pairs(value) do
      pairs_of[#pairs_of + 1] = ("`%s = %s`"):format(name, text)
    end
    table.sort(pairs_of)
    return table.concat(pairs_of, ", ")
  elseif type(value) == "number" then
    return tostring(value)
  end
  return ("`%s`"):format(
    type(value) == "string" and ("%q"):format(value) or tostring(value))
end


--- The default of an option, as people read it; "none" without one.
---@param row table
---@return string
function markdown.default(row)
  if row.default_text then
    return row.default_text
  elseif row.default == nil then
    return "none"
  end
  return literal(row.default) .. (row.unit and " " .. row.unit or "")
end


local function meaning(row)
  local fields = {}
  for i, field in ipairs(row.fields or {}) do
    fields[i] = ("`%s`: %s (%s)"):format(
      field.name, field.help, markdown.default(field))
  end
  return row.help .. (row.fields and " of " .. table.concat(fields, "; ") or "")
end


---@param rows table[]
---@return string
function markdown.of(rows)
  local lines = { "| option | meaning | default |", "|---|---|---|" }
  for _, row in ipairs(rows) do
    local cells =
      { "`" .. row.name .. "`", meaning(row), markdown.default(row) }
    for i, cell in ipairs(cells) do
      cells[i] = cell:gsub("|", "\\|")
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  return table.concat(lines, "\n") .. "\n"
end


return markdown
