/* page.c - what a user sees of an answer: its meows, its position, and all of it as JSON. */
#include "api/page.h"
#include "base/cursor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct meower_page *page_new(size_t take)
{
    struct meower_page *page = calloc(1, sizeof(*page) + take * sizeof(page->meows[0]));

    if (page != NULL) {
        page->answer.meows = page->meows;
    }
    return page;
}

void meower_page_free(meower_page *page)
{
    if (page == NULL) {
        return;
    }
    answer_release(&page->answer);
    free(page);
}

void *meower_page_tag(const meower_page *page)
{
    return page == NULL ? NULL : page->tag;
}

int meower_page_status(const meower_page *page)
{
    return page == NULL ? MEOWER_ERROR_INVALID : page->status;
}

const meower_error *meower_page_error(const meower_page *page)
{
    return page == NULL ? NULL : &page->error;
}

size_t meower_page_count(const meower_page *page)
{
    return page == NULL ? 0 : page->answer.count;
}

uint64_t meower_page_total(const meower_page *page)
{
    return page == NULL ? 0 : page->answer.total;
}

const meower_meow *meower_page_meow(const meower_page *page, size_t index)
{
    return page != NULL && index < page->answer.count ? &page->answer.meows[index]->view : NULL;
}

const char *meower_page_cursor(const meower_page *page)
{
    return page == NULL ? "" : page->answer.cursor;
}

uint64_t meower_page_position(const meower_page *page)
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position = 0;

    return page != NULL && cursor_parse(page->answer.cursor, epoch, &position) ? position : 0;
}

int meower_page_has_older(const meower_page *page)
{
    return page == NULL ? 0 : page->answer.has_older;
}

int meower_page_has_newer(const meower_page *page)
{
    return page == NULL ? 0 : page->answer.has_newer;
}

int meower_page_is_fallback(const meower_page *page)
{
    return page == NULL ? 0 : page->answer.is_fallback;
}

const meower_highlight *meower_page_highlights(const meower_page *page, size_t index, size_t *count)
{
    if (count == NULL) {
        return NULL;
    }
    *count = 0;
    if (page == NULL || page->answer.highlights == NULL || index >= page->answer.count) {
        return NULL;
    }
    *count = page->answer.highlights[index].count;
    return page->answer.highlights[index].ranges;
}

#define RANGE_TEXT_MAX 24 /* "[4294967295,4294967295]," */

/* Writes ,"highlight":[[0,5],[6,3]] to `out`; returns the bytes. With `out` NULL it only counts. */
static size_t write_highlights(const struct highlights *highlights, char *out)
{
    static const char opening[] = ",\"highlight\":[";
    char text[RANGE_TEXT_MAX + 1];
    size_t len = sizeof(opening) - 1;

    if (out != NULL) {
        memcpy(out, opening, len);
    }
    for (size_t i = 0; i < highlights->count; i++) {
        int range_len = snprintf(text, sizeof(text), "%s[%u,%u]", i == 0 ? "" : ",", highlights->ranges[i].start,
                                 highlights->ranges[i].length);
        if (out != NULL) {
            memcpy(out + len, text, (size_t)range_len);
        }
        len += (size_t)range_len;
    }
    if (out != NULL) {
        out[len] = ']';
    }
    return len + 1;
}

size_t meower_page_json_len(const meower_page *page)
{
    if (page == NULL) {
        return 0;
    }
    size_t len = page->is_single ? 0 : 2;
    for (size_t i = 0; i < page->answer.count; i++) {
        len += page->answer.meows[i]->json_len + (i > 0 ? 1 : 0);
        if (page->answer.highlights != NULL) {
            len += write_highlights(&page->answer.highlights[i], NULL);
        }
    }
    return len;
}

void meower_page_write_json(const meower_page *page, char *out)
{
    if (page == NULL || out == NULL) {
        return;
    }
    if (!page->is_single) {
        *out++ = '[';
    }
    for (size_t i = 0; i < page->answer.count; i++) {
        const struct meow *meow = page->answer.meows[i];
        if (i > 0) {
            *out++ = ',';
        }
        memcpy(out, meow->json, meow->json_len);
        out += meow->json_len;
        if (page->answer.highlights != NULL) {
            out--; /* inside the closing brace */
            out += write_highlights(&page->answer.highlights[i], out);
            *out++ = '}';
        }
    }
    if (!page->is_single) {
        *out = ']';
    }
}
