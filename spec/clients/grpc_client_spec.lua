-- A gRPC service behind the guard, called by a real gRPC client: over TLS, and
-- as the recipe has it.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local node = require("spec.clients.support.node")
local recipes = require("spec.support.recipes")
local system = require("spec.support.system")

local PATH = "/api/v2/tokens/me"
local REFUSALS = 'gctokens_guard_requests_total{outcome="unavailable"}'
local ORGANIZATION = "6e1ceecf-2ecd-40ad-829b-f9408038536c"
local OK, PERMISSION_DENIED, UNAVAILABLE, UNAUTHENTICATED = 0, 7, 14, 16
local KINDS = { "unary", "client", "server", "both" }

local SERVER = [[
  location /example.Service/ {
    access_by_lua_block { guard:access() }
    grpc_pass grpc://unix:%s;
  }
  location /example.Scoped/ {
    access_by_lua_block { guard:access({ scopes = "never" }) }
    grpc_pass grpc://unix:%s;
  }
]]


-- The result of each call, which has a kind and may have a token.
local function run(options)
  return node.run("grpc.js", {
    socket = options.socket,
    target = options.url:match("//(.*)$"),
    ca = options.ca_file,
    service = options.service or "example.Service",
    calls = options.calls,
  })
end


describe("a gRPC service behind the guard", function()
  local emulator, gateway, directory, socket

  setup(function()
    emulator = fixtures.emulator()
    directory = system.make_directory()
    socket = directory .. "/service"
    gateway = guarded_nginx.start({
      server = SERVER:format(socket, socket), tls = true,
    }, { error_ttl = 0.4, breaker = false })
  end)

  teardown(function()
    gateway:stop()
    system.remove_directory(directory)
  end)

  before_each(function()
    emulator:reset()
  end)

  local function call(calls, service)
    return run({
      socket = socket, url = gateway.tls_url, ca_file = gateway.ca_file,
      calls = calls, service = service,
    })
  end

  -- A call of each kind with that token.
  local function call_all(token, service)
    local calls = {}
    for i, kind in ipairs(KINDS) do
      calls[i] = { kind = kind, token = token }
    end
    return call(calls, service)
  end

  -- They are all turned away with that status.
  local function assert_refused(results, code, text)
    assert.equal(#KINDS, #results)
    for i, result in ipairs(results) do
      assert.equal(code, result.code, KINDS[i])
      assert.matches(text, result.details)
      assert.same({}, result.messages)
    end
    return results[1].metadata
  end

  it("gets the calls that are let through, and whose they are", function()
    local sent = {
      unary = "hello", server = "hello",
      client = "hello1 hello2 hello3", both = "hello1 hello2 hello3",
    }
    for i, result in ipairs(call_all(emulator.tokens.agent)) do
      assert.equal(OK, result.code, result.details)
      assert.same({ ORGANIZATION .. " " .. sent[KINDS[i]] }, result.messages)
    end
  end)

  it("gets none without a valid token", function()
    assert_refused(call_all(nil), UNAUTHENTICATED, "a bearer token is needed")
    assert_refused(call_all("a b"), UNAUTHENTICATED, "bearer token")
    local metadata = assert_refused(call_all("invalid"), UNAUTHENTICATED,
      "expired, revoked or unknown")
    assert.matches('error="invalid_token"', metadata["www-authenticate"])
  end)

  it("gets none that the policy does not allow", function()
    local metadata = assert_refused(
      call_all(emulator.tokens.agent, "example.Scoped"), PERMISSION_DENIED,
      "does not give access")
    assert.matches('scope="never"', metadata["www-authenticate"])
  end)

  it("gets none that cannot be judged", function()
    emulator:fault({ path = PATH, status = 500, count = 1000 })
    assert_refused(call_all(emulator:issue()), UNAVAILABLE,
      "cannot be verified at the moment")
  end)

  -- The client's own pause is a hundredth of a second. Within that, the guard
  -- still knows that it got no answer.
  it("gets a call again after the pause that the guard asks for", function()
    emulator:fault({ path = PATH, status = 500 })
    local refusals = guarded_nginx.metric(gateway, REFUSALS)
    local result = call({
      { kind = "unary", token = emulator:issue(), retry = true },
    })[1]
    assert.equal(OK, result.code, result.details)
    assert.equal(refusals + 1, guarded_nginx.metric(gateway, REFUSALS))
  end)
end)


describe("the recipe for gRPC", function()
  local emulator, gateway, directory

  setup(function()
    emulator = fixtures.emulator()
    directory = system.make_directory()
    gateway = recipes.start("gRPC", emulator, {
      ["127.0.0.1:9000"] = "unix:" .. directory .. "/service",
    })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
    system.remove_directory(directory)
  end)

  it("takes streams of any size, and refuses them", function()
    local results = run({
      socket = directory .. "/service", url = gateway.url,
      calls = {
        { kind = "client", token = emulator.tokens.agent, padding = 600000 },
        { kind = "client", token = "invalid", padding = 600000 },
        { kind = "both", token = "invalid", padding = 600000 },
      },
    })
    assert.equal(OK, results[1].code, results[1].details)
    assert.is_true(#results[1].messages[1] > 1800000)
    assert.equal(UNAUTHENTICATED, results[2].code, results[2].details)
    assert.equal(UNAUTHENTICATED, results[3].code, results[3].details)
  end)
end)
