"""Misuse gives an exception, never a crash. Run with the library's address sanitizer too."""

import ctypes
import gc
import threading
import time
import warnings

import meower
import pytest

ANY_ID = "0" * 27


CALLS = {
    "post": lambda m: m.post("hello"),
    "post_many": lambda m: m.post_many(["hello"]),
    "delete": lambda m: m.delete(ANY_ID),
    "get": lambda m: m.get(ANY_ID),
    "list": lambda m: list(m.list()),
    "search": lambda m: list(m.search("cat")),
    "subscribe": lambda m: m.subscribe(),
    "health": lambda m: m.health(),
    "metrics": lambda m: m.metrics(),
    "step": lambda m: m.step(),
    "rebuild_start": lambda m: m.rebuild_start(),
    "rebuild_state": lambda m: m.rebuild_state(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_closed_feed_refuses(m, call):
    m.post("hello")
    m.close()
    with pytest.raises(meower.ClosedError):
        call(m)


def test_closing_twice_does_nothing(m):
    events = m.subscribe()
    events.close()
    events.close()
    m.close()
    m.close()
    events.close()
    assert m.closed


def test_a_closed_subscription_refuses(m):
    events = m.subscribe()
    events.close()
    for call in (lambda: next(events), lambda: events.wait(0), events.fileno):
        with pytest.raises(meower.ClosedError):
            call()


def test_a_subscription_of_a_closed_feed_refuses(m):
    events = m.subscribe()
    m.close()
    for call in (lambda: next(events), lambda: events.wait(0), events.fileno):
        with pytest.raises(meower.ClosedError):
            call()
    events.close()


def test_a_listing_of_a_closed_feed_refuses_in_the_middle(m):
    m.post_many(["hello"] * 5)
    iterator = iter(m.list(page_size=2))
    next(iterator)
    next(iterator)
    m.close()
    with pytest.raises(meower.ClosedError):
        next(iterator)


@pytest.mark.parametrize("wrong", [None, 1, b"bytes", ["list"], object()], ids=str)
def test_wrong_types_are_type_errors(m, wrong):
    for call in (m.post, m.delete, m.get, m.search, lambda value: m.post_many([value])):
        with pytest.raises(TypeError, match="must be str"):
            call(wrong)


@pytest.mark.parametrize("name", ["max_id", "since_id", "min_id", "cursor"])
def test_wrong_types_of_bounds_are_type_errors(m, name):
    with pytest.raises(TypeError, match="must be str"):
        m.list(**{name: 7})


@pytest.mark.parametrize("name", ["take", "skip", "page_size"])
def test_wrong_types_of_numbers_are_type_errors(m, name):
    for wrong in ("1", 1.5, True):
        with pytest.raises(TypeError, match="must be int"):
            m.list(**{name: wrong})


def test_many_take_nothing_when_one_has_a_wrong_type(m):
    with pytest.raises(TypeError):
        m.post_many(["hello", 7])
    assert list(m.list()) == []


@pytest.mark.parametrize("text", [ANY_ID[:-1] + "\0", "\0", "a\0b"])
def test_a_nul_in_a_parameter_does_not_cut_it(m, text):
    for call in (m.delete, m.get, m.subscribe, lambda value: m.post("hello", key=value)):
        with pytest.raises(meower.InvalidError, match="NUL"):
            call(text)


@pytest.mark.parametrize("text", ["", "short", "!" * 27, "z" * 27, "0" * 28, "0" * 100_000])
def test_what_is_no_id_is_refused(m, text):
    for call in (m.delete, m.get):
        with pytest.raises(meower.InvalidError):
            call(text)


def test_half_a_surrogate_pair_is_refused(m):
    with pytest.raises(ValueError):
        m.post("\ud800")


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_wrong_length_is_refused(m, key):
    with pytest.raises(meower.InvalidError):
        m.post("hello", key=key)


def test_two_threads_on_one_subscription_are_told_apart(m):
    events = m.subscribe()
    errors = []

    def take():
        try:
            errors.append(events.wait(20))
        except meower.BusyError as error:
            errors.append(error)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not errors:
        time.sleep(0.01)
    assert isinstance(errors[0], meower.BusyError)
    m.post("hello")
    for thread in threads:
        thread.join(10)
    assert errors[1].meow.text == "hello"


def test_a_subscription_is_not_closed_under_a_waiting_thread(m):
    events = m.subscribe()
    reader = threading.Thread(target=lambda: events.wait(20))
    reader.start()
    time.sleep(0.1)
    with pytest.raises(meower.BusyError):
        events.close()
    m.post("hello")
    reader.join(10)
    events.close()


def test_closing_the_feed_ends_waits_in_other_threads(monkeypatch):
    monkeypatch.setattr("meower._instance.SLICE_MS", 600_000)  # close() wakes them, not the clock
    m = meower.open(wait_max_ms=600_000)
    outcomes = {}

    def wait(name, call):
        try:
            outcomes[name] = call()
        except meower.MeowerError as error:
            outcomes[name] = type(error)

    events = m.subscribe()
    beyond = m.post("hello").cursor[:-1] + "9"
    next(events)
    waits = {
        "event": lambda: next(events),
        "list": lambda: m.list(cursor=beyond).page(),
        "search": lambda: m.search("x", cursor=beyond).page(),
    }
    threads = [threading.Thread(target=wait, args=item) for item in waits.items()]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    started = time.monotonic()
    m.close()
    for thread in threads:
        thread.join(10)
    assert outcomes == dict.fromkeys(waits, meower.ClosedError)
    assert time.monotonic() - started < 8


def test_a_feed_closed_while_many_threads_use_it_gives_closed_errors():
    for _ in range(10):
        m = meower.open()
        unexpected = []

        def work():
            try:
                while True:
                    m.post("hello")
                    m.list(page_size=1).page()
                    with m.subscribe() as events:
                        events.wait(0)
                    m.metrics()
            except meower.ClosedError:
                pass
            except BaseException as error:
                unexpected.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.03)
        m.close()
        for thread in threads:
            thread.join(10)
        assert unexpected == []


def test_many_threads_close_at_once(m):
    m.subscribe()
    threads = [threading.Thread(target=m.close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert m.closed


def test_a_feed_that_is_forgotten_is_closed_with_a_warning(tmp_path):
    store = f"sqlite:{tmp_path}/feed.db"
    m = meower.open(store=store)
    m.post("hello")
    with pytest.warns(ResourceWarning, match="was not closed"):
        del m
        gc.collect()
    meower.open(store=store).close()


def test_a_subscription_keeps_its_feed_open(tmp_path):
    m = meower.open()
    events = m.subscribe()
    m.post("hello")
    del m
    gc.collect()
    assert next(events).meow.text == "hello"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del events
        gc.collect()


def test_a_listing_keeps_its_feed_open():
    m = meower.open()
    m.post("hello")
    listing = m.list()
    del m
    gc.collect()
    assert len(list(listing)) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del listing
        gc.collect()


def test_forgotten_subscriptions_are_released(m):
    def handles():
        return next(metric.value for metric in m.metrics() if metric.name == "handles")

    before = handles()
    for _ in range(100):
        m.subscribe()
    gc.collect()
    assert handles() == before


def test_a_timeout_leaves_no_answer_behind_for_the_next_call():
    with meower.open() as m:
        for number in range(200):
            try:
                m.post(f"late {number}", timeout=0)
            except meower.TimedOutError:
                pass
            assert m.get(m.post(f"meow {number}").id).text == f"meow {number}"


def test_no_function_of_the_library_can_be_called_with_a_wrong_type():
    from meower._library import SIGNATURES, lib

    for name, (_, arguments) in SIGNATURES.items():
        if arguments:
            with pytest.raises((ctypes.ArgumentError, TypeError)):
                getattr(lib, name)(*([object()] * len(arguments)))
            with pytest.raises(TypeError):
                getattr(lib, name)()
