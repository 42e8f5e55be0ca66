/* fts5_tidy.c - keeps the file of an FTS5 index small and free of what was deleted.
 *
 * What happens to the words of a deleted meow. Their row is overwritten with zeros (secure_delete), and so is the
 * write-ahead log, by truncating it as soon as no reader is in the way. FTS5 itself only notes in a new segment that
 * the row is gone; the words and the row's number stay in the old segments until these are merged (a version of SQLite
 * that clears them at once, 3.42 with the option "secure-delete", is not ours yet). So a deletion starts a round: all
 * segments are merged into one, a step after each batch, at a rate that does not keep the disk busy. An index of up to
 * about 70,000 meows is done with the batch that deletes; one of 300,000 in ten seconds of further batches, and a round
 * that was not finished goes on when the index is opened again. What may remain for longer: pieces of a row in the free
 * space of a page that SQLite has divided, until the page is filled again. */
#include "search/fts5_batch.h"

/* The rate of a round, in FTS5's pages of 4 KiB: 1 MiB a second, and 4 MiB (about 0.15 s) at once after a pause. */
#define MERGE_PAGES_A_SECOND 256
#define MERGE_PAGES_MAX      1024
#define MERGE_PAGES_MIN      16

/* The log is moved into the file when it has so many pages (4 MiB); when readers have kept it from beginning anew until
 * it has so many more (64 MiB), they are waited for. */
#define LOG_PAGES_MOVED 1000
#define LOG_PAGES_MAX   16000
#define READER_WAIT_MS  1000
#define BUSY_TIMEOUT_MS 5000

static int merge_allowance(const struct fts5_writer *writer, int64_t now_us)
{
    int64_t pause_us = now_us - writer->merged_at_us;

    if (writer->merged_at_us == 0 || pause_us >= INT64_C(1000000) * MERGE_PAGES_MAX / MERGE_PAGES_A_SECOND) {
        return MERGE_PAGES_MAX;
    }
    return (int)(pause_us * MERGE_PAGES_A_SECOND / 1000000);
}

static bool step(struct fts5_writer *writer, int statement_index)
{
    sqlite3_stmt *statement = writer->statements[statement_index];
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_reset(statement);
    return is_done;
}

/* The documented use of FTS5's "merge": a negative number begins to merge everything, positive ones go on, and when
 * fewer than two rows change there was nothing left to do (sqlite.org/fts5.html, 6.8). */
static void merge_some(struct fts5_writer *writer, int64_t now_us)
{
    int page_count = merge_allowance(writer, now_us);
    int changes = sqlite3_total_changes(writer->db);

    if (page_count < MERGE_PAGES_MIN) {
        return;
    }
    if (!writer->is_merging) {
        writer->has_more_to_erase = false;
    }
    writer->merged_at_us = now_us;
    sqlite3_bind_int(writer->statements[FTS5_WRITE_MERGE], 1, writer->is_merging ? page_count : -page_count);
    if (!step(writer, FTS5_WRITE_MERGE)) {
        return;
    }
    writer->is_merging = sqlite3_total_changes(writer->db) - changes >= 2;
    if (writer->is_merging) {
        return;
    }
    writer->has_stale_log = true;
    if (!writer->has_more_to_erase) {
        writer->is_erasing = !step(writer, FTS5_WRITE_ERASED);
    }
}

static void move_log(struct fts5_writer *writer)
{
    if (writer->has_stale_log) {
        sqlite3_busy_timeout(writer->db, 0);
        int result = sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        writer->has_stale_log = result != SQLITE_OK;
    } else if (writer->log_page_count >= LOG_PAGES_MAX) {
        sqlite3_busy_timeout(writer->db, READER_WAIT_MS);
        sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    } else if (writer->log_page_count >= LOG_PAGES_MOVED) {
        sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    sqlite3_busy_timeout(writer->db, BUSY_TIMEOUT_MS);
}

void fts5_writer_tidy(struct fts5_writer *writer, int64_t now_us)
{
    if (writer->is_erasing) {
        merge_some(writer, now_us);
    }
    move_log(writer);
}
