/* test_index_files.c - the directory of an index: whose it is, what its manifest says, and what becomes of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "port/schemes.h"
#include "search/index/files.h"
#include "search/index/manifest.h"
#include "search/index/merger.h"
#include "unit/index_fixture.h"
#include <dirent.h>
#include <meower/backend.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 128

struct fixture {
    char folder[64];
    char path[96]; /* of the index, in the folder; it is not there yet */
    struct vocabulary *vocabulary;
    meower_error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/meower-index-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/index", fixture->folder);
    fixture->vocabulary = vocabulary_new();
    assert_non_null(fixture->vocabulary);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[100];

    snprintf(command, sizeof(command), "rm -r '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    vocabulary_release(fixture->vocabulary);
    free(fixture);
    return 0;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* The path of a file in the index. In turns one of a few buffers. */
static const char *in_index(const struct fixture *fixture, const char *name)
{
    static char paths[4][PATH_SIZE];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, PATH_SIZE, "%s/%s", fixture->path, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Freed by the caller. */
static unsigned char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    unsigned char *bytes = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(bytes);
    *len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void assert_file(const char *path, const char *expected)
{
    size_t len;
    unsigned char *bytes = read_file(path, &len);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(bytes, expected, len);
    free(bytes);
}

static bool exists(const char *path)
{
    struct stat properties;

    return lstat(path, &properties) == 0;
}

static unsigned count_names(const char *path)
{
    DIR *names = opendir(path);
    unsigned count = 0;

    assert_non_null(names);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    closedir(names);
    return count;
}

/* ---- an index with two segments --------------------------------------------------------------------------------- */

static const meower_search_info seeded_info = {.epoch = "0123456789abcdef", .position = 40};

static struct segment *make_segment(uint64_t first_position, const char *text)
{
    struct new_document documents[10];

    for (size_t i = 0; i < 10; i++) {
        documents[i] = index_document(first_position + i, text);
    }
    struct segment *segment = builder_make(documents, 10);
    assert_non_null(segment);
    return segment;
}

/* Writes a segment of ten documents from this position on to a file. */
static struct segment *write_segment(struct fixture *fixture, struct index_files *files, uint64_t first_position)
{
    struct segment *in_memory = make_segment(first_position, "some words of it");
    const struct merge_input input = {.segment = in_memory};
    struct segment_writer writer;
    struct segment *segment = NULL;
    uint64_t number;

    assert_int_equal(index_files_begin(files, &writer, &number, &fixture->error), MEOWER_OK);
    index_merge(&writer, &input, 1, UINT64_MAX);
    assert_int_equal(index_files_end(files, &writer, number, &segment, &fixture->error), MEOWER_OK);
    assert_int_equal(segment->number, number);
    assert_true(segment->is_mapped);
    segment_release(in_memory);
    return segment;
}

/* A view of two segments with files; in the first the documents of age 3 and 7 are deleted. */
static struct view *make_view(struct fixture *fixture, struct index_files *files)
{
    struct view *view = view_new(2, fixture->vocabulary);

    assert_non_null(view);
    view->parts[0].segment = write_segment(fixture, files, 11);
    view->parts[1].segment = write_segment(fixture, files, 31);
    assert_true(view_part_delete(&view->parts[0], 3));
    assert_true(view_part_delete(&view->parts[0], 7));
    return view;
}

static void open_files(struct fixture *fixture, struct index_files *files)
{
    assert_int_equal(index_files_open(files, fixture->path, &fixture->error), MEOWER_OK);
}

/* Makes the index and closes it. */
static void seed(struct fixture *fixture)
{
    struct index_files files;

    open_files(fixture, &files);
    struct view *view = make_view(fixture, &files);
    assert_int_equal(manifest_save(&files, view, &seeded_info, &fixture->error), MEOWER_OK);
    view_release(view);
    index_files_close(&files);
}

static int load_status(struct fixture *fixture)
{
    struct index_files files;
    struct view *view = NULL;
    meower_search_info info;

    open_files(fixture, &files);
    int status = manifest_load(&files, fixture->vocabulary, &view, &info, &fixture->error);
    assert_true((status == MEOWER_OK) == (view != NULL));
    view_release(view);
    index_files_close(&files);
    return status;
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

static int open_engine(struct fixture *fixture, void **engine)
{
    const meower_backend_config config = {
        .size = sizeof(config), .location = fixture->path, .lanes = 1, .clock = clock_system()};

    return index_search.open(&config, engine, &fixture->error);
}

static uint64_t position_of(struct fixture *fixture, void *engine)
{
    meower_search_info info;

    assert_int_equal(index_search.info(engine, &info, &fixture->error), MEOWER_OK);
    return info.position;
}

/* Opens the engine; its position must be this. Adds a document, closes it, and opens it again. */
static void assert_engine_works(struct fixture *fixture, uint64_t position)
{
    const meower_search_document document = {
        .position = 50, .id = "0ujtsYcgvSTl8PAuAdqWYSMnLOv", .words = "a word", .words_len = 6};
    const meower_search_info info = {.epoch = "0123456789abcdef", .position = 50};
    void *engine;

    assert_int_equal(open_engine(fixture, &engine), MEOWER_OK);
    assert_int_equal(position_of(fixture, engine), position);
    assert_int_equal(index_search.index(engine, &document, 1, &info, &fixture->error), MEOWER_OK);
    index_search.close(engine);
    assert_int_equal(open_engine(fixture, &engine), MEOWER_OK);
    assert_int_equal(position_of(fixture, engine), 50);
    index_search.close(engine);
}

/* ---- whose it is ------------------------------------------------------------------------------------------------ */

static void a_directory_that_is_not_there_is_made(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view;
    meower_search_info info = {.position = 7};

    open_files(fixture, &files);
    assert_string_equal(files.path, fixture->path);
    assert_int_equal(manifest_load(&files, fixture->vocabulary, &view, &info, &fixture->error), MEOWER_OK);
    assert_int_equal(view->count, 0);
    assert_int_equal(info.position, 0);
    assert_string_equal(info.epoch, "");
    view_release(view);
    index_files_close(&files);
    assert_true(exists(in_index(fixture, "lock")));
}

static void a_directory_whose_parent_is_not_there_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/not/there", fixture->folder);
    assert_int_equal(index_files_open(&files, path, &fixture->error), MEOWER_ERROR_INVALID);
    assert_int_equal(files.directory, -1);
    assert_int_equal(files.lock, -1);
    assert_null(files.path);
}

static void no_path_is_memory(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view;
    meower_search_info info;

    assert_int_equal(index_files_open(&files, "", &fixture->error), MEOWER_OK);
    assert_null(files.path);
    assert_int_equal(manifest_load(&files, fixture->vocabulary, &view, &info, &fixture->error), MEOWER_OK);
    assert_int_equal(view->count, 0);
    assert_int_equal(manifest_save(&files, view, &info, &fixture->error), MEOWER_OK);
    index_files_clean(&files, view, NULL);
    view_release(view);
    index_files_close(&files);
}

/* The engine refuses the directory, and all in it is as it was: `name` with this text, and `count` names. */
static void assert_refused(struct fixture *fixture, const char *name, const char *text, unsigned count)
{
    void *engine;

    assert_int_equal(open_engine(fixture, &engine), MEOWER_ERROR_CORRUPT);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->error.message, fixture->path));
    assert_int_equal(count_names(fixture->path), count);
    assert_file(in_index(fixture, name), text);
}

static void a_directory_of_something_else_is_refused_and_left_as_it_is(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    write_file(in_index(fixture, "thesis.txt"), "years of work", 13);
    write_file(in_index(fixture, "1.segment"), "of an orange", 12);
    assert_refused(fixture, "thesis.txt", "years of work", 2);
    assert_file(in_index(fixture, "1.segment"), "of an orange");
}

static void a_file_of_something_else_named_manifest_is_refused_and_left_as_it_is(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    write_file(in_index(fixture, "manifest"), "to whom it may concern", 22);
    assert_refused(fixture, "manifest", "to whom it may concern", 1);
    write_file(in_index(fixture, "index.html"), "<p>", 3);
    assert_refused(fixture, "manifest", "to whom it may concern", 2);
    write_file(in_index(fixture, "lock"), "", 0);
    assert_refused(fixture, "manifest", "to whom it may concern", 3);
}

static void names_that_are_nearly_ours_are_not(void **state)
{
    static const char *const names[] = {"01.segment",   "1.segment.bak",
                                        "x.segment",    "0.segment",
                                        "-1.segment",   "segment",
                                        "manifest.old", "Lock",
                                        "+1.segment",   " 1.segment",
                                        "1segment",     "1.Segment",
                                        "lock2",        "99999999999999999999.segment"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(mkdir(fixture->path, 0755), 0);
        write_file(in_index(fixture, names[i]), "of others", 9);
        assert_refused(fixture, names[i], "of others", 1);
        assert_int_equal(unlink(in_index(fixture, names[i])), 0);
        assert_int_equal(rmdir(fixture->path), 0);
    }
}

static void a_file_in_the_place_of_the_directory_is_refused_and_left_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    void *engine;

    write_file(fixture->path, "SQLite format 3", 15);
    assert_int_equal(open_engine(fixture, &engine), MEOWER_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->error.message, fixture->path));
    assert_file(fixture->path, "SQLite format 3");
}

static void an_index_of_ours_keeps_files_of_others_that_came_to_it(void **state)
{
    struct fixture *fixture = *state;

    seed(fixture);
    write_file(in_index(fixture, "README"), "mine", 4);
    assert_engine_works(fixture, 40);
    assert_file(in_index(fixture, "README"), "mine");
}

static void a_second_opening_is_locked_out_until_the_first_is_closed(void **state)
{
    struct fixture *fixture = *state;
    struct index_files first;
    struct index_files second;

    open_files(fixture, &first);
    assert_int_equal(index_files_open(&second, fixture->path, &fixture->error), MEOWER_ERROR_LOCKED);
    assert_int_equal(second.directory, -1);
    index_files_close(&first);
    open_files(fixture, &second);
    index_files_close(&second);
}

static void looking_takes_no_lock_and_makes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct index_files looker;
    struct view *view;
    meower_search_info info;

    assert_int_equal(index_files_find(&looker, fixture->path, &fixture->error), MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(index_files_find(&looker, "", &fixture->error), MEOWER_ERROR_NOT_FOUND);
    assert_false(exists(fixture->path));
    seed(fixture);
    open_files(fixture, &files);
    assert_int_equal(index_files_find(&looker, fixture->path, &fixture->error), MEOWER_OK);
    assert_int_equal(manifest_load(&looker, fixture->vocabulary, &view, &info, &fixture->error), MEOWER_OK);
    assert_int_equal(info.position, 40);
    view_release(view);
    index_files_close(&looker);
    index_files_close(&files);
}

static void who_looks_at_a_damaged_index_is_told_and_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    void *engine;

    seed(fixture);
    assert_int_equal(truncate(in_index(fixture, "2.segment"), 100), 0);
    write_file(in_index(fixture, "9.segment"), "left over", 9);
    const meower_backend_config config = {
        .size = sizeof(config), .location = fixture->path, .clock = clock_system(), .flags = MEOWER_OPEN_TO_LOOK};
    assert_int_equal(index_search.open(&config, &engine, &fixture->error), MEOWER_ERROR_CORRUPT);
    assert_int_equal(count_names(fixture->path), 5);
}

/* ---- the manifest ----------------------------------------------------------------------------------------------- */

static void what_is_saved_is_loaded(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view;
    meower_search_info info;

    seed(fixture);
    open_files(fixture, &files);
    assert_int_equal(manifest_load(&files, fixture->vocabulary, &view, &info, &fixture->error), MEOWER_OK);
    assert_int_equal(info.position, 40);
    assert_string_equal(info.epoch, "0123456789abcdef");
    assert_int_equal(view->count, 2);
    assert_int_equal(view_documents(view), 18);
    assert_true(vocabulary_has(fixture->vocabulary, "words", 5)); /* of its segments */
    assert_int_equal(view->parts[0].segment->header.first_position, 11);
    assert_int_equal(view->parts[1].segment->header.first_position, 31);
    for (uint32_t age = 0; age < 10; age++) {
        assert_int_equal(part_is_deleted(&view->parts[0], age), age == 3 || age == 7);
        assert_false(part_is_deleted(&view->parts[1], age));
    }
    view_release(view);
    index_files_close(&files);
}

static void a_segment_without_a_file_is_left_out_with_all_behind_it(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view = view_new(3, fixture->vocabulary);
    struct view *loaded;
    meower_search_info info;

    open_files(fixture, &files);
    view->parts[0].segment = write_segment(fixture, &files, 1);
    view->parts[1].segment = make_segment(14, "not in a file");
    view->parts[2].segment = write_segment(fixture, &files, 31);
    assert_int_equal(manifest_save(&files, view, &seeded_info, &fixture->error), MEOWER_OK);
    view_release(view);
    assert_int_equal(manifest_load(&files, fixture->vocabulary, &loaded, &info, &fixture->error), MEOWER_OK);
    assert_int_equal(loaded->count, 1);
    assert_int_equal(info.position, 13); /* what is at 14 is to be indexed again */
    view_release(loaded);
    index_files_close(&files);
}

static void a_missing_manifest_is_an_empty_index(void **state)
{
    struct fixture *fixture = *state;

    seed(fixture);
    assert_int_equal(unlink(in_index(fixture, "manifest")), 0);
    assert_int_equal(load_status(fixture), MEOWER_OK);
    assert_engine_works(fixture, 0);
    assert_false(exists(in_index(fixture, "1.segment")));
    assert_false(exists(in_index(fixture, "2.segment")));
}

/* What is not finished is not looked at. */
static void a_new_manifest_that_was_not_put_in_place_changes_nothing(void **state)
{
    struct fixture *fixture = *state;

    seed(fixture);
    write_file(in_index(fixture, "manifest.new"), "1MeoMAN1 torn", 13);
    assert_int_equal(load_status(fixture), MEOWER_OK);
    assert_engine_works(fixture, 40);
    assert_false(exists(in_index(fixture, "manifest.new")));
}

/* ---- damage ----------------------------------------------------------------------------------------------------- */

static const char *const files_of_index[] = {"manifest", "1.segment", "2.segment"};
#define FILES_OF_INDEX (sizeof(files_of_index) / sizeof(files_of_index[0]))

/* Loading says that the index is damaged; the engine makes it anew, and nothing of the old one stays. */
static void assert_made_anew(struct fixture *fixture)
{
    assert_int_equal(load_status(fixture), MEOWER_ERROR_CORRUPT);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->error.message, fixture->path));
    assert_engine_works(fixture, 0);
    assert_int_equal(count_names(fixture->path), 3); /* lock, manifest, the new segment */
}

static void begin_again(struct fixture *fixture)
{
    char command[150];

    snprintf(command, sizeof(command), "rm -rf '%s'", fixture->path);
    assert_int_equal(system(command), 0);
    seed(fixture);
}

static void a_file_that_is_cut_off_is_noticed_and_the_index_made_anew(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < FILES_OF_INDEX; i++) {
        for (int eighths = 0; eighths < 8; eighths++) {
            struct stat properties;
            begin_again(fixture);
            assert_int_equal(stat(in_index(fixture, files_of_index[i]), &properties), 0);
            assert_int_equal(truncate(in_index(fixture, files_of_index[i]), properties.st_size * eighths / 8), 0);
            assert_made_anew(fixture);
        }
    }
}

static void a_file_that_is_longer_is_noticed_and_the_index_made_anew(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < FILES_OF_INDEX; i++) {
        begin_again(fixture);
        FILE *file = fopen(in_index(fixture, files_of_index[i]), "a");
        assert_non_null(file);
        assert_int_not_equal(fputc(7, file), EOF);
        fclose(file);
        assert_made_anew(fixture);
    }
}

static void a_segment_that_is_missing_is_noticed_and_the_index_made_anew(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 1; i < FILES_OF_INDEX; i++) {
        begin_again(fixture);
        assert_int_equal(unlink(in_index(fixture, files_of_index[i])), 0);
        assert_made_anew(fixture);
    }
}

static void a_flipped_bit_in_any_file_is_noticed_and_the_index_made_anew(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < FILES_OF_INDEX; i++) {
        size_t len;
        begin_again(fixture);
        unsigned char *bytes = read_file(in_index(fixture, files_of_index[i]), &len);
        for (size_t at = 0; at < len; at += i == 0 ? 1 : 5) {
            bytes[at] ^= (unsigned char)(1U << at % 8);
            write_file(in_index(fixture, files_of_index[i]), bytes, len);
            if (load_status(fixture) != MEOWER_ERROR_CORRUPT) {
                fail_msg("byte %u of %s", (unsigned)at, files_of_index[i]);
            }
            if (at % 15 == 0) {
                assert_made_anew(fixture);
                begin_again(fixture);
            }
            bytes[at] ^= (unsigned char)(1U << at % 8);
        }
        free(bytes);
    }
}

static void two_segments_exchanged_are_noticed(void **state)
{
    struct fixture *fixture = *state;
    size_t lens[2];

    seed(fixture);
    unsigned char *first = read_file(in_index(fixture, "1.segment"), &lens[0]);
    unsigned char *second = read_file(in_index(fixture, "2.segment"), &lens[1]);
    write_file(in_index(fixture, "1.segment"), second, lens[1]);
    write_file(in_index(fixture, "2.segment"), first, lens[0]);
    assert_made_anew(fixture);
    free(first);
    free(second);
}

/* ---- what is left over ------------------------------------------------------------------------------------------ */

static void segments_that_the_manifest_does_not_name_are_removed(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view;
    meower_search_info info;

    seed(fixture);
    write_file(in_index(fixture, "77.segment"), "of a killed process", 19);
    open_files(fixture, &files);
    assert_int_equal(manifest_load(&files, fixture->vocabulary, &view, &info, &fixture->error), MEOWER_OK);
    index_files_clean(&files, view, NULL);
    assert_false(exists(in_index(fixture, "77.segment")));
    assert_true(exists(in_index(fixture, "1.segment")));
    assert_true(exists(in_index(fixture, "2.segment")));
    struct segment *next = write_segment(fixture, &files, 50);
    assert_int_equal(next->number, 78); /* names are not used twice */
    segment_release(next);
    view_release(view);
    index_files_close(&files);
}

static void segments_of_an_index_that_is_built_beside_stay(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *beside = view_new(1, fixture->vocabulary);

    seed(fixture);
    open_files(fixture, &files);
    files.next_number = 3;
    beside->parts[0].segment = write_segment(fixture, &files, 1);
    index_files_clean(&files, NULL, beside);
    assert_true(exists(in_index(fixture, "3.segment")));
    assert_false(exists(in_index(fixture, "1.segment")));
    view_release(beside);
    index_files_close(&files);
}

static void a_segment_that_is_given_up_leaves_no_file(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct segment_writer writer;
    uint64_t number;

    open_files(fixture, &files);
    assert_int_equal(index_files_begin(&files, &writer, &number, &fixture->error), MEOWER_OK);
    assert_int_equal(count_names(fixture->path), 2);
    index_files_abandon(&files, &writer, number);
    assert_int_equal(count_names(fixture->path), 1);
    index_files_close(&files);
}

/* Its number may be in use where the directory could not be listed. */
static void a_file_that_is_there_is_not_written_over(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;

    seed(fixture);
    open_files(fixture, &files);
    assert_int_equal(files.next_number, 1);
    struct segment *segment = write_segment(fixture, &files, 50);
    assert_int_equal(segment->number, 3);
    segment_release(segment);
    index_files_close(&files);
    assert_int_equal(load_status(fixture), MEOWER_OK);
}

/* ---- links ------------------------------------------------------------------------------------------------------ */

/* Puts a symbolic link to a file of somebody else in the place of a file of the index. */
static const char *put_link(struct fixture *fixture, const char *name)
{
    static char target[PATH_SIZE];

    snprintf(target, sizeof(target), "%s/precious", fixture->folder);
    write_file(target, "untouched", 9);
    unlink(in_index(fixture, name));
    assert_int_equal(symlink(target, in_index(fixture, name)), 0);
    return target;
}

static void links_are_not_followed(void **state)
{
    static const char *const names[] = {"lock", "manifest", "1.segment"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        void *engine;
        begin_again(fixture);
        const char *target = put_link(fixture, names[i]);
        assert_int_equal(open_engine(fixture, &engine), MEOWER_ERROR_IO);
        assert_file(target, "untouched");
    }
}

static void a_new_manifest_does_not_follow_a_link(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;
    struct view *view = view_new(0, fixture->vocabulary);

    seed(fixture);
    const char *target = put_link(fixture, "manifest.new");
    open_files(fixture, &files);
    assert_int_equal(manifest_save(&files, view, &seeded_info, &fixture->error), MEOWER_ERROR_IO);
    assert_file(target, "untouched");
    view_release(view);
    index_files_close(&files);
    assert_int_equal(load_status(fixture), MEOWER_OK);
}

static void a_new_segment_does_not_follow_a_link(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;

    open_files(fixture, &files);
    const char *target = put_link(fixture, "1.segment");
    struct segment *segment = write_segment(fixture, &files, 1);
    assert_int_equal(segment->number, 2);
    assert_file(target, "untouched");
    segment_release(segment);
    index_files_close(&files);
}

/* ---- permissions ------------------------------------------------------------------------------------------------ */

static void a_directory_that_may_not_be_written_to_is_an_error_of_permission(void **state)
{
    struct fixture *fixture = *state;
    struct index_files files;

    if (geteuid() == 0) {
        skip();
    }
    assert_int_equal(mkdir(fixture->path, 0555), 0);
    assert_int_equal(index_files_open(&files, fixture->path, &fixture->error), MEOWER_ERROR_PERMISSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_directory_that_is_not_there_is_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_whose_parent_is_not_there_is_invalid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_path_is_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_of_something_else_is_refused_and_left_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_something_else_named_manifest_is_refused_and_left_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_that_are_nearly_ours_are_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_in_the_place_of_the_directory_is_refused_and_left_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_index_of_ours_keeps_files_of_others_that_came_to_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_opening_is_locked_out_until_the_first_is_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looking_takes_no_lock_and_makes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_looks_at_a_damaged_index_is_told_and_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_saved_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_without_a_file_is_left_out_with_all_behind_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_manifest_is_an_empty_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_manifest_that_was_not_put_in_place_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_cut_off_is_noticed_and_the_index_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_longer_is_noticed_and_the_index_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_is_missing_is_noticed_and_the_index_made_anew, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flipped_bit_in_any_file_is_noticed_and_the_index_made_anew, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_segments_exchanged_are_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(segments_that_the_manifest_does_not_name_are_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(segments_of_an_index_that_is_built_beside_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_that_is_given_up_leaves_no_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_there_is_not_written_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_are_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_manifest_does_not_follow_a_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_segment_does_not_follow_a_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_may_not_be_written_to_is_an_error_of_permission, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("index_files", tests, NULL, NULL);
}
