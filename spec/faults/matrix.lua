--- The faults, one row each: what goes wrong, and what each operation is to
-- make of it. `faults_spec` plays every row to every operation.
--
-- What goes wrong is one of
--   response     of the emulator (spec/support/emulator.lua), for every attempt
--   connection   steps for every connection: spec/support/fault_proxy/steps
--   connections  such scripts for the first ones; the others reach the emulator
--   place        what happens to the port or the name: places in faults_spec
-- in these circumstances
--   tls          https in place of http
--   proxy        through a proxy, which is where the connections end
--   warm         a call has gone well before, and left its connection open
--   pause        seconds between that and the call
--   slow         the time of each attempt, and then the deadline, are short
--   early        the response may be there before the request has been read
-- and ends, within the deadline, as
--   expect       "ok", or the error's kind
--   unfolded     fields that take the place of these where libcurl, from 8.18
--                on, joins folded header lines before anybody sees them
--   empty, head  the same, where they differ, of the operations that promise no
--                body and of the one whose response can have none
--   head_may_be_fine  what went wrong may come too late for a HEAD
-- of which is checked, where it is said,
--   other_cause  where chance decides which of two it is
--   status, code, cause, retry_after (give or take `within`), proxy_status,
--   again        whether it is tried again, where the kind does not say so
--   result       fields of the result, false for those that must be absent
--   attempts     (otherwise 2 where the README says that it is tried again), or
--                attempts_up_to
--   seen         requests that the other side has read (otherwise attempts), or
--                seen_up_to

local core = require "gctokens.core"

local UNFOLDS = 8.018 -- libcurl, major and minor version

local matrix = { rows = {} }

matrix.operations = {
  "delete_token", "delete_tokens_me", "get_tokens_me", "get_tokens_timeout",
  "head_tokens_me", "put_tokens_timeout",
}

-- The libcurl at hand: 8.18.0 is 8.018.
local function libcurl()
  local request = core.request("get_tokens_me", {
    base_url = "https://localhost", access_token = "a",
  })
  local major, minor = request.headers["User-Agent"]:match(
    "libcurl/(%d+)%.(%d+)")
  return major + minor / 1000
end


local unfolds = libcurl() >= UNFOLDS


-- A row as it is with this libcurl.
local function here(row)
  if row.unfolded and unfolds then
    row.empty, row.head = nil, nil
    for name, value in pairs(row.unfolded) do
      row[name] = value
    end
  end
  return row
end


for _, theme in ipairs({
  "connections", "framing", "bodies", "statuses", "tls", "proxies", "http2",
}) do
  for _, row in ipairs(require("spec.faults." .. theme)) do
    table.insert(matrix.rows, here(row))
  end
end

return matrix
