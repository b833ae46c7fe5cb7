---@meta gctokens.types

--- The shapes of tables, for editors; this file is never loaded.

-- ---- options ---------------------------------------------------------------

-- Written by `make docs`.
-- options: client

---@class gctokens.WarmUpOptions
---@field timeout? number time limit of one attempt; default: 15 s
---@field connect_timeout? number time limit to connect, TLS included; default:
---  5 s
---@field deadline? number time limit of the whole call, every attempt and pause
---  included; default: 60 s
---@field retry? boolean|gctokens.RetryPolicy `false`: one attempt only; or a
---  table; default: on
---@field headers? table<string, string> extra request headers, for the login,
---  too; not `Authorization` or any that frames the message

---@class gctokens.CallOptions: gctokens.WarmUpOptions
---@field access_token? string|fun(reason: string): string?, any a string, or
---  `function(reason)` that returns a token, or `nil` and an error; default:
---  environment

---@class gctokens.GetTokensMeOptions: gctokens.CallOptions
---@field preserve_idle_ttl? boolean `true`: do not count this call as use of
---  the token

---@class gctokens.PutTokensTimeoutOptions: gctokens.CallOptions
---@field validate? boolean `false`: do not check the body, leave that to
---  Genesys; default: `true`

---@class gctokens.DeleteTokensOfOptions: gctokens.CallOptions
---@field concurrency? integer calls in flight at a time, 1 to 1024; default: 8
---@field rate_per_minute? number|false calls per minute, begun at equal
---  intervals; `false`: without a pause; default: 300
---@field on_result? fun(user_id: any, ok: boolean, err: gctokens.Error?)
---  `function(user_id, ok, err)`, called once for each id
---@field should_stop? fun(): boolean? `function()`, called before each call and
---  during pauses; `true` ends the run
---@field dedupe_window? integer for an iterator: an id that is among so many of
---  the last different ids is not sent again; default: 4096

---@class gctokens.Options: gctokens.CallOptions
---@field region? string AWS name (`eu-west-1`), domain (`mypurecloud.ie`), or
---  the https URL of that domain's API, login or web app; default: environment,
---  then `us-east-1`
---@field base_url? string URL of the API, in place of `region`; plain http only
---  to this machine; default: from `region`
---@field login_url? string URL of the login; needed for client credentials with
---  a `base_url` that is not Genesys' own; default: from `region`, or from a
---  `base_url` of Genesys
---@field allow_http? boolean allow plain http to any host; tokens travel in
---  clear text; default: `false`
---@field client_id? string OAuth client, for the client credentials grant;
---  default: environment
---@field client_secret? string secret of the OAuth client; default: environment
---@field ca_file? string trusted certificates (PEM), of the API and of an https
---  proxy; replaces the system's; default: environment, then system
---@field ca_path? string directory of trusted certificates, hashed; replaces
---  the system's; default: environment, then system
---@field client_cert? string file of the client certificate (PEM)
---@field client_key? string file of its private key (PEM)
---@field proxy? string URL of a proxy; `""`: none; default: environment, as in
---  libcurl
---@field no_proxy? string hosts that need no proxy, separated by commas;
---  default: environment, as in libcurl
---@field max_response_bytes? integer a larger response, decompressed, is an
---  error; default: 1048576 bytes
---@field max_connections? integer connections open at once; default: 64
---@field user_agent? string the `User-Agent` header; default:
---  `gctokens/<version> libcurl/<version>`
---@field on_attempt? fun(event: gctokens.AttemptEvent) `function(event)`,
---  called after every attempt
---@field loop? gctokens.Loop how to wait: on luv, on cqueues, or your own way;
---  default: by where the code runs
---@field transport? gctokens.Transport a function that does the I/O in place of
---  libcurl; default: the engine
---@field env? boolean `false`: read no environment variables, libcurl's for
---  proxies included; default: `true`

---@class gctokens.RetryPolicy
---@field max_attempts? integer requests of one call, the first included;
---  default: 4
---@field base_delay? number upper bound of the first pause, which is random;
---  doubled with each attempt; default: 0.25 s
---@field max_delay? number upper bound of a pause that the server did not ask
---  for; default: 8 s
---@field max_retry_after? number a longer `Retry-After` ends the call; default:
---  180 s

-- /options

---@class gctokens.Loop
---@field now fun(): number seconds on a clock that only goes forward
---@field sleep fun(seconds: number) returns no earlier than that
---@field wait fun(engine: gctokens.Engine, id: integer): any, table?, table?
---  returns what the call `id` ended with: result, err, response
---@field is_blocking? boolean true: nothing goes on while a call waits, so the
---  engine makes it in one step, without `wait`
---@field start_call? fun(engine: gctokens.Engine, operation: string, ...): integer?, table?
---  starts a call when it is time: engine:start(operation, ...)
---@field close_engine? fun(engine: gctokens.Engine) called before a client closes its
---  engine: ends what waits for calls of it
---@field event? fun(): gctokens.Event where there are calls at the same time:
---  how one waits for what another one does
---@field detach? fun(work: function, ...: any): boolean runs work(...) soon,
---  even if its caller ends before; false: cannot now. True is no promise
---@field run? fun(client: gctokens.Client, count: integer, body: fun(client: gctokens.Client))
---  runs `count` light threads of the body to their end, each with a client
---  whose loop lets the others go on; without it there is one thread

--- Something that happens once.
---@class gctokens.Event
---@field wait fun(event: gctokens.Event, seconds: number?): boolean whether it
---  was set; false after that time without
---@field set fun(event: gctokens.Event) wakes all who wait, now and later

--- Makes one request and returns its response, or nil and why there is none.
--- May yield; an error that it raises goes through to the caller of the
--- operation.
---@alias gctokens.Transport fun(request: gctokens.TransportRequest): gctokens.TransportResponse?, string|gctokens.TransportError|nil

---@class gctokens.TransportRequest
---@field method string
---@field url string
---@field headers table<string, string> the credentials among them
---@field body string? nil: send none
---@field timeout number seconds, what is left for this attempt
---@field connect_timeout number seconds

---@class gctokens.TransportResponse
---@field status integer 100 to 999
---@field headers table<string, string|string[]>? in any letter case
---@field body string? decompressed

---@class gctokens.TransportError
---@field kind "transport"|"timeout"|"tls"|"proxy"|nil the last two are not
---  tried again, but for a proxy_status from 500 on
---@field message string?
---@field proxy_status integer? what a proxy has answered

-- ---- results ---------------------------------------------------------------

---@class gctokens.Response
---@field status integer? HTTP status; absent when no response came
---@field correlation_id string? ININ-Correlation-Id
---@field attempts integer requests made for this call
---@field elapsed number seconds, the whole call
---@field sent integer how often the last attempt was put on a connection; 1
---  with a transport
---@field headers table<string, string> lower-case names; made when asked for
---@field raw_headers string the header block as it came
---@field queued number? seconds that the last attempt waited for a free
---  connection; absent when it did not
---@field rate_limit gctokens.RateLimit? from the inin-ratelimit-* headers
---@field already_deleted boolean? see Client:delete_tokens_me
---@field on_attempt_error any what the on_attempt function raised

---@class gctokens.RateLimit
---@field count integer? requests used in this window
---@field allowed integer? requests allowed in a window
---@field reset integer? seconds until the next window

---@class gctokens.RevocationTotals
---@field done integer users whose tokens were revoked
---@field not_found integer users that do not exist (404)
---@field failed integer all others that were reported
---@field duplicates integer ids that had come before
---@field remaining integer? ids not tried; absent with an iterator
---@field attempts integer requests made
---@field elapsed number seconds
---@field stopped gctokens.Error? what stopped the run early
---@field cancelled true? should_stop said so
---@field on_result_error any what on_result raised first

---@class gctokens.AttemptEvent
---@field operation string
---@field attempt integer 1 for the first
---@field status integer? HTTP status
---@field kind gctokens.ErrorKind? absent when the attempt succeeded
---@field cause string? libcurl's name for it
---@field seconds number this attempt took
---@field correlation_id string?
---@field rate_limit gctokens.RateLimit?
---@field retry_after number? seconds the server asks to wait
---@field pause number? seconds until the next attempt; absent: no more

---@class gctokens.Error
---@field kind gctokens.ErrorKind what went wrong; branch on this
---@field operation string name of the operation, "delete_token"
---@field message string one line, lower case; its wording may change
---@field reason string the message without what was attempted
---@field option string? the argument or option at fault
---@field origin string? where that option's value is from, if not from the
---  caller's code: an environment variable, the access_token function
---@field proxy_status integer? what a proxy answered in place of a tunnel
---@field status integer? HTTP status, when there was an answer
---@field code string? Genesys' error code ("bad.credentials"), or OAuth's
---@field context_id string? Genesys' id for this error
---@field correlation_id string? ININ-Correlation-Id, for Genesys' support
---@field retry_after number? seconds the server asks to wait
---@field attempts integer requests made, 0 when none was
---@field retryable boolean whether trying again may help
---@field details table? list of Genesys' Detail objects
---@field errors table? list of Genesys' nested ErrorBody objects
---@field limit table? Genesys' Limit: which limit was hit
---@field body string? the response with its credentials redacted, cut at 4096
---  bytes
---@field cause string? libcurl's name for it, "COULDNT_CONNECT"; none with a
---  transport
---@field response gctokens.Response? what is known of the last attempt

---@alias gctokens.ErrorKind
---| "argument"  # refused before anything was sent
---| "transport" # no usable HTTP response
---| "timeout"   # an attempt's or the whole call's time was up
---| "tls"       # certificate or host name not verified: never; a handshake that broke off: tried again
---| "proxy"     # a proxy refused the tunnel; a 4xx is never tried again
---| "api"       # Genesys answered with a status other than 2xx
---| "protocol"  # a 2xx whose body is not what the operation promises
---| "auth"      # a token could not be had from its source
---| "closed"    # the client is closed
---| "store"     # of a guard: the shared dict did not take the mark of an invalidation
---| "fleet"     # of a guard: the other machines were not told yet
---| "invalid_request"|"invalid_token"|"insufficient_scope"|"rate_limited"|"unavailable" # of guard:check

-- ---- on the wire -----------------------------------------------------------

-- What travels on the wire, with the wire's names. All fields are optional
-- unless marked; Genesys may add some.

---@class gctokens.NamedEntity
---@field id string?
---@field name string?

---@class gctokens.TokenInfo
---@field organization gctokens.NamedEntity?
---@field homeOrganization gctokens.NamedEntity?
---@field authorizedScope string[]?
---@field clonedUser { id: string?, organization: { id: string? }? }?
---@field dateTokenIdles string? ISO 8601, when the token is due to expire
---@field OAuthClient gctokens.OAuthClient?

---@class gctokens.OAuthClient
---@field id string?
---@field name string
---@field dateCreated string?
---@field dateModified string?
---@field createdBy table?
---@field modifiedBy table?
---@field authorizedGrantType "CODE"|"TOKEN"|"SAML2-BEARER"|"PASSWORD"|"CLIENT-CREDENTIALS"
---@field scope string[]?
---@field roleDivisions { roleId: string, divisionId: string }[]?
---@field state "active"|"disabled"|"inactive"|nil
---@field dateToDelete string?
---@field organization gctokens.NamedEntity?

---@class gctokens.IdleTokenTimeout
---@field idleTokenTimeoutSeconds integer? 300 to 28800; 900 with HIPAA
---@field enableIdleTokenTimeout boolean?
---@field inactivityTimeoutUnit "Minutes"|"Hours"|nil
---@field inactivityTimeoutGroupsEnabled boolean?
---@field inactivityTimeoutGroupBundles gctokens.GroupBundle[]?

---@class gctokens.GroupBundle
---@field priority integer 1 to 5
---@field timeoutSeconds integer 300 to 28800
---@field inactivityTimeoutUnit "Minutes"|"Hours"|nil
---@field groups string[] group ids

return {}
