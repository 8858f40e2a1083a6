/*
 * name.h - the names that users give, checked and spelled for the system.
 */
#ifndef BYNI_NAME_H
#define BYNI_NAME_H

#include <byname/options.h>

#define BYNI_MACHINE_PREFIX "machine:"

enum {
    BYNI_PREFIX_LENGTH = sizeof BYNI_MACHINE_PREFIX - 1,
    BYNI_NAME_SIZE = BYNI_PREFIX_LENGTH + BYN_NAME_MAX + 1,
    BYNI_SPELLED_MIN = 64 /* room that the shortest spelling of any name fits in */
};

typedef struct byni_name {
    bool machine;              /* scope: all users of the machine, or the current one */
    char full[BYNI_NAME_SIZE]; /* with its prefix, as another process needs it */
} byni_name;

/* Check a user's name. BYN_E_NAME with the cause. */
byn_status byni_name_parse(byni_name *name, const char *text);

/* Whether a text is 1 to BYN_NAME_MAX bytes of UTF-8 without control characters. BYN_E_NAME with the cause. */
byn_status byni_name_check(const char *text);

/* Make a name that nobody can guess. */
byn_status byni_name_fresh(byni_name *name);

/* Of a full name; stands in shared memory. Not 0. */
uint64_t byni_name_hash(const char *full);

/* The name without its prefix. */
const char *byni_name_text(const byni_name *name);

/*
 * Spell the text with letters, digits and "._-" only: other bytes become %XX. A spelling that does not
 * fit keeps its beginning and ends in '~' and a hash of 128 bits. size is at least BYNI_SPELLED_MIN.
 */
void byni_name_spell(const byni_name *name, char *spelled, size_t size);

#endif
