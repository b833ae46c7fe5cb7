-- A gRPC service behind the guard, called by a real gRPC client.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local node = require("spec.clients.support.node")
local system = require("spec.support.system")

local UNAVAILABLE, PERMISSION_DENIED, UNAUTHENTICATED = 14, 7, 16
local KINDS = { "unary", "client", "server", "both" }

local SERVER = [[
  location /example.Service/ {
    access_by_lua_block { guard:access() }
    grpc_pass grpc://unix:%s;
  }
  location /example.Scoped/ {
    access_by_lua_block {
      guard:access({ scopes = { "users:readonly", "never" } })
    }
    grpc_pass grpc://unix:%s;
  }
]]


describe("a gRPC service behind the guard", function()
  local emulator, gateway, directory, socket

  setup(function()
    emulator = fixtures.emulator()
    directory = system.make_directory()
    socket = directory .. "/service"
    gateway = guarded_nginx.start({
      server = SERVER:format(socket, socket), tls = true,
    }, { error_ttl = 0.1, breaker = false })
  end)

  teardown(function()
    gateway:stop()
    system.remove_directory(directory)
  end)

  before_each(function()
    emulator:reset()
  end)

  -- The result of each call, which has a kind and may have a token.
  local function call(calls, service)
    return node.run("grpc.js", {
      socket = socket,
      target = gateway.tls_url:match("//(.*)$"),
      ca = gateway.ca_file,
      service = service or "example.Service",
      calls = calls,
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

  it("gets the calls that are let through, and whose they are", function()
    local hellos = { "hello", "hello1 hello2 hello3" }
    for i, result in ipairs(call_all(emulator:issue())) do
      print(require"cjson".encode(result))
    end
    for i, result in ipairs(call_all("invalid")) do
      print(require"cjson".encode(result))
    end
    for i, result in ipairs(call_all(nil)) do
      print(require"cjson".encode(result))
    end
    for i, result in ipairs(call_all(emulator:issue(), "example.Scoped")) do
      print(require"cjson".encode(result))
    end
    emulator:fault({ path = "/api/v2/tokens/me", status = 500, count=4 })
    for i, result in ipairs(call_all(emulator:issue())) do
      print(require"cjson".encode(result))
    end
    emulator:fault({ path = "/api/v2/tokens/me", status = 500, count=2 })
      print(require"cjson".encode(call{{kind="unary",retry=true,token=emulator:issue()}}))
  end)
end)
