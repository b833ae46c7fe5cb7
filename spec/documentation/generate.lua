--- Writes what is made of the tables of options: `make docs`.

local generated = require("spec.documentation.generated")


local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("a")
  file:close()
  return text
end


for _, name in ipairs(generated.files()) do
  local text = read(name)
  local updated = generated.update(name, text)
  if updated ~= text then
    local file = assert(io.open(name, "wb"))
    assert(file:write(updated))
    assert(file:close())
    print("wrote " .. name)
  end
end
