/*
 * Whether a seat's thread sleeps, as Linux tells.
 */
#include "board.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* Whether its letter says that it sleeps: all may read that, but not which sleep it is. */
static bool sleeps_somehow(apr_uint32_t thread)
{
    char path[64], text[512] = "";
    const char *at;
    FILE *file;

    sprintf(path, "/proc/%u/stat", (unsigned)thread);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' && at[2] == 'S';
}

/*
 * In a futex that processes share, or in several. A thread that was woken and has not run yet is "running" here, so
 * that a wake-up is seen without any delay. Only the letter knows of one that is on its way to
 * another processor.
 */
static bool sleeps(apr_uint32_t thread)
{
    enum { PRIVATE = 128, FUTEX_WAITV = 449 };
    char path[64], text[256] = "";
    long call = -1;
    unsigned long word = 0, operation = 0;
    FILE *file;

    sprintf(path, "/proc/%u/syscall", (unsigned)thread);
    file = fopen(path, "r");
    if (file == NULL)
        return sleeps_somehow(thread);
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    if (sscanf(text, "%ld %lx %lx", &call, &word, &operation) != 3)
        return false;
    return (call == FUTEX_WAITV || (call == SYS_futex && (operation & PRIVATE) == 0)) &&
           sleeps_somehow(thread);
}

bool board_asleep(const seat *s)
{
    return sleeps(s->thread);
}

bool board_sees_sleep(void)
{
    return true;
}
