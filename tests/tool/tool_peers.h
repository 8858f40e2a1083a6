/* What all tests of the tool share. */
#ifndef BYNAME_TOOL_PEERS_H
#define BYNAME_TOOL_PEERS_H

#include <stddef.h>

#include "peer.h"
#include "test.h"

/* Runs the tool; the arguments are strings. */
#define TOOL(output_, ...)                                                                         \
    test_run(((const char *const[]){TOOL_PATH, __VA_ARGS__, NULL}), (output_))

/* A command that is a peer of this program, behind options of the tool. */
#define COMMAND(...) "--", test_executable(), "--peer", __VA_ARGS__

/* The tool as a command of the tool. */
#define TOOL_COMMAND(...) "--", TOOL_PATH, __VA_ARGS__

#define PATIENCE ((byn_timeout)1000 * test_patience())

/* Is the text one JSON value, and nothing else? json_check.c */
bool json_is_valid(const char *text);

/* The peers. */
int exits_with(peer_self *self, int argc, char **argv);
int says_its_arguments(peer_self *self, int argc, char **argv);
int holds_mutex(peer_self *self, int argc, char **argv);
int adds_slowly(peer_self *self, int argc, char **argv);
int holds_for_ever(peer_self *self, int argc, char **argv);

#endif
