/*
** What the system knows of idle connections, on real ones over loopback.
*/
#include "engine/idle_connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

struct connection {
  int ours, theirs;
  int port; /* ours */
};

static struct connection open_connection(void)
{
  struct connection connection = {-1, -1, 0};
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(listener, (struct sockaddr *)&address, length) == 0);
  CHECK(listen(listener, 1) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
  connection.ours = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(connection.ours, (struct sockaddr *)&address, length) == 0);
  connection.theirs = accept(listener, NULL, NULL);
  CHECK(connection.theirs >= 0);
  CHECK(getsockname(connection.ours, (struct sockaddr *)&address, &length) ==
        0);
  connection.port = ntohs(address.sin_port);
  CHECK(close(listener) == 0);
  return connection;
}

static void close_connection(struct connection connection)
{
  CHECK(close(connection.ours) == 0 && close(connection.theirs) == 0);
}

static void receive_byte(struct connection connection)
{
  struct pollfd ours = {connection.ours, POLLIN, 0};

  CHECK(write(connection.theirs, "x", 1) == 1);
  CHECK(poll(&ours, 1, 10000) == 1); /* ms */
}

static void test_unsolicited_data(void)
{
  static struct gct_idle_connections connections;
  struct connection connection = open_connection();
  char byte;

  receive_byte(connection);
  CHECK(!gct_idle_connections_has_unsolicited_data(
      &connections, connection.port)); /* not known */
  gct_idle_connections_add(&connections, connection.ours, connection.port);
  CHECK(gct_idle_connections_has_unsolicited_data(&connections,
                                                  connection.port));
  CHECK(gct_idle_connections_has_unsolicited_data(
      &connections, connection.port)); /* it stays there */
  CHECK(!gct_idle_connections_has_unsolicited_data(&connections,
                                                   connection.port + 1));
  CHECK(!gct_idle_connections_has_unsolicited_data(
      &connections, connection.port + GCT_IDLE_CONNECTION_SLOTS));
  CHECK(!gct_idle_connections_has_unsolicited_data(&connections, 0));
  CHECK(gct_idle_connections_has(&connections, connection.port));
  CHECK(!gct_idle_connections_has(
      &connections, connection.port + GCT_IDLE_CONNECTION_SLOTS));
  CHECK(!gct_idle_connections_has(&connections, 0));
  CHECK(read(connection.ours, &byte, 1) == 1);
  CHECK(!gct_idle_connections_has_unsolicited_data(&connections,
                                                   connection.port));
  receive_byte(connection);
  gct_idle_connections_remove(&connections, connection.ours);
  CHECK(!gct_idle_connections_has(&connections, connection.port));
  CHECK(!gct_idle_connections_has_unsolicited_data(&connections,
                                                   connection.port));
  close_connection(connection);
}

/* Another connection may take its place, and then it is not looked at. */
static void test_forgotten(void)
{
  static struct gct_idle_connections connections;
  struct connection connection = open_connection();

  receive_byte(connection);
  gct_idle_connections_add(&connections, connection.ours, connection.port);
  gct_idle_connections_add(&connections, connection.theirs,
                           connection.port + GCT_IDLE_CONNECTION_SLOTS);
  CHECK(!gct_idle_connections_has_unsolicited_data(&connections,
                                                   connection.port));
  CHECK(!gct_idle_connections_has_unsolicited_data(
      &connections, connection.port + GCT_IDLE_CONNECTION_SLOTS));
  close_connection(connection);
}

static void test_silence(void)
{
#ifdef __linux__
  struct connection connection = open_connection();

  receive_byte(connection);
  CHECK(!gct_is_silent(connection.ours, 60));
  (void)poll(NULL, 0, 30); /* ms */
  CHECK(gct_is_silent(connection.ours, 0.01));
  CHECK(!gct_is_silent(connection.ours, 60));
  close_connection(connection);
#endif
  CHECK(!gct_is_silent(-1, 0));
}

int main(void)
{
  test_unsolicited_data();
  test_forgotten();
  test_silence();
  return check_report();
}
