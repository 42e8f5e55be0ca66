"""Signals, forks and the interpreter's exit, each in a process of its own."""

import pytest

WAITS = {
    "a subscription": "next(m.subscribe())",
    "a subscription with time": "m.subscribe().wait(60)",
    "a list": "m.list(cursor=beyond).page()",
    "a search": "m.search('x', cursor=beyond).page()",
    "many waits in a row": "[m.subscribe(timeout=0.01).wait(0.01) for _ in range(10**6)]",
    "many posts": "[m.post('x') for _ in range(10**7)]",
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_ctrl_c_interrupts(script, wait):
    assert script(f"""
        import meower, os, signal, threading, time
        m = meower.open(wait_max_ms=600000)
        beyond = m.post("hello").cursor[:-1] + "9"
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        started = time.monotonic()
        try:
            {wait}
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - started < 5)
        print(m.get(m.post("still usable").id).text)
        m.close()
    """) == "interrupted True\nstill usable\n"


def test_ctrl_c_interrupts_asyncio(script):
    assert script("""
        import asyncio, meower, os, signal, threading
        async def main():
            async with meower.aio.open() as m:
                threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
                async for event in m.subscribe():
                    pass
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
    """) == "interrupted\n"


def test_a_handler_that_raises_nothing_does_not_end_a_wait(script):
    assert script("""
        import meower, os, signal, threading
        signal.signal(signal.SIGUSR1, lambda *_: print("signal"))
        with meower.open() as m, m.subscribe() as events:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            threading.Timer(0.5, m.post, ("hello",)).start()
            print(events.wait(20).meow.text)
    """) == "signal\nhello\n"


FORKED = """
    import meower, os, sys
    m = meower.open(store="sqlite:feed.db")
    posted = m.post("hello")
    events = m.subscribe(posted.cursor)
    page = m.list().page()
    child = os.fork()
    if child == 0:
        calls = [lambda: m.post("x"), lambda: m.get(posted.id), lambda: list(m.list()), lambda: next(events),
                 lambda: events.wait(0), m.subscribe, m.health, m.metrics, lambda: m.delete(posted.id), events.fileno,
                 m.rebuild_start, m.rebuild_state, m.step]
        for call in calls:
            try:
                call()
                print("no exception")
            except meower.ForkedError:
                pass
        print(page[0].text, m.closed, "parent" in repr(m))
        events.close()
        m.close()
        EXIT
    status = os.waitpid(child, 0)[1]
    print("child", status, m.post("after").position, next(events).meow.text)
    events.close()
    m.close()
"""


@pytest.mark.parametrize("exit", ["sys.exit(0)", "os._exit(0)", "del m, events, page; sys.exit(0)"])
def test_a_forked_child_is_told_and_the_parent_goes_on(script, exit):
    output = script(FORKED.replace("EXIT", f"sys.stdout.flush(); {exit}"))
    assert output.splitlines() == ["hello True True", "child 0 2 after"]


def test_a_fork_while_other_threads_wait(script):
    assert script("""
        import meower, os, sys, threading, time
        m = meower.open()
        threads = [threading.Thread(target=lambda: next(m.subscribe())) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        for _ in range(5):
            child = os.fork()
            if child == 0:
                try:
                    m.post("x")
                except meower.ForkedError:
                    sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
        m.post("hello")
        for thread in threads:
            thread.join()
        m.close()
    """) == ""


def test_multiprocessing_opens_its_own(script):
    assert script("""
        import meower, multiprocessing
        def work(number):
            with meower.open() as m:
                return m.post(f"meow {number}").position
        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(2) as pool, meower.open() as m:
                    m.post("hello")
                    print(pool.map(work, range(4)))
    """) == "[1, 1, 1, 1]\n[1, 1, 1, 1]\n"


EXITS = {
    "open handles": "events = m.subscribe()",
    "a page and a listing": "page = m.list().page(); iterator = iter(m.list()); next(iterator)",
    "a cycle": "box = []; box.append((box, m, m.subscribe()))",
    "a waiting daemon thread": "threading.Thread(target=lambda: next(m.subscribe()), daemon=True).start(); time.sleep(0.1)",
    "posting daemon threads": "[threading.Thread(target=post, daemon=True).start() for _ in range(8)]; time.sleep(0.1)",
    "an exit in the middle": "raise SystemExit(0)",
    "sys.modules emptied": "sys.modules.clear()",
}


@pytest.mark.parametrize("what", EXITS.values(), ids=EXITS)
def test_the_interpreter_exits_with(script, what):
    assert script(f"""
        import meower, sys, threading, time
        m = meower.open(store="sqlite:feed.db")
        m.post("hello")
        def post():
            try:
                while True:
                    m.post("hello")
            except meower.ClosedError:
                pass
        print("end")
        sys.stdout.flush()
        {what}
    """) == "end\n"


def test_what_was_posted_before_an_exit_is_stored(script):
    script("""
        import meower
        m = meower.open(store="sqlite:feed.db")
        m.post_many(["hello"] * 100)
    """)
    assert script("""
        import meower
        with meower.open(store="sqlite:feed.db") as m:
            print(len(list(m.list())))
    """) == "100\n"


def test_an_exit_with_a_running_loop_elsewhere(script):
    assert script("""
        import asyncio, meower, threading, time
        async def main():
            m = await meower.aio.open()
            await asyncio.gather(*(follow(m) for _ in range(3)), post(m))
        async def follow(m):
            async for event in m.subscribe():
                pass
        async def post(m):
            while True:
                await m.post("hello")
        def run():
            try:
                asyncio.run(main())
            except meower.ClosedError:
                pass
        threading.Thread(target=run, daemon=True).start()
        time.sleep(0.3)
        print("end")
    """) == "end\n"


def test_a_loop_that_ended_with_the_feed_open(script):
    assert script("""
        import asyncio, gc, meower
        async def main():
            m = await meower.aio.open(store="sqlite:feed.db")
            await m.post("hello")
            m.subscribe()
        asyncio.run(main())
        gc.collect()
        meower.open(store="sqlite:feed.db").close()
        print("end")
    """) == "end\n"


def test_importing_does_not_load_asyncio(script):
    assert script("""
        import sys, meower
        print("asyncio" in sys.modules)
        meower.aio
        print("asyncio" in sys.modules)
    """) == "False\nTrue\n"


def test_a_library_that_is_not_there_is_an_import_error(script, monkeypatch):
    monkeypatch.setenv("MEOWER_LIBRARY", "/nowhere/libmeower.so")
    assert "MEOWER_LIBRARY" in script("""
        try:
            import meower
        except ImportError as error:
            print(error)
    """)


def test_a_library_that_is_another_one_is_an_import_error(script, monkeypatch):
    monkeypatch.setenv("MEOWER_LIBRARY", "libc.so.6")
    assert script("""
        try:
            import meower
        except ImportError as error:
            print(error)
    """) == "libc.so.6 is no libmeower\n"
