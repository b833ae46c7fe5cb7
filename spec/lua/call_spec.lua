-- One call: its attempts, its pauses, its deadline, and what a fresh token may
-- repeat.

local fixtures = require("spec.support.fixtures")
local core = require("gctokens.core")


-- A waiting module whose pauses take no time but are counted.
local function fast_loop()
  local loop = { pauses = {}, skipped = 0 }

  function loop.now()
    return core.now() + loop.skipped
  end

  function loop.sleep(seconds)
    loop.pauses[#loop.pauses + 1] = seconds
    loop.skipped = loop.skipped + seconds
  end

  function loop.wait(engine, id)
    return engine:wait(id)
  end

  return loop
end


describe("a call", function()
  local emulator, loop

  before_each(function()
    emulator = fixtures.emulator()
    loop = fast_loop()
  end)

  local function client(extra)
    local options = { loop = loop, retry = {} }
    for name, value in pairs(extra or {}) do
      options[name] = value
    end
    return fixtures.client(options)
  end

  describe("is tried again", function()
    it("after each of the five statuses, and no other", function()
      for _, status in ipairs({ 408, 429, 502, 503, 504 }) do
        emulator:fault({ status = status })
        local info, err, response = client():get_tokens_me()
        assert.is_nil(err)
        assert.is_table(info)
        assert.equal(2, response.attempts)
      end
      for _, status in ipairs({
        300, 302, 400, 401, 403, 404, 405, 409, 413, 415, 418, 500, 501, 505,
      }) do
        emulator:clear_requests()
        emulator:fault({ status = status })
        local _, err = client():get_tokens_me()
        assert.equal(status, err.status)
        assert.equal(1, err.attempts)
        assert.is_false(err.retryable)
        assert.equal(1, #emulator:requests())
      end
    end)

    it("after a broken connection and after a time-out", function()
      emulator:fault({ cut = 5 })
      assert.equal(2, select(3, client():get_tokens_me()).attempts)
      emulator:fault({ delay = 1 })
      -- Another attempt may take its time, too, on a busy machine.
      assert.is_true(
        select(3, client():get_tokens_me({ timeout = 0.1 })).attempts >= 2)
    end)

    it("never more often than max_attempts", function()
      emulator:fault({ status = 503, count = 10 })
      local _, err = client():get_tokens_me()
      assert.equal(4, err.attempts)
      assert.equal(4, err.response.attempts)
      assert.equal(4, #emulator:requests())
      assert.equal(3, #loop.pauses)
      assert.is_true(err.retryable)
      assert.matches("%(attempt 4%)$", err.message)
    end)

    it("never with retry = false", function()
      emulator:fault({ status = 503, count = 10 })
      local _, err = client():get_tokens_me({ retry = false })
      assert.equal(1, err.attempts)
      _, err = client({ retry = false }):get_tokens_me()
      assert.equal(1, err.attempts)
    end)

    it("never with the client's retry = false, whatever a call sets",
      function()
        emulator:fault({ status = 503, count = 10 })
        local once = client({ retry = false })
        for _, opts in ipairs({ {}, { preserve_idle_ttl = true } }) do
          assert.equal(1, select(2, once:get_tokens_me(opts)).attempts)
        end
        -- and a call may switch it on
        assert.equal(2, select(2, once:get_tokens_me({
          retry = { max_attempts = 2 },
        })).attempts)
      end)

    it("no more often when it is the token's source that fails", function()
      local calls = 0
      local _, err = client({
        access_token = function()
          calls = calls + 1
          return nil, { retryable = true }
        end,
      }):get_tokens_me()
      assert.equal("auth", err.kind)
      assert.equal(4, calls)
      assert.equal(0, err.attempts)
      -- a source is left alone for a second
      assert.is_true(loop.skipped > 2.5 and loop.skipped < 5)
    end)

    it("with pauses that grow, and are random", function()
      emulator:fault({ status = 503, count = 10 })
      client({ retry = { max_attempts = 6 } }):get_tokens_me()
      for i, seconds in ipairs(loop.pauses) do
        assert.is_true(seconds < 0.25 * 2 ^ (i - 1))
      end
    end)

    it("never for what a 2xx says wrongly", function()
      emulator:fault({ status = 200, body = "<html>" })
      local _, err = client():get_tokens_me()
      assert.equal("protocol", err.kind)
      assert.equal(1, err.attempts)
    end)
  end)

  describe("with a Retry-After", function()
    local function get_after(value, extra)
      emulator:fault({ status = 429, headers = {
        ["rEtRy-AfTeR"] = value,
      } })
      return client(extra):get_tokens_me()
    end

    it("waits for it in full", function()
      assert.is_table((get_after("7")))
      assert.is_true(loop.pauses[1] >= 7 and loop.pauses[1] < 7.25)
    end)

    it("understands a date", function()
      emulator:fault({ status = 503, headers = {
        Date = "Mon, 23 Nov 2026 10:00:00 GMT",
        ["Retry-After"] = "Mon, 23 Nov 2026 10:00:09 GMT",
      } })
      assert.is_table((client():get_tokens_me()))
      assert.is_true(loop.pauses[1] >= 9 and loop.pauses[1] < 9.25)
    end)

    it("ends at once when it is longer than max_retry_after", function()
      local _, err = get_after("181", { deadline = 1000 })
      assert.equal(429, err.status)
      assert.equal(181, err.retry_after)
      assert.equal(1, err.attempts)
      assert.same({}, loop.pauses)
      assert.matches("not tried again: the server asks to wait 181 s",
        err.message)
    end)

    it("ends at once when it does not fit in the deadline", function()
      local _, err = get_after("61")
      assert.equal(61, err.retry_after)
      assert.equal(1, err.attempts)
      assert.same({}, loop.pauses)
    end)
  end)

  describe("is over at its deadline", function()
    it("however many attempts there might still be", function()
      emulator:fault({ delay = 5, count = 10 })
      local before = core.now()
      local _, err = client({ loop = require("gctokens.loop.blocking") })
        :get_tokens_me({ deadline = 0.3 })
      assert.equal("timeout", err.kind)
      assert.is_true(core.now() - before < 2) -- of 5 for one attempt
    end)

    it("before anything is sent, when finding a token took too long",
      function()
        local before = select(2, emulator:requests())
        local _, err = client({
          access_token = function()
            loop.sleep(3)
            return "token"
          end,
        }):get_tokens_me({ deadline = 2 })
        assert.equal("timeout", err.kind)
        assert.equal(before, (select(2, emulator:requests())))
      end)

    it("also between attempts", function()
      emulator:fault({ status = 503, count = 100 })
      local _, err = client({
        retry = { max_attempts = 1000, base_delay = 4 },
      }):get_tokens_me({ deadline = 20 })
      assert.equal(503, err.status)
      assert.is_true(loop.skipped < 20)
      assert.is_true(err.attempts < 100)
    end)
  end)

  describe("of delete_tokens_me", function()
    local function delete(extra)
      return client(extra):delete_tokens_me()
    end

    it("is an error when the first answer is 401", function()
      local result, err = delete({ access_token = "invalid" })
      assert.is_nil(result)
      assert.equal(401, err.status)
      assert.equal(1, err.attempts)
    end)

    it("is success when an earlier attempt did it and its answer was lost",
      function()
        for _, fault in ipairs({
          { reset = true, then_process = true },
          { code = "request.timeout", then_process = true },
          { status = 502, then_process = true },
          { raw = "", then_process = true },
        }) do
          emulator:reset()
          emulator:fault(fault)
          local deleted, err, response = delete()
          assert.is_nil(err)
          assert.is_true(deleted)
          assert.is_true(response.already_deleted)
          assert.equal(2, response.attempts)
          assert.equal(401, response.status)
        end
      end)

    it("is success also when libcurl repeated it by itself", function()
      local kept = client()
      assert(kept:head_tokens_me())
      emulator:fault({ reset = true, then_process = true })
      local deleted, _, response = kept:delete_tokens_me()
      assert.is_true(deleted)
      assert.is_true(response.already_deleted)
      assert.equal(1, response.attempts)
      assert.equal(2, response.sent)
    end)

    it("is an error when no earlier attempt can have arrived", function()
      -- a 429 is an answer that says: not done
      emulator:fault({ status = 429 })
      local result, err = delete({ access_token = "invalid" })
      assert.is_nil(result)
      assert.equal(401, err.status)
      assert.equal(2, err.attempts)
      -- so is a 403, though the connection ends within it
      emulator:fault({ code = "not.authorized", cut = 10 })
      result, err = delete({ access_token = "invalid" })
      assert.is_nil(result)
      assert.equal(401, err.status)
      assert.equal(2, err.attempts)
    end)

    it("has no already_deleted when it simply worked", function()
      local _, _, response = delete()
      assert.is_nil(response.already_deleted)
    end)

    it("is never repeated with a fresh token", function()
      local calls = 0
      local result, err = delete({
        access_token = function()
          calls = calls + 1
          return calls == 1 and "invalid" or emulator.tokens.admin
        end,
      })
      assert.is_nil(result)
      assert.equal(401, err.status)
      assert.equal(1, calls)
      assert.is_true((fixtures.client():head_tokens_me()))
    end)

    it("keeps its token over retries, even when the source's has expired",
      function()
        emulator:settings({ expires_in = 30 })
        emulator:fault({ status = 503, path = "/api/v2/tokens/me",
          headers = { ["Retry-After"] = "40" } })
        local result, err = client({
          access_token = false or nil,
          base_url = emulator.http_url,
          client_id = emulator.clients.service.id,
          client_secret = emulator.clients.service.secret,
        }):delete_tokens_me()
        assert.is_nil(err)
        assert.is_true(result)
        local tokens = {}
        for _, request in ipairs(emulator:requests()) do
          if request.method == "DELETE" then
            tokens[#tokens + 1] = request.headers.authorization
          end
        end
        assert.equal(2, #tokens)
        assert.equal(tokens[1], tokens[2])
      end)

    it("makes the source forget the token", function()
      local reasons = {}
      local own = client({
        access_token = function(reason)
          reasons[#reasons + 1] = reason
          return emulator:issue({ user = "agent" })
        end,
      })
      assert.is_true((own:delete_tokens_me()))
      assert.is_true((own:head_tokens_me()))
      assert.same({ "needed", "needed" }, reasons)
    end)
  end)

  describe("answered 401", function()
    it("gets one fresh token from a function, and no second", function()
      local reasons = {}
      local function supply(tokens)
        reasons = {}
        return function(reason)
          reasons[#reasons + 1] = reason
          return tokens[#reasons]
        end
      end
      local good = emulator.tokens.admin
      local valid, _, response =
        client({ access_token = supply({ "invalid", good }) }):head_tokens_me()
      assert.is_true(valid)
      assert.equal(2, response.attempts)
      assert.same({ "needed", "rejected" }, reasons)
      assert.same({}, loop.pauses)

      local _, err = client({
        access_token = supply({ "invalid", "invalid2", good }),
      }):head_tokens_me()
      assert.equal(401, err.status)
      assert.equal(2, err.attempts)
      assert.equal(2, #reasons)
    end)

    it("is final for a fixed token", function()
      local _, err = client({ access_token = "invalid" }):head_tokens_me()
      assert.equal(401, err.status)
      assert.equal(1, err.attempts)
    end)
  end)

  describe("tells on_attempt", function()
    it("of every attempt, and never a token", function()
      local events = {}
      emulator:fault({ status = 503 })
      assert(client({
        on_attempt = function(event)
          events[#events + 1] = event
        end,
      }):get_tokens_me())
      assert.equal(2, #events)
      assert.equal("get_tokens_me", events[1].operation)
      assert.equal(1, events[1].attempt)
      assert.equal(503, events[1].status)
      assert.equal("api", events[1].kind)
      assert.equal(loop.pauses[1], events[1].pause)
      assert.is_number(events[1].seconds)
      assert.is_string(events[1].correlation_id)
      assert.equal(2, events[2].attempt)
      assert.equal(200, events[2].status)
      assert.is_nil(events[2].kind)
      assert.is_nil(events[2].pause)
    end)

    it("and keeps the result when that raises", function()
      local info, _, response = client({
        on_attempt = function()
          error("mine", 0)
        end,
      }):get_tokens_me()
      assert.is_table(info)
      assert.equal("mine", response.on_attempt_error)
    end)
  end)
end)
