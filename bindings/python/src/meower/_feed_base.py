"""What a feed tells of itself: on threads and on asyncio it is the same, for none of it waits."""

from __future__ import annotations

import weakref
from typing import ClassVar

from . import _types as t
from ._copies import Bound
from ._instance import OPEN, Instance
from ._library import lib
from .models import Health, Metric, Rebuild, escape, table

_REBUILD_STATES = {
    t.REBUILD_NONE: "none",
    t.REBUILD_RUNNING: "running",
    t.REBUILD_DONE: "done",
    t.REBUILD_FAILED: "failed",
}


class FeedBase(Bound):
    """An instance with a name, which is closed with a warning when nobody has closed it."""

    _name: ClassVar[str]
    _refusal = "a feed cannot be copied or pickled: share it between threads, and open one in each process"

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._finalizer = weakref.finalize(self, Instance.abandon, instance, repr(self))

    def health(self) -> list[Health]:
        """How store, bus and search are now."""
        return self._instance.read_all(
            t.HealthStruct(),
            lib.meower_health_at,
            lambda struct: Health(
                part=struct.part.decode(), ready=struct.ready != 0, reason=struct.reason.decode("utf-8", "replace")
            ),
        )

    def rebuild_start(self) -> None:
        """Starts to build a new search index beside the one that is searched, which it then replaces at once."""
        self._instance.rebuild_start()

    def rebuild_state(self) -> Rebuild:
        """What the last rebuild of the search index is at."""
        struct = self._instance.rebuild_state()
        state = _REBUILD_STATES.get(struct.state) or f"state {struct.state}"
        return Rebuild(
            state=state,
            position=struct.position,
            head=struct.head,
            reason=struct.reason.decode("utf-8", "replace"),
        )

    def metrics(self) -> list[Metric]:
        """Counters and gauges."""
        return self._instance.read_all(
            t.MetricStruct(),
            lib.meower_metric_at,
            lambda struct: Metric(name=struct.name.decode(), help=struct.help.decode(), value=struct.value),
        )

    @property
    def closed(self) -> bool:
        """Whether it was closed, or belongs to the parent process."""
        return self._instance.state != OPEN

    def __repr__(self) -> str:
        """One line. Only schemes: a URL may carry a password."""
        store, bus, search = self._instance.schemes
        state = ("open", "closed", "of the parent process")[self._instance.state]
        return f"<meower.{self._name} {state}, store={store!r}, bus={bus!r}, search={search!r}>"

    def _repr_html_(self) -> str:
        title = f"<p><code>{escape(repr(self))}</code></p>"
        if self.closed:
            return title
        rows = [(health.part, "ready" if health.ready else health.reason) for health in self.health()]
        return title + table(("part", "state"), rows)
