-- Keeps the last requests as they came in, for tests to look at.

local cjson = require "cjson"
local state = require "app.state"

local counters = ngx.shared.state
local requests = ngx.shared.requests -- number, "status:" .. number -> text

local KEPT = 2000

local _M = {}


-- JSON can only hold text; other bytes go under another name, in base64.
local function store_bytes(entry, name, bytes)
  if bytes:find("[\128-\255]") then
    entry[name .. "_base64"] = ngx.encode_base64(bytes)
  else
    entry[name] = bytes
  end
end


local function keep(key, value)
  local ok, message = requests:set(key, value)
  if not ok then
    ngx.log(ngx.ERR, "could not record a request: ", message)
  end
end


-- Records a request, answered or not yet.
function _M.add(request)
  local version = ngx.req.http_version()
  local entry = {
    method = request.method,
    uri = request.uri,
    http_version = ("%.1f"):format(version),
    headers = ngx.req.get_headers(0),
    connection = tonumber(ngx.var.connection),
    connection_requests = tonumber(ngx.var.connection_requests),
    time = state.now(),
  }
  store_bytes(entry, "body", request.body)
  if version < 2 then
    store_bytes(entry, "raw", ngx.req.raw_header())
  end
  local number = counters:incr("recorded", 1, 0)
  request.record_number = number
  keep(number, cjson.encode(entry))
  requests:delete(number - KEPT)
  requests:delete("status:" .. number - KEPT)
end


-- Adds the status, before the response goes out: a client that has the response
-- finds it.
function _M.answered(request, status)
  if request.record_number then
    keep("status:" .. request.record_number, status)
  end
end


-- Returns {"requests":[...],"total":N} as text, the oldest request first.
function _M.list()
  local last = counters:get("recorded") or 0
  local first = (counters:get("forgotten") or 0) + 1
  local entries = {}
  for number = math.max(first, last - KEPT + 1), last do
    local entry = requests:get(number)
    local status = requests:get("status:" .. number)
    if entry and status then
      entry = entry:sub(1, -2) .. ',"status":' .. status .. "}"
    end
    entries[#entries + 1] = entry
  end
  return '{"requests":[' .. table.concat(entries, ",") .. '],"total":'
    .. last - first + 1 .. "}"
end


function _M.clear()
  -- Numbers go on, so that one still being answered keeps its own.
  requests:flush_all()
  counters:set("forgotten", counters:get("recorded") or 0)
end


return _M
