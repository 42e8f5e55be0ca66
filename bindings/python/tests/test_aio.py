"""The same on asyncio."""

import asyncio
import dataclasses
import gc
import threading

import meower
import pytest
from meower import aio


def run(main, **options):
    """Runs main(m) in a loop with a feed."""

    async def with_feed():
        async with aio.open(**options) as m:
            return await asyncio.wait_for(main(m), 60)

    return asyncio.run(with_feed())


def handles(m):
    return next(metric.value for metric in m.metrics() if metric.name == "handles")


def test_it_posts_gets_lists_searches_and_deletes():
    async def main(m):
        posted = await m.post("the cat sat")
        assert (await m.get(posted.id)).text == "the cat sat"
        assert [meow.text async for meow in m.list()] == ["the cat sat"]
        assert [meow.text async for meow in m.search("cta", cursor=posted.cursor)] == ["the cat sat"]
        assert (await m.delete(posted.id)).position == 2
        with pytest.raises(meower.NotFoundError):
            await m.get(posted.id)
        assert len(await m.list().page()) == 0

    run(main)


def test_it_can_be_awaited_instead_of_entered():
    async def main():
        m = await aio.open()
        assert (await m.post("hello")).position == 1
        await m.close()
        await m.close()
        assert m.closed

    asyncio.run(main())


def test_many_are_posted_in_their_order():
    async def main(m):
        posted = await m.post_many(f"meow {number}" for number in range(3000))
        assert [each.position for each in posted] == list(range(1, 3001))
        assert await m.post_many([]) == []

    run(main)


def test_one_of_many_that_is_refused_does_not_hold_back_the_others():
    async def main(m):
        outcomes = await m.post_many(["one", "", "two"], return_errors=True)
        assert [type(outcome) for outcome in outcomes] == [meower.Posted, meower.InvalidError, meower.Posted]
        with pytest.raises(meower.InvalidError):
            await m.post_many([""])

    run(main)


def test_refused_ones_stand_in_their_places_however_many_there_are():
    async def main(m):
        bodies = ["" if number % 400 == 7 else f"meow {number}" for number in range(1300)]
        outcomes = await m.post_many(bodies, return_errors=True)
        assert [isinstance(outcome, meower.InvalidError) for outcome in outcomes] == [not body for body in bodies]
        posted = [(await m.get(outcomes[number].id)).text for number in (0, 8, 511, 512, 1023, 1024, 1299)]
        assert posted == [f"meow {number}" for number in (0, 8, 511, 512, 1023, 1024, 1299)]

    run(main)
    run(main, queue_max=3)


def test_many_that_are_refused_in_part_find_room_among_others():
    async def main(m):
        many = [[f"{number} of {author}" if number % 3 else "" for number in range(99)] for author in range(4)]
        for bodies, outcomes in zip(many, await asyncio.gather(*(m.post_many(bodies, return_errors=True) for bodies in many))):
            for body, outcome in zip(bodies, outcomes):
                assert (await m.get(outcome.id)).text == body if body else isinstance(outcome, meower.InvalidError)

    run(main, queue_max=5)


def test_nothing_of_many_is_posted_when_one_is_no_text():
    async def main(m):
        for wrong, error in ((7, TypeError), ("\ud800", UnicodeEncodeError)):
            with pytest.raises(error):
                await m.post_many(["hello"] * 600 + [wrong])
        assert len(await m.list().page()) == 0

    run(main)


def test_posts_of_one_turn_share_a_transaction():
    async def main(m):
        posted = await asyncio.gather(*(m.post(f"meow {number}") for number in range(300)))
        assert [each.position for each in posted] == list(range(1, 301))
        assert [(await m.get(each.id)).text for each in posted[::50]] == [f"meow {number}" for number in range(0, 300, 50)]
        assert next(metric.value for metric in m.metrics() if metric.name == "batches_total") == 1

    run(main)


def test_of_posts_of_one_turn_each_has_its_own_outcome():
    async def main(m):
        posts = [m.post("one", key="k"), m.post(""), m.post("two"), m.post("three", key="k"), m.post("four", key="")]
        outcomes = await asyncio.gather(*posts, m.post("one", key="k"), return_exceptions=True)
        kinds = [meower.Posted, meower.InvalidError, meower.Posted, meower.ConflictError, meower.InvalidError, meower.Posted]
        assert [type(outcome) for outcome in outcomes] == kinds
        assert "idempotency key" in str(outcomes[3])
        assert outcomes[5] == dataclasses.replace(outcomes[0], replayed=True)

    run(main)
    run(main, queue_max=2)


def test_a_post_that_is_cancelled_before_it_is_submitted_is_not_posted():
    async def main(m):
        tasks = [asyncio.create_task(m.post(str(number))) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(outcomes[1], asyncio.CancelledError)
        assert [meow.text async for meow in m.list()] == ["3", "2", "0"]

    run(main)


def test_a_full_queue_makes_it_wait():
    async def main(m):
        posted = await asyncio.gather(*(m.post("hello") for _ in range(300)), m.post_many(["hello"] * 300))
        assert len(posted) == 301
        pages = await asyncio.gather(*(m.search("hello").page() for _ in range(100)))
        assert len(pages) == 100

    run(main, queue_max=4)


def test_a_listing_goes_through_all_pages():
    async def main(m):
        await m.post_many(str(number) for number in range(10))
        assert [meow.text async for meow in m.list(page_size=3, take=7)] == list("9876543")
        assert [meow.text async for meow in m.list(min_id="0" * 27, page_size=3)] == list("0123456789")
        assert [len(page) async for page in m.list(page_size=4).pages()] == [4, 4, 2]
        assert [meow async for meow in m.list(take=0)] == []

    run(main)


def test_events_come_while_others_post():
    async def main(m):
        async def follow():
            async with m.subscribe() as events:
                return [event.meow.text async for event in aslice(events, 200)]

        followers = [asyncio.create_task(follow()) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.gather(*(m.post(str(number)) for number in range(200)))
        for got in await asyncio.gather(*followers):
            assert sorted(got, key=int) == [str(number) for number in range(200)]

    run(main)


async def aslice(iterator, count):
    async for value in iterator:
        yield value
        count -= 1
        if not count:
            return


def test_a_subscriber_that_lags_behind_the_memory_reads_the_store():
    async def main(m):
        events = m.subscribe()
        await m.post_many(["hello"] * 500)
        assert [event.position async for event in aslice(events, 500)] == list(range(1, 501))
        events.close()

    run(main, event_log_max=16)


def test_a_subscriber_with_a_backlog_lets_others_run():
    async def main(m):
        events = m.subscribe()
        await m.post_many(["hello"] * 2000)
        turns = 0

        async def tick():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        assert len([event async for event in aslice(events, 2000)]) == 2000
        ticking.cancel()
        assert turns > 20

    run(main)


def test_cancelled_tasks_leave_nothing_behind():
    async def main(m):
        await m.post("hello")
        await m.list().page()
        before, readers = handles(m), len(asyncio.get_running_loop()._selector.get_map())
        beyond = (await m.post("hello")).cursor.partition("-")[0] + "-999"

        async def follow():
            async for _ in m.subscribe():
                pass

        async def forget(events):
            await anext(events)

        waits = [follow() for _ in range(50)] + [m.list(cursor=beyond).page() for _ in range(50)]
        waits += [m.post("hello") for _ in range(50)] + [m.post_many(["hello"] * 2000)]
        waits += [forget(m.subscribe()) for _ in range(50)]
        tasks = [asyncio.create_task(wait) for wait in waits]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        del tasks, waits, task
        await asyncio.sleep(0)  # the loop forgets the gathering, and with it the frames of what was cancelled
        while m._commands._pending or m._queries._pending:
            await asyncio.sleep(0.01)
        gc.collect()
        assert handles(m) == before
        assert len(asyncio.get_running_loop()._selector.get_map()) == readers
        assert (await m.post("still usable")).id

    run(main, wait_max_ms=200)


def test_a_cancelled_subscriber_goes_on_where_it_was():
    async def main(m):
        async with m.subscribe() as events:
            for number in range(20):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(anext(events), 0.001)
                await m.post(str(number))
                assert (await anext(events)).meow.text == str(number)

    run(main)


def test_two_tasks_on_one_subscription_are_told_apart():
    async def main(m):
        async with m.subscribe() as events:
            first = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            with pytest.raises(meower.BusyError):
                await anext(events)
            await m.post("hello")
            assert (await first).meow.text == "hello"

    run(main)


def test_closing_a_subscription_ends_its_wait():
    async def main(m):
        events = m.subscribe()
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(0)
        events.close()
        with pytest.raises(meower.ClosedError):
            await waiting
        with pytest.raises(meower.ClosedError):
            await anext(events)
        events.close()

    run(main)


def test_closing_the_feed_waits_for_posts_and_ends_subscriptions(tmp_path):
    async def main():
        m = await aio.open(store=f"sqlite:{tmp_path}/feed.db")
        posts = [asyncio.create_task(m.post("hello")) for _ in range(100)]
        waiting = asyncio.create_task(anext(m.subscribe()))
        await asyncio.sleep(0)
        await m.close()
        assert sorted(posted.position for posted in await asyncio.gather(*posts)) == list(range(1, 101))
        result = (await asyncio.gather(waiting, return_exceptions=True))[0]
        assert isinstance(result, (meower.Event, meower.ClosedError))
        for call in (m.post("hello"), m.post_many(["hello"]), m.get("0" * 27), m.list().page(), m.delete("0" * 27)):
            with pytest.raises(meower.ClosedError):
                await call
        for call in (m.subscribe, m.health, m.metrics):
            with pytest.raises(meower.ClosedError):
                call()

    asyncio.run(main())


def test_another_loop_is_refused():
    async def main(m):
        def elsewhere():
            with pytest.raises(RuntimeError, match="another event loop"):
                asyncio.run(m.post("hello"))
            with pytest.raises(RuntimeError, match="another event loop"):
                asyncio.run(first(m.subscribe()))

        async def first(events):
            return await anext(events)

        await asyncio.to_thread(elsewhere)

    run(main)


def test_a_feed_without_threads_is_refused():
    async def main():
        with pytest.raises(meower.UnsupportedError, match="threads"):
            await aio.open(threads=0)

    asyncio.run(main())


def test_wrong_types_are_type_errors():
    async def main(m):
        for call in (m.post, m.delete, m.get, m.search, lambda value: m.post_many([value])):
            with pytest.raises(TypeError, match="must be str"):
                await call(7)

    run(main)


def test_no_thread_waits_for_answers():
    async def main(m):
        before = threading.active_count()
        await asyncio.gather(*(m.post("hello") for _ in range(100)), *(m.list().page() for _ in range(100)))
        async with m.subscribe():
            assert threading.active_count() == before

    run(main)


def test_an_opening_that_is_cancelled_closes_what_was_opened(tmp_path):
    async def main():
        store = f"sqlite:{tmp_path}/feed.db"
        for _ in range(10):
            opening = asyncio.create_task(aio.open(store=store)._open())
            await asyncio.sleep(0)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await asyncio.to_thread(lambda: None)
        for _ in range(200):
            try:
                m = await aio.open(store=store)
                break
            except meower.LockedError:
                await asyncio.sleep(0.05)
        await m.close()

    asyncio.run(main())


def test_a_feed_that_is_forgotten_warns():
    async def main():
        m = await aio.open()
        await m.post("hello")

    with pytest.warns(ResourceWarning, match="AsyncFeed open.* was not closed"):
        asyncio.run(main())
        gc.collect()


def test_it_says_what_it_is():
    async def main(m):
        assert repr(m).startswith("<meower.aio.AsyncFeed open")
        assert "<td>ready</td>" in m._repr_html_()
        assert "AsyncListing" in repr(m.list())
        events = m.subscribe()
        assert events.recovered and events.cursor in repr(events)
        assert [health.part for health in m.health()] == ["store", "bus", "search"]

    run(main)


def test_take_limits_pages():
    async def main(m):
        await m.post_many(map(str, range(10)))
        listing = m.list(take=5, page_size=2)
        assert len(await m.list(take=1).page()) == 1
        assert [len(page) async for page in listing.pages()] == [2, 2, 1]
        assert [meow.text async for meow in listing] == ["9", "8", "7", "6", "5"]

    run(main)


def test_the_truth_of_a_listing_has_to_be_awaited():
    async def main(m):
        assert not await m.list().page()
        with pytest.raises(TypeError, match="await"):
            bool(m.list())

    run(main)
