/* maintenance.h - looking after a feed's data: backups, another epoch, a search index made anew, and checking it all.
 */
#ifndef MEOWER_MAINTENANCE_H
#define MEOWER_MAINTENANCE_H

#include <meower/base.h>
#include <meower/options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower;

/* ---- copies of the store ---------------------------------------------------------------------------------------- */

/* Writes a copy of the store that `options` name, of one moment, to the new file `path`. The store may be open, in this
 * process or another, and goes on meanwhile. Blocks, as long as it takes to write the file. Errors: UNSUPPORTED when
 * the store has no copies of its own (PostgreSQL: pg_dump), INVALID when the file exists, NOT_FOUND when there is no
 * store, FULL, IO, PERMISSION, CORRUPT; no file is left then. Any thread. Since 0.1. */
MEOWER_API int meower_backup(const meower_options *options, const char *path, meower_error *error);

/* Puts the copy `path`, which stays, in the place of the store that `options` name and nobody has open. Its positions
 * are those of another life: it gets a new epoch, so that no cursor of before is mistaken for one of its own, and the
 * search index is made anew when it is opened. A SQLite file that was there before is kept as PATH.replaced. Blocks.
 * Errors: UNSUPPORTED, LOCKED when the store is open, NOT_FOUND when there is no such copy, CORRUPT when it is damaged
 * or no copy of a store, FULL, IO, PERMISSION. Any thread. Since 0.1. */
MEOWER_API int meower_restore(const meower_options *options, const char *path, meower_error *error);

/* Draws a new epoch for the store that `options` name, which should not be open: an instance that has it open goes on
 * with the old one. For stores that were brought back to an earlier state by other means than meower_restore() and that
 * do not notice it themselves. Blocks. Errors: as meower_open(), and UNSUPPORTED. Any thread. Since 0.1. */
MEOWER_API int meower_new_epoch(const meower_options *options, meower_error *error);

#ifdef __cplusplus
}
#endif
#endif
