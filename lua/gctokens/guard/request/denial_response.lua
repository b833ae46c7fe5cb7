--- Ends a request that is turned away, in one of three ways: with a body of
-- JSON, with nginx's page for the status (error_page), or as gRPC wants it.
-- Status, challenge and the time to wait are the denial's in all of them.

local denials = require("gctokens.guard.request.denials")

local ngx = ngx


-- How to send it -> function that does so. `retry_after`: seconds, for requests
-- that may be made again.
local WRITERS = {}


function WRITERS.json(denial)
  local headers = ngx.header
  -- Else nginx would ask for the request's body, and discard it.
  ngx.req.clear_header("Expect")
  ngx.status = ngx.is_subrequest and denial.subrequest_status or denial.status
  headers["Content-Type"] = "application/json"
  headers["Content-Length"] = #denial.body
  ngx.print(denial.body)
  return ngx.exit(ngx.HTTP_OK)
end


-- Here nginx itself asks for no body.
function WRITERS.nginx(denial)
  return ngx.exit(denial.status)
end


-- Trailers-Only of gRPC over HTTP/2: one block of headers, which ends the
-- stream. nginx ends it there when it knows that no body follows.
function WRITERS.grpc(denial, retry_after)
  local headers = ngx.header
  ngx.status = ngx.HTTP_OK -- an error page would have that of the error
  headers["Content-Type"] = "application/grpc"
  headers["Content-Length"] = 0
  headers["grpc-status"] = denial.grpc_status
  headers["grpc-message"] = denial.description
  -- Clients that try again wait as long.
  headers["grpc-retry-pushback-ms"] = retry_after and retry_after * 1000
  return ngx.exit(ngx.HTTP_OK)
end


-- A call of gRPC is a POST over HTTP/2 or later. Nothing else may be answered
-- with a 200: a proxy that asks a gateway whether a request may pass takes the
-- status for the answer, and may hand on the request's content type.
local function is_grpc()
  if ngx.req.get_method() ~= "POST" or (ngx.req.http_version() or 0) < 2 then
    return false
  end
  local content_type = (ngx.var.http_content_type or ""):lower()
  return content_type == "application/grpc"
    or content_type:find("^application/grpc[+;%s]") ~= nil
end


-- In a subrequest only the status counts: 200 would let the request through
-- that auth_request judges, and so would the error page that a subrequest
-- inherits from the server.
local function writer_of(style)
  if ngx.is_subrequest then
    return WRITERS.json
  elseif style == "json" and is_grpc() then
    return WRITERS.grpc
  end
  return WRITERS[style]
end


local denial_response = {}


--- Ends the request. To be called as a tail call, `return send(...)`: the next
--- request could see a frame that ngx.exit() leaves behind.
---@param name string of a denial
---@param style "json"|"nginx" the policy's option `refusals`
---@param facts table realm; scope; retry_after in seconds
function denial_response.send(name, style, facts)
  local denial, headers = denials.of(name), ngx.header
  local retry_after
  headers["Cache-Control"] = "no-store"
  if denial.status == 503 then
    retry_after = denials.retry_after(facts.retry_after)
    headers["Retry-After"] = retry_after
  else
    headers["WWW-Authenticate"] =
      denials.challenge(denial, facts.realm, facts.scope)
  end
  return writer_of(style)(denial, retry_after)
end


return denial_response
