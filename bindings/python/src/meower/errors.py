"""The exceptions: one for each status code of the library, below MeowerError.

    >>> issubclass(NotFoundError, MeowerError) and issubclass(NotFoundError, LookupError)
    True
"""

from __future__ import annotations

from . import _types as t
from ._library import lib

__all__ = [
    "AbiError",
    "BusyError",
    "ClosedError",
    "ConflictError",
    "CorruptError",
    "ForkedError",
    "FullError",
    "InternalError",
    "InterruptedWaitError",
    "InvalidError",
    "IoError",
    "LockedError",
    "MeowerError",
    "NoMemoryError",
    "NotFoundError",
    "NotPermittedError",
    "OutcomeUnknownError",
    "TimedOutError",
    "UnavailableError",
    "UnsupportedError",
]


class MeowerError(Exception):
    """What went wrong, in the library's words.

    >>> error = BusyError("the queue is full", retriable=True)
    >>> error.status, error.code, error.retriable
    ('busy', -5, True)
    """

    code: int = 0
    """The status code of the C API."""

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        backend_domain: str = "",
        backend_code: int = 0,
        retriable: bool = False,
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.backend_domain = backend_domain
        """Whose code `backend_code` is: "errno", "sqlite", "postgresql", "nats", "kafka", "http", "curl" or "other"; empty
        when there is none."""
        self.backend_code = backend_code
        """The engine's own code (errno, SQLite result, HTTP status), or 0."""
        if backend_domain == "errno":
            _set_errno(self, backend_code)
        self.retriable = retriable
        """Whether the same call may succeed later without any change."""

    @property
    def status(self) -> str:
        """The name of the status, such as "not found"."""
        name: bytes = lib.meower_status_name(self.code)
        return name.decode()

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickle, (
            type(self), self.args[0], self.code, self.backend_domain, self.backend_code, self.retriable
        )


def _set_errno(error: Exception, number: int) -> None:
    if isinstance(error, OSError):
        error.errno = number


def _unpickle(
    kind: type[MeowerError], message: str, code: int, backend_domain: str, backend_code: int, retriable: bool
) -> MeowerError:
    return kind(
        message, code=code, backend_domain=backend_domain, backend_code=backend_code, retriable=retriable
    )


class InvalidError(MeowerError, ValueError):
    """An argument, option or input is wrong; the message says which."""

    code = -1


class NoMemoryError(MeowerError, MemoryError):
    """An allocation failed; nothing was changed."""

    code = -2


class NotFoundError(MeowerError, LookupError):
    """No such meow."""

    code = -3


class ConflictError(MeowerError):
    """The idempotency key was used for another body."""

    code = -4


class BusyError(MeowerError):
    """A queue is full, or two threads or tasks wait on what serves one at a time."""

    code = -5


class TimedOutError(MeowerError, TimeoutError):
    """The time given ran out; the request may still complete."""

    code = -6


class ClosedError(MeowerError):
    """The feed, or the subscription, is closed."""

    code = -7


class IoError(MeowerError, OSError):
    """The operating system refused to read or write."""

    code = -8


class CorruptError(MeowerError):
    """Stored data is damaged or not ours."""

    code = -9


class LockedError(MeowerError):
    """Another process holds the store."""

    code = -10


class UnavailableError(MeowerError, ConnectionError):
    """An engine cannot be reached now."""

    code = -11


class UnsupportedError(MeowerError):
    """An unknown scheme, one not built in, or a role that this feed does not have."""

    code = -12


class OutcomeUnknownError(MeowerError):
    """The connection broke while the engine was deciding: repeat with an idempotency key."""

    code = -13


class ForkedError(MeowerError):
    """The feed belongs to the parent process: open another one after a fork."""

    code = -14


class FullError(MeowerError, OSError):
    """No space is left where the data lives."""

    code = -15


class NotPermittedError(MeowerError, PermissionError):
    """Not allowed: file mode, user, password."""

    code = -16


class AbiError(MeowerError):
    """A backend was built for another ABI, or is incomplete."""

    code = -17


class InternalError(MeowerError):
    """A defect of the library."""

    code = -18


class InterruptedWaitError(MeowerError):
    """The library ended a wait; what was asked for may still be carried out. No call of this package waits in it."""

    code = -19


_BY_CODE = {kind.code: kind for kind in MeowerError.__subclasses__()}
_DOMAINS = {
    t.DOMAIN_NONE: "",
    t.DOMAIN_ERRNO: "errno",
    t.DOMAIN_SQLITE: "sqlite",
    t.DOMAIN_POSTGRESQL: "postgresql",
    t.DOMAIN_NATS: "nats",
    t.DOMAIN_KAFKA: "kafka",
    t.DOMAIN_HTTP: "http",
    t.DOMAIN_CURL: "curl",
}


def error_of(status: int, detail: t.ErrorStruct | None = None) -> MeowerError:
    """The exception for a status, with the detail that the library wrote when there is one."""
    kind = _BY_CODE.get(status, MeowerError)
    if detail is None or detail.code != status:
        return kind(lib.meower_status_name(status).decode(), code=status)
    return kind(
        detail.message.decode("utf-8", "replace"),
        code=status,
        backend_domain=_DOMAINS.get(detail.backend_domain, "other"),
        backend_code=detail.backend_code,
        retriable=bool(detail.flags & t.ERROR_FLAG_RETRIABLE),
    )


def check(status: int, detail: t.ErrorStruct | None = None) -> None:
    """Raises the exception for a status other than 0."""
    if status < 0:
        raise error_of(status, detail)
