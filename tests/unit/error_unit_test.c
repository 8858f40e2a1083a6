/* error.c: which cause gets into which sentence. */
#include <byname/byname.h>

#include <stdio.h>

#include "error.h"
#include "test.h"

static void cause_that_was_stated_is_not_lost(void)
{
    CHECK_STATUS(byni_stuck(), BYN_E_TIMEDOUT);
    CHECK_STATUS(byni_failed_plainly(BYN_E_TIMEDOUT, "byn_value_write", "progress"),
                 BYN_E_TIMEDOUT);
    CHECK_CONTAINS(byn_last_error(), "byn_value_write \"progress\": a process is stopped");
    CHECK_CONTAINS(byn_last_error(), "let it go on, or kill it");
    CHECK_STATUS(byni_failed_plainly(BYN_E_TIMEDOUT, "byn_event_wait", "go"), BYN_E_TIMEDOUT);
    CHECK_CONTAINS(byn_last_error(), byn_status_text(BYN_E_TIMEDOUT));
}

static void cause_of_another_status_is_forgotten(void)
{
    CHECK_STATUS(byni_stuck(), BYN_E_TIMEDOUT);
    CHECK_STATUS(byni_failed_plainly(BYN_E_CANCELED, "byn_event_wait", "go"), BYN_E_CANCELED);
    CHECK_CONTAINS(byn_last_error(), byn_status_text(BYN_E_CANCELED));
    CHECK_STATUS(byni_failed(BYN_E_CORRUPT, "byn_event_set", "go"), BYN_E_CORRUPT);
    CHECK_CONTAINS(byn_last_error(), byn_status_text(BYN_E_CORRUPT));
}

static void constant_cause_stands_in_the_sentence(void)
{
    CHECK_STATUS(byni_stuck(), BYN_E_TIMEDOUT);
    CHECK_STATUS(byni_failed_because(BYN_E_NOTFOUND, "byn_list_get", "hosts", "no such index"),
                 BYN_E_NOTFOUND);
    CHECK_STR(byn_last_error(), "byn_list_get \"hosts\": no such index (BYN_E_NOTFOUND)");
    CHECK_STATUS(byni_failed_plainly(BYN_E_NOTFOUND, "byn_mutex_open", "x"), BYN_E_NOTFOUND);
    CHECK_CONTAINS(byn_last_error(), byn_status_text(BYN_E_NOTFOUND));
}

/* A cause may be the sentence of another call, of this thread or of a worker. */
static void status_is_told_once(void)
{
    char sentence[200];

    CHECK_STATUS(byni_failed_because(BYN_E_TOOBIG, "byn_call_reserve", "p", "too much"),
                 BYN_E_TOOBIG);
    (void)snprintf(sentence, sizeof sentence, "task \"t\": %s", byn_last_error());
    CHECK_STATUS(byni_fail(BYN_E_TOOBIG, "%s", sentence), BYN_E_TOOBIG);
    CHECK_STATUS(byni_failed(BYN_E_TOOBIG, "byn_future_result", "p"), BYN_E_TOOBIG);
    CHECK_STR(
        byn_last_error(),
        "byn_future_result \"p\": task \"t\": byn_call_reserve \"p\": too much (BYN_E_TOOBIG)");
    CHECK_STATUS(byni_fail(BYN_E_BROKEN, "%s", sentence), BYN_E_BROKEN);
    CHECK_STATUS(byni_failed(BYN_E_BROKEN, "byn_pool_submit", "p"), BYN_E_BROKEN);
    CHECK_CONTAINS(byn_last_error(), "too much (BYN_E_TOOBIG) (BYN_E_BROKEN)");
}

static const test_case cases[] = {
    TEST(cause_that_was_stated_is_not_lost),
    TEST(cause_of_another_status_is_forgotten),
    TEST(constant_cause_stands_in_the_sentence),
    TEST(status_is_told_once),
    TEST_END,
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "error", cases, NULL);
}
