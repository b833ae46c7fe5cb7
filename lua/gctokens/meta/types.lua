---@meta gctokens.types

--- The shapes of tables, for editors; this file is never loaded.

-- ---- options ---------------------------------------------------------------

---@class gctokens.WarmUpOptions
---@field timeout? number seconds, one attempt
---@field connect_timeout? number seconds
---@field deadline? number seconds, every attempt and pause together
---@field retry? boolean|table see gctokens.RetryPolicy
---@field headers? table<string, string>

---@class gctokens.CallOptions: gctokens.WarmUpOptions
---@field access_token? string|fun(reason: string): string?, any

---@class gctokens.GetTokensMeOptions: gctokens.CallOptions
---@field preserve_idle_ttl? boolean true: this look does not count as use

---@class gctokens.PutTokensTimeoutOptions: gctokens.CallOptions
---@field validate? boolean false: leave all judgement of the body to Genesys

---@class gctokens.DeleteTokensOfOptions: gctokens.CallOptions
---@field concurrency? integer calls in flight, 1 to 1024; default 8
---@field rate_per_minute? number|false default 300; false: as fast as it goes
---@field on_result? fun(user_id: any, ok: boolean, err: gctokens.Error?)
---@field should_stop? fun(): boolean? asked before each call and in pauses
---@field dedupe_window? integer for an iterator: among how many of the last
---  different ids one is recognised that comes again; default 4096

---@class gctokens.Options: gctokens.CallOptions
---@field region? string AWS name, domain or URL; default us-east-1
---@field base_url? string overrides region; https, or http to this machine
---@field login_url? string default: next to the API of Genesys' own hosts
---@field allow_http? boolean allow clear text to any host
---@field client_id? string
---@field client_secret? string
---@field ca_file? string trusted certificates, PEM; replaces the system's
---@field ca_path? string directory of them, hashed; replaces the system's
---@field client_cert? string file, PEM
---@field client_key? string file, PEM
---@field proxy? string URL; "" means none; default: as in libcurl
---@field no_proxy? string hosts, separated by commas
---@field max_response_bytes? integer default 1 MiB
---@field max_connections? integer default 64
---@field user_agent? string
---@field on_attempt? fun(event: gctokens.AttemptEvent)
---@field loop? gctokens.Loop how to wait
---@field transport? gctokens.Transport does the I/O in place of the engine
---@field env? boolean false: read no environment variables

---@class gctokens.RetryPolicy
---@field max_attempts integer requests of one call, the first included
---@field base_delay number seconds; the first pause is random below this
---@field max_delay number seconds; no pause of ours is longer
---@field max_retry_after number seconds; a longer Retry-After ends the call

---@class gctokens.Loop
---@field now fun(): number seconds on a clock that only goes forward
---@field sleep fun(seconds: number) returns no earlier than that
---@field wait fun(engine: gctokens.Engine, id: integer): any, table?, table?
---  returns what the call `id` ended with: result, err, response
---@field event? fun(): gctokens.Event where there are calls at the same time:
---  how one waits for what another one does
---@field detach? fun(work: function, ...: any): boolean runs work(...) soon,
---  apart from its caller's life; false: cannot now. True is no promise
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
---@alias gctokens.Transport fun(request: gctokens.TransportRequest): gctokens.TransportReply?, string|gctokens.TransportError|nil

---@class gctokens.TransportRequest
---@field method string
---@field url string
---@field headers table<string, string> the credentials among them
---@field body string? nil: send none
---@field timeout number seconds, what is left for this attempt
---@field connect_timeout number seconds

---@class gctokens.TransportReply
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
---| "store"     # a guard's: the shared dict has no room for a note
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
