#include <byname/version.h>

#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *byn_version(void)
{
    return VERSION(BYN_VERSION_MAJOR, BYN_VERSION_MINOR, BYN_VERSION_PATCH);
}
