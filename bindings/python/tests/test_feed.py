"""Posting, getting and deleting."""

import datetime
import sqlite3
import threading
import time

import meower
import pytest


def test_a_post_can_be_got(m):
    posted = m.post("hello")
    meow = m.get(posted.id)
    assert (meow.id, meow.text, meow.created_at) == (posted.id, "hello", posted.created_at)


def test_a_post_says_when_it_was_made(m):
    before = datetime.datetime.now(datetime.timezone.utc)
    posted = m.post("hello")
    assert before <= posted.created_at <= datetime.datetime.now(datetime.timezone.utc)


def test_a_body_is_stored_escaped_and_read_as_it_was_typed(m):
    meow = m.get(m.post("<b> & 'x' &lt;").id)
    assert meow.body == "&lt;b&gt; &amp; &#39;x&#39; &amp;lt;"
    assert meow.text == "<b> & 'x' &lt;"


@pytest.mark.parametrize("text", ["&lt;", "&gt;", "&#39;", "&#34;", "&amp;", "&amp;lt;", "&&", "'\"<>&"])
def test_entities_that_were_typed_are_read_as_they_were_typed(m, text):
    assert m.get(m.post(text).id).text == text


def test_without_escaping_a_body_is_stored_as_it_is():
    with meower.open(escape_html=False) as m:
        meow = m.get(m.post("a &lt; <b>").id)
    assert (meow.body, meow.text) == ("a &lt; <b>", "a &lt; <b>")


@pytest.mark.parametrize("body", ["", "x" * 141, "\x07", "a\0b"])
def test_a_body_that_may_not_be_posted_is_refused_with_the_reason(m, body):
    with pytest.raises(meower.InvalidError, match="body"):
        m.post(body)


def test_a_hundred_and_forty_characters_may_have_any_number_of_bytes(m):
    assert m.get(m.post("🐈" * 140).id).text == "🐈" * 140


def test_a_key_stores_once(m):
    first = m.post("hello", key="k")
    again = m.post("hello", key="k")
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    assert len(list(m.list())) == 1


def test_a_key_with_another_body_is_a_conflict(m):
    m.post("hello", key="k")
    with pytest.raises(meower.ConflictError):
        m.post("other", key="k")


def test_what_was_deleted_is_not_found(m):
    posted = m.post("hello")
    assert m.delete(posted.id).id == posted.id
    with pytest.raises(meower.NotFoundError):
        m.get(posted.id)
    with pytest.raises(LookupError):
        m.delete(posted.id)


def test_many_are_posted_in_their_order(m):
    posted = m.post_many(f"meow {number}" for number in range(1000))
    assert [each.position for each in posted] == list(range(1, 1001))
    assert [meow.text for meow in m.list(min_id="0" * 27)] == [f"meow {number}" for number in range(1000)]


def test_refused_ones_stand_in_their_places_however_many_there_are():
    for options in ({}, {"queue_max": 3}, {"threads": 0, "queue_max": 3}):
        with meower.open(**options) as m:
            bodies = ["" if number % 400 == 7 else f"Käse & {number}" for number in range(1300)]
            outcomes = m.post_many(bodies, return_errors=True)
            assert [isinstance(outcome, meower.InvalidError) for outcome in outcomes] == [not body for body in bodies]
            for number in (0, 8, 511, 512, 1023, 1024, 1299):
                assert m.get(outcomes[number].id).text == f"Käse & {number}"


def test_nothing_of_many_is_posted_when_one_is_no_text():
    with meower.open() as m:
        for wrong, error in ((7, TypeError), ("\ud800", UnicodeEncodeError)):
            with pytest.raises(error):
                m.post_many(["hello"] * 600 + [wrong])
        assert len(m.list().page()) == 0


def test_many_share_a_transaction():
    with meower.open() as m:
        posted = m.post_many(str(number) for number in range(300))
        assert m.get(posted[299].id).created_at_us == posted[299].created_at_us
        assert not posted[0].replayed
        assert m.get(posted[0].id, cursor=posted[299].cursor).text == "0"
        assert next(metric.value for metric in m.metrics() if metric.name == "batches_total") == 1


def test_no_posts_are_many_too(m):
    assert m.post_many([]) == []


def test_one_of_many_that_is_refused_does_not_hold_back_the_others(m):
    with pytest.raises(meower.InvalidError):
        m.post_many(["one", "", "two"])
    assert [meow.text for meow in m.list()] == ["two", "one"]


def test_what_became_of_each_of_many_can_be_had(m):
    one, refused, two = m.post_many(["one", "", "two"], return_errors=True)
    assert (one.position, two.position) == (1, 2)
    assert isinstance(refused, meower.InvalidError)


def test_more_than_the_queue_holds_waits_for_room():
    with meower.open(queue_max=4) as m:
        assert len(m.post_many(["hello"] * 500)) == 500


def test_many_threads_post_at_once(m):
    threads = [threading.Thread(target=lambda: [m.post("hello") for _ in range(50)]) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(m.list())) == 800


def test_a_feed_keeps_what_was_posted(tmp_path):
    store = f"sqlite:{tmp_path}/feed.db"
    with meower.open(store=store) as m:
        posted = m.post("hello")
    with meower.open(store=store) as m:
        assert m.get(posted.id).text == "hello"


def test_a_store_that_is_open_elsewhere_is_locked(tmp_path):
    with meower.open(store=f"sqlite:{tmp_path}/feed.db"):
        with pytest.raises(meower.LockedError):
            meower.open(store=f"sqlite:{tmp_path}/feed.db")


def test_a_feed_without_the_role_refuses():
    with meower.open(roles="query") as m:
        with pytest.raises(meower.UnsupportedError, match="roles"):
            m.post("hello")
        with pytest.raises(meower.UnsupportedError, match="roles"):
            m.subscribe()


def test_without_threads_calls_step_the_feed():
    with meower.open(threads=0) as m:
        posted = m.post("the cat")
        assert [meow.text for meow in m.search("cat", cursor=posted.cursor)] == ["the cat"]
        assert [event.position for event in m.subscribe(timeout=0.05)] == []
        while m.step():
            pass


def test_stepping_a_feed_with_threads_is_refused(m):
    with pytest.raises(meower.InvalidError):
        m.step()


def test_time_that_runs_out_is_a_timeout_error():
    with meower.open(threads=0) as m:
        with pytest.raises(TimeoutError, match="no answer within 0 s"):
            m.post("hello", timeout=0)
        assert m.post("again").position == 2


def test_health_and_metrics_are_told(m):
    m.post("hello")
    assert [(health.part, health.ready) for health in m.health()] == [("store", True), ("bus", True), ("search", True)]
    posts = next(metric for metric in m.metrics() if metric.name == "posts_total")
    assert posts.value == 1 and posts.help.endswith(".")


def test_the_index_is_built_anew(m):
    cursor = m.post("the cat").cursor
    assert m.rebuild_state().state == "none"
    m.rebuild_start()
    while (rebuild := m.rebuild_state()).state == "running":
        time.sleep(0.01)
    assert (rebuild.state, rebuild.position, rebuild.reason) == ("done", 1, "")
    assert [meow.text for meow in m.search("cat", cursor=cursor)] == ["the cat"]


def test_a_copy_is_restored_as_another_life(tmp_path):
    store = f"sqlite:{tmp_path}/feed.db"
    with meower.open(store=store) as m:
        posted = m.post("hello")
        meower.backup(store, tmp_path / "copy.db")
        m.post("forgotten")
    meower.restore(store, tmp_path / "copy.db")
    with meower.open(store=store) as m:
        assert [meow.text for meow in m.list()] == ["hello"]
        assert not m.subscribe(posted.cursor).recovered


def test_a_new_epoch_makes_cursors_unknown(tmp_path):
    store = f"sqlite:{tmp_path}/feed.db"
    with meower.open(store=store) as m:
        cursor = m.post("hello").cursor
    meower.new_epoch(store)
    with meower.open(store=store) as m:
        assert not m.subscribe(cursor).recovered


def test_a_check_of_a_sound_feed_finds_nothing(tmp_path):
    store, search = f"sqlite:{tmp_path}/feed.db", f"index:{tmp_path}/index"
    with meower.open(store=store, search=search) as m:
        m.post_many(["one", "two"])
    found = meower.check(store, search)
    assert (found.head, found.meows, found.has_index, found.finding_count, found.findings) == (2, 2, True, 0, ())


def test_a_check_names_what_is_missing(tmp_path):
    store, search = f"sqlite:{tmp_path}/feed.db", f"index:{tmp_path}/index"
    with meower.open(store=store, search=search) as m:
        gone = m.post_many(["one", "two"])[0].id
    with sqlite3.connect(tmp_path / "feed.db") as database:
        database.execute("DELETE FROM meows WHERE id = ?", (gone,))
    database.close()
    found = meower.check(store, search)
    assert found.finding_count == len(found.findings) > 0
    assert any(finding.id == gone and finding.position == 1 and finding.text for finding in found.findings)


def test_a_check_of_what_is_not_there_is_not_found(tmp_path):
    with pytest.raises(meower.NotFoundError):
        meower.check(f"sqlite:{tmp_path}/feed.db")
