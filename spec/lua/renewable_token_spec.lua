-- A token that many calls need, which is asked for once.

local fake_loop = require("spec.support.fake_loop")
local gctokens = require("gctokens")
local renewable_token = require("gctokens.renewable_token")

local LATENCY = 0.1 -- seconds that the API takes, and the login ten times that
local CAN_YIELD_IN_PCALL = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil


describe("a token that many callers need", function()
  local loop, grants, calls, grant, is_invalid

  -- Answers as the login, and as the API.
  local function serve(request)
    if request.url:find("/oauth/token", 1, true) then
      grants[#grants + 1] = loop.now()
      local number = #grants
      loop.sleep(math.min(request.timeout, 10 * LATENCY))
      if request.timeout < 10 * LATENCY then
        return nil, { kind = "timeout" }
      end
      return grant(number)
    end
    calls = calls + 1
    local token = request.headers.Authorization:match("%S+$")
    loop.sleep(LATENCY)
    if is_invalid[token] then
      return { status = 401, body = '{"code":"bad.credentials"}' }
    end
    return { status = 200, body = "{}" }
  end

  local function granted(number)
    return {
      status = 200,
      body = ('{"access_token":"token%d","expires_in":100}'):format(number),
    }
  end

  local function refused()
    return {
      status = 401,
      body = '{"error":"invalid_client","description":"wrong"}',
    }
  end

  before_each(function()
    loop = fake_loop.new()
    grants, calls, grant, is_invalid = {}, 0, granted, {}
  end)

  local function new_client(changes)
    local options = {
      base_url = "https://api.example.com",
      login_url = "https://login.example.com", env = false, loop = loop,
      transport = serve, client_id = "id", client_secret = "hunter2",
    }
    for name, value in pairs(changes or {}) do
      options[name] = value
    end
    return gctokens.new(options)
  end

  local function with_function(supply, changes)
    local client = new_client(changes)
    client.token_source = gctokens.new({
      access_token = supply, env = false, loop = loop, transport = serve,
    }).token_source
    return client
  end

  -- Starts that many callers at once; the list that it returns gets their
  -- outcomes.
  local function call(client, count, opts, operation)
    local outcomes = {}
    for i = 1, count do
      loop:start(function()
        local result, err = client[operation or "get_tokens_me"](client, opts)
        outcomes[#outcomes + 1] =
          { number = i, result = result, err = err, at = loop.now() }
      end)
    end
    return outcomes
  end

  local function assert_all_ok(count, outcomes)
    assert.equal(count, #outcomes)
    for _, outcome in ipairs(outcomes) do
      assert.is_nil(outcome.err)
      assert.is_truthy(outcome.result)
    end
  end

  for name, prepare in pairs({
    ["led by one of them"] = function() end,
    ["with a detached leader"] = function()
      function loop.detach(work, ...)
        loop:start(work, ...)
        return true
      end
    end,
    ["led by one of them, as there is no timer"] = function()
      function loop.detach()
        return false
      end
    end,
    ["led by one of them, as the timer was dropped"] = function()
      function loop.detach()
        return true
      end
    end,
  }) do
    describe(name, function()
      before_each(function()
        prepare()
      end)

      it("costs one grant, and one more when it expires", function()
        local client = new_client()
        local outcomes = call(client, 500)
        loop:run()
        assert_all_ok(500, outcomes)
        assert.equal(1, #grants)
        outcomes = call(client, 500)
        loop:run(loop.time + LATENCY / 2)
        loop.time = loop.time + 51
        call(client, 500)
        loop:run()
        assert_all_ok(500, outcomes)
        assert.equal(2, #grants)
        assert.equal(1500, calls)
      end)

      it("is asked for once more when the API rejects it", function()
        local client = new_client()
        call(client, 1)
        loop:run()
        is_invalid.token1 = true
        local outcomes = call(client, 300)
        loop:run(loop.time + LATENCY / 2)
        loop:run(loop.time + 5 * LATENCY)
        local late = call(client, 10) -- amid the grant
        loop:run()
        assert_all_ok(10, late)
        assert_all_ok(300, outcomes)
        assert.equal(2, #grants)
      end)

      it("refused is refused for all, and asked for once a second", function()
        grant = refused
        local client = new_client()
        local outcomes = {}
        for i = 1, 30 do
          outcomes[i] = call(client, 10)
          loop:run(loop.time + 0.25)
        end
        loop:run()
        local seen = {}
        for _, some in ipairs(outcomes) do
          assert.equal(10, #some)
          for _, outcome in ipairs(some) do
            local err = outcome.err
            assert.equal("auth", err.kind)
            assert.equal("invalid_client", err.code)
            assert.equal(401, err.status)
            assert.is_false(err.retryable)
            assert.is_nil(seen[err] or seen[err.response])
            seen[err], seen[err.response] = true, true
          end
        end
        assert.is_true(#grants >= 3)
        for i = 2, #grants do
          -- a second after the end of the last
          assert.is_true(grants[i] - grants[i - 1] > 10 * LATENCY + 0.99)
        end
        assert.equal(0, calls)
      end)

      it("is waited for no longer than one's own deadline", function()
        local client = new_client()
        local patient = call(client, 2)
        local hasty = call(client, 5, { deadline = 0.3 })
        loop:run()
        assert_all_ok(2, patient)
        assert.equal(5, #hasty)
        for _, outcome in ipairs(hasty) do
          assert.equal("timeout", outcome.err.kind)
          assert.is_true(outcome.err.retryable)
        end
        assert.equal(1, #grants)
      end)

      it("is none when a transport raises, for anybody", function()
        if loop.detach and not CAN_YIELD_IN_PCALL then
          return -- nginx alone has it, with LuaJIT
        end
        grant = function()
          error("boom", 0)
        end
        local client = new_client({ timeout = 2 })
        local threads = {}
        for i = 1, 5 do
          threads[i] = loop:start(client.get_tokens_me, client)
        end
        loop:run()
        for i = 1, 5 do
          assert.equal("boom", threads[i].raised)
        end
        grant = granted
        local outcomes = call(client, 5)
        loop:run()
        assert_all_ok(5, outcomes)
        assert.is_true(#grants <= (CAN_YIELD_IN_PCALL and 2 or 6))
      end)
    end)
  end

  it("is asked for again by another whose predecessor's time was up",
    function()
      local client = new_client()
      local hasty = call(client, 1, { deadline = 0.3 })
      local patient = call(client, 3)
      loop:run()
      assert.equal("auth", hasty[1].err.kind)
      assert_all_ok(3, patient)
      assert.equal(2, #grants)
    end)

  it("is asked for again when the leader never comes back", function()
    local client = new_client({ timeout = 5 })
    local leader = loop:start(function()
      client:get_tokens_me()
    end)
    local outcomes = call(client, 20)
    loop:run(loop.time + 0.1)
    assert.equal(1, #grants)
    leader.is_killed = true
    local killed = loop.time
    loop:run()
    assert_all_ok(20, outcomes)
    assert.equal(2, #grants)
    assert.is_true(loop.time - killed < 5 + 20 * LATENCY)
  end)

  it("is had by a leader that was slow, though its successor was refused",
    function()
      grant = function(number)
        if number == 1 then
          return { status = 503, headers = { ["Retry-After"] = "6" } }
        end
        return number == 2 and refused() or granted(number)
      end
      local client = new_client({ timeout = 2 })
      local slow, successor = call(client, 1), call(client, 1)
      loop:run()
      assert_all_ok(1, slow)
      assert.equal("auth", successor[1].err.kind)
      assert.equal(3, #grants)
    end)

  it("is asked for with the reason why the last one is not used", function()
    local reasons = {}
    local source = renewable_token.source(function(reason)
      reasons[#reasons + 1] = reason
      return "token" .. #reasons, nil, 10
    end)
    local call_of_source = {
      client = { loop = loop, call_options = { deadline = 60, timeout = 15 } },
      deadline = loop.now() + 60,
    }
    assert.equal("token1", source.token(call_of_source))
    source.forget("token1", "rejected")
    assert.equal("token2", source.token(call_of_source))
    loop.sleep(10)
    assert.equal("token3", source.token(call_of_source))
    assert.same({ "needed", "rejected", "needed" }, reasons)
  end)

  it("is not dropped for a 401 that an older one got", function()
    local is_slow = false
    local client = new_client({
      transport = function(request)
        if is_slow then
          is_slow = false
          loop.sleep(20 * LATENCY)
        end
        return serve(request)
      end,
    })
    call(client, 1)
    loop:run()
    is_invalid.token1, is_slow = true, true
    local outcomes = call(client, 2)
    loop:run()
    assert_all_ok(2, outcomes)
    assert.equal(2, #grants)
  end)

  describe("from a function", function()
    local supplied

    before_each(function()
      supplied = 0
    end)

    it("is asked for once, though the function waits", function()
      if not CAN_YIELD_IN_PCALL then
        return
      end
      local client = with_function(function()
        supplied = supplied + 1
        loop.sleep(1)
        return "token"
      end)
      local outcomes = call(client, 100)
      loop:run()
      assert_all_ok(100, outcomes)
      assert.equal(1, supplied)
    end)

    it("is good for the others when the leader's own time was up", function()
      if not CAN_YIELD_IN_PCALL then
        return
      end
      local client = with_function(function()
        supplied = supplied + 1
        loop.sleep(1)
        return "token"
      end)
      call(client, 1, { deadline = 0.3 })
      local patient = call(client, 3)
      loop:run()
      assert_all_ok(3, patient)
      assert.equal(1, supplied)
    end)

    it("that cannot be sent costs one question, too", function()
      if not CAN_YIELD_IN_PCALL then
        return
      end
      local client = with_function(function()
        supplied = supplied + 1
        loop.sleep(1)
        return "two words"
      end)
      local outcomes = call(client, 100)
      loop:run()
      for _, outcome in ipairs(outcomes) do
        assert.equal("argument", outcome.err.kind)
      end
      assert.equal(1, supplied)
    end)

    it("that raises fails with auth, once a second", function()
      local client = with_function(function()
        supplied = supplied + 1
        error("boom", 0)
      end)
      for _ = 1, 20 do
        local _, err = client:get_tokens_me()
        assert.equal("auth", err.kind)
        assert.matches("boom", err.message)
        loop.sleep(0.1)
      end
      assert.equal(2, supplied)
    end)

    it("is asked for again by the policy, once a second", function()
      local asked = {}
      local client = with_function(function()
        asked[#asked + 1] = loop.now()
        return nil, { retryable = true }
      end)
      local outcomes = call(client, 50)
      loop:run()
      assert.equal(50, #outcomes)
      for _, outcome in ipairs(outcomes) do
        assert.equal("auth", outcome.err.kind)
        assert.is_true(outcome.err.retryable)
      end
      assert.equal(4, #asked)
      for i = 2, 4 do
        assert.is_true(asked[i] - asked[i - 1] >= 1)
      end
    end)

    for name, prepare in pairs({
      ["with a loop that waits"] = function() end,
      ["without"] = function()
        loop.event = nil
      end,
    }) do
      it("that needs one itself is none, " .. name, function()
        prepare()
        local client, inner
        client = with_function(function()
          supplied = supplied + 1
          inner = select(2, client:get_tokens_me())
          return nil, tostring(inner)
        end)
        for _, start in ipairs({ function(work) work() end,
          function(work) loop:start(work) loop:run() end,
        }) do
          local err
          start(function()
            err = select(2, client:get_tokens_me())
          end)
          assert.equal("auth", inner.kind)
          assert.matches("its own client", inner.message)
          assert.equal("auth", err.kind)
          loop.sleep(1)
        end
        assert.equal(2, supplied)
        assert.equal(0, calls)
      end)
    end

    it("of one call is called by that call", function()
      function loop.detach()
        error("not this one")
      end
      local caller
      local outcomes = {}
      local thread = loop:start(function()
        outcomes = { new_client():get_tokens_me({
          access_token = function()
            caller = coroutine.running()
            return "own"
          end,
        }) }
      end)
      loop:run()
      assert.is_nil(thread.raised)
      assert.is_table(outcomes[1])
      assert.equal(thread.coroutine, caller)
    end)
  end)

  -- As Ctrl-C does, or memory that runs out.
  it("is had by the next call, wherever an error ends this one", function()
    local left = math.huge
    local clock = {
      sleep = function() end,
      wait = function() end,
      now = function()
        left = left - 1
        if left == 0 then
          error("interrupted!", 0)
        end
        return 0
      end,
    }
    local asked, raised = 0, 0
    repeat
      local client = with_function(function()
        return "token"
      end, { loop = clock })
      asked = asked + 1
      left = asked
      local ok = pcall(client.get_access_token, client)
      raised = raised + (ok and 0 or 1)
      left = math.huge
      assert.equal("token", client:get_access_token())
    until ok
    assert.is_true(raised > 3)
  end)

  it("is asked for by each where nobody can wait", function()
    loop.event = nil
    local outcomes = call(new_client(), 3)
    loop:run()
    assert_all_ok(3, outcomes)
    assert.equal(3, #grants)
  end)
end)
