/*
** The multi handle, its sockets and its three lists; see the header.
*/
#include "engine/engine.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/multi.h"

/* How long after its deadline a transfer may still be ended by libcurl, which
   words the error better, before it is ended here. */
#define DEADLINE_GRACE_SECONDS 0.05 /* seconds */

#define POLL_CONNECTING_SECONDS                                               \
  0.2 /* seconds between two looks at all that are connecting */

#ifdef CURL_IGNORE_DEPRECATION
#define IGNORE_DEPRECATION(statement) CURL_IGNORE_DEPRECATION(statement)
#else
#define IGNORE_DEPRECATION(statement) statement
#endif

/* ---- life -------------------------------------------------------------- */

void gct_engine_init(struct gct_engine *engine)
{
  memset(engine, 0, sizeof(*engine));
  gct_sockets_init(&engine->sockets);
  gct_options_init(&engine->options);
}

/* The memory is the price: closing it would say goodbye on the parent's
   connections. */
void gct_engine_detect_fork(struct gct_engine *engine)
{
  /* coverage: in a forked child, which tells gcov nothing */
  if (engine->multi && engine->owner != getpid()) {
    static const struct gct_list empty;

    /* coverage: in a forked child, which tells gcov nothing */
    engine->multi = NULL;
    /* coverage: in a forked child, which tells gcov nothing */
    engine->share = NULL;
    /* coverage: in a forked child, which tells gcov nothing */
    gct_sockets_close(&engine->sockets);
    /* coverage: in a forked child, which tells gcov nothing */
    engine->idle = engine->active = engine->finished = empty;
    /* coverage: in a forked child, which tells gcov nothing */
    engine->in_flight = 0;
  }
}

void gct_engine_release(struct gct_engine *engine)
{
  struct gct_transfer *transfer;

  gct_engine_detect_fork(engine);
  for (transfer = engine->active.first; transfer; transfer = transfer->next)
    (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  gct_list_free(&engine->active);
  gct_list_free(&engine->finished);
  gct_list_free(&engine->idle);
  engine->in_flight = 0;
  gct_multi_close(engine);
  if (engine->share)
    (void)curl_share_cleanup(engine->share);
  engine->share = NULL;
  gct_options_release(&engine->options);
}

/* ---- calls ------------------------------------------------------------- */

static bool add(struct gct_engine *engine, struct gct_transfer *transfer,
                struct gct_error *error)
{
  CURLMcode code = curl_multi_add_handle(engine->multi, transfer->easy);

  /* coverage: libcurl fails without memory only */
  if (code)
    return gct_error_set(error, GCT_KIND_TRANSPORT, "could not start: %s",
                         curl_multi_strerror(code));
  transfer->id = ++engine->last_id;
  if (!engine->active.first || transfer->deadline < engine->next_deadline)
    engine->next_deadline = transfer->deadline;
  gct_list_append(&engine->active, transfer);
  engine->in_flight++;
  engine->stats.calls++;
  return true;
}

bool gct_engine_start(struct gct_engine *engine, const struct gct_call *call,
                      const struct gct_timeouts *timeouts, double *id,
                      struct gct_error *error)
{
  struct gct_transfer *transfer;

  if (!gct_multi_open(engine, error))
    return false;
  transfer = engine->idle.last;
  if (!transfer)
    transfer = gct_transfer_new(&engine->options, engine->share,
                                &engine->sockets, error);
  if (!transfer)
    return false;
  /* coverage: libcurl fails without memory only */
  if (!gct_transfer_prepare(transfer, call, timeouts, &engine->options,
                            error) ||
      !add(engine, transfer, error)) {
    gct_transfer_reset(transfer);
    gct_list_append(&engine->idle, transfer);
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

  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &number) == CURLE_OK)
    stats->connections_opened += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &number) == CURLE_OK)
    stats->bytes_sent += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &number) == CURLE_OK)
    stats->bytes_received += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes) == CURLE_OK)
    stats->bytes_received += (double)bytes;
}

static void finish(struct gct_engine *engine, struct gct_transfer *transfer,
                   CURLcode code)
{
  gct_transfer_conclude(transfer, code);
  count(engine, transfer->easy);
  (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  engine->in_flight--;
  gct_list_append(&engine->finished, transfer);
}

/* Whether a transfer that libcurl is done with is to begin once more. Ends,
   as a connection is closed each time. */
static bool restart(struct gct_engine *engine, struct gct_transfer *transfer)
{
  if (transfer->stop != GCT_STOPPED_BY_UNSOLICITED_DATA)
    return false;
  (void)curl_multi_remove_handle(engine->multi, transfer->easy);
  gct_transfer_restart(transfer);
  return curl_multi_add_handle(engine->multi, transfer->easy) == CURLM_OK;
}

/* How many calls have finished. */
static int check_multi_info(struct gct_engine *engine)
{
  int left = 0;
  int finished = 0;
  const CURLMsg *message;

  while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
    CURLcode code = message->data.result;
    void *transfer = NULL;

    /* coverage: libcurl fails without memory only */
    if (message->msg == CURLMSG_DONE &&
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) ==
            CURLE_OK &&
        transfer && !restart(engine, transfer)) {
      finish(engine, transfer, code);
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

  while (engine->active.first) {
    engine->active.first->stop = GCT_STOPPED_BY_MEMORY;
    finish(engine, engine->active.first, CURLE_OUT_OF_MEMORY);
  }
  gct_multi_close(engine);
  return finished;
}

/* libcurl's time limit does not run while a transfer waits for one of
   max_connections to become free. Returns how many have been ended. */
static int end_overdue(struct gct_engine *engine, double now)
{
  struct gct_transfer *transfer = engine->active.first;
  int finished = 0;

  if (!transfer || now < engine->next_deadline + DEADLINE_GRACE_SECONDS)
    return 0;
  engine->next_deadline = HUGE_VAL;
  while (transfer) {
    struct gct_transfer *next = transfer->next;

    if (now >= transfer->deadline + DEADLINE_GRACE_SECONDS) {
      finish(engine, transfer, CURLE_OPERATION_TIMEDOUT);
      finished++;
    } else if (transfer->deadline < engine->next_deadline) {
      engine->next_deadline = transfer->deadline;
    }
    transfer = next;
  }
  return finished;
}

/* Takes over what has ended. Returns how many calls that were. */
static int settle(struct gct_engine *engine, bool ok, double now)
{
  int finished = check_multi_info(engine);

  return finished + (ok ? end_overdue(engine, now) : fail_all(engine));
}

/* ---- steps ------------------------------------------------------------- */

static bool socket_action(struct gct_engine *engine, curl_socket_t socket,
                          int events)
{
  int running = 0;

  return curl_multi_socket_action(engine->multi, socket, events, &running) ==
         CURLM_OK;
}

/* Returns whether libcurl is in order. The timer rings once; libcurl sets the
   next one, also when it finds that this one rang a little early. */
static bool serve_timer(struct gct_engine *engine, double now)
{
  if (now < engine->timer_due)
    return true;
  engine->timer_due = HUGE_VAL;
  return socket_action(engine, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl looks for itself (0) at a socket that is broken. One that it has
   closed meanwhile it ignores. */
static bool serve_socket(struct gct_engine *engine,
                         const struct gct_ready *ready)
{
  int events = 0;

  if (!ready->events)
    engine->poll_connecting_due = 0;
  if (ready->events & GCT_READABLE)
    events |= CURL_CSELECT_IN;
  if (ready->events & GCT_WRITABLE)
    events |= CURL_CSELECT_OUT;
  return socket_action(engine, ready->socket, events);
}

/* Whether some transfer is still on its way to a connection. */
static bool has_unsent(const struct gct_engine *engine)
{
  const struct gct_transfer *transfer = engine->active.first;

  while (transfer && transfer->sent > 0)
    transfer = transfer->next;
  return transfer != NULL;
}

/* When one address of a host fails, libcurl tries the next one the next time
   that it looks at the transfer, but asks nobody to wake it for that. So while
   transfers are connecting, all are looked at now and then, and at once when
   a socket has broken. curl_multi_socket_all is there for this, though its
   manual advises to do without; nothing else looks at all of them and goes on
   telling which sockets to watch. */
static bool poll_connecting(struct gct_engine *engine, double now)
{
  int running = 0;
  CURLMcode code = CURLM_OK;

  if (now < engine->poll_connecting_due)
    return true;
  engine->poll_connecting_due = now + POLL_CONNECTING_SECONDS;
  if (has_unsent(engine)) {
    IGNORE_DEPRECATION(code = curl_multi_socket_all(engine->multi, &running);)
  }
  return code == CURLM_OK;
}

/* Waits, and lets libcurl serve what is ready: about once per call, so that
   servers that send without a pause do not keep us here. */
static bool serve_sockets(struct gct_engine *engine, int milliseconds)
{
  struct gct_ready ready[GCT_MAX_READY];
  int served = 0;
  int count, i;

  do {
    count = gct_sockets_wait(&engine->sockets, milliseconds, ready);
    if (count < 0)
      return false;
    for (i = 0; i < count; i++) {
      /* coverage: libcurl fails without memory only */
      if (!serve_socket(engine, &ready[i]))
        return false;
    }
    served += count;
    milliseconds = 0;
    /* coverage: so many are not ready twice at will */
  } while (count == GCT_MAX_READY && served < engine->in_flight);
  return true;
}

/* Seconds to wait in whole milliseconds, but not past libcurl's timer or a
   deadline. Rounded up: to wake too early would be to wait again. */
static int time_to_wait(const struct gct_engine *engine, double wait,
                        double now)
{
  double until =
      fmin(engine->timer_due, engine->next_deadline + DEADLINE_GRACE_SECONDS);
  double milliseconds = ceil(fmin(wait, until - now) * 1000);

  if (!(milliseconds > 0))
    return 0;
  /* coverage: limits before this one are lower */
  return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

/* First what needs no network, then one wait: sockets that are ready already
   end it at once. */
void gct_engine_step(struct gct_engine *engine, double wait)
{
  double now;
  int finished;
  bool ok;

  if (!engine->active.first)
    return;
  now = gct_now();
  finished = settle(engine, serve_timer(engine, now), now);
  if (!engine->active.first)
    return;
  if (finished > 0 || !(wait > 0))
    wait = 0; /* also for NaN */
  ok = serve_sockets(engine, time_to_wait(engine, wait, now));
  now = gct_now();
  ok = ok && serve_timer(engine, now) && poll_connecting(engine, now);
  (void)settle(engine, ok, now);
}

/* ---- finding and giving back ------------------------------------------- */

static struct gct_transfer *find_in(const struct gct_list *list, double id)
{
  struct gct_transfer *transfer = list->first;

  while (transfer && transfer->id != id)
    transfer = transfer->next;
  return transfer;
}

struct gct_transfer *gct_engine_find(struct gct_engine *engine, double id)
{
  struct gct_transfer *transfer = find_in(&engine->finished, id);

  return transfer ? transfer : find_in(&engine->active, id);
}

bool gct_engine_is_finished(const struct gct_engine *engine,
                            const struct gct_transfer *transfer)
{
  return transfer->list == &engine->finished;
}

void gct_engine_recycle(struct gct_engine *engine,
                        struct gct_transfer *transfer)
{
  if (transfer->list == &engine->active) {
    (void)curl_multi_remove_handle(engine->multi, transfer->easy);
    engine->in_flight--;
  }
  gct_transfer_reset(transfer);
  gct_list_append(&engine->idle, transfer);
}
