--- The options of gctokens.guard.new that are the guard's own, as data. It also
-- takes those of gctokens.options.client that say so, and the policy's.
--
-- A row is as in gctokens.options.client and gctokens.options.client_help, and:
--   client  passed on to gctokens.new, with the guard's default

local fleet = require("gctokens.options.fleet")

return {
  { name = "dict", type = "text", default = "gctokens",
    help = "name of the `lua_shared_dict`, 512 KiB or more" },
  { name = "negative_dict", type = "text",
    help = "name of a `lua_shared_dict` for invalid tokens and errors only; "
      .. "without one they get a sixteenth of `dict`, and none of it when "
      .. "valid tokens fill it" },
  { name = "ttl", type = "seconds", default = 60, unit = "s",
    help = "how long a valid token is cached, give or take a tenth; less when "
      .. "`dateTokenIdles` comes earlier, not at all when that cannot be "
      .. "read" },
  { name = "negative_ttl", type = "seconds", default = 10, unit = "s",
    help = "how long an invalid token is cached" },
  { name = "error_ttl", type = "seconds", default = 1, unit = "s",
    help = "how long it is cached that Genesys gave no answer about a token; "
      .. "up to twice as long" },
  { name = "l1_ttl", type = "seconds", default = 15, unit = "s",
    help = "how long a worker's own cache goes without a look at a token's "
      .. "record in the shared dict. Invalidations do not wait for it" },
  { name = "l1_bytes", type = "count", default = 16777216, unit = "bytes",
    help = "what a worker's own cache may take, once it has as many tokens; "
      .. "16 MiB are for 100 000 tokens" },
  { name = "refresh_ahead", type = "delay", default_text = "`ttl` / 10",
    help = "how long before the end of `ttl` a request has its token looked up "
      .. "again in the background; at most half of `ttl`" },
  { name = "stale_if_error", type = "delay", default = 0, unit = "s",
    help = "how long past `ttl`, never past `dateTokenIdles`, a token that was "
      .. "valid still passes while Genesys cannot be asked: unreachable, 5xx, "
      .. "too slow, a page instead of JSON, breaker open; not after another "
      .. "3xx or 4xx, unusable JSON, or too many lookups at once" },
  { name = "lookup_timeout", type = "seconds", default = 2, unit = "s",
    help = "time limit of a lookup for a request; within it, a call that "
      .. "failed in a way that may pass is tried once more" },
  { name = "connect_timeout", type = "seconds", default = 1, unit = "s",
    client = true,
    help = "time limit to connect, TLS included" },
  -- half of nginx's lua_max_running_timers
  { name = "max_concurrent_lookups", type = "count", default = 128,
    help = "tokens that a worker looks up or revokes at once, and a quarter "
      .. "more of those that were valid before; more get 503. Each needs a "
      .. "timer: above 200, raise nginx's `lua_max_running_timers` (256)" },
  { name = "max_connections", type = "count", client = true,
    default_text = "`max_concurrent_lookups` and a quarter",
    help = "connections of a worker to Genesys. Calls wait for one; over "
      .. "HTTP/2 few are enough. A fifth is kept for tokens that were valid "
      .. "before. A lookup that gets none within 0.4 of `lookup_timeout` ends "
      .. "with 503" },
  { name = "max_response_bytes", type = "count", default = 65536,
    unit = "bytes", client = true,
    help = "a larger response is an error" },
  { name = "breaker", type = "false", default_text = "on",
    class = "gctokens.guard.BreakerOptions",
    help = "`false`: no circuit breaker; or a table",
    fields = {
      { name = "min_calls", type = "count", default = 20,
        help = "calls in a window before it may open" },
      { name = "ratio", type = "ratio", default = 0.5,
        help = "share of failed calls at which it opens" },
      { name = "window", type = "seconds", default = 10, unit = "s",
        help = "time over which calls are counted" },
      { name = "cooldown", type = "seconds", default = 1, unit = "s",
        help = "time until the first probe; doubled with each that fails" },
      { name = "max_cooldown", type = "seconds", default = 30, unit = "s",
        help = "upper bound of that time" },
    } },
  { name = "fleet", type = "false", default_text = "none",
    class = "gctokens.guard.FleetOptions",
    help = "`false`: this gateway is alone; or a table of what makes it one "
      .. "of many that share what they know ([a fleet](fleet/README.md))",
    fields = fleet },
  { name = "preserve_idle_ttl", type = "boolean", default = true,
    help = "`true`: a lookup does not count as use of the token" },
  { name = "headers", type = "identity_headers",
    default = {
      ["X-Genesys-Organization-Id"] = "organization_id",
      ["X-Genesys-Client-Id"] = "client_id",
    },
    help = "request headers for the application, names to fields of the "
      .. "identity; `false`: none" },
  { name = "realm", type = "text", default = "Genesys Cloud",
    help = "the realm of the challenge" },
  { name = "check_ngx_lua", type = "boolean", default = true,
    help = "`false`: start with any version of the Lua module" },
}
