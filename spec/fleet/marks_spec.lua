--- What one gateway is told to forget, all forget.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local socket = require("socket")
local system = require("spec.support.system")

local PATH = "/api/v2/tokens/me"
local ORGANIZATION = "11111111-2222-3333-4444-555555555555"
local bearer = guarded_nginx.bearer

-- In a phase that cannot wait.
local SERVER = [[
  location = /invalidate_in_log {
    content_by_lua_block { ngx.print("done") }
    log_by_lua_block { guard:invalidate(ngx.var.arg_token) }
  }
]]


describe("a mark of the fleet #once #fleet", function()
  local server, emulator, gateways

  setup(function()
    server = redis.start()
    emulator = fixtures.emulator()
    gateways = fleet.start(3, {
      redis = server, relay = false, nginx = { server = SERVER, workers = 2 },
    })
  end)

  teardown(function()
    assert.equal("", fleet.stop(gateways))
    server:stop()
  end)

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function who(gateway, token)
    local status, _, body = gateway:get("/who", bearer(token))
    return status, body
  end

  local function call(gateway, method, argument)
    return select(3, gateway:get("/call?method=" .. method .. "&with="
      .. (argument or "")))
  end

  -- Whether a gateway goes by what it knew.
  local function remembers(gateway, token)
    local status, body = who(gateway, token)
    return status == 200 and body:find(" l[12] ") ~= nil
  end

  local function know(tokens)
    for _, token in ipairs(tokens) do
      for _, gateway in ipairs(gateways) do
        assert.equal(200, (who(gateway, token)))
      end
    end
  end

  local function issue(count)
    local tokens = {}
    for i = 1, count do
      tokens[i] = emulator:issue()
    end
    return tokens
  end

  -- method -> what it is called with, for each of some tokens
  local METHODS = {
    revoke = function(tokens)
      return tokens
    end,
    invalidate = function(tokens)
      return tokens
    end,
    invalidate_organization = function(_, organization)
      return { organization }
    end,
    flush = function()
      return { "" }
    end,
  }

  local function organization_of(token)
    return fixtures.client({ access_token = token }):get_tokens_me()
      .organization.id
  end

  it("reaches the others within 1.5 s: 200 of them", function()
    local longest, marks = 0, 0
    for _ = 1, 8 do
      for method, arguments_of in pairs(METHODS) do
        local tokens = issue(12)
        local organization = organization_of(tokens[1])
        know(tokens)
        for _, argument in ipairs(arguments_of(tokens, organization)) do
          assert.equal("true", call(gateways[1], method, argument))
          marks = marks + 1
        end
        local told = socket.gettime()
        for _, gateway in ipairs(gateways) do
          for _, token in ipairs(tokens) do
            assert.is_true(system.wait_until(function()
              return not remembers(gateway, token)
            end), method)
          end
        end
        longest = math.max(longest, socket.gettime() - told)
      end
    end
    assert.is_true(marks >= 200)
    assert.is_true(longest < 1.5, longest)
    io.write(("[%d marks, at most %.0f ms] "):format(marks, longest * 1000))
  end)

  it("is obeyed where it was made at once", function()
    for method in pairs(METHODS) do
      local tokens = issue(1)
      know(tokens)
      call(gateways[1], method, method == "invalidate_organization"
        and organization_of(tokens[1]) or tokens[1])
      assert.is_false(remembers(gateways[1], tokens[1]), method)
    end
  end)

  -- The emulator answers as Genesys did before the mark.
  it("is not undone by a question that was under way", function()
    local token = issue(1)[1]
    emulator:clear_requests()
    emulator:fault({
      method = "GET", path = PATH, delay = 0.8,
      body = '{"organization":{"id":"' .. ORGANIZATION .. '"}}',
    })
    local asking = gateways[2]:send("/who", bearer(token))
    assert.is_true(system.wait_until(function()
      return select(2, emulator:requests()) == 1
    end))
    local waiting = gateways[3]:send("/who", bearer(token))
    assert.equal("true", call(gateways[1], "revoke", token))
    asking:receive()
    waiting:receive()
    local until_time = socket.gettime() + 1.5
    repeat
      for _, gateway in ipairs(gateways) do
        assert.equal(401, (who(gateway, token)))
      end
    until socket.gettime() > until_time
    for _, key in ipairs(server:command("KEYS", "*:r:*")) do
      assert.is_nil(server:command("GET", key):find(ORGANIZATION, 1, true))
    end
  end)

  it("is sent later from a phase that cannot wait", function()
    local tokens = issue(1)
    know(tokens)
    gateways[1]:get("/invalidate_in_log?token=" .. tokens[1])
    assert.is_true(system.wait_until(function()
      return not remembers(gateways[2], tokens[1])
    end))
  end)

  it("costs the fleet one question, not one a gateway", function()
    local tokens = issue(1)
    know(tokens)
    emulator:clear_requests()
    call(gateways[1], "invalidate", tokens[1])
    for _, gateway in ipairs(gateways) do
      assert.is_true(system.wait_until(function()
        return not remembers(gateway, tokens[1])
      end))
    end
    local until_time = socket.gettime() + 1
    repeat
      know(tokens)
    until socket.gettime() > until_time
    assert.equal(1, (select(2, emulator:requests())))
  end)

  it("is followed when the worker that polls is killed", function()
    local tokens = issue(1)
    know(tokens)
    system.run("kill -KILL " .. gateways[2]:workers()[1])
    local told = socket.gettime()
    call(gateways[1], "invalidate", tokens[1])
    assert.is_true(system.wait_until(function()
      return not remembers(gateways[2], tokens[1])
    end))
    assert.is_true(socket.gettime() - told < 3)
    gateways[2]:clear_log()
  end)

  it("does not keep a worker from ending", function()
    local old = gateways[3]:workers()
    local at = socket.gettime()
    gateways[3]:reload()
    assert.is_true(system.wait_until(function()
      for _, pid in ipairs(old) do
        if system.is_running(pid) then
          return false
        end
      end
      return true
    end))
    assert.is_true(socket.gettime() - at < 5, socket.gettime() - at)
  end)
end)
