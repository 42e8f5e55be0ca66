"""Following a part of the feed: what carries some labels, and what a standing search matches."""

import asyncio
import contextlib
import select

import meower
import pytest

ROOMS = ["garden", "roof"]


def fill(m, count=20):
    m.post_many((f"{'cats' if n % 3 else 'dogs'} {n}" for n in range(count)), labels=[{"room": ROOMS[n % 2]} for n in range(count)])


def texts(events):
    return [event.meow.text for event in events if event.meow is not None]


FILTERS = [
    ({"labels": {"room": "roof"}}, [n for n in range(20) if n % 2]),
    ({"labels": {"room": ROOMS}}, list(range(20))),
    ({"labels": {"room": "cellar"}}, []),
    ({"query": "dgos"}, [n for n in range(20) if n % 3 == 0]),
    ({"query": "cats", "labels": {"room": "roof"}}, [n for n in range(20) if n % 2 and n % 3]),
]


@pytest.mark.parametrize(("filter", "wanted"), FILTERS, ids=str)
def test_what_passes_comes_and_nothing_else(m, filter, wanted):
    with m.subscribe(timeout=0.2, **filter) as live:
        fill(m)
        backlog = m.subscribe(meower.CURSOR_START, timeout=0.2, **filter)
        for events in (live, backlog):
            assert texts(events) == [f"{'cats' if n % 3 else 'dogs'} {n}" for n in wanted]


@pytest.mark.parametrize(("filter", "wanted"), FILTERS, ids=str)
def test_on_asyncio_too(filter, wanted):
    async def main():
        async with meower.aio.open() as m:
            async with m.subscribe(**filter) as events:
                await m.post_many(
                    (f"{'cats' if n % 3 else 'dogs'} {n}" for n in range(20)), labels=[{"room": ROOMS[n % 2]} for n in range(20)]
                )
                seen = []
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.3):
                        async for event in events:
                            seen.append(int(event.meow.text[5:]))
                return seen

    assert asyncio.run(main()) == wanted


def test_deletions_come_whatever_the_filter(m):
    ids = [posted.id for posted in m.post_many(["one", "two"], labels=[{"room": "roof"}, None])]
    with m.subscribe(labels={"room": "roof"}, query="one", timeout=0.2) as events:
        for each in ids:
            m.delete(each)
        assert [(event.kind, event.id) for event in events] == [("deleted", each) for each in ids]


def test_the_cursor_moves_on_while_nothing_matches_and_is_good_for_any_filter(m):
    with m.subscribe(labels={"room": "cellar"}) as events:
        fill(m)
        assert events.wait(0.1) is None
        last = m.list().page().cursor
        assert events.cursor == last
    m.post("next", labels={"room": "roof"})
    with m.subscribe(events.cursor, labels={"room": "roof"}, timeout=0.2) as events:
        assert texts(events) == ["next"]


def test_the_cursor_moves_on_asyncio_too():
    async def main():
        async with meower.aio.open() as m, m.subscribe(query="never") as events:
            posted = await m.post("something else")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await anext(events)
            return events.cursor == posted.cursor

    assert asyncio.run(main())


def test_a_wait_ends_in_its_time_however_much_there_is_that_does_not_match(m):
    fill(m, 5000)
    with m.subscribe(meower.CURSOR_START, query="never", timeout=0) as events:
        assert events.wait(0) is None
        assert select.select([events], [], [], 0)[0], "there is more to look at"
        while select.select([events], [], [], 0)[0]:
            assert events.wait(0) is None
        m.post("never say never")
        assert events.wait(5).meow.text == "never say never"


def test_arguments_are_checked(m):
    for wrong in ({"query": 7}, {"query": b"cats"}, {"labels": "room"}, {"labels": {"room": 7}}):
        with pytest.raises(TypeError, match=r"query|label"):
            m.subscribe(**wrong)
    for wrong in ({"query": ""}, {"query": "..."}, {"labels": {"Room": "x"}}, {"labels": {"room": []}}):
        with pytest.raises(meower.InvalidError):
            m.subscribe(**wrong)
