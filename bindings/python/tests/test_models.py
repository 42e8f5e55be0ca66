"""What the library gives is immutable data with named fields."""

import copy
import dataclasses
import json
import pickle

import meower
import pytest
from meower import models

KINDS = [getattr(meower, name) for name in (*models.__all__, "Check", "Finding", "Option")]


@pytest.fixture
def given(m):
    """Something of each kind that a feed gives."""
    with m.subscribe() as events:
        posted = m.post("a < b")
        event = next(events)
    others = [posted, *m.post_many(["two"]), event, event.meow, m.get(posted.id), m.list().page()[1]]
    return [*others, m.delete(posted.id), *m.health(), *m.metrics(), m.rebuild_state(), *meower.options()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_is_made_by_keywords(kind):
    values = {field.name: field.name for field in dataclasses.fields(kind)}
    if kind is meower.Meow:
        values["labels"] = {"room": "garden"}
    made = kind(**values)
    assert dataclasses.asdict(made) == values
    with pytest.raises(TypeError):
        kind(*values.values())


def test_nothing_can_be_changed(given):
    for each in given:
        for name in (dataclasses.fields(each)[0].name, "other"):
            with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
                setattr(each, name, "x")
        assert not hasattr(each, "__dict__")


def test_what_was_given_has_all_its_fields(given):
    for each in given:
        assert type(each)(**{field.name: getattr(each, field.name) for field in dataclasses.fields(each)}) == each


def test_copies_and_pickles_are_equal_and_have_one_hash(given):
    for each in given:
        for other in (copy.copy(each), copy.deepcopy(each), pickle.loads(pickle.dumps(each))):
            assert other == each and hash(other) == hash(each)


def test_a_meow_as_json_is_an_object(m):
    meow = m.get(m.post("hello").id)
    assert json.loads(json.dumps(dataclasses.asdict(meow))) == {
        "id": meow.id, "body": "hello", "created_at_us": meow.created_at_us, "escaped": True, "labels": {},
    }


def test_an_event_within_another_dataclass_becomes_an_object(m):
    @dataclasses.dataclass
    class Seen:
        event: meower.Event

    with m.subscribe() as events:
        m.post("hello")
        seen = dataclasses.asdict(Seen(next(events)))
    assert seen["event"]["meow"]["body"] == "hello"


def test_an_event_is_matched_by_keywords(m):
    def what(event):
        match event:
            case meower.Event(kind="created", meow=meower.Meow(text=text)):
                return text
            case meower.Event(kind="deleted", meow=None, position=position):
                return position

    with m.subscribe() as events:
        posted = m.post("hello")
        assert what(next(events)) == "hello"
        m.delete(posted.id)
        assert what(next(events)) == 2


def test_a_post_of_many_is_as_one_alone(m):
    alone = m.post("hello", key="k")
    assert dataclasses.replace(m.post_many(["hello"])[0], id=alone.id, created_at_us=alone.created_at_us,
                               position=1, cursor=alone.cursor) == alone
