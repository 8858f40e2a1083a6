/*
 * growth - what operations cost beside more and more of what should not matter to them: processes that have the object
 * open, other objects that are open, others who sleep; and messages of more and more bytes.
 *
 * growth [--json FILE] [rounds [milliseconds]]
 */
#include "growth.h"

int main(int argc, char **argv)
{
    bench_settings s = {.rounds = 11, .milliseconds = 20};

    growth_attached_serve(argc, argv);
    growth_open_objects_serve(argc, argv);
    growth_waiters_serve(argc, argv);
    bench_begin(argc, argv, &s);
    growth_attached(argv[0], &s);
    growth_open_objects(argv[0], &s);
    growth_waiters(argv[0], &s);
    growth_sizes(&s);
    return 0;
}
