#include "interrupt.h"

#include <stddef.h>

#include <byname/wait.h>

#include "compiler.h"

static BYNI_THREAD_LOCAL byn_interruption asked;
static BYNI_THREAD_LOCAL void *asked_context;
static BYNI_THREAD_LOCAL unsigned put_off;

void byn_wait_interruptible(byn_interruption ask, void *context)
{
    asked = ask;
    asked_context = context;
}

bool byni_interruptible(void)
{
    return asked != NULL && put_off == 0;
}

/* It may itself call the library and wait there: not to be asked within the answer. */
bool byni_interrupted(void)
{
    byn_interruption ask = asked;
    bool answer;

    if (!byni_interruptible())
        return false;
    asked = NULL;
    answer = ask(asked_context);
    if (asked == NULL)
        asked = ask;
    return answer;
}

void byni_interruption_put_off(void)
{
    put_off++;
}

void byni_interruption_let_in(void)
{
    put_off--;
}
