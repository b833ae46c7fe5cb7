--- What the soak's server does with a request, drawn at random: about half of
--- the responses are good, the others are wrong in every way that a network or
--- a server can be.
--
-- A plan is a table: action (its name), status, answer, ends ("close" or
-- "reset"; nil keeps the connection), and its steps: texts to send and
-- seconds to wait. The answer is what the client can have got of it:
--   whole    the response
--   garbled  the response, with a body that is not what was promised
--   cut      a part of it, with the whole head
--   none     nothing, or no whole head

local responses = {}


-- Where a body is promised it names the call, so that nobody can take it for
-- that of another one.
local HAS_BODY = {
  get_tokens_me = true, get_tokens_timeout = true, put_tokens_timeout = true,
}

-- Seconds; the callers' attempts end after a quarter of one.
local A_LITTLE = 0.02
local TOO_LONG = 0.4


local function head_of(self, status, lines)
  return ("HTTP/1.1 %d Soak\r\nININ-Correlation-Id: %s\r\n%s\r\n"):format(
    status, self.serial, lines)
end


local function body_of(self)
  return HAS_BODY[self.operation]
    and ('{"soakCall":"%s","padding":"%s"}'):format(
      self.call, ("x"):rep(self.random(0, 3000)))
    or ""
end


-- A plan whose response is as HTTP wants it.
local function response(self, status, body, more)
  local head = head_of(self, status, ("Content-Length: %d\r\n%s"):format(
    #body, more or ""))
  return {
    status = status, answer = "whole", head = head, body = body, head .. body,
  }
end


local function good(self, more)
  return response(self, 200, body_of(self), more)
end


-- The plan with other steps, of which the client gets what `answer` says.
local function instead(plan, answer, ends, ...)
  return {
    status = plan.status, answer = answer, ends = ends, ...
  }
end


local function ending(plan, ends)
  plan.ends = ends
  return plan
end


-- How to end a connection.
local function any_end(self)
  return self.random() < 0.5 and "close" or "reset"
end


-- Some bytes of a text, but neither none nor all of them.
local function part(self, text)
  return text:sub(1, self.random(1, #text - 1))
end


-- ---- the ways to answer ----------------------------------------------------

local ways = {}


ways.good = good


function ways.good_in_chunks(self)
  local body = body_of(self)
  if self.method == "HEAD" or body == "" then
    return good(self)
  end
  local half = math.floor(#body / 2)
  local first, second = body:sub(1, half), body:sub(half + 1)
  return instead({ status = 200 }, "whole", nil,
    head_of(self, 200, "Transfer-Encoding: chunked\r\n")
      .. ("%x\r\n%s\r\n"):format(#first, first),
    self.random() * A_LITTLE,
    ("%x\r\n%s\r\n0\r\n\r\n"):format(#second, second))
end


function ways.good_in_pieces(self)
  local text = good(self)[1]
  local at = self.random(1, #text - 1)
  return instead({ status = 200 }, "whole", nil, text:sub(1, at),
    self.random() * A_LITTLE, text:sub(at + 1))
end


function ways.good_after_hints(self)
  local plan = good(self)
  plan[1] = "HTTP/1.1 103 Early Hints\r\nX-Soak: hint\r\n\r\n" .. plan[1]
  return plan
end


function ways.good_and_last(self)
  return ending(good(self, "Connection: close\r\n"), "close")
end


-- The next request may be on its way when the connection ends.
function ways.good_then_gone(self)
  local plan = ending(good(self), any_end(self))
  plan[2] = self.random() * A_LITTLE
  return plan
end


function ways.good_and_too_much(self)
  local plan = good(self)
  plan[1] = plan[1] .. "left over"
  return plan
end


function ways.late(self)
  return instead(good(self), "whole", any_end(self), TOO_LONG,
    good(self)[1])
end


function ways.status(self)
  local status = ({ 500, 502, 503, 503, 504, 408, 429, 400, 401, 403, 404 })[
    self.random(11)]
  local body = ('{"status":%d%s}'):format(
    status, status == 401 and ',"code":"bad.credentials"' or "")
  body = self.method == "HEAD" and "" or body
  local more = ({ "", "", "Retry-After: 0\r\n", "Retry-After: 1\r\n",
    "Retry-After: 100\r\n" })[self.random(5)]
  return response(self, status, body, status ~= 404 and more)
end


function ways.redirect(self)
  return response(self, 302, "", "Location: /elsewhere\r\n")
end


function ways.silent()
  return instead({}, "none")
end


function ways.gone_before(self)
  return instead({}, "none", any_end(self), self.random() * A_LITTLE)
end


function ways.gone_in_head(self)
  local plan = good(self)
  return instead(plan, "none", any_end(self), part(self, plan.head))
end


function ways.gone_after_head(self)
  local plan = good(self)
  return instead(plan, plan.body == "" and "whole" or "cut", any_end(self),
    plan.head)
end


function ways.gone_in_body(self)
  local plan = response(self, 200, "{ " .. body_of(self) .. " }")
  return instead(plan, "cut", any_end(self),
    plan.head .. part(self, plan.body))
end


-- The rest of the body never comes.
function ways.stuck_in_body(self)
  local plan = response(self, 200, "{ " .. body_of(self) .. " }")
  return instead(plan, "cut", nil, plan.head .. part(self, plan.body))
end


function ways.drips(self)
  local plan = response(self, 200, "{ " .. body_of(self) .. " }")
  local slow = instead(plan, "cut", "close", plan.head)
  for i = 1, #"{ }" do
    slow[#slow + 1] = TOO_LONG / 3
    slow[#slow + 1] = plan.body:sub(i, i)
  end
  return slow
end


function ways.garbage(self)
  return instead({}, "none", any_end(self),
    ({ "220 mail ESMTP\r\n", "\0\1\2\255\r\n\r\n", "HTTP/1.1 two\r\n\r\n",
       "<html>", "HTTP/9.9 200 OK\r\n\r\n" })[self.random(5)])
end


local garbled_bodies = {
  "", "[]", "null", "<html>", '{"soakCall":', "\255\254",
}

function ways.garbled_body(self)
  local plan = response(self, 200, garbled_bodies[self.random(#garbled_bodies)])
  plan.answer = "garbled"
  return plan
end


function ways.garbled_encoding(self)
  local plan = response(self, 200, "not compressed",
    "Content-Encoding: gzip\r\n")
  plan.answer = "garbled"
  return plan
end


-- ---- drawing ---------------------------------------------------------------

-- Of a hundred, how many; the order makes a seed mean the same every time.
local shares = {
  { 32, "good" }, { 4, "good_in_chunks" }, { 4, "good_in_pieces" },
  { 2, "good_after_hints" }, { 3, "good_and_last" }, { 4, "good_then_gone" },
  { 2, "good_and_too_much" },
  { 3, "late" }, { 1, "silent" }, { 15, "status" }, { 1, "redirect" },
  { 7, "gone_before" }, { 5, "gone_in_head" }, { 3, "gone_after_head" },
  { 3, "gone_in_body" }, { 2, "stuck_in_body" }, { 1, "drips" },
  { 3, "garbage" }, { 3, "garbled_body" }, { 2, "garbled_encoding" },
}

-- A response to HEAD has no body that could be cut or wrong.
local is_of_body = {
  gone_in_body = true, stuck_in_body = true, drips = true,
  garbled_body = true, garbled_encoding = true,
}


--- Draws a plan for a request: operation, method, call (its id), serial (the
--- number of the request, which the response repeats), random (the generator).
function responses.draw(request)
  local number = request.random(100)
  local way
  for _, share in ipairs(shares) do
    way = share[2]
    number = number - share[1]
    if number <= 0 then
      break
    end
  end
  if request.method == "HEAD" and is_of_body[way] then
    way = "good"
  end
  local plan = ways[way](request)
  plan.action = way
  return plan
end


--- Whether a new connection is to be refused: reset before anything is read.
function responses.refuses(random)
  return random(100) <= 3
end


--- The status with which a call of an operation may come out well, having got
--- this much of an answer.
function responses.is_success(operation, status, answer)
  return status ~= nil and status >= 200 and status < 300
    and (answer == "whole"
      or answer == "garbled" and not HAS_BODY[operation])
end


return responses
