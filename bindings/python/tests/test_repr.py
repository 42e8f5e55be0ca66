"""What a notebook shows."""

import meower

NASTY = "<script>alert('&lt;1&gt;')</script>"
SHOWN = "&lt;script&gt;alert(&#39;&amp;lt;1&amp;gt;&#39;)&lt;/script&gt;"


def test_a_page_is_shown_as_a_table_and_escaped(m):
    posted = m.post(NASTY)
    shown = m.list().page()._repr_html_()
    assert SHOWN in shown and posted.id in shown and "<script" not in shown


def test_a_feed_that_does_not_escape_is_shown_escaped_too():
    with meower.open(escape_html=False) as m:
        m.post(NASTY)
        assert SHOWN in m.list().page()._repr_html_()
        assert SHOWN in m.list().page()[0]._repr_html_()


def test_meows_and_events_are_escaped(m):
    with m.subscribe() as events:
        meow = m.get(m.post(NASTY).id)
        event = next(events)
    assert SHOWN in meow._repr_html_() and SHOWN in event._repr_html_()


def test_a_listing_shows_its_first_page(m):
    posted = m.post("the cat")
    assert "the cat" in m.search("cat", cursor=posted.cursor)._repr_html_()


def test_a_listing_of_a_closed_feed_shows_why_there_is_nothing(m):
    listing = m.list()
    m.close()
    assert "the feed is closed" in listing._repr_html_()


def test_a_feed_shows_its_parts_and_no_password(tmp_path):
    with meower.open(store=f"sqlite:{tmp_path}/secret.db") as m:
        assert "secret" not in repr(m) + m._repr_html_()
        assert "<td>store</td><td>ready</td>" in m._repr_html_()
    assert "closed" in repr(m) and "closed" in m._repr_html_()


def test_every_handle_says_what_it_is(m):
    assert repr(m.list()).startswith("<meower.Listing")
    assert repr(m.list().page()) == "<meower.Page of 0 meows>"
    with m.subscribe() as events:
        assert events.cursor in repr(events)
