--- The recipes of the guard's RECIPES.md, each as an nginx of its own in front
--- of the emulator.

local nginx = require("spec.support.nginx")
local readmes = require("spec.documentation.readmes")

local PATH = "lua/gctokens/guard/RECIPES.md"

-- What stands around a recipe.
local SURROUNDINGS = [[
  @USER@
  @LOAD_NDK@
  @LOAD_LUA@
  daemon on;
  pid nginx.pid;
  error_log error.log warn;
  events { worker_connections 512; }
  http {
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    lua_package_path "@TREE@/lua/?.lua;;";
    lua_package_cpath "@TREE@/build/luajit/?.so;;";
    init_worker_by_lua_block {
      dofile(ngx.config.prefix() .. "owner.lua").watch(@OWNER@, @TEMPORARY@)
    }
    %s
  }
]]

local recipes = {}


-- A text with all of one kind replaced, of which there must be some.
local function replaced(text, old, new)
  local result, count = text:gsub(old:gsub("%p", "%%%0"),
    (new:gsub("%%", "%%%%")))
  assert(count > 0, "the recipe has no " .. old)
  return result
end


--- The headings of all recipes.
---@return string[]
function recipes.sections()
  local sections = {}
  for _, block in ipairs(readmes.blocks("nginx")) do
    if block.path == PATH then
      sections[#sections + 1] = block.section
    end
  end
  return sections
end


--- Starts a recipe. `places` are texts to replace: addresses, mostly.
---@param section string its heading
---@param emulator table in place of Genesys Cloud
---@param places table<string, string>?
---@return table nginx of spec.support.nginx
function recipes.start(section, emulator, places)
  local text
  for _, block in ipairs(readmes.blocks("nginx")) do
    if block.path == PATH and block.section == section then
      text = block.text
    end
  end
  assert(text, "there is no recipe " .. section)
  text = replaced(text, 'region = "us-east-1"',
    ("base_url = %q"):format(emulator.http_url))
  text = replaced(text, "127.0.0.1:8080", "127.0.0.1:@PORT_1@")
  for old, new in pairs(places or {}) do
    text = replaced(text, old, new)
  end
  return nginx.start({
    template = (SURROUNDINGS:gsub("%%s", (text:gsub("%%", "%%%%")))),
  })
end


return recipes
