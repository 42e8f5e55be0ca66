"""Copies and pickles of what the library gave: data is equal to its origin, what is open refuses with a way out."""

import asyncio
import copy
import dataclasses
import gc
import pickle

import meower
import pytest
from meower._instance import Handle, Instance
from meower.subscription import follow_of

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a list": lambda each: copy.deepcopy([each])[0],
    **{f"pickle {number}": lambda each, number=number: pickle.loads(pickle.dumps(each, number)) for number in range(6)},
}


@pytest.fixture(params=["list", "search", "empty"])
def page(request, m):
    cursor = m.post_many(["the cat & the cät", "a dog", "cats"])[-1].cursor
    return {
        "list": m.list(page_size=2),
        "search": m.search("cat", cursor=cursor, highlight=True),
        "empty": m.list(max_id="0" * 27),
    }[request.param].page()


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_page_tells_the_same(page, how):
    other = how(page)
    assert other == page and hash(other) == hash(page) and isinstance(other, meower.Page)
    assert list(reversed(other)) == list(reversed(page)) == page[::-1]
    assert (list(other), other[:1], len(other), other.json) == (list(page), page[:1], len(page), page.json)
    for name in ("cursor", "has_older", "has_newer", "is_fallback"):
        assert getattr(other, name) == getattr(page, name)
    assert [other.highlights(index) for index in range(len(page))] == [page.highlights(index) for index in range(len(page))]
    assert (repr(other), other._repr_html_()) == (repr(page), page._repr_html_())
    for wrong in (len(page), -1 - len(page)):
        with pytest.raises(IndexError):
            other[wrong]
        with pytest.raises(IndexError):
            other.highlights(wrong)
    assert how(other) == page


def test_a_copy_of_a_page_needs_no_memory_of_its_own(page):
    other = pickle.loads(pickle.dumps(page))
    for each in (page, other):
        assert copy.copy(each) is each and copy.deepcopy([each])[0] is each


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_either_outlives_the_other_and_the_feed(how):
    with meower.open() as m:
        m.post("hello")
        page = m.list().page()
        other = how(page)
    del m, page
    gc.collect()
    assert other[0].text == "hello"
    del other
    gc.collect()


def test_a_pickled_page_keeps_what_a_feed_that_does_not_escape_gave():
    with meower.open(escape_html=False) as m:
        m.post("a &lt; b")
        assert pickle.loads(pickle.dumps(m.list().page()))[0].text == "a &lt; b"


def test_pages_that_tell_the_same_are_equal(m):
    m.post_many(["one", "two"])
    assert m.list().page() == m.list().page() and len({m.list().page(), m.list().page()}) == 1
    assert m.list().page() != m.list(page_size=1).page()
    assert m.list(take=1).page() != m.list(take=1, skip=1).page()
    page = m.list().page()
    assert page != list(page)
    m.post("three")
    assert page != m.list(skip=1).page()  # of a later position


def test_a_search_with_highlights_is_another_page(m):
    cursor = m.post("the cat").cursor
    plain, marked = (m.search("cat", highlight=highlight, cursor=cursor).page() for highlight in (False, True))
    assert list(plain) == list(marked) and plain != marked


def test_a_page_is_made_by_a_feed_alone():
    for arguments in ((), (1, True), (None, True)):
        with pytest.raises(TypeError):
            meower.Page(*arguments)


def test_a_page_that_was_released_by_hand_is_gone(m):
    m.post("hello")
    page = m.list().page()
    page.__del__()
    page.__del__()
    with pytest.raises(AttributeError):
        page[0]


def test_a_page_within_a_dataclass_becomes_part_of_the_dictionary(m):
    @dataclasses.dataclass
    class Shown:
        page: meower.Page

    m.post("hello")
    page = m.list().page()
    assert dataclasses.asdict(Shown(page)) == {"page": page}


def opened(m):
    """What of a feed is open, and a word of what to do instead."""
    return [(m, "open one"), (m.subscribe(), "subscribe"), (m.subscribe()._handle, "handle"), (m._instance, "instance")]


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_what_is_open_refuses_and_goes_on(m, how):
    for each, instead in opened(m):
        with pytest.raises(TypeError, match=instead):
            how(each)
    gc.collect()
    with m.subscribe() as events:
        m.post("hello")
        assert next(events).meow.text == "hello"


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_what_was_closed_refuses_too(m, how):
    everything = opened(m)
    m.close()
    for each, instead in everything:
        with pytest.raises(TypeError, match=instead):
            how(each)


@pytest.mark.parametrize("how", COPIES.values(), ids=COPIES)
def test_what_is_open_on_asyncio_refuses_and_goes_on(how):
    async def main():
        async with meower.aio.open() as m, m.subscribe() as events:
            for each, instead in ((m, "open one"), (events, "subscribe")):
                with pytest.raises(TypeError, match=instead):
                    how(each)
            gc.collect()
            await m.post("hello")
            assert (await anext(events)).meow.text == "hello"

    asyncio.run(main())


def test_a_subclass_refuses_too(m):
    class Mine(meower.Subscription):
        pass

    with Mine(m, m._instance, follow_of(None, None, None), 1) as events, pytest.raises(TypeError, match="subscribe"):
        copy.copy(events)


def test_every_owner_of_a_pointer_refuses():
    def all_below(kind):
        return {kind}.union(*map(all_below, kind.__subclasses__()))

    owners = {meower.Feed, meower.Subscription, meower.aio.AsyncFeed, meower.aio.AsyncSubscription, Instance, *all_below(Handle)}
    for owner in owners:
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            owner.__new__(owner).__reduce_ex__(4)


def test_a_copy_of_a_listing_is_itself_and_its_pickle_is_refused(m):
    for listing in (m.list(), m.search("cat")):
        assert copy.copy(listing) is listing and copy.deepcopy([listing]) == [listing]
        with pytest.raises(TypeError, match=r"page\(\)"):
            pickle.dumps(listing)


def test_a_listing_of_asyncio_does_the_same():
    async def main():
        async with meower.aio.open() as m:
            listing = m.list()
            assert copy.copy(listing) is listing and copy.deepcopy(listing) is listing
            with pytest.raises(TypeError, match=r"page\(\)"):
                pickle.dumps(listing)

    asyncio.run(main())


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pages_and_meows_go_through_a_pool(script, method):
    assert script(f"""
        import meower, multiprocessing, pickle

        def texts(page):
            return [meow.text for meow in page], page

        def main():
            with meower.open() as m:
                m.post_many(["one", "two", "three"])
                pages = list(m.list(page_size=2).pages())
                with multiprocessing.get_context({method!r}).Pool(2) as pool:
                    answers = pool.map(texts, pages)
                    print([words for words, _ in answers], [page for _, page in answers] == pages)
                    print(pool.map(str.upper, [meow.text for meow in pool.map(max_of, pages)]))
                    for each in (m, m.list(), m.subscribe()):
                        try:
                            pool.map(repr, [each])
                        except TypeError as error:
                            print("cannot be" in str(error))

        def max_of(page):
            return page[0]

        if __name__ == "__main__":
            main()
    """) == "[['three', 'two'], ['one']] True\n['THREE', 'ONE']\nTrue\nTrue\nTrue\n"
