-- Token sources in nginx workers: one request at a time, whatever becomes of
-- the requests that need the token.

local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


local SERVER = [[
  location = /call {
    content_by_lua_block {
      local info, err = client:get_tokens_me()
      ngx.print(info and "ok" or err.kind .. " " .. tostring(err.code))
    }
  }

  # The client's clock; the emulator has its own.
  location = /skip { content_by_lua_block { skipped = skipped + 35 } }

  location = /supplied { content_by_lua_block { ngx.print(supplied) } }
]]

local INIT = [[
  skipped, supplied = 0, 0
  local options = %s
  options.loop = setmetatable({
    now = function()
      return require("gctokens.loop.nginx").now() + skipped
    end,
  }, {
    __index = function(_, name)
      return require("gctokens.loop.nginx")[name]
    end,
  })
  %s
  client = require("gctokens").new(options)
]]

-- What leaves no timer to anybody else: a name to a limit of nginx, and what
-- reaches it.
local WITHOUT_TIMERS = {
  ["is dropped"] = { "lua_max_running_timers 1;", [[
    ngx.timer.at(0, function()
      while not ngx.worker.exiting() do
        ngx.sleep(0.01)
      end
    end)
  ]] },
  ["is refused"] = { "lua_max_pending_timers 1;", [[
    local function again()
      ngx.timer.at(0.01, again)
    end
    ngx.timer.at(0, again)
  ]] },
}


describe("a token source in nginx #once", function()
  local emulator, gateway

  -- `changes`: to the client's options; `text`: Lua that may change them, too
  local function start(changes, options, text)
    local settings = fixtures.options(changes)
    settings.access_token = nil
    settings.client_id = emulator.clients.service.id
    settings.client_secret =
      settings.client_secret or emulator.clients.service.secret
    options = options or {}
    options.server = SERVER
    options.http = (options.http or "") .. "\ninit_by_lua_block {\n"
      .. INIT:format(fixtures.literal(settings), text or "") .. "}\n"
    gateway = nginx.start(options)
  end

  local function grants()
    local found = {}
    for _, request in ipairs((emulator:requests())) do
      if request.uri == "/oauth/token" then
        found[#found + 1] = request
      end
    end
    return found
  end

  local function wait_for_requests(count)
    assert(system.wait_until(function()
      return select(2, emulator:requests()) >= count
    end), "the requests did not arrive")
  end

  local function send(count)
    local pending = {}
    for i = 1, count do
      pending[i] = gateway:send({ path = "/call" })
    end
    return pending
  end

  local function assert_all(expected, pending)
    for _, one in ipairs(pending) do
      local _, _, body = one:receive()
      assert.equal(expected, body)
    end
  end

  before_each(function()
    emulator = fixtures.emulator()
    gateway = nil
  end)

  after_each(function()
    if gateway then
      gateway:stop()
    end
  end)

  it("costs one grant when it expires amid 1 000 calls #pace", function()
    emulator:settings({ expires_in = 60 })
    start()
    assert_all("ok", send(1))
    assert.equal(1, #grants())
    emulator:fault({ delay = 0.05, path = "/api/v2/tokens/me", count = 1000 })
    local before = send(500)
    wait_for_requests(100)
    emulator:fault({ delay = 0.3, path = "/oauth/token", count = 1000 })
    emulator:advance(65)
    gateway:get("/skip")
    local after = send(500)
    assert_all("ok", before)
    assert_all("ok", after)
    assert.equal(2, #grants())
    assert.equal("", gateway:log())
  end)

  it("costs one grant when 1 000 calls find the token invalid", function()
    start()
    assert_all("ok", send(1))
    emulator:advance(100000)
    emulator:fault({ delay = 0.3, path = "/oauth/token", count = 1000 })
    local burst = { count = 1000, path = "/call" }
    for _, response in ipairs(gateway:burst(burst)) do
      assert.equal("ok", response.body)
    end
    assert.equal(2, #grants())
    assert.equal("", gateway:log())
  end)

  it("fails each caller of a refused client, asking once a second", function()
    start({ client_secret = "wrong" })
    local sent = 0
    repeat
      assert_all("auth invalid_client", send(20))
      sent = sent + 20
    until sent >= 300 and #grants() >= 3
    local found = grants()
    for i = 2, #found do
      -- the emulator's clock may be a little behind
      assert.is_true(found[i].time - found[i - 1].time > 0.9)
    end
    assert.equal(#found, (select(2, emulator:requests())))
    assert.equal("", gateway:log())
  end)

  it("outlives the request that has begun to ask", function()
    start({}, { http = "lua_check_client_abort on;" })
    emulator:fault({ delay = 0.5, path = "/oauth/token" })
    local first = gateway:send({ path = "/call" })
    wait_for_requests(1)
    local others = send(50)
    first:abort()
    assert_all("ok", others)
    assert.equal(1, #grants())
    assert.equal("", gateway:log())
  end)

  for name, limit in pairs(WITHOUT_TIMERS) do
    it("finds a successor for a request, when a timer " .. name, function()
      start({ timeout = 1, retry = { max_attempts = 1 } }, {
        http = "lua_check_client_abort on; " .. limit[1],
        init_worker = limit[2],
      })
      emulator:fault({ delay = 60, path = "/oauth/token" })
      local first = gateway:send({ path = "/call" })
      wait_for_requests(1)
      local others = send(50)
      first:abort()
      assert_all("ok", others)
      assert.equal(2, #grants())
    end)
  end

  it("calls a function once for all", function()
    start({}, {}, ([[
      options.client_id, options.client_secret = nil, nil
      options.access_token = function()
        supplied = supplied + 1
        ngx.sleep(0.2)
        return %q
      end
    ]]):format(emulator.tokens.admin))
    assert_all("ok", send(200))
    local _, _, body = gateway:get("/supplied")
    assert.equal("1", body)
    assert.equal("", gateway:log())
  end)

  it("does not wait for a function that waits for itself", function()
    start({}, {}, [[
      options.client_id, options.client_secret = nil, nil
      options.access_token = function()
        supplied = supplied + 1
        return nil, (select(2, client:get_tokens_me()))
      end
    ]])
    assert_all("auth nil", send(20))
    local _, _, body = gateway:get("/supplied")
    assert.equal("1", body)
    assert.equal("", gateway:log())
  end)
end)
