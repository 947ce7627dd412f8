"""Session events are plain values: equal when they say the same, and never changed."""

from typing import get_args

import pytest

from protocol import sessionevents
from protocol.sessionevents import CaughtUp, Chunk, Closed, Event


def test_every_event_of_the_module_is_one_that_a_shell_has_to_handle() -> None:
    classes = {
        value
        for value in vars(sessionevents).values()
        if isinstance(value, type) and value.__module__ == sessionevents.__name__
    }
    assert classes == set(get_args(Event))


def test_events_of_different_kinds_are_told_apart_by_their_class() -> None:
    assert Chunk(b"c", b"data", None) == Chunk(b"c", b"data", None)
    assert Chunk(b"c", b"data", None) != Chunk(b"c", b"data", 1)
    assert not isinstance(CaughtUp(b"c"), Closed)
    with pytest.raises(AttributeError):
        Closed("malformed", "").code = "other"  # type: ignore[misc]
