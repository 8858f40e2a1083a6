/*
 * What the files of the tool share: verbs, the command line, exit codes.
 */
#ifndef BYNAME_TOOL_H
#define BYNAME_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_getopt.h>
#include <apr_pools.h>

/* Exit codes; docs/tool.md tells them to users. */
enum {
    EXIT_GOOD = 0,
    EXIT_BAD = 1,          /* the verb was understood and failed */
    EXIT_USAGE = 2,        /* the command line was not understood; `run` says EXIT_RUN_FAILED */
    EXIT_RUN_BUSY = 124,   /* run: the lock was not free in time */
    EXIT_RUN_FAILED = 125, /* run: byname itself failed, the command was not run */
    EXIT_RUN_CANNOT = 126, /* run: the command is there but cannot be run */
    EXIT_RUN_MISSING = 127 /* run: there is no such command */
};

typedef struct command_line command_line;

/* One verb. Its file defines it; the table in main.c lists it. */
typedef struct verb {
    const char *name;
    const char *line;      /* for the list of verbs; NULL hides it */
    const char *arguments; /* what stands behind the name in the usage line */
    const char *text;      /* for its own help, behind the options */
    const apr_getopt_option_t *options;
    bool takes_command; /* options end at the first word that is none */
    int usage_code;
    int (*run)(command_line *line);
} verb;

extern const verb verb_run;
extern const verb verb_ls;
extern const verb verb_show;
extern const verb verb_rm;
extern const verb verb_demo;
extern const verb verb_demo_worker;

/* Every table of options ends with it. */
#define OPTION_HELP                                                                                \
    {                                                                                              \
        "help", 'h', 0, "show this help"                                                           \
    }
#define OPTION_END                                                                                 \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }

struct command_line {
    const verb *verb;
    const char *program; /* argv[0] of the tool */
    apr_pool_t *pool;
    apr_getopt_t *getopt;
    bool over; /* help was shown, or an option was wrong: return `result` */
    int result;
    char wrong_option[64];
};

bool command_line_begin(command_line *line, int argc, const char *const *argv);

/* The next option; false at their end, or when the line is over. */
bool command_line_next(command_line *line, int *letter, const char **argument);

/* What is no option; NULL-ended. Valid after command_line_next said false. */
const char *const *command_line_words(const command_line *line, int *count);

/* Says what is wrong with the command line. @return the exit code for it. */
int command_line_wrong(command_line *line, const char *format, ...);

/* "0.25" seconds as milliseconds, rounded up. */
bool parse_seconds(const char *text, int64_t *milliseconds);
bool parse_number(const char *text, int lowest, int highest, int *number);

/* The one of `words` that `word` is probably meant to be; NULL if none. */
const char *similar(const char *word, const char *const *words);

void print_verb_help(const verb *v);

#endif
