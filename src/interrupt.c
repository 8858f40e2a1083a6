#include "interrupt.h"

#include <stddef.h>

#include <byname/wait.h>

#include "compiler.h"

static BYNI_THREAD_LOCAL byn_interruption asked;
static BYNI_THREAD_LOCAL void *asked_context;

void byn_wait_interruptible(byn_interruption ask, void *context)
{
    asked = ask;
    asked_context = context;
}

bool byni_interruptible(void)
{
    return asked != NULL;
}

/* It may itself call the library and wait there: not to be asked within the answer. */
bool byni_interrupted(void)
{
    byn_interruption ask = asked;
    bool answer;

    if (ask == NULL)
        return false;
    asked = NULL;
    answer = ask(asked_context);
    if (asked == NULL)
        asked = ask;
    return answer;
}
