/*
** The floor of many calls at once: a libcurl multi handle.
**
**   raw_multi BASE_URL TOKEN CALLS CONCURRENCY [revoke]
**
** Prints the seconds it took. With "revoke" it deletes the tokens of users
** 1, 2, and so on, instead of asking about its own.
*/
#include "raw.h"

static const char *base;
static int revokes;
static long begun;
static lua_State *L;

static void start(CURLM *multi, struct transfer *transfer)
{
  char url[256];

  transfer->length = 0;
  begun++;
  if (revokes) {
    snprintf(url, sizeof(url), "%s/api/v2/tokens/%ld", base, begun);
    curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  } else {
    snprintf(url, sizeof(url), "%s/api/v2/tokens/me", base);
  }
  curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
  /* Over TLS a new connection may carry all calls, which wait for it. */
  curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT,
                   strncmp(base, "https:", 6) == 0 ? 1L : 0L);
  curl_multi_add_handle(multi, transfer->easy);
}

/* Exits unless the transfer ended with an answer. */
static struct transfer *finish(CURLM *multi, const CURLMsg *message)
{
  struct transfer *transfer = NULL;
  long status = 0;

  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
  curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
  if (message->data.result != CURLE_OK ||
      (status != 200 && !(revokes && (status == 204 || status == 404))))
    exit(1);
  curl_multi_remove_handle(multi, message->easy_handle);
  if (!revokes)
    decode(L, transfer);
  return transfer;
}

int main(int count, char **arguments)
{
  struct transfer *transfers;
  struct curl_slist *lines;
  CURLM *multi;
  double started;
  long calls, done = 0;
  int concurrency, running, left, i;

  if (count < 5)
    return 2;
  base = arguments[1];
  calls = atol(arguments[3]);
  concurrency = atoi(arguments[4]);
  revokes = count > 5;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  lines = make_headers(arguments[2]);
  L = open_decoder();
  multi = curl_multi_init();
  transfers = calloc((size_t)concurrency, sizeof(*transfers));
  if (!multi || !transfers)
    return 1;
  started = now();
  for (i = 0; i < concurrency && begun < calls; i++) {
    prepare(&transfers[i], lines);
    start(multi, &transfers[i]);
  }
  while (done < calls) {
    const CURLMsg *message;

    if (curl_multi_perform(multi, &running))
      return 1;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
      struct transfer *transfer = finish(multi, message);

      done++;
      if (begun < calls)
        start(multi, transfer);
    }
    if (done < calls && curl_multi_poll(multi, NULL, 0, 1000, NULL))
      return 1;
  }
  printf("%.6f\n", now() - started);
  for (i = 0; i < concurrency; i++)
    curl_easy_cleanup(transfers[i].easy);
  curl_multi_cleanup(multi);
  curl_slist_free_all(lines);
  free(transfers);
  lua_close(L);
  return 0;
}
