/*
** The engine against loopback ports where nobody answers: life, lists,
** time-outs, forks, memory.
*/
#include "engine/engine.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "engine/clock.h"
#include "memory.h"

enum { MANY = 12 }; /* more than libcurl polls without allocating */

static char silent[40];   /* base URL: accepts connections, never answers */
static char refusing[40]; /* base URL: accepts no connection */
static const struct gct_limits no_limits;

/* Writes the base URL of a new loopback socket. */
static int open_port(char *url, size_t size, bool listening)
{
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  int port = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(port, (struct sockaddr *)&address, sizeof(address)) == 0);
  CHECK(!listening || listen(port, 64) == 0);
  CHECK(getsockname(port, (struct sockaddr *)&address, &length) == 0);
  snprintf(url, size, "http://127.0.0.1:%d", ntohs(address.sin_port));
  return port;
}

static void init(struct gct_engine *engine)
{
  gct_engine_init(engine);
  /* Whatever proxy the environment names. */
  CHECK(gct_settings_set(&engine->settings, GCT_PROXY, ""));
}

/* The id of a call that was started, or 0. */
static double start(struct gct_engine *engine, const char *base_url,
                    const char *token, double timeout,
                    struct gct_failure *failure)
{
  struct gct_call call;
  struct gct_limits limits = no_limits;
  double id = 0;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find("get_tokens_me");
  call.base_url = gct_text_of(base_url);
  call.access_token = gct_text_of(token);
  limits.timeout = timeout;
  return gct_engine_start(engine, &call, &limits, &id, failure) ? id : 0;
}

/* The transfer of `id` once it has finished. */
static struct gct_transfer *finish(struct gct_engine *engine, double id)
{
  struct gct_transfer *transfer = gct_engine_find(engine, id);

  while (transfer && !gct_engine_is_finished(engine, transfer))
    gct_engine_step(engine, 0.05);
  CHECK(transfer != NULL);
  return transfer;
}

static void test_without_a_call(void)
{
  static const double waits[] = {0, 10, -1, -1e300, -INFINITY, NAN};
  struct gct_engine engine;
  double began = gct_now();
  size_t i;

  init(&engine);
  for (i = 0; i < LENGTH(waits); i++)
    gct_engine_step(&engine, waits[i]);
  CHECK(gct_now() - began < 5);
  CHECK(!engine.multi && !engine.share && engine.in_flight == 0);
  CHECK(!gct_engine_find(&engine, 0) && !gct_engine_find(&engine, 1));
  CHECK(!gct_engine_find(&engine, NAN));
  CHECK(engine.stats.calls == 0);
  gct_engine_release(&engine);
  gct_engine_release(&engine);
  gct_engine_step(&engine, 0);
}

static void test_refused_call(void)
{
  struct gct_engine engine;
  struct gct_failure failure;

  init(&engine);
  CHECK(start(&engine, refusing, "not a token", 0, &failure) == 0);
  CHECK(failure.kind == GCT_KIND_ARGUMENT);
  CHECK(engine.in_flight == 0 && engine.stats.calls == 0);
  CHECK(start(&engine, refusing, "token", 0, &failure) == 1);
  CHECK(engine.in_flight == 1 && engine.stats.calls == 1);
  gct_engine_release(&engine);
  gct_engine_release(&engine);
  CHECK(engine.in_flight == 0);
}

static void test_no_connection(void)
{
  struct gct_engine engine;
  struct gct_failure failure;
  double first, second;
  struct gct_transfer *transfer;

  init(&engine);
  first = start(&engine, refusing, "token", 0, &failure);
  second = start(&engine, refusing, "token", 0, &failure);
  CHECK(first > 0 && second > first);
  transfer = finish(&engine, first);
  CHECK(transfer->outcome.failure.kind == GCT_KIND_TRANSPORT);
  CHECK_STRING(transfer->outcome.failure.cause, "COULDNT_CONNECT");
  CHECK(transfer->outcome.status == 0 && transfer->outcome.sent == 0);
  gct_engine_recycle(&engine, transfer);
  CHECK(!gct_engine_find(&engine, first));
  gct_engine_recycle(&engine, finish(&engine, second));
  CHECK(engine.in_flight == 0 && !engine.active && !engine.finished);
  /* What was given back is used again, under a new id. */
  transfer = engine.idle;
  CHECK(start(&engine, refusing, "token", 0, &failure) > second);
  CHECK(engine.active == transfer);
  gct_engine_release(&engine);
}

static void test_time_out(void)
{
  struct gct_engine engine;
  struct gct_failure failure;
  double began = gct_now();
  double patient, hasty;
  struct gct_transfer *transfer;

  init(&engine);
  patient = start(&engine, silent, "token", 60, &failure);
  hasty = start(&engine, silent, "token", 0.05, &failure);
  gct_engine_step(&engine, 0);
  gct_engine_step(&engine, -1);
  CHECK(gct_now() - began < 0.05);
  transfer = finish(&engine, hasty);
  CHECK(gct_now() - began >= 0.05 && gct_now() - began < 5);
  CHECK(transfer->outcome.failure.kind == GCT_KIND_TIMEOUT);
  CHECK_STRING(transfer->outcome.failure.cause, "OPERATION_TIMEDOUT");
  CHECK(transfer->outcome.sent == 1);
  CHECK(engine.in_flight == 1);
  /* Giving up a call that is on its way. */
  transfer = gct_engine_find(&engine, patient);
  CHECK(transfer && !gct_engine_is_finished(&engine, transfer));
  gct_engine_recycle(&engine, transfer);
  CHECK(engine.in_flight == 0 && !engine.active);
  CHECK(!gct_engine_find(&engine, patient));
  CHECK(gct_engine_find(&engine, hasty) != NULL);
  gct_engine_release(&engine);
}

/* A call that waits for one of max_connections is timed, too. */
static void test_time_out_in_the_queue(void)
{
  struct gct_engine engine;
  struct gct_failure failure;
  double began = gct_now();
  double first, second;
  struct gct_transfer *transfer;

  init(&engine);
  engine.settings.max_connections = 1;
  first = start(&engine, silent, "token", 60, &failure);
  second = start(&engine, silent, "token", 0.05, &failure);
  transfer = finish(&engine, second);
  CHECK(gct_now() - began >= 0.05 && gct_now() - began < 5);
  CHECK(transfer->outcome.failure.kind == GCT_KIND_TIMEOUT);
  CHECK_STRING(transfer->outcome.failure.cause, "OPERATION_TIMEDOUT");
  CHECK(transfer->outcome.sent == 0);
  CHECK(gct_engine_find(&engine, first) == engine.active);
  gct_engine_release(&engine);
}

/* A child leaves its parent's calls and connections alone. */
static void test_fork(void)
{
  struct gct_engine engine;
  struct gct_failure failure;
  double id;
  pid_t child;
  int status = -1;

  init(&engine);
  id = start(&engine, silent, "token", 60, &failure);
  gct_engine_step(&engine, 0.01);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    int failed = checks_failed;

    gct_engine_check_owner(&engine);
    CHECK(!gct_engine_find(&engine, id));
    CHECK(engine.in_flight == 0);
    id = start(&engine, refusing, "token", 0, &failure);
    CHECK(finish(&engine, id)->outcome.failure.kind == GCT_KIND_TRANSPORT);
    gct_engine_release(&engine);
    gct_engine_release(&engine);
    fflush(stdout);
    /* Not exit: what the parent owns is meant to be left. */
    _exit(checks_failed > failed);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  gct_engine_check_owner(&engine);
  CHECK(gct_engine_find(&engine, id) != NULL && engine.in_flight == 1);
  gct_engine_release(&engine);
}

/* libcurl cannot poll: all calls end, and the engine can be used again. */
static void test_failing_poll(void)
{
  struct gct_engine engine;
  struct gct_failure failure;
  int i;

  init(&engine);
  for (i = 0; i < MANY; i++)
    CHECK(start(&engine, silent, "token", 60, &failure) > 0);
  for (i = 0; i < 4; i++)
    gct_engine_step(&engine, 0.02);
  CHECK(engine.in_flight == MANY);
  memory_fail(1, 1);
  gct_engine_step(&engine, 0.02);
  CHECK(memory_heal() == 1);
  CHECK(engine.in_flight == 0 && !engine.active);
  for (i = 0; engine.finished; i++) {
    CHECK_STRING(engine.finished->outcome.failure.cause, "OUT_OF_MEMORY");
    gct_engine_recycle(&engine, engine.finished);
  }
  CHECK(i == MANY);
  CHECK(start(&engine, silent, "token", 60, &failure) > 0);
  gct_engine_step(&engine, 0.01);
  CHECK(engine.in_flight == 1);
  gct_engine_release(&engine);
}

/* With however little memory: started or a transport failure, and then as
   if nothing had been. */
static void test_out_of_memory(void)
{
  long before = memory_blocks();
  long nth = 0;
  long failures;

  do {
    struct gct_engine engine;
    struct gct_failure failure;
    bool fine;

    init(&engine);
    memory_fail(++nth, 1);
    fine = start(&engine, refusing, "token", 0, &failure) > 0;
    failures = memory_heal();
    CHECK(fine == (failures == 0));
    CHECK(fine || failure.kind == GCT_KIND_TRANSPORT);
    CHECK(engine.in_flight == (fine ? 1 : 0));
    CHECK(start(&engine, refusing, "token", 0, &failure) > 0);
    gct_engine_release(&engine);
    CHECK(memory_blocks() == before);
  } while (failures > 0);
  CHECK(nth > 20);
}

int main(void)
{
  int silent_port, refusing_port;
  long before;

  CHECK(memory_use_in_libcurl());
  silent_port = open_port(silent, sizeof(silent), true);
  refusing_port = open_port(refusing, sizeof(refusing), false);
  before = memory_blocks();
  test_without_a_call();
  test_refused_call();
  test_no_connection();
  test_time_out();
  test_time_out_in_the_queue();
  test_fork();
  test_failing_poll();
  test_out_of_memory();
  CHECK(memory_blocks() == before);
  CHECK(close(silent_port) == 0 && close(refusing_port) == 0);
  return check_report();
}
