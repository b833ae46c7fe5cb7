-- Which errors are worth another attempt, and when it is made.

local retry = require("gctokens.retry")


-- Fixed chance and a clock that stands at 100.
local function pause(err, changes)
  changes = changes or {}
  local policy = changes.policy
  if policy == nil then
    policy = retry.default
  end
  return retry.pause(policy, changes.attempt or 1, err,
    changes.deadline or 160, function()
      return 100
    end, function()
      return changes.random or 0.5
    end)
end


local busy = { retryable = true }


describe("gctokens.retry", function()
  it("has the documented defaults", function()
    assert.same({
      max_attempts = 4, base_delay = 0.25, max_delay = 8,
      max_retry_after = 180,
    }, retry.default)
  end)

  it("goes by what the error says of itself", function()
    assert.is_true(retry.is_retryable({ retryable = true }))
    assert.is_false(retry.is_retryable({ retryable = false }))
  end)

  describe("of a login", function()
    local function rate_limit(changes)
      local err = {
        operation = "post_oauth_token", status = 400, retryable = false,
        code = "invalid_request", body = '{"description":"rate limit '
          .. 'exceeded; expected at most 1 per second"}',
      }
      for name, value in pairs(changes or {}) do
        err[name] = value
      end
      return err
    end

    it("knows the 400 that is a rate limit", function()
      assert.is_true(retry.is_retryable(rate_limit()))
    end)

    it("takes no other error for it", function()
      for _, changes in ipairs({
        { operation = "put_tokens_timeout" }, { status = 401 },
        { code = "invalid_client" }, { body = '{"error":"invalid_request"}' },
      }) do
        assert.is_false(retry.is_retryable(rate_limit(changes)))
      end
      local without_body = rate_limit()
      without_body.body = nil
      assert.is_false(retry.is_retryable(without_body))
    end)
  end)

  it("tells whether the server may have acted on a request", function()
    for _, case in ipairs({
      { true, { kind = "api", status = 408 } },
      { true, { kind = "api", status = 500 } },
      { true, { kind = "api", status = 504 } },
      { false, { kind = "api", status = 400 } },
      { false, { kind = "api", status = 429 } },
      { false, { kind = "transport", status = 429 } }, -- broke off then
      { true, { kind = "transport", status = 200, response = { sent = 1 } } },
      { true, { kind = "timeout", response = { sent = 1 } } },
      { false, { kind = "timeout", response = { sent = 0 } } }, -- in a queue
      { false, { kind = "timeout" } },
      { false, { kind = "proxy", response = { sent = 1 } } },
    }) do
      assert.equal(case[1], retry.may_have_arrived(case[2]),
        case[2].kind .. " " .. tostring(case[2].status))
    end
  end)

  describe("of delete_tokens_me", function()
    local function invalid(sent)
      return {
        kind = "api", status = 401, code = "bad.credentials",
        response = { sent = sent },
      }
    end

    it("takes a token that is gone for the work of an earlier attempt",
      function()
        assert.is_true(
          retry.is_already_deleted("delete_tokens_me", invalid(1), true))
        -- libcurl has repeated the request itself
        assert.is_true(
          retry.is_already_deleted("delete_tokens_me", invalid(2), false))
      end)

    it("does not where no earlier attempt can have done it", function()
      assert.is_falsy(
        retry.is_already_deleted("delete_tokens_me", invalid(1), false))
      assert.is_false(
        retry.is_already_deleted("get_tokens_me", invalid(2), true))
      local not_about_token = invalid(2)
      not_about_token.code = "ip.not.authorized"
      assert.is_false(
        retry.is_already_deleted("delete_tokens_me", not_about_token, true))
    end)

    it("takes no fresh token, as every other operation does", function()
      assert.is_false(retry.takes_fresh_token("delete_tokens_me"))
      assert.is_true(retry.takes_fresh_token("get_tokens_me"))
      assert.is_true(retry.takes_fresh_token("delete_token"))
    end)
  end)

  it("does not repeat what cannot get better", function()
    assert.is_nil(pause({ retryable = false }))
  end)

  it("does nothing when it is switched off", function()
    assert.is_nil(pause(busy, { policy = false }))
  end)

  it("stops after max_attempts", function()
    assert.is_number(pause(busy, { attempt = 3 }))
    assert.is_nil(pause(busy, { attempt = 4 }))
  end)

  it("draws the pause from the whole of a growing range", function()
    assert.equal(0, pause(busy, { random = 0 }))
    assert.equal(0.125, pause(busy, { attempt = 1 }))
    assert.equal(0.25, pause(busy, { attempt = 2 }))
    assert.equal(0.5, pause(busy, { attempt = 3 }))
  end)

  it("never pauses longer than max_delay of its own accord", function()
    local policy = {
      max_attempts = 100, base_delay = 1, max_delay = 8, max_retry_after = 9,
    }
    for attempt = 1, 99 do
      assert.is_true(8 >= pause(busy, {
        policy = policy, attempt = attempt, random = 0.999, deadline = 1000,
      }))
    end
  end)

  it("gives up when the pause would pass the deadline", function()
    local seconds, why = pause(busy, { deadline = 100.1, random = 0.9 })
    assert.is_nil(seconds)
    assert.matches("deadline", why)
  end)

  describe("with a Retry-After", function()
    local function retry_after(seconds)
      return { retryable = true, retry_after = seconds }
    end

    it("waits for all of it, and never less", function()
      for _, random in ipairs({ 0, 0.5, 0.999 }) do
        local seconds = pause(retry_after(7), { random = random })
        assert.is_true(seconds >= 7 and seconds < 7.25)
      end
    end)

    it("accepts a wait of 0", function()
      assert.equal(0, pause(retry_after(0), { random = 0 }))
    end)

    it("gives up at once when it is longer than max_retry_after", function()
      local seconds, why = pause(retry_after(181), { deadline = 1000 })
      assert.is_nil(seconds)
      assert.matches("181 s, more than max_retry_after %(180 s%)", why)
      assert.is_number(pause(retry_after(180), { deadline = 1000 }))
    end)

    it("gives up at once when it does not fit in the deadline", function()
      local seconds, why = pause(retry_after(60))
      assert.is_nil(seconds)
      assert.matches("60 s, past the deadline", why)
      assert.is_number(pause(retry_after(59)))
    end)

    it("keeps the jitter on top within the deadline", function()
      local seconds = pause(retry_after(59.9), { random = 0.999 })
      assert.is_true(seconds >= 59.9 and seconds < 60)
    end)
  end)
end)


describe("gctokens.retry, while a request waits,", function()
  it("makes one more attempt, and does not wait for the server", function()
    local policy = retry.in_request
    assert.is_true(pause(busy, { policy = policy }) <= 0.1)
    assert.is_nil(pause(busy, { policy = policy, attempt = 2 }))
    assert.is_nil(pause({ retryable = true, retry_after = 1 },
      { policy = policy }))
  end)

  it("gives a call the seconds that are left, and always some", function()
    assert.equal(1.5, retry.seconds_until(101.5, 100))
    for _, ends in ipairs({ 100, 99 }) do
      local seconds = retry.seconds_until(ends, 100)
      assert.is_true(seconds > 0 and seconds < 0.01)
    end
  end)

  it("blames the server for a time-out that it had the time to avoid",
    function()
      assert.is_true(retry.gave_time(1, nil, 1))
      assert.is_false(retry.gave_time(0.9, nil, 1))
      assert.is_true(retry.gave_time(1.5, { queued = 0.5 }, 1))
      assert.is_false(retry.gave_time(1.5, { queued = 0.6 }, 1))
    end)
end)
