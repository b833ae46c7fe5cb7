--- Tables of options with what people read about them. Loaded by the shell
-- command and by what writes documentation.

local client = require("gctokens.options.client")
local client_help = require("gctokens.options.client_help")
local operations = require("gctokens.options.operations")


local function describe(rows)
  local described = {}
  for i, row in ipairs(rows) do
    local help = client_help[row.name]
      or error(("the option %s has no help"):format(row.name))
    local whole = {}
    for _, part in ipairs({ row, help }) do
      for name, value in pairs(part) do
        whole[name] = value
      end
    end
    whole.fields = row.fields and describe(row.fields)
    described[i] = whole
  end
  return described
end


local described = { client = describe(client), operations = {} }

for operation, rows in pairs(operations) do
  described.operations[operation] = describe(rows)
end


return described
