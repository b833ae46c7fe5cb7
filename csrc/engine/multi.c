/*
** The multi handle: its callbacks for sockets and time, its share, and the
** actions that serve it.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* glibc: dladdr */
#endif

#include "engine/multi.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/clock.h"

#ifdef CURL_IGNORE_DEPRECATION
#define IGNORE_DEPRECATION(statement) CURL_IGNORE_DEPRECATION(statement)
#else
#define IGNORE_DEPRECATION(statement) statement
#endif

/* ---- callbacks: run inside libcurl -------------------------------------- */

/* -1 stops the multi handle for good: a socket that is not watched would never
   be ready. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user,
                     void *unused)
{
  struct gct_multi *multi = user;
  int events = 0;

  (void)easy;
  (void)unused;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    events |= GCT_READABLE;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    events |= GCT_WRITABLE;
  return gct_sockets_watch(&multi->sockets, socket, events) ? 0 : -1;
}

/* -1 ms: never. */
static int on_timer(CURLM *handle, long milliseconds, void *user)
{
  struct gct_multi *multi = user;

  (void)handle;
  if (milliseconds < 0)
    multi->timer_due = HUGE_VAL;
  else if (milliseconds == 0)
    multi->timer_due = 0; /* at once */
  else
    multi->timer_due = gct_now() + (double)milliseconds / 1000;
  return 0;
}

/* ---- life --------------------------------------------------------------- */

void gct_multi_init(struct gct_multi *multi)
{
  memset(multi, 0, sizeof(*multi));
  gct_sockets_init(&multi->sockets);
}

static CURLMcode set_options(struct gct_multi *multi, size_t max_connections)
{
  CURLM *handle = multi->handle;
  long connections = (long)max_connections;
  CURLMcode code =
      curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);

  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, connections);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_socket);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_timer);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi);
  return code;
}

/* Closing a Lua state unloads its C modules, and libcurl with the last of
   them. A resolver thread that libcurl has left behind would return into code
   that is gone. So this library stays loaded. */
static void stay_loaded(void)
{
  static const char address_in_this_library = 0;
  Dl_info self;

  if (dladdr(&address_in_this_library, &self))
    (void)dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* A multi handle shares connections and names by itself; TLS sessions need a
   share. All users are in one thread, so nothing is locked. CURLSHOPT_SHARE
   comes before the first transfer: libcurl refuses it while the share is in
   use, and the share outlives a multi handle that fails. */
static bool open_share(struct gct_multi *multi)
{
  if (multi->share)
    return true;
  multi->share = curl_share_init();
  if (multi->share &&
      curl_share_setopt(multi->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
    return true;
  (void)curl_share_cleanup(multi->share); /* refuses NULL by itself */
  multi->share = NULL;
  return false;
}

bool gct_multi_open(struct gct_multi *multi, size_t max_connections,
                    struct gct_error *error)
{
  if (multi->handle)
    return true;
  stay_loaded();
  memset(&multi->idle_connections, 0, sizeof(multi->idle_connections));
  multi->owner = getpid();
  multi->timer_due = HUGE_VAL;
  multi->handle = curl_multi_init();
  if (multi->handle && gct_sockets_open(&multi->sockets) &&
      open_share(multi) && set_options(multi, max_connections) == CURLM_OK)
    return true;
  gct_multi_close(multi);
  return gct_error_set(
      error, GCT_KIND_TRANSPORT,
      "could not set up libcurl: out of memory or descriptors");
}

/* The sockets last: libcurl stops watching each that it closes. */
void gct_multi_close(struct gct_multi *multi)
{
  (void)curl_multi_cleanup(multi->handle); /* refuses NULL by itself */
  multi->handle = NULL;
  gct_sockets_close(&multi->sockets);
}

void gct_multi_release(struct gct_multi *multi)
{
  gct_multi_close(multi);
  (void)curl_share_cleanup(multi->share); /* refuses NULL by itself */
  multi->share = NULL;
}

bool gct_multi_detect_fork(struct gct_multi *multi)
{
  if (!multi->handle || multi->owner == getpid())
    return false;
  multi->handle = NULL;
  multi->share = NULL;
  gct_sockets_close(&multi->sockets);
  return true;
}

/* ---- actions ------------------------------------------------------------ */

static bool socket_action(struct gct_multi *multi, curl_socket_t socket,
                          int events)
{
  int running = 0;

  return curl_multi_socket_action(multi->handle, socket, events, &running) ==
         CURLM_OK;
}

/* The timer fires once; libcurl sets the next one, also when it finds that
   this one fired a little early. */
bool gct_multi_serve_timer(struct gct_multi *multi, double now)
{
  if (now < multi->timer_due)
    return true;
  multi->timer_due = HUGE_VAL;
  return socket_action(multi, CURL_SOCKET_TIMEOUT, 0);
}

/* With no events (0), which stands for a broken socket, libcurl looks for
   itself. A socket that it has closed meanwhile it ignores. */
static bool serve_socket(struct gct_multi *multi,
                         const struct gct_ready *ready)
{
  int events = 0;

  if (ready->events & GCT_READABLE)
    events |= CURL_CSELECT_IN;
  if (ready->events & GCT_WRITABLE)
    events |= CURL_CSELECT_OUT;
  return socket_action(multi, ready->socket, events);
}

bool gct_multi_serve_sockets(struct gct_multi *multi, int milliseconds,
                             int limit, bool *broken)
{
  struct gct_ready ready[GCT_MAX_READY];
  int served = 0;
  int count, i;

  do {
    count = gct_sockets_wait(&multi->sockets, milliseconds, ready);
    if (count < 0)
      return false;
    for (i = 0; i < count; i++) {
      if (!ready[i].events)
        *broken = true;
      /* coverage: libcurl fails without memory only */
      if (!serve_socket(multi, &ready[i]))
        return false;
    }
    served += count;
    milliseconds = 0;
  } while (count == GCT_MAX_READY && served < limit);
  return true;
}

/* curl_multi_socket_all is there for this, though its manual advises against
   it: nothing else looks at all transfers and goes on naming the sockets to
   watch. */
bool gct_multi_serve_all(struct gct_multi *multi)
{
  int running = 0;
  CURLMcode code = CURLM_OK;

  IGNORE_DEPRECATION(code = curl_multi_socket_all(multi->handle, &running);)
  return code == CURLM_OK;
}
