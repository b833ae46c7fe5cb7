-- Faults: what tests queue to happen to coming requests instead of, or on top
-- of, what the API would do.

local json = require "app.json"
local recorder = require "app.recorder"
local responses = require "app.responses"

local queue = ngx.shared.state

local CHUNK = ("x"):rep(65536)
local FILLER_HEAD, FILLER_TAIL = '{"filler":"', '"}'

-- A fault with one of these takes the place of what the API would response.
local REPLACEMENTS = {
  "body", "code", "fill", "raw", "raw_base64", "reset", "status",
}

local _M = {
  minimum_fill = #FILLER_HEAD + #FILLER_TAIL,
}


function _M.add(fault)
  local waiting = json.decode(queue:get("faults") or "[]")
  waiting[#waiting + 1] = fault
  assert(queue:set("faults", json.encode(waiting)))
  return #waiting
end


function _M.clear()
  queue:delete("faults")
end


-- Returns the first waiting fault that is meant for this request, or nil.
function _M.take(request)
  local text = queue:get("faults")
  if not text then
    return nil
  end
  local waiting = json.decode(text)
  for i, fault in ipairs(waiting) do
    if (not fault.method or fault.method == request.method)
      and (not fault.path or fault.path == request.path)
    then
      fault.count = fault.count - 1
      if fault.count == 0 then
        table.remove(waiting, i)
      end
      if #waiting == 0 then
        _M.clear()
      else
        queue:set("faults", json.encode(waiting))
      end
      return fault
    end
  end
end


local function replaces(fault)
  for _, name in ipairs(REPLACEMENTS) do
    if fault[name] ~= nil then
      return true
    end
  end
  return false
end


local function planned_response(fault, request)
  local response = { status = 200, body = fault.body }
  if fault.code then
    response = responses.error(request, fault.code)
    response.body = fault.body or response.body
  end
  response.status = fault.status or response.status
  return response
end


local function add_headers(response, headers)
  local all = {}
  for name, value in pairs(response.headers or {}) do
    all[name] = value
  end
  for name, value in pairs(headers) do
    all[name] = value
  end
  response.headers = all
end


-- The connection ends with a RST; over HTTP/2 only the stream does.
local function reset()
  return ngx.exit(444)
end


-- Sends bytes one at a time, with as many seconds between them, or all at once
-- without `drip`.
local function each(bytes, drip, send)
  if not drip then
    return send(bytes)
  end
  for i = 1, #bytes do
    if i > 1 then
      ngx.sleep(drip)
    end
    if not send(bytes:sub(i, i)) then
      return
    end
  end
end


local function send_raw(request, bytes, drip)
  if ngx.req.http_version() >= 2 then
    return responses.send(request, {
      status = 500,
      body = json.encode({ error = "raw faults need HTTP/1" }),
    })
  end
  local socket = assert(ngx.req.socket(true))
  if bytes ~= "" then
    each(bytes, drip, function(part)
      return socket:send(part)
    end)
  end
  -- With this status nginx closes the connection and adds nothing.
  return ngx.exit(ngx.ERROR)
end


-- Compression would take away Content-Length.
local function send_body(request, response, cut, drip)
  ngx.req.clear_header("Accept-Encoding")
  responses.send_headers(request, response)
  each((response.body or ""):sub(1, cut or -1), drip, function(part)
    ngx.print(part)
    return ngx.flush(true)
  end)
  if cut then
    return ngx.exit(ngx.ERROR)
  end
end


local function send_filler(request, response, length)
  local left = length - _M.minimum_fill
  response.body, response.length = FILLER_HEAD, length
  responses.send_headers(request, response)
  ngx.print(FILLER_HEAD)
  while left > 0 do
    ngx.print(CHUNK:sub(1, left))
    -- Waits, so that no more than a chunk is ever held here.
    if not ngx.flush(true) then
      return
    end
    left = left - #CHUNK
  end
  ngx.print(FILLER_TAIL)
end


-- Lets a fault happen to a request. `process` is what the API would do.
function _M.apply(fault, request, process)
  local response
  if fault.delay and fault.delay > 0 then
    ngx.sleep(fault.delay)
  end
  if fault.then_process or not replaces(fault) then
    response = process(request)
  end
  if fault.reset then
    return reset()
  end
  if fault.raw or fault.raw_base64 then
    return send_raw(
      request, fault.raw or ngx.decode_base64(fault.raw_base64), fault.drip
    )
  end
  if replaces(fault) then
    response = planned_response(fault, request)
  end
  if fault.headers then
    add_headers(response, fault.headers)
  end
  recorder.answered(request, response.status)
  if fault.fill then
    return send_filler(request, response, fault.fill)
  end
  if fault.cut or fault.drip then
    return send_body(request, response, fault.cut, fault.drip)
  end
  return responses.send(request, response)
end


return _M
