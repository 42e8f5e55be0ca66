"""Labels on POST /meows, and where they are seen."""

import json

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
