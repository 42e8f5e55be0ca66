/* test_check_postgresql_elasticsearch.c - a feed on servers is checked, sound and damaged in each way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/elasticsearch_connection.h"
#include "servers/postgresql.h"
#include <meower/meower.h>

#define SERVER_VARIABLE "MEOWER_TEST_ELASTICSEARCH"
#define WAIT_MS         30000

struct fixture {
    char store[512];
    char search[300];
    char index[100];
    meower_options *options;
    char ids[4][MEOWER_ID_SIZE];
    struct elasticsearch_address address;
    struct elasticsearch_connection connection;
};

/* Sends a request for the index. */
static void ask(struct fixture *fixture, const char *method, const char *suffix, const char *text)
{
    struct elasticsearch_text body = {.data = (char *)text, .len = text == NULL ? 0 : strlen(text)};
    meower_error error = {0};
    char path[300];

    snprintf(path, sizeof(path), "/%s%s", fixture->index, suffix);
    if (elasticsearch_request(&fixture->connection, method, path, text == NULL ? NULL : &body, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    if (fixture->connection.http_status > 299) {
        fail_msg("%s %s: HTTP %ld", method, path, fixture->connection.http_status);
    }
}

/* Four meows, of which the fourth is deleted; all of it indexed. */
static void fill(struct fixture *fixture)
{
    static const char *const bodies[] = {"one", "two", "three", "four"};
    meower_feed *feed;
    meower_command *command;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    if (meower_open(fixture->options, &feed, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(meower_command_open(feed, &command, NULL), MEOWER_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(meower_command_post(command, bodies[i], strlen(bodies[i]), NULL, WAIT_MS, &result, NULL),
                         MEOWER_OK);
        memcpy(fixture->ids[i], result.id, MEOWER_ID_SIZE);
    }
    assert_int_equal(meower_command_delete(command, fixture->ids[3], WAIT_MS, NULL, NULL), MEOWER_OK);
    meower_command_close(command);
    assert_int_equal(meower_close(feed, WAIT_MS, NULL), MEOWER_OK);
}

static int set_up(void **state)
{
    static unsigned number;
    const char *server = getenv(SERVER_VARIABLE);
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL || server == NULL) {
        return -1;
    }
    postgresql_server_make_database(fixture->store, sizeof(fixture->store));
    snprintf(fixture->index, sizeof(fixture->index), "meower-check-test-%ld-%u", (long)getpid(), ++number);
    snprintf(fixture->search, sizeof(fixture->search), "%s/%s", server, fixture->index);
    if (elasticsearch_address_parse(&fixture->address, strchr(fixture->search, ':') + 1, NULL) != MEOWER_OK ||
        meower_options_new(&fixture->options, NULL) != MEOWER_OK ||
        meower_options_set(fixture->options, "store", fixture->store, NULL) != MEOWER_OK ||
        meower_options_set(fixture->options, "search", fixture->search, NULL) != MEOWER_OK) {
        return -1;
    }
    elasticsearch_connection_init(&fixture->connection, &fixture->address, WAIT_MS);
    fill(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ask(fixture, "DELETE", "*", NULL);
    elasticsearch_connection_close(&fixture->connection);
    elasticsearch_address_free(&fixture->address);
    meower_options_free(fixture->options);
    postgresql_server_drop_database(fixture->store);
    free(fixture);
    return 0;
}

/* The findings as their kinds and positions, "11@2 13@4". */
static void assert_finds(struct fixture *fixture, const char *expected)
{
    meower_check *check;
    const meower_finding *finding;
    meower_error error;
    char found[400] = "";

    if (meower_check_run(fixture->options, &check, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    for (size_t i = 0; (finding = meower_check_finding(check, i)) != NULL; i++) {
        size_t len = strlen(found);
        snprintf(found + len, sizeof(found) - len, "%s%d@%llu", len == 0 ? "" : " ", finding->kind,
                 (unsigned long long)finding->position);
        print_message("%llu %s %s\n", (unsigned long long)finding->position, finding->id, finding->text);
    }
    meower_check_free(check);
    assert_string_equal(found, expected);
}

static void a_sound_feed_has_no_findings(void **state)
{
    assert_finds(*state, "");
    assert_finds(*state, "");
}

static void a_meow_that_is_missing_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "DELETE FROM meows WHERE id = '%s'", fixture->ids[1]);
    assert_finds(fixture, "3@2");
}

static void a_hole_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "DELETE FROM meower_events WHERE position = 2");
    /* The hole, the meow and the document that belong to it. */
    assert_finds(fixture, "5@0 2@2 12@2");
}

static void a_head_beyond_the_last_event_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "UPDATE meower_head SET position = 8");
    assert_finds(fixture, "2@6");
}

static void a_head_before_the_last_event_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "UPDATE meower_head SET position = 4");
    /* The index is beyond it, too. */
    assert_finds(fixture, "2@4 10@5");
}

static void a_checkpoint_beyond_the_head_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "INSERT INTO meower_checkpoints VALUES ('relay', 7) "
                                              "ON CONFLICT (name) DO UPDATE SET position = 7");
    assert_finds(fixture, "6@7");
}

static void a_key_of_no_post_is_found(void **state)
{
    struct fixture *fixture = *state;

    postgresql_server_execute(fixture->store, "INSERT INTO meower_keys VALUES ('key', 1, 5, now())");
    assert_finds(fixture, "1@0");
}

static void a_document_that_is_missing_is_found(void **state)
{
    struct fixture *fixture = *state;
    char suffix[100];

    snprintf(suffix, sizeof(suffix), "/_doc/%s?refresh=true", fixture->ids[1]);
    ask(fixture, "DELETE", suffix, NULL);
    assert_finds(fixture, "11@2");
}

static void a_document_too_many_is_found(void **state)
{
    struct fixture *fixture = *state;
    char suffix[100];

    snprintf(suffix, sizeof(suffix), "/_doc/%s?refresh=true", fixture->ids[3]);
    ask(fixture, "PUT", suffix, "{\"meower_words\":\"four\",\"meower_position\":4}");
    assert_finds(fixture, "12@4");
}

static void a_document_at_another_position_is_found(void **state)
{
    struct fixture *fixture = *state;
    char suffix[100];

    snprintf(suffix, sizeof(suffix), "/_doc/%s?refresh=true", fixture->ids[1]);
    ask(fixture, "PUT", suffix, "{\"meower_words\":\"two\",\"meower_position\":4}");
    assert_finds(fixture, "13@4");
}

static void an_index_that_is_missing_is_found_and_not_made(void **state)
{
    struct fixture *fixture = *state;

    ask(fixture, "DELETE", "", NULL);
    assert_finds(fixture, "7@0");
    assert_finds(fixture, "7@0");
}

static void an_index_of_another_life_is_found(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(meower_new_epoch(fixture->options, NULL), MEOWER_OK);
    assert_finds(fixture, "9@0");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_feed_has_no_findings),
        TEST(a_meow_that_is_missing_is_found),
        TEST(a_hole_is_found),
        TEST(a_head_beyond_the_last_event_is_found),
        TEST(a_head_before_the_last_event_is_found),
        TEST(a_checkpoint_beyond_the_head_is_found),
        TEST(a_key_of_no_post_is_found),
        TEST(a_document_that_is_missing_is_found),
        TEST(a_document_too_many_is_found),
        TEST(a_document_at_another_position_is_found),
        TEST(an_index_that_is_missing_is_found_and_not_made),
        TEST(an_index_of_another_life_is_found),
    };
    postgresql_server_url();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
