--- What people read about the options of gctokens.new and of calls, as data: in
-- READMEs, annotations and --help. A script does not load it.
--
--   help           a phrase in Markdown
--   unit           of a number: "s" or "bytes"
--   default_text   what the default is, where it is no constant
--   guard_default  the same of gctokens.guard.new, which reads no environment
--   annotation     the LuaCATS type, where the row's type does not say it all
--   class          the LuaCATS class of a table of fields
--   command        the shell command takes it: name, argument, choices and
--                  help, where they do not follow from the rest (a name
--                  only of an option of one operation)

local ENVIRONMENT = "environment"
local TRUST = "environment, then system"
local PROXY = "environment, as in libcurl"


return {
  region = {
    help = "AWS name (`eu-west-1`), domain (`mypurecloud.ie`) or URL",
    default_text = "environment, then `us-east-1`",
    guard_default = "none, but it or `base_url` is needed",
    command = { argument = "NAME", choices = "regions" },
  },
  base_url = {
    help = "URL of the API, in place of `region`; plain http only to this "
      .. "machine",
    default_text = "from `region`",
    command = { argument = "URL" },
  },
  login_url = {
    help = "URL of the login; needed for client credentials with a `base_url` "
      .. "that is not Genesys' own",
    default_text = "from `region`, or from a `base_url` of Genesys",
    command = { argument = "URL" },
  },
  allow_http = {
    help = "allow plain http to any host; tokens travel in clear text",
    command = {},
  },
  access_token = {
    help = "a string, or `function(reason)` that returns a token, or `nil` and "
      .. "an error",
    default_text = ENVIRONMENT,
  },
  client_id = {
    help = "OAuth client, for the client credentials grant",
    default_text = ENVIRONMENT,
  },
  client_secret = {
    help = "secret of the OAuth client",
    default_text = ENVIRONMENT,
  },
  timeout = { help = "time limit of one attempt", unit = "s", command = {} },
  connect_timeout = {
    help = "time limit to connect, TLS included", unit = "s",
  },
  deadline = {
    help = "time limit of the whole call, every attempt and pause included",
    unit = "s",
    command = {},
  },

  retry = {
    help = "`false`: one attempt only; or a table",
    default_text = "on",
    class = "gctokens.RetryPolicy",
  },
  max_attempts = { help = "requests of one call, the first included" },
  base_delay = {
    help = "upper bound of the first pause, which is random; doubled with each "
      .. "attempt",
    unit = "s",
  },
  max_delay = {
    help = "upper bound of a pause that the server did not ask for",
    unit = "s",
  },
  max_retry_after = {
    help = "a longer `Retry-After` ends the call", unit = "s",
  },

  ca_file = {
    help = "trusted certificates (PEM), of the API and of an https proxy; "
      .. "replaces the system's",
    default_text = TRUST,
    guard_default = "system",
    command = { argument = "FILE" },
  },
  ca_path = {
    help = "directory of trusted certificates, hashed; replaces the system's",
    default_text = TRUST,
    guard_default = "system",
  },
  client_cert = { help = "file of the client certificate (PEM)" },
  client_key = { help = "file of its private key (PEM)" },
  proxy = {
    help = "URL of a proxy; `\"\"`: none",
    default_text = PROXY,
    guard_default = "none",
    command = { argument = "URL" },
  },
  no_proxy = {
    help = "hosts that need no proxy, separated by commas",
    default_text = PROXY,
    guard_default = "none",
  },
  max_response_bytes = {
    help = "a larger response, decompressed, is an error", unit = "bytes",
  },
  max_connections = { help = "connections open at once" },
  headers = {
    help = "extra request headers, for the login, too; not `Authorization` or "
      .. "any that frames the message",
  },
  user_agent = {
    help = "the `User-Agent` header",
    default_text = "`gctokens/<version> libcurl/<version>`",
  },
  on_attempt = {
    help = "`function(event)`, called after every attempt",
    annotation = "fun(event: gctokens.AttemptEvent)",
  },
  loop = {
    help = "how to wait: on luv, on cqueues, or your own way",
    default_text = "by where the code runs",
  },
  transport = {
    help = "a function that does the I/O in place of libcurl",
    default_text = "the engine",
    annotation = "gctokens.Transport",
  },
  env = {
    help = "`false`: read no environment variables, libcurl's for proxies "
      .. "included",
  },

  preserve_idle_ttl = {
    help = "`true`: do not count this call as use of the token",
    command = {},
  },
  validate = {
    help = "`false`: do not check the body, leave that to Genesys",
    default_text = "`true`",
  },
  concurrency = { help = "calls in flight at a time, 1 to 1024", command = {} },
  rate_per_minute = {
    help = "calls per minute, begun at equal intervals; `false`: without a "
      .. "pause",
    command = { name = "rate", help = "calls per minute, or off" },
  },
  on_result = {
    help = "`function(user_id, ok, err)`, called once for each id",
    annotation = "fun(user_id: any, ok: boolean, err: gctokens.Error?)",
  },
  should_stop = {
    help = "`function()`, called before each call and during pauses; `true` "
      .. "ends the run",
    annotation = "fun(): boolean?",
  },
  dedupe_window = {
    help = "for an iterator: an id that is among so many of the last different "
      .. "ids is not sent again",
  },
}
