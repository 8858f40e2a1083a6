/*
 * crash.h - marked points at which a test can let a process die.
 *
 * Only the testing build has them. BYNAME_CRASH_POINT="name:n" ends the process at the n-th pass of the
 * point, as a kill would: no handler runs, nothing is flushed.
 */
#ifndef BYNI_CRASH_H
#define BYNI_CRASH_H

#if defined(BYNI_TESTING)
void byni_crash_point(const char *name);
#else
#define byni_crash_point(name) ((void)0)
#endif

#endif
