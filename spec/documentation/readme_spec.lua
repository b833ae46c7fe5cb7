-- Every block of every README.md is run, as its kind says:
--   lua    as a script of its own, against the emulator
--   sh     calls of gctokens as a script, against the emulator; the section
--          "Try it" as a newcomer types it; for all other lines, RUNNERS says
--          which file runs them
--   nginx  as it stands, in front of the emulator; recipes also in spec/clients
--   acl    in a Redis, by spec/fleet/scripts_spec.lua
--   bash, zsh, fish   in spec/cli/shells_spec.lua
--   text   is a picture or an output, and not run

local fixtures = require("spec.support.fixtures")
local nginx = require("spec.support.nginx")
local readmes = require("spec.documentation.readmes")
local recipes = require("spec.support.recipes")
local system = require("spec.support.system")

local INTERPRETER = os.getenv("GCTOKENS_LUA") or "lua5.4"
local ROOT = system.run("pwd -P"):match("^[^\n]+")

local KINDS = {
  acl = true, lua = true, sh = true, nginx = true, bash = true, zsh = true,
  fish = true, text = true,
}

local THIS = "spec/documentation/readme_spec.lua"
local ROCK = "spec/packaging/rock_spec.lua"

local SETTINGS = "curl -d '{\"rate_per_minute\": 3}' "
  .. "http://127.0.0.1:8080/_emulator/settings"
local FAULTS = "curl -d '{\"status\": 503, \"count\": 2}' "
  .. "http://127.0.0.1:8080/_emulator/faults"

local RUNNERS = {
  ["luarocks --lua-version=5.4 make"] = ROCK,
  ["make install LUA=lua5.4 PREFIX=/usr/local"] = ROCK,
  ["make demo"] = "spec/demo/demo_spec.lua",
  ["make test"] = ".ci/run",
  ["make emulator PORT=8080"] = THIS,
  [SETTINGS] = THIS,
  [FAULTS] = THIS,
}


-- A text with one place of it replaced, which must be there.
local function replaced(text, old, new)
  local from, to = text:find(old, 1, true)
  assert.truthy(from, old)
  return text:sub(1, from - 1) .. new .. text:sub(to + 1)
end


local function describe_place(block)
  return ("of %s, line %d"):format(block.path, block.line)
end


local function has_calls(block)
  return block.text:find("^gctokens ") ~= nil
end


-- The lines that a newcomer types, those left out that other files run.
local function tried_blocks()
  local list = {}
  for _, block in ipairs(readmes.blocks("sh")) do
    if block.section == "Try it" and not RUNNERS[block.text:match("[^\n]+")]
    then
      list[#list + 1] = block
    end
  end
  return list
end


describe("the blocks of the READMEs", function()
  it("are all of a kind that is run", function()
    for _, block in ipairs(readmes.blocks()) do
      assert.is_true(KINDS[block.kind],
        ("a block of kind %q %s"):format(block.kind, describe_place(block)))
    end
  end)

  it("hold no command that is not run", function()
    local unseen, is_tried = {}, {}
    for line, runner in pairs(RUNNERS) do
      unseen[line] = true
      assert.is_string(system.read(runner), runner)
    end
    for _, block in ipairs(tried_blocks()) do
      is_tried[block.text] = true
    end
    for _, block in ipairs(readmes.blocks("sh")) do
      for line in block.text:gmatch("[^\n]+") do
        if not has_calls(block) and not is_tried[block.text] then
          assert.is_string(RUNNERS[line], "which file runs this? " .. line)
          unseen[line] = nil
        end
      end
    end
    assert.is_nil(next(unseen))
  end)
end)


describe("the Lua example", function()
  -- What stands around an example: a client, a user, and lua-resty-http.
  -- Clients and engines that are not for this machine go to the emulator.
  local SURROUNDINGS = [[
    package.preload["resty.http"] = function()
      return require("spec.support.resty_http")
    end
    local emulator_url, user_id = %q, %q
    local gctokens, core = require("gctokens"), require("gctokens.core")
    for _, module in ipairs({ gctokens, core }) do
      local new = module.new
      module.new = function(options)
        if not (options.base_url or ""):find("^http://127") then
          options.base_url = emulator_url
        end
        return new(options)
      end
    end
    local client = gctokens.new({})
  ]]

  for _, block in ipairs(readmes.blocks("lua")) do
    it(describe_place(block) .. " works", function()
      local emulator = fixtures.emulator()
      local name = os.tmpname()
      system.write(name, SURROUNDINGS:format(
        emulator.http_url, emulator.users.agent) .. block.text)
      local output, code = system.run(
        ("GENESYSCLOUD_ACCESS_TOKEN=%s LUA_PATH=%s LUA_CPATH=%s %s %s"):format(
          emulator.tokens.admin, system.quote(package.path),
          system.quote(package.cpath), INTERPRETER, name))
      os.remove(name)
      assert.equal(0, code, output)
    end)
  end
end)


describe("the calls of gctokens", function()
  -- Paths of this folder, for another one.
  local function absolute(paths)
    return ((";" .. paths):gsub(";%./", ";" .. ROOT .. "/"):sub(2))
  end

  -- In an empty folder with a list of users, with gctokens as a function that
  -- goes to the emulator.
  local SURROUNDINGS = [[
    set -e; cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT
    printf 'name,id\nA,%s\n' > leavers.csv
    export LUA_PATH=%s LUA_CPATH=%s GENESYSCLOUD_ACCESS_TOKEN=%s
    export GENESYSCLOUD_OAUTHCLIENT_ID=%s GENESYSCLOUD_OAUTHCLIENT_SECRET=%s
    gctokens() {
      %s "%s/lua/bin/gctokens" --base-url %s --login-url %s "$@"
    }
  ]]

  -- Runs a block line after line; returns what it printed.
  local function run(block)
    local emulator = fixtures.emulator()
    emulator:settings({ unlimited_users = true })
    local client = emulator.clients.service
    local script = os.tmpname()
    system.write(script, SURROUNDINGS:format(emulator.users.supervisor,
      system.quote(absolute(package.path)),
      system.quote(absolute(package.cpath)), emulator.tokens.admin,
      client.id, client.secret, INTERPRETER, ROOT, emulator.http_url,
      emulator.http_url) .. block.text)
    local output, code = system.run("bash " .. script)
    os.remove(script)
    assert.equal(0, code, output)
    return output, emulator
  end

  for _, block in ipairs(readmes.blocks("sh")) do
    if has_calls(block) then
      it(describe_place(block) .. " succeed", function()
        local output, emulator = run(block)
        assert.matches("Example Insurance", output)
        assert.matches("the token is valid", output)
        assert.matches("done\t" .. emulator.users.agent, output, 1, true)
      end)
    end
  end

  it("name every command", function()
    local text = {}
    for _, block in ipairs(readmes.blocks("sh")) do
      text[#text + 1] = "\n" .. block.text:gsub("%$%(", "\n")
    end
    text = table.concat(text)
    for _, command in ipairs(require("gctokens.cli.grammar").commands) do
      assert.truthy(
        text:find("\ngctokens " .. command.name, 1, true), command.name)
    end
  end)
end)


describe("the nginx.conf of the guard #once", function()
  -- But for addresses, the tree's own files in place of installed ones, and the
  -- emulator in place of Genesys Cloud.
  local function configuration(emulator, application)
    local text = readmes.block("lua/gctokens/guard/README.md", "nginx").text
    text = replaced(text, "load_module modules/ndk_http_module.so;",
      "@USER@ daemon on; pid nginx.pid; error_log error.log warn;\n@LOAD_NDK@")
    text = replaced(text, "load_module modules/ngx_http_lua_module.so;",
      "@LOAD_LUA@")
    text = replaced(text, "http {", [[http {
      lua_package_path "@TREE@/lua/?.lua;;";
      lua_package_cpath "@TREE@/build/luajit/?.so;;";]])
    text = replaced(text, 'region = "us-east-1"', ("base_url = %q"):format(
      emulator.http_url))
    text = replaced(text, "guard:warm_up()",
      "guard:warm_up()\ndofile(ngx.config.prefix() .. "
      .. '"owner.lua").watch(@OWNER@, @TEMPORARY@)')
    text = replaced(text, "127.0.0.1:9000", application.url:match("//(.*)"))
    return replaced(text, "127.0.0.1:8080", "127.0.0.1:@PORT_1@")
  end

  it("does what the page says", function()
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
    assert.matches('gctokens_guard_requests_total{outcome="invalid_token"} 1\n',
      body)
    status, _, body = gateway:get("/status")
    assert.equal(200, status)
    assert.matches("<h1>Token guard</h1>", body)
    local log = assert(system.read(gateway.directory .. "/access.log"))
    assert.matches('GET /api/orders HTTP/1.1" 200 miss\n', log)
    assert.matches('GET /api/orders HTTP/1.1" 401 missing\n', log)
    assert.equal("", gateway:stop())
    assert.equal("", application:stop())
  end)
end)


describe("the recipes of the guard #once", function()
  -- A request to each, in which $T is the token, and what it is turned away
  -- with.
  local PROBES = {
    ["WebSocket"] = {
      path = "/socket/", denied = 401,
      headers = { ["Sec-WebSocket-Protocol"] = "bearer, $T" },
    },
    ["A cookie for a single-page application"] = {
      path = "/api/", denied = 401,
      headers = { Cookie = "__Host-token=$T", ["X-Requested-With"] = "page" },
    },
    ["A token in the URL"] = {
      path = "/events/?access_token=$T", denied = 401, headers = {},
    },
    ["A login page"] = {
      path = "/portal/", denied = 302,
      headers = { Cookie = "__Host-token=$T" },
    },
  }

  -- Those that only a client of their own can try, and where that is.
  local TRIED_ELSEWHERE = { gRPC = "spec/clients/grpc_client_spec.lua" }

  it("are all tried", function()
    for _, section in ipairs(recipes.sections()) do
      if not PROBES[section] then
        local text = system.read(assert(TRIED_ELSEWHERE[section], section))
        assert.matches(('recipes.start("%s"'):format(section), text, 1, true)
      end
    end
  end)

  for section, probe in pairs(PROBES) do
    it("let only valid tokens through: " .. section, function()
      local emulator = fixtures.emulator()
      local application = nginx.start({ server = "location / { return 200; }" })
      local gateway = recipes.start(section, emulator, {
        ["127.0.0.1:9000"] = application.url:match("//(.*)"),
      })
      local function status_with(token)
        local headers = {}
        for name, value in pairs(probe.headers) do
          headers[name] = value:gsub("%$T", token)
        end
        return (gateway:get(probe.path:gsub("%$T", token), headers))
      end
      assert.equal(200, status_with(emulator.tokens.agent))
      assert.equal(probe.denied, status_with("invalid"))
      assert.equal("", gateway:stop())
      assert.equal("", application:stop())
    end)
  end
end)


describe("the way of a newcomer #once #built", function()
  -- What the section "Try it" says to save, with the emulator in place of the
  -- region.
  local function save(directory, name, kind)
    local block
    for _, candidate in ipairs(readmes.blocks(kind)) do
      if candidate.section == "Synopsis" then
        block = candidate
      end
    end
    system.write(directory .. "/" .. name, replaced(block.text,
      'region = "eu-west-1"', 'base_url = "http://127.0.0.1:8080"'))
  end

  -- All lines as one script: nginx runs in the background, until the end. Its
  -- own limit ends it, too, should this process be killed.
  local function script()
    local parts = {
      "set -e; unset MAKEFLAGS MAKELEVEL MFLAGS BUILD LUA_PATH LUA_CPATH",
      "trap 'kill $(jobs -p)' EXIT",
    }
    for _, block in ipairs(tried_blocks()) do
      local text = block.text:gsub("/usr/sbin/nginx ", "exec timeout 60 %0")
      if text ~= block.text then
        text = "(" .. text .. ") &\nfor try in $(seq 500); do "
          .. "curl -s http://127.0.0.1:8081/ && break; sleep 0.02; done"
      end
      parts[#parts + 1] = text
    end
    return table.concat(parts, "\n")
  end

  it("leads to a script and a guard that work", function()
    local emulator = fixtures.emulator()
    local directory = system.make_directory()
    save(directory, "try.lua", "lua")
    save(directory, "nginx.conf", "nginx")
    system.write(directory .. "/script", script())
    local port = system.run(
      "spec/support/nginx/lua spec/support/nginx/ports.lua 0"):match("%d+")
    system.run(("cd %s && sed -i -e 's|127.0.0.1:8080|%s|' "
      .. "-e 's|127.0.0.1:8081|127.0.0.1:%s|' -e 's|build/try|%s/try|' "
      .. "-e 's|-p build |-p %s |' script try.lua nginx.conf"):format(
        directory, emulator.http_url:match("//(.*)"), port, directory,
        directory))
    local output, code = system.run("bash " .. directory .. "/script")
    system.remove_directory(directory)
    assert.equal(0, code, output)
    assert.matches("organization\tExample Insurance %(", output)
    assert.matches("\nExample Insurance\t%d%d%d%d%-", output)
    assert.matches("HTTP/1.1 401 .*HTTP/1.1 200 OK.*\nhello, Example Insurance",
      output)
  end)
end)


describe("the commands for the emulator #once", function()
  it("do what they say", function()
    local emulator = fixtures.emulator()
    local client = fixtures.client({ retry = false })
    local function run(command)
      local output, code = system.run((command:gsub("^curl ", "curl -sf ")
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


describe("make emulator #once", function()
  it("runs until it is interrupted, and says where", function()
    local output = system.run([[
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
