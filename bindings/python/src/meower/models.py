"""What the library gives: meows, receipts, events, health and metrics. All of it is immutable: frozen dataclasses, made by
keywords, so that a later version may add fields anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._records import setters
from ._types import EVENT_CREATED, EVENT_DELETED, EventStruct, MeowStruct, ResultStruct
from .labels import NO_LABELS, Labels, as_labels, labels_of

if TYPE_CHECKING:
    import datetime

__all__ = ["Deleted", "Event", "Head", "Health", "Meow", "Metric", "Posted", "Rebuild"]

# The entities that the library makes (libmeower/base/html.c); the ampersand is undone last.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&#34;", '"'), ("&amp;", "&"))


def escape(text: str) -> str:
    """Text for an HTML page."""
    for entity, character in reversed(_ENTITIES):
        text = text.replace(character, entity)
    return text


def _datetime(microseconds: int) -> datetime.datetime:
    import datetime

    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return epoch + datetime.timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meow:
    """A message of the feed.

    >>> meow = Meow(id="3MXfLtBNZ7zzFHN5g2XBMYGm1SL", body="cats &gt; dogs", created_at_us=1_795_000_000_000_000)
    >>> meow.text
    'cats > dogs'
    >>> meow.created_at.isoformat()
    '2026-11-18T11:06:40+00:00'
    """

    id: str
    """27 characters; ids grow with time."""
    body: str
    """The text as it is stored, with HTML entities where the feed escapes (option escape_html)."""
    created_at_us: int
    """Microseconds since 1970."""
    escaped: bool = True
    """Whether the feed that gave it escapes HTML."""
    labels: Labels = NO_LABELS
    """What it carries besides its text, each key with its value, or with several."""

    def __post_init__(self) -> None:
        if not isinstance(self.labels, Labels):
            object.__setattr__(self, "labels", as_labels(self.labels))

    @property
    def text(self) -> str:
        """The text as it was posted."""
        text = self.body
        if self.escaped and "&" in text:
            for entity, character in _ENTITIES:
                text = text.replace(entity, character)
        return text

    @property
    def created_at(self) -> datetime.datetime:
        """When it was posted, in UTC."""
        return _datetime(self.created_at_us)

    def _repr_html_(self) -> str:
        return (
            f'<div title="{escape(self.id)}">{escape(self.text)} '
            f"<small>{self.created_at:%Y-%m-%d %H:%M:%S} UTC</small></div>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a post: it is stored."""

    id: str
    created_at_us: int
    position: int
    """The number of its event in the feed: 1, 2, 3, ..."""
    cursor: str
    """The position as a token: read your own write with it, or subscribe from here on."""
    replayed: bool
    """Whether the idempotency key had stored this meow before."""

    @property
    def created_at(self) -> datetime.datetime:
        """When it was posted, in UTC."""
        return _datetime(self.created_at_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What became of a deletion: the meow is gone."""

    id: str
    position: int
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change of the feed.

    >>> import meower
    >>> with meower.open() as m, m.subscribe() as events:
    ...     _ = m.post("hello")
    ...     event = next(events)
    >>> event.position, event.kind, event.meow.text
    (1, 'created', 'hello')
    """

    position: int
    """1, 2, 3, ...; the creation of a meow that is deleted by now may be left out."""
    kind: str
    """"created" or "deleted"; ignore others."""
    id: str
    """Of the meow."""
    meow: Meow | None
    """The meow that was created; None of a deletion."""
    cursor: str
    """Subscribe with it to what follows this event."""
    json: str
    """The event as a WebSocket client gets it: one JSON object."""

    def _repr_html_(self) -> str:
        what = self.meow._repr_html_() if self.meow is not None else f"<div>{escape(self.id)}</div>"
        return f"<div><b>{self.position}</b> {escape(self.kind)} {what}</div>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a feed is."""

    position: int
    """Of its last event; 0 when there is none."""
    cursor: str
    """The position as a token: subscribe with it to what follows, or wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a part of the feed is."""

    part: str
    """"store", "bus" or "search"."""
    ready: bool
    reason: str
    """Why it is not ready; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """What the last rebuild of the search index is at."""

    state: str
    """"none", "running", "done" or "failed"."""
    position: int
    """Events up to it are in the new index."""
    head: int
    """Of the feed: where it is going."""
    reason: str
    """Why it failed, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A counter or gauge."""

    name: str
    help: str
    value: float


_new = object.__new__
_set_id, _set_body, _set_created_at_us, _set_escaped, _set_labels = setters(Meow)
_set_position, _set_kind, _set_meow_id, _set_meow, _set_cursor, _set_json = setters(Event)

_KINDS = {EVENT_CREATED: "created", EVENT_DELETED: "deleted"}


def meow_of(struct: MeowStruct, escaped: bool) -> Meow:
    """Copies a meow out of the library's memory."""
    meow = _new(Meow)
    _set_id(meow, struct.id.decode())
    _set_body(meow, struct.body.decode())
    _set_created_at_us(meow, struct.created_at_us)
    _set_escaped(meow, escaped)
    _set_labels(meow, labels_of(struct) if struct.label_count else NO_LABELS)
    return meow


def event_of(struct: EventStruct, escaped: bool) -> Event:
    """Copies an event out of the library's memory."""
    of = struct.meow.contents
    meow = None if of.body is None else meow_of(of, escaped)
    kind: int = struct.kind
    event = _new(Event)
    _set_position(event, struct.position)
    _set_kind(event, _KINDS.get(kind) or f"kind {kind}")
    _set_meow_id(event, of.id.decode() if meow is None else meow.id)
    _set_meow(event, meow)
    _set_cursor(event, struct.cursor.decode())
    _set_json(event, struct.json.decode())
    return event


def posted_of(struct: ResultStruct) -> Posted:
    """Copies the result of a post."""
    return Posted(
        id=struct.id.decode(),
        created_at_us=struct.created_at_us,
        position=struct.position,
        cursor=struct.cursor.decode(),
        replayed=struct.replayed != 0,
    )


def deleted_of(struct: ResultStruct) -> Deleted:
    """Copies the result of a deletion."""
    return Deleted(id=struct.id.decode(), position=struct.position, cursor=struct.cursor.decode())


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """An HTML table; every cell is escaped."""
    lines = ["<table><tr>", *(f"<th>{escape(name)}</th>" for name in head), "</tr>"]
    for row in rows:
        lines += ["<tr>", *(f"<td>{escape(str(cell))}</td>" for cell in row), "</tr>"]
    return "".join([*lines, "</table>"])
