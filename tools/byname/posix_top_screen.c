/* The full screen of byname top, by ncurses. No colours: bold and reversed is enough. */
#include "output.h"
#include "top.h"

#include <locale.h>
#include <string.h>

#include <apr_strings.h>
#include <curses.h>

enum { KEY_ESCAPE = 27, ABOVE = 3 }; /* lines above the rows */

typedef struct screen {
    apr_pool_t *pool;    /* of what is chosen */
    apr_pool_t *picture; /* of one picture */
    top_order order;
    const char
        *chosen; /* a name, so that it stays chosen when the order changes; NULL: the first */
    bool opened; /* it alone is shown */
    bool over;
    top_picture shown;
} screen;

/* What is too long is cut at the edge. */
static void put_line(int y, const char *text)
{
    int column = 0, size = 0;

    for (; text[size] != '\0'; size++) {
        column += ((unsigned char)text[size] & 0xc0) != 0x80;
        if (column > COLS)
            break;
    }
    if (y < LINES)
        (void)mvaddnstr(y, 0, text, size);
}

static int chosen_row(const screen *s)
{
    int i;

    for (i = 0; s->chosen != NULL && i < s->shown.rows->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(s->shown.rows, i, top_row).info.name, s->chosen) == 0)
            return i;
    }
    return 0;
}

static void choose(screen *s, int row)
{
    int count = s->shown.rows->nelts;

    row = row >= count ? count - 1 : row;
    row = row < 0 ? 0 : row;
    if (count == 0)
        return;
    apr_pool_clear(s->pool);
    s->chosen = apr_pstrdup(s->pool, APR_ARRAY_IDX(s->shown.rows, row, top_row).info.name);
}

static void draw_rows(const screen *s)
{
    int chosen = chosen_row(s);
    int page = LINES > ABOVE ? LINES - ABOVE : 1;
    int first = chosen >= page ? chosen - page + 1 : 0;
    int i;

    attron(A_BOLD);
    put_line(2, top_heading());
    attroff(A_BOLD);
    for (i = first; i < s->shown.rows->nelts && i - first < page; i++) {
        if (i == chosen)
            attron(A_REVERSE);
        put_line(ABOVE + i - first,
                 top_line(&APR_ARRAY_IDX(s->shown.rows, i, top_row), s->picture));
        attroff(A_REVERSE);
    }
}

static void draw_opened(const screen *s)
{
    apr_array_header_t *lines = top_details(&s->shown, s->chosen);
    int i;

    attron(A_BOLD);
    put_line(2, shown(s->chosen, s->picture));
    attroff(A_BOLD);
    for (i = 0; i < lines->nelts; i++)
        put_line(ABOVE + i, APR_ARRAY_IDX(lines, i, const char *));
}

static void draw(screen *s)
{
    erase();
    apr_pool_clear(s->picture);
    if (!top_look(&s->shown, s->order, s->picture)) {
        s->shown.rows = apr_array_make(s->picture, 1, sizeof(top_row));
        put_line(0, byn_last_error());
    } else {
        put_line(0, top_summary(&s->shown));
        put_line(1, s->opened ? "Esc: back   q: end"
                              : "Enter: who?   sort by w: waiters h: holders s: size a: age n: name"
                                "   q: end");
        if (s->opened)
            draw_opened(s);
        else
            draw_rows(s);
    }
    refresh();
}

static void sort_by(screen *s, int key)
{
    static const char keys[] = "whsan"; /* as top_order */
    const char *found = key > 0 && key < 128 ? strchr(keys, key) : NULL;

    if (found != NULL)
        s->order = (top_order)(found - keys);
}

static void on_key(screen *s, int key)
{
    switch (key) {
    case 'q':
        s->over = true;
        break;
    case KEY_UP:
        choose(s, chosen_row(s) - 1);
        break;
    case KEY_DOWN:
        choose(s, chosen_row(s) + 1);
        break;
    case '\n':
    case KEY_ENTER:
        choose(s, chosen_row(s));
        s->opened = s->chosen != NULL;
        break;
    case KEY_ESCAPE:
    case KEY_BACKSPACE:
    case KEY_LEFT:
        s->opened = false;
        break;
    default:
        sort_by(s, key);
    }
}

bool top_screen(int64_t delay_ms, top_order order, apr_pool_t *pool)
{
    screen s = {.order = order};
    SCREEN *terminal;

    if (apr_pool_create(&s.pool, pool) != APR_SUCCESS ||
        apr_pool_create(&s.picture, pool) != APR_SUCCESS)
        return false;
    (void)setlocale(LC_CTYPE, "");
    terminal = newterm(NULL, stdout, stdin);
    if (terminal == NULL)
        return false;
    (void)cbreak();
    (void)noecho();
    (void)keypad(stdscr, TRUE);
    (void)set_escdelay(50);
    (void)curs_set(0);
    timeout((int)delay_ms);
    while (!s.over) {
        draw(&s);
        on_key(&s, getch()); /* ERR, when the delay is over, is no key */
    }
    (void)endwin();
    delscreen(terminal);
    return true;
}
