local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local lists = require("spec.documentation.option_lists")
local system = require("spec.support.system")


local function read(name)
  local file = assert(io.open(name))
  local text = file:read("*a")
  file:close()
  return text
end


local README = read("README.md")


-- The fenced blocks of a language: text and line number.
local function blocks(language)
  local list = {}
  local at = 1
  while true do
    local from, to, text = README:find(
      "\n```" .. language .. "\n(.-\n)```", at)
    if not from then
      return list
    end
    local _, line = README:sub(1, from):gsub("\n", "")
    list[#list + 1] = { text = text, line = line + 2 }
    at = to
  end
end


local ROOT = fixtures.run("pwd"):gsub("%s+$", "")


-- Paths of this folder, for another one.
local function absolute(paths)
  return ((";" .. paths):gsub(";%./", ";" .. ROOT .. "/"):sub(2))
end


local SETTINGS = "curl -d '{\"rate_per_minute\": 3}' "
  .. "http://127.0.0.1:8080/_emulator/settings"
local FAULTS = "curl -d '{\"status\": 503, \"count\": 2}' "
  .. "http://127.0.0.1:8080/_emulator/faults"


-- What stands around an example: the client of the synopsis and a user, and
-- every client and engine goes to the emulator instead of to Genesys Cloud.
local SURROUNDINGS = [[
package.preload["resty.http"] = function()
  return require("spec.support.resty_http")
end
local emulator, user_id = %q, %q
local gctokens, core = require("gctokens"), require("gctokens.core")
for _, module in ipairs({ gctokens, core }) do
  local new = module.new
  module.new = function(options)
    options.base_url = emulator
    return new(options)
  end
end
local client = gctokens.new({})
]]


describe("the README", function()
  for _, block in ipairs(blocks("lua")) do
    it(("has a Lua example in line %d that works"):format(block.line),
      function()
        local emulator = fixtures.emulator()
        local source = SURROUNDINGS:format(
          emulator.http_url, emulator.users.agent) .. block.text
        local name = os.tmpname()
        local file = assert(io.open(name, "w"))
        file:write(source)
        file:close()
        local output, code = fixtures.run(
          ("GENESYSCLOUD_ACCESS_TOKEN=%s LUA_PATH=%s LUA_CPATH=%s %s %s")
            :format(emulator.tokens.admin, fixtures.quote(package.path),
              fixtures.quote(package.cpath),
              os.getenv("GCTOKENS_LUA") or "lua5.4", name))
        os.remove(name)
        assert.equal(0, code, output)
      end)
  end

  it("has no command that is not run", function()
    -- command -> the spec or the step of CI that runs it
    local run = {
      ["luarocks --lua-version=5.4 make"] = "spec/packaging/rock_spec.lua",
      ["make install LUA=lua5.4 PREFIX=/usr/local"] =
        "spec/packaging/rock_spec.lua",
      ["make demo"] = "spec/demo/demo_spec.lua",
      ["make test"] = ".ci/run",
      ['eval "$(make --no-print-directory env)"'] =
        "spec/packaging/rock_spec.lua",
      ["make emulator PORT=8080"] = "spec/documentation/readme_spec.lua",
      [SETTINGS] = "spec/documentation/readme_spec.lua",
      [FAULTS] = "spec/documentation/readme_spec.lua",
    }
    for _, block in ipairs(blocks("sh")) do
      for line in block.text:gmatch("[^\n]+") do
        if not line:find("gctokens ", 1, true) then -- these are run below
          assert.is_string(run[line], "who runs this? " .. line)
          run[line] = nil
        end
      end
    end
    assert.is_nil(next(run))
  end)

  it("names no file of the suite that does not exist", function()
    local count = 0
    for path in README:gmatch("`(spec/[%w_/.]+)`") do
      count = count + 1
      assert.equal(0, select(2, system.run("test -e " .. path)), path)
    end
    assert.is_true(count > 20)
  end)

  it("names everything that is exported, as does the stub", function()
    local stub = read("lua/gctokens/meta/core.lua")
    local function assert_named(object, prefix, text)
      for name in pairs(object) do
        assert.is_truthy(text:find(prefix .. name, 1, true),
          prefix .. name .. " is not documented")
      end
    end
    local core = require("gctokens.core")
    local gctokens = require("gctokens")
    local engine = core.new({ base_url = "http://127.0.0.1:1" })
    assert_named(gctokens, "gctokens.", README)
    assert_named(core, "core.", README)
    assert_named(getmetatable(engine).__index, "", README)
    assert_named(getmetatable(engine).__index, "engine:", stub)
    assert_named(getmetatable(gctokens.new({ env = false })).__index,
      "client:", README)
    for name in pairs(core) do
      assert.is_truthy(stub:find("core." .. name, 1, true)
        or stub:find("field " .. name .. " ", 1, true), name)
    end
    engine:close()
  end)

  it("has every option, and only those that exist", function()
    local gctokens = require("gctokens")
    local section = README:match("\n### gctokens.new\n(.-)\n### ")
    for row in section:gmatch("\n| (`[^|]-) |") do
      for option in row:gmatch("`([%w_]+)`") do
        local ok, message = pcall(gctokens.new, { [option] = io.stdout })
        assert.is_false(ok)
        assert.not_matches("there is no option", message)
      end
    end
    for _, row in ipairs(require("gctokens.options.client")) do
      assert.is_truthy(section:find("`" .. row.name .. "`", 1, true), row.name)
    end
  end)
end)


describe("the README's calls of gctokens", function()
  -- As they stand, one after another, but sent to the emulator.
  it("all succeed", function()
    local emulator = fixtures.emulator()
    emulator:settings({ unlimited_users = true })
    local source
    for _, block in ipairs(blocks("sh")) do
      source = block.text:find("^gctokens ") and block.text or source
    end
    local script = os.tmpname()
    system.write(script, ([[
      set -e; cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT
      printf 'name,id\nA,%s\n' > leavers.csv
      export LUA_PATH=%s LUA_CPATH=%s GENESYSCLOUD_ACCESS_TOKEN=%s
      export GENESYSCLOUD_OAUTHCLIENT_ID=%s GENESYSCLOUD_OAUTHCLIENT_SECRET=%s
      gctokens() {
        %s "%s/lua/bin/gctokens" --base-url %s --login-url %s "$@"
      }
    ]]):format(emulator.users.supervisor,
      fixtures.quote(absolute(package.path)),
      fixtures.quote(absolute(package.cpath)), emulator.tokens.admin,
      emulator.clients.service.id, emulator.clients.service.secret,
      os.getenv("GCTOKENS_LUA") or "lua5.4", ROOT, emulator.http_url,
      emulator.http_url) .. source .. "test -s gctokens.1\n")
    local output, code = fixtures.run("bash " .. script)
    os.remove(script)
    assert.equal(0, code, output)
    assert.matches("Example Insurance", output)
    assert.matches("the token is alive", output)
    assert.matches("done\t" .. emulator.users.supervisor:gsub("%p", "%%%0"),
      output)
  end)

  it("name every command", function()
    for _, command in ipairs(require("gctokens.cli.grammar").commands) do
      assert.truthy(README:find("\ngctokens " .. command.name, 1, true)
        or README:find("(gctokens " .. command.name, 1, true), command.name)
    end
  end)
end)


describe("the README's commands for the emulator #once", function()
  it("do what they say", function()
    local emulator = fixtures.emulator()
    local client = fixtures.client({ retry = false })
    local function run(command)
      local output, code = fixtures.run((command:gsub("^curl ", "curl -sf ")
        :gsub("http://127.0.0.1:8080", emulator.http_url)))
      assert.equal(0, code, output)
    end
    run(SETTINGS)
    for _ = 1, 3 do
      assert.is_true((client:head_tokens_me()))
    end
    assert.equal(429, select(2, client:head_tokens_me()).status)
    emulator:reset()
    run(FAULTS)
    assert.equal(503, select(2, client:head_tokens_me()).status)
    assert.equal(503, select(2, client:head_tokens_me()).status)
    assert.is_true((client:head_tokens_me()))
  end)
end)


describe("the README's nginx.conf #once", function()
  -- As it stands, but for addresses, the tree's own files in place of
  -- installed ones, and the emulator in place of Genesys Cloud.
  local function configuration(emulator, application)
    local list = blocks("nginx")
    assert.equal(1, #list)
    local text = list[1].text
    local function replace(old, new)
      local from, to = text:find(old, 1, true)
      assert.truthy(from, old)
      text = text:sub(1, from - 1) .. new .. text:sub(to + 1)
    end
    replace("load_module modules/ndk_http_module.so;",
      "@USER@ daemon on; pid nginx.pid; error_log error.log warn;\n@LOAD_NDK@")
    replace("load_module modules/ngx_http_lua_module.so;", "@LOAD_LUA@")
    replace("http {", [[http {
      lua_package_path "@TREE@/lua/?.lua;;";
      lua_package_cpath "@TREE@/build/luajit/?.so;;";]])
    replace('region = "us-east-1"', ("base_url = %q"):format(
      emulator.http_url))
    replace("guard:warm_up()", "guard:warm_up()\ndofile(ngx.config.prefix() "
      .. '.. "owner.lua").watch(@OWNER@, @TEMPORARY@)')
    replace("127.0.0.1:9000", application.url:match("//(.*)"))
    replace("127.0.0.1:8080", "127.0.0.1:@PORT_1@")
    return text
  end

  it("does what the README says", function()
    local emulator = fixtures.emulator()
    local application = nginx.start({ server = [[
      location / {
        content_by_lua_block {
          ngx.print(ngx.var.http_x_genesys_organization_id)
        }
      }
    ]] })
    local gateway = nginx.start({
      template = configuration(emulator, application),
    })
    local agent = { Authorization = "Bearer " .. emulator.tokens.agent }
    local client = { Authorization = "Bearer " .. emulator.tokens.client }

    local status, _, body = gateway:get("/api/orders", agent)
    assert.equal(200, status)
    assert.equal("6e1ceecf-2ecd-40ad-829b-f9408038536c", body)
    assert.equal(401, (gateway:get("/api/orders")))
    status, _, body = gateway:get("/reports/", agent)
    assert.equal(200, status)
    assert.equal("hello, Example Insurance\n", body)
    assert.equal(403, (gateway:get("/reports/", client)))
    assert.equal(403, (gateway:get("/logout", agent)))
    assert.matches("access forbidden by rule", gateway:log())
    gateway:clear_log()
    assert.equal(204, (gateway:request({
      method = "POST", path = "/logout", headers = agent,
    })))
    assert.equal(401, (gateway:get("/api/orders", agent)))
    status, _, body = gateway:get("/metrics")
    assert.equal(200, status)
    assert.matches('gctokens_guard_answers_total{answer="invalid_token"} 1\n',
      body)
    local log = read(gateway.directory .. "/access.log")
    assert.matches('GET /api/orders HTTP/1.1" 200 miss\n', log)
    assert.matches('GET /api/orders HTTP/1.1" 401 missing\n', log)
    assert.equal("", gateway:stop())
    assert.equal("", application:stop())
  end)

  it("names every option of the guard, and only those that exist", function()
    local section = README:match("\n### guard.new\n(.-)\n### ")
    local known = {}
    for _, list in ipairs({ "guard", "policy" }) do
      for _, row in ipairs(lists[list]) do
        known[row.name] = true
      end
    end
    for row in section:gmatch("\n| (`[^|]-) |") do
      for name in row:gmatch("`([%w_]+)`") do
        assert.is_true(known[name], name .. " does not exist")
        known[name] = nil
      end
    end
    assert.same({}, known)
  end)

  it("names every method of the guard, with its phases", function()
    for name in read("lua/gctokens/guard.lua"):gmatch("function Guard:([%w_]+)")
    do
      assert.truthy(README:find("guard:" .. name .. "(", 1, true), name)
    end
    local _, headings = README:gsub("\n### guard[.:][%w_]+\n\n%*%*syntax", "")
    local _, phases = README:gsub("\n%*%*phases:%*%* ", "")
    assert.equal(headings, phases)
  end)
end)


describe("make emulator #once", function()
  it("runs until it is interrupted, and says where", function()
    local output = fixtures.run([[
      directory=$(mktemp -d)
      make --no-print-directory emulator > "$directory/out" 2>&1 &
      for try in $(seq 200); do
        url=$(grep -o "http://127[0-9.:]*" "$directory/out" | head -n 1)
        [ -n "$url" ] && curl -sf "$url/_emulator/" > /dev/null && break
        sleep 0.05
      done
      echo "answers:$?"
      for child in $(pgrep -P $!) $!; do kill -TERM "$child"; done
      wait # for make, which may end before the emulator has
      for try in $(seq 200); do
        curl -s -o /dev/null "$url/_emulator/" || { echo stopped; break; }
        sleep 0.05
      done
      rm -rf "$directory"]])
    assert.matches("answers:0", output)
    assert.matches("stopped", output)
  end)
end)
