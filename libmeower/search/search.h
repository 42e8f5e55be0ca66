/* search.h - the search port: the only caller of a search engine's table. Every call passes the fault hook. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "base/options.h"
#include <stdbool.h>

struct search {
    meower_search_vtable vtable;
    void *backend;
    meower_fault_hook hook;
};

/* Opens what options say under "search" with so many lanes. */
int search_open(struct search *search, const meower_options *options, unsigned lanes, meower_error *error);
void search_close(struct search *search);

/* The same to read only (MEOWER_OPEN_TO_LOOK). */
int search_open_to_look(struct search *search, const meower_options *options, unsigned lanes, meower_error *error);

/* As the table's members (backend.h); search_refresh() does nothing where index() makes things visible itself. */
int search_info(struct search *search, meower_search_info *info, meower_error *error);
int search_reset(struct search *search, meower_error *error);
int search_index(struct search *search, const meower_search_document *documents, size_t count,
                 const meower_search_info *info, meower_error *error);
int search_refresh(struct search *search, meower_error *error);
int search_match(struct search *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                 meower_error *error);

/* Whether it has the four calls of a rebuild. */
bool search_can_rebuild(const struct search *search);
int search_rebuild_begin(struct search *search, meower_error *error);
int search_rebuild_index(struct search *search, const meower_search_document *documents, size_t count,
                         const meower_search_info *info, meower_error *error);
int search_rebuild_swap(struct search *search, meower_error *error);
int search_rebuild_cancel(struct search *search, meower_error *error);

/* UNSUPPORTED where the table has no such member; search_inspect() does nothing then, and so does search_tend():
 * *wait_us is 0. */
int search_list(struct search *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                meower_error *error);
int search_tend(struct search *search, int64_t *wait_us, meower_error *error);

int search_inspect(struct search *search, unsigned lane, meower_text_sink *sink, meower_error *error);

#endif
