"""What is known of a feed without reading its meows: how many there are, and how far it is."""

import asyncio

import meower
import meower.aio
import pytest

def test_a_count_is_of_all_that_a_list_has(m):
    first = m.post("first", labels={"room": "garden"})
    m.post_many([f"meow {number}" for number in range(1500)])
    assert m.count() == 1501
    assert m.count(since_id=first.id) == 1500
    assert m.count(max_id=first.id) == 0
    assert m.count(labels={"room": ["garden", "kitchen"]}) == 1
    assert m.count(labels={"room": "nowhere"}) == 0
    m.delete(first.id)
    assert m.count() == 1500
    with pytest.raises(meower.InvalidError):
        m.count(since_id="no id")


def test_the_head_is_the_last_event(m):
    assert m.head().position == 0
    posted = m.post("one")
    assert m.head() == meower.Head(position=1, cursor=posted.cursor)


def test_counts_and_heads_on_asyncio():
    async def run():
        async with meower.aio.open() as feed:
            posted = await feed.post("one", labels={"room": "garden"})
            assert await feed.count(labels={"room": "garden"}) == 1
            assert await feed.count() == 1
            assert await feed.head() == meower.Head(position=1, cursor=posted.cursor)

    asyncio.run(run())
