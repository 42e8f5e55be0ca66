"""The reckoning of contract.py beside every example of docs/SEARCH.md, and beside cases of the same kinds."""

import unicodedata

import pytest
from cases import CASES
from contract import Index, distance, parse, rank, weight
from words import split


def texts(text):
    """The words as one writes them: Hangul and voiced kana composed."""
    return [unicodedata.normalize("NFC", word.text) for word in split(text)]


def finds(query, *bodies):
    return len(rank(query, enumerate(bodies))) == len(bodies)


# Words


@pytest.mark.parametrize("text, words", [
    ("The cat, 9 lives!", "the cat 9 lives"),
    ("don't snake_case", "don t snake case"),
    ("donʼt donʹt donʿt", "don t don t don t"),
    ("Crème BRÛLÉE", "creme brulee"),
    ("Straße ﬁsh ＦＵＬＬ x²", "strasse fish full x2"),
    ("Łódź, Ærø, Þór, ışık", "lodz aero thor isik"),
    ("١٢٣ १२३", "123 123"),
    ("ٱلكتـــاب", "الكتاب"),
    ("یک", "يك"),
    ("हिन्दी हिंदी", "हिंदी हिंदी"),
    ("5 € + x", "5 € + x"),
    ("hi🐱🐱", "hi 🐱 🐱"),
    ("👍🏽 👨\u200d👩\u200d👧 ❤️", "👍 👨 👩 👧 ❤"),
    ("🇩🇰🇪🇪", "🇩🇰 🇪🇪"),
    ("🇩🇰🇪 🇪", "🇩🇰 🇪 🇪"),
    ("Meow™", "meow tm"),
    ("5㎏net", "5 kg net"),
    ("rock &amp; roll &lt;3", "rock roll < 3"),
    ("a&#39;b&#34;c&gt;", "a b c >"),
    ("soft\u00adhyphen zero\u200bwidth", "softhyphen zero width"),
    ("黒猫がいる", "黒 猫 が い る"),
    ("フォン", "フ ォ ン"),
    ("กรุงเทพ", "ก รุ ง เ ท พ"),
    ("대한민국", "대 한 민 국"),
    ("ㅋㅋ", "\u110f \u110f"),
    ("iPhone電話2台", "iphone 電 話 2 台"),
    ("?!", ""),
])
def test_a_text_is_cut_into_words(text, words):
    assert texts(text) == words.split()


@pytest.mark.parametrize("text, places", [
    ("The cat", [(0, 3), (4, 3)]),
    ("Straße ﬁsh", [(0, 6), (7, 3)]),
    ("e\u0301a b", [(0, 3), (4, 1)]),
    ("a &lt; b", [(0, 1), (2, 4), (7, 1)]),
    ("👍🏽 x", [(0, 2), (3, 1)]),
    ("🇩🇰🇪🇪", [(0, 2), (2, 2)]),
    ("กรุง", [(0, 1), (1, 2), (3, 1)]),
    ("Meow™", [(0, 4), (4, 1)]),
])
def test_a_word_has_its_place_in_the_text(text, places):
    assert [(word.start, word.length) for word in split(text)] == places


def test_a_word_is_cut_at_64_bytes():
    assert texts("a" * 70) == ["a" * 64]
    assert texts("x" + "б" * 40) == ["x" + "б" * 31]
    assert split("a" * 70)[0].length == 70


def test_marks_that_spell_stay_in_one_order():
    assert texts("ก\u0e48\u0e38") == texts("ก\u0e38\u0e48")


# Queries


def test_characters_side_by_side_are_one_run():
    assert [item.parts for item in parse("東京の猫 x 黒 猫")] == [("猫",), ("東", "京", "の", "猫"), ("x",), ("黒",)]


def test_the_last_and_the_first_31_others_count():
    words = [f"w{number}" for number in range(40)]
    query = " ".join(words[:5] + words)
    assert [item.parts[0] for item in parse(query)] == ["w39", *words[:31]]
    assert [item.is_last for item in parse(query)] == [True] + [False] * 31


# What matches


@pytest.mark.parametrize("query, body, found", [
    ("ox", "ox", True), ("ox", "of", False),
    ("mewo", "meow", True), ("cut", "cat", True), ("cut", "cuts", True), ("cut x", "cuts", True), ("cut x", "cats", False),
    ("kittne", "kitten", True), ("kittne x", "kittens", True), ("kotten", "kitten", True), ("mottin", "kitten", False),
    ("k", "kitten", True), ("kit", "kitten", True), ("kitten ", "kitten", True), ("kit ", "kitten", True),
    ("kitt dog", "kitten", False), ("dog kitt", "kitten", True),
    ("고야", "고양이", True),
    ("黒猫", "黒 猫", True), ("黒猫", "黒、猫", True), ("黒猫", "黒 x 猫", False), ("黒 猫", "猫と黒", True), ("고야", "고 양이", True),
    ("notebook", "note book", True), ("email", "e-mail", True), ("oreilly", "O&#39;Reilly", True), ("1299", "1,299", True),
    ("new york", "newyork", True), ("iphone 15 pro", "iPhone15Pro", True),
])
def test_the_examples_of_the_page_match(query, body, found):
    assert finds(query, body) == found


def test_the_first_letter_may_be_wrong_only_in_a_word_of_no_meow():
    assert finds("mitten", "kitten")
    assert rank("mitten", [(0, "kitten"), (1, "mitten")]) == [1]
    assert rank("mitten x", [(0, "kittens")]) == [], "the first letter is its one typo"
    assert rank("bat", [(0, "cat")]) == [], "of four letters or more"


@pytest.mark.parametrize("query, body, found", CASES)
def test_what_is_meant_is_found(query, body, found):
    meows = [(0, "nothing here"), (1, body), (2, "other things")]
    assert rank(query, meows) == ([1] if found else [])


def test_joined_words_have_the_quality_of_a_typo():
    assert rank("notebook", [(0, "notebook"), (1, "note book"), (2, "notebooks"), (3, "notebookkeeping")]) == [0, 2, 1, 3]


def test_swapped_letters_are_not_changed_once_more():
    assert [distance("ca", "abc"), distance("ca", "ac"), distance("kitten", "sitting")] == [3, 1, 3]


# Order


def test_the_example_of_the_page_is_in_its_order():
    bodies = ["black cat", "a cat that is black", "blakc cats", "black caterpillar", "black dog", "blakc dog",
              "caterpillar", "white dog"]
    assert rank("black cat", enumerate(bodies)) == [1, 0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("n, total, expected", [(4, 8, 1), (6, 8, 1), (5, 8, 1), (0, 0, 1), (8, 8, 1), (1, 3, 2),
                                                (0, 7, 6), (0, 8, 6), (99, 999_999, 26), (1, 2**40 - 1, 78)])
def test_the_weight_is_whole(n, total, expected):
    assert weight(n, total) == expected


def test_a_rare_word_weighs_more_than_common_ones():
    meows = [(0, "money cannot buy")] + [(number, f"the {number}") for number in range(1, 50)]
    assert rank("the money happiness", meows)[:2] == [0, 49]


def test_a_run_counts_as_its_rarest_character():
    meows = [(0, "黒猫"), (1, "cat")] + [(number, "黒い x") for number in range(2, 9)]
    searched = {one.characters: one.weights for one in
                map(Index(meows).searched, parse("黒猫 黒い 黒猫 cat")) if hasattr(one, "characters")}
    assert searched[("黒", "猫")][4] == weight(1, 9)
    assert searched[("黒", "い")][4] == weight(7, 9)


def test_a_typo_counts_the_word_itself_and_those_like_it():
    index = Index([(0, "kitten"), (1, "kitten"), (2, "kitte"), (3, "newyork"), *((n, "x") for n in range(4, 30))])
    kitten, = map(index.searched, parse("kitten"))
    assert kitten.weights == {4: weight(2, 30), 2: weight(3, 30), 1: weight(3, 30)}
    york, new = map(index.searched, parse("new york"))
    assert new.weights[2] == york.weights[2] == weight(1, 30)


def test_128_words_with_typos_are_tried():
    meows = [(number, f"kitten{chr(0x10D0 + number // 32)}{chr(0x10D0 + number % 32)}") for number in range(140)]
    assert rank("kitten x", meows) == list(range(139, -1, -1))[12:]
    assert rank("kitten x", [*meows, (200, meows[139][1])])[:2] == [200, 139], "the most frequent of them is tried"
