#include <stdio.h>

#include <byname/byname.h>

int main(void)
{
    byn_mutex *orders;
    byn_status status = byn_mutex_open(&orders, "orders", NULL);

    if (status >= 0) {
        BYN_HOLDING(orders, 5000, status) {
            if (status == BYN_ABANDONED)
                puts("the last owner died in here: look at the data first");
            puts("no other process is in here");
        }
        BYN_HOLDING_END
        byn_mutex_close(orders);
    }
    if (status < 0)
        fprintf(stderr, "%s\n", byn_last_error());
    return status < 0;
}
