/* manifest.h - the file that says which segments are the index, which of their documents are deleted, and how far it
 * is. It is read and written as a whole, and bears a checksum. */
#ifndef SEARCH_INDEX_MANIFEST_H
#define SEARCH_INDEX_MANIFEST_H

#include "search/index/files.h"

#define MANIFEST_NAME     "manifest"
#define MANIFEST_NEW_NAME "manifest.new"

/* Whether there is a manifest that begins as ours do, sound or not. */
bool manifest_is_ours(const struct index_files *files);

/* What files.c lends it. */
int index_files_error(const struct index_files *files, const char *what, int system_errno, meower_error *error);
int index_files_map(const struct index_files *files, uint64_t number, struct segment **segment, meower_error *error);

#endif
