/* The blocks of guard_cpp.cpp. */
#ifndef BYNAME_CONTRACT_GUARD_CPP_H
#define BYNAME_CONTRACT_GUARD_CPP_H

#include <byname/guard.h>

#ifdef __cplusplus
extern "C"
#endif
    /** Leaves a block by "end", "return", "throw", "break", "continue", "goto", or "nested" by return;
     * how often its body ran. */
    int
    guard_cpp_run(byn_mutex *mutex, const char *way, byn_status *status);

#endif
