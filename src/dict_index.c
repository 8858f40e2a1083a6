/*
 * The index of a dictionary: directory, pages, slots. With the guard. See dict_state.h.
 */
#include "dict_state.h"

enum {
    FEW = 288,       /* entries of a full page up to which it is copied rather than parted */
    HARDLY_ANY = 64, /* entries of each of two pages up to which they become one */
    OFTEN = 16       /* removals after which it is asked whether they are so few */
};

/* ---- Pages ---------------------------------------------------------------------------------------- */

/* Whether a page is the one for this place in the directory, as it says. */
static bool belongs(const byni_dict_page *page, uint32_t index, uint32_t depth)
{
    uint32_t own = byni_load32(&page->depth);

    return own <= depth && byni_load32(&page->prefix) == index >> (depth - own);
}

byni_dict_page *byni_dict_page_of(byn_dict *dict, uint32_t tag)
{
    byni_dict_directory directory = byni_dict_directory_again(dict);
    uint32_t index;
    byni_dict_page *page;

    if (directory.pages == NULL)
        return NULL;
    index = byni_dict_index(tag, directory.depth);
    page = byni_dict_page_at(&dict->heap, byni_load32(&directory.pages[index]));
    return page != NULL && belongs(page, index, directory.depth) ? page : NULL;
}

/* A page without entries. Pointers to others may become void. */
static byn_status make_page(byni_heap *heap, uint32_t depth, uint32_t prefix, byni_place *place)
{
    byn_status status = byni_heap_allocate(heap, sizeof(byni_dict_page), place);
    byni_dict_page *page;
    uint32_t i;

    if (status < 0)
        return status;
    page = byni_dict_page_at(heap, *place);
    byni_store32(&page->depth, depth);
    byni_store32(&page->prefix, prefix);
    byni_store32(&page->used, 0);
    byni_store32(&page->dead, 0);
    for (i = 0; i < BYNI_DICT_SLOTS; i++)
        byni_poke64(&page->slot[i], 0);
    return BYN_OK;
}

/* To a page that nobody sees yet. */
static void add(byni_dict_page *page, uint64_t slot)
{
    uint32_t at = (uint32_t)(slot >> 32), i;

    for (i = 0; i < BYNI_DICT_SLOTS; i++, at++) {
        if (byni_peek64(&page->slot[at % BYNI_DICT_SLOTS]) != 0)
            continue;
        byni_poke64(&page->slot[at % BYNI_DICT_SLOTS], slot);
        byni_store32(&page->used, byni_load32(&page->used) + 1);
        return;
    }
}

/* ---- Directory ------------------------------------------------------------------------------------ */

byn_status byni_dict_make_index(byni_heap *heap, uint64_t *root)
{
    byni_place page, directory;
    byn_status status = make_page(heap, 0, 0, &page);

    if (status < 0)
        return status;
    status = byni_heap_allocate(heap, sizeof(byni_a32), &directory);
    if (status < 0) {
        (void)byni_heap_free(heap, page);
        return status;
    }
    byni_store32((byni_a32 *)byni_heap_at(heap, directory, sizeof(byni_a32)), page);
    *root = directory;
    return BYN_OK;
}

static byn_status double_directory(byn_dict *dict)
{
    byni_heap *heap = &dict->heap;
    byni_dict_directory old = byni_dict_directory_of(heap);
    byni_place place;
    byni_a32 *pages;
    byn_status status;
    uint32_t i;

    if (old.pages == NULL)
        return byni_heap_broken(heap);
    if (old.depth == BYNI_DICT_DEPTH)
        return byni_fail(BYN_E_LIMIT, "it has as many entries as there can be");
    status = byni_heap_allocate(heap, UINT64_C(8) << old.depth, &place);
    if (status < 0)
        return status;
    old = byni_dict_directory_of(heap);
    pages = (byni_a32 *)byni_heap_at(heap, place, UINT64_C(8) << old.depth);
    if (old.pages == NULL || pages == NULL)
        return byni_heap_broken(heap);
    for (i = 0; i < UINT32_C(2) << old.depth; i++)
        byni_store32(&pages[i], byni_load32(&old.pages[i / 2]));
    byni_store64(&heap->state->root[0], (uint64_t)(old.depth + 1) << 32 | place);
    return byni_heap_free(heap, old.place);
}

/* All places of tags that begin with these bits are to tell this page. */
static void tell(byni_dict_directory directory, uint32_t depth, uint32_t prefix, byni_place page)
{
    uint32_t count = UINT32_C(1) << (directory.depth - depth), first = prefix * count, i;

    for (i = 0; i < count; i++)
        byni_store32(&directory.pages[first + i], page);
}

/* ---- Room ----------------------------------------------------------------------------------------- */

/* Of a tag's page: what takes its place. One page for all its entries, or two. */
typedef struct heirs {
    byni_place old;
    byni_place page[2];     /* [1] is 0: it is one */
    uint32_t depth, prefix; /* of the old page */
} heirs;

static void hand_over(byni_heap *heap, byni_place from, const heirs *to)
{
    const byni_dict_page *old = byni_dict_page_at(heap, from);
    uint32_t i;

    for (i = 0; i < BYNI_DICT_SLOTS; i++) {
        uint64_t slot = byni_load64(&old->slot[i]);
        uint32_t which =
            to->page[1] == 0 ? 0 : byni_dict_index((uint32_t)(slot >> 32), to->depth + 1) & 1;

        if (byni_dict_is_entry(slot))
            add(byni_dict_page_at(heap, to->page[which]), slot);
    }
}

static byn_status make_heirs(byni_heap *heap, heirs *to, bool two)
{
    uint32_t more = two ? 1 : 0;
    byn_status status = make_page(heap, to->depth + more, to->prefix << more, &to->page[0]);

    to->page[1] = 0;
    if (status >= 0 && two) {
        status = make_page(heap, to->depth + 1, to->prefix << 1 | 1, &to->page[1]);
        if (status < 0)
            (void)byni_heap_free(heap, to->page[0]);
    }
    return status;
}

/* *directory and to->old as they are now. false: broken. */
static bool look_again(byn_dict *dict, uint32_t tag, bool two, byni_dict_directory *directory,
                       heirs *to)
{
    *directory = byni_dict_directory_of(&dict->heap);
    if (directory->pages == NULL || to->depth + (two ? 1 : 0) > directory->depth)
        return false;
    to->old = byni_load32(&directory->pages[byni_dict_index(tag, directory->depth)]);
    return byni_dict_page_at(&dict->heap, to->old) != NULL;
}

/* Room for the new pages may be made by moving the old one, and the directory. */
static byn_status replace(byn_dict *dict, uint32_t tag, uint32_t depth, bool two)
{
    byni_heap *heap = &dict->heap;
    byni_dict_directory directory;
    heirs to = {0, {0, 0}, depth, byni_dict_index(tag, depth)};
    byn_status status = make_heirs(heap, &to, two);

    if (status < 0)
        return status;
    if (!look_again(dict, tag, two, &directory, &to))
        return byni_heap_broken(heap);
    hand_over(heap, to.old, &to);
    if (two) {
        tell(directory, to.depth + 1, to.prefix << 1, to.page[0]);
        tell(directory, to.depth + 1, to.prefix << 1 | 1, to.page[1]);
    } else {
        tell(directory, to.depth, to.prefix, to.page[0]);
    }
    return byni_heap_free(heap, to.old);
}

static byn_status part(byn_dict *dict, uint32_t tag, uint32_t depth)
{
    byn_status status = BYN_OK;

    if (depth == byni_dict_directory_of(&dict->heap).depth)
        status = double_directory(dict);
    return status < 0 ? status : replace(dict, tag, depth, true);
}

byn_status byni_dict_make_room(byn_dict *dict, uint32_t tag)
{
    byn_status status = BYN_OK;
    uint32_t i;

    /* Each round halves what may be in the page, or tells more of its bits. */
    for (i = 0; i <= BYNI_DICT_DEPTH + 1; i++) {
        const byni_dict_page *page = byni_dict_page_of(dict, tag);
        uint32_t used, dead, depth;

        if (page == NULL)
            return byni_heap_broken(&dict->heap);
        depth = byni_load32(&page->depth);
        used = byni_load32(&page->used);
        dead = byni_load32(&page->dead);
        if ((uint64_t)used + dead < BYNI_DICT_FULL)
            return BYN_OK;
        if (used <= FEW)
            status = replace(dict, tag, depth, false);
        else
            status = part(dict, tag, depth);
        if (status < 0)
            return status;
    }
    return byni_heap_broken(&dict->heap);
}

/* The page of the tags that differ from a page's in their last common bit only, if both have hardly any entries. */
static const byni_dict_page *partner_of(byn_dict *dict, const byni_dict_page *page,
                                        byni_place *place)
{
    byni_dict_directory directory = byni_dict_directory_of(&dict->heap);
    uint32_t depth = byni_load32(&page->depth), index = byni_load32(&page->prefix) ^ 1;
    const byni_dict_page *partner;

    if (directory.pages == NULL || depth == 0 || depth > directory.depth || index >> depth != 0 ||
        byni_load32(&page->used) > HARDLY_ANY)
        return NULL;
    index <<= directory.depth - depth;
    *place = byni_load32(&directory.pages[index]);
    partner = byni_dict_page_at(&dict->heap, *place);
    if (partner == NULL || !belongs(partner, index, directory.depth) ||
        byni_load32(&partner->depth) != depth || byni_load32(&partner->used) > HARDLY_ANY)
        return NULL;
    return partner;
}

/* false: it is not possible, or not now. */
static bool join(byn_dict *dict, uint32_t tag)
{
    byni_heap *heap = &dict->heap;
    const byni_dict_page *page = byni_dict_page_of(dict, tag);
    byni_dict_directory directory;
    byni_place partner;
    heirs to = {0};

    if (page == NULL || partner_of(dict, page, &partner) == NULL)
        return false;
    to.depth = byni_load32(&page->depth) - 1;
    to.prefix = byni_dict_index(tag, to.depth);
    if (make_heirs(heap, &to, false) < 0)
        return false;
    page = byni_dict_page_of(dict, tag);
    if (page == NULL || byni_load32(&page->depth) != to.depth + 1 ||
        partner_of(dict, page, &partner) == NULL || !look_again(dict, tag, true, &directory, &to))
        return false;
    hand_over(heap, to.old, &to);
    hand_over(heap, partner, &to);
    tell(directory, to.depth, to.prefix, to.page[0]);
    return byni_heap_free(heap, to.old) >= 0 && byni_heap_free(heap, partner) >= 0;
}

void byni_dict_save_room(byn_dict *dict, uint32_t tag)
{
    const byni_dict_page *page = byni_dict_page_of(dict, tag);

    if (page == NULL || byni_load32(&page->used) % OFTEN != 0)
        return;
    while (join(dict, tag)) {
    }
}

/* ---- Find ----------------------------------------------------------------------------------------- */

byn_status byni_dict_find(byn_dict *dict, const byni_dict_key *key, byni_dict_found *found)
{
    uint32_t tag = byni_dict_tag(key->hash), i, free = BYNI_DICT_SLOTS;
    byni_dict_page *page = byni_dict_page_of(dict, tag);

    found->page = page;
    found->place = 0;
    for (i = 0; page != NULL && i < BYNI_DICT_SLOTS; i++) {
        uint32_t at = (tag + i) % BYNI_DICT_SLOTS;
        uint64_t slot = byni_load64(&page->slot[at]);
        byn_status status = BYN_E_NOTFOUND;

        if (!byni_dict_is_entry(slot) && free == BYNI_DICT_SLOTS)
            free = at;
        if (slot == 0)
            break;
        if (slot >> 32 == tag && byni_dict_is_entry(slot))
            status = byni_dict_match(&dict->heap, byni_dict_place(slot), key, found);
        if (status == BYN_E_CORRUPT)
            return byni_heap_broken(&dict->heap);
        found->at = at;
        if (status == BYN_OK)
            return BYN_OK;
    }
    found->at = free;
    return page != NULL ? BYN_OK : byni_heap_broken(&dict->heap);
}

/* ---- Follow a block that is moved ------------------------------------------------------------------ */

static bool repoint_directory(byni_heap *heap, byni_place from, byni_place to)
{
    byni_dict_directory directory = byni_dict_directory_of(heap);

    if (directory.place != from)
        return false;
    byni_store64(&heap->state->root[0], (uint64_t)directory.depth << 32 | to);
    return true;
}

/* What looks like a page is one if the directory says so. */
static bool repoint_page(byni_heap *heap, byni_place from, byni_place to)
{
    byni_dict_directory directory = byni_dict_directory_of(heap);
    const byni_dict_page *page = byni_dict_page_at(heap, from);
    uint32_t depth, prefix;

    if (directory.pages == NULL || page == NULL)
        return false;
    depth = byni_load32(&page->depth);
    prefix = byni_load32(&page->prefix);
    if (depth > directory.depth || prefix >> depth != 0 ||
        byni_load32(&directory.pages[prefix << (directory.depth - depth)]) != from)
        return false;
    tell(directory, depth, prefix, to);
    return true;
}

static bool repoint_entry(byn_dict *dict, byni_place from, byni_place to)
{
    byni_dict_page *page;
    uint32_t tag, i;

    if (!byni_dict_tag_of(dict, from, &tag))
        return false;
    page = byni_dict_page_of(dict, tag);
    for (i = 0; page != NULL && i < BYNI_DICT_SLOTS; i++) {
        byni_a64 *slot = &page->slot[(tag + i) % BYNI_DICT_SLOTS];

        if (byni_load64(slot) == 0)
            return false;
        if (byni_load64(slot) != ((uint64_t)tag << 32 | from))
            continue;
        byni_store64(slot, (uint64_t)tag << 32 | to);
        return true;
    }
    return false;
}

bool byni_dict_repoint(void *context, byni_place from, byni_place to)
{
    byn_dict *dict = context;

    return repoint_directory(&dict->heap, from, to) || repoint_page(&dict->heap, from, to) ||
           repoint_entry(dict, from, to);
}
