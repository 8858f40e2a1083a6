// BYN_HOLDING in C++: all ways to leave a block, an exception too. Called by guard_test.c.
#include <byname/guard.h>

#include "guard_cpp.h"

namespace {

int leave_by_return(byn_mutex *mutex, byn_status *status)
{
    BYN_HOLDING(mutex, BYN_NOW, *status)
    {
        return 1;
    }
    BYN_HOLDING_END
    return 0;
}

int leave_by_throw(byn_mutex *mutex, byn_status *status)
{
    try {
        BYN_HOLDING(mutex, BYN_NOW, *status)
        {
            throw 1;
        }
        BYN_HOLDING_END
    } catch (int thrown) {
        return thrown;
    }
    return 0;
}

int leave_by_loop(byn_mutex *mutex, byn_status *status, bool go_on)
{
    int ran = 0;

    for (int i = 0; i < 2; i++) {
        BYN_HOLDING(mutex, BYN_NOW, *status)
        {
            ran++;
            if (go_on)
                continue;
            break;
        }
        BYN_HOLDING_END
    }
    return ran;
}

int leave_by_goto(byn_mutex *mutex, byn_status *status)
{
    BYN_HOLDING(mutex, BYN_NOW, *status)
    {
        goto out;
    }
    BYN_HOLDING_END
    return 0;
out:
    return 1;
}

struct shop {
    byn_mutex *orders;
};

// The mutex is an expression, and nothing in it need be called `mutex`.
int leave_by_end(shop *open, byn_status &how)
{
    int ran = 0;

    BYN_HOLDING(open->orders, BYN_NOW, how)
    {
        ran = 1;
    }
    BYN_HOLDING_END
    return ran;
}

int leave_nested(byn_mutex *mutex, byn_status *status)
{
    BYN_HOLDING(mutex, BYN_NOW, *status)
    {
        byn_status inner;

        BYN_HOLDING(mutex, BYN_NOW, inner)
        {
            return 1;
        }
        BYN_HOLDING_END
    }
    BYN_HOLDING_END
    return 0;
}

} // namespace

extern "C" int guard_cpp_run(byn_mutex *mutex, const char *way, byn_status *status)
{
    shop open = {mutex};

    switch (way[0]) {
    case 'e':
        return leave_by_end(&open, *status);
    case 'r':
        return leave_by_return(mutex, status);
    case 't':
        return leave_by_throw(mutex, status);
    case 'b':
        return leave_by_loop(mutex, status, false);
    case 'c':
        return leave_by_loop(mutex, status, true);
    case 'g':
        return leave_by_goto(mutex, status);
    default:
        return leave_nested(mutex, status);
    }
}
