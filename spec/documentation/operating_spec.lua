-- The page for operators knows every word that the metrics use.

local prometheus = require("gctokens.guard.status.prometheus")
local system = require("spec.support.system")

local PAGE = system.read("lua/gctokens/guard/OPERATING.md")


describe("OPERATING.md", function()
  for what, names in pairs({
    outcome = prometheus.outcomes, layer = prometheus.layers,
  }) do
    it("says what each " .. what .. " means", function()
      local _, first = PAGE:find(("\n| %s |"):format(what), 1, true)
      local table_text = PAGE:sub(first, PAGE:find("\n\n", first, true))
      for _, name in ipairs(names) do
        assert.matches(("\n| `%s` |"):format(name), table_text, 1, true)
      end
      local _, rows = table_text:gsub("\n| `", "")
      assert.equal(#names, rows)
    end)
  end
end)
