#include "layout.h"

#include <string.h>

#include "error.h"
#include "kernel.h"

const char *byni_kind_name(uint32_t kind)
{
    static const char *const names[] = {
        "",       "mutex", "event", "semaphore", "memory", "value", "condition", "barrier",
        "rwlock", "once",  "array", "queue",     "pipe",   "dict",  "list",      "pool"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : "";
}

uint32_t byni_fingerprint(void)
{
    const uint32_t sizes[] = {
        (uint32_t)sizeof(byni_header),
        (uint32_t)sizeof(bynk_area),
        (uint32_t)sizeof(bynk_guard),
        (uint32_t)sizeof(bynk_mutex_state),
        (uint32_t)sizeof(void *),
        (uint32_t)sizeof(bynk_event_state),
        (uint32_t)sizeof(long),
        (uint32_t)sizeof(bynk_semaphore_state),
        BYNK_FINGERPRINT,
    };
    uint32_t value = 2166136261u;
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        value = (value ^ sizes[i]) * 16777619u;
    return value;
}

byn_status byni_header_check(const byni_header *header, uint64_t file_size)
{
    uint64_t size = byni_load64(&header->size);

    if (header->magic != BYNI_MAGIC)
        return byni_fail(BYN_E_CORRUPT, "what is there is no object of byname: remove it");
    if (header->version != BYNI_LAYOUT_VERSION)
        return byni_fail(BYN_E_MISMATCH,
                         "it was made by another version of byname (layout %u, this one has %d): "
                         "let both processes use one version",
                         header->version, BYNI_LAYOUT_VERSION);
    if (header->fingerprint != byni_fingerprint())
        return byni_fail(BYN_E_MISMATCH,
                         "it was made by a build with other types (fingerprint %08x, this one has "
                         "%08x; 32 and 64 bits, or two C libraries): use one build",
                         header->fingerprint, byni_fingerprint());
    if (byni_load32(&header->state) != BYNI_READY || size < sizeof(byni_header) ||
        size > header->limit || size > file_size ||
        memchr(header->name, '\0', BYNI_NAME_SIZE) == NULL)
        return byni_fail(BYN_E_CORRUPT, "its header is broken: remove it");
    if (header->domain != bynk_domain())
        return byni_fail(
            BYN_E_MISMATCH,
            "it belongs to another name space of processes (a container?), where process "
            "numbers mean other processes: set BYNAME_DIR to a directory of your own");
    return BYN_OK;
}
