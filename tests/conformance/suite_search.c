/* suite_search.c - the search contract, engine by engine. Meows are numbered by their position, and a list of hits is
 * written as their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ranking.h"
#include "conformance/suite_search.h"
#include "search/search.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES      4
#define EPOCH      "0123456789abcdef"
#define HITS_MAX   2000
#define EVERYTHING 0, HITS_MAX

/* Labels as two arguments: the array, and how many. */
#define LABELS(...)                                                                                                    \
    (const meower_label[]){__VA_ARGS__}, sizeof((const meower_label[]){__VA_ARGS__}) / sizeof(meower_label)
#define NO_LABELS NULL, 0

struct fixture {
    const struct search_adapter *adapter;
    char url[300];
    meower_options *options;
    struct search search;
    uint64_t position; /* of the last event */
    bool is_stale;     /* changed since the last refresh */
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void check(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("%s: %s", meower_status_name(status), error->message);
    }
}

static void open_search(struct fixture *fixture)
{
    meower_error error = {0};

    check(search_open(&fixture->search, fixture->options, LANES, &error), &error);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    meower_error error = {0};

    fixture->adapter = *state;
    fixture->adapter->make_url(fixture->url, sizeof(fixture->url));
    if (meower_options_new(&fixture->options, NULL) != MEOWER_OK ||
        meower_options_set(fixture->options, "search", fixture->url, &error) != MEOWER_OK ||
        search_open(&fixture->search, fixture->options, LANES, &error) != MEOWER_OK) {
        fprintf(stderr, "%s: %s\n", fixture->url, error.message);
        return -1;
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    search_close(&fixture->search);
    meower_options_free(fixture->options);
    fixture->adapter->remove(fixture->url);
    free(fixture);
    return 0;
}

static void reopen(struct fixture *fixture)
{
    search_close(&fixture->search);
    open_search(fixture);
}

/* ---- indexing --------------------------------------------------------------------------------------------------- */

static void write_id(uint64_t number, char id[MEOWER_ID_SIZE])
{
    snprintf(id, MEOWER_ID_SIZE, "%027llu", (unsigned long long)number);
}

static meower_search_info info_at(uint64_t position)
{
    meower_search_info info = {.epoch = EPOCH, .position = position};

    return info;
}

static void index_documents(struct fixture *fixture, const meower_search_document *documents, size_t count)
{
    meower_search_info info = info_at(fixture->position);
    meower_error error = {0};

    check(search_index(&fixture->search, documents, count, &info, &error), &error);
    fixture->is_stale = true;
}

/* Initialise a document with a literal, and one that removes a meow. */
#define A_DOCUMENT(at, of, text)                                                                                       \
    {                                                                                                                  \
        .position = at, .id = of, .words = text, .words_len = sizeof(text) - 1                                         \
    }
#define A_DELETION(at, of)                                                                                             \
    {                                                                                                                  \
        .position = at, .id = of                                                                                       \
    }

/* Indexes meow `number` at `position` with these words already folded. */
static void index_words(struct fixture *fixture, uint64_t number, uint64_t position, const char *words)
{
    char id[MEOWER_ID_SIZE];
    meower_search_document document = {
        .position = position, .id = id, .words = words, .words_len = words == NULL ? 0 : strlen(words)};

    write_id(number, id);
    index_documents(fixture, &document, 1);
}

/* Posts a meow with labels, which are in order. Its number is its position. */
static uint64_t post_labelled(struct fixture *fixture, const char *text, const meower_label *labels, size_t count)
{
    char id[MEOWER_ID_SIZE];
    meower_search_document document = {.id = id, .labels = labels, .label_count = count};

    document.words = words_join(text, strlen(text), &document.words_len);
    assert_non_null(document.words);
    document.position = ++fixture->position;
    write_id(fixture->position, id);
    index_documents(fixture, &document, 1);
    free((char *)document.words);
    return fixture->position;
}

static uint64_t post(struct fixture *fixture, const char *text)
{
    return post_labelled(fixture, text, NO_LABELS);
}

static void remove_meow(struct fixture *fixture, uint64_t number)
{
    fixture->position++;
    index_words(fixture, number, fixture->position, NULL);
}

static void refresh(struct fixture *fixture)
{
    meower_error error = {0};

    check(search_refresh(&fixture->search, &error), &error);
    fixture->is_stale = false;
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

struct hits {
    meower_hit_sink sink; /* first: the hit function casts back */
    uint64_t numbers[HITS_MAX];
    uint64_t positions[HITS_MAX];
    size_t count;
};

static int take_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct hits *hits = (struct hits *)sink;

    if (hits->count == HITS_MAX) {
        return MEOWER_ERROR_INTERNAL;
    }
    hits->numbers[hits->count] = strtoull(id, NULL, 10);
    hits->positions[hits->count++] = position;
    return MEOWER_OK;
}

static int match_request_on_lane(struct search *search, unsigned lane, const meower_search_request *request,
                                 struct hits *hits, meower_error *error)
{
    hits->sink.hit = take_hit;
    hits->count = 0;
    return search_match(search, lane, request, &hits->sink, error);
}

static int match_on_lane(struct search *search, unsigned lane, const struct match_query *query, uint64_t skip,
                         uint32_t take, struct hits *hits, meower_error *error)
{
    const meower_search_request request = match_request(query, skip, take);

    return match_request_on_lane(search, lane, &request, hits, error);
}

/* What of a search's answer is wanted: a window of those that carry what the terms say. */
struct wanted {
    uint64_t skip;
    uint32_t take;
    const meower_label *terms; /* in order */
    size_t term_count;
};

static void match_wanted(struct fixture *fixture, const char *text, const struct wanted *wanted, struct hits *hits)
{
    struct match_query query;
    meower_error error = {0};

    if (fixture->is_stale) {
        refresh(fixture);
    }
    assert_int_equal(match_query_init(&query, text, strlen(text)), 0);
    meower_search_request request = match_request(&query, wanted->skip, wanted->take);
    request.terms = wanted->terms;
    request.term_count = wanted->term_count;
    int status = match_request_on_lane(&fixture->search, 0, &request, hits, &error);
    match_query_free(&query);
    check(status, &error);
}

static void match(struct fixture *fixture, const char *text, uint64_t skip, uint32_t take, struct hits *hits)
{
    match_wanted(fixture, text, &(struct wanted){skip, take, NO_LABELS}, hits);
}

static void write_numbers(const uint64_t *numbers, size_t count, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%llu", i == 0 ? "" : " ", (unsigned long long)numbers[i]);
    }
}

static void assert_wanted(struct fixture *fixture, const char *query, const struct wanted *wanted, const char *expected)
{
    static struct hits hits;
    char found[8 * HITS_MAX];

    match_wanted(fixture, query, wanted, &hits);
    write_numbers(hits.numbers, hits.count, found, sizeof(found));
    if (strcmp(found, expected) != 0) {
        fail_msg("\"%s\" finds [%s], not [%s]", query, found, expected);
    }
}

static void assert_window(struct fixture *fixture, const char *query, uint64_t skip, uint32_t take,
                          const char *expected)
{
    assert_wanted(fixture, query, &(struct wanted){skip, take, NO_LABELS}, expected);
}

static void assert_hits(struct fixture *fixture, const char *query, const char *expected)
{
    assert_window(fixture, query, EVERYTHING, expected);
}

/* What is found of those with these labels. */
static void assert_labelled(struct fixture *fixture, const char *query, const meower_label *terms, size_t count,
                            const char *expected)
{
    assert_wanted(fixture, query, &(struct wanted){EVERYTHING, terms, count}, expected);
}

/* ---- what matches ----------------------------------------------------------------------------------------------- */

static void an_empty_index_has_no_hits(void **state)
{
    assert_hits(*state, "meow", "");
}

static void case_and_accents_do_not_matter(void **state)
{
    post(*state, "Crème Brûlée");
    post(*state, "CREME brulee");
    post(*state, "Привет, Мир");
    assert_hits(*state, "crème", "2 1");
    assert_hits(*state, "BRULEE", "2 1");
    assert_hits(*state, "ПРИВЕТ", "3");
}

static void quotes_operators_and_stars_are_plain_text(void **state)
{
    post(*state, "a \"black cat\" said meow");
    post(*state, "not and or near");
    post(*state, "body: (x)");
    assert_hits(*state, "\"black", "1");
    assert_hits(*state, "cat\" AND", "2 1");
    assert_hits(*state, "NOT", "2");
    assert_hits(*state, "OR", "2");
    assert_hits(*state, "NEAR(", "2");
    assert_hits(*state, "body:", "3");
    assert_hits(*state, "-black", "1");
    assert_hits(*state, "^meow~2", "1");
    assert_hits(*state, "*ack", "");
    assert_hits(*state, "x* + {y}", "3");
}

static void a_word_may_have_any_digit(void **state)
{
    for (unsigned digit = 0; digit < 10; digit++) {
        char text[40], expected[8];
        snprintf(text, sizeof(text), "%u cat%ux %udog", digit, digit, digit);
        snprintf(expected, sizeof(expected), "%u", digit + 1);
        post(*state, text);
        snprintf(text, sizeof(text), "%u", digit);
        assert_hits(*state, text, expected);
        snprintf(text, sizeof(text), "%u meow", digit);
        assert_hits(*state, text, expected);
    }
}

static void an_emoji_is_a_word(void **state)
{
    post(*state, "hello 🐱!");
    post(*state, "hello🐱🐶");
    post(*state, "hello");
    assert_hits(*state, "🐱", "2 1");
    assert_hits(*state, "🐶", "2");
}

static void scripts_without_spaces_are_found_by_the_character(void **state)
{
    post(*state, "黒猫がいる");
    post(*state, "白猫");
    assert_hits(*state, "猫", "2 1");
    assert_hits(*state, "黒", "1");
}

static void a_run_of_characters_is_found_at_any_place_as_a_run(void **state)
{
    post(*state, "スマートフォンケース");
    post(*state, "ฉันรักกรุงเทพมหานครมากที่สุด");
    post(*state, "대한민국만세");
    post(*state, "ンフォ");
    assert_hits(*state, "フォン", "1");
    assert_hits(*state, "フォン x", "1");
    assert_hits(*state, "กรุงเทพ", "2");
    assert_hits(*state, "민국", "3");
    assert_hits(*state, "국민", "");
    assert_hits(*state, "대한민국만세!", "3");
}

static void a_run_may_stand_twice_and_once_in_pieces(void **state)
{
    post(*state, "猫犬鳥 x 猫鳥 x 犬猫 x 鳥犬");
    assert_hits(*state, "猫鳥犬", "");
    assert_hits(*state, "犬鳥", "1");
    assert_hits(*state, "犬猫", "1");
    post(*state, "猫猫猫犬");
    assert_hits(*state, "猫猫犬", "2");
    assert_hits(*state, "猫猫猫猫", "");
}

static void the_last_character_of_a_run_may_go_on(void **state)
{
    post(*state, "고양이");
    post(*state, "고야");
    assert_hits(*state, "고야", "2 1");
    assert_hits(*state, "고야 x", "2");
    assert_hits(*state, "고ㅇ", "2 1");
}

static void joined_words_are_found_by_what_they_are(void **state)
{
    post(*state, "my note book got wet");
    post(*state, "send an e-mail");
    post(*state, "the U.S.A. lose $1,299");
    assert_hits(*state, "notebook x", "1");
    assert_hits(*state, "email x", "2");
    assert_hits(*state, "usa", "3");
    assert_hits(*state, "1299", "3");
    assert_hits(*state, "bookgot mynotebookgot", "1");
    assert_hits(*state, "mynotebookgotwet x", ""); /* five words */
    assert_hits(*state, "booknote x", "");
}

static void a_word_is_found_by_what_it_is_when_it_is_split(void **state)
{
    post(*state, "Greetings from newyork");
    post(*state, "version iPhone15Pro");
    post(*state, "#CatsOfTwitter");
    assert_hits(*state, "new york", "1");
    assert_hits(*state, "iphone 15 pro", "2");
    assert_hits(*state, "cats of twitter", "3");
    assert_hits(*state, "york new x", "");
    assert_hits(*state, "new x york", "");
}

static void joined_and_split_words_count_as_typos(void **state)
{
    post(*state, "notebook");
    post(*state, "note book");
    post(*state, "notebooks and more"); /* a typo */
    assert_hits(*state, "notebook", "1 3 2");
    assert_hits(*state, "note book", "2 1");
}

static void words_are_matched_as_a_whole(void **state)
{
    post(*state, "concatenate");
    post(*state, "cat");
    assert_hits(*state, "cat", "2");
    assert_hits(*state, "nate", "");
}

static void any_word_is_enough(void **state)
{
    post(*state, "black dog");
    post(*state, "white cat");
    post(*state, "green bird");
    assert_hits(*state, "black cat", "2 1");
}

/* ---- typos and prefixes ----------------------------------------------------------------------------------------- */

static void words_of_one_and_two_letters_have_no_typos(void **state)
{
    post(*state, "ox");
    assert_hits(*state, "of x", "");
    assert_hits(*state, "oy x", "");
    assert_hits(*state, "ox z", "1");
}

static void words_of_three_to_five_letters_may_have_one_typo(void **state)
{
    post(*state, "cat");
    post(*state, "mouse");
    assert_hits(*state, "cut z", "1");
    assert_hits(*state, "cuk z", "");
    assert_hits(*state, "mouze z", "2");
    assert_hits(*state, "mauze z", "");
}

static void words_of_six_letters_and_more_may_have_two_typos(void **state)
{
    post(*state, "kitten");
    assert_hits(*state, "kittin z", "1");
    assert_hits(*state, "kitsin z", "1");
    assert_hits(*state, "kotsin z", "");
    assert_hits(*state, "kitte z", "1"); /* the searched word has five letters, and one is missing */
    assert_hits(*state, "kitt z", "");   /* four, and two */
}

static void the_length_is_in_letters_not_bytes(void **state)
{
    post(*state, "кот");
    post(*state, "котенок");
    assert_hits(*state, "кит z", "1");
    assert_hits(*state, "кошонок z", "2");
    assert_hits(*state, "мы z", "");
}

static void swapping_two_neighbours_is_one_typo(void **state)
{
    post(*state, "meow");
    assert_hits(*state, "mewo z", "1");
    assert_hits(*state, "moew z", "1");
    assert_hits(*state, "mwoe z", "");
}

static void the_first_letter_must_be_right_where_a_meow_has_the_word(void **state)
{
    post(*state, "meow");
    post(*state, "kitten");
    post(*state, "neow and mitten");
    assert_hits(*state, "neow z", "3");
    assert_hits(*state, "mitten z", "3");
}

static void the_first_letter_may_be_wrong_where_no_meow_has_the_word(void **state)
{
    post(*state, "meow");
    post(*state, "kitten");
    assert_hits(*state, "neow z", "1");
    assert_hits(*state, "emow z", "1");
    assert_hits(*state, "eow z", "");    /* three letters */
    assert_hits(*state, "ameow z", "1"); /* one too many */
    assert_hits(*state, "itten z", "2");
    assert_hits(*state, "mitten z", "2");
    assert_hits(*state, "mittem z", ""); /* the first letter is the one typo */
}

static void deleting_the_last_meow_with_a_word_frees_its_first_letter(void **state)
{
    post(*state, "meow");
    uint64_t number = post(*state, "neow");
    assert_hits(*state, "neow z", "2");
    remove_meow(*state, number);
    assert_hits(*state, "neow z", "1");
}

static void the_last_word_may_have_typos_too(void **state)
{
    post(*state, "black kitten");
    assert_hits(*state, "kittne", "1");
    assert_hits(*state, "black kittne", "1");
}

static void the_last_word_is_also_a_prefix(void **state)
{
    post(*state, "kitten");
    post(*state, "kitchen");
    assert_hits(*state, "k", "2 1");
    assert_hits(*state, "kit", "2 1");
    assert_hits(*state, "kitc", "2");
    assert_hits(*state, "kitchen", "2 1"); /* itself, and with two typos the other one */
}

static void only_the_last_word_is_a_prefix(void **state)
{
    post(*state, "kitten");
    assert_hits(*state, "kitt dog", "");
    assert_hits(*state, "dog kitt", "1");
}

static void a_prefix_has_no_typos(void **state)
{
    post(*state, "kittens and puppies");
    assert_hits(*state, "kitt", "1");
    assert_hits(*state, "kott", "");
    assert_hits(*state, "pupi", "");
}

static void a_prefix_may_be_one_character_of_any_script(void **state)
{
    post(*state, "ёжик");
    post(*state, "カタカナ");
    assert_hits(*state, "е", "1");
    assert_hits(*state, "カ", "2");
}

/* ---- the order -------------------------------------------------------------------------------------------------- */

static void the_newest_come_first_within_a_tier(void **state)
{
    post(*state, "meow one");
    post(*state, "meow two");
    post(*state, "meow three");
    assert_hits(*state, "meow", "3 2 1");
}

static void how_often_a_word_occurs_does_not_matter(void **state)
{
    post(*state, "meow meow meow");
    post(*state, "meow");
    assert_hits(*state, "meow", "2 1");
}

static void all_words_come_before_some(void **state)
{
    post(*state, "black cat");
    post(*state, "black dog");
    post(*state, "white cat");
    post(*state, "a cat that is black");
    assert_hits(*state, "black cat", "4 1 3 2");
}

static void exact_comes_before_typo_before_prefix(void **state)
{
    post(*state, "meow");
    post(*state, "meowing");
    post(*state, "moew");
    post(*state, "meow");
    assert_hits(*state, "meow", "4 1 3 2");
}

static void all_with_typos_come_before_some_exactly(void **state)
{
    post(*state, "blakc cats");
    post(*state, "black caterpillar");
    post(*state, "black bird");
    post(*state, "blakc bird");
    post(*state, "caterpillar");
    assert_hits(*state, "black cat", "1 2 3 4 5");
}

static void the_example_of_the_documentation_is_right(void **state)
{
    static const char *const texts[] = {"black cat", "a cat that is black", "blakc cats",  "black caterpillar",
                                        "black dog", "blakc dog",           "caterpillar", "white dog"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        post(*state, texts[i]);
    }
    assert_hits(*state, "black cat", "2 1 3 4 5 6 7");
}

static void one_word_too_many_does_not_hide_a_meow(void **state)
{
    post(*state, "While money can't buy happiness, it certainly lets you choose your own form of misery");
    for (int i = 0; i < 40; i++) {
        post(*state, "the buy of the day");
    }
    assert_window(*state, "money cannot buy happiness", 0, 1, "1");
}

static void a_rare_word_weighs_more_than_a_common_one(void **state)
{
    post(*state, "purr");
    for (int i = 0; i < 8; i++) {
        post(*state, "meow");
    }
    post(*state, "purr");
    assert_window(*state, "meow purr nothing", 0, 4, "10 1 9 8");
}

static void equal_sums_are_newest_first(void **state)
{
    post(*state, "tabby");
    post(*state, "siamese");
    post(*state, "tabby");
    assert_hits(*state, "tabby nothing siamese", "2 3 1");
    post(*state, "siamese");
    assert_hits(*state, "tabby nothing siamese", "4 3 2 1");
}

static void a_meow_stands_in_its_best_tier_only(void **state)
{
    post(*state, "meow moew meowing");
    post(*state, "moew meowing");
    assert_hits(*state, "meow", "1 2");
}

static void windows_fit_together_across_tiers(void **state)
{
    static const char *const texts[] = {"black cat", "black", "blakc cat", "caterpillar", "black cats", "dog", "cat"};
    static struct hits all;
    static struct hits window;

    for (int i = 0; i < 70; i++) {
        post(*state, texts[i % 7]);
    }
    match(*state, "black cat", EVERYTHING, &all);
    assert_int_equal(all.count, 60);
    for (uint64_t skip = 0; skip <= 62; skip++) {
        for (uint32_t take = 0; take <= 31; take += take < 3 ? 1 : 7) {
            size_t expected = skip >= all.count ? 0 : all.count - skip;
            expected = expected > take ? take : expected;
            match(*state, "black cat", skip, take, &window);
            assert_int_equal(window.count, expected);
            assert_memory_equal(window.numbers, all.numbers + (expected == 0 ? 0 : skip), expected * sizeof(uint64_t));
        }
    }
}

static void a_hit_bears_its_position(void **state)
{
    static struct hits hits;
    struct fixture *fixture = *state;

    post(fixture, "dog");
    fixture->position = 40;
    post(fixture, "meow");
    match(fixture, "meow", EVERYTHING, &hits);
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.positions[0], 41);
}

static void a_sink_that_stops_is_obeyed(void **state)
{
    static struct hits hits;
    struct fixture *fixture = *state;
    struct match_query query;
    meower_error error = {0};

    post(fixture, "meow");
    post(fixture, "meow");
    refresh(fixture);
    assert_int_equal(match_query_init(&query, "meow", 4), 0);
    const meower_search_request request = match_request(&query, EVERYTHING);
    hits.sink.hit = take_hit;
    hits.count = HITS_MAX; /* full */
    assert_int_equal(search_match(&fixture->search, 0, &request, &hits.sink, &error), MEOWER_ERROR_INTERNAL);
    match_query_free(&query);
    assert_hits(fixture, "meow", "2 1");
}

/* ---- changes ---------------------------------------------------------------------------------------------------- */

static void a_deleted_meow_is_not_found(void **state)
{
    uint64_t first = post(*state, "meow one");

    post(*state, "meow two");
    remove_meow(*state, first);
    assert_hits(*state, "meow", "2");
    assert_hits(*state, "one", "");
    assert_hits(*state, "onne z", "");
}

static void deleting_what_is_not_there_changes_nothing(void **state)
{
    post(*state, "meow");
    remove_meow(*state, 77);
    assert_hits(*state, "meow", "1");
}

static void a_batch_is_applied_in_its_order(void **state)
{
    struct fixture *fixture = *state;
    char id[3][MEOWER_ID_SIZE];

    write_id(1, id[0]);
    write_id(2, id[1]);
    const meower_search_document documents[] = {A_DOCUMENT(1, id[0], "meow one"), A_DOCUMENT(2, id[1], "meow two"),
                                                A_DELETION(3, id[0])};
    fixture->position = 3;
    index_documents(fixture, documents, 3);
    assert_hits(fixture, "meow", "2");
}

static void a_batch_that_comes_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    char id[2][MEOWER_ID_SIZE];
    meower_search_info info;
    meower_error error = {0};

    write_id(1, id[0]);
    write_id(2, id[1]);
    const meower_search_document documents[] = {A_DOCUMENT(1, id[0], "meow one"), A_DOCUMENT(2, id[1], "meow two"),
                                                A_DELETION(3, id[0])};
    fixture->position = 3;
    for (int i = 0; i < 3; i++) {
        index_documents(fixture, documents, 3);
        assert_hits(fixture, "meow", "2");
        assert_hits(fixture, "on", "");
    }
    check(search_info(&fixture->search, &info, &error), &error);
    assert_int_equal(info.position, 3);
}

static void a_part_of_a_batch_that_comes_again_brings_nothing_back(void **state)
{
    struct fixture *fixture = *state;
    char id[MEOWER_ID_SIZE];

    post(fixture, "meow one");
    post(fixture, "meow two");
    remove_meow(fixture, 1);
    write_id(1, id);
    const meower_search_document documents[] = {A_DOCUMENT(1, id, "meow one")};
    index_documents(fixture, documents, 1);
    assert_hits(fixture, "meow", "2");
}

static void a_meow_that_comes_again_at_another_position_replaces_itself(void **state)
{
    struct fixture *fixture = *state;

    post(fixture, "meow one");
    post(fixture, "meow two");
    fixture->position = 3;
    index_words(fixture, 1, 3, "meow three");
    assert_hits(fixture, "meow", "1 2");
    assert_hits(fixture, "three", "1");
    assert_hits(fixture, "on", "");
}

/* It stands between others, behind a deletion: whatever an engine does at once, each of them ends where it belongs. */
static void a_meow_that_comes_again_spoils_none_of_its_neighbours(void **state)
{
    struct fixture *fixture = *state;
    char id[7][MEOWER_ID_SIZE];

    post(fixture, "meow one");
    post(fixture, "meow two");
    for (unsigned i = 0; i < 7; i++) {
        write_id(i, id[i]);
    }
    const meower_search_document documents[] = {
        A_DOCUMENT(3, id[3], "meow three"), A_DOCUMENT(4, id[4], "meow four"),  A_DELETION(5, id[2]),
        A_DOCUMENT(6, id[5], "meow five"),  A_DOCUMENT(7, id[1], "meow again"), A_DOCUMENT(8, id[6], "meow six")};
    fixture->position = 8;
    index_documents(fixture, documents, 6);
    assert_hits(fixture, "meow", "6 1 5 4 3");
    assert_hits(fixture, "again", "1");
    assert_hits(fixture, "on", "");
    assert_hits(fixture, "two", "");
}

static void an_empty_batch_moves_the_position(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    fixture->position = 12;
    index_documents(fixture, NULL, 0);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, EPOCH);
    assert_int_equal(info.position, 12);
}

static void a_meow_without_words_can_be_indexed_and_deleted(void **state)
{
    uint64_t silent = post(*state, "?!");

    post(*state, "meow");
    assert_hits(*state, "meow", "2");
    remove_meow(*state, silent);
    assert_hits(*state, "meow", "2");
}

static void the_text_is_not_limited_to_one_line_of_words(void **state)
{
    char text[4 * MEOWER_BODY_MAX + 1] = "";

    for (int i = 0; i < MEOWER_BODY_MAX; i++) {
        strcat(text, "🐱");
    }
    post(*state, text);
    assert_hits(*state, "🐱", "1");
}

static void a_new_index_knows_nothing(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, "");
    assert_int_equal(info.position, 0);
}

static void the_index_knows_how_far_it_is(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    post(fixture, "meow");
    fixture->position = 6;
    post(fixture, "meow");
    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, EPOCH);
    assert_int_equal(info.position, 7);
}

static void resetting_empties_the_index(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    post(fixture, "meow");
    assert_hits(fixture, "meow", "1");
    check(search_reset(&fixture->search, &error), &error);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, "");
    assert_int_equal(info.position, 0);
    fixture->is_stale = true;
    assert_hits(fixture, "meow", "");
    assert_hits(fixture, "moew", "");
}

static void after_a_reset_the_same_positions_can_be_indexed(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    post(fixture, "meow one");
    check(search_reset(&fixture->search, &error), &error);
    fixture->position = 0;
    post(fixture, "meow two");
    assert_hits(fixture, "two", "1");
    assert_hits(fixture, "one z", "");
}

static void closing_and_opening_keeps_the_index(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    if (!fixture->adapter->is_kept) {
        skip();
    }
    post(fixture, "meow kitten");
    post(fixture, "meow");
    remove_meow(fixture, 2);
    reopen(fixture);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, EPOCH);
    assert_int_equal(info.position, 3);
    assert_hits(fixture, "meow", "1");
    assert_hits(fixture, "kittne", "1");
    post(fixture, "kitten");
    assert_hits(fixture, "kit", "4 1");
}

static void an_index_that_is_not_kept_begins_empty(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info;
    meower_error error = {0};

    if (fixture->adapter->is_kept) {
        skip();
    }
    post(fixture, "meow");
    reopen(fixture);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, "");
    assert_hits(fixture, "meow", "");
}

/* ---- labels ----------------------------------------------------------------------------------------------------- */

#define GARDEN  MEOWER_LABEL("room", "garden")
#define KITCHEN MEOWER_LABEL("room", "kitchen")
#define TIM     MEOWER_LABEL("author", "tim")
#define TOM     MEOWER_LABEL("author", "tom")

static void a_filter_leaves_what_has_its_label(void **state)
{
    post_labelled(*state, "meow", LABELS(GARDEN));
    post_labelled(*state, "meow", LABELS(KITCHEN));
    post(*state, "meow");
    post_labelled(*state, "meow", LABELS(TOM, GARDEN));
    post_labelled(*state, "purr", LABELS(GARDEN));
    assert_hits(*state, "meow", "4 3 2 1");
    assert_labelled(*state, "meow", NO_LABELS, "4 3 2 1");
    assert_labelled(*state, "meow", LABELS(GARDEN), "4 1");
    assert_labelled(*state, "meow", LABELS(TOM), "4");
    assert_labelled(*state, "meow", LABELS(TIM), "");
    assert_labelled(*state, "meow", LABELS(MEOWER_LABEL("no", "such key")), "");
}

static void values_of_one_key_are_alternatives_and_all_keys_must_hold(void **state)
{
    post_labelled(*state, "meow", LABELS(TIM, GARDEN));
    post_labelled(*state, "meow", LABELS(TOM, KITCHEN));
    post_labelled(*state, "meow", LABELS(TOM, GARDEN));
    post_labelled(*state, "meow", LABELS(TIM, TOM, GARDEN, KITCHEN));
    assert_labelled(*state, "meow", LABELS(GARDEN, KITCHEN), "4 3 2 1");
    assert_labelled(*state, "meow", LABELS(GARDEN, MEOWER_LABEL("room", "hall")), "4 3 1");
    assert_labelled(*state, "meow", LABELS(TOM, GARDEN), "4 3");
    assert_labelled(*state, "meow", LABELS(TIM, TOM, KITCHEN), "4 2");
    assert_labelled(*state, "meow", LABELS(TIM, TOM, GARDEN, KITCHEN), "4 3 2 1");
    assert_labelled(*state, "meow", LABELS(TOM, MEOWER_LABEL("room", "hall")), "");
}

static void a_filter_works_in_every_tier_and_behind_them(void **state)
{
    post_labelled(*state, "black cat", LABELS(GARDEN));
    post(*state, "black cat");
    post_labelled(*state, "blakc cat", LABELS(GARDEN));
    post(*state, "blakc cat");
    post_labelled(*state, "black caterpillar", LABELS(GARDEN));
    post(*state, "black caterpillar");
    post_labelled(*state, "black dog", LABELS(GARDEN));
    post(*state, "black dog");
    post_labelled(*state, "note book cat", LABELS(GARDEN));
    post(*state, "note book cat");
    post_labelled(*state, "\xE9\xBB\x92\xE7\x8C\xAB", LABELS(GARDEN)); /* a black cat */
    post(*state, "\xE9\xBB\x92\xE7\x8C\xAB");
    assert_labelled(*state, "black cat", LABELS(GARDEN), "1 3 5 9 7");
    assert_labelled(*state, "notebook", LABELS(GARDEN), "9");
    assert_labelled(*state, "\xE9\xBB\x92\xE7\x8C\xAB", LABELS(GARDEN), "11");
}

static void a_filter_has_no_part_in_the_order(void **state)
{
    post_labelled(*state, "tabby", LABELS(GARDEN));
    post_labelled(*state, "siamese", LABELS(GARDEN));
    post_labelled(*state, "siamese", LABELS(GARDEN));
    for (int i = 0; i < 20; i++) {
        post(*state, "tabby");
    }
    /* In the garden tabby is the rare one, and in the whole index it is not. */
    assert_labelled(*state, "tabby nothing siamese", LABELS(GARDEN), "3 2 1");
}

static void words_of_meows_that_a_filter_leaves_out_count(void **state)
{
    post_labelled(*state, "meow", LABELS(GARDEN));
    assert_labelled(*state, "neow z", LABELS(GARDEN), "1");
    post_labelled(*state, "neow", LABELS(KITCHEN));
    assert_labelled(*state, "neow z", LABELS(GARDEN), ""); /* a meow has the word: its first letter is right */
}

static void a_filter_counts_before_skip_and_take(void **state)
{
    for (int i = 0; i < 30; i++) {
        if (i % 3 == 0) {
            post_labelled(*state, "meow", LABELS(GARDEN));
        } else {
            post(*state, i % 2 == 0 ? "meow" : "purr");
        }
    }
    assert_wanted(*state, "meow", &(struct wanted){0, 3, LABELS(GARDEN)}, "28 25 22");
    assert_wanted(*state, "meow", &(struct wanted){2, 3, LABELS(GARDEN)}, "22 19 16");
    assert_wanted(*state, "meow", &(struct wanted){9, 3, LABELS(GARDEN)}, "1");
    assert_wanted(*state, "meow", &(struct wanted){10, 3, LABELS(GARDEN)}, "");
    assert_wanted(*state, "meow purr", &(struct wanted){8, 3, LABELS(GARDEN)}, "4 1");
    assert_wanted(*state, "meow", &(struct wanted){0, 0, LABELS(GARDEN)}, "");
}

static void labels_are_told_apart_by_every_byte(void **state)
{
    static const meower_label labels[] = {MEOWER_LABEL("a", "b=c"),
                                          MEOWER_LABEL("ab", "c"),
                                          MEOWER_LABEL("a", "bc"),
                                          MEOWER_LABEL("room", " "),
                                          MEOWER_LABEL("room", "Garden"),
                                          MEOWER_LABEL("room", "g"),
                                          MEOWER_LABEL("room", "garden"),
                                          MEOWER_LABEL("room", "garden "),
                                          MEOWER_LABEL("room", "garden\n"),
                                          MEOWER_LABEL("room", "garden shed"),
                                          MEOWER_LABEL("room", "\"\\*?{}&|<>:"),
                                          MEOWER_LABEL("room", "g\xC3\xA4rden"),
                                          MEOWER_LABEL("room", "ga\xCC\x88rden"),
                                          MEOWER_LABEL("room", "\xF0\x9F\x90\xB1"),
                                          MEOWER_LABEL("rooms", "garden")};

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        post_labelled(*state, "meow", &labels[i], 1);
    }
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        char expected[8];
        snprintf(expected, sizeof(expected), "%zu", i + 1);
        assert_labelled(*state, "meow", &labels[i], 1, expected);
    }
}

#define LONGEST_VALUE (4 * MEOWER_LABEL_VALUE_MAX) /* bytes */

/* They differ in their last byte only. */
static void labels_of_the_greatest_length_are_told_apart(void **state)
{
    static const char key[] = "abcdefghijklmnopqrstuvwxyz012345";
    char values[3][LONGEST_VALUE];

    assert_int_equal(sizeof(key) - 1, MEOWER_LABEL_KEY_MAX);
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < LONGEST_VALUE; at += 4) {
            memcpy(values[i] + at, "\xF0\x9F\x90\xB1", 4);
        }
        values[i][LONGEST_VALUE - 1] = (char)(0xB1 + i);
    }
    post_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[0], LONGEST_VALUE}));
    post_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[1], LONGEST_VALUE}));
    post_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[1], LONGEST_VALUE - 4}));
    assert_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[0], LONGEST_VALUE}), "1");
    assert_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[1], LONGEST_VALUE}), "2");
    assert_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[2], LONGEST_VALUE}), "");
    assert_labelled(*state, "meow", LABELS({key, sizeof(key) - 1, values[0], LONGEST_VALUE - 4}), "3");
}

static void a_meow_may_have_sixteen_labels_and_so_may_a_filter(void **state)
{
    static const char keys[] = "abcdefghijklmnop";
    meower_label labels[MEOWER_LABELS_MAX];

    for (size_t i = 0; i < MEOWER_LABELS_MAX; i++) {
        labels[i] = (meower_label){&keys[i], 1, "x", 1};
    }
    post_labelled(*state, "meow", labels, MEOWER_LABELS_MAX);
    post_labelled(*state, "meow", labels, MEOWER_LABELS_MAX - 1);
    post_labelled(*state, "meow", labels + 1, MEOWER_LABELS_MAX - 1);
    assert_labelled(*state, "meow", labels, MEOWER_LABELS_MAX, "1");
    assert_labelled(*state, "meow", labels + 1, MEOWER_LABELS_MAX - 1, "3 1");
    assert_labelled(*state, "meow", labels, 1, "2 1");
}

static void a_label_is_no_word_and_a_word_no_label(void **state)
{
    post_labelled(*state, "meow", LABELS(MEOWER_LABEL("cat", "cat"), GARDEN));
    post(*state, "meow room garden cat room=garden");
    post(*state, "\x01room=garden cat=cat");
    assert_labelled(*state, "meow", LABELS(GARDEN), "1");
    assert_labelled(*state, "cat", LABELS(MEOWER_LABEL("cat", "cat")), "");
    assert_hits(*state, "garden", "3 2");
    assert_hits(*state, "room=garden", "3 2");
    assert_hits(*state, "gardne", "3 2");
    assert_hits(*state, "carden x", "3 2"); /* its first letter is wrong */
    assert_hits(*state, "roomgarden x", "2");
    assert_hits(*state, "gar", "3 2");
    assert_hits(*state, "cat", "3 2");
    assert_hits(*state, "=", "3 2");
}

static void labels_are_found_of_any_batch(void **state)
{
    struct fixture *fixture = *state;
    char expected[500] = "";

    /* Large enough to be merged, wherever an engine does that. */
    for (int i = 0; i < 400; i++) {
        if (i % 10 == 0) {
            post_labelled(fixture, "meow", LABELS(TIM, GARDEN));
        } else {
            post_labelled(fixture, "meow", LABELS(TOM));
        }
    }
    for (int number = 391; number > 0; number -= 10) {
        snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), number == 391 ? "%d" : " %d",
                 number);
    }
    assert_labelled(fixture, "meow", LABELS(GARDEN), expected);
    assert_labelled(fixture, "moew z", LABELS(TIM, GARDEN), expected);
    assert_labelled(fixture, "meow", LABELS(TOM, GARDEN), "");
}

static void a_deleted_meow_is_not_found_by_its_label(void **state)
{
    post_labelled(*state, "meow", LABELS(GARDEN));
    post_labelled(*state, "meow", LABELS(GARDEN));
    post_labelled(*state, "meow", LABELS(KITCHEN));
    remove_meow(*state, 2);
    remove_meow(*state, 3);
    assert_labelled(*state, "meow", LABELS(GARDEN), "1");
    assert_labelled(*state, "meow", LABELS(KITCHEN), "");
    assert_labelled(*state, "meow z", LABELS(GARDEN, KITCHEN), "1");
}

static void a_meow_that_comes_again_has_its_new_labels(void **state)
{
    struct fixture *fixture = *state;
    char id[MEOWER_ID_SIZE];

    post_labelled(fixture, "meow", LABELS(GARDEN));
    post_labelled(fixture, "meow", LABELS(GARDEN));
    write_id(1, id);
    fixture->position = 3;
    const meower_label labels[] = {KITCHEN};
    const meower_search_document document = {
        .position = 3, .id = id, .words = "meow", .words_len = 4, .labels = labels, .label_count = 1};
    index_documents(fixture, &document, 1);
    assert_labelled(fixture, "meow", LABELS(GARDEN), "2");
    assert_labelled(fixture, "meow", LABELS(KITCHEN), "1");
}

static void labels_are_kept(void **state)
{
    struct fixture *fixture = *state;

    if (!fixture->adapter->is_kept) {
        skip();
    }
    post_labelled(fixture, "meow", LABELS(GARDEN));
    post_labelled(fixture, "meow", LABELS(KITCHEN));
    reopen(fixture);
    assert_labelled(fixture, "meow", LABELS(GARDEN), "1");
    post_labelled(fixture, "meow", LABELS(GARDEN));
    assert_labelled(fixture, "meow", LABELS(GARDEN), "3 1");
}

/* ---- against the contract's own code ---------------------------------------------------------------------------- */

/* In order. */
static const meower_label model_labels[] = {
    MEOWER_LABEL("author", "tim"), MEOWER_LABEL("author", "tom"),      MEOWER_LABEL("author", "x"),
    MEOWER_LABEL("room", "a b"),   MEOWER_LABEL("room", "k\xC3\xB6k"), MEOWER_LABEL("room", "x"),
};

#define MODEL_LABELS (sizeof(model_labels) / sizeof(model_labels[0]))

enum {
    VOCABULARY = 60,
    DOCUMENTS = 400,
    QUERIES = 400
};

struct model {
    char vocabulary[VOCABULARY][40];
    char texts[DOCUMENTS + 1][400]; /* by number; "" when deleted */
    meower_label labels[DOCUMENTS + 1][MODEL_LABELS];
    size_t label_counts[DOCUMENTS + 1];
    unsigned seed;
};

static unsigned pick(struct model *model, unsigned count)
{
    return (unsigned)rand_r(&model->seed) % count;
}

/* Words over few letters, so that many are near to each other or begin with each other. */
static void make_vocabulary(struct model *model)
{
    static const char *const letters[] = {"a", "b", "c", "ж", "é"};
    static const char *const symbols[] = {"🐱", "猫", "は", "犬", "한"};

    for (unsigned i = 0; i < VOCABULARY; i++) {
        char *word = model->vocabulary[i];
        unsigned length = 1 + pick(model, 8);
        if (i < sizeof(symbols) / sizeof(symbols[0])) {
            strcpy(word, symbols[i]);
            continue;
        }
        if (pick(model, 2) == 0) { /* another one, longer */
            strcpy(word, model->vocabulary[pick(model, i)]);
            length = 1 + pick(model, 2);
        }
        for (unsigned j = 0; j < length && strlen(word) < 24; j++) {
            strcat(word, letters[pick(model, 5)]);
        }
    }
}

static void make_text(struct model *model, unsigned words_max, char *text)
{
    unsigned count = 1 + pick(model, words_max);

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        strcat(text, i == 0 || pick(model, 6) == 0 ? "" : " ");
        strcat(text, model->vocabulary[pick(model, VOCABULARY)]);
    }
}

/* A query has a letter missing now and then. */
static void make_query(struct model *model, char *text)
{
    make_text(model, 4, text);
    if (pick(model, 3) == 0) {
        size_t len = strlen(text);
        size_t at = pick(model, (unsigned)len);
        if ((unsigned char)text[at] < 0x80) {
            memmove(text + at, text + at + 1, len - at);
        }
    }
}

/* Some labels, in order. */
static size_t make_labels(struct model *model, meower_label labels[MODEL_LABELS])
{
    static const unsigned one_in[MODEL_LABELS] = {3, 20, 0, 2, 15, 0}; /* meows have it; 0: none has */
    size_t count = 0;

    for (size_t i = 0; i < MODEL_LABELS; i++) {
        if (one_in[i] > 0 && pick(model, one_in[i]) == 0) {
            labels[count++] = model_labels[i];
        }
    }
    return count;
}

/* A filter of no term or several, some of which no meow has. */
static size_t make_terms(struct model *model, meower_label terms[MODEL_LABELS])
{
    size_t count = 0;

    for (size_t i = 0; i < MODEL_LABELS; i++) {
        if (pick(model, 4) == 0) {
            terms[count++] = model_labels[i];
        }
    }
    return count;
}

/* Leaves those with what the terms say. */
static size_t filter(const struct model *model, const meower_label *terms, size_t term_count, uint64_t *numbers,
                     size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t number = numbers[i];
        if (meower_labels_match(terms, term_count, model->labels[number], model->label_counts[number])) {
            numbers[kept++] = number;
        }
    }
    return kept;
}

/* The whole list as base/ranking.c has it, and how many are in it. */
static size_t rank(const struct model *model, const char *query_text, uint64_t *numbers)
{
    static uint32_t order[DOCUMENTS];
    static uint64_t posted[DOCUMENTS];
    size_t posted_count = 0;
    struct match_query query;

    assert_int_equal(match_query_init(&query, query_text, strlen(query_text)), 0);
    if (query.count == 0) {
        match_query_free(&query);
        return 0;
    }
    const meower_search_request request = match_request(&query, EVERYTHING);
    struct ranking *ranking = ranking_new(&request);
    assert_non_null(ranking);
    for (uint64_t number = DOCUMENTS; number > 0; number--) {
        struct words words;
        if (model->texts[number][0] == '\0') {
            continue;
        }
        assert_int_equal(words_split(model->texts[number], strlen(model->texts[number]), &words), 0);
        assert_true(ranking_add(ranking, &words));
        posted[posted_count++] = number;
        words_free(&words);
    }
    size_t count = ranking_order(ranking, order);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = posted[order[i]];
    }
    ranking_free(ranking);
    match_query_free(&query);
    return count;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Both lists as texts; sorted, where only what is found counts. */
static void write_lists(const struct hits *hits, const uint64_t *expected, size_t count, bool in_order,
                        char *found_text, char *expected_text, size_t size)
{
    static uint64_t found[HITS_MAX];
    static uint64_t wanted[HITS_MAX];

    memcpy(found, hits->numbers, hits->count * sizeof(found[0]));
    memcpy(wanted, expected, count * sizeof(wanted[0]));
    if (!in_order) {
        qsort(found, hits->count, sizeof(found[0]), compare_numbers);
        qsort(wanted, count, sizeof(wanted[0]), compare_numbers);
    }
    write_numbers(found, hits->count, found_text, size);
    write_numbers(wanted, count, expected_text, size);
}

static void assert_agreement(struct fixture *fixture, struct model *model)
{
    static struct hits hits;
    static uint64_t expected[DOCUMENTS];
    static char found_text[8 * HITS_MAX];
    static char expected_text[8 * HITS_MAX];
    char query[400];
    meower_label terms[MODEL_LABELS];
    struct wanted wanted = {EVERYTHING, NO_LABELS};

    make_query(model, query);
    size_t count = rank(model, query, expected);
    if (count == 0 && strspn(query, " ") == strlen(query)) {
        return;
    }
    wanted.terms = terms;
    wanted.term_count = make_terms(model, terms);
    count = filter(model, terms, wanted.term_count, expected, count);
    match_wanted(fixture, query, &wanted, &hits);
    write_lists(&hits, expected, count, !fixture->adapter->counts_together, found_text, expected_text,
                sizeof(found_text));
    memcpy(expected, hits.numbers, count * sizeof(expected[0])); /* for the window: the engine's own order */
    if (strcmp(found_text, expected_text) != 0) {
        fail_msg("\"%s\" finds [%s], not [%s]", query, found_text, expected_text);
    }
    wanted.skip = pick(model, (unsigned)count + 1);
    wanted.take = pick(model, 20);
    match_wanted(fixture, query, &wanted, &hits);
    write_numbers(hits.numbers, hits.count, found_text, sizeof(found_text));
    write_numbers(expected + wanted.skip, count - wanted.skip < wanted.take ? count - wanted.skip : wanted.take,
                  expected_text, sizeof(expected_text));
    assert_string_equal(found_text, expected_text);
}

/* Posts all texts in batches of various sizes. */
static void post_model(struct fixture *fixture, struct model *model)
{
    static char ids[DOCUMENTS][MEOWER_ID_SIZE];
    meower_search_document documents[64];

    for (uint64_t number = 1; number <= DOCUMENTS;) {
        size_t count = 1 + pick(model, 64);
        size_t filled = 0;
        for (; filled < count && number <= DOCUMENTS; filled++, number++) {
            make_text(model, 7, model->texts[number]);
            write_id(number, ids[number - 1]);
            model->label_counts[number] = make_labels(model, model->labels[number]);
            documents[filled] = (meower_search_document){.position = number,
                                                         .id = ids[number - 1],
                                                         .labels = model->labels[number],
                                                         .label_count = model->label_counts[number]};
            documents[filled].words =
                words_join(model->texts[number], strlen(model->texts[number]), &documents[filled].words_len);
            assert_non_null(documents[filled].words);
        }
        fixture->position = number - 1;
        index_documents(fixture, documents, filled);
        for (size_t i = 0; i < filled; i++) {
            free((char *)documents[i].words);
        }
    }
}

static void ranked_lists_are_those_of_the_contract(void **state)
{
    static struct model model;
    struct fixture *fixture = *state;

    memset(&model, 0, sizeof(model));
    model.seed = 20181123;
    make_vocabulary(&model);
    post_model(fixture, &model);
    /* A server takes its time, and has test_elasticsearch_order.c for its order. */
    int queries = fixture->adapter->counts_together ? QUERIES / 4 : QUERIES;
    for (int i = 0; i < queries; i++) {
        assert_agreement(fixture, &model);
    }
    for (int i = 0; i < DOCUMENTS / 4; i++) {
        uint64_t number = 1 + pick(&model, DOCUMENTS);
        model.texts[number][0] = '\0';
        remove_meow(fixture, number);
    }
    for (int i = 0; i < queries / 2; i++) {
        assert_agreement(fixture, &model);
    }
}

/* ---- at once ---------------------------------------------------------------------------------------------------- */

enum {
    BATCHES = 40,
    BATCH = 25
};

/* What searching threads look at. They must not use cmocka's assertions. */
struct crowd {
    struct fixture *fixture;
    atomic_uint visible; /* meows that every search must find */
    atomic_bool is_over; /* or one has complained */
    atomic_uint searches;
};

struct searcher {
    struct crowd *crowd;
    unsigned lane;
    char complaint[600];
};

/* All meows say "meow"; every search must find those indexed before it began, newest first, each once. */
static bool search_once(struct searcher *searcher, const struct match_query *query, struct hits *hits)
{
    struct crowd *crowd = searcher->crowd;
    meower_error error = {0};
    unsigned visible = atomic_load(&crowd->visible);
    int status = match_on_lane(&crowd->fixture->search, searcher->lane, query, EVERYTHING, hits, &error);

    if (status != MEOWER_OK) {
        snprintf(searcher->complaint, sizeof(searcher->complaint), "%s", error.message);
        return false;
    }
    if (hits->count < visible) {
        snprintf(searcher->complaint, sizeof(searcher->complaint), "%zu hits of %u", hits->count, visible);
        return false;
    }
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->numbers[i] != hits->positions[i] || hits->numbers[i] != hits->count - i) {
            snprintf(searcher->complaint, sizeof(searcher->complaint), "hit %zu of %zu is %llu", i, hits->count,
                     (unsigned long long)hits->numbers[i]);
            return false;
        }
    }
    atomic_fetch_add(&crowd->searches, 1);
    return true;
}

static void *search_on(void *argument)
{
    struct searcher *searcher = argument;
    struct hits *hits = malloc(sizeof(*hits));
    struct match_query query;
    /* By the word itself, with a typo, and by a prefix. */
    static const char *const texts[LANES] = {"meow", "moew", "me", "meow zebra"};

    if (hits == NULL || match_query_init(&query, texts[searcher->lane], strlen(texts[searcher->lane])) != MEOWER_OK) {
        snprintf(searcher->complaint, sizeof(searcher->complaint), "no memory");
        atomic_store(&searcher->crowd->is_over, true);
        free(hits);
        return NULL;
    }
    while (!atomic_load(&searcher->crowd->is_over)) {
        if (!search_once(searcher, &query, hits)) {
            atomic_store(&searcher->crowd->is_over, true);
        }
    }
    match_query_free(&query);
    free(hits);
    return NULL;
}

static void post_batch(struct fixture *fixture)
{
    char ids[BATCH][MEOWER_ID_SIZE];
    meower_search_document documents[BATCH];

    for (int i = 0; i < BATCH; i++) {
        fixture->position++;
        write_id(fixture->position, ids[i]);
        documents[i] = (meower_search_document){
            .position = fixture->position, .id = ids[i], .words = "they say meow", .words_len = 13};
    }
    index_documents(fixture, documents, BATCH);
    refresh(fixture);
}

static void searches_during_indexing_see_whole_states(void **state)
{
    struct crowd crowd = {.fixture = *state};
    struct searcher searchers[LANES];
    pthread_t threads[LANES];

    for (unsigned i = 0; i < LANES; i++) {
        searchers[i] = (struct searcher){.crowd = &crowd, .lane = i};
        assert_int_equal(pthread_create(&threads[i], NULL, search_on, &searchers[i]), 0);
    }
    for (int i = 0; i < BATCHES; i++) {
        post_batch(crowd.fixture);
        atomic_store(&crowd.visible, (unsigned)crowd.fixture->position);
    }
    while (atomic_load(&crowd.searches) < LANES && !atomic_load(&crowd.is_over)) {
        sched_yield();
    }
    atomic_store(&crowd.is_over, true);
    for (unsigned i = 0; i < LANES; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < LANES; i++) {
        assert_string_equal(searchers[i].complaint, "");
    }
}

/* ---- building beside -------------------------------------------------------------------------------------------- */

static void skip_without_rebuild(struct fixture *fixture)
{
    if (!search_can_rebuild(&fixture->search)) {
        skip();
    }
}

static void begin_rebuild(struct fixture *fixture)
{
    meower_error error = {0};

    check(search_rebuild_begin(&fixture->search, &error), &error);
}

static void swap(struct fixture *fixture)
{
    meower_error error = {0};

    check(search_rebuild_swap(&fixture->search, &error), &error);
    fixture->is_stale = false;
}

/* Brings a meow of this number and position into the index that is built beside. */
static void index_labelled_beside(struct fixture *fixture, uint64_t position, const char *words,
                                  const meower_label *labels, size_t count)
{
    char id[MEOWER_ID_SIZE];
    meower_search_info info = info_at(position);
    meower_search_document document = {.position = position,
                                       .id = id,
                                       .words = words,
                                       .words_len = words == NULL ? 0 : strlen(words),
                                       .labels = labels,
                                       .label_count = count};
    meower_error error = {0};

    write_id(position, id);
    check(search_rebuild_index(&fixture->search, &document, 1, &info, &error), &error);
}

static void index_beside(struct fixture *fixture, uint64_t position, const char *words)
{
    index_labelled_beside(fixture, position, words, NO_LABELS);
}

static void assert_info(struct fixture *fixture, uint64_t position)
{
    meower_search_info info;
    meower_error error = {0};

    check(search_info(&fixture->search, &info, &error), &error);
    assert_string_equal(info.epoch, EPOCH);
    assert_int_equal(info.position, position);
}

static void an_index_built_beside_is_found_when_it_is_swapped_in(void **state)
{
    skip_without_rebuild(*state);
    post(*state, "old kitten");
    post(*state, "stale");
    begin_rebuild(*state);
    index_beside(*state, 1, "new kitten");
    index_beside(*state, 3, "new puppy");
    assert_hits(*state, "old", "1");
    assert_hits(*state, "puppy", "");
    assert_hits(*state, "new", "");
    assert_info(*state, 2);
    swap(*state);
    assert_hits(*state, "new", "3 1");
    assert_hits(*state, "kiten", "1");
    assert_hits(*state, "pup", "3");
    assert_hits(*state, "pupyp", "3");
    assert_hits(*state, "old", "");
    assert_hits(*state, "stlae", "");
    assert_info(*state, 3);
}

static void the_live_index_goes_on_while_another_is_built(void **state)
{
    skip_without_rebuild(*state);
    post(*state, "one cat");
    begin_rebuild(*state);
    index_beside(*state, 1, "one cat");
    post(*state, "two cats");
    remove_meow(*state, 1);
    assert_hits(*state, "cat", "2");
    assert_info(*state, 3);
}

static void a_swapped_index_takes_further_changes(void **state)
{
    struct fixture *fixture = *state;

    skip_without_rebuild(fixture);
    post(fixture, "one cat");
    begin_rebuild(fixture);
    index_beside(fixture, 1, "one cat");
    swap(fixture);
    post(fixture, "two cat");
    remove_meow(fixture, 1);
    assert_hits(fixture, "cat", "2");
    assert_info(fixture, 3);
}

static void an_index_can_be_rebuilt_again_and_again(void **state)
{
    struct fixture *fixture = *state;

    skip_without_rebuild(fixture);
    for (uint64_t position = 1; position <= 3; position++) {
        char words[20];
        begin_rebuild(fixture);
        snprintf(words, sizeof(words), "cat round%llu", (unsigned long long)position);
        index_beside(fixture, position, words);
        swap(fixture);
        snprintf(words, sizeof(words), "%llu", (unsigned long long)position);
        assert_hits(fixture, "cat", words);
    }
}

static void a_rebuilt_index_is_kept(void **state)
{
    struct fixture *fixture = *state;

    skip_without_rebuild(fixture);
    if (!fixture->adapter->is_kept) {
        skip();
    }
    post(fixture, "old");
    begin_rebuild(fixture);
    index_beside(fixture, 2, "new");
    swap(fixture);
    reopen(fixture);
    assert_info(fixture, 2);
    assert_hits(fixture, "new", "2");
    assert_hits(fixture, "old", "");
}

static void a_rebuilt_index_can_be_reset(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    skip_without_rebuild(fixture);
    begin_rebuild(fixture);
    index_beside(fixture, 1, "one");
    swap(fixture);
    check(search_reset(&fixture->search, &error), &error);
    assert_hits(fixture, "one", "");
    post(fixture, "another");
    assert_hits(fixture, "another", "1");
}

static void a_cancelled_rebuild_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    skip_without_rebuild(fixture);
    post(fixture, "old");
    begin_rebuild(fixture);
    index_beside(fixture, 5, "new");
    check(search_rebuild_cancel(&fixture->search, &error), &error);
    assert_hits(fixture, "old", "1");
    assert_hits(fixture, "new", "");
    assert_int_equal(search_rebuild_swap(&fixture->search, &error), MEOWER_ERROR_INVALID);
    assert_hits(fixture, "old", "1");
    check(search_rebuild_cancel(&fixture->search, &error), &error);
}

static void a_rebuild_begins_empty_whatever_an_earlier_one_left(void **state)
{
    struct fixture *fixture = *state;

    skip_without_rebuild(fixture);
    post(fixture, "live");
    begin_rebuild(fixture);
    index_beside(fixture, 7, "abandoned");
    if (fixture->adapter->is_kept) {
        reopen(fixture); /* as after a crash */
        assert_hits(fixture, "live", "1");
    }
    begin_rebuild(fixture);
    index_beside(fixture, 8, "abandoned");
    begin_rebuild(fixture);
    index_beside(fixture, 1, "live");
    swap(fixture);
    assert_hits(fixture, "abandoned", "");
    assert_hits(fixture, "live", "1");
    assert_info(fixture, 1);
}

static void labels_come_with_a_rebuilt_index(void **state)
{
    struct fixture *fixture = *state;

    skip_without_rebuild(fixture);
    post_labelled(fixture, "old cat", LABELS(GARDEN));
    begin_rebuild(fixture);
    index_labelled_beside(fixture, 1, "new cat", LABELS(KITCHEN));
    index_beside(fixture, 2, "new cat");
    index_labelled_beside(fixture, 3, "new cat", LABELS(GARDEN));
    assert_labelled(fixture, "cat", LABELS(GARDEN), "1");
    swap(fixture);
    assert_labelled(fixture, "cat", LABELS(GARDEN), "3");
    assert_labelled(fixture, "cat", LABELS(KITCHEN), "1");
}

/* Searches while others swap: one meow is in every index. */
static void *search_through_swaps(void *context)
{
    struct searcher *searcher = context;
    static _Thread_local struct hits hits;
    struct match_query query;
    meower_error error = {0};

    if (match_query_init(&query, "always", 6) != 0) {
        return NULL;
    }
    while (!atomic_load(&searcher->crowd->is_over) && searcher->complaint[0] == '\0') {
        int status =
            match_on_lane(&searcher->crowd->fixture->search, searcher->lane, &query, EVERYTHING, &hits, &error);
        if (status != MEOWER_OK || hits.count != 1 || hits.numbers[0] != 1) {
            snprintf(searcher->complaint, sizeof(searcher->complaint), "status %d, %zu hits: %.300s", status,
                     hits.count, error.message);
        }
        atomic_fetch_add(&searcher->crowd->searches, 1);
    }
    match_query_free(&query);
    return NULL;
}

#define SWAPS 4

static void searches_lose_nothing_while_indexes_are_swapped(void **state)
{
    struct crowd crowd = {.fixture = *state};
    struct searcher searchers[LANES];
    pthread_t threads[LANES];

    skip_without_rebuild(crowd.fixture);
    post(crowd.fixture, "always there");
    refresh(crowd.fixture);
    for (unsigned i = 0; i < LANES; i++) {
        searchers[i] = (struct searcher){.crowd = &crowd, .lane = i};
        assert_int_equal(pthread_create(&threads[i], NULL, search_through_swaps, &searchers[i]), 0);
    }
    for (uint64_t i = 0; i < SWAPS; i++) {
        begin_rebuild(crowd.fixture);
        index_beside(crowd.fixture, 1, "always there");
        index_beside(crowd.fixture, 2 + i, "filler");
        swap(crowd.fixture);
    }
    while (atomic_load(&crowd.searches) < LANES) {
        sched_yield();
    }
    atomic_store(&crowd.is_over, true);
    for (unsigned i = 0; i < LANES; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < LANES; i++) {
        assert_string_equal(searchers[i].complaint, "");
    }
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

struct listing {
    meower_document_sink sink;
    char text[400];
};

static int take_document(meower_document_sink *sink, const meower_search_document *document)
{
    struct listing *listing = (struct listing *)sink;
    size_t len = strlen(listing->text);

    snprintf(listing->text + len, sizeof(listing->text) - len, "%s%llu@%llu", len == 0 ? "" : " ",
             strtoull(document->id, NULL, 10), (unsigned long long)document->position);
    return MEOWER_OK;
}

static void assert_listing(struct search *search, uint64_t after, size_t max, const char *expected)
{
    struct listing listing = {.sink.document = take_document};
    meower_error error = {0};

    check(search_list(search, 1, after, max, &listing.sink, &error), &error);
    assert_string_equal(listing.text, expected);
}

static void documents_are_listed_in_position_order(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->search.vtable.list == NULL) {
        skip();
    }
    assert_listing(&fixture->search, 0, 10, "");
    post(fixture, "one");
    post(fixture, "two");
    post(fixture, "three");
    remove_meow(fixture, 2);
    fixture->position = 6;
    index_words(fixture, 1, 6, "one again");
    refresh(fixture);
    assert_listing(&fixture->search, 0, 10, "3@3 1@6");
    assert_listing(&fixture->search, 0, 1, "3@3");
    assert_listing(&fixture->search, 3, 10, "1@6");
    assert_listing(&fixture->search, 6, 10, "");
}

static int refuse_text(meower_text_sink *sink, const char *text)
{
    (void)sink;
    fprintf(stderr, "%s\n", text);
    return MEOWER_ERROR_CORRUPT;
}

static void a_sound_index_finds_nothing_wrong_with_itself(void **state)
{
    struct fixture *fixture = *state;
    meower_text_sink sink = {.text = refuse_text};
    meower_error error = {0};

    post(fixture, "one two two three");
    post(fixture, "two");
    remove_meow(fixture, 1);
    refresh(fixture);
    check(search_inspect(&fixture->search, 1, &sink, &error), &error);
}

static void who_looks_sees_the_index_while_it_is_open(void **state)
{
    struct fixture *fixture = *state;
    struct search looker;
    meower_search_info info;
    meower_error error = {0};

    if ((fixture->search.vtable.flags & MEOWER_SEARCH_LOOKS) == 0 || !fixture->adapter->is_kept) {
        skip();
    }
    post(fixture, "one");
    refresh(fixture);
    reopen(fixture);
    post(fixture, "not kept yet, perhaps");
    refresh(fixture);
    check(search_open_to_look(&looker, fixture->options, LANES, &error), &error);
    check(search_info(&looker, &info, &error), &error);
    assert_string_equal(info.epoch, EPOCH);
    assert_in_range(info.position, 1, 2);
    assert_listing(&looker, 0, 10, info.position == 1 ? "1@1" : "1@1 2@2");
    search_close(&looker);
    post(fixture, "two");
    assert_hits(fixture, "two", "3");
}

static void looking_makes_no_index(void **state)
{
    struct fixture *fixture = *state;
    struct search looker;
    meower_error error = {0};

    if ((fixture->search.vtable.flags & MEOWER_SEARCH_LOOKS) == 0) {
        skip();
    }
    search_close(&fixture->search);
    fixture->adapter->remove(fixture->url);
    fixture->adapter->make_url(fixture->url, sizeof(fixture->url));
    assert_int_equal(meower_options_set(fixture->options, "search", fixture->url, NULL), MEOWER_OK);
    assert_int_equal(search_open_to_look(&looker, fixture->options, 1, &error), MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(search_open_to_look(&looker, fixture->options, 1, &error), MEOWER_ERROR_NOT_FOUND);
    open_search(fixture);
}

#define SEARCH_TEST(test)                                                                                              \
    {                                                                                                                  \
        #test, test, setup, teardown, NULL                                                                             \
    }

static const struct CMUnitTest suite[] = {
    SEARCH_TEST(an_empty_index_has_no_hits),
    SEARCH_TEST(case_and_accents_do_not_matter),
    SEARCH_TEST(quotes_operators_and_stars_are_plain_text),
    SEARCH_TEST(a_word_may_have_any_digit),
    SEARCH_TEST(an_emoji_is_a_word),
    SEARCH_TEST(scripts_without_spaces_are_found_by_the_character),
    SEARCH_TEST(a_run_of_characters_is_found_at_any_place_as_a_run),
    SEARCH_TEST(a_run_may_stand_twice_and_once_in_pieces),
    SEARCH_TEST(the_last_character_of_a_run_may_go_on),
    SEARCH_TEST(joined_words_are_found_by_what_they_are),
    SEARCH_TEST(a_word_is_found_by_what_it_is_when_it_is_split),
    SEARCH_TEST(joined_and_split_words_count_as_typos),
    SEARCH_TEST(words_are_matched_as_a_whole),
    SEARCH_TEST(any_word_is_enough),
    SEARCH_TEST(words_of_one_and_two_letters_have_no_typos),
    SEARCH_TEST(words_of_three_to_five_letters_may_have_one_typo),
    SEARCH_TEST(words_of_six_letters_and_more_may_have_two_typos),
    SEARCH_TEST(the_length_is_in_letters_not_bytes),
    SEARCH_TEST(swapping_two_neighbours_is_one_typo),
    SEARCH_TEST(the_first_letter_must_be_right_where_a_meow_has_the_word),
    SEARCH_TEST(the_first_letter_may_be_wrong_where_no_meow_has_the_word),
    SEARCH_TEST(deleting_the_last_meow_with_a_word_frees_its_first_letter),
    SEARCH_TEST(the_last_word_may_have_typos_too),
    SEARCH_TEST(the_last_word_is_also_a_prefix),
    SEARCH_TEST(only_the_last_word_is_a_prefix),
    SEARCH_TEST(a_prefix_has_no_typos),
    SEARCH_TEST(a_prefix_may_be_one_character_of_any_script),
    SEARCH_TEST(the_newest_come_first_within_a_tier),
    SEARCH_TEST(how_often_a_word_occurs_does_not_matter),
    SEARCH_TEST(all_words_come_before_some),
    SEARCH_TEST(exact_comes_before_typo_before_prefix),
    SEARCH_TEST(all_with_typos_come_before_some_exactly),
    SEARCH_TEST(the_example_of_the_documentation_is_right),
    SEARCH_TEST(one_word_too_many_does_not_hide_a_meow),
    SEARCH_TEST(a_rare_word_weighs_more_than_a_common_one),
    SEARCH_TEST(equal_sums_are_newest_first),
    SEARCH_TEST(a_meow_stands_in_its_best_tier_only),
    SEARCH_TEST(windows_fit_together_across_tiers),
    SEARCH_TEST(a_hit_bears_its_position),
    SEARCH_TEST(a_sink_that_stops_is_obeyed),
    SEARCH_TEST(a_deleted_meow_is_not_found),
    SEARCH_TEST(deleting_what_is_not_there_changes_nothing),
    SEARCH_TEST(a_batch_is_applied_in_its_order),
    SEARCH_TEST(a_batch_that_comes_again_changes_nothing),
    SEARCH_TEST(a_part_of_a_batch_that_comes_again_brings_nothing_back),
    SEARCH_TEST(a_meow_that_comes_again_at_another_position_replaces_itself),
    SEARCH_TEST(a_meow_that_comes_again_spoils_none_of_its_neighbours),
    SEARCH_TEST(an_empty_batch_moves_the_position),
    SEARCH_TEST(a_meow_without_words_can_be_indexed_and_deleted),
    SEARCH_TEST(the_text_is_not_limited_to_one_line_of_words),
    SEARCH_TEST(a_new_index_knows_nothing),
    SEARCH_TEST(the_index_knows_how_far_it_is),
    SEARCH_TEST(resetting_empties_the_index),
    SEARCH_TEST(after_a_reset_the_same_positions_can_be_indexed),
    SEARCH_TEST(closing_and_opening_keeps_the_index),
    SEARCH_TEST(an_index_that_is_not_kept_begins_empty),
    SEARCH_TEST(a_filter_leaves_what_has_its_label),
    SEARCH_TEST(values_of_one_key_are_alternatives_and_all_keys_must_hold),
    SEARCH_TEST(a_filter_works_in_every_tier_and_behind_them),
    SEARCH_TEST(a_filter_has_no_part_in_the_order),
    SEARCH_TEST(words_of_meows_that_a_filter_leaves_out_count),
    SEARCH_TEST(a_filter_counts_before_skip_and_take),
    SEARCH_TEST(labels_are_told_apart_by_every_byte),
    SEARCH_TEST(labels_of_the_greatest_length_are_told_apart),
    SEARCH_TEST(a_meow_may_have_sixteen_labels_and_so_may_a_filter),
    SEARCH_TEST(a_label_is_no_word_and_a_word_no_label),
    SEARCH_TEST(labels_are_found_of_any_batch),
    SEARCH_TEST(a_deleted_meow_is_not_found_by_its_label),
    SEARCH_TEST(a_meow_that_comes_again_has_its_new_labels),
    SEARCH_TEST(labels_are_kept),
    SEARCH_TEST(ranked_lists_are_those_of_the_contract),
    SEARCH_TEST(searches_during_indexing_see_whole_states),
    SEARCH_TEST(an_index_built_beside_is_found_when_it_is_swapped_in),
    SEARCH_TEST(the_live_index_goes_on_while_another_is_built),
    SEARCH_TEST(a_swapped_index_takes_further_changes),
    SEARCH_TEST(an_index_can_be_rebuilt_again_and_again),
    SEARCH_TEST(a_rebuilt_index_is_kept),
    SEARCH_TEST(a_rebuilt_index_can_be_reset),
    SEARCH_TEST(a_cancelled_rebuild_changes_nothing),
    SEARCH_TEST(a_rebuild_begins_empty_whatever_an_earlier_one_left),
    SEARCH_TEST(labels_come_with_a_rebuilt_index),
    SEARCH_TEST(searches_lose_nothing_while_indexes_are_swapped),
    SEARCH_TEST(documents_are_listed_in_position_order),
    SEARCH_TEST(a_sound_index_finds_nothing_wrong_with_itself),
    SEARCH_TEST(who_looks_sees_the_index_while_it_is_open),
    SEARCH_TEST(looking_makes_no_index),
};

int main(void)
{
    int failed = 0;

    for (size_t i = 0; i < search_adapter_count; i++) {
        struct CMUnitTest tests[sizeof(suite) / sizeof(suite[0])];
        memcpy(tests, suite, sizeof(suite));
        for (size_t j = 0; j < sizeof(tests) / sizeof(tests[0]); j++) {
            tests[j].initial_state = (void *)&search_adapters[i];
        }
        failed += cmocka_run_group_tests_name(search_adapters[i].name, tests, NULL, NULL);
    }
    return failed;
}
