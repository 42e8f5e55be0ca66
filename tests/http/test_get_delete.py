"""GET and DELETE /meows/{id}."""

import json
import os

import pytest

from feed import Feed, UNKNOWN_ID, assert_problem, eventually, unique_word

MALFORMED_IDS = ["x", "0" * 26, "0" * 28, "aWgEPTl1tmebfsQzFP4bxwgy80W", "0ujsswThIGTUYm2K8FjOOfXtY1!", "%00" * 27,
                 "%C3%A9" * 13, "..%2F..%2Fetc%2Fpasswd", "0ujtsYcgvSTl8PAuAdqWYSMnLO%20", "'%20OR%201=1", "%FF"]


def test_a_meow_is_answered_as_listed(feed):
    id = feed.post(unique_word()).id
    response = feed.get(f"/meows/{id}")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json() == feed.page("/meows", take=1)[0]
    assert list(response.json()) == ["id", "body", "created_at"]


def test_an_unknown_id_is_404(feed):
    assert_problem(feed.get(f"/meows/{UNKNOWN_ID}"), 404)


@pytest.mark.parametrize("id", MALFORMED_IDS)
def test_a_malformed_id_is_refused(feed, id):
    assert_problem(feed.get(f"/meows/{id}"), (400, 404))
    assert feed.is_serving()


def test_an_unchanged_meow_is_304(feed):
    path = f"/meows/{feed.post(unique_word()).id}"
    first = feed.get(path)
    second = feed.get(path, etag=first.headers["ETag"])
    assert (second.status_code, second.content) == (304, b"")


def test_a_meow_is_answered_for_the_cursor_of_its_post(feed):
    for _ in range(20):
        posted = feed.post(unique_word())
        assert feed.get(f"/meows/{posted.id}", cursor=posted.cursor).status_code == 200


# DELETE


def test_a_deletion_answers_204_without_content(server, feed):
    response = feed.delete(feed.post(unique_word()).id, server.token)
    assert (response.status_code, response.content) == (204, b"")


def test_a_deleted_meow_is_gone_from_everywhere(server, feed):
    word = unique_word()
    posted = feed.post(f"secret {word}")
    page = feed.get("/meows")
    assert feed.ids("/search", cursor=posted.cursor, query=word) == [posted.id]
    assert feed.delete(posted.id, server.token).status_code == 204

    assert_problem(feed.get(f"/meows/{posted.id}"), 404)
    assert word not in feed.get("/meows", take=1000).text
    assert word not in feed.get("/meows", etag=page.headers["ETag"]).text
    assert feed.get("/meows", etag=page.headers["ETag"]).status_code == 200
    assert eventually(lambda: feed.page("/search", query=word) == [])
    assert eventually(lambda: feed.page("/search", query=word[:8]) == [])


def test_a_meow_between_others_is_deleted_alone(server, feed):
    ids = [feed.post(unique_word()).id for _ in range(5)]
    assert feed.delete(ids[2], server.token).status_code == 204
    assert feed.ids("/meows", take=4) == [ids[4], ids[3], ids[1], ids[0]]
    assert feed.ids("/meows", max_id=ids[2], take=2) == [ids[1], ids[0]]
    assert feed.ids("/meows", min_id=ids[2], take=2) == [ids[4], ids[3]]


def test_a_deletion_reaches_subscribers(server, feed):
    posted = feed.post(unique_word())
    with feed.subscribe("") as cursor_client, feed.subscribe() as plain_client:
        assert feed.delete(posted.id, server.token).status_code == 204
        for socket in (cursor_client, plain_client):
            event = socket.next_event()
            assert (event["kind"], event["id"]) == (2, posted.id)
            assert set(event) == {"kind", "id", "cursor"}


def test_a_replay_does_not_carry_a_deleted_text(server, feed):
    cursor, word = feed.now(), unique_word()
    posted = feed.post(word)
    assert feed.delete(posted.id, server.token).status_code == 204
    last = feed.post(unique_word())
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        events = socket.events_until(lambda event: event["id"] == last.id)
    assert word not in json.dumps(events)
    assert (2, posted.id) in [(event["kind"], event["id"]) for event in events]


@pytest.mark.parametrize("how", ["cursor", "last_event_id"])
def test_a_resumed_stream_does_not_carry_a_deleted_text(server, feed, how):
    cursor, word = feed.now(), unique_word()
    posted = feed.post(word)
    assert feed.delete(posted.id, server.token).status_code == 204
    last = feed.post(unique_word())
    with feed.events(**{how: cursor}) as stream:
        kind, _, sync = stream.next_event()
        assert (kind, sync["recovered"]) == ("sync", True)
        events = stream.events_until(lambda event: event[2]["id"] == last.id)
    assert word not in json.dumps(events)
    assert [(event[0], event[2]["id"]) for event in events] == [("deleted", posted.id), ("meow", last.id)]


def test_a_replay_after_a_restart_does_not_carry_a_deleted_text(server, feed):
    """Now it comes from the store, and not from what the pusher has kept."""
    cursor, word = feed.now(), unique_word()
    posted = feed.post(word)
    assert feed.delete(posted.id, server.token).status_code == 204
    last = feed.post(unique_word())
    server.restart()
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        events = socket.events_until(lambda event: event["id"] == last.id)
    assert word not in json.dumps(events)
    assert [(event["kind"], event["id"]) for event in events] == [(2, posted.id), (1, last.id)]


def test_no_cache_is_told_that_what_it_has_of_a_deleted_meow_is_current(server, feed):
    """Whatever page has shown it: asked for again with its entity tag, the answer is another one, without the text."""
    word, other = unique_word(), unique_word()
    posted = feed.post(f"{word} {other}")
    newer = feed.post(f"newer {other}")
    pages = {"list": ("/meows", {}), "get": (f"/meows/{posted.id}", {}), "older": ("/meows", {"max_id": newer.id}),
             "newer": ("/meows", {"since_id": posted.id, "take": 1}), "found": ("/search", {"query": other})}
    shown = {name: feed.get(path, cursor=newer.cursor, **params) for name, (path, params) in pages.items()}
    assert [name for name, page in shown.items() if word in page.text] == ["list", "get", "older", "found"]
    assert feed.delete(posted.id, server.token).status_code == 204
    for name, (path, params) in pages.items():
        again = feed.get(path, etag=shown[name].headers["ETag"], **params)
        assert word not in again.text
        if word in shown[name].text:
            assert again.status_code == (404 if name == "get" else 200), name


def test_a_search_just_after_a_deletion_is_not_what_a_cache_has(server, feed):
    """The index may not know of the deletion yet: what is found is another page all the same."""
    for _ in range(30):
        word = unique_word()
        posted = feed.post(word)
        found = feed.get("/search", cursor=posted.cursor, query=word)
        assert [meow["id"] for meow in found.json()] == [posted.id]
        assert feed.delete(posted.id, server.token).status_code == 204
        again = feed.get("/search", etag=found.headers["ETag"], query=word)
        assert (again.status_code, again.json()) == (200, [])


def test_deleting_twice_is_404(server, feed):
    id = feed.post(unique_word()).id
    assert feed.delete(id, server.token).status_code == 204
    assert_problem(feed.delete(id, server.token), 404)


def test_deleting_an_unknown_id_is_404(server, feed):
    assert_problem(feed.delete(UNKNOWN_ID, server.token), 404)


@pytest.mark.parametrize("id", MALFORMED_IDS)
def test_deleting_a_malformed_id_is_refused(server, feed, id):
    assert_problem(feed.delete(id, server.token), (400, 404))
    assert feed.is_serving()


def test_deleting_needs_a_token(feed):
    id = feed.post(unique_word()).id
    response = feed.delete(id)
    assert_problem(response, (401, 403))
    assert response.status_code == 403 or response.headers["WWW-Authenticate"]
    assert feed.get(f"/meows/{id}").status_code == 200


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Bearer", "Basic YTpi", "a-token-of-the-tests",
                                           "Bearer a-token-of-the-test", "Bearer a-token-of-the-testsx",
                                           "Bearer A-TOKEN-OF-THE-TESTS", "Bearer " + "x" * 4000],
                         ids=lambda authorization: authorization[:32])
def test_another_token_does_not_delete(feed, authorization):
    id = feed.post(unique_word()).id
    response = feed.request("DELETE", f"/meows/{id}", headers={"Authorization": authorization})
    assert_problem(response, (401, 403))
    assert feed.get(f"/meows/{id}").status_code == 200


@pytest.mark.embedded_only
def test_deleting_is_403_when_no_tokens_are_configured(new_server):
    server = new_server(settings={"token": None})
    server.start()
    feed = Feed(server)
    id = feed.post(unique_word()).id
    for token in (None, "", "anything", server.token):
        assert_problem(feed.delete(id, token), 403)
    assert feed.get(f"/meows/{id}").status_code == 200


def test_a_deleted_meow_stays_gone_after_a_restart(server, feed):
    word = unique_word()
    id = feed.post(word).id
    assert feed.delete(id, server.token).status_code == 204
    server.restart()
    assert_problem(feed.get(f"/meows/{id}"), 404)
    assert word not in feed.get("/meows", take=1000).text
    assert feed.page("/search", query=word, cursor=feed.now()) == []


@pytest.mark.embedded_only
def test_a_deleted_text_is_in_no_file_after_a_clean_stop(new_server):
    server = new_server()
    server.start()
    feed, word = Feed(server), unique_word(20)
    others = [unique_word(20) for _ in range(50)]
    ids = [feed.post(other).id for other in others[:25]]
    posted = feed.post(f"{word} was here")
    ids += [feed.post(other).id for other in others[25:]]
    assert feed.ids("/search", cursor=posted.cursor, query=word) == [posted.id]
    assert feed.delete(posted.id, server.token).status_code == 204
    assert feed.ids("/search", cursor=feed.now(), query=word) == []
    server.assert_is_sound()

    stored = b""
    for directory, _, names in os.walk(server.data_directory):
        for name in names:
            with open(os.path.join(directory, name), "rb") as file:
                stored += file.read()
    assert others[0].encode() in stored, "the data directory does not hold the texts at all"
    assert word.encode() not in stored
