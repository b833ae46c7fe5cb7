--- Compares what the soak's server and its callers have written down: every
--- call has ended once and in time, what it ended with is what the server
--- answered it, and the server has got nothing else.

local records = require("spec.soak.records")
local responses = require("spec.soak.responses")

local unpack = table.unpack or unpack -- luacheck: ignore 113 143 (Lua 5.1)


-- ---- reading ---------------------------------------------------------------

-- What is known of a call, from both sides.
local function call_of(all, id)
  local call = all.calls[id]
  if not call then
    call = {
      id = id, asked = 0, starts = 0, cancels = 0, given_up = 0,
      attempts = {}, ends = {}, requests = {},
    }
    all.calls[id] = call
  end
  return call
end


local function add(all, number_of, count)
  all.counts[number_of] = (all.counts[number_of] or 0) + count
end


local events = {}


function events.call(all, id, operation)
  local call = call_of(all, id)
  call.asked = call.asked + 1
  call.operation = operation
  add(all, "calls", 1)
end


function events.start(all, id)
  local call = call_of(all, id)
  call.starts = call.starts + 1
end


function events.attempt(all, id, sent, status, kind, _, serial)
  local call = call_of(all, id)
  sent = tonumber(sent)
  call.attempts[#call.attempts + 1] = {
    sent = sent, status = status, kind = kind, serial = serial,
  }
  add(all, "attempts", 1)
  add(all, "repeats", math.max(sent - 1, 0))
end


function events.cancel(all, id)
  local call = call_of(all, id)
  call.cancels = call.cancels + 1
end


function events.given_up(all, id)
  local call = call_of(all, id)
  call.given_up = call.given_up + 1
  add(all, "given_up", 1)
end


events["end"] = function(all, id, result, status, attempts, serial, seconds,
                         whose, already_deleted)
  local call = call_of(all, id)
  call.ends[#call.ends + 1] = {
    result = result, status = status, attempts = attempts, serial = serial,
    seconds = tonumber(seconds), whose = whose,
    already_deleted = already_deleted == "already",
  }
  all.kinds[result] = (all.kinds[result] or 0) + 1
  all.longest = math.max(all.longest, tonumber(seconds))
end


function events.request(all, serial, id, operation, nth, token, _, status,
                        answer)
  local call = call_of(all, id)
  local request = {
    call = call, operation = operation, nth = tonumber(nth), token = token,
    status = status, answer = answer,
  }
  call.requests[#call.requests + 1] = request
  all.requests[serial] = request
  add(all, "requests", 1)
end


-- ---- what has to be true of a call -----------------------------------------

-- Each returns what is wrong, or nil.
local rules = {}


function rules.is_asked_for(call)
  return call.asked ~= 1 and "asked for " .. call.asked .. " times"
end


function rules.ends_once(call)
  local count = #call.ends + call.given_up
  return count ~= 1 and "has ended " .. count .. " times"
end


function rules.is_in_time(call, all)
  for _, ending in ipairs(call.ends) do
    if ending.seconds > all.deadline + all.slack then
      return "took " .. ending.seconds .. " s"
    end
  end
end


function rules.has_its_attempts(call)
  if #call.attempts + call.cancels ~= call.starts then
    return ("%d attempts and %d cancelled of %d started"):format(
      #call.attempts, call.cancels, call.starts)
  end
  for _, ending in ipairs(call.ends) do
    if ending.attempts ~= "-" and
       tonumber(ending.attempts) ~= #call.attempts then
      return ("reports %s attempts of %d"):format(
        ending.attempts, #call.attempts)
    end
  end
end


function rules.is_sent_as_asked(call)
  for _, request in ipairs(call.requests) do
    if request.operation ~= call.operation then
      return ("sent as %s in place of %s"):format(
        request.operation, call.operation)
    end
  end
end


-- It would revoke another token than it was asked to.
function rules.keeps_its_token(call)
  for _, request in ipairs(call.requests) do
    if call.operation == "delete_tokens_me" and
       request.token ~= call.requests[1].token then
      return ("deletes %s and %s"):format(
        call.requests[1].token, request.token)
    end
  end
end


-- libcurl repeats a request for which it got nothing, if its connection had
-- been used before.
local function may_be_repeated(request)
  return request.answer == "none" and request.nth > 1
end


function rules.is_sent_no_oftener(call)
  local sent, repeated = 0, 0
  for _, attempt in ipairs(call.attempts) do
    sent = sent + attempt.sent
  end
  for _, request in ipairs(call.requests) do
    if may_be_repeated(request) then
      repeated = repeated + 1
    end
  end
  local count = #call.requests
  if call.cancels == 0 and count > sent then
    return ("received %d times, sent %d times"):format(count, sent)
  elseif count > call.starts + repeated then
    return ("received %d times in %d attempts, of which %d could be repeated")
      :format(count, call.starts, repeated)
  end
end


-- What the client took for an answer to this attempt was one.
local function check_answer(call, attempt, all)
  local request = all.requests[attempt.serial]
  if not request then
    return "answered by no request: " .. attempt.serial
  elseif request.call ~= call then
    return "answered with the response to " .. request.call.id
  elseif request.taken then
    return "answered twice with response " .. attempt.serial
  elseif request.status ~= attempt.status then
    return ("answered %s, got %s"):format(request.status, attempt.status)
  end
  request.taken = true
end


function rules.is_answered(call, all)
  for _, attempt in ipairs(call.attempts) do
    local wrong
    if attempt.serial ~= "-" then
      wrong = check_answer(call, attempt, all)
    elseif attempt.kind == "-" or attempt.kind == "api" then
      wrong = "has an answer that nobody gave"
    end
    if wrong then
      return wrong
    end
  end
end


-- An attempt that came out well has been told so by the server.
function rules.is_acknowledged(call, all)
  for _, attempt in ipairs(call.attempts) do
    local request = all.requests[attempt.serial]
    if attempt.kind == "-" and not (request and responses.is_success(
       call.operation, tonumber(request.status), request.answer)) then
      return "succeeded without a success"
    end
  end
end


-- Whether a response says or leaves it open that an earlier request was served.
local function may_have_served(call)
  for i, attempt in ipairs(call.attempts) do
    if attempt.sent > 1 or i < #call.attempts and attempt.sent > 0 then
      return true
    end
  end
  return false
end


-- The last attempt decides.
function rules.ends_as_it_was_answered(call)
  local ending, last = call.ends[1], call.attempts[#call.attempts]
  if not ending or ending.result == "closed" then
    return nil
  elseif ending.already_deleted then
    return not (call.operation == "delete_tokens_me" and last.status == "401"
      and may_have_served(call)) and "was not deleted already"
  elseif ending.result == "ok" then
    if not last or last.kind ~= "-" then
      return "a result out of a failure"
    elseif ending.whose ~= "-" and ending.whose ~= call.id then
      return "the result of " .. ending.whose
    end
  elseif last and last.kind == "-" then
    return "a failure out of a result"
  elseif last and last.kind ~= ending.result and ending.result ~= "timeout" then
    return ("ends as %s, was %s"):format(ending.result, last.kind)
  end
end


-- ---- all calls -------------------------------------------------------------

-- What else the callers have noted.
function events.stray(all, id)
  all.wrong[#all.wrong + 1] = "an end of no call: " .. id
end


function events.batch(all, taken, reported, attempts)
  if taken ~= reported then
    all.wrong[#all.wrong + 1] = ("a batch of %s reports %s"):format(
      taken, reported)
  end
  all.batch_attempts = all.batch_attempts + tonumber(attempts)
end


function events.descriptors(all, name, before, after)
  if before ~= after then
    all.wrong[#all.wrong + 1] = ("%s has %s descriptors of %s"):format(
      name, after, before)
  end
end


local function check_calls(all)
  local attempts_of_batches = 0
  for id, call in pairs(all.calls) do
    for name, rule in pairs(rules) do
      local what = rule(call, all)
      if what then
        all.wrong[#all.wrong + 1] = ("%s %s: %s"):format(id, name, what)
      end
    end
    if id:find("^revocation") then
      attempts_of_batches = attempts_of_batches + #call.attempts
    end
  end
  if attempts_of_batches ~= all.batch_attempts then
    all.wrong[#all.wrong + 1] = ("batches report %d attempts of %d"):format(
      all.batch_attempts, attempts_of_batches)
  end
end


--- Reads records and compares them. Returns counts (calls, given_up, attempts,
--- repeats, requests), kinds (how many calls ended with each), longest (seconds
--- of a call), and wrong, a list of what does not agree: empty when all is
--- well.
return function(paths, deadline, slack)
  local all = {
    deadline = deadline, slack = slack, calls = {}, requests = {},
    counts = { calls = 0, given_up = 0, attempts = 0, repeats = 0,
      requests = 0 },
    kinds = {}, longest = 0, wrong = {}, batch_attempts = 0,
  }
  for _, path in ipairs(paths) do
    records.read(path, function(facts)
      events[facts[1]](all, unpack(facts, 2))
    end)
  end
  check_calls(all)
  return all
end
