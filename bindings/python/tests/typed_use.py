"""How a user's type checker sees the package: mypy --strict reads this file, nothing runs it."""

from typing import assert_type

import meower


def use() -> None:
    with meower.open(store="sqlite:feed.db", timeline_max=100, escape_html=False) as m:
        assert_type(m, meower.Feed)
        assert_type(m.post("hello", key="k", timeout=1), meower.Posted)
        assert_type(m.post_many(["hello"]), list[meower.Posted])
        assert_type(m.post_many(["hello"], return_errors=True), list[meower.Posted | meower.MeowerError])
        m.post("hello", labels={"room": "garden", "tag": ["cats", "naps"]})
        m.post("hello", labels=m.get("id").labels)
        m.post_many(["hello"], labels={"room": "garden"})
        m.post_many(["hello"], labels=[None, {"room": ("garden",)}])
        assert_type(m.get("id").labels, meower.Labels)
        assert_type(m.get("id").labels["room"], str | tuple[str, ...])
        assert_type(m.get("id").labels.getall("room"), tuple[str, ...])
        assert_type([meow.id for meow in m.list(labels={"room": {"garden", "roof"}})], list[str])
        assert_type(m.delete("id"), meower.Deleted)
        assert_type(m.get("id").text, str)
        assert_type([meow.id for meow in m.list(take=3)], list[str])
        assert_type(m.search("cat", labels={"room": ["garden", "roof"]}).page()[0], meower.Meow)
        assert_type(list(m.list().pages()), list[meower.Page])
        assert_type(m.list().page() == m.list().page(), bool)
        assert_type(m.search("cat").page()[:2], list[meower.Meow])
        with m.subscribe("cursor", timeout=1) as events:
            for event in events:
                assert_type(event, meower.Event)
                assert_type(event.meow, meower.Meow | None)
        with m.subscribe(labels={"room": ["garden", "roof"]}, query="cats") as filtered:
            assert_type(next(filtered), meower.Event)
        assert_type(m.health(), list[meower.Health])
        assert_type(m.metrics(), list[meower.Metric])
        assert_type(m.rebuild_state(), meower.Rebuild)
    assert_type(meower.options(), list[meower.Option])
    assert_type(meower.__version__, str)
    assert_type(meower.Meow(id="id", body="hello", created_at_us=0).text, str)


async def use_asyncio() -> None:
    async with meower.aio.open(store="memory:", threads=1) as m:
        assert_type(m, meower.aio.AsyncFeed)
        assert_type(await m.post("hello"), meower.Posted)
        assert_type(await m.post("hello", labels={"tag": ["cats", "naps"]}), meower.Posted)
        assert_type(await m.post_many(["hello"]), list[meower.Posted])
        await m.post_many(["hello"], labels=[{"room": "garden"}])
        assert_type([meow async for meow in m.list(labels={"room": "garden"})], list[meower.Meow])
        assert_type(await m.get("id"), meower.Meow)
        assert_type([meow async for meow in m.list()], list[meower.Meow])
        assert_type(await m.search("cat", labels={"room": "garden"}).page(), meower.Page)
        async with m.subscribe(labels={"room": "garden"}, query="cats") as events:
            async for event in events:
                assert_type(event, meower.Event)


def refused() -> None:
    meower.open(nosuch="x")  # type: ignore[call-arg]
    meower.open(threads="many")  # type: ignore[arg-type]
    meower.open().post(7)  # type: ignore[arg-type]
    meower.open().post("hello", labels={"room": 7})  # type: ignore[dict-item]
    meower.open().list(labels=["room"])  # type: ignore[arg-type]
    meower.Meow("id", "hello", 0)  # type: ignore[call-arg]
    meower.Page()  # type: ignore[abstract]
    len(meower.open().list())  # type: ignore[arg-type]


