--- The faults, one row each: what goes wrong, and what each operation is to
--- make of it. `faults_spec` plays every row to every operation.
--
-- What goes wrong is one of
--   reply        of the emulator (spec/support/emulator.lua), for every attempt
--   connection   steps for every connection (spec/support/relay/steps.lua)
--   connections  such scripts for the first ones; the others reach the emulator
--   place        what happens to the port or the name: places in faults_spec
-- in these circumstances
--   tls          https in place of http
--   proxy        through a proxy, which is where the connections end
--   warm         a call has gone well before, and left its connection open
--   pause        seconds between that and the call
--   slow         the time of each attempt, and then the deadline, are short
-- and ends, within the deadline, as
--   expect       "fine", or the error's kind
--   empty, head  the same, where they differ, of the operations that promise no
--                body and of the one whose reply can have none
-- of which is checked, where it is said,
--   status, code, cause, retry_after (give or take `within`), proxy_status,
--   again        whether it is tried again, where the kind does not say so
--   result       fields of the result, false for those that must be absent
--   attempts     (otherwise 2 where the README says that it is tried again), or
--                attempts_up_to
--   seen         requests that the other side has read (otherwise attempts)

local matrix = { rows = {} }

matrix.operations = {
  "delete_token", "delete_tokens_me", "get_tokens_me", "get_tokens_timeout",
  "head_tokens_me", "put_tokens_timeout",
}

for _, theme in ipairs({
  "connections", "framing", "bodies", "statuses", "tls", "proxies", "http2",
}) do
  for _, row in ipairs(require("spec.faults." .. theme)) do
    table.insert(matrix.rows, row)
  end
end

return matrix
