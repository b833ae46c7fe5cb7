/*
** A host with two addresses of which the first one fails after a while: the
** second is tried then, though no socket and no timer says so.
*/
#include "engine/engine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "stepping.h"

enum { FILLING = 3 }; /* connections that a queue of none has no room for */

static struct sockaddr_in address_of(const char *ip, int port)
{
  struct sockaddr_in address;

  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  CHECK(inet_pton(AF_INET, ip, &address.sin_addr) == 1);
  return address;
}

/* Listens at `*port`, or at a free one that is written there. */
static int listen_at(const char *ip, int *port, int backlog)
{
  struct sockaddr_in address = address_of(ip, *port);
  socklen_t length = sizeof(address);
  int made = socket(AF_INET, SOCK_STREAM, 0);

  CHECK(bind(made, (struct sockaddr *)&address, sizeof(address)) == 0);
  CHECK(listen(made, backlog) == 0);
  CHECK(getsockname(made, (struct sockaddr *)&address, &length) == 0);
  *port = ntohs(address.sin_port);
  return made;
}

static void fill_queue(int *filling, int port)
{
  struct sockaddr_in address = address_of("127.0.0.2", port);
  int i;

  for (i = 0; i < FILLING; i++) {
    filling[i] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fcntl(filling[i], F_SETFL, O_NONBLOCK) == 0);
    (void)connect(filling[i], (struct sockaddr *)&address, sizeof(address));
  }
}

static void serve(struct gct_engine *engine, int port)
{
  static const char response[] =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  int connection;

  step_until_readable(engine, port);
  if (engine->in_flight == 0)
    return;
  connection = accept(port, NULL, NULL);
  step_until_readable(engine, connection);
  CHECK(send(connection, response, sizeof(response) - 1, MSG_NOSIGNAL) > 0);
  while (engine->in_flight > 0)
    gct_engine_step(engine, 0.05, 0);
  CHECK(close(connection) == 0);
}

/* libcurl's own patience with the first address is half of connect_timeout,
   which is longer than the whole call may take. */
static void test_second_address(void)
{
  struct gct_engine engine;
  struct gct_error error;
  struct gct_call call;
  struct gct_timeouts timeouts = {4, 20}; /* seconds: all of it, connecting */
  struct gct_transfer *transfer;
  struct curl_slist *addresses;
  char base_url[40], resolve[80];
  int filling[FILLING];
  int port = 0;
  int good = listen_at("127.0.0.1", &port, 8);
  int bad = listen_at("127.0.0.2", &port, 0);
  double id = 0;
  int i;

  fill_queue(filling, port);
  snprintf(base_url, sizeof(base_url), "http://two.test:%d", port);
  snprintf(resolve, sizeof(resolve), "two.test:%d:127.0.0.2,127.0.0.1", port);
  addresses = curl_slist_append(NULL, resolve);
  gct_engine_init(&engine);
  CHECK(gct_options_set(&engine.options, GCT_PROXY, ""));
  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find("get_tokens_me");
  call.base_url = gct_slice_from_cstr(base_url);
  call.access_token = gct_slice_from_cstr("token");
  CHECK(gct_engine_start(&engine, &call, &timeouts, &id, &error));
  transfer = gct_engine_find(&engine, id);
  CHECK(curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, addresses) ==
        CURLE_OK);
  gct_engine_step(&engine, 0.1, 0);
  CHECK(close(bad) == 0); /* refuses from now on */
  serve(&engine, good);
  CHECK(transfer->outcome.status == 200);
  gct_engine_release(&engine);
  curl_slist_free_all(addresses);
  for (i = 0; i < FILLING; i++)
    CHECK(close(filling[i]) == 0);
  CHECK(close(good) == 0);
}

int main(void)
{
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  test_second_address();
  curl_global_cleanup();
  return check_report();
}
