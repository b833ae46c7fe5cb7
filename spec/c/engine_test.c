/*
** The engine against loopback ports where nobody answers, or this test does:
** life, lists, time-outs, forks, memory. Runs once for each way to wait.
*/
#include "engine/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef GCT_USE_EPOLL
#include <sys/epoll.h>
#include <sys/syscall.h>
enum { DESCRIPTORS_OF_A_SET = 1 };
#else
enum { DESCRIPTORS_OF_A_SET = 0 };
#endif

#include "check.h"
#include "descriptors.h"
#include "engine/clock.h"
#include "memory.h"
#include "stepping.h"

enum {
  SOME = 12,
  MANY = 2 * GCT_MAX_READY + 22, /* more than one wait tells of */
};

static char silent[40];   /* base URL: accepts connections, never answers */
static char refusing[40]; /* base URL: accepts no connection */
static const struct gct_timeouts no_timeouts;

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
  CHECK(!listening || listen(port, 2 * MANY) == 0);
  CHECK(getsockname(port, (struct sockaddr *)&address, &length) == 0);
  snprintf(url, size, "http://127.0.0.1:%d", ntohs(address.sin_port));
  return port;
}

static void init(struct gct_engine *engine)
{
  gct_engine_init(engine);
  /* Whatever proxy the environment names. */
  CHECK(gct_options_set(&engine->options, GCT_PROXY, ""));
}

/* The id of a call that was started, or 0. */
static double start(struct gct_engine *engine, const char *base_url,
                    const char *token, double timeout, struct gct_error *error)
{
  struct gct_call call;
  struct gct_timeouts timeouts = no_timeouts;
  double id = 0;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find("get_tokens_me");
  call.base_url = gct_slice_from_cstr(base_url);
  call.access_token = gct_slice_from_cstr(token);
  timeouts.timeout = timeout;
  return gct_engine_start(engine, &call, &timeouts, &id, error) ? id : 0;
}

/* The transfer of `id` once it has finished. */
static struct gct_transfer *finish(struct gct_engine *engine, double id)
{
  struct gct_transfer *transfer = gct_engine_find(engine, id);

  while (transfer && !gct_engine_is_finished(engine, transfer))
    gct_engine_step(engine, 0.05, 0);
  CHECK(transfer != NULL);
  return transfer;
}

static void answer(int connection)
{
  static const char response[] =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

  CHECK(write(connection, response, sizeof(response) - 1) ==
        (ssize_t)sizeof(response) - 1);
}

static void test_without_a_call(void)
{
  static const double waits[] = {0, 10, -1, -1e300, -INFINITY, NAN};
  struct gct_engine engine;
  double began = gct_now();
  size_t i;

  init(&engine);
  for (i = 0; i < LENGTH(waits); i++)
    gct_engine_step(&engine, waits[i], 0);
  CHECK(gct_now() - began < 5);
  CHECK(!engine.multi.handle && !engine.multi.share && engine.in_flight == 0);
  CHECK(!gct_engine_find(&engine, 0) && !gct_engine_find(&engine, 1));
  CHECK(!gct_engine_find(&engine, NAN));
  CHECK(engine.stats.calls == 0 && gct_engine_timeout(&engine) < 0);
  gct_engine_release(&engine);
  gct_engine_release(&engine);
  CHECK(gct_engine_timeout(&engine) < 0);
  gct_engine_step(&engine, 0, 0);
}

/* Due at once after a start, then while it connects, then at its deadline, and
   at once as long as an outcome waits to be taken. */
static void test_timeout(void)
{
  struct gct_engine engine;
  struct gct_error error;
  double id;
  int i;

  init(&engine);
  id = start(&engine, silent, "token", 0.3, &error);
  CHECK(id > 0 && gct_engine_timeout(&engine) == 0);
  gct_engine_step(&engine, 0, 0);
  /* some libcurl connects and sends in one step */
  CHECK(gct_engine_timeout(&engine) <=
        (gct_engine_find(&engine, id)->sent == 0 ? 0.2 : 0.35));
  for (i = 0; i < 100 && gct_engine_find(&engine, id)->sent == 0; i++)
    gct_engine_step(&engine, 0.05, 0);
  CHECK(gct_engine_timeout(&engine) <= 0.35);
  (void)finish(&engine, id);
  CHECK(gct_engine_timeout(&engine) == 0);
  gct_engine_recycle(&engine, gct_engine_find(&engine, id));
  CHECK(gct_engine_timeout(&engine) < 0);
  gct_engine_release(&engine);
}

static void test_refused_call(void)
{
  struct gct_engine engine;
  struct gct_error error;

  init(&engine);
  CHECK(start(&engine, refusing, "not a token", 0, &error) == 0);
  CHECK(error.kind == GCT_KIND_ARGUMENT);
  CHECK(engine.in_flight == 0 && engine.stats.calls == 0);
  CHECK(start(&engine, refusing, "token", 0, &error) > 0);
  CHECK(engine.in_flight == 1 && engine.stats.calls == 1);
  gct_engine_release(&engine);
  gct_engine_release(&engine);
  CHECK(engine.in_flight == 0);
}

static void test_no_connection(void)
{
  struct gct_engine engine;
  struct gct_error error;
  double first, second;
  struct gct_transfer *transfer;

  init(&engine);
  first = start(&engine, refusing, "token", 0, &error);
  second = start(&engine, refusing, "token", 0, &error);
  CHECK(first > 0 && second > first);
  transfer = finish(&engine, first);
  CHECK(transfer->outcome.error.kind == GCT_KIND_TRANSPORT);
  CHECK_STRING(transfer->outcome.error.cause, "COULDNT_CONNECT");
  CHECK(transfer->outcome.status == 0 && transfer->outcome.sent == 0);
  gct_engine_recycle(&engine, transfer);
  CHECK(!gct_engine_find(&engine, first));
  gct_engine_recycle(&engine, finish(&engine, second));
  CHECK(engine.in_flight == 0);
  CHECK(!engine.active.first && !engine.finished.first);
  /* What was given back is used again, under a new id. */
  transfer = gct_transfer_of(engine.idle.last);
  CHECK(start(&engine, refusing, "token", 0, &error) > second);
  CHECK(engine.active.first == &transfer->node);
  gct_engine_release(&engine);
}

static void test_time_out(void)
{
  struct gct_engine engine;
  struct gct_error error;
  double began = gct_now();
  double patient, hasty;
  struct gct_transfer *transfer;
  int i;

  init(&engine);
  patient = start(&engine, silent, "token", 60, &error);
  for (i = 0; i < 4; i++) {
    gct_engine_step(&engine, 0, 0);
    gct_engine_step(&engine, -1, 0);
    gct_engine_step(&engine, NAN, 0);
  }
  CHECK(gct_now() - began < 5); /* none of them waits */
  began = gct_now();
  hasty = start(&engine, silent, "token", 0.05, &error);
  transfer = finish(&engine, hasty);
  CHECK(gct_now() - began >= 0.05 && gct_now() - began < 5);
  CHECK(transfer->outcome.error.kind == GCT_KIND_TIMEOUT);
  CHECK_STRING(transfer->outcome.error.cause, "OPERATION_TIMEDOUT");
  CHECK(transfer->outcome.sent == 1);
  CHECK(engine.in_flight == 1);
  /* Giving up a call that is on its way. */
  transfer = gct_engine_find(&engine, patient);
  CHECK(transfer && !gct_engine_is_finished(&engine, transfer));
  gct_engine_recycle(&engine, transfer);
  CHECK(engine.in_flight == 0 && !engine.active.first);
  CHECK(!gct_engine_find(&engine, patient));
  CHECK(gct_engine_find(&engine, hasty) != NULL);
  gct_engine_release(&engine);
}

/* A call that waits for one of max_connections is timed, too. */
static void test_time_out_in_the_queue(void)
{
  struct gct_engine engine;
  struct gct_error error;
  double began = gct_now();
  double first, second;
  struct gct_transfer *transfer;

  init(&engine);
  engine.options.max_connections = 1;
  first = start(&engine, silent, "token", 60, &error);
  second = start(&engine, silent, "token", 0.05, &error);
  transfer = finish(&engine, second);
  CHECK(gct_now() - began >= 0.05 && gct_now() - began < 5);
  CHECK(transfer->outcome.error.kind == GCT_KIND_TIMEOUT);
  CHECK_STRING(transfer->outcome.error.cause, "OPERATION_TIMEDOUT");
  CHECK(transfer->outcome.sent == 0);
  CHECK(gct_engine_find(&engine, first) ==
        gct_transfer_of(engine.active.first));
  gct_engine_release(&engine);
}

/* More calls than one wait tells of, all answered at once; every third is
   given up before. */
static void test_many(void)
{
  static int connections[MANY];
  static double ids[MANY];
  struct gct_engine engine;
  struct gct_error error;
  char base_url[40];
  int port = open_port(base_url, sizeof(base_url), true);
  int i;

  init(&engine);
  engine.options.max_connections = MANY;
  for (i = 0; i < MANY; i++)
    ids[i] = start(&engine, base_url, "token", 60, &error);
  CHECK(engine.in_flight == MANY);
  for (i = 0; i < MANY; i++) {
    step_until_readable(&engine, port);
    connections[i] = accept(port, NULL, NULL);
  }
  for (i = 0; i < MANY; i++)
    step_until_readable(&engine, connections[i]);
  for (i = 0; i < MANY; i += 3)
    gct_engine_recycle(&engine, gct_engine_find(&engine, ids[i]));
  for (i = 0; i < MANY; i++)
    answer(connections[i]);
  while (engine.in_flight > 0)
    gct_engine_step(&engine, 0.05, 0);
  for (i = 0; i < MANY; i++) {
    struct gct_transfer *transfer = gct_engine_find(&engine, ids[i]);

    CHECK((transfer == NULL) == (i % 3 == 0));
    if (transfer) {
      CHECK(gct_engine_is_finished(&engine, transfer));
      CHECK(transfer->outcome.status == 200);
      gct_engine_recycle(&engine, transfer);
    }
  }
  CHECK(!engine.active.first && !engine.finished.first);
  gct_engine_release(&engine);
  for (i = 0; i < MANY; i++)
    CHECK(close(connections[i]) == 0);
  CHECK(close(port) == 0);
}

/* A child leaves its parent's calls and connections alone: what the parent
   waits for still arrives. */
static void test_fork(void)
{
  struct gct_engine engine;
  struct gct_error error;
  char base_url[40];
  int port = open_port(base_url, sizeof(base_url), true);
  int connection;
  double id;
  pid_t child;
  int status = -1;

  init(&engine);
  engine.options.connect_timeout = 20;
  id = start(&engine, base_url, "token", 20, &error);
  step_until_readable(&engine, port);
  connection = accept(port, NULL, NULL);
  step_until_readable(&engine, connection);
  /* A timer would have libcurl look at the connection unasked. */
  while (engine.multi.timer_due < gct_now() + 10)
    gct_engine_step(&engine, 0.05, 0);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    int failed = checks_failed;
    int left = open_descriptors() - DESCRIPTORS_OF_A_SET;

    gct_engine_detect_fork(&engine);
    CHECK(open_descriptors() == left);
    CHECK(!gct_engine_find(&engine, id));
    CHECK(engine.in_flight == 0);
    id = start(&engine, refusing, "token", 0, &error);
    CHECK(finish(&engine, id)->outcome.error.kind == GCT_KIND_TRANSPORT);
    gct_engine_release(&engine);
    gct_engine_release(&engine);
    CHECK(open_descriptors() == left);
    fflush(stdout);
    /* Not exit: what the parent owns is meant to be left. */
    _exit(checks_failed > failed);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  gct_engine_detect_fork(&engine);
  CHECK(gct_engine_find(&engine, id) != NULL && engine.in_flight == 1);
  answer(connection);
  CHECK(finish(&engine, id)->outcome.status == 200);
  gct_engine_release(&engine);
  CHECK(close(connection) == 0 && close(port) == 0);
}

/* Calls that end, are given up or are still on their way: when the engine is
   released, nothing stays open. */
static void test_descriptors(void)
{
  int before = open_descriptors();
  int i;

  for (i = 0; i < 50; i++) {
    struct gct_engine engine;
    struct gct_error error;
    double refused, given_up;

    init(&engine);
    refused = start(&engine, refusing, "token", 60, &error);
    given_up = start(&engine, silent, "token", 60, &error);
    CHECK(start(&engine, silent, "token", 60, &error) > 0);
    CHECK(finish(&engine, refused)->outcome.status == 0);
    gct_engine_recycle(&engine, gct_engine_find(&engine, given_up));
    CHECK(open_descriptors() > before);
    gct_engine_release(&engine);
    CHECK(open_descriptors() == before);
  }
}

/* Starts calls that nobody answers, and steps so many times. */
static void start_some(struct gct_engine *engine, int steps)
{
  struct gct_error error;
  int i;

  init(engine);
  for (i = 0; i < SOME; i++)
    CHECK(start(engine, silent, "token", 60, &error) > 0);
  for (i = 0; i < steps; i++)
    gct_engine_step(engine, 0.02, 0);
  CHECK(engine->in_flight == SOME);
}

/* All of them have failed, and the engine can be used again. */
static void check_all_failed(struct gct_engine *engine)
{
  struct gct_error error;
  int i;

  CHECK(engine->in_flight == 0 && !engine->active.first);
  for (i = 0; engine->finished.first; i++) {
    struct gct_transfer *transfer = gct_transfer_of(engine->finished.first);

    CHECK_STRING(transfer->outcome.error.cause, "OUT_OF_MEMORY");
    gct_engine_recycle(engine, transfer);
  }
  CHECK(i == SOME);
  CHECK(start(engine, silent, "token", 60, &error) > 0);
  gct_engine_step(engine, 0.01, 0);
  CHECK(engine->in_flight == 1);
  gct_engine_release(engine);
}

#ifdef GCT_USE_EPOLL

static bool no_more_sockets;

/* Takes the place of the C library's. */
int epoll_ctl(int epoll, int operation, int socket, struct epoll_event *event)
{
  if (no_more_sockets && operation != EPOLL_CTL_DEL) {
    errno = ENOSPC;
    return -1;
  }
  return (int)syscall(SYS_epoll_ctl, epoll, operation, socket, event);
}

/* The system allows no more sockets to be watched. */
static void test_failing_watch(void)
{
  struct gct_engine engine;

  start_some(&engine, 0);
  no_more_sockets = true;
  gct_engine_step(&engine, 0, 0);
  no_more_sockets = false;
  check_all_failed(&engine);
}

/* The system refuses to wait: what stands there is no epoll descriptor, but
   the engine's to close. */
static void test_failing_wait(void)
{
  struct gct_engine engine;
  int null = open("/dev/null", O_RDONLY);

  start_some(&engine, 4);
  CHECK(dup2(null, engine.multi.sockets.epoll) == engine.multi.sockets.epoll);
  CHECK(close(null) == 0);
  gct_engine_step(&engine, 0.02, 0);
  check_all_failed(&engine);
}

#else

/* Only a lack of memory, below, keeps poll(2) from watching a socket. */
static void test_failing_watch(void)
{
}

/* poll(2) takes no longer a list than there may be descriptors. */
static void test_failing_wait(void)
{
  struct gct_engine engine;
  struct rlimit limit, none;

  start_some(&engine, 4);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  none = limit;
  none.rlim_cur = 0;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  gct_engine_step(&engine, 0.02, 0);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  check_all_failed(&engine);
}

#endif

/* With however little memory on their way, calls end: with a transport
   error, and nothing is left behind. */
static void test_out_of_memory_on_the_way(void)
{
  long before = memory_blocks();
  long nth = 0;
  long failures;

  do {
    struct gct_engine engine;
    struct gct_error error;
    int i;

    init(&engine);
    for (i = 0; i < 3; i++)
      CHECK(start(&engine, refusing, "token", 60, &error) > 0);
    memory_fail(++nth, 1);
    while (engine.in_flight > 0)
      gct_engine_step(&engine, 0.05, 0);
    failures = memory_heal();
    for (i = 0; engine.finished.first; i++) {
      struct gct_transfer *transfer = gct_transfer_of(engine.finished.first);

      CHECK(transfer->outcome.error.kind == GCT_KIND_TRANSPORT);
      gct_engine_recycle(&engine, transfer);
    }
    CHECK(i == 3);
    gct_engine_release(&engine);
    CHECK(memory_returns_to(before));
  } while (failures > 0);
  CHECK(nth > 20);
}

/* With however little memory: started or a transport error, and then as
   if nothing had been. */
static void test_out_of_memory(void)
{
  long before = memory_blocks();
  long nth = 0;
  long failures;

  do {
    struct gct_engine engine;
    struct gct_error error;
    bool ok;

    init(&engine);
    memory_fail(++nth, 1);
    ok = start(&engine, refusing, "token", 0, &error) > 0;
    failures = memory_heal();
    CHECK(ok == (failures == 0));
    CHECK(ok || error.kind == GCT_KIND_TRANSPORT);
    CHECK(engine.in_flight == (ok ? 1 : 0));
    CHECK(start(&engine, refusing, "token", 0, &error) > 0);
    gct_engine_release(&engine);
    CHECK(memory_blocks() == before);
  } while (failures > 0);
  CHECK(nth > 20);
}

int main(void)
{
  int silent_port, refusing_port, descriptors;
  long before;

  CHECK(memory_use_in_libcurl());
  silent_port = open_port(silent, sizeof(silent), true);
  refusing_port = open_port(refusing, sizeof(refusing), false);
  before = memory_blocks();
  descriptors = open_descriptors();
  test_without_a_call();
  test_timeout();
  test_refused_call();
  test_no_connection();
  test_time_out();
  test_time_out_in_the_queue();
  test_many();
  test_fork();
  test_descriptors();
  test_failing_watch();
  test_failing_wait();
  test_out_of_memory();
  test_out_of_memory_on_the_way();
  CHECK(memory_blocks() == before);
  CHECK(open_descriptors() == descriptors);
  CHECK(close(silent_port) == 0 && close(refusing_port) == 0);
  return check_report();
}
