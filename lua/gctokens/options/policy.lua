--- The options of a guard's policy, as data: where the token is, and which
-- valid tokens may pass. A row is as in gctokens.options.guard.

return {
  { name = "token", type = "token_sources",
    annotation = "gctokens.guard.TokenSource|gctokens.guard.TokenSource[]",
    default = "header:Authorization",
    help = "where requests have their token: `\"header:NAME\"`, "
      .. "`\"cookie:NAME\"`, `\"query:NAME\"`, `\"subprotocol:NAME\"`, a "
      .. "`function(headers, hide)`, or a list of these" },
  { name = "organizations", type = "names",
    help = "ids: only tokens of one of these organisations pass" },
  { name = "home_organizations", type = "names",
    help = "ids: only tokens whose home organisation is one of these pass" },
  { name = "clients", type = "names",
    help = "ids: only tokens of one of these OAuth clients pass" },
  { name = "grant_types", type = "names",
    help = "only tokens of one of these grants pass: `CODE`, `TOKEN`, "
      .. "`SAML2-BEARER`, `PASSWORD`, `CLIENT-CREDENTIALS`" },
  { name = "scopes", type = "scopes",
    help = "only tokens with all of these scopes pass" },
  { name = "any_scope", type = "scopes",
    help = "only tokens with at least one of these scopes pass" },
  { name = "allow", type = "allow",
    annotation = "false|fun(identity: gctokens.guard.Identity): boolean",
    help = "`function(identity)`: only tokens for which it returns `true` "
      .. "pass" },
  { name = "fail_open", type = "boolean", default = false,
    help = "`true`: tokens pass unverified while Genesys cannot be asked "
      .. "(unreachable, 5xx, too slow, a page instead of JSON, breaker open; "
      .. "not after what a token may bring about: another 3xx or 4xx, JSON "
      .. "that is unusable or too large, too many lookups at once), unless "
      .. "they were invalid when last looked up. Each is logged, counted and "
      .. "marked: the response has `X-Gctokens-Unverified: 1`, "
      .. "`ngx.ctx.gctokens.unverified` is `true`, and no identity is passed "
      .. "on" },
  { name = "hide_credentials", type = "boolean", default = false,
    help = "`true`: the application does not get the token" },
  { name = "refusals", type = "refusals", default = "json",
    annotation = "\"json\"|\"nginx\"",
    help = "`\"json\"`: a refused request gets a body of JSON, a call of gRPC "
      .. "its status; `\"nginx\"`: it gets nginx's page for the status, as "
      .. "`error_page` says" },
}
