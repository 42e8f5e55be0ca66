"""Listing and searching."""

import gc
import json

import meower
import pytest


@pytest.fixture
def ten(m):
    m.ids = [posted.id for posted in m.post_many(f"meow {number}" for number in range(10))]
    return m


def numbers(meows):
    return [int(meow.text.split()[1]) for meow in meows]


def test_a_listing_goes_through_all_pages_newest_first(ten):
    assert numbers(ten.list(page_size=3)) == list(range(9, -1, -1))


def test_a_listing_fetches_only_as_far_as_it_is_iterated(ten):
    iterator = iter(ten.list(page_size=3))
    assert numbers([next(iterator)]) == [9]
    ten.delete(ten.ids[8])  # on the page that was fetched
    ten.delete(ten.ids[5])  # on the next one
    assert numbers(iterator) == [8, 7, 6, 4, 3, 2, 1, 0]


def test_a_listing_asks_anew_each_time(ten):
    listing = ten.list(page_size=3)
    assert len(list(listing)) == 10
    ten.post("meow 10")
    assert len(list(listing)) == 11


@pytest.mark.parametrize("take", [0, 1, 3, 4, 10, 11])
def test_take_limits_a_listing(ten, take):
    assert numbers(ten.list(take=take, page_size=3)) == list(range(9, -1, -1))[:take]


def test_skip_leaves_out_the_newest(ten):
    assert numbers(ten.list(skip=8)) == [1, 0]


def test_max_id_gives_older_ones(ten):
    assert numbers(ten.list(max_id=ten.ids[3], page_size=2)) == [2, 1, 0]


def test_since_id_is_a_floor(ten):
    assert numbers(ten.list(since_id=ten.ids[3], page_size=4)) == [9, 8, 7, 6, 5, 4]


def test_pages_end_with_the_one_that_reaches_the_floor(ten):
    assert [len(page) for page in ten.list(since_id=ten.ids[3], page_size=2).pages()] == [2, 2, 2, 2]
    assert [len(page) for page in ten.list(since_id=ten.ids[4], page_size=2).pages()] == [2, 2, 2]


def test_min_id_goes_up_oldest_first(ten):
    assert numbers(ten.list(min_id=ten.ids[3], page_size=2)) == [4, 5, 6, 7, 8, 9]


def test_two_bounds_are_refused(ten):
    with pytest.raises(meower.InvalidError):
        ten.list(max_id=ten.ids[3], min_id=ten.ids[1]).page()


def test_pages_come_one_after_the_other(ten):
    assert [len(page) for page in ten.list(page_size=4).pages()] == [4, 4, 2]


def test_an_empty_feed_has_no_pages(m):
    assert (list(m.list().pages()), list(m.list()), len(m.list().page())) == ([], [], 0)


def test_a_page_is_a_sequence(ten):
    page = ten.list(page_size=4).page()
    assert numbers(page[1:3]) == [8, 7]
    assert numbers([page[-1]]) == [6]
    assert (page.has_older, page.has_newer, len(page)) == (True, False, 4)
    assert page[0] in page
    for index in (4, -5):
        with pytest.raises(IndexError):
            page[index]


def test_a_page_outlives_its_feed():
    with meower.open() as m:
        m.post("hello")
        page = m.list().page()
    del m
    gc.collect()
    assert page[0].text == "hello"


def test_a_page_as_json_is_that_of_the_http_api(ten):
    page = ten.list(page_size=2).page()
    parsed = json.loads(page.json)
    assert [each["id"] for each in parsed] == [meow.id for meow in page]
    assert list(parsed[0]) == ["id", "body", "created_at"]


def test_an_empty_page_is_an_empty_array(m):
    assert m.list().page().json == b"[]"


def test_a_cursor_waits_until_the_index_has_the_post(m):
    for number in range(50):
        posted = m.post(f"cat{number} sat")
        assert [meow.id for meow in m.search(f"cat{number}", cursor=posted.cursor, take=1)] == [posted.id]


def test_a_search_goes_through_all_pages(m):
    cursor = m.post_many(f"cat {number}" for number in range(25))[-1].cursor
    assert numbers(m.search("cat", page_size=10, cursor=cursor)) == list(range(24, -1, -1))
    assert [len(page) for page in m.search("cat", page_size=10).pages()] == [10, 10, 5]
    assert numbers(m.search("cat", skip=20, take=3)) == [4, 3, 2]


def test_highlights_say_where_the_words_stand(m):
    posted = m.post("the cät sat")
    page = m.search("cat", highlight=True, cursor=posted.cursor).page()
    assert page.highlights(0) == [(4, 3)]
    assert m.search("cat").page().highlights(0) == []
    with pytest.raises(IndexError):
        page.highlights(1)


def test_a_cursor_that_does_not_come_is_a_timeout():
    with meower.open(wait_max_ms=50) as m:
        epoch, position = m.post("hello").cursor.split("-")
        with pytest.raises(meower.TimedOutError):
            m.list(cursor=f"{epoch}-{int(position) + 1}").page()


@pytest.mark.parametrize("arguments", [{"page_size": 1001}, {"page_size": -1}, {"skip": -1}])
def test_numbers_out_of_range_are_refused(m, arguments):
    with pytest.raises(ValueError):
        m.list(**arguments)
    with pytest.raises(ValueError):
        m.search("cat", **arguments)


@pytest.mark.parametrize("take", [0, 1, 3, 4, 10, 11])
def test_take_limits_pages(ten, take):
    ten.search("meow", cursor=ten.post("last").cursor).page()
    for listing in (ten.list(take=take, page_size=3, skip=1), ten.search("meow", take=take, page_size=3)):
        assert numbers(listing.page()) == list(range(9, -1, -1))[: min(take, 3)]
        assert [meow for page in listing.pages() for meow in page] == list(listing)
        assert numbers(listing) == list(range(9, -1, -1))[:take]


def test_take_limits_pages_that_go_up(ten):
    pages = ten.list(min_id=ten.ids[0], take=5, page_size=2).pages()
    assert [numbers(page) for page in pages] == [[2, 1], [4, 3], [5]]


def pages_asked_for(listing):
    """The lengths of the pages that the library will have been asked for."""
    lengths = []
    ask = listing._ask

    def ask_and_note(request):
        page = ask(request)
        lengths.append(len(page))
        return page

    listing._ask = ask_and_note
    return lengths


def test_no_more_is_asked_for_than_take(ten):
    listing = ten.list(take=5, page_size=2)
    asked = pages_asked_for(listing)
    assert len(list(listing)) == 5
    assert asked == [2, 2, 1]


def test_a_listing_is_true_when_there_is_a_meow(ten):
    cursor = ten.post("the cat").cursor
    newest = ten.list().page()[0].id
    assert ten.list() and ten.search("cat", cursor=cursor) and ten.list(min_id=ten.ids[8])
    assert not ten.list(since_id=newest) and not ten.list(take=0) and not ten.search("nothing like it")


def test_the_truth_of_a_listing_is_that_of_now(m):
    listing = m.list()
    assert not listing
    m.post("hello")
    assert listing


def test_the_truth_of_a_listing_costs_one_meow(ten):
    listing = ten.list()
    asked = pages_asked_for(listing)
    assert listing
    assert asked == [1]


def test_a_listing_has_no_length_for_list_would_ask_for_it(ten):
    with pytest.raises(TypeError, match="has no len"):
        len(ten.list())
