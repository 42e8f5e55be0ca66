/* page.c - what a user sees of an answer: its meows, its position, and all of it as JSON. */
#include "api/page.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct meower_page *page_new(size_t take)
{
    return calloc(1, sizeof(struct meower_page) + take * sizeof(struct meow *));
}

void meower_page_free(meower_page *page)
{
    if (page == NULL) {
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        meow_release(page->meows[i]);
        if (page->highlights != NULL) {
            free(page->highlights[i].ranges);
        }
    }
    free(page->highlights);
    free(page);
}

static int highlight_meow(const struct meow *meow, const struct match_query *query, struct page_highlights *out)
{
    struct words words;
    int status = words_split(meow->view.body, meow->view.body_len, &words);

    if (status != MEOWER_OK || words.count == 0) {
        return status;
    }
    out->ranges = calloc(words.count, sizeof(*out->ranges));
    if (out->ranges == NULL) {
        words_free(&words);
        return MEOWER_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < words.count; i++) {
        int level = MATCH_NONE;
        for (size_t j = 0; j < query->count && level == MATCH_NONE; j++) {
            level = match_level(&query->items[j], words.items[i].text, words.items[i].len);
        }
        if (level != MATCH_NONE) {
            out->ranges[out->count][0] = words.items[i].start;
            out->ranges[out->count][1] = words.items[i].length;
            out->count++;
        }
    }
    words_free(&words);
    return MEOWER_OK;
}

int page_highlight(struct meower_page *page, const struct match_query *query)
{
    int status = MEOWER_OK;

    page->highlights = calloc(page->count + 1, sizeof(*page->highlights));
    if (page->highlights == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < page->count && status == MEOWER_OK; i++) {
        status = highlight_meow(page->meows[i], query, &page->highlights[i]);
    }
    return status;
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
    return page == NULL ? 0 : page->count;
}

const meower_meow *meower_page_meow(const meower_page *page, size_t index)
{
    return page != NULL && index < page->count ? &page->meows[index]->view : NULL;
}

const char *meower_page_cursor(const meower_page *page)
{
    return page == NULL ? "" : page->cursor;
}

int meower_page_has_older(const meower_page *page)
{
    return page == NULL ? 0 : page->has_older;
}

int meower_page_has_newer(const meower_page *page)
{
    return page == NULL ? 0 : page->has_newer;
}

int meower_page_is_fallback(const meower_page *page)
{
    return page == NULL ? 0 : page->is_fallback;
}

const uint32_t (*meower_page_highlights(const meower_page *page, size_t index, size_t *count))[2]
{
    if (count == NULL) {
        return NULL;
    }
    *count = 0;
    if (page == NULL || page->highlights == NULL || index >= page->count) {
        return NULL;
    }
    *count = page->highlights[index].count;
    return (const uint32_t(*)[2])page->highlights[index].ranges;
}

#define RANGE_TEXT_MAX 24 /* "[4294967295,4294967295]," */

/* Writes ,"highlight":[[0,5],[6,3]] to `out`; returns the bytes. With `out` NULL it only counts. */
static size_t write_highlights(const struct page_highlights *highlights, char *out)
{
    static const char opening[] = ",\"highlight\":[";
    char text[RANGE_TEXT_MAX + 1];
    size_t len = sizeof(opening) - 1;

    if (out != NULL) {
        memcpy(out, opening, len);
    }
    for (size_t i = 0; i < highlights->count; i++) {
        int range_len = snprintf(text, sizeof(text), "%s[%u,%u]", i == 0 ? "" : ",", highlights->ranges[i][0],
                                 highlights->ranges[i][1]);
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
    for (size_t i = 0; i < page->count; i++) {
        len += page->meows[i]->json_len + (i > 0 ? 1 : 0);
        if (page->highlights != NULL) {
            len += write_highlights(&page->highlights[i], NULL);
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
    for (size_t i = 0; i < page->count; i++) {
        const struct meow *meow = page->meows[i];
        if (i > 0) {
            *out++ = ',';
        }
        memcpy(out, meow->json, meow->json_len);
        out += meow->json_len;
        if (page->highlights != NULL) {
            out--; /* inside the closing brace */
            out += write_highlights(&page->highlights[i], out);
            *out++ = '}';
        }
    }
    if (!page->is_single) {
        *out = ']';
    }
}
