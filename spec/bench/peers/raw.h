/*
** What the loops on raw libcurl share: the library's options and headers, a
** place for responses, and lua-cjson, which decodes them as it does for the
** library.
*/
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <lauxlib.h>
#include <lualib.h>

#include "version.h"

struct transfer {
  CURL *easy;
  size_t length;
  size_t body; /* where it begins in `data`, behind the headers */
  char data[8192];
  char error[CURL_ERROR_SIZE];
};

static size_t on_data(char *data, size_t size, size_t count, void *user)
{
  struct transfer *transfer = user;
  size_t length = size * count;

  if (length > sizeof(transfer->data) - transfer->length)
    return 0;
  memcpy(transfer->data + transfer->length, data, length);
  transfer->length += length;
  return length;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
  struct transfer *transfer = user;
  size_t length = on_data(data, size, count, user);

  transfer->body = transfer->length;
  return length;
}

static double now(void)
{
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The library's, byte for byte. */
static struct curl_slist *make_headers(const char *token)
{
  struct curl_slist *lines = NULL;
  char line[256];

  snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
  lines = curl_slist_append(lines, line);
  lines = curl_slist_append(lines, "Accept: application/json");
  snprintf(line, sizeof(line),
           "User-Agent: gctokens/" GCT_VERSION " libcurl/%s",
           curl_version_info(CURLVERSION_NOW)->version);
  lines = curl_slist_append(lines, line);
  return curl_slist_append(lines, "Accept-Encoding: gzip");
}

/* A Lua state whose value at index 1 is lua-cjson's decode. */
static lua_State *open_decoder(void)
{
  lua_State *L = luaL_newstate();

  if (!L)
    exit(1);
  luaL_openlibs(L);
  if (luaL_dostring(L, "return require('cjson').decode")) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(1);
  }
  return L;
}

static void decode(lua_State *L, const struct transfer *transfer)
{
  lua_pushvalue(L, 1);
  lua_pushlstring(L, transfer->data + transfer->body,
                  transfer->length - transfer->body);
  if (lua_pcall(L, 1, 1, 0) || !lua_istable(L, -1))
    exit(1);
  lua_pop(L, 1);
}

/* BENCH_CA_FILE in the environment names the trusted certificates. */
static void prepare(struct transfer *transfer, struct curl_slist *lines)
{
  CURL *easy = curl_easy_init();

  transfer->easy = easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 15000L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  if (getenv("BENCH_CA_FILE"))
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("BENCH_CA_FILE"));
}

#endif
