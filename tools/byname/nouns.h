/* What the nouns' verbs share, which open one object for one action. */
#ifndef BYNAME_TOOL_NOUNS_H
#define BYNAME_TOOL_NOUNS_H

#include "held.h"

extern const verb verb_dict;
extern const verb verb_value;
extern const verb verb_array;
extern const verb verb_event;
extern const verb verb_semaphore;
extern const verb verb_condition;
extern const verb verb_rwlock;
extern const verb verb_barrier;
extern const verb verb_list;
extern const verb verb_pipe;
extern const verb verb_queue;
extern const verb verb_wait;
extern const verb verb_map;
extern const verb verb_pool;

/* All options of the verbs that wait. */
#define HELD_OPTIONS                                                                               \
    HELD_OPTION_NONBLOCK, HELD_OPTION_TIMEOUT, HELD_OPTION_CODE, HELD_OPTION_VERBOSE

#define OPTION_JSON                                                                                \
    {                                                                                              \
        "json", 'j', 0, "as JSON"                                                                  \
    }

/* For command_line_options(), where there are none. */
bool no_option(void *context, int letter, const char *argument);

/* For an action that takes a NAME and no option: its table, and the reading of it. */
extern const apr_getopt_option_t name_only_options[];
const char *name_only(command_line *line);

/* The same, where there is --json. NULL: the line is over. */
extern const apr_getopt_option_t name_and_json_options[];
const char *name_and_json(command_line *line, bool *as_json);

/* "\"name\"" */
const char *quoted(const command_line *line, const char *name);

/*
 * The option `mode` for an object that is made here: one of the machine is open to whom the umask admits to a new
 * file. NULL: it has no name.
 */
uint32_t rights_for(const char *name);

/*
 * Says why an object could not be opened. For one that nobody has open also what to do: `remedy` is what
 * stands behind "nobody has it open; ", and may be NULL.
 * @return the exit code
 */
int open_failed(const command_line *line, const char *name, byn_status status, const char *remedy);

/* Says that the last call failed. @return the exit code */
int call_failed(const command_line *line);

/* The state of a pool that somebody has open; "open", "closed" or "broken". */
byn_status pool_ask(const char *name, byn_pool_state *state);
const char *pool_stage(const byn_pool_state *state);

/* Takes nothing and gives nothing back: the object is open while the command runs. */
extern const held_kind held_open;

#endif
