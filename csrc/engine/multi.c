/*
** The multi handle, what it tells of sockets and time, and the share; see the
** header.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* glibc: dladdr */
#endif

#include "engine/multi.h"

#include <dlfcn.h>
#include <math.h>
#include <unistd.h>

#include "engine/clock.h"

/* Run inside libcurl, which they do not call. -1 stops the multi handle for
   good: a socket that is not watched would never be ready. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user,
                     void *unused)
{
  struct gct_engine *engine = user;
  int events = 0;

  (void)easy;
  (void)unused;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    events |= GCT_READABLE;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    events |= GCT_WRITABLE;
  return gct_sockets_watch(&engine->sockets, socket, events) ? 0 : -1;
}

/* -1 ms: never. */
static int on_timer(CURLM *multi, long milliseconds, void *user)
{
  struct gct_engine *engine = user;

  (void)multi;
  if (milliseconds < 0)
    engine->timer_due = HUGE_VAL;
  else if (milliseconds == 0)
    engine->timer_due = 0; /* at once */
  else
    engine->timer_due = gct_now() + (double)milliseconds / 1000;
  return 0;
}

static CURLMcode set_multi(struct gct_engine *engine)
{
  CURLM *multi = engine->multi;
  long connections = (long)engine->options.max_connections;
  CURLMcode code =
      curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);

  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, engine);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, engine);
  return code;
}

/* A Lua state that is closed unloads its C modules, and libcurl with the last
   of them. But libcurl may have left a thread behind that is still looking up
   a name, and would return into code that is gone. So this library stays. */
static void stay_loaded(void)
{
  Dl_info self;

  /* coverage: the system does not refuse it */
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

/* The sockets last: libcurl has them forgotten as it closes them. */
void gct_multi_close(struct gct_engine *engine)
{
  (void)curl_multi_cleanup(engine->multi); /* refuses NULL by itself */
  engine->multi = NULL;
  gct_sockets_close(&engine->sockets);
}

/* The multi handle shares connections and names; TLS sessions need a share
   of their own. All users are in one thread, so nothing is locked. */
bool gct_multi_open(struct gct_engine *engine, struct gct_error *error)
{
  if (engine->multi)
    return true;
  stay_loaded();
  engine->owner = getpid();
  engine->timer_due = HUGE_VAL;
  engine->multi = curl_multi_init();
  /* coverage: the system does not refuse it */
  if (engine->multi && gct_sockets_open(&engine->sockets) &&
      open_share(engine) && set_multi(engine) == CURLM_OK)
    return true;
  gct_multi_close(engine);
  return gct_error_set(
      error, GCT_KIND_TRANSPORT,
      "could not set up libcurl: out of memory or descriptors");
}
