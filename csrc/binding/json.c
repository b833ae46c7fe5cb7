/*
** The lua-cjson instance, and the shape of decoded values.
*/
#include "binding/json.h"

#include <math.h>
#include <string.h>

/* The function `name` of the cjson instance on top; raises without it. */
static void push_function(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  if (!lua_isfunction(L, -1))
    luaL_error(L, "gctokens needs lua-cjson 2.1.0 or later: it has no %s",
               name);
}

/* marks[instance[name]] = true, if the instance has such a metatable;
   Debian's lua-cjson has none, OpenResty's has two. */
static void add_mark(lua_State *L, int instance, int marks, const char *name)
{
  lua_getfield(L, instance, name);
  if (lua_istable(L, -1)) {
    lua_pushboolean(L, 1);
    lua_rawset(L, marks);
  } else {
    lua_pop(L, 1);
  }
}

void gct_json_open(lua_State *L)
{
  int base = lua_gettop(L);
  int instance = base + 2;

  lua_newtable(L); /* base + 1: the array metatable */
  lua_pushliteral(L, "gctokens.array");
  lua_setfield(L, base + 1, "__name");

  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  lua_call(L, 1, 1);
  push_function(L, "new");
  lua_call(L, 0, 1);
  lua_replace(L, instance);

  push_function(L, "decode_max_depth");
  lua_pushinteger(L, GCT_JSON_DEPTH);
  lua_call(L, 1, 0);
  push_function(L, "decode_invalid_numbers");
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);

  push_function(L, "decode");
  lua_pushvalue(L, instance);
  push_function(L, "encode");
  lua_remove(L, -2);
  lua_newtable(L); /* the marks */
  lua_pushvalue(L, base + 1);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  add_mark(L, instance, gct_absindex(L, -1), "array_mt");
  add_mark(L, instance, gct_absindex(L, -1), "empty_array_mt");
  lua_remove(L, instance);
}

bool gct_json_is_null(lua_State *L, int index)
{
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

bool gct_json_is_marked_array(lua_State *L, int index)
{
  bool marked;

  if (!lua_getmetatable(L, index))
    return false;
  lua_rawget(L, GCT_ARRAY_MARKS);
  marked = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return marked;
}

/* Doubles are exact up to 2^53; beyond it "whole" says nothing. A Lua built
   with 32-bit integers has no room for that much. */
void gct_push_number(lua_State *L, double number)
{
#if LUA_VERSION_NUM >= 503
  if (floor(number) == number && fabs(number) <= 9007199254740992.0 &&
      number >= (double)LUA_MININTEGER && number <= (double)LUA_MAXINTEGER) {
    lua_pushinteger(L, (lua_Integer)number);
    return;
  }
#endif
  lua_pushnumber(L, (lua_Number)number);
}

/* ---- after decoding ---------------------------------------------------- */

static void normalise(lua_State *L, int table);

/* Whether the value on top has to be stored again in a changed form, which
   is then on top; tables are changed in place. */
static bool normalise_value(lua_State *L)
{
  if (lua_istable(L, -1)) {
    normalise(L, lua_gettop(L));
    return false;
  }
#if LUA_VERSION_NUM >= 503
  /* coverage: lua-cjson 2.1.0 makes floats only */
  if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1)) {
    double number = lua_tonumber(L, -1);

    lua_pop(L, 1);
    gct_push_number(L, number);
    return true;
  }
#endif
  return false;
}

/* An element that is null closes up, so that the length stays meaningful. */
static void normalise_array(lua_State *L, int table, int length)
{
  int from;
  int to = 0;

  for (from = 1; from <= length; from++) {
    lua_rawgeti(L, table, from);
    if (gct_json_is_null(L, -1)) {
      lua_pop(L, 1);
      continue;
    }
    to++;
    if (normalise_value(L) || to != from)
      lua_rawseti(L, table, to);
    else
      lua_pop(L, 1);
  }
  while (to < length) {
    lua_pushnil(L);
    lua_rawseti(L, table, ++to);
  }
}

/* Storing into fields that exist is allowed while traversing. */
static void normalise_object(lua_State *L, int table)
{
  lua_pushnil(L);
  while (lua_next(L, table)) {
    bool store = true;

    if (gct_json_is_null(L, -1)) {
      lua_pop(L, 1);
      lua_pushnil(L);
    } else {
      store = normalise_value(L);
    }
    if (store) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table);
    } else {
      lua_pop(L, 1);
    }
  }
}

/* Recursion ends at GCT_JSON_DEPTH, which the decoder enforces. */
static void normalise(lua_State *L, int table)
{
  size_t length = gct_rawlen(L, table);

  luaL_checkstack(L, 6, "JSON is nested too deeply");
  if (length > 0)
    normalise_array(L, table, (int)length);
  else
    normalise_object(L, table);
}

/* ---- calls into cjson -------------------------------------------------- */

/* Calls the function below the value on top. Catches cjson's own errors about
   the value, known by their beginnings, and raises all others again. */
static bool call_cjson(lua_State *L)
{
  static const char *const cjson_errors[] = {
      "Expected ", "Found too many ", "JSON parser ", "Cannot serialise "};
  int status = lua_pcall(L, 1, 1, 0);
  const char *message =
      lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  size_t i;

  if (status == 0)
    return true;
  for (i = 0; i < sizeof(cjson_errors) / sizeof(*cjson_errors); i++) {
    if (strncmp(message, cjson_errors[i], strlen(cjson_errors[i])) == 0)
      return false;
  }
  return lua_error(L); /* out of memory, or raised by a hook */
}

/* What begins a value that is not left as cjson has it: a null and, where Lua
   has integers, a number. */
static bool begins_changed(char byte)
{
#if LUA_VERSION_NUM >= 503
  return byte == 'n' || (byte >= '0' && byte <= '9');
#else
  return byte == 'n';
#endif
}

/* The last byte of the string whose first is at `byte`, its quote. One behind
   an odd number of backslashes is part of the string. */
static const char *end_of_string(const char *byte, const char *end)
{
  const char *quote = memchr(byte, '"', (size_t)(end - byte));

  while (quote) { /* coverage: lua-cjson decodes valid JSON only */
    const char *before = quote;

    while (before > byte && before[-1] == '\\')
      before--;
    if ((quote - before) % 2 == 0)
      return quote;
    quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
  }
  return end - 1; /* coverage: lua-cjson decodes valid JSON only */
}

/* To look at the text is cheaper than to walk through the tables. It is valid
   JSON: a quote outside of a string begins one. */
static bool may_need_normalising(struct gct_slice text)
{
  const char *byte = text.data;
  const char *end = text.data + text.length;

  for (; byte < end; byte++) {
    if (*byte == '"')
      byte = end_of_string(byte + 1, end);
    else if (begins_changed(*byte))
      return true;
  }
  return false;
}

/* lua-cjson stops at a NUL, whatever is behind it. */
bool gct_json_decode(lua_State *L, struct gct_slice text)
{
  if (memchr(text.data, '\0', text.length)) {
    lua_pushliteral(L, "there is a NUL in it");
    return false;
  }
  lua_pushvalue(L, GCT_DECODE);
  lua_pushlstring(L, text.data, text.length);
  if (!call_cjson(L))
    return false;
  if (!may_need_normalising(text))
    return true;
  if (normalise_value(L))
    return true;
  if (gct_json_is_null(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  return true;
}

bool gct_json_encode_string(lua_State *L)
{
  lua_pushvalue(L, GCT_ENCODE);
  lua_insert(L, -2);
  return call_cjson(L);
}
