/* What byname doctor looks at, and what it finds. */
#ifndef BYNAME_TOOL_DOCTOR_H
#define BYNAME_TOOL_DOCTOR_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum finding_level {
    FINDING_FACT,   /* good to know */
    FINDING_NOTICE, /* may become a problem */
    FINDING_PROBLEM /* something is wrong now */
} finding_level;

typedef struct finding {
    finding_level level;
    const char *topic; /* one word */
    const char *text;
    const char *remedy; /* NULL: there is nothing to do */
} finding;

typedef struct findings {
    apr_pool_t *pool;
    apr_array_header_t *list; /* of finding */
    int reclaimed;            /* objects, while looking */
} findings;

/* The texts are in the pool, or constant. */
void doctor_add(findings *f, finding_level level, const char *topic, const char *text,
                const char *remedy);

/* To whom the file or kernel object belongs, as a person says it; NULL: the system does not tell. */
const char *doctor_owner(const char *place, apr_pool_t *pool);

/* What the system allows; posix_doctor.c, win32_doctor.c. */
void doctor_examine_system(findings *f);

#endif
