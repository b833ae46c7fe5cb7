-- Invalidations against lookups, at random, in several workers and a dict that
-- is too small: nothing older than an invalidation is let through after it.

local guarded_nginx = require("spec.support.guarded_nginx")

local REQUESTS = 40 -- that invalidate and look up at the same time

-- Everything has a version: each token, each organisation, and all of it.
-- Genesys answers with the versions as they are when it is asked, a moment
-- later. An invalidation comes right after a new version.
local INIT = [[
  local versions = ngx.shared.versions
  local TOKENS, SECONDS = 2000, 2

  local function organization_of(token)
    return "organization " .. token:byte(-1)
  end

  -- The versions that count for a token. `prefix`: "" as they are, "known " for
  -- those whose invalidation has returned.
  local function versions_of(token, prefix)
    local list = {}
    for i, name in ipairs({ token, organization_of(token), "all" }) do
      list[i] = versions:get(prefix .. name) or 0
    end
    return list
  end

  function transport(request)
    local token = request.headers.Authorization:match("Bearer (.*)")
    local body =
      ('{"organization":{"id":"%s","name":"%d %d %d"}}'):format(
        organization_of(token), unpack(versions_of(token, "")))
    ngx.sleep(math.random() * 0.01)
    return { status = 200, body = body }
  end

  local function invalidate(name, method, argument)
    local version = versions:incr(name, 1, 0)
    if guard[method](guard, argument) then
      versions:set("known " .. name, version)
    end
  end

  -- Whether what a lookup says is older than an invalidation before it.
  local function is_outdated(token)
    local known = versions_of(token, "known ")
    -- Until all workers have followed: a millisecond, or a turn of nginx.
    ngx.sleep(0.002)
    local who = guard:check(token)
    versions:incr(who and "passed" or "refused", 1, 0)
    local found = { (who and who.organization_name or ""):match(
      "^(%d+) (%d+) (%d+)$") }
    for i, version in ipairs(found) do
      if tonumber(version) < known[i] then
        return true
      end
    end
    return false
  end

  local function race()
    local token = "some-token-" .. math.random(TOKENS)
    local draw = math.random(3000)
    if draw <= 150 then
      invalidate(token, "invalidate", token)
    elseif draw <= 153 then
      invalidate(organization_of(token), "invalidate_organization",
        organization_of(token))
    elseif draw == 154 then
      invalidate("all", "flush")
    elseif is_outdated(token) then
      versions:incr("outdated", 1, 0)
    end
  end

  function run_races(number)
    local core = require("gctokens.core")
    math.randomseed(number)
    local ends = core.now() + SECONDS
    while core.now() < ends do
      race()
    end
  end
]]

local SERVER = [[
  location = /race {
    content_by_lua_block { run_races(tonumber(ngx.var.arg_number)) }
  }
  location = /count {
    content_by_lua_block {
      ngx.print(ngx.shared.versions:get(ngx.var.arg_of) or 0)
    }
  }
]]


describe("the guard in a race #once", function()
  local gateway

  after_each(function()
    gateway:stop()
  end)

  it("lets nothing through that is older than an invalidation", function()
    gateway = guarded_nginx.start({
      workers = 4, init = INIT, server = SERVER,
      dict = "lua_shared_dict gctokens 512k; lua_shared_dict versions 4m;",
      after = [[
        guard = require("gctokens.guard").new({
          region = "us-east-1", transport = transport,
        })
      ]],
    }, { region = "us-east-1" })
    local pending = {}
    for i = 1, REQUESTS do
      pending[i] = gateway:send("/race?number=" .. i)
    end
    for _, request in ipairs(pending) do
      assert.equal(200, (request:receive()))
    end
    local function count(name)
      return tonumber((select(3, gateway:get("/count?of=" .. name))))
    end
    assert.is_true(count("passed") > 100, count("passed"))
    assert.is_true(count("refused") < count("passed") / 10, count("refused"))
    assert.equal(0, count("outdated"))
  end)
end)
