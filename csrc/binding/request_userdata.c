/*
** The request object of core.request.
*/
#include "binding/request_userdata.h"

#define REQUEST "gctokens.request"

struct request_userdata {
  const struct gct_operation *operation;
  const char *url;                           /* with a NUL; in `bytes` */
  struct gct_slice secrets[GCT_MAX_SECRETS]; /* in `bytes`, or absent */
  char bytes[];
};

/* Only the operation's name: neither URL nor secrets. */
static int request_tostring(lua_State *L)
{
  struct gct_outcome outcome;

  if (!gct_is_request_userdata(L, 1, &outcome))
    return luaL_argerror(L, 1, REQUEST " expected");
  lua_pushfstring(L, REQUEST " (%s)", outcome.operation->name);
  return 1;
}

void gct_request_userdata_open(lua_State *L)
{
  luaL_newmetatable(L, REQUEST);
  lua_pushliteral(L, REQUEST);
  lua_setfield(L, -2, "__name");
  lua_pushcfunction(L, request_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
}

/* Copies the text to `*end`, which it moves behind the copy. */
static struct gct_slice copy(char **end, struct gct_slice text)
{
  struct gct_slice copied = {*end, text.length};

  if (text.length > 0)
    memcpy(*end, text.data, text.length);
  *end += text.length;
  return copied;
}

void gct_push_request_userdata(lua_State *L, const struct gct_request *request)
{
  struct gct_slice url = gct_buffer_slice(&request->url);
  struct gct_slice credentials = gct_request_credentials(request);
  struct gct_slice secret = gct_buffer_slice(&request->secret);
  size_t length = url.length + credentials.length + secret.length;
  struct request_userdata *self = lua_newuserdata(L, sizeof(*self) + length);
  char *end = self->bytes;

  self->operation = request->operation;
  self->url = copy(&end, url).data;
  self->secrets[0] = copy(&end, credentials);
  self->secrets[1] = copy(&end, secret);
  luaL_getmetatable(L, REQUEST);
  lua_setmetatable(L, -2);
}

bool gct_is_request_userdata(lua_State *L, int index,
                             struct gct_outcome *outcome)
{
  const struct request_userdata *self;

  luaL_getmetatable(L, REQUEST);
  self = gct_testudata(L, index, lua_gettop(L));
  lua_pop(L, 1);
  if (!self)
    return false;
  outcome->operation = self->operation;
  outcome->url = self->url;
  memcpy(outcome->secrets, self->secrets, sizeof(self->secrets));
  return true;
}
