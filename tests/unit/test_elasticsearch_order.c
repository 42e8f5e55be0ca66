/* test_elasticsearch_order.c - what "elasticsearch:" finds and in which order (docs/SEARCH.md), as far as the engine
 * has a way of its own to it: against a real one, which MEOWER_TEST_ELASTICSEARCH names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/words.h"
#include "unit/elasticsearch_fixture.h"

#define TEXTS_MAX 2000
#define TEXT_SIZE 800

/* What was posted, by position; and what a search has found. */
struct feed {
    struct fixture *fixture;
    char texts[TEXTS_MAX + 1][TEXT_SIZE]; /* "": none */
    uint64_t position;
};

struct hits {
    meower_hit_sink sink; /* first: the hit function casts back */
    uint64_t positions[TEXTS_MAX];
    size_t count;
};

static struct feed *new_feed(void **state)
{
    static struct feed feed;

    memset(&feed, 0, sizeof(feed));
    feed.fixture = *state;
    open_search(feed.fixture, &feed.fixture->search);
    return &feed;
}

/* Several at once: an index is refreshed before it is searched. */
static void post_texts(struct feed *feed, const char *const *texts, size_t count)
{
    static char ids[TEXTS_MAX][MEOWER_ID_SIZE];
    static meower_search_document documents[TEXTS_MAX];
    meower_search_info info = {.epoch = EPOCH, .position = feed->position + count};
    meower_error error = {0};

    assert_true(feed->position + count <= TEXTS_MAX);
    for (size_t i = 0; i < count; i++) {
        documents[i] = (meower_search_document){.position = ++feed->position, .id = ids[i]};
        snprintf(ids[i], sizeof(ids[i]), "%027llu", (unsigned long long)feed->position);
        snprintf(feed->texts[feed->position], TEXT_SIZE, "%s", texts[i]);
        documents[i].words = words_join(texts[i], strlen(texts[i]), &documents[i].words_len);
        assert_non_null(documents[i].words);
    }
    check(search_index(&feed->fixture->search, documents, count, &info, &error), &error);
    for (size_t i = 0; i < count; i++) {
        free((char *)documents[i].words);
    }
    refresh(&feed->fixture->search);
}

#define POST(feed, ...)                                                                                                \
    post_texts(feed, (const char *const[]){__VA_ARGS__},                                                               \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void delete(struct feed *feed, uint64_t number)
{
    char id[MEOWER_ID_SIZE];
    const meower_search_document document = {.position = feed->position + 1, .id = id};
    meower_search_info info = {.epoch = EPOCH, .position = feed->position + 1};
    meower_error error = {0};

    snprintf(id, sizeof(id), "%027llu", (unsigned long long)number);
    feed->position++;
    feed->texts[number][0] = '\0';
    check(search_index(&feed->fixture->search, &document, 1, &info, &error), &error);
    refresh(&feed->fixture->search);
}

static int take_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct hits *hits = (struct hits *)sink;

    (void)id;
    assert_true(hits->count < TEXTS_MAX);
    hits->positions[hits->count++] = position;
    return MEOWER_OK;
}

static void find(struct feed *feed, const struct match_query *query, uint64_t skip, uint32_t take, struct hits *hits)
{
    const meower_search_request request = match_request(query, skip, take);
    meower_error error = {0};

    hits->sink.hit = take_hit;
    hits->count = 0;
    check(search_match(&feed->fixture->search, 0, &request, &hits->sink, &error), &error);
}

static void write_numbers(const uint64_t *numbers, size_t count, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%llu", i == 0 ? "" : " ", (unsigned long long)numbers[i]);
    }
}

static void assert_hits(struct feed *feed, const char *text, const char *expected)
{
    static struct hits hits;
    char found[8 * TEXTS_MAX];
    struct match_query query;

    assert_int_equal(match_query_init(&query, text, strlen(text)), MEOWER_OK);
    find(feed, &query, 0, TEXTS_MAX, &hits);
    match_query_free(&query);
    write_numbers(hits.positions, hits.count, found, sizeof(found));
    if (strcmp(found, expected) != 0) {
        fail_msg("\"%s\" finds [%s], not [%s]", text, found, expected);
    }
}

/* ---- what matches ----------------------------------------------------------------------------------------------- */

static void a_run_is_found_side_by_side_at_any_place(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "黒猫がいる", "白猫と黒", "猫黒", "これは黒猫");
    assert_hits(feed, "黒猫", "4 1");
    assert_hits(feed, "がいる", "1");
    assert_hits(feed, "黒猫 白猫", "2 4 1");
}

static void the_last_character_of_a_run_may_go_on(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "고양이", "고야", "고기", "양고");
    assert_hits(feed, "고야", "2 1");
    assert_hits(feed, "고야 고기", "3 2");
    assert_hits(feed, "กร", "");
}

/* A letter with marks in any number, as nobody writes: more words than an engine would try unasked. */
static void the_last_character_of_a_run_may_go_on_in_many_ways(void **state)
{
    static const char *const marks[] = {"ิ", "ี", "ึ", "ื", "ุ", "ู", "่", "้", "๊", "๋", "์", "ํ"};
    static char texts[1728][40];
    const char *posted[1728];
    struct feed *feed = new_feed(state);
    static struct hits hits;
    struct match_query query;

    for (unsigned i = 0; i < 1728; i++) {
        snprintf(texts[i], sizeof(texts[i]), "มก%s%s%s", marks[i % 12], marks[i / 12 % 12], marks[i / 144]);
        posted[i] = texts[i];
    }
    post_texts(feed, posted, 1728);
    assert_int_equal(match_query_init(&query, "มก", strlen("มก")), MEOWER_OK);
    find(feed, &query, 0, 2000, &hits);
    match_query_free(&query);
    assert_int_equal(hits.count, 1728);
}

static void the_first_letter_may_be_wrong_where_nobody_has_the_word(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "a kitten", "a sitting", "ktiten");
    assert_hits(feed, "mitten", "1");
    assert_hits(feed, "ikttens", "");
    assert_hits(feed, "iktten", "1");
    assert_hits(feed, "mitten sitting", "2 1");
    POST(feed, "mitten");
    assert_hits(feed, "mitten", "4");
    assert_hits(feed, "mitten sitting", "4 2");
    delete (feed, 4);
    assert_hits(feed, "mitten", "1");
}

static void words_of_the_text_match_when_they_are_joined(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "a note book", "an e-mail by O'Reilly", "1,299 and u.s.a.", "book note", "a b c d e");
    assert_hits(feed, "notebook", "1");
    assert_hits(feed, "email", "2");
    assert_hits(feed, "oreilly", "2");
    assert_hits(feed, "1299", "3");
    assert_hits(feed, "usa", "3");
    assert_hits(feed, "abcd", "5");
    assert_hits(feed, "abcde", "");
}

static void words_of_the_query_match_when_they_are_joined(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "newyork", "iphone15pro", "new dog", "york new");
    assert_hits(feed, "new york", "4 1 3");
    assert_hits(feed, "iphone 15 pro", "2");
    assert_hits(feed, "york new", "4 3 1");
}

/* ---- the order -------------------------------------------------------------------------------------------------- */

static void the_table_of_the_documentation_is_right(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "white dog", "caterpillar", "blakc dog", "black dog", "black caterpillar", "blakc cats", "black cat",
         "a cat that is black");
    assert_hits(feed, "black cat", "8 7 6 5 4 3 2");
}

static void a_rare_word_weighs_more_than_common_ones(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "the ocelot", "the dog", "the cat", "the and", "and the dog", "the and you", "you and", "and");
    assert_hits(feed, "the and ocelot", "1 6 5 4 8 7 3 2");
}

static void what_is_deleted_is_not_counted(void **state)
{
    struct feed *feed = new_feed(state);

    POST(feed, "zebra", "emu", "emu", "emu", "emu", "emu", "filler", "filler", "filler", "filler");
    assert_hits(feed, "zebra emu nothing", "1 6 5 4 3 2");
    for (uint64_t number = 3; number <= 6; number++) {
        delete (feed, number);
    }
    assert_hits(feed, "zebra emu nothing", "2 1");
}

/* ---- against the contract's own code ---------------------------------------------------------------------------- */

enum {
    VOCABULARY = 60,
    RANDOM_TEXTS = 500,
    QUERIES = 300,
    ITEMS_MAX = 16, /* of such a query */
    RUN_SIZE = 128  /* of a run in it */
};

struct found {
    int qualities[ITEMS_MAX];      /* of anything in the text */
    int counted[ITEMS_MAX];        /* of its words, one by one */
    bool has[ITEMS_MAX][RUN_SIZE]; /* the characters of a run, each by where it begins in that */
    bool begins[ITEMS_MAX];        /* something begins with the run's last character */
    bool is_text;
    int tier;
    unsigned sum;
    uint64_t number;
};

struct model {
    struct match_query query;
    bool differs_first[ITEMS_MAX];
    unsigned weights[ITEMS_MAX][MATCH_NONE];
    struct found found[TEXTS_MAX];
    char vocabulary[VOCABULARY][40];
    unsigned seed;
};

static void improve(int *quality, int by)
{
    *quality = by < *quality ? by : *quality;
}

static bool is_join_of(const struct match_query *query, size_t item, const struct word *word)
{
    bool is = false;

    for (size_t i = 0; i < query->join_count; i++) {
        const meower_search_join *join = &query->joins[i];
        is = is || ((join->word_mask >> item & 1) != 0 && join->text_len == word->len &&
                    memcmp(join->text, word->text, word->len) == 0);
    }
    return is;
}

static void compare_run(const meower_search_word *run, const struct word *word, bool *has, bool *begins)
{
    assert_true(run->text_len < RUN_SIZE);
    for (size_t at = 0; at < run->text_len; at += strcspn(run->text + at, " ") + 1) {
        size_t len = strcspn(run->text + at, " ");
        bool is_begun = word->len >= len && memcmp(word->text, run->text + at, len) == 0;
        has[at] = has[at] || (is_begun && word->len == len);
        *begins = *begins || (is_begun && at + len == run->text_len);
    }
}

static void compare_text(struct model *model, const char *text, struct found *found)
{
    struct words words;

    assert_int_equal(words_split(text, strlen(text), &words), 0);
    for (size_t i = 0; i < model->query.count; i++) {
        const meower_search_word *item = &model->query.items[i];
        found->qualities[i] = found->counted[i] = MATCH_NONE;
        for (size_t at = 0; at < words.count; at++) {
            const struct word *word = &words.items[at];
            int quality;
            if (match_is_run(item)) {
                compare_run(item, word, found->has[i], &found->begins[i]);
                improve(&found->qualities[i], match_run(item, &words, at, &quality) > 0 ? quality : MATCH_NONE);
                continue;
            }
            improve(&found->counted[i], match_quality(item, word->text, word->len, model->differs_first[i]));
            improve(&found->counted[i], is_join_of(&model->query, i, word) ? MATCH_TYPO : MATCH_NONE);
            improve(&found->qualities[i], match_joined(item, &words, at) > 0 ? MATCH_TYPO : MATCH_NONE);
        }
        improve(&found->qualities[i], found->counted[i]);
    }
    words_free(&words);
}

/* How many texts have the character of a run that begins at `at` there. */
static uint64_t count_character(const struct model *model, size_t text_count, size_t item, size_t at, bool begins)
{
    uint64_t count = 0;

    for (size_t i = 0; i < text_count; i++) {
        count += begins ? model->found[i].begins[item] : model->found[i].has[item][at];
    }
    return count;
}

static uint64_t count_texts(const struct model *model, size_t text_count, size_t item, int quality)
{
    const meower_search_word *word = &model->query.items[item];
    uint64_t count = 0;

    if (match_is_run(word)) {
        uint64_t least = UINT64_MAX;
        for (size_t at = 0; at < word->text_len; at += strcspn(word->text + at, " ") + 1) {
            bool is_last = at + strcspn(word->text + at, " ") == word->text_len;
            count = count_character(model, text_count, item, at, is_last && quality == MATCH_PREFIX);
            least = count < least ? count : least;
        }
        return least;
    }
    for (size_t i = 0; i < text_count; i++) {
        count += model->found[i].is_text && model->found[i].counted[item] <= quality ? 1 : 0;
    }
    return count;
}

/* Compares all texts with the query. Returns how many there are. */
static size_t compare_texts(struct model *model, const struct feed *feed)
{
    size_t count = 0;

    memset(model->found, 0, (feed->position + 1) * sizeof(model->found[0]));
    for (uint64_t number = 1; number <= feed->position; number++) {
        if (feed->texts[number][0] != '\0') {
            model->found[count].number = number;
            model->found[count].is_text = true;
            compare_text(model, feed->texts[number], &model->found[count++]);
        }
    }
    return count;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;

    if (left->tier != right->tier) {
        return left->tier - right->tier;
    }
    if (left->tier == MATCH_NONE && left->sum != right->sum) {
        return left->sum > right->sum ? -1 : 1;
    }
    return left->number > right->number ? -1 : 1;
}

static void judge(struct model *model, struct found *found)
{
    found->tier = MATCH_EXACT;
    found->sum = 0;
    for (size_t i = 0; i < model->query.count; i++) {
        int quality = found->qualities[i];
        found->tier = quality > found->tier ? quality : found->tier;
        found->sum += quality == MATCH_NONE ? 0 : model->weights[i][quality];
    }
}

/* The list of the contract, in which the texts that have any of several words are counted together. */
static size_t rank(struct model *model, const struct feed *feed, uint64_t *numbers)
{
    size_t count = 0;

    memset(model->differs_first, 0, sizeof(model->differs_first));
    size_t text_count = compare_texts(model, feed);
    for (size_t i = 0; i < model->query.count; i++) {
        model->differs_first[i] =
            !match_is_run(&model->query.items[i]) && count_texts(model, text_count, i, MATCH_EXACT) == 0;
    }
    compare_texts(model, feed);
    for (size_t i = 0; i < model->query.count; i++) {
        for (int quality = 0; quality < MATCH_NONE; quality++) {
            model->weights[i][quality] = match_weight(quality, text_count, count_texts(model, text_count, i, quality));
        }
    }
    for (size_t i = 0; i < text_count; i++) {
        judge(model, &model->found[i]);
    }
    qsort(model->found, text_count, sizeof(model->found[0]), compare_found);
    while (count < text_count && (model->found[count].tier < MATCH_NONE || model->found[count].sum > 0)) {
        numbers[count] = model->found[count].number;
        count++;
    }
    return count;
}

static unsigned pick(struct model *model, unsigned count)
{
    return (unsigned)rand_r(&model->seed) % count;
}

/* Words over few letters, so that many are near to each other, begin with each other, or are each other's parts. */
static void make_vocabulary(struct model *model)
{
    static const char *const letters[] = {"a", "b", "c", "ж", "é"};
    static const char *const symbols[] = {"🐱", "猫", "は", "고", "야", "양", "이"};
    const unsigned symbol_count = sizeof(symbols) / sizeof(symbols[0]);

    for (unsigned i = 0; i < VOCABULARY; i++) {
        char *word = model->vocabulary[i];
        unsigned length = 1 + pick(model, 8);
        if (i < symbol_count) {
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

/* Neighbours may stand together, so that they are one word or one run. */
static void make_text(struct model *model, unsigned words_max, char *text)
{
    unsigned count = 1 + pick(model, words_max);

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        strcat(text, i == 0 || pick(model, 5) == 0 ? "" : " ");
        strcat(text, model->vocabulary[pick(model, VOCABULARY)]);
    }
}

/* A letter is missing now and then. */
static void make_query(struct model *model, char *text)
{
    make_text(model, 5, text);
    size_t len = strlen(text);
    size_t at = pick(model, (unsigned)len);
    if (pick(model, 3) == 0 && (unsigned char)text[at] < 0x80) {
        memmove(text + at, text + at + 1, len - at);
    }
}

static void assert_agreement(struct feed *feed, struct model *model)
{
    static struct hits hits;
    static uint64_t expected[TEXTS_MAX];
    static char found_text[8 * TEXTS_MAX];
    static char expected_text[8 * TEXTS_MAX];
    char text[400];

    make_query(model, text);
    assert_int_equal(match_query_init(&model->query, text, strlen(text)), 0);
    assert_true(model->query.count <= ITEMS_MAX);
    if (model->query.count > 0) {
        size_t count = rank(model, feed, expected);
        uint64_t skip = pick(model, 2) == 0 ? 0 : pick(model, (unsigned)count + 1);
        uint32_t take = skip == 0 ? TEXTS_MAX : pick(model, 20);
        find(feed, &model->query, skip, take, &hits);
        write_numbers(hits.positions, hits.count, found_text, sizeof(found_text));
        write_numbers(expected + skip, count - skip > take ? take : count - skip, expected_text, sizeof(expected_text));
        if (strcmp(found_text, expected_text) != 0) {
            fail_msg("\"%s\" finds [%s], not [%s]", text, found_text, expected_text);
        }
    }
    match_query_free(&model->query);
}

static void ranked_lists_are_those_of_the_contract(void **state)
{
    static struct model model;
    static char texts[RANDOM_TEXTS][TEXT_SIZE];
    const char *posted[RANDOM_TEXTS];
    struct feed *feed = new_feed(state);

    memset(&model, 0, sizeof(model));
    model.seed = getenv("SEED") == NULL ? 1 : (unsigned)strtoul(getenv("SEED"), NULL, 10);
    make_vocabulary(&model);
    for (unsigned i = 0; i < RANDOM_TEXTS; i++) {
        make_text(&model, 12, texts[i]);
        posted[i] = texts[i];
    }
    post_texts(feed, posted, RANDOM_TEXTS);
    for (unsigned i = 0; i < 20; i++) {
        delete (feed, 1 + pick(&model, RANDOM_TEXTS));
    }
    for (unsigned i = 0; i < QUERIES; i++) {
        assert_agreement(feed, &model);
    }
}

/* ---- much ------------------------------------------------------------------------------------------------------- */

/* Words as long as they may be, of which neighbours are still one when they are joined; and all of it in one query. */
static void the_greatest_query_is_answered(void **state)
{
    struct feed *feed = new_feed(state);
    char text[40 * 70] = "";

    for (unsigned i = 0; i < 40; i++) {
        snprintf(text + strlen(text), 70, "%c%c%.*s ", 'a' + i % 26, 'a' + i / 26, i % 4 == 0 ? 62 : 14,
                 "qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjklzxcvbnmqwertyuiopas");
    }
    POST(feed, "black cat", "bbqwertyuiopasdf black");
    assert_hits(feed, text, "2");
}

/* So many different characters: U+4E00 and those after it. */
static void write_characters(unsigned count, char *text)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned character = 0x4E00 + i;
        snprintf(text + (size_t)3 * i, 4, "%c%c%c", 0xE0 | character >> 12, 0x80 | (character >> 6 & 0x3F),
                 0x80 | (character & 0x3F));
    }
}

static void the_longest_runs_are_answered(void **state)
{
    static char text[9000];
    struct feed *feed = new_feed(state);

    POST(feed, "一丁", "a");
    write_characters(2990, text);
    assert_hits(feed, text, "");
    for (size_t i = 0; i < 31; i++) {
        memcpy(text + 3 * 90 * (i + 1), "a  ", 3);
    }
    assert_hits(feed, text, "2");
}

static void the_last_character_of_a_long_run_may_go_on(void **state)
{
    char text[800];
    struct feed *feed = new_feed(state);

    write_characters(240, text);
    strcat(text, "양");
    POST(feed, text, text + 3, text + 600);
    memcpy(text + 720, "야", sizeof("야"));
    assert_hits(feed, text, "1");
    assert_hits(feed, text + 3, "2 1");
    memcpy(text, "一一", 6);
    assert_hits(feed, text, "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_is_found_side_by_side_at_any_place),
        TEST(the_last_character_of_a_run_may_go_on),
        TEST(the_last_character_of_a_run_may_go_on_in_many_ways),
        TEST(the_first_letter_may_be_wrong_where_nobody_has_the_word),
        TEST(words_of_the_text_match_when_they_are_joined),
        TEST(words_of_the_query_match_when_they_are_joined),
        TEST(the_table_of_the_documentation_is_right),
        TEST(a_rare_word_weighs_more_than_common_ones),
        TEST(what_is_deleted_is_not_counted),
        TEST(ranked_lists_are_those_of_the_contract),
        TEST(the_greatest_query_is_answered),
        TEST(the_longest_runs_are_answered),
        TEST(the_last_character_of_a_long_run_may_go_on),
    };

    return RUN_WITH_SERVER("elasticsearch, its order", tests);
}
