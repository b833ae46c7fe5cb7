--- The rock, `make install` and `make env`: what they install works.

local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local quote = fixtures.quote


-- What Debian's lua-cjson is to LuaRocks, so that nothing is downloaded.
local CONFIGURATION = [[
rocks_provided = { ["lua-cjson"] = "2.1.0-1", argparse = "0.7.1-1" }
lua_version = %q
]]


describe("the rock #once #built", function()
  local emulator, directory

  setup(function()
    emulator = fixtures.emulator()
    directory = fixtures.run("mktemp -d"):gsub("%s+$", "")
    -- LuaRocks builds in the tree it is called in: it gets one of its own
    local output, code = fixtures.run(
      "cp -r csrc lua rockspec LICENSE README.md " .. quote(directory))
    assert.equal(0, code, output)
  end)

  teardown(function()
    fixtures.run("rm -rf " .. quote(directory))
  end)

  local function install(rockspec, version, tree)
    local file = assert(io.open(directory .. "/config.lua", "w"))
    file:write(CONFIGURATION:format(version))
    file:close()
    local output, code = fixtures.run(
      ("cd %s && LUAROCKS_CONFIG=%s luarocks make --lua-version=%s --tree=%s "
        .. "rockspec/%s"):format(quote(directory),
        quote(directory .. "/config.lua"), version, quote(tree), rockspec))
    assert.equal(0, code, output)
  end

  -- one real call with what is in that tree and in Debian's, alone
  local function call(lua, version, tree)
    return fixtures.run(("cd / && LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(
      quote(tree .. "/share/lua/" .. version .. "/?.lua;;"),
      quote(tree .. "/lib/lua/" .. version .. "/?.so;;"), lua, quote(([[
        local gctokens = require("gctokens")
        local client = gctokens.new({ base_url = %q, access_token = %q })
        print(assert(client:get_tokens_me()).organization.name)
        print(package.loaded["gctokens.core"]._VERSION)
      ]]):format(emulator.http_url, emulator.tokens.admin))))
  end

  -- the command on the path, with nothing else told
  local function whoami(tree)
    return fixtures.run(("cd / && unset LUA_PATH LUA_CPATH; "
      .. "PATH=%s:$PATH GENESYSCLOUD_ACCESS_TOKEN=%s "
      .. "gctokens whoami --base-url %s"):format(quote(tree .. "/bin"),
        emulator.tokens.admin, emulator.http_url))
  end

  local version = require("gctokens")._VERSION

  for _, case in ipairs({
    { "lua5.4", "5.4", "gctokens-scm-1.rockspec" },
    { "lua5.4", "5.4", "gctokens-" .. version .. "-1.rockspec" },
    { "luajit", "5.1", "gctokens-scm-1.rockspec" },
  }) do
    it(("of %s makes a real call on %s"):format(case[3], case[1]), function()
      local tree = directory .. "/tree-" .. case[1]
      install(case[3], case[2], tree)
      local output, code = call(case[1], case[2], tree)
      assert.equal(0, code, output)
      assert.equal("Example Insurance\n" .. version .. "\n", output)
      output, code = whoami(tree)
      assert.equal(0, code, output)
      assert.matches("^organization\tExample Insurance ", output)
    end)
  end
end)


local function token_file(emulator)
  local name = os.tmpname()
  system.write(name, emulator.tokens.admin .. "\n")
  return name
end


describe("make install #once #built", function()
  it("puts a working library where PREFIX says, and takes it away", function()
    local emulator = fixtures.emulator()
    local prefix = fixtures.run("mktemp -d"):gsub("%s+$", "")
    local token = token_file(emulator)
    local output, code = fixtures.run( -- from here, as a user may say it
      "make --silent install PREFIX=$(realpath --relative-to=. "
        .. quote(prefix) .. ")")
    assert.equal(0, code, output)
    output = fixtures.run(("cd / && LUA_PATH=%s LUA_CPATH=%s lua5.4 -e %s")
      :format(quote(prefix .. "/share/lua/5.4/?.lua;;"),
        quote(prefix .. "/lib/lua/5.4/?.so;;"), quote(([[
          print(require("gctokens").new({ base_url = %q, access_token = %q })
            :head_tokens_me())]]):format(
          emulator.http_url, emulator.tokens.admin))))
    assert.matches("^true\t", output)
    output, code = fixtures.run(("cd / && unset LUA_PATH LUA_CPATH; "
      .. "%s/bin/gctokens verify --base-url %s --token-file %s"):format(
        quote(prefix), emulator.http_url, quote(token)))
    assert.equal(0, code, output)
    assert.equal("valid\n", output)
    assert.matches("^%.TH GCTOKENS 1 ",
      (fixtures.run("cat " .. quote(prefix) .. "/share/man/man1/gctokens.1")))
    fixtures.run("make --silent uninstall PREFIX=" .. quote(prefix))
    assert.equal("", (fixtures.run("find " .. quote(prefix) .. " -type f")))
    fixtures.run("rm -rf " .. quote(prefix) .. " " .. quote(token))
  end)
end)


describe("make env #once #built", function()
  it("lets any folder use the built tree", function()
    local output = fixtures.run(
      "eval \"$(make --no-print-directory env)\" && cd / && lua5.4 -e "
      .. "'print(require(\"gctokens\")._VERSION)' && gctokens --version")
    local version = require("gctokens")._VERSION
    assert.equal(("%s\ngctokens %s\n"):format(version, version), output)
  end)
end)
