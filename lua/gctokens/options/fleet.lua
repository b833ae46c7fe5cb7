--- The fields of the guard's option `fleet`, as data; rows are as in
-- gctokens.options.guard.

return {
  { name = "host", type = "text",
    help = "where Redis is; a name needs nginx's `resolver` in `http {}`" },
  { name = "port", type = "port", default = 6379,
    help = "its port" },
  { name = "socket", type = "text",
    help = "path of its Unix socket, in place of `host`" },
  { name = "username", type = "text",
    help = "ACL user; needs `password`" },
  { name = "password", type = "text",
    help = "its password, or that of the whole server" },
  { name = "database", type = "database", default = 0,
    help = "number of the database" },
  { name = "tls", type = "boolean", default = false,
    help = "`true`: TLS, always verified against nginx's "
      .. "`lua_ssl_trusted_certificate`" },
  { name = "server_name", type = "text", default_text = "`host`",
    help = "the name in its certificate" },
  { name = "secret", type = "fleet_secret",
    default_text = "none, but it is needed",
    help = "signs what is kept in Redis: 32 bytes or more, the same on all "
      .. "machines; or a list, of which the first signs and all verify" },
  { name = "name", type = "fleet_name", default = "gctokens",
    help = "letters, digits, `_`, `.` and `-`; fleets of different names share "
      .. "nothing" },
  { name = "poll_interval", type = "seconds", default = 0.5, unit = "s",
    help = "time between two looks for what the fleet was told to forget" },
  { name = "ttl_alone", type = "seconds",
    default_text = "the greater of `ttl` and 60 s",
    help = "`ttl` of what is found out while Redis is out of reach" },
  { name = "connect_timeout", type = "seconds", default = 0.1, unit = "s",
    help = "time limit to connect" },
  { name = "read_timeout", type = "seconds", default = 0.1, unit = "s",
    help = "time limit of a reply; both together are that of all, DNS and "
      .. "login included" },
  { name = "pool_size", type = "count", default = 8,
    help = "connections of a worker to Redis; more where it is far away" },
}
