/* A program that has nothing of byname but the installed package. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

int main(void)
{
    char header[32];

    snprintf(header, sizeof header, "%d.%d.%d", BYN_VERSION_MAJOR, BYN_VERSION_MINOR,
             BYN_VERSION_PATCH);
    printf("header %s, library %s\n", header, byn_version());
    return strcmp(header, byn_version()) == 0 ? 0 : 1;
}
