/* sqlite_identity.c - the line in the lock file of a SQLite store. */
#include "store/sqlite_identity.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "meower 1 EPOCH INODE BORN HEAD": fixed widths, so that the position can be written alone. */
#define LINE_FORMAT "meower 1 %s %020" PRIu64 " %020" PRId64 " "
#define HEAD_FORMAT "%020" PRIu64 "\n"
#define HEAD_OFFSET 68 /* 9 + 16 + 1 + 20 + 1 + 20 + 1 */
#define HEAD_LEN    21
#define LINE_SIZE   (HEAD_OFFSET + HEAD_LEN + 1)

#ifdef STATX_BTIME
static bool look_at_file(const char *path, struct sqlite_identity *identity)
{
    struct statx properties;
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &properties) != 0) {
        return false;
    }
    identity->inode = properties.stx_ino;
    identity->born_us = 0;
    if ((properties.stx_mask & STATX_BTIME) != 0) {
        identity->born_us = properties.stx_btime.tv_sec * INT64_C(1000000) + properties.stx_btime.tv_nsec / 1000;
    }
    return true;
}
#else
/* A C library without statx() (musl before 1.2.5) tells no time of birth; a copy has another inode all the same. */
static bool look_at_file(const char *path, struct sqlite_identity *identity)
{
    struct stat properties;
    if (stat(path, &properties) != 0) {
        return false;
    }
    identity->inode = properties.st_ino;
    identity->born_us = 0;
    return true;
}
#endif

int sqlite_identity_of_file(const char *path, struct sqlite_identity *identity, meower_error *error)
{
    if (!look_at_file(path, identity)) {
        return meower_error_set_backend(error, MEOWER_ERROR_IO, MEOWER_DOMAIN_ERRNO, errno, 0,
                                        "cannot look at \"%s\": %s", path, strerror(errno));
    }
    return MEOWER_OK;
}

static void format_line(const struct sqlite_identity *identity, char line[LINE_SIZE])
{
    int len = snprintf(line, LINE_SIZE, LINE_FORMAT, identity->epoch, identity->inode, identity->born_us);
    snprintf(line + len, LINE_SIZE - (size_t)len, HEAD_FORMAT, identity->head);
}

int sqlite_identity_is_known(int lock, const struct sqlite_identity *identity, bool *is_known, meower_error *error)
{
    char line[LINE_SIZE] = "";
    char expected[LINE_SIZE];
    ssize_t len = pread(lock, line, LINE_SIZE - 1, 0);
    format_line(identity, expected);
    if (len < 0) {
        return meower_error_set_backend(error, MEOWER_ERROR_IO, MEOWER_DOMAIN_ERRNO, errno, 0,
                                        "cannot read the store's lock file: %s", strerror(errno));
    }
    char *end = NULL;
    uint64_t head = strtoull(line + HEAD_OFFSET, &end, 10);
    *is_known = len == LINE_SIZE - 1 && memcmp(line, expected, HEAD_OFFSET) == 0 && end == line + LINE_SIZE - 2 &&
                head <= identity->head;
    return MEOWER_OK;
}

int sqlite_identity_write(int lock, const struct sqlite_identity *identity, meower_error *error)
{
    char line[LINE_SIZE];
    format_line(identity, line);
    if (pwrite(lock, line, LINE_SIZE - 1, 0) == LINE_SIZE - 1 && ftruncate(lock, LINE_SIZE - 1) == 0) {
        return MEOWER_OK;
    }
    return meower_error_set_backend(error, errno == ENOSPC || errno == EDQUOT ? MEOWER_ERROR_FULL : MEOWER_ERROR_IO,
                                    MEOWER_DOMAIN_ERRNO, errno, 0, "cannot write the store's lock file: %s",
                                    strerror(errno));
}

void sqlite_identity_note_head(int lock, uint64_t head)
{
    char text[HEAD_LEN + 1];
    snprintf(text, sizeof(text), HEAD_FORMAT, head);
    ssize_t written = pwrite(lock, text, HEAD_LEN, HEAD_OFFSET);
    (void)written; /* the line stays as it was: an earlier position */
}
