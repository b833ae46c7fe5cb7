/*
** The floor of many calls at once: DELETE base/1, base/2 and so on with a
** libcurl multi handle, as many at a time as told, with the options and
** headers that the library uses, parsing nothing.
**
**   raw_multi BASE TOKEN CALLS CONCURRENCY    prints the seconds it took
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

struct transfer {
  CURL *easy;
  size_t length;
  char data[65536];
  char error[CURL_ERROR_SIZE];
};

static const char *base;
static struct curl_slist *lines;
static long begun;

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

static double now(void)
{
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void prepare(struct transfer *transfer)
{
  CURL *easy = curl_easy_init();

  transfer->easy = easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 15000L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

static void start(CURLM *multi, struct transfer *transfer)
{
  char url[256];

  transfer->length = 0;
  snprintf(url, sizeof(url), "%s/%ld", base, ++begun);
  curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
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
      (status != 200 && status != 204 && status != 404))
    exit(1);
  curl_multi_remove_handle(multi, message->easy_handle);
  return transfer;
}

int main(int count, char **arguments)
{
  struct transfer *transfers;
  CURLM *multi;
  char line[256];
  double started;
  long calls, done = 0;
  int concurrency, running, left, i;

  if (count != 5)
    return 2;
  base = arguments[1];
  calls = atol(arguments[3]);
  concurrency = atoi(arguments[4]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  snprintf(line, sizeof(line), "Authorization: Bearer %s", arguments[2]);
  lines = curl_slist_append(lines, line);
  lines = curl_slist_append(lines, "Accept: application/json");
  lines = curl_slist_append(lines, "User-Agent: raw libcurl");
  multi = curl_multi_init();
  transfers = calloc((size_t)concurrency, sizeof(*transfers));
  if (!multi || !transfers)
    return 1;
  started = now();
  for (i = 0; i < concurrency && begun < calls; i++) {
    prepare(&transfers[i]);
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
  return 0;
}
