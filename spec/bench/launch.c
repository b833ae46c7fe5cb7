/*
** Runs a program, and after what it prints, prints in a line the seconds from
** its start to its end, the seconds of processor time that it took, and the
** peak of its resident memory in KiB. It is small itself, since that peak is
** not less than this program's own memory.
**
**   launch PROGRAM [arguments]    its exit code is the program's
*/
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int count, char **arguments)
{
  struct rusage usage;
  double started = now();
  int status = 0;
  pid_t child;

  if (count < 2 || (child = fork()) < 0)
    return 2;
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status))
    return 1;
  printf("%.6f %.6f %ld\n", now() - started,
         seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
  return WEXITSTATUS(status);
}
