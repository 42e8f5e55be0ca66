"""Finds and loads libmeower, and tells ctypes the signature of every public function.

The library is looked for in this order: the file that the environment variable MEOWER_LIBRARY names, the one that
came with this package, the one that the system's loader finds. Calls release the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

from . import _types as t

SONAME = "libmeower.so.1"
RELEASE = (0, 2)
"""The release of the C API that the signatures below are of: MAJOR, MINOR."""

_error = t.ErrorPointer
_options = t.OptionsHandle
_instance = t.FeedHandle
_command = t.CommandHandle
_query = t.QueryHandle
_page = t.PageHandle
_subscription = t.SubscriptionHandle
_filter = t.FilterHandle

SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    # base.h
    "meower_version": (c_char_p, ()),
    "meower_version_number": (c_int, ()),
    "meower_status_name": (c_char_p, (c_int,)),
    # meow.h
    "meower_id_check": (c_int, (c_char_p, c_size_t, _error)),
    "meower_body_check": (c_int, (c_char_p, c_size_t, _error)),
    "meower_labels_check": (c_int, (t.LabelPointer, c_size_t, _error)),
    # options.h
    "meower_option_at": (POINTER(t.OptionStruct), (c_size_t,)),
    "meower_options_new": (c_int, (POINTER(_options), _error)),
    "meower_options_set": (c_int, (_options, c_char_p, c_char_p, _error)),
    "meower_options_get": (c_char_p, (_options, c_char_p)),
    "meower_options_check": (c_int, (_options, _error)),
    "meower_options_free": (None, (_options,)),
    # meower.h
    "meower_open": (c_int, (_options, POINTER(_instance), _error)),
    "meower_step": (c_int, (_instance, _error)),
    "meower_health_at": (c_int, (_instance, c_size_t, POINTER(t.HealthStruct), _error)),
    "meower_metric_at": (c_int, (_instance, c_size_t, POINTER(t.MetricStruct), _error)),
    "meower_interrupt": (c_int, (_instance, _error)),
    "meower_close": (c_int, (_instance, c_int, _error)),
    # maintenance.h
    "meower_backup": (c_int, (_options, c_char_p, _error)),
    "meower_restore": (c_int, (_options, c_char_p, _error)),
    "meower_new_epoch": (c_int, (_options, _error)),
    "meower_rebuild_start": (c_int, (_instance, _error)),
    "meower_rebuild_state": (c_int, (_instance, POINTER(t.RebuildStruct), _error)),
    "meower_check_run": (c_int, (_options, POINTER(t.CheckHandle), _error)),
    "meower_check_read_totals": (c_int, (t.CheckHandle, POINTER(t.CheckTotalsStruct), _error)),
    "meower_check_finding": (POINTER(t.FindingStruct), (t.CheckHandle, c_size_t)),
    "meower_check_free": (None, (t.CheckHandle,)),
    # command.h
    "meower_command_open": (c_int, (_instance, POINTER(_command), _error)),
    "meower_command_fd": (c_int, (_command,)),
    "meower_command_submit_post": (c_int, (_command, c_char_p, c_size_t, c_char_p, c_void_p, _error)),
    "meower_command_submit_posts": (c_int, (_command, POINTER(t.PostStruct), c_size_t, _error)),
    "meower_command_submit_one": (c_int, (_command, POINTER(t.PostStruct), _error)),
    "meower_command_submit_delete": (c_int, (_command, c_char_p, c_void_p, _error)),
    "meower_command_next": (c_int, (_command, POINTER(t.ResultStruct), _error)),
    "meower_command_next_many": (c_int, (_command, POINTER(t.ResultStruct), c_size_t, _error)),
    "meower_command_post": (
        c_int,
        (_command, c_char_p, c_size_t, c_char_p, c_int, POINTER(t.ResultStruct), _error),
    ),
    "meower_command_post_one": (c_int, (_command, POINTER(t.PostStruct), c_int, POINTER(t.ResultStruct), _error)),
    "meower_command_delete": (c_int, (_command, c_char_p, c_int, POINTER(t.ResultStruct), _error)),
    "meower_command_close": (None, (_command,)),
    # query.h
    "meower_query_open": (c_int, (_instance, POINTER(_query), _error)),
    "meower_query_fd": (c_int, (_query,)),
    "meower_query_submit_list": (c_int, (_query, POINTER(t.ListStruct), c_void_p, _error)),
    "meower_query_submit_search": (c_int, (_query, POINTER(t.SearchStruct), c_void_p, _error)),
    "meower_query_submit_get": (c_int, (_query, c_char_p, c_char_p, c_void_p, _error)),
    "meower_query_next": (c_int, (_query, POINTER(_page), _error)),
    "meower_query_list": (c_int, (_query, POINTER(t.ListStruct), c_int, POINTER(_page), _error)),
    "meower_query_search": (c_int, (_query, POINTER(t.SearchStruct), c_int, POINTER(_page), _error)),
    "meower_query_get": (c_int, (_query, c_char_p, c_char_p, c_int, POINTER(_page), _error)),
    "meower_query_submit_count": (c_int, (_query, POINTER(t.ListStruct), c_void_p, _error)),
    "meower_query_count": (c_int, (_query, POINTER(t.ListStruct), c_int, POINTER(c_uint64), _error)),
    "meower_query_head": (c_int, (_query, c_int, POINTER(c_uint64), c_char_p, _error)),
    "meower_query_close": (None, (_query,)),
    "meower_page_tag": (c_void_p, (_page,)),
    "meower_page_status": (c_int, (_page,)),
    "meower_page_error": (_error, (_page,)),
    "meower_page_count": (c_size_t, (_page,)),
    "meower_page_total": (c_uint64, (_page,)),
    "meower_page_meow": (POINTER(t.MeowStruct), (_page, c_size_t)),
    "meower_page_cursor": (c_char_p, (_page,)),
    "meower_page_position": (c_uint64, (_page,)),
    "meower_page_has_older": (c_int, (_page,)),
    "meower_page_has_newer": (c_int, (_page,)),
    "meower_page_is_fallback": (c_int, (_page,)),
    "meower_page_highlights": (POINTER(t.HighlightStruct), (_page, c_size_t, POINTER(c_size_t))),
    "meower_page_json_len": (c_size_t, (_page,)),
    "meower_page_write_json": (None, (_page, c_char_p)),
    "meower_page_free": (None, (_page,)),
    # subscription.h
    "meower_subscription_open": (c_int, (_instance, c_char_p, POINTER(_subscription), _error)),
    "meower_subscription_follow": (c_int, (_instance, POINTER(t.FollowStruct), POINTER(_subscription), _error)),
    "meower_subscription_begin": (c_int, (_instance, POINTER(t.FollowStruct), POINTER(_subscription), _error)),
    "meower_subscription_started": (c_int, (_subscription, _error)),
    "meower_subscription_fd": (c_int, (_subscription,)),
    "meower_subscription_recovered": (c_int, (_subscription,)),
    "meower_subscription_cursor": (c_char_p, (_subscription,)),
    "meower_subscription_position": (c_uint64, (_subscription,)),
    "meower_subscription_next": (c_int, (_subscription, POINTER(t.EventPointer), _error)),
    "meower_subscription_next_many": (c_int, (_subscription, POINTER(t.EventPointer), c_size_t, _error)),
    "meower_subscription_wait": (c_int, (_subscription, c_int, POINTER(t.EventPointer), _error)),
    "meower_subscription_close": (None, (_subscription,)),
    # filter.h
    "meower_filter_new": (c_int, (POINTER(t.FollowStruct), POINTER(_filter), _error)),
    "meower_filter_matches": (c_int, (_filter, t.EventPointer, _error)),
    "meower_filter_matches_many": (c_int, (POINTER(_filter), c_size_t, t.EventPointer, POINTER(c_int), _error)),
    "meower_filter_labels": (t.LabelPointer, (_filter, POINTER(c_size_t))),
    "meower_filter_free": (None, (_filter,)),
    # backend.h: for backends, which are written in C; the tables that they fill are opaque here
    "meower_labels_match": (c_int, (t.LabelPointer, c_size_t, t.LabelPointer, c_size_t)),
    "meower_options_add_store": (c_int, (_options, c_void_p, c_void_p, _error)),
    "meower_options_add_bus": (c_int, (_options, c_void_p, c_void_p, _error)),
    "meower_options_add_search": (c_int, (_options, c_void_p, c_void_p, _error)),
    "meower_options_set_clock": (None, (_options, c_void_p)),
    "meower_options_set_fault_hook": (None, (_options, c_void_p)),
    "meower_error_set": (c_int, (_error, c_int, c_int, c_uint32, c_char_p)),
    "meower_error_set_backend": (c_int, (_error, c_int, c_int, c_int, c_uint32, c_char_p)),
}


def _candidates() -> list[str]:
    named = os.environ.get("MEOWER_LIBRARY")
    if named:
        return [named]
    bundled = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", SONAME)
    return [bundled, SONAME] if os.path.exists(bundled) else [SONAME]


def _load() -> ctypes.CDLL:
    reasons = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            reasons.append(str(error))
            continue
        _declare(library, path)
        return library
    raise ImportError(
        f"libmeower cannot be loaded ({'; '.join(reasons)}). Install it, install the wheel that carries it, or name "
        "the file in the environment variable MEOWER_LIBRARY"
    )


def _declare(library: ctypes.CDLL, path: str) -> None:
    try:
        library.meower_version.restype = c_char_p
        version = library.meower_version().decode()
    except AttributeError:
        raise ImportError(f"{path} is no libmeower") from None
    if tuple(map(int, version.split(".")[:2])) != RELEASE:
        raise ImportError(f"{path} is libmeower {version}; this package needs {'.'.join(map(str, RELEASE))}")
    for name, (result, arguments) in SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"{path}, libmeower {version}, lacks the function {name}") from None
        function.restype = result
        function.argtypes = arguments


lib = _load()
