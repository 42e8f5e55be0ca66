"""Several processes on one store: what one has answered, no other misses."""

import time

import pytest
from history import poll_violations, stream_violations, violations
from load import Follower, Poller, load, now
from stored import assert_right, stored_ids

POSTERS = 64
POSTS, POSTS_LONG = 6000, 30000
FULL_LOAD_S = 60


@pytest.mark.parametrize("bus", ["postgresql", "nats", pytest.param("kafka", marks=pytest.mark.long)])
def test_no_read_misses_what_any_process_has_answered(bus, engines, store, buses, make_cluster, is_long):
    cluster = make_cluster(store, buses[bus], "index:").start()
    begin = now(cluster.pusher)
    pollers = [Poller(cluster, bound) for bound in ("min_id", "since_id")]
    followers = [Follower(cluster.pusher, begin, hang_up_every) for hang_up_every in (None, None, 100, 7)]
    with load(cluster, POSTERS) as running:
        running.wait_for_posts(POSTS_LONG if is_long else POSTS, seconds=300)
        history = running.stop()
    stored = stored_ids(engines, store)
    for client in followers + pollers:
        client.wait_for(len(stored))
        client.stop()

    assert running.failures() == []
    assert len({page.where for page in history.pages}) == 2
    assert len({post.where for post in history.posts}) == 2
    assert_right(violations(history, stored))
    for follower in followers:
        assert follower.refused == []
        assert_right(stream_violations(follower.events, 0, stored))
    assert followers[3].connections > 10
    for poller in pollers:
        assert poller.failures == []
        assert_right(poll_violations(poller.ids, stored))


@pytest.mark.long
@pytest.mark.parametrize("bus", ["postgresql", "nats"])
def test_three_command_services_at_full_load_keep_one_order(bus, engines, store, buses, make_cluster):
    cluster = make_cluster(store, buses[bus], "index:", command_count=3).start()
    pollers = [Poller(cluster, bound) for bound in ("min_id", "since_id")]
    with load(cluster, POSTERS) as running:
        time.sleep(FULL_LOAD_S)
        history = running.stop()
    stored = stored_ids(engines, store)
    for poller in pollers:
        poller.wait_for(len(stored))
        poller.stop()
        assert poller.failures == []
        assert_right(poll_violations(poller.ids, stored))
    assert running.failures() == []
    assert len({post.where for post in history.posts}) == 3
    assert_right(violations(history, stored))
