--- A short soak run, and the comparison of what both sides have seen.

local reconcile = require("spec.soak.reconcile")
local soak = require("spec.soak.soak")
local system = require("spec.support.system")
local usage = require("spec.soak.usage")


describe("under random faults #once", function()
  it("every call ends once, as the server has answered it", function()
    local report = soak.run(2, 1)
    assert.same({}, report.wrong)
    -- and all of it has happened
    for _, kind in ipairs({
      "ok", "api", "protocol", "timeout", "transport",
    }) do
      assert.is_true((report.kinds[kind] or 0) > 0, kind)
    end
    assert.is_true(report.counts.requests > report.counts.calls)
    assert.is_true(report.counts.given_up > 0)
    assert.is_true(report.counts.repeats > 0)
  end)
end)


describe("the comparison of what both sides have seen #once", function()
  -- What is wrong with a record of these lines, whose words are its facts.
  local function wrong(lines)
    local path = os.tmpname()
    local text = table.concat(lines, "\n"):gsub(" ", "\t")
    system.write(path, text .. "\n")
    local report = reconcile({ path }, 1, 0.5)
    os.remove(path)
    return report.wrong
  end

  local CALL = "call a-1 delete_token"
  local START = "start a-1"
  local ATTEMPT = "attempt a-1 1 200 - - 7"
  local END = "end a-1 ok 200 1 7 0.2 - -"
  local REQUEST = "request 7 a-1 delete_token 1 T good 200 whole"

  it("finds nothing where all is well", function()
    assert.same({}, wrong({ CALL, START, ATTEMPT, END, REQUEST }))
  end)

  it("finds nothing in what libcurl repeats, or what is given up", function()
    assert.same({}, wrong({ CALL, START, "attempt a-1 2 200 - - 8", END,
      "request 7 a-1 delete_token 5 T gone_before - none",
      "request 8 a-1 delete_token 1 T good 200 whole" }))
    assert.same({}, wrong({
      CALL, START, "cancel a-1", "given_up a-1", REQUEST }))
  end)

  it("finds nothing in a token that was deleted already", function()
    assert.same({}, wrong({ "call a-1 delete_tokens_me", START,
      "attempt a-1 1 - transport GOT_NOTHING -", START,
      "attempt a-1 1 401 api - 8", "end a-1 ok 401 2 8 0.2 - already",
      "request 7 a-1 delete_tokens_me 1 T gone_before - none",
      "request 8 a-1 delete_tokens_me 1 T status 401 whole" }))
  end)

  for _, one in ipairs({
    { "a call that does not end", "has ended 0 times",
      { CALL, START, ATTEMPT, REQUEST } },
    { "a call that ends twice", "has ended 2 times",
      { CALL, START, ATTEMPT, END, END, REQUEST } },
    { "a call that ends after it was given up", "has ended 2 times",
      { CALL, START, ATTEMPT, "given_up a-1", END, REQUEST } },
    { "an end of no call", "an end of no call",
      { CALL, START, ATTEMPT, END, REQUEST, "stray 9" } },
    { "a call that takes too long", "took 1.6 s",
      { CALL, START, ATTEMPT, "end a-1 ok 200 1 7 1.6 - -", REQUEST } },
    { "an attempt that nobody is told of", "reports 1 attempts of 2",
      { CALL, START, START, ATTEMPT, "attempt a-1 1 503 api - 6", END, REQUEST,
        "request 6 a-1 delete_token 1 T status 503 whole" } },
    { "an attempt that does not end", "1 attempts and 0 cancelled of 2",
      { CALL, START, START, ATTEMPT, END, REQUEST } },
    { "a request that nobody asked for", "asked for 0 times",
      { CALL, START, ATTEMPT, END, REQUEST,
        "request 8 b-1 delete_token 1 T good 200 whole" } },
    { "a request for something else", "sent as delete_tokens_me",
      { CALL, START, ATTEMPT, END,
        "request 7 a-1 delete_tokens_me 1 T good 200 whole" } },
    { "a request too many", "received 2 times, sent 1 times",
      { CALL, START, ATTEMPT, END, REQUEST,
        "request 8 a-1 delete_token 2 T gone_before - none" } },
    { "a request repeated after an answer", "received 2 times in 1 attempts",
      { CALL, START, "attempt a-1 2 200 - - 8", END,
        "request 7 a-1 delete_token 2 T gone_in_body 200 cut",
        "request 8 a-1 delete_token 1 T good 200 whole" } },
    { "a success that the server has not sent", "answered by no request: 7",
      { CALL, START, ATTEMPT, END } },
    { "a success that was cut short", "succeeded without a success",
      { CALL, START, ATTEMPT, END,
        "request 7 a-1 delete_token 1 T gone_in_body 200 cut" } },
    { "a success that was a failure", "answered 503, got 200",
      { CALL, START, ATTEMPT, END,
        "request 7 a-1 delete_token 1 T status 503 whole" } },
    { "the answer to another call", "answered with the response to b-1",
      { CALL, START, ATTEMPT, END, "call b-1 delete_token", "given_up b-1",
        "request 7 b-1 delete_token 1 T good 200 whole" } },
    { "one answer for two attempts", "answered twice with response 7",
      { CALL, START, START, ATTEMPT, ATTEMPT, "end a-1 ok 200 2 7 0.2 - -",
        REQUEST } },
    { "the result of another call", "the result of b-1",
      { "call a-1 get_tokens_me", START, ATTEMPT,
        "end a-1 ok 200 1 7 0.2 b-1 -",
        "request 7 a-1 get_tokens_me 1 T good 200 whole" } },
    { "a result out of a failure", "a result out of a failure",
      { CALL, START, "attempt a-1 1 503 api - 7", END,
        "request 7 a-1 delete_token 1 T status 503 whole" } },
    { "a failure out of a result", "a failure out of a result",
      { CALL, START, ATTEMPT, "end a-1 api 200 1 7 0.2 - -", REQUEST } },
    { "a failure for another reason", "ends as tls, was api",
      { CALL, START, "attempt a-1 1 503 api - 7", "end a-1 tls - 1 - 0.2 - -",
        "request 7 a-1 delete_token 1 T status 503 whole" } },
    { "a token said to be deleted already, by a first 401",
      "was not deleted already",
      { "call a-1 delete_tokens_me", START, "attempt a-1 1 401 api - 7",
        "end a-1 ok 401 1 7 0.2 - already",
        "request 7 a-1 delete_tokens_me 1 T status 401 whole" } },
    { "a token deleted in place of another", "deletes T and U",
      { "call a-1 delete_tokens_me", START, START,
        "attempt a-1 1 401 api - 7", "attempt a-1 1 200 - - 8",
        "end a-1 ok 200 2 8 0.2 - -",
        "request 7 a-1 delete_tokens_me 1 T status 401 whole",
        "request 8 a-1 delete_tokens_me 2 U good 200 whole" } },
    { "a batch that forgets a user", "a batch of 5 reports 4",
      { CALL, START, ATTEMPT, END, REQUEST, "batch 5 4 0" } },
    { "a batch that miscounts its attempts", "batches report 3 attempts of 0",
      { CALL, START, ATTEMPT, END, REQUEST, "batch 4 4 3" } },
    { "a descriptor that is lost", "a has 8 descriptors of 7",
      { CALL, START, ATTEMPT, END, REQUEST, "descriptors a 7 8" } },
  }) do
    it("finds " .. one[1], function()
      local all = table.concat(wrong(one[3]), "\n")
      assert.matches(one[2], all, 1, true)
    end)
  end
end)


describe("the use of a process over time #once", function()
  -- What has grown when a process does something between samples.
  local function grown(step)
    local own = tonumber(system.read("/proc/self/stat"):match("^%d+"))
    local watched = usage.watch({ own = own })
    for i = 1, 12 do
      step(i)
      watched:sample()
    end
    return select(3, watched:compare())
  end

  it("does not grow when nothing is kept", function()
    assert.same({}, grown(function() end))
  end)

  it("grows when memory is not given back", function()
    local kept = {}
    collectgarbage() -- what other specs have left would make room for it
    local list = grown(function(i)
      kept[i] = ("x"):rep(8000000 + i)
    end)
    assert.matches("^rss of own", list[1])
    assert.equal(12, #kept)
  end)

  it("grows when files are not closed", function()
    local kept = {}
    local list = grown(function()
      for _ = 1, 4 do
        kept[#kept + 1] = assert(io.open("/dev/null"))
      end
    end)
    for _, file in ipairs(kept) do
      file:close()
    end
    assert.matches("^descriptors of own", list[1])
  end)
end)
