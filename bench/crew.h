/*
 * crew.h - processes that do together what their parent says, again and again.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include "bench.h"

enum { CREW_MOST = 64 };

/* What a member does: join once, then work whenever it is told. */
typedef struct crew_member {
    /* `name` is the crew's, for the names of what it shares; `argument` is what the parent gave. */
    void (*join)(const char *name, const char *argument, int index);
    /* @return what the parent is answered */
    int64_t (*work)(int64_t job, int milliseconds);
} crew_member;

typedef struct crew crew;

/* First of all in main(): does not return in a member. */
void crew_serve(int argc, char **argv, const crew_member *member);

/* Returns when all have joined. What they share must be there already. */
crew *crew_start(const char *program, const char *name, const char *argument, int members);

/* Have all work, or only one, from 0 on; answers[i] is the answer of member i. Returns when it is done. */
void crew_work(crew *all, int64_t job, int milliseconds, int64_t *answers);
int64_t crew_work_one(crew *all, int member, int64_t job, int milliseconds);

void crew_end(crew *all);

#endif
