-- LuaJIT compiles what runs for every request, in two traces: one would have
-- too many constants ("trace too long"). Nothing says so where it gives up, but
-- each request costs more.
local nginx = require("spec.support.nginx")
local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local MOST_ROUNDS = 10 -- of 3000 requests each
local MOST_STARTS = 3 -- of nginx

-- Notes where each completed trace begins. `require` is not called for each
-- trace: resty.core's may itself be compiled at that moment.
local INIT = [[
  compiled = {}
  local funcinfo = require("jit.util").funcinfo
  local started
  jit.attach(function(what, _, func)
    if what == "start" then
      local info = funcinfo(func)
      started = info.source .. ":" .. info.linedefined
    elseif what == "stop" then
      compiled[started] = true
    end
  end, "trace")
]]

local SERVER = [[
  keepalive_requests 100000;
  location = /compiled {
    content_by_lua_block {
      for place in pairs(compiled) do
        ngx.say(place)
      end
    }
  }
]]

local GUARDED = [[
  location = /guarded {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
]]


-- Where a function of the guard begins: "FILE:LINE".
local function place_of(file, name)
  local text = system.read(file)
  local before = text:match("^(.-)\nlocal function " .. name .. "%(")
    or text:match("^(.-)\nfunction [%w_]+[.:]" .. name .. "%(")
  local line = select(2, before:gsub("\n", "")) + 2
  return file .. ":" .. line .. "\n"
end

local HANDLE = place_of("lua/gctokens/guard.lua", "handle")
local EXAMINE = place_of("lua/gctokens/guard.lua", "examine")
local ADMIT = place_of("lua/gctokens/guard/request/admission.lua", "admit")


-- Where traces begin when everything is compiled. Sometimes LuaJIT begins one
-- earlier, and the rest is in it.
local BOTH_HALVES = { EXAMINE, ADMIT }
local FROM_THE_START = { HANDLE }


-- Whether a trace begins at each of those functions.
local function begin_traces(places, functions)
  for _, place in ipairs(functions) do
    if not places:find(place, 1, true) then
      return false
    end
  end
  return true
end


describe("the guard's machine code #once #built", function()
  local emulator, gateway

  before_each(function()
    emulator = fixtures.emulator()
  end)

  -- Sends requests until everything is compiled: true, or where the traces
  -- begin that there are. LuaJIT tries again after a random pause where
  -- something else came in between.
  local function compiles(path, headers)
    local places
    for _ = 1, MOST_ROUNDS do
      assert.same({ [200] = 3000 },
        guarded_nginx.stream(gateway, 3000, path, headers))
      places = select(3, gateway:get("/compiled"))
      if begin_traces(places, BOTH_HALVES)
         or begin_traces(places, FROM_THE_START) then
        return true
      end
    end
    return places
  end

  -- Where it has tried in vain a few times, it never tries again: rarely, and
  -- by chance.
  local function assert_compiled(options, path, headers)
    local result
    for _ = 1, MOST_STARTS do
      gateway = nginx.start(options)
      result = compiles(path, headers)
      gateway:stop()
      if result == true then
        return
      end
    end
    error("not compiled, only these are: " .. result)
  end

  it("is of examining a request, and of admitting it", function()
    local options = guarded_nginx.options({ init = INIT })
    options.server = SERVER .. GUARDED
    assert_compiled(options, "/guarded",
      guarded_nginx.bearer(emulator:issue()))
  end)

  it("is the same where the token is elsewhere", function()
    local token = emulator:issue()
    for option, headers in pairs({
      ["header:X-Access-Token"] = { ["X-Access-Token"] = token },
      ["cookie:session"] = { Cookie = "a=b; session=" .. token .. "; c=d" },
    }) do
      local options = guarded_nginx.options({ init = INIT }, { token = option })
      options.server = SERVER .. GUARDED
      assert_compiled(options, "/guarded", headers)
    end
  end)

  it("is the same with many headers and $gctokens_cache", function()
    assert_compiled(guarded_nginx.options({ init = INIT, server = SERVER }, {
      hide_credentials = true,
      headers = {
        ["X-Token-Organization-Id"] = "organization_id",
        ["X-Token-Organization-Name"] = "organization_name",
        ["X-Token-Home-Organization"] = "home_organization_id",
        ["X-Token-Client-Id"] = "client_id",
        ["X-Token-Client-Name"] = "client_name",
        ["X-Token-Grant-Type"] = "grant_type",
      },
    }), "/who", guarded_nginx.bearer(emulator:issue()))
  end)
end)
