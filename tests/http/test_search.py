"""GET /search: the same contract on every backend."""

import unicodedata

import pytest

from feed import assert_problem, eventually, position, unique_word


def fold(text):
    return "".join(character for character in unicodedata.normalize("NFKD", text).casefold()
                   if not unicodedata.combining(character))


def post_all(feed, bodies):
    """Posts and waits until the index has them all. Returns the ids in order."""
    posted = [feed.post(body) for body in bodies]
    feed.get("/search", cursor=posted[-1].cursor, query=unique_word())
    return [meow.id for meow in posted]


# Parameters and headers


@pytest.mark.parametrize("path", ["/search", "/search?", "/search?query=", "/search?Query=cat", "/search?take=1",
                                  "/search?query"])
def test_a_missing_query_is_refused(feed, path):
    assert_problem(feed.get(path), 400, "Missing query parameter")


@pytest.mark.parametrize("name", ["skip", "take"])
@pytest.mark.parametrize("value", ["-1", "abc", "1.5", "99999999999999999999999", "%201", "18446744073709551616"])
def test_skip_and_take_that_are_no_number_are_refused(feed, name, value):
    assert_problem(feed.get_raw(f"/search?query=cat&{name}={value}"), 400, f"Invalid {name} parameter")


def test_1000_meows_can_be_taken_and_not_more(feed):
    assert feed.get("/search", query="cat", take=1000).status_code == 200
    assert_problem(feed.get("/search", query="cat", take=1001), 400, "Invalid take parameter")


@pytest.mark.parametrize("query", ["query=%", "query=%zz", "query=%FF", "query=caf%C3", "query=%ED%A0%80"])
def test_a_query_that_is_no_text_is_refused(feed, query):
    assert_problem(feed.get_raw(f"/search?{query}"), 400)
    assert feed.is_serving()


def test_nothing_found_is_an_empty_array(feed):
    response = feed.get("/search", query=unique_word())
    assert response.status_code == 200
    assert response.text.strip() == "[]"


def test_a_found_meow_is_answered_as_listed(feed):
    word = unique_word()
    post_all(feed, [f"<b>{word}</b>"])
    response = feed.get("/search", query=word)
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json() == feed.page("/meows", take=1)
    assert list(response.json()[0]) == ["id", "body", "created_at"]


def test_a_meow_is_found_soon_after_its_post(feed):
    word = unique_word()
    id = feed.post(f"soon {word}").id
    assert feed.search_until(word, [id]) == [id]


def test_a_meow_is_found_at_once_with_the_cursor_of_its_post(feed):
    for _ in range(20):
        word = unique_word()
        posted = feed.post(f"now {word}")
        response = feed.get("/search", cursor=posted.cursor, query=word)
        assert [meow["id"] for meow in response.json()] == [posted.id]
        assert position(response.headers["Meower-Cursor"]) >= position(posted.cursor)


def test_an_unchanged_search_is_304(feed):
    word = unique_word()
    post_all(feed, [word])
    first = feed.get("/search", query=word)
    second = feed.get("/search", etag=first.headers["ETag"], query=word)
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["Meower-Cursor"]
    post_all(feed, [word])
    assert feed.get("/search", etag=first.headers["ETag"], query=word).status_code == 200


def test_pages_of_a_search_follow_each_other_without_overlap(feed):
    word = unique_word()
    ids = post_all(feed, [f"{word} {number}" for number in range(25)])[::-1]
    assert feed.ids("/search", query=word) == ids
    assert feed.ids("/search", query=word, take=10) == ids[:10]
    assert feed.ids("/search", query=word, skip=10, take=10) == ids[10:20]
    assert feed.ids("/search", query=word, skip=20, take=10) == ids[20:]
    assert feed.ids("/search", query=word, skip=25) == []
    assert feed.ids("/search", query=word, take=0) == []


def test_100_meows_are_found_by_default(feed):
    word = unique_word()
    ids = post_all(feed, [f"{word} {number}" for number in range(103)])
    assert feed.ids("/search", query=word) == ids[:2:-1]


# What matches


def test_a_meow_matches_when_any_word_does(feed):
    one, two = unique_word(), unique_word()
    ids = post_all(feed, [f"only {one}", f"only {two}"])
    assert sorted(feed.ids("/search", query=f"{one} {two} {unique_word()}")) == sorted(ids)


def test_case_does_not_matter(feed):
    word = unique_word()
    ids = post_all(feed, [word.upper()])
    for query in (word, word.title(), word.upper()):
        assert feed.ids("/search", query=query) == ids


@pytest.mark.parametrize("digit", "0123456789")
def test_words_with_digits_are_found(feed, digit):
    word = unique_word(8)
    id, = post_all(feed, [f"{word}{digit}x {digit}{word} {digit}"])
    for query in (f"{word}{digit}x", f"{digit}{word}", f"{word}{digit}", f"{digit} {word}{digit}x"):
        response = feed.get("/search", query=query)
        assert response.json()[0]["id"] == id, query
        assert "Meower-Search" not in response.headers, "the index could not be asked"


def test_accents_do_not_matter(feed):
    word = unique_word(8)
    ids = post_all(feed, [f"{word}éàñ", f"{word}ean", f"{word}e\u0301a\u0300n\u0303", f"{word}ÉÀÑ"])[::-1]
    for query in (f"{word}ean", f"{word}éàñ", f"{word}E\u0301AN"):
        assert feed.ids("/search", query=query) == ids


def test_strokes_and_ligatures_do_not_matter(feed):
    word = unique_word(8)
    ids = post_all(feed, [f"{word}łøæþß", f"{word}loaethss"])[::-1]
    for query in (f"{word}łøæþß", f"{word}LOAETHSS"):
        assert feed.ids("/search", query=query) == ids


def test_words_of_other_scripts_are_found(feed):
    tag = unique_word()
    for text, query in (("Привет мир", "привет"), ("Γειά σου Κόσμε", "κοσμε"), ("ｆｕｌｌｗｉｄｔｈ", "fullwidth")):
        id, = post_all(feed, [f"{tag} {text}"])
        assert id in feed.ids("/search", query=query)


def test_cjk_and_emoji_are_found(feed):
    id, = post_all(feed, [f"{unique_word()} 東京の黒 猫 \U0001F980!"])
    for query in ("東京", "京の", "猫", "黒猫", "\U0001F980"):
        assert id in feed.ids("/search", query=query), query
    for query in ("京東", "東の"):
        assert id not in feed.ids("/search", query=query), query


@pytest.mark.parametrize("text, query", [("กรุงเทพมหานคร", "เทพ"), ("ភាសាខ្មែរ", "ខ្មែរ"), ("ພາສາລາວ", "ລາວ"),
                                         ("မြန်မာစာ", "မာစာ"), ("대한민국", "한민")])
def test_the_middle_of_a_text_without_spaces_is_found(feed, text, query):
    id, = post_all(feed, [f"{unique_word()} {text}"])
    assert id in feed.ids("/search", query=query)


def test_escaped_text_is_found_by_what_was_written(feed):
    word = unique_word()
    id, = post_all(feed, [f"<{word}> & 'x'"])
    for query in (f"<{word}>", word, f"& {word}"):
        assert id in feed.ids("/search", query=query)
    for entity in ("lt", "gt", "amp"):
        assert id not in feed.ids("/search", query=entity), "the name of an entity is not a word of the text"


PLAIN_TEXT = [
    '"', '""', '"cat', "'", "*", "cat*", "c*t", "?", "(", ")", "((cat", "{cat}", "[a TO z]", "/cat/", "a/*b*/", "\\",
    "\\\"", "cat AND", "OR", "NOT cat", "AND OR NOT", "NEAR(cat dog)", "body:cat", "body : cat", "-cat", "+cat", "^cat",
    "cat^3", "cat~2", "cat;--", "'; DROP TABLE meows; --", "%", "_", "$1", "#", "&", "<b>", "|", "||", "&&", "!", ":",
    "null", "true", "\U0001F63A\U0001F63A", "\u200d", "\u0301", "\u202e", " ", "\t", "\n", "\x01", "a" * 2000,
    "a b " * 500, "\U0001F63A" * 400,
]


@pytest.mark.parametrize("query", PLAIN_TEXT, ids=range(len(PLAIN_TEXT)))
def test_operators_and_symbols_are_plain_text(feed, query):
    feed.page("/search", query=query, highlight=1)
    assert feed.is_serving()


@pytest.mark.parametrize("form", ['"{}"', '"{}', "{}*", "*{}*", "body:{}", "-{}", "+{}", "^{}", "({}", "{}~", "'{}'",
                                  "/{}/", "{}^2", "[{}]", "\\{}", "{}:", "{};--"])
def test_a_word_is_found_whatever_symbols_stand_around_it(feed, form):
    word = unique_word()
    ids = post_all(feed, [f"plain {word}"])
    assert ids[0] in feed.ids("/search", query=form.format(word))


def test_operators_are_words(feed):
    """As an operator, NOT would hide the meow and AND would ask for both words."""
    one, two = unique_word(), unique_word()
    ids = post_all(feed, [f"{one}", f"{two}"])
    assert sorted(feed.ids("/search", query=f"{one} AND {two}", take=2)) == sorted(ids)
    assert ids[1] in feed.ids("/search", query=f"{one} NOT {two}", take=10)


# Typos and prefixes. A word that is not the last one of a query has no prefix matches, so typos are tried there.


def found(feed, query):
    """Whether a typo matches when no prefix can: a word that matches nothing follows."""
    return feed.ids("/search", query=f"{query} {unique_word(20)}")


def swapped(word, at):
    return word[:at] + word[at + 1] + word[at] + word[at + 2:]


def test_words_of_six_letters_and_more_match_with_two_typos(feed):
    word = unique_word()
    ids = post_all(feed, [word])
    for typo in (word[:3] + "é1" + word[5:], word[:4] + word[6:], word[:4] + "12" + word[4:],
                 "".join([word[0], word[2], word[1], word[3], word[5], word[4], word[6:]]), word[:-2]):
        assert found(feed, typo) == ids, typo


def test_three_typos_do_not_match(feed):
    word = unique_word()
    post_all(feed, [word])
    for typo in (word[:3] + "123" + word[6:], word[:4] + word[7:], word[:4] + "123" + word[4:], word[:-3]):
        assert found(feed, typo) == [], typo


def test_words_of_three_to_five_letters_match_with_one_typo(feed):
    """Short words cannot be the test's own, so digits, which no other test uses so, make them rare."""
    ids = post_all(feed, ["qz7x9"])
    assert found(feed, "qz7x9") == ids
    for typo in ("qz7x8", "qz79", "qz7xx9", "q7zx9", "qz7x"):
        assert found(feed, typo) == ids, typo
    for typo in ("qz788", "qz7", "q7z9x"):
        assert ids[0] not in found(feed, typo), typo


def test_words_of_one_and_two_letters_match_without_typos_only(feed):
    ids = post_all(feed, ["j9"])
    assert found(feed, "j9") == ids
    for typo in ("j8", "j", "9j"):
        assert ids[0] not in found(feed, typo), typo


def test_the_first_letter_may_be_wrong_where_no_meow_has_the_word(feed):
    word = unique_word()
    ids = post_all(feed, [word])
    for typo in ("1" + word[1:], swapped(word, 0), word[1:], "1" + word):
        assert found(feed, typo) == ids, typo
        assert found(feed, typo[:-1]) == [], f"{typo[:-1]}: the first letter is its one typo"


def test_the_first_letter_must_be_right_where_a_meow_has_the_word(feed):
    word = unique_word()
    other = "1" + word[1:]
    _, id = post_all(feed, [word, other])
    assert found(feed, other) == [id]


def test_joined_and_split_words_match(feed):
    one, two = unique_word(8), unique_word(8)
    split, joined = post_all(feed, [f"{one} {two}", f"{one}{two}"])
    assert feed.ids("/search", query=one + two) == [joined, split]
    assert feed.ids("/search", query=f"{one} {two}") == [split, joined]


def test_a_transposition_is_one_typo(feed):
    ids = post_all(feed, ["vk4w8"])
    assert found(feed, "v4kw8") == ids


def test_the_last_word_is_also_a_prefix(feed):
    word = unique_word()
    ids = post_all(feed, [f"{word}"])
    for length in range(6, len(word) + 1):
        assert ids[0] in feed.ids("/search", query=word[:length]), word[:length]


def test_a_word_before_the_last_is_no_prefix(feed):
    word = unique_word()
    post_all(feed, [word])
    assert found(feed, word[:8]) == []


# Order


def test_newest_come_first_among_equals(feed):
    word = unique_word()
    ids = post_all(feed, [f"{word} {number}" for number in range(10)])
    assert feed.ids("/search", query=word) == ids[::-1]


def test_all_words_come_before_some(feed):
    one, two, three = (unique_word() for _ in range(3))
    all_words, some, one_word = post_all(feed, [f"{one} {two} {three}", f"{two} {three}", f"{three} only"])
    found_ids = feed.ids("/search", query=f"{one} {two} {three}")
    assert found_ids[0] == all_words
    assert sorted(found_ids[1:]) == sorted([some, one_word])


def test_exact_comes_before_typo_before_prefix(feed):
    word = unique_word(10)
    exact, typo, prefix = post_all(feed, [word, swapped(word, 4), word + "andmore"])
    assert feed.ids("/search", query=word) == [exact, typo, prefix]
    prefix2, typo2, exact2 = post_all(feed, [word + "andmore", swapped(word, 4), word])
    assert feed.ids("/search", query=word) == [exact2, exact, typo2, typo, prefix2, prefix]


def test_of_those_with_some_words_the_rare_one_comes_first(feed):
    rare, common = unique_word(), unique_word()
    id, *others = post_all(feed, [rare] + [f"{common} {number}" for number in range(10)])
    assert feed.ids("/search", query=f"{common} {rare} {unique_word(20)}") == [id] + others[::-1]


def test_all_words_with_a_typo_come_before_some_words_exactly(feed):
    one, two = unique_word(), unique_word()
    both, single = post_all(feed, [f"{swapped(one, 3)} {two}", one])
    assert feed.ids("/search", query=f"{one} {two}") == [both, single]


def test_a_repeated_word_counts_once(feed):
    word, other = unique_word(), unique_word()
    both, repeated = post_all(feed, [f"{word} {other}", f"{word} {word} {word}"])
    assert feed.ids("/search", query=f"{word} {word} {other}") == [both, repeated]


# highlight=1


def highlighted(meow):
    """The highlighted parts of the body, by code points."""
    return [meow["body"][start:start + length] for start, length in meow["highlight"]]


def test_without_highlight_there_is_no_such_member(feed):
    word = unique_word()
    post_all(feed, [word])
    assert "highlight" not in feed.page("/search", query=word)[0]


def test_highlights_count_code_points_of_the_escaped_body(feed):
    word = unique_word()
    body = f"\U0001F63A\U0001F63A <b> é {word.upper()} & {word}! {unique_word()}"
    post_all(feed, [body])
    meow, = feed.page("/search", query=word, highlight=1)
    assert highlighted(meow) == [word.upper(), word]
    start = len("\U0001F63A\U0001F63A &lt;b&gt; é ")
    assert meow["highlight"][0] == [start, len(word)]


def test_highlights_cover_typos_prefixes_and_accents(feed):
    word = unique_word(9)
    post_all(feed, [f"{word}é {swapped(word, 3)}e {word}emore {unique_word()}"])
    meow, = feed.page("/search", query=f"{word}e", highlight=1)
    assert highlighted(meow) == [f"{word}é", f"{swapped(word, 3)}e", f"{word}emore"]
    assert [fold(part) for part in highlighted(meow)][0] == f"{word}e"


def test_highlights_end_where_a_character_ends(feed):
    post_all(feed, [f"{unique_word()} 👍🏽 \U0001F468\u200d\U0001F469\u200d\U0001F467!"])
    meow = feed.page("/search", query="👍 \U0001F469", take=1, highlight=1)[0]
    assert highlighted(meow) == ["👍🏽", "\U0001F468\u200d\U0001F469\u200d\U0001F467"]


def test_highlights_cover_joined_and_split_words_whole(feed):
    one, two = unique_word(8), unique_word(8)
    post_all(feed, [f"{one}-{two} or {one}{two}"])
    for query in (one + two, f"{one} {two}"):
        meow = feed.page("/search", query=query, take=1, highlight=1)[0]
        assert highlighted(meow)[-1] == one + two
        assert highlighted(meow)[0] == (f"{one}-{two}" if query == one + two else one)


def test_highlights_are_in_order_and_do_not_overlap(feed):
    one, two = unique_word(), unique_word()
    post_all(feed, [f"{two} x {one} {two},{one}"])
    meow, = feed.page("/search", query=f"{one} {two}", highlight=1)
    assert highlighted(meow) == [two, one, two, one]
    assert meow["highlight"] == sorted(meow["highlight"])


def test_highlight_leaves_the_order_and_the_other_members_alone(feed):
    word = unique_word()
    post_all(feed, [f"{word} {number}" for number in range(5)])
    plain = feed.page("/search", query=word)
    marked = feed.page("/search", query=word, highlight=1)
    assert [{name: value for name, value in meow.items() if name != "highlight"} for meow in marked] == plain


# Changes


def test_a_deleted_meow_is_not_found(server, feed):
    word = unique_word()
    kept, deleted = post_all(feed, [f"{word} kept", f"{word} deleted"])
    assert feed.delete(deleted, server.token).status_code == 204
    assert eventually(lambda: feed.ids("/search", query=word) == [kept])


def test_a_search_that_waited_for_a_deletions_cursor_does_not_find_it(server, feed):
    word = unique_word()
    id, = post_all(feed, [word])
    assert feed.delete(id, server.token).status_code == 204
    assert feed.ids("/search", cursor=feed.now(), query=word) == []
