#include "fuzz.h"

const fuzz_kind *const fuzz_kinds[FUZZ_KINDS] = {
    &fuzz_mutex,   &fuzz_event,  &fuzz_semaphore, &fuzz_undo,  &fuzz_condition,
    &fuzz_barrier, &fuzz_rwlock, &fuzz_once,      &fuzz_value, &fuzz_memory,
    &fuzz_array,   &fuzz_queue,  &fuzz_pipe,      &fuzz_list,  &fuzz_dict,
};
