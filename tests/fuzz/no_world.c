/*
 * The real world, where the linker does not help: waits take their time, so they are short, and nothing is
 * changed in the middle of an operation.
 */
#include "fuzz.h"

#include "kernel.h"

void world_begin(void (*moment)(void))
{
    (void)moment;
}

bool world_is_unreal(void)
{
    return false;
}

void world_operation_begins(void)
{
}

void world_operation_ends(byn_timeout timeout, const char *name)
{
    (void)timeout;
    (void)name;
}

byn_timeout world_timeout(fuzz_input *in)
{
    return fuzz_byte(in) % 8 < 6 ? BYN_NOW : 1;
}

bool world_holds(void)
{
    return false;
}

void world_held_save(void)
{
}

void world_held_restore(void)
{
}

void world_let_go(void)
{
}

/* None that lives: who waits for it would wait long, of such a one nothing can be told apart. */
uint64_t world_own_number(unsigned which)
{
    return which;
}
