/* segment_writer.h - writes a segment: first its words in bytewise order with their documents, then the documents
 * themselves from the newest on. It goes to memory or, piece by piece, to a file. */
#ifndef SEARCH_INDEX_SEGMENT_WRITER_H
#define SEARCH_INDEX_SEGMENT_WRITER_H

#include "search/index/lexicon.h"
#include "search/index/postings.h"
#include <meower/backend.h>

struct segment_writer {
    struct segment_header header;
    int file;         /* -1: to memory */
    struct bytes out; /* what is not in the file yet */
    uint64_t out_at;  /* where that begins */
    uint64_t hash;    /* of what is in the file */
    int system_errno; /* of a write that failed, or 0 */
    struct postings_writer postings;
    struct bytes blocks;
    struct bytes texts;  /* of the last block */
    struct bytes counts; /* of the last block: with the postings of one document, or their lengths */
    struct bytes block_index;
    struct bytes hashes; /* of the words, 32 bits each */
    struct bytes ids;
    struct bytes runs;
    uint64_t position_before; /* of the document before, 0: none yet */
    bool ids_rise;
    unsigned char word_before[LEXICON_WORD_MAX];
    size_t word_before_len;
};

/* Begins one in memory (`file` -1), or in an empty file that is open for writing. */
void segment_writer_init(struct segment_writer *writer, int file);

/* Gives up, or cleans up after segment_writer_end(). The file stays open. */
void segment_writer_free(struct segment_writer *writer);

/* Begins the next word; its documents are then added by postings_add(&writer->postings, ...). */
void segment_writer_begin_word(struct segment_writer *writer);

/* Ends it: this was its text. */
void segment_writer_end_word(struct segment_writer *writer, const unsigned char *text, size_t len);

/* Adds the next document, the newest first. */
void segment_writer_add_document(struct segment_writer *writer, uint64_t position, const unsigned char id[KSUID_BYTES]);

/* Ends the segment. In memory it becomes *segment, held once; a file then has all of it, and is not synced yet. Errors:
 * NO_MEMORY, FULL, IO; writer->system_errno tells more. */
int segment_writer_end(struct segment_writer *writer, struct segment **segment);

#endif
