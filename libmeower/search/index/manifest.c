/* manifest.c - reads and replaces the manifest. */
#include "search/index/manifest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct manifest_header {
    uint64_t magic;
    uint64_t checksum; /* of all that follows it */
    uint64_t position;
    char epoch[MEOWER_EPOCH_SIZE];
    uint32_t part_count;
};

/* Is followed by the ages of the deleted documents. */
struct manifest_part {
    uint64_t number; /* of the segment's file */
    uint32_t deleted_count;
    uint32_t unused;
};

static uint64_t checksum_of(const unsigned char *bytes, size_t len)
{
    const size_t start = offsetof(struct manifest_header, position);

    return segment_hash(SEGMENT_HASH, bytes + start, len - start);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int damaged(const struct index_files *files, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "the search index \"%s\" is damaged (its manifest); it must be reset and made anew",
                            files->path);
}

/* Reads all of the file. Returns a status; bytes->items is NULL when there is no file. */
static int read_file(const struct index_files *files, struct bytes *bytes, meower_error *error)
{
    int file = openat(files->directory, MANIFEST_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int status = MEOWER_OK;
    ssize_t len = 1;

    if (file < 0) {
        return errno == ENOENT ? MEOWER_OK : index_files_error(files, "open the manifest of", errno, error);
    }
    while (len != 0 && status == MEOWER_OK) {
        unsigned char *room = bytes_reserve(bytes, 4096);
        len = room == NULL ? 0 : read(file, room, 4096);
        if (room == NULL) {
            status = index_files_memory_error(error);
        } else if (len < 0 && errno != EINTR) {
            status = index_files_error(files, "read the manifest of", errno, error);
        }
        bytes->len += len > 0 ? (size_t)len : 0;
    }
    close(file);
    return status;
}

/* Whether a part comes after the one before it: one file in the place of another is sound in itself. */
static bool is_in_order(const struct view *view, size_t index)
{
    return index == 0 ||
           view->parts[index].segment->header.first_position > view->parts[index - 1].segment->header.last_position;
}

/* Reads one part. Moves on in the bytes. */
static int load_part(const struct index_files *files, const unsigned char **at, const unsigned char *end,
                     struct view *view, size_t index, meower_error *error)
{
    struct manifest_part part;
    int status;

    if ((size_t)(end - *at) < sizeof(part)) {
        return damaged(files, error);
    }
    memcpy(&part, *at, sizeof(part));
    *at += sizeof(part);
    if ((size_t)(end - *at) / sizeof(uint32_t) < part.deleted_count) {
        return damaged(files, error);
    }
    status = index_files_map(files, part.number, &view->parts[index].segment, error);
    if (status != MEOWER_OK) {
        return status;
    }
    view->count = index + 1;
    if (!is_in_order(view, index)) {
        return damaged(files, error);
    }
    for (uint32_t i = 0; i < part.deleted_count; i++) {
        uint32_t age = load_32(*at);
        *at += sizeof(age);
        if (age >= view->parts[index].segment->header.document_count) {
            return damaged(files, error);
        }
        if (!view_part_delete(&view->parts[index], age)) {
            return index_files_memory_error(error);
        }
    }
    return MEOWER_OK;
}

static int load_parts(const struct index_files *files, const struct bytes *bytes, const struct manifest_header *header,
                      struct vocabulary *vocabulary, struct view **view, meower_error *error)
{
    const unsigned char *at = bytes->items + sizeof(*header);
    int status = MEOWER_OK;

    *view = view_new(header->part_count, vocabulary);
    if (*view == NULL) {
        return index_files_memory_error(error);
    }
    (*view)->count = 0;
    for (size_t i = 0; i < header->part_count && status == MEOWER_OK; i++) {
        status = load_part(files, &at, bytes->items + bytes->len, *view, i, error);
        if (status == MEOWER_OK && !vocabulary_add_segment(vocabulary, (*view)->parts[i].segment)) {
            status = index_files_memory_error(error);
        }
    }
    if (status != MEOWER_OK) {
        view_release(*view);
        *view = NULL;
    }
    return status;
}

static bool is_sound(const struct bytes *bytes, struct manifest_header *header)
{
    if (bytes->len < sizeof(*header)) {
        return false;
    }
    memcpy(header, bytes->items, sizeof(*header));
    return header->magic == MANIFEST_MAGIC && header->checksum == checksum_of(bytes->items, bytes->len) &&
           header->part_count <= bytes->len / sizeof(struct manifest_part) &&
           header->epoch[MEOWER_EPOCH_SIZE - 1] == '\0';
}

/* Loads what a manifest of these bytes names. */
static int load_from(const struct index_files *files, const struct bytes *bytes, struct vocabulary *vocabulary,
                     struct view **view, meower_search_info *info, meower_error *error)
{
    struct manifest_header header = {0};
    int status = MEOWER_OK;

    if (bytes->items == NULL) {
        *view = view_new(0, vocabulary);
        status = *view == NULL ? index_files_memory_error(error) : MEOWER_OK;
    } else {
        status = is_sound(bytes, &header) ? load_parts(files, bytes, &header, vocabulary, view, error)
                                          : damaged(files, error);
    }
    if (status == MEOWER_OK) {
        *info = (meower_search_info){.position = header.position};
        memcpy(info->epoch, header.epoch, sizeof(info->epoch));
    }
    return status;
}

/* Reads the manifest again: whether it is another one by now. */
static bool has_changed(const struct index_files *files, struct bytes *bytes)
{
    struct bytes now = {0};

    if (read_file(files, &now, NULL) != MEOWER_OK) {
        bytes_free(&now);
        return false;
    }
    bool is_same = now.len == bytes->len && (now.len == 0 || memcmp(now.items, bytes->items, now.len) == 0);
    bytes_free(bytes);
    *bytes = now;
    return !is_same;
}

int manifest_load(struct index_files *files, struct vocabulary *vocabulary, struct view **view,
                  meower_search_info *info, meower_error *error)
{
    struct bytes bytes = {0};
    int status = files->path == NULL ? MEOWER_OK : read_file(files, &bytes, error);

    if (status == MEOWER_OK) {
        status = load_from(files, &bytes, vocabulary, view, info, error);
    }
    /* Without the lock, what an earlier manifest names may be gone already. */
    while (status == MEOWER_ERROR_CORRUPT && files->lock < 0 && has_changed(files, &bytes)) {
        status = load_from(files, &bytes, vocabulary, view, info, error);
    }
    bytes_free(&bytes);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void add_part(struct bytes *bytes, const struct view_part *part)
{
    const struct manifest_part written = {.number = part->segment->number, .deleted_count = part_deleted(part)};

    bytes_add(bytes, &written, sizeof(written));
    for (uint32_t age = 0; age < part->segment->header.document_count && written.deleted_count > 0; age++) {
        if (part_is_deleted(part, age)) {
            bytes_add_32(bytes, age);
        }
    }
}

/* The manifest of the parts that have files, up to the first that has none. */
static struct bytes make(const struct view *view, const meower_search_info *info)
{
    struct manifest_header header;
    struct bytes bytes = {0};

    memset(&header, 0, sizeof(header)); /* what lies between its members, too */
    header.magic = MANIFEST_MAGIC;
    header.position = info->position;
    memcpy(header.epoch, info->epoch, sizeof(header.epoch));
    bytes_add(&bytes, &header, sizeof(header));
    for (size_t i = 0; i < view->count; i++) {
        const struct segment *segment = view->parts[i].segment;
        if (segment->number == 0) {
            header.position = segment->header.first_position - 1;
            break;
        }
        add_part(&bytes, &view->parts[i]);
        header.part_count++;
    }
    if (!bytes.failed) {
        memcpy(bytes.items, &header, sizeof(header));
        header.checksum = checksum_of(bytes.items, bytes.len);
        memcpy(bytes.items, &header, sizeof(header));
    }
    return bytes;
}

static bool write_all(int file, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(file, bytes, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

/* The new manifest beside the old one, synced. */
static int write_new(const struct index_files *files, const struct bytes *bytes, meower_error *error)
{
    int file = openat(files->directory, MANIFEST_NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    int status = MEOWER_OK;

    if (file < 0) {
        return index_files_error(files, "write to", errno, error);
    }
    if (!write_all(file, bytes->items, bytes->len) || fsync(file) != 0) {
        status = index_files_error(files, "write to", errno, error);
    }
    close(file);
    return status;
}

int manifest_save(struct index_files *files, const struct view *view, const meower_search_info *info,
                  meower_error *error)
{
    struct bytes bytes;
    int status;

    if (files->path == NULL) {
        return MEOWER_OK;
    }
    bytes = make(view, info);
    status = bytes.failed ? index_files_memory_error(error) : write_new(files, &bytes, error);
    bytes_free(&bytes);
    if (status == MEOWER_OK && renameat(files->directory, MANIFEST_NEW_NAME, files->directory, MANIFEST_NAME) != 0) {
        status = index_files_error(files, "write to", errno, error);
    }
    /* The names of the segments and the new manifest's are to outlast a power cut. */
    if (status == MEOWER_OK && fsync(files->directory) != 0) {
        status = index_files_error(files, "write to", errno, error);
    }
    return status;
}
