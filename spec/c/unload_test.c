/*
** Unloading the library, as a Lua state does when it is closed, while libcurl
** still looks up a name in a thread. The module stands beside this program,
** as NAME_plugin.so.
*/
#include <dlfcn.h>
#include <netdb.h>
#include <time.h>

#include "check.h"
#include "unload_plugin.h"

static void pause_for(double seconds)
{
  struct timespec time;

  time.tv_sec = (time_t)seconds;
  time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
  (void)nanosleep(&time, NULL);
}

/* Takes the place of the C library's: slow, and then of no use. */
int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result)
{
  (void)node;
  (void)service;
  (void)hints;
  (void)result;
  pause_for(0.6);
  return EAI_NONAME;
}

int main(int count, char **arguments)
{
  char path[4096];
  void *plugin;
  unload_plugin_function run = NULL;

  CHECK(count == 1);
  snprintf(path, sizeof(path), "%s_plugin.so", arguments[0]);
  plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CHECK(plugin != NULL);
  if (plugin) {
    void *symbol = dlsym(plugin, "unload_plugin_run");

    /* ISO C has no cast from void * to a function. */
    memcpy(&run, &symbol, sizeof(run));
    CHECK(run && run());
    CHECK(dlclose(plugin) == 0);
    /* Where the code is gone, the process ends here. */
    pause_for(1);
  }
  return check_report();
}
