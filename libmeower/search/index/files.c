/* files.c - the directory of an index: its lock and its segments' files. manifest.c reads and writes which these are.
 */
#include "search/index/files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME      "lock"
#define SEGMENT_SUFFIX ".segment"
#define NAME_SIZE      40 /* bytes of a segment's name with its NUL */

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static int code_of_errno(int system_errno)
{
    switch (system_errno) {
    case EACCES:
    case EPERM:
    case EROFS:
        return MEOWER_ERROR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return MEOWER_ERROR_FULL;
    case ENOMEM:
        return MEOWER_ERROR_NO_MEMORY;
    case ENOENT:
    case ENOTDIR:
        return MEOWER_ERROR_INVALID;
    default:
        return MEOWER_ERROR_IO;
    }
}

int index_files_error(const struct index_files *files, const char *what, int system_errno, meower_error *error)
{
    return meower_error_set_backend(error, code_of_errno(system_errno), MEOWER_DOMAIN_ERRNO, system_errno, 0,
                                    "cannot %s the search index \"%s\": %s", what, files->path, strerror(system_errno));
}

int index_files_memory_error(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "no memory for the search index");
}

/* ---- the directory ---------------------------------------------------------------------------------------------- */

/* The number in the name of a segment's file; 0 for any other name. */
static uint64_t number_of(const char *name)
{
    char written[NAME_SIZE];
    uint64_t number = strtoull(name, NULL, 10);

    snprintf(written, sizeof(written), "%" PRIu64 SEGMENT_SUFFIX, number);
    return strcmp(written, name) == 0 ? number : 0;
}

/* A stream of the directory's names, to be closed; NULL with errno. */
static DIR *list(const struct index_files *files)
{
    int copy = openat(files->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = copy < 0 ? NULL : fdopendir(copy);

    if (names == NULL && copy >= 0) {
        close(copy);
    }
    return names;
}

/* What a directory has in it. */
struct contents {
    bool has_lock;
    bool has_manifest; /* a file of this name */
    bool has_others;   /* that are not ours by their names */
};

static void note_name(struct contents *contents, const char *name)
{
    if (strcmp(name, LOCK_NAME) == 0) {
        contents->has_lock = true;
    } else if (strcmp(name, MANIFEST_NAME) == 0) {
        contents->has_manifest = true;
    } else if (name[0] != '.' && strcmp(name, MANIFEST_NEW_NAME) != 0 && number_of(name) == 0) {
        contents->has_others = true;
    }
}

static bool has_our_manifest(const struct index_files *files)
{
    int file = openat(files->directory, MANIFEST_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint64_t magic = 0;
    ssize_t len = file < 0 ? 0 : read(file, &magic, sizeof(magic));

    if (file >= 0) {
        close(file);
    }
    return len == (ssize_t)sizeof(magic) && magic == MANIFEST_MAGIC;
}

/* Nothing is made or removed in a directory that has something else in it, unless it has a manifest of ours. One that
 * does not begin as ours do is taken for a damaged one only where nothing but our files is. */
static int refuse_foreign(struct index_files *files, meower_error *error)
{
    DIR *names = list(files);
    struct contents contents = {.has_lock = false};

    if (names == NULL) {
        return index_files_error(files, "list", errno, error);
    }
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        note_name(&contents, entry->d_name);
    }
    closedir(names);
    bool is_suspect = contents.has_others || (contents.has_manifest && !contents.has_lock);
    if (is_suspect && !has_our_manifest(files)) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                "\"%s\" is no search index of this library; it was not changed; name another "
                                "directory, or move it away",
                                files->path);
    }
    return MEOWER_OK;
}

/* flock() belongs to the descriptor, so that a second index on the same directory is refused in this process as well.
 */
static int take_lock(struct index_files *files, meower_error *error)
{
    files->lock = openat(files->directory, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (files->lock < 0) {
        return index_files_error(files, "lock", errno, error);
    }
    if (flock(files->lock, LOCK_EX | LOCK_NB) == 0) {
        return MEOWER_OK;
    }
    if (errno != EWOULDBLOCK) {
        return index_files_error(files, "lock", errno, error);
    }
    return meower_error_set_backend(
        error, MEOWER_ERROR_LOCKED, MEOWER_DOMAIN_ERRNO, errno, 0,
        "the search index \"%s\" is open in another process, or twice in this one; give each its "
        "own",
        files->path);
}

static int open_directory(struct index_files *files, const char *location, meower_error *error)
{
    files->directory = open(location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->directory < 0 && errno == ENOTDIR) {
        return meower_error_set(
            error, MEOWER_ERROR_CORRUPT, 0, 0,
            "\"%s\" is a file, and a search index is a directory; name another one, or move it away", location);
    }
    if (files->directory < 0) {
        return index_files_error(files, "open", errno, error);
    }
    char *path = realpath(location, NULL);
    if (path == NULL) {
        return errno == ENOMEM ? index_files_memory_error(error) : index_files_error(files, "find", errno, error);
    }
    free(files->path);
    files->path = path;
    return MEOWER_OK;
}

int index_files_open(struct index_files *files, const char *location, meower_error *error)
{
    int status = MEOWER_OK;

    *files = (struct index_files){.directory = -1, .lock = -1, .next_number = 1};
    if (location[0] == '\0') {
        return MEOWER_OK;
    }
    files->path = strdup(location);
    if (files->path == NULL) {
        return index_files_memory_error(error);
    }
    if (mkdir(location, 0755) != 0 && errno != EEXIST) {
        status = index_files_error(files, "make", errno, error);
    }
    if (status == MEOWER_OK) {
        status = open_directory(files, location, error);
    }
    if (status == MEOWER_OK) {
        status = refuse_foreign(files, error);
    }
    if (status == MEOWER_OK) {
        status = take_lock(files, error);
    }
    if (status != MEOWER_OK) {
        index_files_close(files);
    }
    return status;
}

int index_files_find(struct index_files *files, const char *location, meower_error *error)
{
    *files = (struct index_files){.directory = -1, .lock = -1};
    if (location[0] == '\0' || (access(location, F_OK) != 0 && errno == ENOENT)) {
        return meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no search index \"index:%s\"", location);
    }
    files->path = strdup(location);
    int status = files->path == NULL ? index_files_memory_error(error) : open_directory(files, location, error);
    if (status != MEOWER_OK) {
        index_files_close(files);
    }
    return status;
}

void index_files_close(struct index_files *files)
{
    if (files->lock >= 0) {
        close(files->lock);
    }
    if (files->directory >= 0) {
        close(files->directory);
    }
    free(files->path);
    *files = (struct index_files){.directory = -1, .lock = -1};
}

/* ---- segments --------------------------------------------------------------------------------------------------- */

static void write_name(uint64_t number, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%" PRIu64 SEGMENT_SUFFIX, number);
}

static void remove_segment(struct index_files *files, uint64_t number)
{
    char name[NAME_SIZE];

    write_name(number, name);
    unlinkat(files->directory, name, 0);
}

/* Puts `number` where `present` stands. */
static void note_unfinished(struct index_files *files, uint64_t present, uint64_t number)
{
    for (size_t i = 0; i < INDEX_FILES_UNFINISHED_MAX; i++) {
        if (files->unfinished[i] == present) {
            files->unfinished[i] = number;
            return;
        }
    }
}

static bool is_unfinished(const struct index_files *files, uint64_t number)
{
    for (size_t i = 0; i < INDEX_FILES_UNFINISHED_MAX; i++) {
        if (files->unfinished[i] == number) {
            return true;
        }
    }
    return false;
}

/* A file that is there already is left alone: it may be mapped. */
int index_files_begin(struct index_files *files, struct segment_writer *writer, uint64_t *number, meower_error *error)
{
    int file;

    do {
        char name[NAME_SIZE];
        *number = files->next_number++;
        write_name(*number, name);
        file = openat(files->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    } while (file < 0 && errno == EEXIST);
    if (file < 0) {
        return index_files_error(files, "write to", errno, error);
    }
    note_unfinished(files, 0, *number);
    segment_writer_init(writer, file);
    return MEOWER_OK;
}

void index_files_abandon(struct index_files *files, struct segment_writer *writer, uint64_t number)
{
    segment_writer_free(writer);
    close(writer->file);
    note_unfinished(files, number, 0);
    remove_segment(files, number);
}

static int damaged(const struct index_files *files, const char *what, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "the search index \"%s\" is damaged (%s); it must be reset and made anew", files->path,
                            what);
}

/* Maps an open file. */
static int map(const struct index_files *files, int file, uint64_t number, struct segment **segment,
               meower_error *error)
{
    struct stat properties;
    bool is_sound = true;

    if (fstat(file, &properties) != 0) {
        return index_files_error(files, "look at", errno, error);
    }
    if (properties.st_size < (off_t)sizeof(struct segment_header)) {
        return damaged(files, "a segment is cut off", error);
    }
    void *bytes = mmap(NULL, (size_t)properties.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) {
        return index_files_error(files, "map", errno, error);
    }
    *segment = segment_new(bytes, (size_t)properties.st_size, true, &is_sound);
    if (*segment == NULL) {
        munmap(bytes, (size_t)properties.st_size);
        return is_sound ? index_files_memory_error(error) : damaged(files, "a segment is not as it was written", error);
    }
    (*segment)->number = number;
    return MEOWER_OK;
}

int index_files_map(const struct index_files *files, uint64_t number, struct segment **segment, meower_error *error)
{
    char name[NAME_SIZE];

    write_name(number, name);
    int file = openat(files->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return errno == ENOENT ? damaged(files, "a segment is missing", error)
                               : index_files_error(files, "open a segment of", errno, error);
    }
    int status = map(files, file, number, segment, error);
    close(file);
    return status;
}

int index_files_end(struct index_files *files, struct segment_writer *writer, uint64_t number, struct segment **segment,
                    meower_error *error)
{
    int status = segment_writer_end(writer, segment);

    if (status == MEOWER_ERROR_NO_MEMORY) {
        status = index_files_memory_error(error);
    } else if (status != MEOWER_OK) {
        status = index_files_error(files, "write to", writer->system_errno, error);
    } else if (fsync(writer->file) != 0) {
        status = index_files_error(files, "write to", errno, error);
    } else {
        status = map(files, writer->file, number, segment, error);
    }
    segment_writer_free(writer);
    close(writer->file);
    note_unfinished(files, number, 0);
    if (status != MEOWER_OK) {
        remove_segment(files, number);
    }
    return status;
}

static bool has_segment(const struct view *view, uint64_t number)
{
    for (size_t i = 0; view != NULL && i < view->count; i++) {
        if (view->parts[i].segment->number == number) {
            return true;
        }
    }
    return false;
}

void index_files_clean(struct index_files *files, const struct view *view, const struct view *beside)
{
    DIR *names = files->path == NULL ? NULL : list(files);

    if (names == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        uint64_t number = number_of(entry->d_name);
        if (number >= files->next_number) {
            files->next_number = number + 1; /* names are not used twice */
        }
        if (number != 0 && !has_segment(view, number) && !has_segment(beside, number) &&
            !is_unfinished(files, number)) {
            unlinkat(files->directory, entry->d_name, 0);
        }
    }
    closedir(names);
}
