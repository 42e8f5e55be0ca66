"""The structs, handles and numbers of the C headers, as ctypes sees them.

tests/test_headers.py compares every one of them with include/meower.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_double,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)
from typing import Any

ID_LEN = 27
ID_SIZE = 28
BODY_MAX = 140
CURSOR_SIZE = 40
KEY_MAX = 255
TAKE_DEFAULT = 100
TAKE_MAX = 1000

EVENT_CREATED = 1
EVENT_DELETED = 2

OPTION_TEXT = 1
OPTION_NUMBER = 2
OPTION_BOOLEAN = 3
OPTION_SECRET = 4

ERROR_FLAG_RETRIABLE = 1

DOMAIN_NONE = 0
DOMAIN_OTHER = 1
DOMAIN_ERRNO = 2
DOMAIN_SQLITE = 3
DOMAIN_POSTGRESQL = 4
DOMAIN_NATS = 5
DOMAIN_KAFKA = 6
DOMAIN_HTTP = 7
DOMAIN_CURL = 8

REBUILD_NONE = 0
REBUILD_RUNNING = 1
REBUILD_DONE = 2
REBUILD_FAILED = 3


class FeedHandle(c_void_p):
    """meower_feed"""


class OptionsHandle(c_void_p):
    """meower_options"""


class CommandHandle(c_void_p):
    """meower_command"""


class QueryHandle(c_void_p):
    """meower_query"""


class PageHandle(c_void_p):
    """meower_page"""


class SubscriptionHandle(c_void_p):
    """meower_subscription"""


class FilterHandle(c_void_p):
    """meower_filter"""


class CheckHandle(c_void_p):
    """meower_check"""


class Sized(Structure):
    def __init__(self, *values: Any) -> None:
        super().__init__(sizeof(self), *values)


class ErrorStruct(Structure):
    """meower_error"""

    _fields_ = (
        ("code", c_int),
        ("backend_domain", c_int),
        ("backend_code", c_int),
        ("flags", c_uint32),
        ("message", c_char * 500),
    )


class LabelStruct(Structure):
    """meower_label"""

    _fields_ = (
        ("key", c_char_p),
        ("key_len", c_size_t),
        ("value", c_char_p),
        ("value_len", c_size_t),
    )


LabelPointer = POINTER(LabelStruct)


class MeowStruct(Structure):
    """meower_meow"""

    _fields_ = (
        ("id", c_char_p),
        ("body", c_char_p),
        ("body_len", c_size_t),
        ("created_at_us", c_int64),
        ("labels", LabelPointer),
        ("label_count", c_size_t),
    )


class PostStruct(Sized):
    """meower_post"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("body", c_char_p),
        ("body_len", c_size_t),
        ("idempotency_key", c_char_p),
        ("tag", c_void_p),
        ("labels", LabelPointer),
        ("label_count", c_size_t),
    )


ErrorPointer = POINTER(ErrorStruct)


class ResultStruct(Sized):
    """meower_command_result"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("error", ErrorPointer),
        ("tag", c_void_p),
        ("status", c_int),
        ("replayed", c_int),
        ("created_at_us", c_int64),
        ("position", c_uint64),
        ("id", c_char * ID_SIZE),
        ("cursor", c_char * CURSOR_SIZE),
        ("flags", c_uint32),
    )


class ListStruct(Sized):
    """meower_list"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("skip", c_uint64),
        ("take", c_uint32),
        ("max_id", c_char_p),
        ("since_id", c_char_p),
        ("min_id", c_char_p),
        ("cursor", c_char_p),
        ("labels", LabelPointer),
        ("label_count", c_size_t),
    )


class SearchStruct(Sized):
    """meower_search"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("text", c_char_p),
        ("text_len", c_size_t),
        ("skip", c_uint64),
        ("take", c_uint32),
        ("highlight", c_int),
        ("cursor", c_char_p),
        ("labels", LabelPointer),
        ("label_count", c_size_t),
    )


class FollowStruct(Sized):
    """meower_follow"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("cursor", c_char_p),
        ("labels", LabelPointer),
        ("label_count", c_size_t),
        ("text", c_char_p),
        ("text_len", c_size_t),
    )


class EventStruct(Structure):
    """meower_event"""

    _fields_ = (
        ("position", c_uint64),
        ("kind", c_int),
        ("meow", POINTER(MeowStruct)),
        ("cursor", c_char_p),
        ("json", c_char_p),
        ("json_len", c_size_t),
    )


class HighlightStruct(Structure):
    """meower_highlight"""

    _fields_ = (
        ("start", c_uint32),
        ("length", c_uint32),
    )


class OptionStruct(Structure):
    """meower_option"""

    _fields_ = (
        ("name", c_char_p),
        ("type", c_int),
        ("default_value", c_char_p),
        ("minimum", c_int64),
        ("maximum", c_int64),
        ("help", c_char_p),
    )


class HealthStruct(Sized):
    """meower_health"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("part", c_char_p),
        ("ready", c_int),
        ("reason", c_char * 500),
    )


class RebuildStruct(Sized):
    """meower_rebuild"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("position", c_uint64),
        ("head", c_uint64),
        ("state", c_int),
        ("reason", c_char * 500),
    )


class MetricStruct(Sized):
    """meower_metric"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("help", c_char_p),
        ("value", c_double),
    )


class FindingStruct(Structure):
    """meower_finding"""

    _fields_ = (
        ("kind", c_int),
        ("position", c_uint64),
        ("id", c_char_p),
        ("text", c_char_p),
    )


class CheckTotalsStruct(Sized):
    """meower_check_totals"""

    _fields_ = (
        ("struct_size", c_size_t),
        ("has_index", c_int),
        ("head", c_uint64),
        ("meows", c_uint64),
        ("documents", c_uint64),
        ("index_position", c_uint64),
        ("findings", c_uint64),
    )


EventPointer = POINTER(EventStruct)
