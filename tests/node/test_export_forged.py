"""Files that lie: every count and check is mended, only what is signed and chained tells."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from node.export_file import Chunk, End, Header, Keys
from protocol import chunk
from protocol.errors import Refusal
from protocol.keylog import Signed
from tests.node.export_world import (
    Check,
    World,
    code,
    coops,
    parts,
    paths_of,
    rewrite,
    two_members,
    verified,
    with_chunks,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with two_members(tmp_path) as members:
        yield members


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return partial(verified, tmp_path)


def test_no_flipped_byte_of_a_key_event_passes(world: World, check: Check) -> None:
    shore, _, circle = world
    header, (keys,), chunks, end = parts(shore.stick(circle))
    accepted = []
    for number, event in enumerate(keys.events):
        for place in range(0, len(event.event), 3):
            changed = [*keys.events]
            changed[number] = Signed(flipped(event.event, place), event.signatures)
            if not is_refused(check, rewrite([header, Keys(tuple(changed), ()), *chunks, end])):
                accepted.append((number, place))
    assert accepted == []


def test_no_flipped_byte_of_a_body_passes(world: World, check: Check) -> None:
    shore, _, circle = world
    stick = shore.stick(circle)
    accepted = []
    for number, path in enumerate(paths_of(stick)):
        for index, body in enumerate(path.bodies):
            assert isinstance(body, bytes)
            for place in range(0, len(body), 9):
                changed = [*path.bodies]
                changed[index] = flipped(body, place)
                if not is_refused(check, forge(stick, number, bodies=tuple(changed))):
                    accepted.append((number, index, place))
    assert accepted == []


@pytest.mark.parametrize(
    "change",
    [
        {"signature": bytes(64)},
        {"coop": bytes(32)},
        {"log": bytes(32)},
        {"parent": bytes(32)},
        {"events": (bytes(16),)},
        {"events": (b"short",)},
    ],
)
def test_a_path_that_was_changed_is_refused(
    change: dict[str, object], world: World, check: Check
) -> None:
    shore, _, circle = world
    stick = shore.stick(circle)
    for number in range(len(paths_of(stick))):
        assert is_refused(check, forge(stick, number, **change))


def test_verify_refuses_another_root_and_another_circle(world: World, check: Check) -> None:
    shore, _, circle = world
    header, keys, chunks, end = parts(shore.stick(circle))
    for lie in (Header(circle, "test", bytes(32)), Header(bytes(32), "test", header.root)):
        assert is_refused(check, rewrite([lie, *keys, *chunks, end]))


def test_verify_refuses_what_is_left_out_twice_or_strange(
    world: World, tmp_path: Path, check: Check
) -> None:
    shore, _, circle = world
    header, keys, chunks, end = parts(shore.stick(circle))
    twice = End(2 * end.records, b"")
    assert code(lambda: check(rewrite([header, *keys, *chunks, *chunks, twice]))) == "bad-file"
    assert code(lambda: check(rewrite([header, *keys, *keys, *chunks, end]))) == "bad-file"
    assert code(lambda: check(rewrite([header, *keys, End(0, b"")]))) == "bad-file"
    assert code(lambda: check(rewrite([header, *chunks, end]))) == "bad-file"
    with coops(tmp_path, "stranger") as (stranger,):
        strange = Keys((stranger.inception,), ())
    assert code(lambda: check(rewrite([header, *keys, strange, *chunks, end]))) == "bad-file"


def test_verify_refuses_an_empty_circle(check: Check) -> None:
    assert is_refused(check, rewrite([Header(bytes(32), "test", bytes(31) + b"1"), End(0, b"")]))


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << place % 8
    return bytes(changed)


def forge(stick: bytes, number: int, **change: object) -> bytes:
    """The file with one path changed and all counts and checks mended."""
    paths = paths_of(stick)
    values = {name: getattr(paths[number], name) for name in paths[number].__struct_fields__}
    paths[number] = chunk.Path(**{**values, **change})
    return rewrite(with_chunks(stick, [Chunk(chunk.pack(paths))]))


def is_refused(check: Check, stick: bytes) -> bool:
    try:
        check(stick)
    except Refusal:
        return True
    return False
