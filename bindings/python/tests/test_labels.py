"""Labels of meows: given with posts, carried by whatever the feed gives, and filters of lists."""

import asyncio
import copy
import dataclasses
import json
import pickle

import meower
import pytest
from meower._batches import CHUNK

SEVERAL = {"room": "garden", "tag": ["naps", "cats"]}
CARRIED = {"room": "garden", "tag": ("cats", "naps")}

WRONG_TYPES = [
    "room", ["room"], 7, {"room": 7}, {"room": None}, {"room": [7]}, {"room": b"garden"}, {b"room": "garden"}, {7: "garden"},
]
WRONG = [
    ({"Room": "garden"}, "the key of the label \"Room=garden\""),
    ({"room": ""}, "the value of the label \"room=\""),
    ({"room": "a\0b"}, "the value of the label"),
    ({"room": "x" * 129}, "the value of the label"),
    ({"tag": [str(number) for number in range(17)]}, "16 at most"),
]


@pytest.fixture
def labels(m):
    """Of a meow that the feed gives."""
    return m.get(m.post("hello", labels=SEVERAL).id).labels


def on_asyncio(main, **options):
    async def run():
        async with meower.aio.open(**options) as m:
            return await main(m)

    return asyncio.run(run())


# ---- what a meow carries


def test_a_meow_carries_what_was_posted_with_it_wherever_the_feed_gives_it(m):
    with m.subscribe() as events:
        posted = m.post("hello", labels=SEVERAL)
        event = next(events)
    found = m.search("hello", cursor=posted.cursor).page()
    for meow in (m.get(posted.id), m.list().page()[0], next(iter(m.list())), found[0], event.meow):
        assert meow.labels == CARRIED
    assert json.loads(event.json)["labels"] == {"room": "garden", "tag": ["cats", "naps"]}


def test_a_meow_without_labels_has_none(m):
    for none in ({}, None, {"tag": []}):
        assert m.get(m.post("hello", labels=none).id).labels == {}
    assert meower.Meow(id="0" * 27, body="hello", created_at_us=0).labels == {}


def test_values_come_from_any_iterable(m):
    for values in (("a", "b"), {"a", "b"}, iter("ab"), (value for value in "ab")):
        assert m.get(m.post("hello", labels={"tag": values}).id).labels == {"tag": ("a", "b")}


def test_the_labels_of_a_meow_may_be_given_again(m, labels):
    assert m.get(m.post("again", labels=labels).id).labels == labels


def test_values_may_have_any_character_that_a_body_may_have(m):
    value = "Zoë's <garden> & \"🐈\" =/%"
    assert m.get(m.post("hello", labels={"room": value}).id).labels["room"] == value


def test_a_key_stands_for_the_labels_too(m):
    first = m.post("hello", labels={"room": "a"}, key="k")
    assert m.post("hello", labels={"room": "a"}, key="k").id == first.id
    with pytest.raises(meower.ConflictError):
        m.post("hello", labels={"room": "b"}, key="k")


# ---- as a value


def test_labels_cannot_be_changed(labels):
    before = dict(labels)
    for change in (
        lambda: labels.__setitem__("room", "x"), lambda: labels.__delitem__("room"), lambda: labels.__ior__({"room": "x"}),
        labels.clear, lambda: labels.pop("room"), labels.popitem, lambda: labels.setdefault("other", "x"),
        lambda: labels.update(room="x"), lambda: labels.__setattr__("x", "x"),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    assert labels == before


def test_labels_have_a_hash_and_survive_copies_and_pickles(labels):
    for other in (copy.copy(labels), copy.deepcopy(labels), pickle.loads(pickle.dumps(labels)), meower.Labels(CARRIED)):
        assert other == labels and hash(other) == hash(labels) and isinstance(other, meower.Labels)


def test_a_meow_with_labels_is_a_value(m):
    meow = m.get(m.post("hello", labels=SEVERAL).id)
    for other in (copy.deepcopy(meow), pickle.loads(pickle.dumps(meow))):
        assert other == meow and hash(other) == hash(meow)
    assert meow != dataclasses.replace(meow, labels=meower.Labels())


def test_the_json_of_labels_is_that_of_the_feed(m):
    meow = m.get(m.post("hello", labels=SEVERAL).id)
    given = json.loads(m.list().page().json)[0]
    assert json.loads(json.dumps(dataclasses.asdict(meow)))["labels"] == given["labels"]


def test_all_values_of_a_key_are_a_tuple(labels):
    assert [labels.getall(key) for key in ("room", "tag", "author")] == [("garden",), ("cats", "naps"), ()]


# ---- many posts


def test_many_posts_may_have_the_same_labels_or_each_its_own(m):
    m.post_many(["one", "two"], labels=SEVERAL)
    m.post_many(["three", "four"], labels=({"room": text} if text == "four" else None for text in ("three", "four")))
    m.post_many(["five"], labels={})
    carried = {meow.text: meow.labels for meow in m.list()}
    assert carried == {"one": CARRIED, "two": CARRIED, "three": {}, "four": {"room": "four"}, "five": {}}


def test_each_of_very_many_posts_gets_its_own(m):
    count = 2 * CHUNK + 7
    numbers = [str(number) for number in range(count)]
    m.post_many(numbers, labels=[{"number": number} for number in numbers])
    on_asyncio_too = on_asyncio(lambda feed: post_and_list(feed, numbers))
    for meows in (list(m.list()), on_asyncio_too):
        assert [(meow.text, meow.labels["number"]) for meow in reversed(meows)] == [(each, each) for each in numbers]


async def post_and_list(m, numbers):
    await m.post_many(numbers, labels=[{"number": number} for number in numbers])
    return [meow async for meow in m.list()]


def test_as_many_labels_as_posts_are_wanted(m):
    with pytest.raises(ValueError, match="labels for 1 posts, and 2 posts"):
        m.post_many(["one", "two"], labels=[None])
    assert not m.list()


def test_one_of_many_with_wrong_labels_does_not_hold_back_the_others(m):
    outcomes = m.post_many(["one", "two", "three"], labels=[SEVERAL, {"Room": "x"}, None], return_errors=True)
    assert [type(outcome) for outcome in outcomes] == [meower.Posted, meower.InvalidError, meower.Posted]
    assert str(outcomes[1]).startswith("the key of the label")
    assert {meow.text: meow.labels for meow in m.list()} == {"one": CARRIED, "three": {}}


def test_tasks_that_post_in_one_turn_have_each_its_own():
    async def main(m):
        await asyncio.gather(m.post("one"), m.post("two", labels=SEVERAL), m.post("three", labels={"room": "c"}, key="k"))
        return {meow.text: meow.labels async for meow in m.list()}

    assert on_asyncio(main) == {"one": {}, "two": CARRIED, "three": {"room": "c"}}


def test_labels_of_posts_whose_tasks_were_cancelled_reach_the_library():
    """A chunk that waits for room in the queue outlives them."""

    async def main(m):
        for start in range(0, 4000, 100):
            tasks = [asyncio.ensure_future(m.post(f"{n}", labels={"n": [f"{n} a", f"{n} b"]})) for n in range(start, start + 100)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            del tasks, task
            _ = [bytearray(b"x" * 64) for _ in range(200)]  # into the memory that was given back
        await m.post("last", labels={"n": ["last a", "last b"]})
        return {meow.text: meow.labels async for meow in m.list()}

    stored = on_asyncio(main, queue_max=8)
    assert len(stored) > 40
    assert stored == {text: {"n": (f"{text} a", f"{text} b")} for text in stored}


# ---- filters


def test_a_list_by_labels_has_what_carries_them(m):
    m.post_many("abcd", labels=[{"room": "x", "author": "tom"}, {"room": "y", "author": "tom"}, {"room": "x"}, None])
    wanted = {
        ("ca",): {"room": "x"}, ("cba",): {"room": ["x", "y"]}, ("a",): {"room": ["x", "z"], "author": "tom"}, ("",): {"tag": "x"},
        ("dcba",): {},
    }
    for (texts,), labels in wanted.items():
        assert "".join(meow.text for meow in m.list(labels=labels)) == texts


def test_a_filter_holds_on_every_page_and_in_every_iteration(m):
    m.post_many(map(str, range(30)), labels=[{"room": "xy"[number % 2]} for number in range(30)])
    listing = m.list(labels={"room": iter(["x"])}, page_size=4)
    for _ in range(2):
        assert [meow.text for meow in listing] == [str(number) for number in range(28, -1, -2)]
    assert not m.list(labels={"room": "z"}) and listing


def test_a_search_by_labels_finds_what_carries_them(m):
    texts = [f"cats {number}" for number in range(30)]
    cursor = m.post_many(texts, labels=[{"room": "xy"[number % 2]} for number in range(30)])[-1].cursor
    found = m.search("cats", labels={"room": iter(["x", "z"])}, cursor=cursor, page_size=4)
    for _ in range(2):
        assert [meow.text for meow in found] == texts[-2::-2]
    assert not m.search("cats", labels={"room": "z"}) and not m.search("dogs", labels={"room": "x"})


def test_a_search_by_labels_on_asyncio_too():
    async def main(m):
        posted = await m.post_many(["one cat", "two cats"], labels=[None, SEVERAL])
        return [meow.text async for meow in m.search("cats", labels={"tag": "naps"}, cursor=posted[-1].cursor)]

    assert on_asyncio(main) == ["two cats"]


def test_a_filter_without_a_value_is_refused_for_it_would_let_all_through(m):
    with pytest.raises(meower.InvalidError, match="'room' must have a value"):
        m.list(labels={"room": []})
    with pytest.raises(meower.InvalidError, match="'room' must have a value"):
        m.search("cats", labels={"room": []})


def test_a_meow_of_ones_own_has_labels_too():
    own = meower.Meow(id="x", body="y", created_at_us=0, labels={"tag": ["naps", "cats"], "room": ["garden"], "none": []})
    assert own.labels == {"room": "garden", "tag": ("cats", "naps")}
    assert own.labels.getall("room") == ("garden",)
    assert hash(own) == hash(dataclasses.replace(own, labels={"room": "garden", "tag": ("cats", "naps")}))


# ---- what is wrong


def test_what_cannot_be_encoded_is_named(m):
    with pytest.raises(meower.InvalidError, match="'room'='.udc00'"):
        m.post("x", labels={"room": "\udc00"})
    with pytest.raises(TypeError, match="'room' must be str or an iterable of str, not bytes"):
        m.post("x", labels={"room": b"garden"})


@pytest.mark.parametrize("wrong", WRONG_TYPES, ids=repr)
def test_labels_of_a_wrong_type_are_refused_before_anything_is_posted(m, wrong):
    for call in (lambda: m.post("x", labels=wrong), lambda: m.list(labels=wrong), lambda: m.post_many("x", labels=[wrong])):
        with pytest.raises(TypeError, match=r"label|labels"):
            call()
    assert not m.list()


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=lambda value: repr(value)[:20])
def test_wrong_labels_are_refused_in_the_words_of_the_library(m, wrong, words):
    for call in (
        lambda: m.post("x", labels=wrong), lambda: m.post_many("xy", labels=wrong), lambda: list(m.list(labels=wrong)),
        lambda: list(m.search("x", labels=wrong)),
        lambda: on_asyncio(lambda feed: feed.post("x", labels=wrong)),
        lambda: on_asyncio(lambda feed: feed.list(labels=wrong).page()),
    ):
        with pytest.raises(meower.InvalidError, match=words):
            call()
    assert not m.list()


def test_a_label_twice_is_refused_in_a_post_and_once_enough_in_a_filter(m):
    with pytest.raises(meower.InvalidError, match="is there twice"):
        m.post("x", labels={"tag": ["a", "a"]})
    m.post("x", labels={"tag": "a"})
    assert len(list(m.list(labels={"tag": ["a", "a"]}))) == 1
