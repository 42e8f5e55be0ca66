"""python_posts.py - the measured side in Python: what bench/binding.py compares with embed_posts.

python_posts.py STORE sync|many|tasks BATCH SECONDS    posts, one after the other or a batch at once
python_posts.py STORE events POSTS SUBSCRIBERS         posts, each delivered to every subscriber, in one loop

`many` gives a batch to one call, `tasks` has a task for each post. Prints one JSON object.
"""

import asyncio
import contextlib
import json
import sys
import time

import meower


def body(number):
    """As long as those of embed_posts.c, each another one."""
    return f"meow number {number:09d}: the cat sat on the keyboard"


def begin():
    """The moment from which result() counts, and the processor time that the process had used by then."""
    return time.monotonic(), time.process_time()


def result(posts, begun):
    started, spent = begun
    return {"posts": posts, "duration_us": round((time.monotonic() - started) * 1e6),
            "spent_us": round((time.process_time() - spent) * 1e6)}


def sync(store, _, seconds):
    m = meower.open(store=store)
    posted, begun = 0, begin()
    while time.monotonic() - begun[0] < seconds:
        m.post(body(posted))
        posted += 1
    print(json.dumps(result(posted, begun)))
    with contextlib.suppress(meower.TimedOutError):  # the index may be made another time
        m.close(0)


async def batches(store, mode, size, seconds):
    m = await meower.aio.open(store=store)
    posted, begun = 0, begin()
    while time.monotonic() - begun[0] < seconds:
        bodies = [body(posted + number) for number in range(size)]
        if mode == "many":
            await m.post_many(bodies)
        else:
            await asyncio.gather(*map(m.post, bodies))
        posted += size
    print(json.dumps(result(posted, begun)))
    with contextlib.suppress(meower.TimedOutError):
        await m.close(0)


async def events(store, posts, subscribers):
    async def follow(subscription):
        position = 0
        async for event in subscription:
            position += 1
            if event.position != position:
                raise SystemExit(f"expected event {position}, got {event.position}")
            if position == posts:
                return

    async with meower.aio.open(store=store) as m:
        following = [asyncio.create_task(follow(m.subscribe())) for _ in range(subscribers)]
        await asyncio.sleep(0)
        begun = begin()
        await asyncio.gather(*(m.post(body(number)) for number in range(posts)))
        posted = time.monotonic() - begun[0]
        await asyncio.gather(*following)
        print(json.dumps({**result(posts, begun), "events": posts * subscribers, "posted_us": round(posted * 1e6)}))


def main(store, mode, first, second):
    if mode == "sync":
        sync(store, int(first), int(second))
    elif mode == "events":
        asyncio.run(events(store, int(first), int(second)))
    else:
        asyncio.run(batches(store, mode, int(first), int(second)))


if __name__ == "__main__":
    main(*sys.argv[1:])
