/**
 * @file byname/version.h
 * Which byname this is.
 */
#ifndef BYNAME_VERSION_H
#define BYNAME_VERSION_H

#include <byname/api.h>

#define BYN_VERSION_MAJOR 0
#define BYN_VERSION_MINOR 1
#define BYN_VERSION_PATCH 0

/**
 * Tell the version of the library that runs, which may be another than the header's.
 *
 * @return "major.minor.patch", a string that lives as long as the program.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API const char *byn_version(void);

#endif
