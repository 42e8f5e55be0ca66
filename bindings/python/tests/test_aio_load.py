"""Ten thousand posts and a hundred subscribers in one loop."""

import asyncio

from meower import aio

POSTS = 10_000
SUBSCRIBERS = 100


def test_no_event_is_lost(tmp_path):
    async def follow(events):
        texts = []
        async for event in events:
            assert event.position == len(texts) + 1
            texts.append(event.meow.text)
            if len(texts) == POSTS:
                return hash(tuple(texts)), sorted(texts, key=int) == [str(number) for number in range(POSTS)]

    async def main():
        async with aio.open(store=f"sqlite:{tmp_path}/feed.db", sqlite_synchronous="off") as m:
            followers = [asyncio.create_task(follow(m.subscribe())) for _ in range(SUBSCRIBERS)]
            cancelled = [asyncio.create_task(follow(m.subscribe())) for _ in range(SUBSCRIBERS // 5)]
            posted = await asyncio.gather(*(m.post(str(number)) for number in range(POSTS)))
            for task in cancelled:
                task.cancel()
            results = await asyncio.gather(*followers)
            await asyncio.gather(*cancelled, return_exceptions=True)
            assert len({each.id for each in posted}) == POSTS
            assert len(set(results)) == 1 and results[0][1]

    asyncio.run(asyncio.wait_for(main(), 120))
