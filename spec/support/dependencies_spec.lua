--- spec/support/dependencies: what it installs, and when it refuses.

local system = require("spec.support.system")

local quote = system.quote

-- What the script runs, besides apt.
local TOOLS = {
  "cat", "echo", "grep", "head", "mktemp", "rm", "sed", "sh", "sort", "tr",
}

-- An apt whose release has the packages of a list, and a root.
local APT_CACHE = [[#!/bin/sh
if grep -qx -e "$2" %s; then
  printf '%%s:\n  Installed: (none)\n  Candidate: 1.0\n' "$2"
elif [ "$2" = luajit2 ]; then
  printf '%%s:\n  Installed: (none)\n  Candidate: (none)\n' "$2"
fi
]]
local APT_GET = [[#!/bin/sh
echo "$*" >> %s
]]

-- All that the groups below want and every release names alike.
local COMMON = [[
gcc make pkg-config libcurl4-openssl-dev lua5.4 liblua5.4-dev lua-cjson
lua-argparse nginx libnginx-mod-http-lua lua-nginx-string openssl lua-socket
lua-sec lua-posix lua-luv lua-cqueues lua-busted luarocks curl groff-base
valgrind mandoc tmux zsh fish bash-completion lua5.1 lua5.2 lua5.3
liblua5.1-0-dev liblua5.2-dev liblua5.3-dev redis-server ]]
local DEBIAN_12 = COMMON
  .. "luajit2 luajit libluajit2-5.1-dev libluajit-5.1-dev"
local DEBIAN_13 = COMMON .. "luajit libluajit-5.1-dev"
local SID = DEBIAN_13 .. " lua5.5 liblua5.5-dev"


describe("the script for dependencies #once", function()
  local directory

  before_each(function()
    directory = system.make_directory()
    system.run(("mkdir %s/bin"):format(directory))
    for _, tool in ipairs(TOOLS) do
      system.run(("ln -s \"$(command -v %s)\" %s/bin"):format(tool, directory))
    end
  end)

  after_each(function()
    system.remove_directory(directory)
  end)

  local function program(name, text)
    system.write(directory .. "/bin/" .. name, text)
    system.run("chmod +x " .. directory .. "/bin/" .. name)
  end

  -- Runs it where nothing is installed: what it printed, its exit code, and the
  -- words of the last command that apt-get was given.
  local function install(packages, groups, user)
    system.write(directory .. "/packages", (packages:gsub("%s+", "\n")))
    program("apt-cache", APT_CACHE:format(directory .. "/packages"))
    program("apt-get", APT_GET:format(directory .. "/asked"))
    program("id", "#!/bin/sh\necho " .. (user or 0) .. "\n")
    local output, code = system.run(("env PATH=%s sh %s %s"):format(
      quote(directory .. "/bin"), "spec/support/dependencies", groups))
    local asked = system.read(directory .. "/asked") or ""
    return output, code, (asked:match("([^\n]*)\n$") or "") .. " "
  end

  local function assert_installs(asked, package)
    assert.truthy(asked:find(" " .. package .. " ", 1, true),
      package .. " is not among" .. asked)
  end

  local function assert_leaves(asked, package)
    assert.is_nil(asked:find(" " .. package .. " ", 1, true),
      package .. " is among" .. asked)
  end

  it("takes LuaJIT under the name that the release has for it", function()
    for packages, names in pairs({
      [DEBIAN_12] = { "luajit2", "libluajit2-5.1-dev" },
      [DEBIAN_13] = { "luajit", "libluajit-5.1-dev" },
    }) do
      local output, code, asked = install(packages, "build test")
      assert.equal(0, code, output)
      assert_installs(asked, names[1])
      assert_installs(asked, names[2])
    end
  end)

  it("takes but one of those that will do", function()
    local _, _, asked = install(DEBIAN_12, "build test")
    assert_leaves(asked, "luajit")
    assert_leaves(asked, "libluajit-5.1-dev")
  end)

  it("takes Lua 5.5 where there is one", function()
    local output, code, asked = install(SID, "luas")
    assert.equal(0, code, output)
    assert_installs(asked, "lua5.5")
    assert_installs(asked, "liblua5.5-dev")
    output, code, asked = install(DEBIAN_13, "luas")
    assert.equal(0, code, output)
    assert_leaves(asked, "lua5.5")
    assert_installs(asked, "lua5.3")
  end)

  it("says what there is no package of, and which releases have all",
    function()
      local output, code, asked = install(COMMON, "build test")
      assert.equal(1, code)
      assert.matches("no package libluajit2-5.1-dev|libluajit-5.1-dev here",
        output, 1, true)
      assert.matches("Debian 12, 13 and sid", output, 1, true)
      assert_leaves(asked, "install")
    end)

  it("says what to install, to users other than root", function()
    local output, code, asked = install(DEBIAN_13, "test", 1000)
    assert.equal(1, code)
    assert.matches("as root", output, 1, true)
    assert.matches("luajit2|luajit", output, 1, true)
    assert.equal(" ", asked)
  end)

  it("asks nobody for anything when all is there", function()
    program("apt-get", "#!/bin/sh\nexit 1\n")
    local output, code = system.run(("PATH=%s:\"$PATH\" %s"):format(
      quote(directory .. "/bin"), "spec/support/dependencies build test"))
    assert.equal("", output)
    assert.equal(0, code)
  end)
end)
