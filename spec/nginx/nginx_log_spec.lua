-- What is written to nginx's error log: of each kind at most one line a second,
-- with the number of those that were left out.

local nginx = require("spec.support.nginx")
local system = require("spec.support.system")

local INIT = [[
  init_by_lua_block {
    core = require("gctokens.core")
    log = require("gctokens.nginx_log").new("prefix: ")
    began = core.now()
  }
]]

local SERVER = [[
  location = /errors {
    content_by_lua_block {
      began = core.now()
      for i = 1, 4 do
        log:error("kind", "error\nnumber " .. i)
      end
      log:warn("another kind", "warning")
    }
  }

  # Once, when a second is over.
  location = /error {
    content_by_lua_block {
      if core.now() - began > 1 then
        log:error("kind", "a later error")
      end
    }
  }
]]


describe("nginx's error log #once", function()
  local gateway

  before_each(function()
    gateway = nginx.start({ http = INIT, server = SERVER })
  end)

  after_each(function()
    gateway:stop()
  end)

  -- The level and the text of each line.
  local function lines()
    local list = {}
    for level, text in gateway:log():gmatch("%[(%l+)%][^\n]-(prefix: [^\n]*)")
    do
      list[#list + 1] = level .. " " .. text:gsub(", client: .*", "")
    end
    return list
  end

  it("has the first line of each kind, and how many there were since",
    function()
      gateway:get("/errors")
      assert.same({
        "error prefix: error number 1", "warn prefix: warning",
      }, lines())
      gateway:clear_log()
      assert.is_true(system.wait_until(function()
        gateway:get("/error")
        return lines()[1] ~= nil
      end))
      assert.same({ "error prefix: a later error (and 3 more like this)" },
        lines())
    end)
end)
