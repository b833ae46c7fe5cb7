rockspec_format = "3.0"
package = "gctokens"

local release = "0.1.0"

version = release .. "-1"

source = {
  url = "git+https://github.com/gctokens/gctokens",
  tag = "v" .. release,
}

description = {
  summary = "Genesys Cloud Tokens API: check, revoke and time out tokens",
  detailed = [[
    Who is this bearer token, is it alive, kill it, kill all tokens of a user,
    read and set the organisation's idle-token timeout. A C core on libcurl's
    multi interface with a thin Lua layer for retries and errors.
  ]],
  homepage = "https://github.com/gctokens/gctokens",
  license = "MIT",
  labels = { "genesys", "http", "oauth", "token" },
}

dependencies = {
  "lua >= 5.1, < 5.6",
  "lua-cjson >= 2.1.0", -- JSON; 2.1.0 is what Debian ships
  "argparse >= 0.7.1", -- the command's options; the library needs it not
}

-- No header is named: Debian keeps curl/curl.h in a directory that LuaRocks
-- does not search, but the compiler does.
external_dependencies = {
  CURL = { library = "curl" },
}

build = {
  type = "builtin",
  modules = {
    ["gctokens.core"] = {
      sources = {
        "csrc/binding/arguments.c",
        "csrc/binding/body.c",
        "csrc/binding/bytes.c",
        "csrc/binding/core.c",
        "csrc/binding/engine_methods.c",
        "csrc/binding/engine_userdata.c",
        "csrc/binding/error_table.c",
        "csrc/binding/fields.c",
        "csrc/binding/json.c",
        "csrc/binding/result.c",
        "csrc/binding/scratch.c",
        "csrc/binding/options_table.c",
        "csrc/engine/curl_errors.c",
        "csrc/engine/clock.c",
        "csrc/engine/transfer_done.c",
        "csrc/engine/engine.c",
        "csrc/engine/idle_connections.c",
        "csrc/engine/list.c",
        "csrc/engine/multi.c",
        "csrc/engine/transfer_setup.c",
        "csrc/engine/proxy.c",
        "csrc/engine/options.c",
        "csrc/engine/sockets.c",
        "csrc/engine/transfer.c",
        "csrc/engine/curl_result.c",
        "csrc/wire/base_url.c",
        "csrc/wire/buffer.c",
        "csrc/wire/credentials.c",
        "csrc/wire/error.c",
        "csrc/wire/operations.c",
        "csrc/wire/outcome.c",
        "csrc/wire/redact.c",
        "csrc/wire/request.c",
        "csrc/wire/response.c",
        "csrc/wire/slice.c",
      },
      incdirs = { "csrc", "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl", "m" },
    },
    gctokens = "lua/gctokens.lua",
    ["gctokens.call"] = "lua/gctokens/call.lua",
    ["gctokens.call_options"] = "lua/gctokens/call_options.lua",
    ["gctokens.validate"] = "lua/gctokens/validate.lua",
    ["gctokens.client"] = "lua/gctokens/client.lua",
    ["gctokens.cli"] = "lua/gctokens/cli.lua",
    ["gctokens.cli.commands.completion"] = "lua/gctokens/cli/commands/completion.lua",
    ["gctokens.cli.commands.logout"] = "lua/gctokens/cli/commands/logout.lua",
    ["gctokens.cli.commands.man"] = "lua/gctokens/cli/commands/man.lua",
    ["gctokens.cli.commands.revoke"] = "lua/gctokens/cli/commands/revoke.lua",
    ["gctokens.cli.commands.timeout"] = "lua/gctokens/cli/commands/timeout.lua",
    ["gctokens.cli.commands.timeout_set"] = "lua/gctokens/cli/commands/timeout_set.lua",
    ["gctokens.cli.commands.token"] = "lua/gctokens/cli/commands/token.lua",
    ["gctokens.cli.commands.verify"] = "lua/gctokens/cli/commands/verify.lua",
    ["gctokens.cli.commands.whoami"] = "lua/gctokens/cli/commands/whoami.lua",
    ["gctokens.cli.bash_completion"] = "lua/gctokens/cli/bash_completion.lua",
    ["gctokens.cli.columns"] = "lua/gctokens/cli/columns.lua",
    ["gctokens.cli.completion"] = "lua/gctokens/cli/completion.lua",
    ["gctokens.cli.csv"] = "lua/gctokens/cli/csv.lua",
    ["gctokens.cli.encoding"] = "lua/gctokens/cli/encoding.lua",
    ["gctokens.cli.exit"] = "lua/gctokens/cli/exit.lua",
    ["gctokens.cli.files"] = "lua/gctokens/cli/files.lua",
    ["gctokens.cli.fish_completion"] = "lua/gctokens/cli/fish_completion.lua",
    ["gctokens.cli.grammar"] = "lua/gctokens/cli/grammar.lua",
    ["gctokens.cli.ids"] = "lua/gctokens/cli/ids.lua",
    ["gctokens.cli.json"] = "lua/gctokens/cli/json.lua",
    ["gctokens.cli.manual"] = "lua/gctokens/cli/manual.lua",
    ["gctokens.cli.result_line"] = "lua/gctokens/cli/result_line.lua",
    ["gctokens.cli.parser"] = "lua/gctokens/cli/parser.lua",
    ["gctokens.cli.progress"] = "lua/gctokens/cli/progress.lua",
    ["gctokens.cli.records"] = "lua/gctokens/cli/records.lua",
    ["gctokens.cli.report"] = "lua/gctokens/cli/report.lua",
    ["gctokens.cli.results"] = "lua/gctokens/cli/results.lua",
    ["gctokens.cli.client"] = "lua/gctokens/cli/client.lua",
    ["gctokens.cli.client_options"] = "lua/gctokens/cli/client_options.lua",
    ["gctokens.cli.spool"] = "lua/gctokens/cli/spool.lua",
    ["gctokens.cli.syntax"] = "lua/gctokens/cli/syntax.lua",
    ["gctokens.cli.terminal"] = "lua/gctokens/cli/terminal.lua",
    ["gctokens.cli.timeout_fields"] = "lua/gctokens/cli/timeout_fields.lua",
    ["gctokens.cli.user_id"] = "lua/gctokens/cli/user_id.lua",
    ["gctokens.cli.converters"] = "lua/gctokens/cli/converters.lua",
    ["gctokens.cli.zsh_completion"] = "lua/gctokens/cli/zsh_completion.lua",
    ["gctokens.endpoints"] = "lua/gctokens/endpoints.lua",
    ["gctokens.environment"] = "lua/gctokens/environment.lua",
    ["gctokens.errors"] = "lua/gctokens/errors.lua",
    ["gctokens.guard"] = "lua/gctokens/guard.lua",
    ["gctokens.guard.admission"] = "lua/gctokens/guard/admission.lua",
    ["gctokens.guard.denials"] = "lua/gctokens/guard/denials.lua",
    ["gctokens.guard.attempt"] = "lua/gctokens/guard/attempt.lua",
    ["gctokens.guard.bearer"] = "lua/gctokens/guard/bearer.lua",
    ["gctokens.guard.breaker"] = "lua/gctokens/guard/breaker.lua",
    ["gctokens.guard.cache"] = "lua/gctokens/guard/cache.lua",
    ["gctokens.guard.clock"] = "lua/gctokens/guard/clock.lua",
    ["gctokens.guard.metrics"] = "lua/gctokens/guard/metrics.lua",
    ["gctokens.guard.errors"] = "lua/gctokens/guard/errors.lua",
    ["gctokens.guard.flights"] = "lua/gctokens/guard/flights.lua",
    ["gctokens.guard.identity"] = "lua/gctokens/guard/identity.lua",
    ["gctokens.guard.lease"] = "lua/gctokens/guard/lease.lua",
    ["gctokens.guard.lookup"] = "lua/gctokens/guard/lookup.lua",
    ["gctokens.guard.prometheus"] = "lua/gctokens/guard/prometheus.lua",
    ["gctokens.guard.phases"] = "lua/gctokens/guard/phases.lua",
    ["gctokens.lru"] = "lua/gctokens/lru.lua",
    ["gctokens.guard.negative_entries"] = "lua/gctokens/guard/negative_entries.lua",
    ["gctokens.guard.revocation"] = "lua/gctokens/guard/revocation.lua",
    ["gctokens.guard.revoked_tokens"] = "lua/gctokens/guard/revoked_tokens.lua",
    ["gctokens.guard.room"] = "lua/gctokens/guard/room.lua",
    ["gctokens.guard.policy"] = "lua/gctokens/guard/policy.lua",
    ["gctokens.guard.secret"] = "lua/gctokens/guard/secret.lua",
    ["gctokens.guard.options"] = "lua/gctokens/guard/options.lua",
    ["gctokens.guard.slots"] = "lua/gctokens/guard/slots.lua",
    ["gctokens.guard.identity_headers"] = "lua/gctokens/guard/identity_headers.lua",
    ["gctokens.guard.verdict"] = "lua/gctokens/guard/verdict.lua",
    ["gctokens.iso8601"] = "lua/gctokens/iso8601.lua",
    ["gctokens.loop.blocking"] = "lua/gctokens/loop/blocking.lua",
    ["gctokens.loop.nginx"] = "lua/gctokens/loop/nginx.lua",
    ["gctokens.loop.coroutines"] = "lua/gctokens/loop/coroutines.lua",
    ["gctokens.meta.core"] = "lua/gctokens/meta/core.lua",
    ["gctokens.meta.guard"] = "lua/gctokens/meta/guard.lua",
    ["gctokens.meta.types"] = "lua/gctokens/meta/types.lua",
    ["gctokens.nginx_log"] = "lua/gctokens/nginx_log.lua",
    ["gctokens.oauth"] = "lua/gctokens/oauth.lua",
    ["gctokens.options"] = "lua/gctokens/options.lua",
    ["gctokens.options.client"] = "lua/gctokens/options/client.lua",
    ["gctokens.options.client_help"] = "lua/gctokens/options/client_help.lua",
    ["gctokens.options.described"] = "lua/gctokens/options/described.lua",
    ["gctokens.options.guard"] = "lua/gctokens/options/guard.lua",
    ["gctokens.options.operations"] = "lua/gctokens/options/operations.lua",
    ["gctokens.options.policy"] = "lua/gctokens/options/policy.lua",
    ["gctokens.rate_limiter"] = "lua/gctokens/rate_limiter.lua",
    ["gctokens.regions"] = "lua/gctokens/regions.lua",
    ["gctokens.renewable_token"] = "lua/gctokens/renewable_token.lua",
    ["gctokens.retry"] = "lua/gctokens/retry.lua",
    ["gctokens.revoke"] = "lua/gctokens/revoke.lua",
    ["gctokens.redact"] = "lua/gctokens/redact.lua",
    ["gctokens.suggest"] = "lua/gctokens/suggest.lua",
    ["gctokens.transport"] = "lua/gctokens/transport.lua",
  },
  install = {
    bin = { gctokens = "lua/bin/gctokens" },
  },
}

test_dependencies = { "busted", "luasocket" }

test = {
  type = "command",
  command = "make test",
}
