"""What the library gives: meows, receipts, events, health and metrics. All of it is immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._types import EVENT_CREATED, EVENT_DELETED, EventStruct, MeowStruct, ResultStruct

if TYPE_CHECKING:
    import datetime

__all__ = ["Deleted", "Event", "Health", "Meow", "Metric", "Posted", "Rebuild"]

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


class Meow(NamedTuple):
    """A message of the feed.

    >>> meow = Meow("3MXfLtBNZ7zzFHN5g2XBMYGm1SL", "cats &gt; dogs", 1_795_000_000_000_000, True)
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


class Posted(NamedTuple):
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


class Deleted(NamedTuple):
    """What became of a deletion: the meow is gone."""

    id: str
    position: int
    cursor: str


class Event(NamedTuple):
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


class Health(NamedTuple):
    """How a part of the feed is."""

    part: str
    """"store", "bus" or "search"."""
    ready: bool
    reason: str
    """Why it is not ready; empty when it is."""


class Rebuild(NamedTuple):
    """What the last rebuild of the search index is at."""

    state: str
    """"none", "running", "done" or "failed"."""
    position: int
    """Events up to it are in the new index."""
    head: int
    """Of the feed: where it is going."""
    reason: str
    """Why it failed, else empty."""


class Metric(NamedTuple):
    """A counter or gauge."""

    name: str
    help: str
    value: float


_KINDS = {EVENT_CREATED: "created", EVENT_DELETED: "deleted"}


def meow_of(struct: MeowStruct, escaped: bool) -> Meow:
    """Copies a meow out of the library's memory."""
    return Meow(struct.id.decode(), struct.body.decode(), struct.created_at_us, escaped)


def event_of(struct: EventStruct, escaped: bool) -> Event:
    """Copies an event out of the library's memory."""
    meow = struct.meow.contents
    meow_id = meow.id.decode()
    body = meow.body
    kind: int = struct.kind
    return Event(
        struct.position,
        _KINDS.get(kind) or f"kind {kind}",
        meow_id,
        None if body is None else Meow(meow_id, body.decode(), meow.created_at_us, escaped),
        struct.cursor.decode(),
        struct.json.decode(),
    )


def posted_of(struct: ResultStruct) -> Posted:
    """Copies the result of a post."""
    return Posted(
        struct.id.decode(), struct.created_at_us, struct.position, struct.cursor.decode(), struct.replayed != 0
    )


def deleted_of(struct: ResultStruct) -> Deleted:
    """Copies the result of a deletion."""
    return Deleted(struct.id.decode(), struct.position, struct.cursor.decode())


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """An HTML table; every cell is escaped."""
    lines = ["<table><tr>", *(f"<th>{escape(name)}</th>" for name in head), "</tr>"]
    for row in rows:
        lines += ["<tr>", *(f"<td>{escape(str(cell))}</td>" for cell in row), "</tr>"]
    return "".join([*lines, "</table>"])
