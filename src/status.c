#include <byname/status.h>

const char *byn_status_name(byn_status status)
{
    switch (status) {
#define NAME(name, number, text)                                                                   \
    case BYN_##name:                                                                               \
        return "BYN_" #name;
        BYN_STATUS_MAP(NAME)
#undef NAME
    }
    return "BYN_?";
}

const char *byn_status_text(byn_status status)
{
    switch (status) {
#define TEXT(name, number, text)                                                                   \
    case BYN_##name:                                                                               \
        return text;
        BYN_STATUS_MAP(TEXT)
#undef TEXT
    }
    return "no status of byname";
}
