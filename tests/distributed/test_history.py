"""The checker itself: what it must let through, and what it must not."""

from history import History, Lookup, Page, Post, poll_violations, post_violations, stream_violations, violations

A, B, C, D = "1" * 27, "2" * 27, "3" * 27, "4" * 27


def post(begun, ended, id=None, position=None):
    return Post(begun, ended, id, position, "commandd")


def page(begun, ids, position, take=100, **bounds):
    return Page(begun, begun + 0.5, ids, position, take, where="queryd", **bounds)


THREE = [post(1, 2, A, 1), post(3, 4, B, 2), post(5, 6, C, 3)]


def check(*pages, posts=THREE, stored=(A, B, C), lookups=()):
    return violations(History(list(posts), list(pages), list(lookups)), list(stored))


def assert_says(found, *words):
    assert len(found) == 1, found
    for word in words:
        assert word in found[0]


# ---- what is right ---------------------------------------------------------------------------------------------------


def test_an_empty_history_is_right():
    assert violations(History(), []) == []


def test_pages_that_show_all_that_was_answered_are_right():
    assert check(page(2.5, [A], 1), page(4.5, [B, A], 2), page(6.5, [C, B, A], 3)) == []


def test_a_page_may_show_what_is_answered_only_later():
    assert check(page(0.5, [A], 1), page(3.5, [C, B, A], 3)) == []


def test_a_page_need_not_show_what_is_answered_while_it_is_read():
    assert check(page(3.5, [A], 1), page(4, [A], 1)) == []


def test_a_full_page_may_leave_out_what_is_older():
    assert check(page(7, [C, B], 3, take=2)) == []


def test_a_page_leaves_out_what_is_beyond_its_bounds():
    assert check(page(7, [B], 3, above=A, below=C), page(7, [], 3, above=C), page(7, [], 3, below=A)) == []


def test_posts_that_overlap_may_have_positions_in_any_order():
    assert check(posts=[post(1, 3, B, 2), post(2, 4, A, 1)], stored=[A, B]) == []


def test_above_a_meow_may_stand_what_was_answered_after_it_was_sent():
    posts = [post(1, 4, A, 1), post(2, 3, B, 2), post(3.5, 5, C, 3)]
    assert check(page(5.5, [C, B, A], 3), posts=posts) == []


def test_a_post_without_an_answer_may_be_stored_or_not():
    assert check(posts=[*THREE, post(5, 9)], stored=[A, B, C]) == []
    assert check(page(6.5, [D, C, B, A], 4), posts=[*THREE, post(5, 9)], stored=[A, B, C, D]) == []


def test_lookups_of_what_is_there_are_right():
    assert check(lookups=[Lookup(2.5, 3, A, True), Lookup(5.5, 6, C, False), Lookup(5.5, 6, C, True),
                          Lookup(7, 8, D, False)]) == []


# ---- what is wrong ---------------------------------------------------------------------------------------------------


def test_a_page_that_misses_an_answered_post():
    assert_says(check(page(6.5, [C, A], 3)), "misses", B, "queryd", "commandd")


def test_an_empty_page_that_misses_the_only_post():
    assert_says(check(page(2.5, [], 1)), "misses", A)


def test_a_page_that_misses_the_newest():
    assert_says(check(page(6.001, [B, A], 3)), "misses", C)


def test_a_full_page_that_misses_one_above_its_end():
    assert_says(check(page(7, [C, A], 3, take=2)), "misses", B)


def test_a_page_with_bounds_that_misses_one_within():
    assert_says(check(page(7, [], 3, above=A, below=C)), "misses", B)


def test_a_page_with_an_older_meow_above_a_newer_one():
    posts = [post(1, 2, C, 1), post(3, 4, A, 2), post(5, 6, B, 3)]
    assert any(words.endswith("before that was sent") and C in words and A in words
               for words in check(page(6.5, [C, B, A], 3), posts=posts, stored=[C, A, B]))
    assert_says(check(page(6.5, [C, D, A], 1), posts=[post(1, 2, C, 1), post(1, 9), post(3, 4, A, 2)],
                      stored=[A, C, D])[-1:], C, "above", A)


def test_ids_that_do_not_rise_with_the_positions():
    assert_says(check(posts=[post(1, 3, B, 1), post(2, 4, A, 2)], stored=[B, A]), A, "is below", B)


def test_a_page_that_reflects_an_old_position():
    assert_says(check(page(6.5, [C, B, A], 2)), "reflects position 2", "3")


def test_a_page_that_is_out_of_order_or_repeats():
    assert_says(check(page(6.5, [C, A, B], 3))[:1], "newest first")
    assert_says(check(page(6.5, [C, C, B, A], 3)), "twice")


def test_a_page_that_is_longer_than_asked():
    assert_says(check(page(6.5, [C, B, A], 3, take=2)), "3 meows of 2")


def test_a_page_with_a_meow_of_nobody():
    assert_says(check(page(6.5, [D, C, B, A], 3)), D, "nobody")


def test_a_page_beyond_its_bounds():
    assert_says(check(page(7, [C, B], 3, above=A, below=C)), C, "bounds")


def test_a_lookup_that_does_not_find():
    assert_says(check(lookups=[Lookup(2.5, 3, A, False, "queryd")]), A, "does not know")


def test_a_lookup_that_finds_what_nobody_posted():
    assert_says(check(lookups=[Lookup(2.5, 3, D, True, "queryd")]), D, "nobody")


def test_an_answered_post_that_is_lost():
    assert any("position 3" in words for words in post_violations(THREE, [A, B]))


def test_a_position_that_is_another_meows():
    assert any(C in words and D in words for words in post_violations(THREE, [A, B, D]))


def test_a_position_given_twice():
    assert any("given to" in words for words in post_violations([*THREE, post(5, 6, D, 3)], [A, B, C, D]))


def test_a_meow_stored_twice():
    assert any("twice" in words for words in post_violations([*THREE, post(5, 9)], [A, B, C, A]))


def test_a_meow_that_nobody_posted_in_the_store():
    assert_says(post_violations(THREE, [A, B, C, D]), "4 meows of 3 posts")


def test_a_position_below_one_that_was_answered_before():
    found = post_violations([post(1, 2, B, 2), post(3, 4, A, 1)], [A, B])
    assert_says(found, A, "before it was posted")


def test_a_poller_that_misses_or_repeats():
    assert poll_violations([A, B, C], [A, B, C]) == []
    assert_says(poll_violations([A, C], [A, B, C]), "missed", B)
    assert_says(poll_violations([A, B, B, C], [A, B, C]), "twice")
    assert_says(poll_violations([B, A, C], [A, B, C]), "another order")
    assert_says(poll_violations([A, B], [A]), B, "nobody")


def test_a_stream_has_every_event_once_and_in_order():
    stored = [A, B, C]
    assert stream_violations([(1, A), (2, B), (3, C)], 0, stored) == []
    assert stream_violations([(3, C)], 2, stored) == []
    assert stream_violations([], 3, stored) == []


def test_a_stream_with_a_hole_a_repetition_or_a_wrong_order():
    stored = [A, B, C]
    assert stream_violations([(1, A), (3, C)], 0, stored)
    assert stream_violations([(1, A), (2, B), (2, B), (3, C)], 0, stored)
    assert stream_violations([(2, B), (1, A), (3, C)], 0, stored)


def test_a_stream_that_ends_early_or_begins_late():
    stored = [A, B, C]
    assert stream_violations([(1, A), (2, B)], 0, stored)
    assert stream_violations([(2, B), (3, C)], 0, stored)


def test_a_stream_with_another_meow():
    assert_says(stream_violations([(1, A), (2, C), (3, C)], 0, [A, B, C]), "event 2", C)
