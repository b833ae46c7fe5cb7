/*
** The set of watched sockets, on real ones. Runs once for each way to wait.
*/
#include "engine/sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "descriptors.h"
#include "memory.h"

enum {
  LONG = 60000,                   /* ms; the test ends long before */
  PAIRS = 2 * GCT_MAX_READY + 22, /* more than two waits tell of */
};

struct pair {
  int ours, theirs;
};

static struct pair open_pair(void)
{
  int ends[2] = {-1, -1};
  struct pair pair;

  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pair.ours = ends[0];
  pair.theirs = ends[1];
  return pair;
}

static void close_pair(struct pair pair)
{
  CHECK(close(pair.ours) == 0 && close(pair.theirs) == 0);
}

static void send_byte(int socket)
{
  CHECK(write(socket, "x", 1) == 1);
}

/* That one wait tells of this socket and these events, and nothing else. */
static void check_ready(struct gct_sockets *sockets, int socket, int events)
{
  struct gct_ready ready[GCT_MAX_READY];

  CHECK(gct_sockets_wait(sockets, LONG, ready) == 1);
  CHECK(ready[0].socket == socket && ready[0].events == events);
}

static void check_nothing_ready(struct gct_sockets *sockets)
{
  struct gct_ready ready[GCT_MAX_READY];

  CHECK(gct_sockets_wait(sockets, 0, ready) == 0);
}

static void open_set(struct gct_sockets *sockets)
{
  gct_sockets_init(sockets);
  CHECK(gct_sockets_open(sockets));
}

static void test_life(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();

  gct_sockets_init(&sockets);
  gct_sockets_close(&sockets);
  CHECK(gct_sockets_open(&sockets));
  check_nothing_ready(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_WRITABLE));
  gct_sockets_close(&sockets);
  gct_sockets_close(&sockets);
  /* Opened again, it is empty. */
  CHECK(gct_sockets_open(&sockets));
  check_nothing_ready(&sockets);
  gct_sockets_close(&sockets);
  close_pair(pair);
}

static void test_events(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  struct pair other = open_pair();

  open_set(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  CHECK(gct_sockets_watch(&sockets, other.ours, GCT_READABLE));
  check_nothing_ready(&sockets);
  send_byte(pair.theirs);
  check_ready(&sockets, pair.ours, GCT_READABLE);
  check_ready(&sockets, pair.ours, GCT_READABLE); /* until it is read */
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_WRITABLE));
  check_ready(&sockets, pair.ours, GCT_WRITABLE);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE | GCT_WRITABLE));
  check_ready(&sockets, pair.ours, GCT_READABLE | GCT_WRITABLE);
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0));
  check_nothing_ready(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0)); /* forgotten already */
  send_byte(other.theirs);
  check_ready(&sockets, other.ours, GCT_READABLE);
  CHECK(gct_sockets_watch(&sockets, other.ours, 0));
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  check_ready(&sockets, pair.ours, GCT_READABLE);
  gct_sockets_close(&sockets);
  close_pair(pair);
  close_pair(other);
}

/* The other end shuts its half: a byte to read, so to say. Gone altogether,
   that is told whatever the socket is watched for. */
/* The descriptor says the same to another loop as a wait says here. */
static void test_descriptor(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  struct pollfd polled;

  gct_sockets_init(&sockets);
  CHECK(gct_sockets_descriptor(&sockets) == -1);
  CHECK(gct_sockets_open(&sockets));
  memset(&polled, 0, sizeof(polled));
  polled.fd = gct_sockets_descriptor(&sockets);
  polled.events = POLLIN;
#ifdef GCT_USE_EPOLL
  CHECK(polled.fd >= 0);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  CHECK(poll(&polled, 1, 0) == 0);
  send_byte(pair.theirs);
  CHECK(poll(&polled, 1, LONG) == 1 && polled.revents == POLLIN);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_WRITABLE));
  CHECK(poll(&polled, 1, LONG) == 1 && polled.revents == POLLIN);
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0));
  CHECK(poll(&polled, 1, 0) == 0);
#else
  CHECK(polled.fd == -1);
#endif
  gct_sockets_close(&sockets);
  CHECK(gct_sockets_descriptor(&sockets) == -1);
  close_pair(pair);
}

static void test_other_end_closes(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();

  open_set(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  CHECK(shutdown(pair.theirs, SHUT_WR) == 0);
  check_ready(&sockets, pair.ours, GCT_READABLE);
  CHECK(close(pair.theirs) == 0);
  check_ready(&sockets, pair.ours, 0);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_WRITABLE));
  check_ready(&sockets, pair.ours, 0);
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0));
  check_nothing_ready(&sockets);
  CHECK(close(pair.ours) == 0);
  gct_sockets_close(&sockets);
}

/* A number that comes back after its socket was closed is a new socket. */
static void test_number_again(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  struct pair other = open_pair();

  open_set(&sockets);
  send_byte(pair.theirs);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0));
  CHECK(dup2(other.ours, pair.ours) == pair.ours);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  check_nothing_ready(&sockets);
  send_byte(other.theirs);
  check_ready(&sockets, pair.ours, GCT_READABLE);
  gct_sockets_close(&sockets);
  close_pair(pair);
  close_pair(other);
}

/* All are ready all the time: each has its turn. */
static void test_more_than_one_wait_tells_of(void)
{
  static struct pair pairs[PAIRS];
  int told[PAIRS] = {0};
  struct gct_sockets sockets;
  int round, i, j;

  open_set(&sockets);
  for (i = 0; i < PAIRS; i++) {
    pairs[i] = open_pair();
    send_byte(pairs[i].theirs);
    CHECK(gct_sockets_watch(&sockets, pairs[i].ours, GCT_READABLE));
  }
  for (round = 0; round < 3; round++) {
    struct gct_ready ready[GCT_MAX_READY];

    CHECK(gct_sockets_wait(&sockets, LONG, ready) == GCT_MAX_READY);
    for (i = 0; i < GCT_MAX_READY; i++) {
      for (j = 0; j < PAIRS && pairs[j].ours != ready[i].socket; j++)
        ;
      CHECK(j < PAIRS && ready[i].events == GCT_READABLE);
      told[j % PAIRS]++;
    }
  }
  for (i = 0; i < PAIRS; i++) {
    CHECK(told[i] >= 1 && told[i] <= 2);
    CHECK(gct_sockets_watch(&sockets, pairs[i].ours, 0));
  }
  check_nothing_ready(&sockets);
  gct_sockets_close(&sockets);
  for (i = 0; i < PAIRS; i++)
    close_pair(pairs[i]);
}

/* What comes while it waits ends the wait. */
static void test_waiting(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  pid_t child;
  int status = -1;

  open_set(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  fflush(stdout);
  child = fork();
  if (child == 0)
    _exit(write(pair.theirs, "x", 1) != 1);
  check_ready(&sockets, pair.ours, GCT_READABLE);
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  gct_sockets_close(&sockets);
  close_pair(pair);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
  (void)number;
  signals++;
}

/* Again and again, for the first may come before the wait. */
static void ring_every(long microseconds)
{
  struct itimerval time;

  time.it_interval.tv_sec = 0;
  time.it_interval.tv_usec = microseconds;
  time.it_value = time.it_interval;
  CHECK(setitimer(ITIMER_REAL, &time, NULL) == 0);
}

static void test_signal(void)
{
  struct gct_sockets sockets;
  struct gct_ready ready[GCT_MAX_READY];
  struct pair pair = open_pair();
  struct sigaction action;

  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  open_set(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  ring_every(5000);
  CHECK(gct_sockets_wait(&sockets, -1, ready) == 0);
  ring_every(0);
  CHECK(signals > 0);
  gct_sockets_close(&sockets);
  close_pair(pair);
}

/* A child that closes its copy leaves the parent's set as it is. */
static void test_fork(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  pid_t child;
  int status = -1;

  open_set(&sockets);
  CHECK(gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  fflush(stdout);
  child = fork();
  if (child == 0) {
    gct_sockets_close(&sockets);
    gct_sockets_close(&sockets);
    _exit(0);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  check_nothing_ready(&sockets);
  send_byte(pair.theirs);
  check_ready(&sockets, pair.ours, GCT_READABLE);
  gct_sockets_close(&sockets);
  close_pair(pair);
}

#ifdef GCT_USE_EPOLL

/* The system refuses everything: no epoll descriptor stands there. */
static void test_refusal(void)
{
  struct gct_sockets sockets;
  struct gct_ready ready[GCT_MAX_READY];
  struct pair pair = open_pair();

  open_set(&sockets);
  CHECK(!gct_sockets_watch(&sockets, -1, GCT_READABLE));
  CHECK(fcntl(sockets.epoll, F_GETFD) == FD_CLOEXEC);
  CHECK(dup2(pair.theirs, sockets.epoll) == sockets.epoll);
  CHECK(!gct_sockets_watch(&sockets, pair.ours, GCT_READABLE));
  CHECK(gct_sockets_watch(&sockets, pair.ours, 0));
  CHECK(gct_sockets_wait(&sockets, 0, ready) == -1);
  gct_sockets_close(&sockets);
  close_pair(pair);
}

#else

/* Without memory for one more socket the set stays as it is. */
static void test_refusal(void)
{
  struct gct_sockets sockets;
  struct pair pair = open_pair();
  int copies[PAIRS];
  int refused = 0;
  bool ok;
  int i;

  open_set(&sockets);
  for (i = 0; i < PAIRS; i++) {
    copies[i] = dup(pair.ours);
    memory_fail(1, 1);
    ok = gct_sockets_watch(&sockets, copies[i], GCT_READABLE);
    CHECK(memory_heal() == (ok ? 0 : 1));
    if (!ok) {
      refused++;
      CHECK(gct_sockets_watch(&sockets, copies[i], GCT_READABLE));
    }
  }
  CHECK(refused > 1);
  check_nothing_ready(&sockets);
  for (i = 0; i < PAIRS; i++) {
    CHECK(gct_sockets_watch(&sockets, copies[i], 0));
    CHECK(close(copies[i]) == 0);
  }
  gct_sockets_close(&sockets);
  close_pair(pair);
}

#endif

int main(void)
{
  long blocks = memory_blocks();
  int descriptors = open_descriptors();

  test_life();
  test_events();
  test_descriptor();
  test_other_end_closes();
  test_number_again();
  test_more_than_one_wait_tells_of();
  test_waiting();
  test_signal();
  test_fork();
  test_refusal();
  CHECK(memory_blocks() == blocks);
  CHECK(open_descriptors() == descriptors);
  return check_report();
}
