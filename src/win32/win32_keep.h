/*
 * win32_keep.h - the keeper of kept objects, and how it is spoken to. The design stands in win32_keep.c.
 */
#ifndef WIN32_KEEP_H
#define WIN32_KEEP_H

#include "win32.h"

enum { BYNW_MAILBOX = 1 }; /* the version of what follows */

/* What the keeper is asked for. */
enum { BYNW_HOLD = 1, BYNW_RELEASE = 2 };

/* The kernel objects of one life of an object. */
typedef struct bynw_letter {
    uint32_t what;
    uint32_t reserved;
    uint64_t incarnation;
    uint64_t part[BYNW_PARTS]; /* keys, as in bynk_area */
    char place[BYNW_NAME_SIZE];
    char padding[4];
} bynw_letter;

_Static_assert(sizeof(bynw_letter) % 8 == 0, "the same for all compilers");

/*
 * In a section that the keeper makes. One client at a time writes, the one that has the turn. `asked` is
 * odd while it writes; the store of an even number asks. The keeper believes a copy only if `asked` was
 * the same before and after. It writes status, then `answered`. A client that dies in between has asked
 * for nothing, or for something that nobody waits for; the next one goes on with the next number. A client that
 * gives up makes `asked` odd again, so that a keeper which was stopped finds nothing to do.
 */
typedef struct bynw_mailbox {
    byni_a32 version; /* stored last by the keeper that makes it */
    byni_a32 keeper;  /* its process, for people */
    byni_a32 asked;
    byni_a32 answered;
    byni_a32 status; /* a byn_status */
    byni_a32 holds;  /* how many objects, for people */
    bynw_letter letter;
} bynw_mailbox;

/* The names of what client and keeper meet at, all of this user in this session:
 *   alive   mutex that the keeper owns as long as it lives
 *   turn    mutex of the client that may ask, and of the keeper while it ends
 *   ask     event, auto-reset: there is a letter
 *   answer  event, auto-reset: there is an answer
 *   mail    the section */
void bynw_keeper_name(const char *which, wchar_t wide[BYNW_NAME_SIZE]);

/* With an access list for this user only. NULL: *status says why. */
HANDLE bynw_keeper_mutex(const char *which, byn_status *status);
HANDLE bynw_keeper_event(const char *which, byn_status *status);

/* Start a keeper of this user: the tool, detached. Its process; NULL: *status says why. */
HANDLE bynw_keeper_start(byn_status *status);

#endif
