/*
** The floor of one call after another: a libcurl easy handle.
**
**   raw_easy BASE_URL TOKEN CALLS 1    prints the seconds it took
*/
#include "raw.h"

int main(int count, char **arguments)
{
  static struct transfer transfer;
  struct curl_slist *lines;
  char url[256];
  double started;
  long calls, i;

  if (count != 5)
    return 2;
  calls = atol(arguments[3]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  lines = make_headers(arguments[2]);
  prepare(&transfer, lines);
  snprintf(url, sizeof(url), "%s/api/v2/tokens/me", arguments[1]);
  curl_easy_setopt(transfer.easy, CURLOPT_URL, url);
  started = now();
  for (i = 0; i < calls; i++) {
    long status = 0;

    transfer.length = 0;
    if (curl_easy_perform(transfer.easy) != CURLE_OK)
      return 1;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
      return 1;
  }
  printf("%.6f\n", now() - started);
  curl_easy_cleanup(transfer.easy);
  curl_slist_free_all(lines);
  return 0;
}
