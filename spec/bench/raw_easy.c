/*
** The floor: GET a URL again and again on one libcurl easy handle, with the
** options and headers that the library uses, parsing nothing.
**
**   raw_easy URL TOKEN CALLS    prints the seconds it took
**
** With 0 calls it prints the processor time used so far: what it costs to
** start a program with libcurl.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

struct sink {
  char data[65536];
  size_t length;
};

static size_t on_data(char *data, size_t size, size_t count, void *user)
{
  struct sink *sink = user;
  size_t length = size * count;

  if (length > sizeof(sink->data) - sink->length)
    return 0;
  memcpy(sink->data + sink->length, data, length);
  sink->length += length;
  return length;
}

static double now(void)
{
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
  static struct sink body, headers;
  struct curl_slist *lines = NULL;
  char line[256];
  char error[CURL_ERROR_SIZE];
  CURL *easy;
  double start;
  long calls;
  long i;

  if (count != 4)
    return 2;
  calls = atol(arguments[3]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = curl_easy_init();
  snprintf(line, sizeof(line), "Authorization: Bearer %s", arguments[2]);
  lines = curl_slist_append(lines, line);
  lines = curl_slist_append(lines, "Accept: application/json");
  lines = curl_slist_append(lines, "User-Agent: raw libcurl");
  curl_easy_setopt(easy, CURLOPT_URL, arguments[1]);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 15000L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &headers);
  if (calls == 0)
    printf("%.6f\n", (double)clock() / CLOCKS_PER_SEC);
  start = now();
  for (i = 0; i < calls; i++) {
    long status = 0;

    body.length = headers.length = 0;
    if (curl_easy_perform(easy) != CURLE_OK)
      return 1;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || body.length == 0)
      return 1;
  }
  if (calls > 0)
    printf("%.6f\n", now() - start);
  curl_easy_cleanup(easy);
  curl_slist_free_all(lines);
  return 0;
}
