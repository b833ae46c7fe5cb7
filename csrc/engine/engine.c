/*
** The engine: starting transfers, stepping them, and moving them from list to
** list.
*/
#include "engine/engine.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/transfer_done.h"
#include "engine/transfer_setup.h"

/* Seconds that libcurl has after a transfer's deadline to end it itself, with
   a better message. */
#define DEADLINE_GRACE_SECONDS 0.05

/* Seconds from one look at all transfers that are connecting to the next. */
#define POLL_CONNECTING_SECONDS 0.2

/* ---- life -------------------------------------------------------------- */

void gct_engine_init(struct gct_engine *engine)
{
  memset(engine, 0, sizeof(*engine));
  gct_multi_init(&engine->multi);
  gct_options_init(&engine->options);
}

/* The transfers are leaked with the multi handle that they are in. */
void gct_engine_detect_fork(struct gct_engine *engine)
{
  static const struct gct_list empty;

  if (!gct_multi_detect_fork(&engine->multi))
    return;
  engine->idle = engine->queued = engine->active = engine->finished = empty;
  gct_transfer_table_clear(&engine->transfers);
  engine->multi.unsent = 0;
  engine->in_flight = 0;
}

static void free_all(struct gct_list *list)
{
  while (list->first)
    gct_transfer_free(gct_transfer_of(list->first));
}

void gct_engine_release(struct gct_engine *engine)
{
  const struct gct_transfer *transfer;

  gct_engine_detect_fork(engine);
  for (transfer = gct_transfer_of(engine->active.first); transfer;
       transfer = gct_transfer_of(transfer->node.next))
    (void)curl_multi_remove_handle(engine->multi.handle, transfer->easy);
  free_all(&engine->active);
  free_all(&engine->queued);
  free_all(&engine->finished);
  free_all(&engine->idle);
  gct_transfer_table_release(&engine->transfers);
  engine->multi.unsent = 0;
  engine->in_flight = 0;
  gct_multi_release(&engine->multi);
  gct_options_release(&engine->options);
}

/* ---- calls ------------------------------------------------------------- */

/* Stays in the table for as long as the engine lives. */
static struct gct_transfer *new_transfer(struct gct_engine *engine,
                                         struct gct_error *error)
{
  struct gct_transfer *transfer =
      gct_transfer_new(&engine->options, &engine->multi, error);

  if (!transfer || gct_transfer_table_add(&engine->transfers, transfer, error))
    return transfer;
  gct_transfer_free(transfer);
  return NULL;
}

/* libcurl goes through all transfers that wait for a connection whenever one
   ends, so it does not get more of them than could open one. */
static bool has_room(const struct gct_engine *engine)
{
  return engine->multi.unsent < engine->options.max_connections;
}

static CURLMcode activate(struct gct_engine *engine,
                          struct gct_transfer *transfer)
{
  CURLMcode code = curl_multi_add_handle(engine->multi.handle, transfer->easy);

  if (!code) { /* coverage: libcurl fails without memory only */
    gct_list_append(&engine->active, &transfer->node);
    engine->multi.unsent++;
  }
  return code;
}

static bool add(struct gct_engine *engine, struct gct_transfer *transfer,
                struct gct_error *error)
{
  CURLMcode code = CURLM_OK;

  if (has_room(engine))
    code = activate(engine, transfer);
  else
    gct_list_append(&engine->queued, &transfer->node);
  /* coverage: libcurl fails without memory only */
  if (code)
    return gct_error_set(error, GCT_KIND_TRANSPORT, "could not start: %s",
                         curl_multi_strerror(code));
  transfer->id = gct_transfer_table_next_id(&engine->transfers, transfer);
  if (engine->in_flight == 0 || transfer->deadline < engine->next_deadline)
    engine->next_deadline = transfer->deadline;
  engine->in_flight++;
  engine->stats.calls++;
  return true;
}

bool gct_engine_start(struct gct_engine *engine, const struct gct_call *call,
                      const struct gct_timeouts *timeouts, double *id,
                      struct gct_error *error)
{
  struct gct_transfer *transfer;

  if (!gct_multi_open(&engine->multi, engine->options.max_connections, error))
    return false;
  transfer = gct_transfer_of(engine->idle.last);
  if (!transfer)
    transfer = new_transfer(engine, error);
  if (!transfer)
    return false;
  /* coverage: libcurl fails without memory only */
  if (!gct_transfer_prepare(transfer, call, timeouts, error) ||
      !add(engine, transfer, error)) {
    gct_transfer_reset(transfer);
    gct_list_append(&engine->idle, &transfer->node);
    return false;
  }
  *id = transfer->id;
  return true;
}

/* Takes a transfer that is in flight out of the multi handle. */
static void deactivate(struct gct_engine *engine,
                       struct gct_transfer *transfer)
{
  engine->in_flight--;
  if (transfer->node.list != &engine->active)
    return;
  (void)curl_multi_remove_handle(engine->multi.handle, transfer->easy);
  if (transfer->sent == 0)
    engine->multi.unsent--;
}

static void finish(struct gct_engine *engine, struct gct_transfer *transfer,
                   CURLcode code)
{
  gct_transfer_conclude(transfer, code);
  if (transfer->connecting > 0) /* else what libcurl knows is of another one */
    gct_stats_count(&engine->stats, transfer->easy);
  deactivate(engine, transfer);
  gct_list_append(&engine->finished, &transfer->node);
}

/* Gives the multi handle transfers that are queued, as far as it has room. */
static void activate_queued(struct gct_engine *engine)
{
  while (engine->queued.first && has_room(engine)) {
    struct gct_transfer *transfer = gct_transfer_of(engine->queued.first);

    gct_transfer_restart(transfer);
    /* coverage: libcurl fails without memory only */
    if (activate(engine, transfer)) {
      transfer->stop = GCT_STOPPED_BY_MEMORY;
      finish(engine, transfer, CURLE_OUT_OF_MEMORY);
    }
  }
}

/* Restarts a transfer whose connection was stale, and says whether it did.
   Ends: every round closes one connection. */
static bool restart(struct gct_engine *engine, struct gct_transfer *transfer)
{
  if (transfer->stop != GCT_STOPPED_BY_UNSOLICITED_DATA)
    return false;
  (void)curl_multi_remove_handle(engine->multi.handle, transfer->easy);
  gct_transfer_restart(transfer);
  return curl_multi_add_handle(engine->multi.handle, transfer->easy) ==
         CURLM_OK;
}

/* How many calls have finished. */
static int check_multi_info(struct gct_engine *engine)
{
  int left = 0;
  int finished = 0;
  const CURLMsg *message;

  while ((message = curl_multi_info_read(engine->multi.handle, &left)) !=
         NULL) {
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

static void fail_list(struct gct_engine *engine, const struct gct_list *list)
{
  while (list->first) {
    struct gct_transfer *transfer = gct_transfer_of(list->first);

    transfer->stop = GCT_STOPPED_BY_MEMORY;
    finish(engine, transfer, CURLE_OUT_OF_MEMORY);
  }
}

/* The multi handle has failed for good. Every call ends all the same, and the
   next one begins with a new multi handle. */
static int fail_all(struct gct_engine *engine)
{
  int finished = engine->in_flight;

  fail_list(engine, &engine->active);
  fail_list(engine, &engine->queued);
  gct_multi_close(&engine->multi);
  return finished;
}

static int end_overdue_of(struct gct_engine *engine,
                          const struct gct_list *list, double now)
{
  struct gct_transfer *transfer = gct_transfer_of(list->first);
  int finished = 0;

  while (transfer) {
    struct gct_transfer *next = gct_transfer_of(transfer->node.next);

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

/* libcurl's time limit does not run while a transfer waits for one of
   max_connections to become free. Returns how many have been ended. */
static int end_overdue(struct gct_engine *engine, double now)
{
  if (engine->in_flight == 0 ||
      now < engine->next_deadline + DEADLINE_GRACE_SECONDS)
    return 0;
  engine->next_deadline = HUGE_VAL;
  return end_overdue_of(engine, &engine->active, now) +
         end_overdue_of(engine, &engine->queued, now);
}

/* Moves what has ended to `finished`. Returns how many calls those were. */
static int settle(struct gct_engine *engine, bool ok, double now)
{
  int finished = check_multi_info(engine);

  finished += ok ? end_overdue(engine, now) : fail_all(engine);
  activate_queued(engine);
  return finished;
}

/* ---- steps ------------------------------------------------------------- */

/* When one address of a host fails, libcurl tries the next one the next time
   that it looks at the transfer, but sets no timer for that. So while
   transfers are connecting, all are looked at now and then, and at once when a
   socket has broken. */
static bool poll_connecting(struct gct_engine *engine, double now)
{
  if (now < engine->poll_connecting_due)
    return true;
  engine->poll_connecting_due = now + POLL_CONNECTING_SECONDS;
  return engine->multi.unsent == 0 || gct_multi_serve_all(&engine->multi);
}

static bool serve_sockets(struct gct_engine *engine, int milliseconds,
                          int limit)
{
  bool broken = false;
  bool ok =
      gct_multi_serve_sockets(&engine->multi, milliseconds,
                              limit > 0 ? limit : engine->in_flight, &broken);

  if (broken)
    engine->poll_connecting_due = 0;
  return ok;
}

/* When libcurl's timer or a deadline is due, as gct_now(). */
static double next_due(const struct gct_engine *engine)
{
  return fmin(engine->multi.timer_due,
              engine->next_deadline + DEADLINE_GRACE_SECONDS);
}

double gct_engine_timeout(const struct gct_engine *engine)
{
  double due;

  if (engine->finished.first)
    return 0;
  if (engine->in_flight == 0)
    return -1;
  due = next_due(engine);
  if (engine->poll_connecting_due < due && engine->multi.unsent > 0)
    due = engine->poll_connecting_due;
  return fmax(0, due - gct_now());
}

/* Seconds to wait in whole milliseconds, but not past what is due. Rounded up:
   to wake too early would be to wait again. */
static int time_to_wait(const struct gct_engine *engine, double wait,
                        double now)
{
  double milliseconds = ceil(fmin(wait, next_due(engine) - now) * 1000);

  if (!(milliseconds > 0))
    return 0;
  /* coverage: limits before this one are lower */
  return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}

/* First what needs no network, then one wait: sockets that are ready already
   end it at once. */
void gct_engine_step(struct gct_engine *engine, double wait, int limit)
{
  double now;
  int finished;
  bool ok;

  if (engine->in_flight == 0)
    return;
  now = gct_now();
  finished = settle(engine, gct_multi_serve_timer(&engine->multi, now), now);
  if (engine->in_flight == 0)
    return;
  if (finished > 0 || !(wait > 0))
    wait = 0; /* also for NaN */
  ok = serve_sockets(engine, time_to_wait(engine, wait, now), limit);
  now = gct_now();
  ok = ok && gct_multi_serve_timer(&engine->multi, now) &&
       poll_connecting(engine, now);
  (void)settle(engine, ok, now);
}

/* ---- finding and giving back ------------------------------------------- */

struct gct_transfer *gct_engine_find(struct gct_engine *engine, double id)
{
  struct gct_transfer *transfer =
      gct_transfer_table_find(&engine->transfers, id);

  return transfer && transfer->node.list != &engine->idle ? transfer : NULL;
}

bool gct_engine_is_finished(const struct gct_engine *engine,
                            const struct gct_transfer *transfer)
{
  return transfer->node.list == &engine->finished;
}

void gct_engine_recycle(struct gct_engine *engine,
                        struct gct_transfer *transfer)
{
  if (!gct_engine_is_finished(engine, transfer))
    deactivate(engine, transfer);
  gct_transfer_reset(transfer);
  gct_list_append(&engine->idle, &transfer->node);
  activate_queued(engine);
}
