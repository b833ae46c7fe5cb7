/*
** What is done while memory runs out: the functions of gctokens, the Lua
** layer.
*/
#include "oom_scenarios.h"

static const char prelude[] =
    "gctokens = gctokens or require('gctokens')\n"
    /* Pauses take no time. */
    "blocking, later = require('gctokens.loop.blocking'), 0\n"
    "loop = {wait = blocking.wait, run = blocking.run,\n"
    "  now = function() return blocking.now() + later end,\n"
    "  sleep = function(seconds) later = later + seconds end}\n"
    "function options(extra)\n"
    "  local all = {base_url = base_url, access_token = token, env = false,\n"
    "    deadline = 5, loop = loop,\n"
    "    retry = {max_attempts = 2, base_delay = 0.001, max_delay = 0.001}}\n"
    "  for name, value in pairs(extra or {}) do all[name] = value end\n"
    "  return all\n"
    "end\n"
    "client = client or gctokens.new(options())\n"
    "by_function = options({access_token = function(reason)\n"
    "  return reason == 'needed' and 'invalid' or token\n"
    "end})\n"
    "by_grant = options({login_url = base_url, client_id = client_id,\n"
    "  client_secret = client_secret})\n"
    "by_grant.access_token = nil\n"
    "by_transport = options({transport = function(request)\n"
    "  return {status = 200, headers = {A = 'b'}, body = '{\"a\":1}'}\n"
    "end})\n"
    "sources = {by_function, by_grant, by_transport}\n"
    "for index = 1, 3 do sources[index] = gctokens.new(sources[index]) end\n"
    "assert(sources[3]:get_tokens_me())\n"
    "nobody = '00000000-0000-4000-8000-000000000000'\n"
    "nowhere = options({base_url = 'http://127.0.0.1:1'})\n"
    "with_all = {preserve_idle_ttl = true, timeout = 5, deadline = 5,\n"
    "  headers = {['X-One'] = '1'}, retry = false, access_token = token}\n"
    "events = 0\n"
    "watched = gctokens.new(options({base_url = nowhere.base_url,\n"
    "  on_attempt = function(event) events = events + event.attempt end}))\n"
    "function kind(expected, result, err)\n"
    "  if err and err.kind == expected then return true end\n"
    "  return nil, err or 'no error'\n"
    "end\n"
    "function status(expected, result, err)\n"
    "  if err and err.status == expected then return true end\n"
    "  return nil, err or 'no error'\n"
    "end\n"
    "function raises(words, f, ...)\n"
    "  local ok, message = pcall(f, ...)\n"
    "  if ok then return nil, 'nothing was raised' end\n"
    "  if message:find(words, 1, true) then return true end\n"
    "  error(message, 0)\n"
    "end\n"
    "function revoked(totals)\n"
    "  if totals.not_found == 3 and totals.duplicates == 1 then return true "
    "end\n"
    "  return nil, totals.stopped or totals.error or totals\n"
    "end\n"
    "function failing(list, opts)\n"
    "  local first\n"
    "  opts.on_result = function(_, _, err)\n"
    "    if err and err.status ~= 404 then first = first or err end\n"
    "  end\n"
    "  local totals = client:delete_tokens_of(list, opts)\n"
    "  totals.error = first or totals.on_result_error\n"
    "  return totals\n"
    "end\n"

    /* Every client works afterwards, whatever its source was doing. */
    "function aftermath()\n"
    /* an error of a source is remembered for a second. */
    "  later = later + 2\n"
    "  local all = {client, sources[1], sources[2], sources[3]}\n"
    "  for index = 1, #all do\n"
    "    local result, err = all[index]:get_tokens_me()\n"
    "    if not (err and err.kind == 'closed') then\n"
    "      assert(result, tostring(err))\n"
    "    end\n"
    "    assert(all[index]:stats().in_flight == 0\n"
    "      or all[index].transport, 'a call was left')\n"
    "  end\n"
    "  return true\n"
    "end\n";

#define IDS "{nobody, nobody, '1' .. nobody:sub(2), '2' .. nobody:sub(2)}"

static const struct oom_scenario scenarios[] = {
    {"new", "return gctokens.new(options({headers = {A = 'b'}}))", false},
    {"new, refused",
     "return raises('there is no option', gctokens.new, options({x = 1}))",
     false},
    {"new, by region",
     "local made = gctokens.new({region = 'EU_west_1', env = false})\n"
     "return made.base_url == 'https://api.mypurecloud.ie'",
     false},
    {"client:get_tokens_me", "return client:get_tokens_me()", false},
    {"client:get_tokens_me, all options",
     "return client:get_tokens_me(with_all)", false},
    {"client:head_tokens_me", "return client:head_tokens_me()", false},
    {"client:delete_tokens_me",
     /* When the first response finds no memory, the 401 of the second says
        that the first request has done it. */
     "local _, err, response = client:delete_tokens_me({\n"
     "  access_token = 'invalid'})\n"
     "if response and response.already_deleted then return true end\n"
     "return status(401, nil, err)",
     false},
    {"client:delete_token", "return status(404, client:delete_token(nobody))",
     false},
    {"client:delete_token, refused",
     "return kind('argument', client:delete_token('me'))", false},
    {"client:get_tokens_timeout", "return client:get_tokens_timeout()", false},
    {"client:put_tokens_timeout",
     "return client:put_tokens_timeout({enableIdleTokenTimeout = true,\n"
     "  idleTokenTimeoutSeconds = 3000})",
     false},
    {"client:delete_tokens_of, a list",
     "return revoked(failing(" IDS ", {concurrency = 2,\n"
     "  rate_per_minute = false}))",
     false},
    {"client:delete_tokens_of, an iterator",
     "local index, ids = 0, " IDS "\n"
     "return revoked(failing(function()\n"
     "  index = index + 1\n"
     "  return ids[index]\n"
     "end, {concurrency = 1, rate_per_minute = false}))",
     false},
    {"client:get_access_token", "return client:get_access_token() == token",
     false},
    {"client:warm_up", "return client:warm_up()", false},
    {"client:stats", "return client:stats()", false},
    {"tostring", "return tostring(client)", false},
    {"client:close",
     "client:close()\nreturn kind('closed', client:get_tokens_me())", false},
    {"retried", "return kind('transport', watched:get_tokens_me())", false},
    {"a fresh token after a 401", "return sources[1]:get_tokens_me()", false},
    {"a grant", "return sources[2]:get_tokens_me()", false},
    {"a transport", "return sources[3]:get_tokens_me()", false},
    {"an error as text",
     "local _, err = client:delete_token('timeout')\n"
     "if not gctokens.is_error(err) then return nil, err end\n"
     "local text = tostring(err)\n"
     "if not text:find('operation', 1, true) then return nil, err end\n"
     "return gctokens.array({})",
     false},
};

const struct oom_suite oom_client = {
    prelude,
    scenarios,
    sizeof(scenarios) / sizeof(scenarios[0]),
};
