"""GET /meows: pages by skip and take, pages by id, Link, ETag, Meower-Cursor."""

import re
import urllib.parse

import pytest

from feed import (LARGEST_ID, SMALLEST_ID, TIME_FORM, UNKNOWN_ID, assert_problem, far_ahead, in_threads, links,
                  unique_word)
from wire import Connection, request_bytes


@pytest.fixture
def posted(feed):
    """Ten meows of the test's own, oldest first."""
    return [feed.post(f"{number} {unique_word()}").id for number in range(10)]


# Order and members


def test_newest_comes_first(feed, posted):
    assert feed.ids("/meows", take=10) == posted[::-1]


def test_ids_descend_bytewise(feed, posted):
    ids = feed.ids("/meows", take=1000)
    assert [id.encode() for id in ids] == sorted((id.encode() for id in ids), reverse=True)


def test_a_meow_has_the_originals_members_in_their_order(feed, posted):
    response = feed.get("/meows", take=3)
    assert response.headers["Content-Type"].startswith("application/json")
    for meow in response.json():
        assert list(meow) == ["id", "body", "created_at"]
        assert TIME_FORM.match(meow["created_at"])


def test_an_empty_page_is_an_empty_array(feed):
    response = feed.get("/meows", max_id=SMALLEST_ID)
    assert response.status_code == 200
    assert response.text.strip() == "[]"


# skip and take


def test_100_meows_are_listed_by_default(feed):
    ids = [feed.post(f"{number} {unique_word()}").id for number in range(105)]
    assert feed.ids("/meows") == ids[:4:-1]
    assert feed.ids("/meows?skip=&take=") == ids[:4:-1]


def test_skip_and_take_cut_a_page_out(feed, posted):
    newest_first = posted[::-1]
    assert feed.ids("/meows", skip=0, take=4) == newest_first[:4]
    assert feed.ids("/meows", skip=3, take=4) == newest_first[3:7]
    assert feed.ids("/meows", skip=9, take=1) == newest_first[9:]


def test_take_0_is_an_empty_array(feed, posted):
    assert feed.page("/meows", take=0) == []


def test_skip_past_the_end_is_an_empty_array(feed, posted):
    assert feed.page("/meows", skip=10_000_000) == []


def test_1000_meows_can_be_taken_and_not_more(feed, posted):
    assert feed.ids("/meows", take=1000)[:10] == posted[::-1]
    assert_problem(feed.get("/meows", take=1001), 400, "Invalid take parameter")


NOT_A_NUMBER = ["-1", "-0", "+1", "1.5", "1e3", "0x10", "abc", "1a", " 1", "1 ", "١", "99999999999999999999999",
                "18446744073709551616", "-9223372036854775808", "NaN", "null", "1,2", "%", "1%00"]


@pytest.mark.parametrize("value", NOT_A_NUMBER)
@pytest.mark.parametrize("name", ["skip", "take"])
def test_skip_and_take_that_are_no_number_are_refused(feed, name, value):
    encoded = value if "%" in value else urllib.parse.quote(value)
    response = feed.get_raw(f"/meows?{name}={encoded}")
    assert_problem(response, 400, None if "%" in value else f"Invalid {name} parameter")
    assert feed.is_serving()


@pytest.mark.parametrize("value", [2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_huge_skip_is_an_empty_page_or_refused(feed, value):
    response = feed.get("/meows", skip=value)
    if response.status_code == 200:
        assert response.json() == []
    else:
        assert_problem(response, 400, "Invalid skip parameter")


@pytest.mark.parametrize("value", [2**31, 2**32, 2**32 + 1, 2**63, 2**64 - 1])
def test_a_huge_take_is_refused(feed, value):
    assert_problem(feed.get("/meows", take=value), 400, "Invalid take parameter")


# Pages by id


def test_max_id_lists_what_is_older_exclusively(feed, posted):
    assert feed.ids("/meows", max_id=posted[5], take=3) == [posted[4], posted[3], posted[2]]


def test_since_id_is_a_floor_and_lists_the_newest(feed, posted):
    assert feed.ids("/meows", since_id=posted[5], take=3) == [posted[9], posted[8], posted[7]]
    assert feed.ids("/meows", since_id=posted[5]) == [posted[9], posted[8], posted[7], posted[6]]


def test_min_id_lists_the_page_just_above_newest_first(feed, posted):
    assert feed.ids("/meows", min_id=posted[2], take=3) == [posted[5], posted[4], posted[3]]


def test_bounds_at_the_ends_give_an_empty_array(feed, posted):
    assert feed.page("/meows", since_id=posted[-1]) == []
    assert feed.page("/meows", min_id=posted[-1]) == []
    assert feed.page("/meows", min_id=LARGEST_ID) == []
    assert feed.page("/meows", max_id=SMALLEST_ID) == []


def test_a_bound_need_not_be_the_id_of_a_meow(feed, posted):
    assert feed.ids("/meows", since_id=UNKNOWN_ID, take=10) == posted[::-1]
    assert feed.ids("/meows", max_id=LARGEST_ID, take=10) == posted[::-1]


@pytest.mark.parametrize("value", ["abc", "0" * 26, "0" * 28, "aWgEPTl1tmebfsQzFP4bxwgy80W",
                                   "0ujsswThIGTUYm2K8FjOOfXtY1!", "é" * 27, "z" * 27])
@pytest.mark.parametrize("name", ["max_id", "since_id", "min_id"])
def test_a_bound_that_is_no_id_is_refused(feed, name, value):
    assert_problem(feed.get_raw(f"/meows?{name}={urllib.parse.quote(value)}"), 400)


def test_take_is_bounded_on_pages_by_id_too(feed, posted):
    for name in ("max_id", "since_id", "min_id"):
        assert_problem(feed.get("/meows", **{name: posted[0]}, take=1001), 400, "Invalid take parameter")
        assert_problem(feed.get("/meows", **{name: posted[0]}, take="x"), 400, "Invalid take parameter")


# Link


def test_every_page_links_to_the_next_and_the_previous(feed, posted):
    for params in ({"take": 3}, {"skip": 2, "take": 3}, {"max_id": posted[6], "take": 3},
                   {"since_id": posted[2], "take": 3}, {"min_id": posted[2], "take": 3}):
        response = feed.get("/meows", **params)
        assert set(links(response)) >= {"next", "prev"}, f"{params}: Link: {response.headers.get('Link')}"


def test_a_link_is_written_as_rfc_8288_says(feed, posted):
    for link in re.split(r",\s*(?=<)", feed.get("/meows", max_id=posted[6], take=3).headers["Link"]):
        assert re.match(r'^<[^<>"\s]+>\s*;\s*rel="?(next|prev)"?$', link)


def test_next_and_previous_pages_touch_without_overlap(feed, posted):
    response = feed.get("/meows", max_id=posted[7], take=3)
    assert [meow["id"] for meow in response.json()] == [posted[6], posted[5], posted[4]]
    assert feed.ids(links(response)["next"]) == [posted[3], posted[2], posted[1]]
    assert feed.ids(links(response)["prev"]) == [posted[9], posted[8], posted[7]]


def test_walking_next_covers_every_meow_exactly_once(feed, posted):
    expected = [meow["id"] for meow in feed.everything()]
    pages = feed.walk(feed.get("/meows", take=7), "next")
    assert [id for page in pages for id in page] == expected


def test_walking_previous_covers_every_meow_exactly_once(feed, posted):
    expected = [meow["id"] for meow in feed.everything()]
    pages = feed.walk(feed.get("/meows", min_id=SMALLEST_ID, take=7), "prev")
    assert [id for page in reversed(pages) for id in page] == expected


def test_a_walk_is_not_disturbed_by_posts_in_between(feed, posted):
    first = feed.get("/meows", take=4)
    walked = [meow["id"] for meow in first.json()]
    response = first
    while len(walked) < 10:
        feed.post(unique_word())
        response = feed.get(links(response)["next"])
        walked += [meow["id"] for meow in response.json()]
    assert walked[:10] == posted[::-1]


def test_previous_of_the_newest_page_finds_what_was_posted_since(feed, posted):
    response = feed.get("/meows", take=5)
    newer = [feed.post(unique_word()).id for _ in range(3)]
    assert feed.ids(links(response)["prev"]) == newer[::-1]


# ETag


def test_an_unchanged_page_is_304_without_content(feed, posted):
    for params in ({"take": 5}, {"max_id": posted[5], "take": 3}, {"skip": 1, "take": 3}):
        first = feed.get("/meows", **params)
        assert re.match(r'^(W/)?"[^"]*"$', first.headers["ETag"])
        second = feed.get("/meows", etag=first.headers["ETag"], **params)
        assert second.status_code == 304
        assert second.content == b""
        assert second.headers["ETag"] == first.headers["ETag"]
        assert second.headers["Meower-Cursor"]


def test_a_304_leaves_the_connection_usable(server, feed, posted):
    etag = feed.get("/meows", take=5).headers["ETag"]
    with Connection(server.base_url) as connection:
        for _ in range(3):
            connection.send(request_bytes(connection.host, "GET", "/meows?take=5", [f"If-None-Match: {etag}"]))
            assert connection.read_response().status_code == 304
        connection.send(request_bytes(connection.host, "GET", "/meows?take=5"))
        assert connection.read_response().status_code == 200


def test_a_new_meow_changes_the_etag(feed, posted):
    etag = feed.get("/meows", take=5).headers["ETag"]
    id = feed.post(unique_word()).id
    response = feed.get("/meows", etag=etag, take=5)
    assert response.status_code == 200
    assert response.json()[0]["id"] == id
    assert response.headers["ETag"] != etag


def test_if_none_match_takes_a_list_a_weak_tag_and_a_star(feed, posted):
    etag = feed.get("/meows", take=5).headers["ETag"]
    opaque = etag[2:] if etag.startswith("W/") else etag
    for value in (f'"other", {etag}', f"W/{opaque}", f'W/"x",W/{opaque} , "y"', "*"):
        assert feed.get("/meows", etag=value, take=5).status_code == 304, value
    for value in ('"other"', '"other", W/"another"', '""'):
        assert feed.get("/meows", etag=value, take=5).status_code == 200, value


@pytest.mark.direct_only  # NGINX answers 400 itself
def test_two_lines_of_if_none_match_are_no_error(feed, host, posted):
    """It is a list, and a list may stand in several lines (RFC 9110, section 5.3)."""
    right, other = f"If-None-Match: {feed.get('/meows', take=5).headers['ETag']}", 'If-None-Match: "other"'
    statuses = [feed.exchange(request_bytes(host, "GET", "/meows?take=5", lines)).status_code
                for lines in ([right, other], [other, right], [other, other])]
    assert statuses == [304, 304, 200]


def test_a_condition_does_not_reach_the_next_request(server, feed, posted):
    etag = feed.get("/meows", take=5).headers["ETag"]
    with Connection(server.base_url) as connection:
        for value, status in ((f'"{"x" * 100}"', 200), (etag, 304), (None, 200), ('"y"', 200)):
            lines = [] if value is None else [f"If-None-Match: {value}"]
            connection.send(request_bytes(connection.host, "GET", "/meows?take=5", lines))
            assert connection.read_response().status_code == status, value


# Meower-Cursor


def test_every_list_says_the_position_it_reflects(feed):
    posted = feed.post(unique_word())
    assert feed.get("/meows", take=1).headers["Meower-Cursor"] == posted.cursor
    assert feed.get("/meows", take=0).headers["Meower-Cursor"] == posted.cursor
    assert feed.get("/meows", max_id=SMALLEST_ID).headers["Meower-Cursor"] == posted.cursor


def test_a_page_answered_for_the_cursor_of_a_post_has_its_meow(feed):
    for _ in range(30):
        posted = feed.post(unique_word())
        assert posted.id in feed.ids("/meows", cursor=posted.cursor)


def test_a_cursor_of_the_past_is_answered_at_once(feed):
    cursor = feed.now()
    posted = feed.post(unique_word())
    assert feed.ids("/meows", cursor=cursor, take=1) == [posted.id]


def test_an_unreachable_cursor_is_504_and_delays_nobody(server, feed):
    id = feed.post(unique_word()).id
    ahead = far_ahead(feed.now())
    paths = ["/meows", f"/meows/{id}", f"/search?query={unique_word()}", "/meows?max_id=" + id]

    def pipeline():
        """Further requests on the connection of one that waits are answered after it."""
        with Connection(server.base_url) as connection:
            connection.send(request_bytes(connection.host, "GET", "/meows", [f"Meower-Cursor: {ahead}"]) +
                            request_bytes(connection.host, "GET", f"/meows/{id}") * 2)
            return [connection.read_response().status_code for _ in range(3)]

    def work(number):
        if number < 32:
            return feed.get(paths[number % len(paths)], cursor=ahead)
        if number == 32:
            return pipeline()
        return [feed.get("/meows", take=1).status_code for _ in range(20)]

    answers = in_threads(34, work)
    for response in answers[:32]:
        assert_problem(response, 504)
    assert answers[32] == [504, 200, 200]
    assert answers[33] == [200] * 20
    assert feed.is_serving()


def test_clients_gone_while_their_request_waits_harm_nobody(server, feed):
    ahead = far_ahead(feed.now())
    for path in ("/meows", "/search?query=cat", f"/meows/{UNKNOWN_ID}") * 10:
        connection = Connection(server.base_url)
        connection.send(request_bytes(connection.host, "GET", path, [f"Meower-Cursor: {ahead}"]))
        connection.reset()
    for _ in range(10):
        assert feed.is_serving()


def test_a_request_waits_for_a_cursor_that_becomes_visible(feed):
    """The next position is not there yet; the post that makes it arrives while the request waits."""
    cursor = feed.now()
    epoch, position = cursor.rsplit("-", 1)
    ahead = f"{epoch}-{int(position) + 1}"

    def work(number):
        return feed.post(unique_word()) if number else feed.get("/meows", cursor=ahead, take=5)

    response, posted = in_threads(2, work)
    assert response.status_code == 200
    assert posted.cursor == ahead
    assert posted.id in [meow["id"] for meow in response.json()]


@pytest.mark.parametrize("cursor", ["abc", "-", "1", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdef--1",
                                    "0123456789abcdef-01x", "0123456789abcdef-99999999999999999999999", "x" * 300],
                         ids=lambda cursor: cursor[:24])
def test_a_cursor_that_is_no_token_is_refused(feed, cursor):
    assert_problem(feed.get("/meows", cursor=cursor), 400)
    assert feed.is_serving()
