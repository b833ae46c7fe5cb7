-- An invalidation holds in a dict that is full, or that an application empties:
-- nothing of it is evicted before the last verdict that it makes invalid.

local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local TOKEN = guarded_nginx.bearer("token")

-- Genesys, for which all tokens are valid, but TOKEN only the first time. It
-- answers that when it is told to.
local INIT = [[
  local dict, calls = ngx.shared.gctokens, ngx.shared.calls

  function transport(request)
    if request.headers.Authorization ~= "Bearer token" then
      return { status = 200, body = '{"organization":{"id":"others"}}' }
    elseif calls:incr("count", 1, 0) > 1 then
      return { status = 401, body = '{"code":"bad.credentials"}' }
    end
    while not calls:get("answer") do
      ngx.sleep(0.001)
    end
    return { status = 200, body = '{"organization":{"id":"theirs"}}' }
  end

  -- The first key of shared memory with that prefix.
  local function key_of(prefix)
    for _, key in ipairs(dict:get_keys(0)) do
      if key:find(prefix, 1, true) == 1 then
        return key
      end
    end
  end

  -- Other tokens come until one of these is evicted. After every 20 of them,
  -- `look` is called.
  local function fill(keys, look)
    local number = 0
    repeat
      number = number + 1
      assert(guard:check("another-" .. number))
      if number % 20 == 0 then
        look()
      end
      local are_there = true
      for _, key in ipairs(keys) do
        are_there = are_there and dict:ttl(key)
      end
    until not are_there
  end

  actions = {}

  function actions.calls()
    return calls:get("count") or 0
  end

  function actions.answer()
    calls:set("answer", true)
  end

  function actions.fill()
    guard:invalidate("token")
    fill({ key_of("mt") }, function() end)
  end

  function actions.empty()
    guard:invalidate("token")
    dict:flush_all()
  end

  -- Whether the mark of an organisation outlasts the record of a token.
  local function mark_outlasts_record(look)
    local record = key_of("p")
    guard:invalidate_organization("theirs")
    fill({ record, key_of("mo") }, function() look(record:sub(2)) end)
    return not dict:ttl(record)
  end

  function actions.ask_whether_known()
    return mark_outlasts_record(function(key)
      guard.cache:is_known(key)
    end)
  end

  function actions.count_tokens()
    local usage = require("gctokens.guard.dict.usage")
    return mark_outlasts_record(function()
      usage.of(guard.cache)
    end)
  end
]]

local SERVER = [[
  location = /do {
    content_by_lua_block { ngx.print(actions[ngx.var.arg_what]() or "") }
  }
]]


describe("an invalidation, when the dict #once", function()
  local gateway

  before_each(function()
    gateway = guarded_nginx.start({
      dict = "lua_shared_dict gctokens 1m; lua_shared_dict calls 1m;",
      init = INIT, server = SERVER,
      after = [[
        guard = require("gctokens.guard").new({
          region = "us-east-1", transport = transport, lookup_timeout = 30,
          ttl = 3600,
        })
      ]],
    }, { region = "us-east-1" })
  end)

  after_each(function()
    gateway:stop()
  end)

  local function act(what)
    local status, _, said = gateway:get("/do?what=" .. what)
    assert.equal(200, status, gateway:log())
    return said
  end

  for name, action in pairs({
    ["is full of other tokens"] = "fill", ["is emptied"] = "empty",
  }) do
    it(name .. ", still counts for a lookup under way", function()
      local pending = gateway:send("/who", TOKEN)
      assert(system.wait_until(function()
        return act("calls") == "1"
      end))
      act(action)
      act("answer")
      assert.equal(401, (pending:receive()))
    end)
  end

  for name, action in pairs({
    ["the guard asks whether a token is known"] = "ask_whether_known",
    ["the status page counts the tokens"] = "count_tokens",
  }) do
    it("is full, counts while " .. name, function()
      act("answer")
      assert.equal(200, (gateway:get("/who", TOKEN)))
      assert.equal("true", act(action))
    end)
  end
end)
