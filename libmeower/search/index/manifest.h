/* manifest.h - the file that says which segments are the index, which of their documents are deleted, and how far it
 * is. It is read and written as a whole, and bears a checksum. */
#ifndef SEARCH_INDEX_MANIFEST_H
#define SEARCH_INDEX_MANIFEST_H

#include "search/index/files.h"

/* Reads what the manifest names, and adds its words to the vocabulary, which *view then holds. An index without a
 * manifest is empty: *view then has no parts. Errors: CORRUPT when something is missing, damaged or of another version;
 * NO_MEMORY; IO. */
int manifest_load(struct index_files *files, struct vocabulary *vocabulary, struct view **view,
                  meower_search_info *info, meower_error *error);

/* Replaces the manifest: these are the segments from now on. Parts without a file are left out, with all after them;
 * the manifest's position then says how far the others are. In memory there is nothing to do. */
int manifest_save(struct index_files *files, const struct view *view, const meower_search_info *info,
                  meower_error *error);

#endif
