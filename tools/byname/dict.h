/* What the sources of "byname dict" share: dict_verbs.c and dict_change.c. */
#ifndef BYNAME_TOOL_DICT_H
#define BYNAME_TOOL_DICT_H

#include "contents.h"
#include "tool.h"

/*
 * Opens it. If it may it makes it, to be kept; one that others made stays theirs. False: it cannot, and
 * *result is the exit code.
 */
bool dict_open(const contents *c, bool makes, byn_dict **dict, int *result);

/* The value of a key, as it is. A failure is the library's; BYN_E_NOMEM may be said already. */
byn_status dict_read(byn_dict *dict, const char *key, bytes *value);

/* The actions that change an entry by what it was. */
extern const verb dict_action_add;
extern const verb dict_action_compare_exchange;

#endif
