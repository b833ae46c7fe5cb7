-- Tokens over HTTP/2, where clients send each cookie in a field of its own.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local node = require("spec.clients.support.node")


describe("a token over HTTP/2", function()
  local emulator, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({
      tls = true,
      after = [[
        cookie = guard:policy({
          token = { "cookie:session", "query:token", "header:X-Token" },
          hide_credentials = true,
        })
      ]],
      server = [[
        location /shown {
          access_by_lua_block { guard:access(cookie) }
          content_by_lua_block {
            local headers = ngx.req.get_headers()
            ngx.print(ngx.ctx.gctokens.client_id, " ",
              tostring(headers.cookie), " ", tostring(headers["x-token"]), " ",
              tostring(ngx.var.args))
          }
        }
      ]],
    })
    token = emulator:issue({ client = "desktop" })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
  end)

  local function get(requests)
    for _, request in ipairs(requests) do
      request.headers = request.headers or { accept = "*/*" }
    end
    return node.run("http2_requests.js", {
      url = gateway.tls_url, ca_file = gateway.ca_file, requests = requests,
    })
  end

  it("is found among them, and taken out", function()
    local session = "session=" .. token
    local answers = get({
      { path = "/shown", headers = { cookie = { "a=b", session, "c=d" } } },
      { path = "/shown", headers = { cookie = { session } } },
      { path = "/shown?a=b&token=" .. token },
      { path = "/shown", headers = { ["x-token"] = token } },
    })
    local client = emulator.clients.desktop.id
    for i, rest in ipairs({
      "a=b; c=d nil nil", "nil nil nil", "nil nil a=b", "nil nil nil",
    }) do
      assert.same({ status = 200, body = client .. " " .. rest }, answers[i])
    end
  end)

  it("is one", function()
    local session = "session=" .. token
    for i, answer in ipairs(get({
      { path = "/shown", headers = { cookie = { session, "a=b", session } } },
      { path = "/shown", headers = { cookie = { session, "session=other" } } },
      { path = "/shown?token=other", headers = { cookie = { session } } },
      { path = "/shown",
        headers = { ["x-token"] = "a", cookie = { session } } },
    })) do
      assert.equal(400, answer.status, i)
    end
    assert.equal(401, get({ { path = "/shown" } })[1].status)
  end)
end)
