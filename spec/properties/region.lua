--- Whatever the region is called: a domain, of which URLs can be made, or a
--- reason. Input: the region's name.

local core = require("gctokens.core")
local regions = require("gctokens.regions")


return function(name)
  local domain, message = regions.resolve(name)
  if not domain then
    assert(type(message) == "string")
    assert(not message:find("%c"), "more than one line")
    return
  end
  assert(not domain:find("[^%w.-]"), "a domain of other characters")
  assert(domain == domain:lower())
  assert(domain:find(".", 1, true) and #domain <= 253, "no domain")
  for _, host in ipairs({ "https://api.", "https://login." }) do
    local normal, problem = core.base_url(host .. domain)
    assert(normal == host .. domain, problem or normal)
  end
  assert(regions.resolve("https://api." .. domain .. "/") == domain)
end
