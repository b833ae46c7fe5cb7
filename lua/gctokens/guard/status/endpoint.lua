--- Answers a request for the guard's status, as a page or as JSON.

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local dict_usage = require("gctokens.guard.dict.usage")
local history = require("gctokens.guard.status.history")
local json_writer = require("gctokens.json_writer")
local status = require("gctokens.guard.status.facts")
local status_page = require("gctokens.guard.status.page")

local ngx = ngx


-- What a browser may do with the page: show it, with its own style sheet and
-- icon. Nothing else is loaded, run, sent or framed.
local POLICY = "default-src 'none'; style-src 'nonce-%s'; img-src data:; "
  .. "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

local METHODS = { GET = true, HEAD = true }


local status_endpoint = {}


-- Adding up comes first: it also puts into shared memory what is shown then.
local function facts_of(guard)
  guard.counters:values()
  local now = clock.now()
  return status.facts({
    version = core._VERSION, api = guard.client.base_url,
    workers = ngx.worker.count(),
    now = now, time = ngx.now(),
    step = history.step, history = guard.history:read(now),
    usage = dict_usage.of(guard.cache),
    breaker_wait = guard.breaker:wait(now),
    fleet = guard.fleet and guard.fleet:gauges(),
    refusals = guard.refusals:latest(),
  })
end


-- Of the style sheet, for one response.
local function make_nonce()
  return ("%012x%012x"):format(core.random() * 2 ^ 48, core.random() * 2 ^ 48)
end


local function send_text(code, text)
  ngx.status = code
  ngx.header["Content-Type"] = "text/plain"
  ngx.print(text, "\n")
end


local FORMATS = {}


function FORMATS.json(facts)
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Content-Security-Policy"] =
    "default-src 'none'; frame-ancestors 'none'"
  ngx.print(json_writer.encode(facts), "\n")
end


function FORMATS.html(facts, is_paused)
  local nonce = make_nonce()
  ngx.header["Content-Type"] = "text/html; charset=utf-8"
  ngx.header["Content-Security-Policy"] = POLICY:format(nonce)
  ngx.print(status_page.html(facts, { nonce = nonce, is_paused = is_paused }))
end


--- Answers a GET or a HEAD. `format` and `refresh` of the query are its
--- arguments.
---@param guard gctokens.guard.Guard
function status_endpoint.send(guard)
  local headers, arguments = ngx.header, ngx.req.get_uri_args()
  headers["Cache-Control"] = "no-store"
  headers["X-Content-Type-Options"] = "nosniff"
  headers["Referrer-Policy"] = "no-referrer"
  if not METHODS[ngx.req.get_method()] then
    headers["Allow"] = "GET, HEAD"
    return send_text(405, "the status can be read with GET and HEAD")
  end
  local send = FORMATS[arguments.format or "html"]
  if not send then
    return send_text(400, "format must be html or json")
  end
  local refresh = arguments.refresh
  if refresh and refresh ~= "off" then
    return send_text(400, "refresh may be off only")
  end
  return send(facts_of(guard), refresh == "off")
end


return status_endpoint
