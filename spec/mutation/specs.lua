--- Which specs should notice a change of a source: first those of the file
-- itself, which are fast, and then those of all that stands on it.

local system = require("spec.support.system")

local specs = {}


-- What a file's name fits, where its own spec is by that name, and what else
-- is run when that one notices nothing.
local BY_NAME = {
  {
    "^csrc/wire/(.*)%.[ch]$", "spec/c/%1_test.c",
    { "spec/c", "spec/binding spec/engine spec/lua" },
  },
  {
    "^csrc/engine/(.*)%.[ch]$", "spec/c/%1_test.c",
    { "spec/c", "spec/binding spec/engine spec/lua", "spec/faults" },
  },
  {
    "^csrc/binding/(.*)%.[ch]$", "spec/binding/%1_spec.lua",
    { "spec/binding spec/engine spec/lua", "spec/properties" },
  },
  {
    "^lua/gctokens/cli/commands/(.*)%.lua$", "spec/cli/%1_spec.lua",
    { "spec/cli" },
  },
  {
    "^lua/gctokens/cli/(.*)%.lua$", "spec/cli/%1_spec.lua",
    { "spec/cli" },
  },
  {
    "^lua/gctokens/guard/fleet/(.*)%.lua$", "spec/fleet/%1_spec.lua",
    { "spec/fleet" },
  },
  {
    "^lua/gctokens/guard/.-([^/]+)%.lua$", "spec/nginx/guard_%1_spec.lua",
    { "spec/nginx" },
  },
  {
    "^lua/gctokens/loop/(.*)%.lua$", "spec/lua/%1_spec.lua",
    { "spec/lua spec/nginx" },
  },
  {
    "^lua/(gctokens)%.lua$", "spec/lua/%1_spec.lua", { "spec/lua" },
  },
  {
    "^lua/gctokens/(.*)%.lua$", "spec/lua/%1_spec.lua",
    { "spec/lua spec/binding spec/engine", "spec/cli spec/nginx" },
  },
}

-- Those that have no spec by their name, or more than that one.
local OWN = {
  ["csrc/binding/engine_options.c"] = "spec/binding/engine_options_spec.lua",
  ["csrc/binding/misuse.c"] = "spec/binding/arguments_spec.lua",
  ["csrc/binding/module.c"] = "spec/binding/core_spec.lua",
  ["csrc/binding/read_table.c"] = "spec/binding/arguments_spec.lua "
    .. "spec/binding/engine_options_spec.lua",
  ["csrc/binding/request_functions.c"] = "spec/binding/core_spec.lua "
    .. "spec/binding/check_spec.lua",
  ["csrc/binding/request_userdata.c"] = "spec/lua/transport_spec.lua "
    .. "spec/binding/core_spec.lua",
  ["csrc/binding/response_functions.c"] = "spec/binding/core_spec.lua "
    .. "spec/binding/redact_spec.lua spec/lua/transport_spec.lua",
  ["csrc/binding/engine_methods.c"] = "spec/binding/engine_userdata_spec.lua "
    .. "spec/binding/core_spec.lua",
  ["csrc/binding/error_table.c"] = "spec/binding/result_spec.lua "
    .. "spec/binding/core_spec.lua",
  ["csrc/binding/scratch.c"] = "spec/binding/core_spec.lua",
  ["csrc/engine/curl_result.c"] = "spec/c/transfer_test.c",
  ["csrc/engine/multi.c"] = "spec/c/engine_test.c",
  ["csrc/engine/proxy.c"] = "spec/c/transfer_test.c spec/c/options_test.c",
  ["csrc/engine/transfer_done.c"] = "spec/c/transfer_test.c",
  ["csrc/engine/transfer_setup.c"] = "spec/c/transfer_test.c",
  ["csrc/wire/credentials.c"] = "spec/c/request_test.c "
    .. "spec/c/request_headers_test.c",
  ["lua/gctokens/cli.lua"] = "spec/cli/exit_spec.lua spec/cli/output_spec.lua",
  ["lua/gctokens/cli/bash_completion.lua"] = "spec/cli/completion_spec.lua",
  ["lua/gctokens/cli/columns.lua"] = "spec/cli/revoke_lists_spec.lua",
  ["lua/gctokens/cli/commands/man.lua"] = "spec/cli/manual_spec.lua",
  ["lua/gctokens/cli/commands/timeout_set.lua"] = "spec/cli/timeout_spec.lua",
  ["lua/gctokens/cli/confirmation.lua"] = "spec/cli/revoke_terminal_spec.lua",
  ["lua/gctokens/cli/csv.lua"] = "spec/cli/revoke_lists_spec.lua",
  ["lua/gctokens/cli/files.lua"] = "spec/cli/token_spec.lua "
    .. "spec/cli/revoke_resume_spec.lua",
  ["lua/gctokens/cli/fish_completion.lua"] = "spec/cli/completion_spec.lua",
  ["lua/gctokens/cli/grammar.lua"] = "spec/cli/usage_spec.lua "
    .. "spec/cli/completion_spec.lua",
  ["lua/gctokens/cli/ids.lua"] = "spec/cli/revoke_input_spec.lua "
    .. "spec/cli/revoke_lists_spec.lua",
  ["lua/gctokens/cli/parser.lua"] = "spec/cli/usage_spec.lua",
  ["lua/gctokens/cli/records.lua"] = "spec/cli/revoke_lists_spec.lua",
  ["lua/gctokens/cli/report.lua"] = "spec/cli/revoke_spec.lua",
  ["lua/gctokens/cli/result_line.lua"] = "spec/cli/revoke_spec.lua "
    .. "spec/cli/revoke_resume_spec.lua",
  ["lua/gctokens/cli/results.lua"] = "spec/cli/revoke_resume_spec.lua",
  ["lua/gctokens/cli/resumption.lua"] = "spec/cli/revoke_resume_spec.lua",
  ["lua/gctokens/cli/revocation.lua"] = "spec/cli/revoke_spec.lua",
  ["lua/gctokens/cli/shell.lua"] = "spec/cli/completion_spec.lua",
  ["lua/gctokens/cli/spool.lua"] = "spec/cli/revoke_input_spec.lua",
  ["lua/gctokens/cli/summary.lua"] = "spec/cli/revoke_spec.lua",
  ["lua/gctokens/cli/syntax.lua"] = "spec/cli/usage_spec.lua",
  ["lua/gctokens/cli/terminal.lua"] = "spec/cli/revoke_terminal_spec.lua",
  ["lua/gctokens/cli/timeout_fields.lua"] = "spec/cli/timeout_spec.lua",
  ["lua/gctokens/cli/user_id.lua"] = "spec/cli/revoke_input_spec.lua",
  ["lua/gctokens/cli/zsh_completion.lua"] = "spec/cli/completion_spec.lua",
  ["lua/gctokens/endpoints.lua"] = "spec/lua/trust_spec.lua "
    .. "spec/lua/options_spec.lua",
  ["lua/gctokens/environment.lua"] = "spec/lua/options_spec.lua",
  ["lua/gctokens/guard.lua"] = "spec/nginx/guard_spec.lua",
  ["lua/gctokens/guard/request/admission.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_defences_spec.lua",
  ["lua/gctokens/guard/request/bearer.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_attacks_spec.lua",
  ["lua/gctokens/guard/cache.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_life_spec.lua",
  ["lua/gctokens/guard/cache/changes.lua"] = "spec/lua/guard_changes_spec.lua "
    .. "spec/nginx/guard_eviction_spec.lua",
  ["lua/gctokens/guard/lookup/client_call.lua"] =
    "spec/nginx/guard_faults_spec.lua spec/nginx/guard_defences_spec.lua",
  ["lua/gctokens/guard/clock.lua"] = "spec/nginx/guard_life_spec.lua",
  ["lua/gctokens/guard/request/denials.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_attacks_spec.lua",
  ["lua/gctokens/guard/dict/usage.lua"] =
    "spec/lua/guard_dict_usage_spec.lua spec/nginx/guard_eviction_spec.lua",
  ["lua/gctokens/guard/errors.lua"] = "spec/nginx/guard_faults_spec.lua",
  ["lua/gctokens/guard/lookup/tasks.lua"] = "spec/nginx/guard_load_spec.lua "
    .. "spec/nginx/guard_life_spec.lua",
  ["lua/gctokens/guard/dict/hash_secret.lua"] =
    "spec/nginx/guard_defences_spec.lua",
  ["lua/gctokens/guard/cache/identity.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_expect_spec.lua",
  ["lua/gctokens/guard/request/identity_headers.lua"] =
    "spec/nginx/guard_spec.lua spec/nginx/guard_attacks_spec.lua",
  ["lua/gctokens/guard/lookup.lua"] = "spec/nginx/guard_faults_spec.lua "
    .. "spec/nginx/guard_load_spec.lua",
  ["lua/gctokens/guard/cache/marks.lua"] = "spec/nginx/guard_life_spec.lua "
    .. "spec/nginx/guard_defences_spec.lua "
    .. "spec/nginx/guard_eviction_spec.lua",
  ["lua/gctokens/guard/cache/negative_entries.lua"] =
    "spec/nginx/guard_known_invalid_spec.lua",
  ["lua/gctokens/guard/phases.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_subrequests_spec.lua",
  ["lua/gctokens/guard/dict/pinned_dict.lua"] =
    "spec/lua/guard_pinned_dict_spec.lua spec/nginx/guard_metrics_spec.lua",
  ["lua/gctokens/guard/request/policy.lua"] = "spec/nginx/guard_spec.lua "
    .. "spec/nginx/guard_expect_spec.lua",
  ["lua/gctokens/guard/status/prometheus.lua"] =
    "spec/lua/guard_prometheus_spec.lua spec/nginx/guard_metrics_spec.lua",
  ["lua/gctokens/guard/request/denial_response.lua"] =
    "spec/nginx/guard_refusals_spec.lua spec/nginx/guard_protocols_spec.lua",
  ["lua/gctokens/guard/lookup/revocation.lua"] =
    "spec/nginx/guard_life_spec.lua",
  ["lua/gctokens/guard/cache/revoked_tokens.lua"] =
    "spec/nginx/guard_life_spec.lua",
  ["lua/gctokens/guard/lookup/verdict.lua"] = "spec/lua/guard_verdict_spec.lua "
    .. "spec/nginx/guard_faults_spec.lua "
    .. "spec/nginx/guard_unauthorised_spec.lua",
  ["lua/gctokens/loop/blocking.lua"] = "spec/lua/loop_spec.lua",
  ["lua/gctokens/loop/cqueues.lua"] = "spec/loops",
  ["lua/gctokens/loop/evented.lua"] = "spec/loops",
  ["lua/gctokens/loop/in_flight.lua"] = "spec/loops "
    .. "spec/nginx/failing_engine_spec.lua",
  ["lua/gctokens/loop/luv.lua"] = "spec/loops",
  ["lua/gctokens/loop/nginx.lua"] = "spec/nginx/client_spec.lua",
  ["lua/gctokens/nginx_log.lua"] = "spec/nginx/nginx_log_spec.lua",
  ["lua/gctokens/call_options.lua"] = "spec/lua/options_spec.lua",
  ["lua/gctokens/options/client.lua"] = "spec/lua/options_spec.lua",
  ["lua/gctokens/options/client_help.lua"] =
    "spec/documentation/generated_spec.lua",
  ["lua/gctokens/options/described.lua"] =
    "spec/documentation/generated_spec.lua",
  ["lua/gctokens/options/guard.lua"] = "spec/nginx/guard_options_spec.lua",
  ["lua/gctokens/options/operations.lua"] = "spec/lua/options_spec.lua",
  ["lua/gctokens/options/policy.lua"] = "spec/nginx/guard_options_spec.lua",
  ["lua/gctokens/options.lua"] = "spec/lua/options_spec.lua "
    .. "spec/lua/proxy_spec.lua",
  ["lua/gctokens/validate.lua"] = "spec/lua/options_spec.lua",
}

-- Neither is run: documentation, and what only names a version or a symbol.
local EXCLUDED = {
  "^lua/gctokens/meta/", "^csrc/version%.h$", "^csrc/wire/visibility%.h$",
}


local function own_specs(tree, file, pattern, own)
  local named = file:gsub(pattern, own)
  return OWN[file] or system.read(tree .. "/" .. named) and named
end


--- Whether a source is to be mutated.
---@param file string
---@return boolean
function specs.covers(file)
  for _, pattern in ipairs(EXCLUDED) do
    if file:find(pattern) then
      return false
    end
  end
  return true
end


-- A command for the shell that fails when one of the specs, files or folders of
-- one kind, does.
local function command_for(names)
  if names == "spec/c" then
    return "spec/c/run"
  elseif names:find("^spec/c/") then
    return "spec/c/run " .. names:gsub("spec/c/(%S+)%.c", "%1")
  end
  local run = names:find("^spec/fleet") and "--run=fleet " or ""
  return "spec/support/test lua5.4 --no-keep-going " .. run .. names
end


--- What to run for a source, one after another while nothing is noticed.
---@param tree string where the specs are
---@param file string
---@return string[] commands of the shell
function specs.commands(tree, file)
  for _, row in ipairs(BY_NAME) do
    local pattern, own, wider = row[1], row[2], row[3]
    if file:find(pattern) then
      local commands = {}
      local first = own_specs(tree, file, pattern, own)
      if first then
        commands[1] = command_for(first)
      end
      for _, names in ipairs(wider) do
        commands[#commands + 1] = command_for(names)
      end
      return commands
    end
  end
  error("no specs are known for " .. file, 0)
end


return specs
