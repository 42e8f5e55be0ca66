/* test_data_directory.c - the folder of the data is made with its parents, or it is said why it cannot be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/data_directory.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64], message[500];
static bool is_new;

static int begin(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/meower-data-XXXXXX");
    assert_non_null(mkdtemp(root));
    return 0;
}

static int end(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", root);
    return system(command);
}

static bool prepare(const char *name)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    message[0] = '\0';
    return data_directory_prepare(path, &is_new, message, sizeof(message));
}

static void a_folder_is_made_with_its_parents(void **state)
{
    (void)state;
    char path[200];
    struct stat properties;
    assert_true(prepare("a/b//c/"));
    assert_true(is_new);
    snprintf(path, sizeof(path), "%s/a/b/c", root);
    assert_int_equal(stat(path, &properties), 0);
    assert_true(S_ISDIR(properties.st_mode));
    assert_true(prepare("a/b/c"));
    assert_false(is_new);
    assert_true(prepare("a/b/d"));
    assert_true(is_new);
}

static void who_may_see_a_new_folder_is_for_the_umask_to_say(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "a/b"};
    mode_t before = umask(027);
    assert_true(prepare("a/b"));
    umask(before);
    for (size_t i = 0; i < 2; i++) {
        char path[200];
        struct stat properties;
        snprintf(path, sizeof(path), "%s/%s", root, names[i]);
        assert_int_equal(stat(path, &properties), 0);
        assert_int_equal(properties.st_mode & 07777, 0750);
    }
}

static void a_file_in_its_place_is_explained(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof(path), "%s/file", root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_false(prepare("file"));
    assert_non_null(strstr(message, "cannot use the data folder "));
    assert_non_null(strstr(message, "Not a directory"));
    assert_non_null(strstr(message, path));
    assert_non_null(strstr(message, "choose another with --data"));
    assert_false(prepare("file/below"));
    assert_non_null(strstr(message, "cannot create"));
}

static void a_path_that_is_no_path_is_explained(void **state)
{
    (void)state;
    char path[PATH_MAX + 10];
    assert_false(data_directory_prepare("", &is_new, message, sizeof(message)));
    assert_non_null(strstr(message, "No such file or directory"));
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_false(data_directory_prepare(path, &is_new, message, sizeof(message)));
    assert_non_null(strstr(message, "File name too long"));
}

#define DIRECTORY_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(a_folder_is_made_with_its_parents),
        DIRECTORY_TEST(who_may_see_a_new_folder_is_for_the_umask_to_say),
        DIRECTORY_TEST(a_file_in_its_place_is_explained),
        DIRECTORY_TEST(a_path_that_is_no_path_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
