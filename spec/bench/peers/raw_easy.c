/*
** The floor of one call after another: a libcurl easy handle.
**
**   raw_easy BASE_URL TOKEN CALLS 1 [head]
**
** Prints the seconds it took. With "head" it sends HEAD, whose responses have
** nothing to decode.
*/
#include "raw.h"

int main(int count, char **arguments)
{
  static struct transfer transfer;
  struct curl_slist *lines;
  char url[256];
  double started;
  lua_State *L;
  long calls, i;
  int heads = count > 5;

  if (count < 5)
    return 2;
  calls = atol(arguments[3]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  lines = make_headers(arguments[2]);
  prepare(&transfer, lines);
  snprintf(url, sizeof(url), "%s/api/v2/tokens/me", arguments[1]);
  curl_easy_setopt(transfer.easy, CURLOPT_URL, url);
  if (heads)
    curl_easy_setopt(transfer.easy, CURLOPT_NOBODY, 1L);
  L = open_decoder();
  started = now();
  for (i = 0; i < calls; i++) {
    long status = 0;

    transfer.length = 0;
    if (curl_easy_perform(transfer.easy) != CURLE_OK)
      return 1;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
      return 1;
    if (!heads)
      decode(L, &transfer);
  }
  printf("%.6f\n", now() - started);
  curl_easy_cleanup(transfer.easy);
  curl_slist_free_all(lines);
  lua_close(L);
  return 0;
}
