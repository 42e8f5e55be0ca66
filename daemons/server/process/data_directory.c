/* data_directory.c - the folder that holds the data of a daemon that keeps its own. */
#include "server/process/data_directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, const char *what, char *message, size_t message_size)
{
    snprintf(message, message_size, "%s the data folder %.300s: %s; choose another with --data", what, path,
             strerror(errno));
    return false;
}

/* mkdir -p. The umask decides what other users may read of it. */
static bool create(const char *path)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part)) {
        errno = len == 0 ? ENOENT : ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

bool data_directory_prepare(const char *path, bool *is_new, char *message, size_t message_size)
{
    struct stat status;
    *is_new = stat(path, &status) != 0;
    if (*is_new && !create(path)) {
        return fail(path, "cannot create", message, message_size);
    }
    if (stat(path, &status) != 0) {
        return fail(path, "cannot use", message, message_size);
    }
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return fail(path, "cannot use", message, message_size);
    }
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        return fail(path, "cannot write to", message, message_size);
    }
    return true;
}
