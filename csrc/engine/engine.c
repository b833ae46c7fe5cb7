/*
** The multi handle and its three lists; see the header.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* glibc: dladdr */
#endif

#include "engine/engine.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/clock.h"

/* How long after its deadline a transfer may still be ended by libcurl, which
   words the error better, before it is ended here. */
#define GRACE 0.05 /* seconds */

/* ---- lists ------------------------------------------------------------- */

static void push(struct gct_transfer **list, struct gct_transfer *transfer)
{
  transfer->next = *list;
  *list = transfer;
}

static void push_last(struct gct_transfer **list,
                      struct gct_transfer *transfer)
{
  while (*list)
    list = &(*list)->next;
  push(list, transfer);
}

static bool contains(const struct gct_transfer *list,
                     const struct gct_transfer *transfer)
{
  while (list && list != transfer)
    list = list->next;
  return list != NULL;
}

static bool unlink_from(struct gct_transfer **list,
                        struct gct_transfer *transfer)
{
  while (*list && *list != transfer)
    list = &(*list)->next;
  if (!*list)
    return false;
  *list = transfer->next;
  transfer->next = NULL;
  return true;
}

static void free_list(struct gct_transfer **list)
{
  while (*list) {
    struct gct_transfer *transfer = *list;

    *list = transfer->next;
    gct_transfer_free(transfer);
  }
}

/* ---- life -------------------------------------------------------------- */

void gct_engine_init(struct gct_engine *engine)
{
  memset(engine, 0, sizeof(*engine));
  gct_settings_init(&engine->settings);
}

/* The memory is the price: closing it would say goodbye on the parent's
   connections. */
void gct_engine_check_owner(struct gct_engine *engine)
{
  if (engine->multi && engine->owner != getpid()) {
    engine->multi = NULL;
    engine->share = NULL;
    engine->idle = engine->active = engine->finished = NULL;
    engine->in_flight = 0;
  }
}

static CURLMcode set_multi(struct gct_engine *engine)
{
  long connections = (long)engine->settings.max_connections;
  CURLMcode code = curl_multi_setopt(
      engine->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);

  if (!code)
    code = curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, connections);
  return code;
}

/* A Lua state that is closed unloads its C modules, and libcurl with the last
   of them. But libcurl may have left a thread behind that is still looking up
   a name, and would return into code that is gone. So this library stays. */
static void stay_loaded(void)
{
  Dl_info self;

  if (dladdr(&gct_operation_count, &self))
    (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* What is shared must be said before the first transfer uses the share: it
   outlives a multi handle that fails, and libcurl refuses it afterwards. */
static bool open_share(struct gct_engine *engine)
{
  if (engine->share)
    return true;
  engine->share = curl_share_init();
  if (engine->share &&
      curl_share_setopt(engine->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return true;
  (void)curl_share_cleanup(engine->share); /* refuses NULL by itself */
  engine->share = NULL;
  return false;
}

/* The multi handle shares connections and names; TLS sessions need a share
   of their own. All users are in one thread, so nothing is locked. */
static bool open_multi(struct gct_engine *engine, struct gct_failure *failure)
{
  if (engine->multi)
    return true;
  stay_loaded();
  engine->owner = getpid();
  engine->multi = curl_multi_init();
  if (engine->multi && open_share(engine) && set_multi(engine) == CURLM_OK)
    return true;
  (void)curl_multi_cleanup(engine->multi); /* refuses NULL by itself */
  engine->multi = NULL;
  return gct_fail(failure, GCT_KIND_TRANSPORT,
                  "could not set up libcurl: out of memory");
}

static struct gct_transfer *take_idle(struct gct_engine *engine,
                                      struct gct_failure *failure)
{
  struct gct_transfer *transfer = engine->idle;

  if (!transfer)
    return gct_transfer_new(&engine->settings, engine->share, failure);
  engine->idle = transfer->next;
  transfer->next = NULL;
  return transfer;
}

void gct_engine_release(struct gct_engine *engine)
{
  struct gct_transfer *transfer;

  gct_engine_check_owner(engine);
  for (transfer = engine->active; transfer; transfer = transfer->next)
    (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  free_list(&engine->active);
  free_list(&engine->finished);
  free_list(&engine->idle);
  engine->in_flight = 0;
  (void)curl_multi_cleanup(engine->multi);
  engine->multi = NULL;
  if (engine->share)
    (void)curl_share_cleanup(engine->share);
  engine->share = NULL;
  gct_settings_release(&engine->settings);
}

/* ---- calls ------------------------------------------------------------- */

static bool add(struct gct_engine *engine, struct gct_transfer *transfer,
                struct gct_failure *failure)
{
  CURLMcode code = curl_multi_add_handle(engine->multi, transfer->easy);

  if (code)
    return gct_fail(failure, GCT_KIND_TRANSPORT, "could not start: %s",
                    curl_multi_strerror(code));
  transfer->id = ++engine->last_id;
  if (!engine->active || transfer->deadline < engine->next_deadline)
    engine->next_deadline = transfer->deadline;
  push(&engine->active, transfer);
  engine->in_flight++;
  engine->stats.calls++;
  return true;
}

bool gct_engine_start(struct gct_engine *engine, const struct gct_call *call,
                      const struct gct_limits *limits, double *id,
                      struct gct_failure *failure)
{
  struct gct_transfer *transfer;

  if (!open_multi(engine, failure))
    return false;
  transfer = take_idle(engine, failure);
  if (!transfer)
    return false;
  if (!gct_transfer_prepare(transfer, call, limits, &engine->settings,
                            failure) ||
      !add(engine, transfer, failure)) {
    gct_transfer_reset(transfer);
    push(&engine->idle, transfer);
    return false;
  }
  *id = transfer->id;
  return true;
}

static void count(struct gct_engine *engine, CURL *easy)
{
  struct gct_engine_stats *stats = &engine->stats;
  long number = 0;
  curl_off_t bytes = 0;

  if (curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &number) == CURLE_OK)
    stats->connections_opened += (double)number;
  if (curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &number) == CURLE_OK)
    stats->bytes_sent += (double)number;
  if (curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &number) == CURLE_OK)
    stats->bytes_received += (double)number;
  if (curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes) == CURLE_OK)
    stats->bytes_received += (double)bytes;
}

static void finish(struct gct_engine *engine, struct gct_transfer *transfer,
                   CURLcode code)
{
  gct_transfer_conclude(transfer, code);
  count(engine, transfer->easy);
  (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  (void)unlink_from(&engine->active, transfer);
  engine->in_flight--;
  push_last(&engine->finished, transfer);
}

/* How many calls have finished. */
static int collect(struct gct_engine *engine)
{
  int left = 0;
  int finished = 0;
  const CURLMsg *message;

  while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
    void *transfer = NULL;

    if (message->msg == CURLMSG_DONE &&
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) ==
            CURLE_OK &&
        transfer) {
      finish(engine, transfer, message->data.result);
      finished++;
    }
  }
  return finished;
}

/* libcurl itself is out of order (in practice: out of memory). Every call
   ends all the same, and the next one begins with a new multi handle. */
static int fail_all(struct gct_engine *engine)
{
  int finished = engine->in_flight;

  while (engine->active)
    finish(engine, engine->active, CURLE_OUT_OF_MEMORY);
  (void)curl_multi_cleanup(engine->multi);
  engine->multi = NULL;
  return finished;
}

/* libcurl's time limit does not run while a transfer waits for one of
   max_connections to become free. Returns how many have been ended. */
static int end_overdue(struct gct_engine *engine)
{
  double now = gct_now() - GRACE;
  struct gct_transfer *transfer = engine->active;
  int finished = 0;

  if (!transfer || now < engine->next_deadline)
    return 0;
  engine->next_deadline = HUGE_VAL;
  while (transfer) {
    struct gct_transfer *next = transfer->next;

    if (now >= transfer->deadline) {
      finish(engine, transfer, CURLE_OPERATION_TIMEDOUT);
      finished++;
    } else if (transfer->deadline < engine->next_deadline) {
      engine->next_deadline = transfer->deadline;
    }
    transfer = next;
  }
  return finished;
}

static int perform(struct gct_engine *engine)
{
  int running = 0;

  if (curl_multi_perform(engine->multi, &running) != CURLM_OK)
    return fail_all(engine);
  return collect(engine) + end_overdue(engine);
}

/* Seconds to wait in libcurl's milliseconds, but not past a deadline. */
static int poll_time(const struct gct_engine *engine, double wait)
{
  double until_due = engine->next_deadline + GRACE - gct_now();
  double milliseconds = ceil((wait < until_due ? wait : until_due) * 1000);

  if (!(milliseconds > 0))
    return 0;
  return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

void gct_engine_step(struct gct_engine *engine, double wait)
{
  if (!engine->active || perform(engine) > 0 || !(wait > 0))
    return;
  if (curl_multi_poll(engine->multi, NULL, 0, poll_time(engine, wait), NULL) ==
      CURLM_OK)
    (void)perform(engine);
  else
    (void)fail_all(engine);
}

/* ---- finding and giving back ------------------------------------------- */

static struct gct_transfer *find_in(struct gct_transfer *list, double id)
{
  while (list && list->id != id)
    list = list->next;
  return list;
}

struct gct_transfer *gct_engine_find(struct gct_engine *engine, double id)
{
  struct gct_transfer *transfer = find_in(engine->finished, id);

  return transfer ? transfer : find_in(engine->active, id);
}

bool gct_engine_is_finished(const struct gct_engine *engine,
                            const struct gct_transfer *transfer)
{
  return contains(engine->finished, transfer);
}

void gct_engine_recycle(struct gct_engine *engine,
                        struct gct_transfer *transfer)
{
  if (unlink_from(&engine->active, transfer)) {
    (void)curl_multi_remove_handle(engine->multi, transfer->easy);
    engine->in_flight--;
  } else {
    (void)unlink_from(&engine->finished, transfer);
  }
  gct_transfer_reset(transfer);
  push(&engine->idle, transfer);
}
