"""Labels on POST /meows, where they are seen, and lists and searches of them."""

import json
import re

import pytest

from feed import assert_problem, unique_word

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def stored(feed, response):
    """The meow that a POST has made."""
    assert response.status_code == 200, f"{response.status_code} {response.content[:300]!r}"
    return feed.get(f"/meows/{response.json()['id']}").json()


def test_labels_in_json_are_shown_in_order(feed):
    content = {"body": unique_word(), "labels": {"tag": ["naps", "cats"], "author": "tom"}}
    response = feed.request("POST", "/meows", data=json.dumps(content), headers=JSON)
    meow = stored(feed, response)
    assert list(meow) == ["id", "body", "created_at", "labels"]
    assert list(meow["labels"].items()) == [("author", "tom"), ("tag", ["cats", "naps"])]
    assert meow in feed.get("/meows").json()


@pytest.mark.parametrize("query, content", [
    ("body={}&label.room=the+garden&label.tag=%F0%9F%90%B1", None),
    ("", "body={}&label.room=the+garden&label.tag=%F0%9F%90%B1"),
    ("label.room=the+garden", "body={}&label.tag=%F0%9F%90%B1"),
])
def test_labels_in_query_and_form_are_stored(feed, query, content):
    word = unique_word()
    data = None if content is None else content.format(word)
    response = feed.request("POST", f"/meows?{query.format(word)}", data=data, headers=FORM if data else {})
    assert stored(feed, response)["labels"] == {"room": "the garden", "tag": "🐱"}


def test_a_meow_without_labels_is_what_it_was(feed):
    response = feed.request("POST", "/meows", params={"body": unique_word()})
    assert list(stored(feed, response)) == ["id", "body", "created_at"]


@pytest.mark.parametrize("query", [
    "label.Room=a", "label.=a", "label.room=", "label.tag=a&label.tag=a", "label.tag=%FF",
    "&".join(f"label.tag={number}" for number in range(17)),
])
def test_wrong_labels_are_refused_and_nothing_is_stored(feed, query):
    word = unique_word()
    response = feed.request("POST", f"/meows?body={word}&{query}")
    assert_problem(response, 400, "Invalid labels")
    assert all(meow["body"] != word for meow in feed.get("/meows").json())


@pytest.mark.parametrize(("query", "words"), [
    ("&".join(f"label.tag={number}" for number in range(17)), "more than 16 labels"),
    ("label.room=" + 2000 * "x", 'the value of the label "room" is too long'),
    ("label.Room=" + 2000 * "x", "the value of a label is too long"),
])
def test_the_label_that_is_wrong_is_named(feed, query, words):
    for response in (feed.request("POST", "/meows", data=f"body=x&{query}", headers=FORM), feed.get(f"/meows?{query}"),
                     feed.get(f"/search?query=x&{query}")):
        assert_problem(response, 400, "Invalid labels")
        assert words in response.json()["detail"]


def test_two_labels_in_json_are_told_from_one_that_is_no_object(feed):
    for labels, words in (('"labels":{},"labels":{}', "there twice"), ('"labels":null', "must be an object")):
        response = feed.request("POST", "/meows", data=f'{{"body":"x",{labels}}}', headers=JSON)
        assert_problem(response, 400, "Invalid labels")
        assert words in response.json()["detail"]


@pytest.mark.parametrize("labels", [[], None, "tag", {"tag": 1}, {"tag": ["a", None]}, {"tag": {"a": "b"}}])
def test_json_labels_that_are_no_object_of_texts_are_refused(feed, labels):
    response = feed.request("POST", "/meows", data=json.dumps({"body": unique_word(), "labels": labels}), headers=JSON)
    assert_problem(response, 400, "Invalid labels")


def test_an_idempotency_key_stands_for_the_labels_too(feed):
    word = unique_word()
    key = {"Idempotency-Key": f"key-{word}"}
    first = feed.request("POST", f"/meows?body={word}&label.tag=a&label.room=b", headers=key)
    again = feed.request("POST", f"/meows?body={word}&label.room=b&label.tag=a", headers=key)
    other = feed.request("POST", f"/meows?body={word}&label.tag=a", headers=key)
    assert again.json() == first.json()
    assert other.status_code == 422


def post(feed, word, query):
    assert feed.request("POST", f"/meows?body={word}&{query}").status_code == 200


def bodies(response):
    assert response.status_code == 200, response.content[:300]
    return [meow["body"] for meow in response.json()]


@pytest.fixture
def room(feed):
    """A room of its own with five meows, of which two are by tom and one is by tim; beside it meows without labels."""
    name = unique_word()
    for number, author in enumerate(["tom", "ann", "tim", "ann", "tom"]):
        post(feed, f"m{number}", f"label.room={name}&label.author={author}")
        post(feed, unique_word(), "")
    return name


def test_a_list_has_only_what_carries_the_labels(feed, room):
    assert bodies(feed.get(f"/meows?label.room={room}")) == ["m4", "m3", "m2", "m1", "m0"]
    assert bodies(feed.get(f"/meows?label.room={room}&label.author=tom&label.author=tim")) == ["m4", "m2", "m0"]
    assert bodies(feed.get(f"/meows?label.room={room}&label.author=nobody")) == []
    assert bodies(feed.get(f"/meows?label.room={room}&skip=1&take=2")) == ["m3", "m2"]


def test_links_lead_through_the_pages_of_a_filter(feed, room):
    seen, address = [], f"/meows?label.room={room}&label.room=a+b%26c&take=2"
    while True:
        response = feed.get(address)
        page = bodies(response)
        if not page:
            break
        seen += page
        address = re.search(r'<([^>]+)>; rel="next"', response.headers["Link"]).group(1)
        assert "label.room=a%20b%26c" in address
    assert seen == ["m4", "m3", "m2", "m1", "m0"]


def test_a_page_without_a_filter_has_links_without_one(feed, room):
    feed.get(f"/meows?label.room={room}")
    assert "label" not in feed.get("/meows?take=1").headers["Link"]


@pytest.fixture
def word(feed):
    """A word of six meows, of which two are by tom, one is by tim, and the last one has no labels."""
    text = unique_word()
    for number, author in enumerate(["tom", "ann", "tim", "ann", "tom"]):
        post(feed, f"{text}+m{number}", f"label.author={author}&label.room=the+garden")
    posted = feed.request("POST", f"/meows?body={text}+m5")
    feed.get("/search", cursor=posted.headers["Meower-Cursor"], query=text)
    return text


def found(response):
    """What the meows of an answer say besides the word."""
    return [body.split()[1] for body in bodies(response)]


def test_a_search_finds_only_what_carries_the_labels(feed, word):
    address = f"/search?query={word}"
    assert found(feed.get(address)) == ["m5", "m4", "m3", "m2", "m1", "m0"]
    assert found(feed.get(f"{address}&label.author=tom")) == ["m4", "m0"]
    assert found(feed.get(f"{address}&label.author=tom&label.author=tim")) == ["m4", "m2", "m0"]
    assert found(feed.get(f"{address}&label.author=tom&label.room=the%20garden")) == ["m4", "m0"]
    assert found(feed.get(f"{address}&label.author=tom&label.author=tom")) == ["m4", "m0"]
    assert found(feed.get(f"{address}&label.author=nobody")) == []
    assert found(feed.get(f"{address}&label.room=the+garden&skip=1&take=2")) == ["m3", "m2"]


def test_a_search_has_the_tag_of_its_filter(feed, word):
    tags = {feed.get(f"/search?query={word}{labels}").headers["ETag"]
            for labels in ["", "&label.author=tom", "&label.author=tim"]}
    assert len(tags) == 3


@pytest.mark.parametrize("address", ["/meows?", "/search?query=meow&"])
@pytest.mark.parametrize("query, detail", [
    ("label.Room=a", 'the key of the label "Room=a"'), ("label.=a", 'the key of the label "=a"'),
    ("label.room=", 'the value of the label "room="'), ("label.tag=%FF", ""),
    ("&".join(f"label.tag={number}" for number in range(17)), "16"),
])
def test_a_wrong_filter_is_refused(feed, address, query, detail):
    response = feed.get(address + query)
    assert_problem(response, 400, "Invalid labels")
    assert detail in response.json()["detail"]


def test_a_search_that_is_wrong_otherwise_does_not_blame_its_labels(feed):
    response = feed.get("/search?query=meow&label.room=garden&skip=10001")
    assert response.status_code == 400
    assert response.json()["error"] != "Invalid labels"
