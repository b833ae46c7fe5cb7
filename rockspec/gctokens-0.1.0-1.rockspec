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
        "csrc/binding/engine_calls.c",
        "csrc/binding/engine_object.c",
        "csrc/binding/error_table.c",
        "csrc/binding/fields.c",
        "csrc/binding/json.c",
        "csrc/binding/result.c",
        "csrc/binding/scratch.c",
        "csrc/binding/settings_table.c",
        "csrc/engine/causes.c",
        "csrc/engine/clock.c",
        "csrc/engine/conclusion.c",
        "csrc/engine/engine.c",
        "csrc/engine/kept.c",
        "csrc/engine/list.c",
        "csrc/engine/multi.c",
        "csrc/engine/preparation.c",
        "csrc/engine/proxy.c",
        "csrc/engine/settings.c",
        "csrc/engine/sockets.c",
        "csrc/engine/transfer.c",
        "csrc/engine/verdict.c",
        "csrc/wire/base_url.c",
        "csrc/wire/buffer.c",
        "csrc/wire/credentials.c",
        "csrc/wire/failure.c",
        "csrc/wire/operations.c",
        "csrc/wire/outcome.c",
        "csrc/wire/redact.c",
        "csrc/wire/request.c",
        "csrc/wire/response.c",
        "csrc/wire/text.c",
      },
      incdirs = { "csrc", "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl", "m" },
    },
    gctokens = "lua/gctokens.lua",
    ["gctokens.call"] = "lua/gctokens/call.lua",
    ["gctokens.checks"] = "lua/gctokens/checks.lua",
    ["gctokens.client"] = "lua/gctokens/client.lua",
    ["gctokens.command"] = "lua/gctokens/command.lua",
    ["gctokens.command.actions.completion"] = "lua/gctokens/command/actions/completion.lua",
    ["gctokens.command.actions.logout"] = "lua/gctokens/command/actions/logout.lua",
    ["gctokens.command.actions.man"] = "lua/gctokens/command/actions/man.lua",
    ["gctokens.command.actions.revoke"] = "lua/gctokens/command/actions/revoke.lua",
    ["gctokens.command.actions.timeout"] = "lua/gctokens/command/actions/timeout.lua",
    ["gctokens.command.actions.timeout_set"] = "lua/gctokens/command/actions/timeout_set.lua",
    ["gctokens.command.actions.token"] = "lua/gctokens/command/actions/token.lua",
    ["gctokens.command.actions.verify"] = "lua/gctokens/command/actions/verify.lua",
    ["gctokens.command.actions.whoami"] = "lua/gctokens/command/actions/whoami.lua",
    ["gctokens.command.bash_completion"] = "lua/gctokens/command/bash_completion.lua",
    ["gctokens.command.columns"] = "lua/gctokens/command/columns.lua",
    ["gctokens.command.completion"] = "lua/gctokens/command/completion.lua",
    ["gctokens.command.csv"] = "lua/gctokens/command/csv.lua",
    ["gctokens.command.encoding"] = "lua/gctokens/command/encoding.lua",
    ["gctokens.command.failure"] = "lua/gctokens/command/failure.lua",
    ["gctokens.command.files"] = "lua/gctokens/command/files.lua",
    ["gctokens.command.fish_completion"] = "lua/gctokens/command/fish_completion.lua",
    ["gctokens.command.grammar"] = "lua/gctokens/command/grammar.lua",
    ["gctokens.command.ids"] = "lua/gctokens/command/ids.lua",
    ["gctokens.command.json"] = "lua/gctokens/command/json.lua",
    ["gctokens.command.manual"] = "lua/gctokens/command/manual.lua",
    ["gctokens.command.outcome"] = "lua/gctokens/command/outcome.lua",
    ["gctokens.command.parser"] = "lua/gctokens/command/parser.lua",
    ["gctokens.command.progress"] = "lua/gctokens/command/progress.lua",
    ["gctokens.command.records"] = "lua/gctokens/command/records.lua",
    ["gctokens.command.report"] = "lua/gctokens/command/report.lua",
    ["gctokens.command.results"] = "lua/gctokens/command/results.lua",
    ["gctokens.command.session"] = "lua/gctokens/command/session.lua",
    ["gctokens.command.spool"] = "lua/gctokens/command/spool.lua",
    ["gctokens.command.syntax"] = "lua/gctokens/command/syntax.lua",
    ["gctokens.command.terminal"] = "lua/gctokens/command/terminal.lua",
    ["gctokens.command.timeout_fields"] = "lua/gctokens/command/timeout_fields.lua",
    ["gctokens.command.user_id"] = "lua/gctokens/command/user_id.lua",
    ["gctokens.command.values"] = "lua/gctokens/command/values.lua",
    ["gctokens.command.zsh_completion"] = "lua/gctokens/command/zsh_completion.lua",
    ["gctokens.endpoints"] = "lua/gctokens/endpoints.lua",
    ["gctokens.environment"] = "lua/gctokens/environment.lua",
    ["gctokens.errors"] = "lua/gctokens/errors.lua",
    ["gctokens.guard"] = "lua/gctokens/guard.lua",
    ["gctokens.guard.admission"] = "lua/gctokens/guard/admission.lua",
    ["gctokens.guard.answers"] = "lua/gctokens/guard/answers.lua",
    ["gctokens.guard.attempt"] = "lua/gctokens/guard/attempt.lua",
    ["gctokens.guard.bearer"] = "lua/gctokens/guard/bearer.lua",
    ["gctokens.guard.breaker"] = "lua/gctokens/guard/breaker.lua",
    ["gctokens.guard.cache"] = "lua/gctokens/guard/cache.lua",
    ["gctokens.guard.clock"] = "lua/gctokens/guard/clock.lua",
    ["gctokens.guard.counters"] = "lua/gctokens/guard/counters.lua",
    ["gctokens.guard.faults"] = "lua/gctokens/guard/faults.lua",
    ["gctokens.guard.flights"] = "lua/gctokens/guard/flights.lua",
    ["gctokens.guard.identity"] = "lua/gctokens/guard/identity.lua",
    ["gctokens.guard.lease"] = "lua/gctokens/guard/lease.lua",
    ["gctokens.guard.lookup"] = "lua/gctokens/guard/lookup.lua",
    ["gctokens.guard.metrics"] = "lua/gctokens/guard/metrics.lua",
    ["gctokens.guard.phases"] = "lua/gctokens/guard/phases.lua",
    ["gctokens.guard.recent"] = "lua/gctokens/guard/recent.lua",
    ["gctokens.guard.refusals"] = "lua/gctokens/guard/refusals.lua",
    ["gctokens.guard.revocation"] = "lua/gctokens/guard/revocation.lua",
    ["gctokens.guard.revoked"] = "lua/gctokens/guard/revoked.lua",
    ["gctokens.guard.room"] = "lua/gctokens/guard/room.lua",
    ["gctokens.guard.rules"] = "lua/gctokens/guard/rules.lua",
    ["gctokens.guard.secret"] = "lua/gctokens/guard/secret.lua",
    ["gctokens.guard.settings"] = "lua/gctokens/guard/settings.lua",
    ["gctokens.guard.slots"] = "lua/gctokens/guard/slots.lua",
    ["gctokens.guard.upstream"] = "lua/gctokens/guard/upstream.lua",
    ["gctokens.guard.verdict"] = "lua/gctokens/guard/verdict.lua",
    ["gctokens.iso8601"] = "lua/gctokens/iso8601.lua",
    ["gctokens.loop.blocking"] = "lua/gctokens/loop/blocking.lua",
    ["gctokens.loop.nginx"] = "lua/gctokens/loop/nginx.lua",
    ["gctokens.loop.together"] = "lua/gctokens/loop/together.lua",
    ["gctokens.meta.core"] = "lua/gctokens/meta/core.lua",
    ["gctokens.meta.guard"] = "lua/gctokens/meta/guard.lua",
    ["gctokens.meta.types"] = "lua/gctokens/meta/types.lua",
    ["gctokens.nginx_log"] = "lua/gctokens/nginx_log.lua",
    ["gctokens.oauth"] = "lua/gctokens/oauth.lua",
    ["gctokens.options"] = "lua/gctokens/options.lua",
    ["gctokens.pace"] = "lua/gctokens/pace.lua",
    ["gctokens.regions"] = "lua/gctokens/regions.lua",
    ["gctokens.renewal"] = "lua/gctokens/renewal.lua",
    ["gctokens.retry"] = "lua/gctokens/retry.lua",
    ["gctokens.revoke"] = "lua/gctokens/revoke.lua",
    ["gctokens.secrets"] = "lua/gctokens/secrets.lua",
    ["gctokens.spelling"] = "lua/gctokens/spelling.lua",
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
