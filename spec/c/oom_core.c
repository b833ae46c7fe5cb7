/*
** What is done while memory runs out: the functions of gctokens.core.
*/
#include "oom_scenarios.h"

static const char prelude[] =
    "local open = package.preload['gctokens.core']\n"
    "core = core or open('gctokens.core')\n"
    "options = {base_url = base_url, proxy = '', no_proxy = '*',\n"
    "  user_agent = 'oom/1', ca_file = '/none', timeout = 10}\n"
    "engine = engine or core.new(options)\n"
    "with_token = {access_token = token}\n"
    "sent = select(3, core.request('get_tokens_me', {\n"
    "  access_token = token, base_url = base_url}))\n"
    "invalid = {access_token = 'invalid'}\n"
    /* Nobody listens there, so that all calls end at once. */
    "nowhere = {access_token = token, base_url = 'http://127.0.0.1:1'}\n"
    "unknown_user = {access_token = token,\n"
    "  user_id = '00000000-0000-4000-8000-000000000000'}\n"
    "timeouts = {access_token = token, body = {\n"
    "  idleTokenTimeoutSeconds = 3000, enableIdleTokenTimeout = true,\n"
    "  inactivityTimeoutGroupsEnabled = true,\n"
    "  inactivityTimeoutGroupBundles = {{priority = 1,\n"
    "    timeoutSeconds = 600, inactivityTimeoutUnit = 'Minutes',\n"
    "    groups = {'a', 'b'}}, {priority = 2, timeoutSeconds = 900,\n"
    "    groups = {}}}}}\n"
    "client = {client_id = 'id', client_secret = 'wrong'}\n"
    "with_headers = {access_token = token, base_url = 'https://host/',\n"
    "  headers = {['X-One'] = '1', ['X-Two'] = '2', Accept = 'a/b'},\n"
    "  body = {x = 0.5, y = 'text', z = {1, 2, {}}}}\n"
    "response_headers = {['Retry-After'] = '5', ['ININ-Correlation-Id'] = "
    "'x',\n"
    "  ['inin-ratelimit-count'] = '1', X = {'1', '2', '3'}}\n"
    "long_headers = {X = ('x'):rep(70000)}\n"
    "error_body = '{\"message\":\"no\",\"code\":\"bad.request\",'\n"
    "  .. '\"status\":400,\"contextId\":\"y\",\"details\":[{\"a\":1}],'\n"
    "  .. '\"errors\":[],\"limit\":{\"key\":\"k\"}}'\n"
    "token_body = '{\"organization\":{\"id\":\"x\",\"name\":null},'\n"
    "  .. '\"list\":[1,null,2.5,[true,[]]],\"n\":28800}'\n"
    "ids, given_up = {0, 0, 0}, 0\n"

    /* Results that must be an error of that status, message or kind. */
    "function status(expected, result, err)\n"
    "  if err and err.status == expected then return true end\n"
    "  return nil, err or 'no error'\n"
    "end\n"
    "function kind(expected, result, err)\n"
    "  if err and err.kind == expected then return true end\n"
    "  return nil, err or 'no error'\n"
    "end\n"
    "function raises(words, f, ...)\n"
    "  local ok, message = pcall(f, ...)\n"
    "  if ok then return nil, 'nothing was raised' end\n"
    "  if message:find(words, 1, true) then return true end\n"
    "  error(message, 0)\n"
    "end\n"

    /* Fills ids without needing memory. */
    "function start(index, operation, arguments)\n"
    "  local id, err = engine:start(operation, arguments)\n"
    "  ids[index] = id or 0\n"
    "  return id, err\n"
    "end\n"
    "function take(list)\n"
    "  for _, finished in ipairs(list) do\n"
    "    local known = finished.id == given_up\n"
    "    for index = 1, #ids do\n"
    "      if ids[index] == finished.id then\n"
    "        ids[index], known = 0, true\n"
    "      end\n"
    "    end\n"
    "    assert(known, 'a call was left over')\n"
    "    if not finished.result and not finished.err.cause then\n"
    "      return nil, finished.err\n"
    "    end\n"
    "  end\n"
    "  return true\n"
    "end\n"

    /* Ends a call that was started; who cannot may leave it to step. */
    "function give_up(index, method)\n"
    "  given_up = ids[index]\n"
    "  ids[index] = 0\n"
    "  return engine[method](engine, given_up)\n"
    "end\n"

    /* No call is lost, none is left over, and the next one works. */
    "function aftermath()\n"
    "  local result, err = engine:get_tokens_me(with_token)\n"
    "  if err and err.kind == 'closed' then return true end\n"
    "  assert(result, err and err.message)\n"
    "  assert(result.organization.id)\n"
    "  repeat\n"
    "    local list, left = engine:step(10)\n"
    "    take(list)\n"
    "  until left == 0\n"
    "  for index = 1, #ids do\n"
    "    assert(ids[index] == 0, 'a call was lost')\n"
    "  end\n"
    "  return true\n"
    "end\n";

#define START3(arguments)                                                     \
  "for index = 1, 3 do\n"                                                     \
  "  local id, err = start(index, 'get_tokens_me', " arguments ")\n"          \
  "  if not id then return nil, err end\n"                                    \
  "end\n"

static const struct oom_scenario scenarios[] = {
    {"require", "return package.preload['gctokens.core']('gctokens.core')",
     true},
    {"require, new and call",
     "core = package.preload['gctokens.core']('gctokens.core')\n"
     "engine = core.new({base_url = base_url, proxy = ''})\n"
     "return engine:get_tokens_me({access_token = token})",
     true},
    {"core.new", "return core.new(options)", false},
    {"core.new, refused",
     "return raises('timeout must be more', core.new,\n"
     "  {base_url = base_url, timeout = -1})",
     false},
    {"core.new, bad URL",
     "return raises('clear text', core.new, {base_url = 'http://host'})",
     false},
    {"get_tokens_me", "return engine:get_tokens_me(with_token)", false},
    {"get_tokens_me, twice",
     "local result, err = engine:get_tokens_me(with_token)\n"
     "if not result then return nil, err end\n"
     "return engine:get_tokens_me(with_token)",
     false},
    {"head_tokens_me", "return engine:head_tokens_me(with_token)", false},
    {"warm_up", "return engine:warm_up()", false},
    {"delete_tokens_me",
     "return status(401, engine:delete_tokens_me(invalid))", false},
    {"delete_token", "return status(404, engine:delete_token(unknown_user))",
     false},
    {"get_tokens_timeout", "return engine:get_tokens_timeout(with_token)",
     false},
    {"put_tokens_timeout", "return engine:put_tokens_timeout(timeouts)",
     false},
    {"post_oauth_token",
     "local _, err = engine:post_oauth_token(client)\n"
     "if err and err.kind == 'api' then return true end\n"
     "return nil, err or 'no error'",
     false},
    {"no connection",
     "return kind('transport', engine:get_tokens_me(nowhere))", false},
    {"start", "return start(1, 'get_tokens_me', with_token)", false},
    {"start and step",
     "local id, err = start(1, 'get_tokens_me', with_token)\n"
     "if not id then return nil, err end\n"
     "repeat local list, left = engine:step(10)\n"
     "  local ok, err = take(list)\n"
     "  if not ok then return nil, err end\n"
     "until left == 0\n"
     "return true",
     false},
    {"start and cancel",
     "local id, err = start(1, 'get_tokens_me', with_token)\n"
     "if not id then return nil, err end\n"
     "engine:step(0)\n"
     "return give_up(1, 'cancel') ~= nil",
     false},
    {"start and wait",
     "local id, err = start(1, 'get_tokens_me', with_token)\n"
     "if not id then return nil, err end\n"
     "return give_up(1, 'wait')",
     false},
    {"step with three finished",
     START3("nowhere") "return take((engine:step(10)))", false},
    {"step as an event loop does",
     START3("nowhere") "while engine:timeout() do\n"
                       "  assert(engine:fd())\n"
                       "  local ok, err = take((engine:step(0, 1)))\n"
                       "  if not ok then return nil, err end\n"
                       "end\n"
                       "return not engine:timeout()",
     false},
    {"fd, none", "return engine:fd() or engine:timeout() or true", false},
    {"wait for the last of three",
     START3("with_token") "return give_up(3, 'wait')", false},
    {"core.request", "return core.request('put_tokens_timeout', with_headers)",
     false},
    {"core.request, refused",
     "return kind('argument', core.request('get_tokens_me', {\n"
     "  access_token = 'a b', base_url = base_url}))",
     false},
    {"core.request, bad body",
     "return kind('argument', core.request('put_tokens_timeout', {\n"
     "  access_token = 'a', base_url = base_url,\n"
     "  body = {idleTokenTimeoutSeconds = 1}}))",
     false},
    {"core.response",
     "return core.response('get_tokens_me', 200, response_headers, "
     "token_body)",
     false},
    {"response.headers",
     "local _, _, response = core.response('head_tokens_me', 200,\n"
     "  response_headers)\n"
     "return response.headers.x == '1, 2, 3'",
     false},
    {"core.response, error",
     "local _, err = core.response('get_tokens_me', 400, response_headers,\n"
     "  error_body)\n"
     "if err.code == 'bad.request' and err.details and err.limit\n"
     "  and err.retry_after == 5 and err.message:find('no', 1, true) then\n"
     "  return true\n"
     "end\n"
     "return nil, err",
     false},
    {"core.response, bad JSON",
     "return kind('protocol', core.response('get_tokens_me', 200, nil,\n"
     "  '{\"a\":'))",
     false},
    {"core.response, with a request object",
     "local _, err = core.response(sent, {status = 400,\n"
     "  headers = response_headers, body = error_body .. token})\n"
     "if err.status == 400 and not err.body:find(token, 1, true)\n"
     "  and err.message:find(base_url, 1, true) then return true end\n"
     "return nil, err",
     false},
    {"core.response, too large",
     "return kind('protocol', core.response(sent, {status = 200,\n"
     "  headers = long_headers, body = token_body}, 20))",
     false},
    {"core.response, unusable",
     "return kind('transport', core.response(sent, {status = 200,\n"
     "  headers = {A = 5}}))",
     false},
    {"core.response, refused",
     "return raises('a body that is a table', core.response,\n"
     "  'get_tokens_me', 200, nil, {})",
     false},
    {"core.check", "return core.check('put_tokens_timeout', with_headers)",
     false},
    {"core.check, refused",
     "return kind('argument', core.check('delete_token', {user_id = 'me'}))",
     false},
    {"core.redact",
     "return core.redact('a key and a token', {'key', 'token'})\n"
     "  == 'a *** and a *****'",
     false},
    {"core.redact, refused",
     "return raises('a secret must be', core.redact, 'a', {5})", false},
    {"core.base_url", "return core.base_url('https://host/path/')", false},
    {"core.base_url, refused",
     "local _, reason = core.base_url('http://host/path')\n"
     "if reason:find('clear text', 1, true) then return true end\n"
     "return nil, reason",
     false},
    {"close",
     "engine:close()\nreturn kind('closed', engine:start(\n"
     "  'get_tokens_me', with_token))",
     false},
    {"tostring and stats", "return tostring(engine) and engine:stats()",
     false},
    {"refused token",
     "return kind('argument', engine:get_tokens_me({access_token = '='}))",
     false},
    {"unknown argument",
     "return raises('takes no argument', engine.get_tokens_me, engine,\n"
     "  {x = 1})",
     false},
    {"unknown operation",
     "return raises('there is no operation', engine.start, engine, 'x')",
     false},
    {"unknown call",
     "return raises('there is no call', engine.wait, engine, 99)", false},
    {"no engine", "return raises('with a colon', engine.get_tokens_me, {})",
     false},
};

const struct oom_suite oom_core = {
    prelude,
    scenarios,
    sizeof(scenarios) / sizeof(scenarios[0]),
};
