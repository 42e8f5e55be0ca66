"""POST /meows."""

import datetime
import json
import urllib.parse

import pytest

from feed import ID_FORM, TIME_FORM, assert_problem, eventually, in_threads, unique_word
from wire import Connection, request_bytes

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def stored_body(feed, response):
    """The body of the meow that a POST has made."""
    assert response.status_code == 200, f"{response.status_code} {response.content[:300]!r}"
    return feed.get(f"/meows/{response.json()['id']}").json()["body"]


def post_raw_query(feed, host, query):
    """Posts with a query string that is sent as it stands."""
    return feed.exchange(request_bytes(host, "POST", f"/meows?{query}", ["Content-Length: 0"]))


def test_body_in_the_query_string_answers_the_id(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", params={"body": f"hello {word}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert list(response.json()) == ["id"]
    assert ID_FORM.match(response.json()["id"])
    assert stored_body(feed, response) == f"hello {word}"


def test_body_in_a_form_is_stored(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", data={"body": f"a form & {word}"})
    assert stored_body(feed, response) == f"a form &amp; {word}"


def test_body_in_json_is_stored(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", json={"body": f"json {word}"})
    assert stored_body(feed, response) == f"json {word}"


def test_json_with_a_charset_and_other_members_is_stored(feed):
    word = unique_word()
    document = json.dumps({"more": [1, {"body": "not this"}], "body": word})
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = feed.request("POST", "/meows", data=document, headers=headers)
    assert stored_body(feed, response) == word


def test_json_escapes_are_decoded(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", data=f'{{"body":"\\ud83d\\ude3a \\u00e9 \\n {word}"}}', headers=JSON)
    assert stored_body(feed, response) == f"\U0001F63A é \n {word}"


def test_plus_and_percent_encoding_are_decoded_in_the_query_string(feed, host):
    word = unique_word()
    assert stored_body(feed, post_raw_query(feed, host, f"body={word}+a%2Bb%20%C3%A9")) == f"{word} a+b é"


def test_plus_and_percent_encoding_are_decoded_in_a_form(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", data=f"other=1&body={word}+a%2Bb%20%C3%A9", headers=FORM)
    assert stored_body(feed, response) == f"{word} a+b é"


def test_answer_has_location_and_cursor(feed):
    response = feed.request("POST", "/meows", params={"body": unique_word()})
    location = urllib.parse.urljoin(response.url, response.headers["Location"])
    assert feed.get(location).json()["id"] == response.json()["id"]
    assert response.headers["Meower-Cursor"]


def test_created_at_is_the_time_of_the_post_in_utc_with_microseconds(feed):
    before = datetime.datetime.now(datetime.timezone.utc)
    meow = feed.get(f"/meows/{feed.post(unique_word()).id}").json()
    after = datetime.datetime.now(datetime.timezone.utc)
    assert TIME_FORM.match(meow["created_at"])
    created_at = datetime.datetime.fromisoformat(meow["created_at"].replace("Z", "+00:00"))
    margin = datetime.timedelta(seconds=1)
    assert before - margin <= created_at <= after + margin


def test_html_is_escaped_as_in_the_original(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", params={"body": f"<b>\"{word}\" & 'you'</b>"})
    assert stored_body(feed, response) == f"&lt;b&gt;&#34;{word}&#34; &amp; &#39;you&#39;&lt;/b&gt;"


def test_an_entity_is_text_and_is_escaped_again(feed):
    response = feed.request("POST", "/meows", params={"body": "&amp;"})
    assert stored_body(feed, response) == "&amp;amp;"


CHARACTERS = {"1-byte": "a", "2-byte": "é", "3-byte": "猫", "4-byte": "\U0001F63A", "escaped": "<"}


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_140_code_points_are_accepted(feed, character):
    response = feed.request("POST", "/meows", params={"body": character * 140})
    assert stored_body(feed, response) == character.replace("<", "&lt;") * 140


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_141_code_points_are_refused(feed, character):
    assert_problem(feed.request("POST", "/meows", params={"body": character * 141}), 400, "Invalid body")
    assert_problem(feed.request("POST", "/meows", data={"body": character * 141}), 400, "Invalid body")
    assert_problem(feed.request("POST", "/meows", json={"body": character * 141}), 400, "Invalid body")


def test_newline_and_tab_are_kept(feed):
    word = unique_word()
    response = feed.request("POST", "/meows", params={"body": f"a\tb\n{word}"})
    assert stored_body(feed, response) == f"a\tb\n{word}"


def test_text_is_stored_as_it_is_without_normalisation(feed):
    for start in ("e\u0301", "\u00e9", "\u202Eabc\u2028", "\\\"\\u0041/", " ", "\ufeff"):
        body = start + unique_word()
        response = feed.request("POST", "/meows", params={"body": body})
        assert stored_body(feed, response) == body.replace('"', "&#34;")


@pytest.mark.parametrize("query", ["", "?", "?body", "?body=", "?other=1", "?Body=hello", "?body=&other=1"])
def test_missing_or_empty_body_is_refused(feed, query):
    assert_problem(feed.request("POST", "/meows" + query), 400, "Invalid body")


@pytest.mark.parametrize("form", ["", "body=", "other=1", "body"])
def test_form_without_a_body_is_refused(feed, form):
    assert_problem(feed.request("POST", "/meows", data=form, headers=FORM), 400, "Invalid body")


INVALID_UTF8 = {
    "lone-continuation": "%80",
    "lone-lead": "%C3",
    "overlong-slash": "%C0%AF",
    "overlong-nul": "%C0%80",
    "surrogate": "%ED%A0%80",
    "above-U+10FFFF": "%F4%90%80%80",
    "never-a-byte": "%FF",
    "cut-off": "ok%F0%9F%98",
}


@pytest.mark.parametrize("encoded", INVALID_UTF8.values(), ids=INVALID_UTF8)
def test_invalid_utf8_is_refused(feed, host, encoded):
    assert_problem(post_raw_query(feed, host, f"body=cat{encoded}"), 400, "Invalid body")
    assert_problem(feed.request("POST", "/meows", data=f"body=cat{encoded}", headers=FORM), 400, "Invalid body")
    raw = b'{"body":"cat' + urllib.parse.unquote_to_bytes(encoded) + b'"}'
    assert_problem(feed.request("POST", "/meows", data=raw, headers=JSON), 400)
    assert feed.is_serving()


@pytest.mark.parametrize("encoded", ["%00", "%01", "%07", "%08", "%0B", "%0C", "%0D", "%1B", "%1F", "%7F", "%C2%80",
                                     "%C2%85", "%C2%9F"])
def test_control_characters_are_refused(feed, host, encoded):
    assert_problem(post_raw_query(feed, host, f"body=cat{encoded}cat"), 400, "Invalid body")
    assert_problem(feed.request("POST", "/meows", data=f"body=cat{encoded}cat", headers=FORM), 400, "Invalid body")


@pytest.mark.parametrize("query", ["body=%", "body=cat%", "body=cat%4", "body=%zz", "body=%u0041", "body=%G0cat",
                                   "body=cat%4&other=1"])
def test_broken_percent_encoding_is_refused(feed, host, query):
    assert_problem(post_raw_query(feed, host, query), 400)
    assert_problem(feed.request("POST", "/meows", data=query, headers=FORM), 400)
    assert feed.is_serving()


BROKEN_JSON = {
    "empty": b"",
    "blank": b"  ",
    "cut-off": b'{"body":"cat',
    "no-object": b'"cat"',
    "array": b'["cat"]',
    "null": b"null",
    "body-number": b'{"body":1}',
    "body-null": b'{"body":null}',
    "body-object": b'{"body":{"body":"cat"}}',
    "no-body": b'{"text":"cat"}',
    "empty-body": b'{"body":""}',
    "trailing-garbage": b'{"body":"cat"} x',
    "second-object": b'{"body":"cat"}{"body":"dog"}',
    "trailing-comma": b'{"body":"cat",}',
    "single-quotes": b"{'body':'cat'}",
    "lone-surrogate": b'{"body":"\\ud83d"}',
    "swapped-surrogates": b'{"body":"\\ude3a\\ud83d"}',
    "escaped-nul": b'{"body":"cat\\u0000cat"}',
    "escaped-bell": b'{"body":"cat\\u0007"}',
    "raw-newline": b'{"body":"cat\ncat"}',
    "bad-escape": b'{"body":"\\x41"}',
    "deep": b'{"body":' + b"[" * 5000,
    "form-in-json": b"body=cat",
}


@pytest.mark.parametrize("document", BROKEN_JSON.values(), ids=BROKEN_JSON)
def test_broken_json_is_refused(feed, document):
    assert_problem(feed.request("POST", "/meows", data=document, headers=JSON), 400)
    assert feed.is_serving()


@pytest.mark.parametrize("content_type", ["text/xml", "application/octet-stream", "", "nonsense",
                                          "multipart/form-data"])
def test_content_of_another_type_is_refused(feed, content_type):
    response = feed.request("POST", "/meows", data=b"<body>cat</body>", headers={"Content-Type": content_type})
    assert_problem(response, (400, 415))
    assert feed.is_serving()


def test_ids_are_strictly_increasing(feed):
    ids = [feed.post(f"number {number} {unique_word()}").id for number in range(100)]
    assert ids == sorted(set(ids))


def test_a_meow_is_listed_as_soon_as_its_post_is_answered(feed):
    for _ in range(50):
        posted = feed.post(unique_word())
        assert feed.ids("/meows", take=1) == [posted.id]
        assert feed.get(f"/meows/{posted.id}").status_code == 200


# Idempotency-Key


def test_same_key_and_body_give_the_same_id_stored_once(feed):
    word, key = unique_word(), unique_word()
    cursor = feed.now()
    first = feed.post(word, key)
    assert [feed.post(word, key).id for _ in range(3)] == [first.id] * 3
    assert [meow["id"] for meow in feed.page("/meows", take=100) if meow["body"] == word] == [first.id]
    last = feed.post(unique_word())
    with feed.subscribe(cursor) as socket:
        events = socket.events_until(lambda event: event["id"] == last.id)
    assert [event["id"] for event in events] == [first.id, last.id]


def test_same_key_and_another_body_is_422(feed):
    key = unique_word()
    first = feed.post(unique_word(), key)
    response = feed.request("POST", "/meows", params={"body": unique_word()}, headers={"Idempotency-Key": key})
    assert_problem(response, 422)
    assert feed.ids("/meows", take=1) == [first.id]


def test_a_replay_answers_like_the_first_time(feed):
    word, key = unique_word(), unique_word()
    answers = [feed.request("POST", "/meows", params={"body": word}, headers={"Idempotency-Key": key})
               for _ in range(2)]
    for member in ("Location", "Meower-Cursor"):
        assert answers[0].headers[member] == answers[1].headers[member]


def test_a_key_counts_the_body_however_it_came(feed):
    word, key = f"a & b {unique_word()}", unique_word()
    headers = {"Idempotency-Key": key}
    answers = [feed.request("POST", "/meows", headers=headers, **arguments)
               for arguments in ({"params": {"body": word}}, {"data": {"body": word}}, {"json": {"body": word}})]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_different_keys_store_the_same_body_twice(feed):
    word = unique_word()
    assert feed.post(word, unique_word()).id != feed.post(word, unique_word()).id


def test_concurrent_posts_with_one_key_store_one_meow(feed):
    """On 64 connections: all are answered with its id, and it is one event."""
    start, word, key = feed.now(), unique_word(), unique_word()
    ids = in_threads(64, lambda _: [feed.post(word, key).id for _ in range(4)])
    stored = {id for per_thread in ids for id in per_thread}
    assert len(stored) == 1
    assert [meow["id"] for meow in feed.page("/meows", take=1000) if meow["body"] == word] == list(stored)
    last = feed.post(unique_word())
    with feed.subscribe(start) as socket:
        events = socket.events_until(lambda event: event["id"] == last.id)
    assert [event["id"] for event in events] == [*stored, last.id]


def test_concurrent_posts_of_different_bodies_with_one_key_store_one_meow(feed):
    key, words = unique_word(), [unique_word() for _ in range(16)]

    def post(number):
        return feed.request("POST", "/meows", params={"body": words[number]}, headers={"Idempotency-Key": key})

    answers = in_threads(16, post)
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 15
    assert len([meow for meow in feed.page("/meows", take=1000) if meow["body"] in words]) == 1


def test_a_refused_body_does_not_use_up_its_key(feed):
    key = unique_word()
    response = feed.request("POST", "/meows", params={"body": "x" * 141}, headers={"Idempotency-Key": key})
    assert_problem(response, 400, "Invalid body")
    assert feed.post(unique_word(), key).id


def test_a_key_of_255_bytes_is_accepted_and_a_longer_one_refused(feed):
    assert feed.post(unique_word(), unique_word(255)).id
    response = feed.request("POST", "/meows", params={"body": "cat"}, headers={"Idempotency-Key": unique_word(256)})
    assert_problem(response, 400)


def test_a_key_ends_where_it_ends(server, feed, host):
    """The key of the request before it on the connection was a longer one that begins like it."""
    key, words, ids = unique_word(40), [unique_word(), unique_word()], []
    with Connection(server.base_url) as connection:
        for word, own_key in zip(words, (key, key[:20])):
            connection.send(request_bytes(host, "POST", f"/meows?body={word}",
                                          ["Content-Length: 0", f"Idempotency-Key: {own_key}"]))
            ids.append(connection.read_response("POST").json()["id"])
    assert [feed.post(words[0], key).id, feed.post(words[1], key[:20]).id] == ids


@pytest.mark.direct_only
def test_a_key_after_a_post_without_one_belongs_to_its_own_post(server, feed, host):
    """The server takes the posts that arrive together as one batch. Here several connections post at once."""
    keys = [None if number % 3 == 0 else unique_word(5 + number) for number in range(48)]
    words = [unique_word() for _ in keys]
    connections = [Connection(server.base_url) for _ in keys]
    for connection, word, key in zip(connections, words, keys):
        fields = ["Content-Length: 0"] + ([] if key is None else [f"Idempotency-Key: {key}"])
        connection.send(request_bytes(host, "POST", f"/meows?body={word}", fields))
    ids = [connection.read_response("POST").json()["id"] for connection in connections]
    for connection in connections:
        connection.close()
    for id, word, key in zip(ids, words, keys):
        assert feed.get(f"/meows/{id}").json()["body"] == word
        if key is not None:
            assert feed.post(word, key).id == id
            assert_problem(feed.request("POST", "/meows", params={"body": unique_word()},
                                        headers={"Idempotency-Key": key}), 422)


def test_the_originals_page_posts_and_finds_its_meow(feed):
    """axios.post('/meows', null, {params: {body}}) and, at a key stroke, axios.get('/search', {params: {query}})."""
    word = unique_word()
    headers = {"Accept": "application/json, text/plain, */*", "Origin": "http://localhost:8081",
               "Content-Type": "application/x-www-form-urlencoded"}
    response = feed.request("POST", f"/meows?body=What%27s+happening,+{word}%3F", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "http://localhost:8081")
    id = response.json()["id"]
    timeline = feed.request("GET", "/meows", headers={"Accept": "application/json, text/plain, */*"}).json()
    assert timeline[0]["id"] == id
    assert timeline[0]["body"] == f"What&#39;s happening, {word}?"
    assert eventually(lambda: feed.ids("/search", query=word) == [id])
