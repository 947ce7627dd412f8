"""Files that were written from SPEC.md alone: the reader of SPEC.md and `log verify` agree."""

import random
from collections.abc import Callable
from typing import Final

import pytest
import zstandard

from tests.interop.command_line import Verifier
from tests.interop.reader import read_blocks, summary, verify
from tests.interop.reader_codec import Value, encode
from tests.interop.reader_values import items_of
from tests.interop.vectors import Case, cases, octets_of, value_of, verdict
from tests.interop.worlds import (
    OFFER_FIELDS,
    Whole,
    World,
    file_of,
    keys_of,
    outcome,
    outcome_there,
)
from tests.interop.writer import (
    LIST,
    NETWORK,
    START_MS,
    Coop,
    Log,
    chunk_of,
    export,
    found_circle,
    key_of,
    path_of,
    rules,
    signed,
)

WORLDS: Final = 24
STEPS: Final = 90


@pytest.mark.parametrize("seed", range(WORLDS))
def test_worlds_come_to_one_root(seed: int, log_verify: Verifier) -> None:
    world = World(seed)
    for _ in range(STEPS):
        world.step()
    data = world.file()
    found = outcome(data)
    assert found[0]
    assert outcome_there(log_verify, data) == found


def test_worlds_hold_what_makes_them_hard() -> None:
    kinds: set[str] = set()
    beyond = forked = invalid = 0
    for seed in range(WORLDS):
        world = World(seed)
        for _ in range(STEPS):
            world.step()
        circle = world.judged
        kinds |= {circle.known[one].kind for one in circle.valid}
        beyond += len(circle.state.ends)
        forked += sum(len(tips) > 1 for tips in world.store.tips.values())
        invalid += len(circle.known) - len(circle.valid)
    assert len(kinds) == 6
    assert min(beyond, forked, invalid) > WORLDS // 4


# ----------------------------------------------------------------------- the published files


@cases("files", "files")
def test_published_file_comes_to_its_rows(case: Case, log_verify: Verifier) -> None:
    data = octets_of(case["file"])
    found = summary(data, case["now_ms"])
    told = ("coops", "records", "root", "digest")
    assert {name: found[name] for name in told} == {name: case[name] for name in told}
    rows = [row for row in verify(data).rows.rows.values() if row.version or row.withdrawn]
    listed: list[Value] = [
        [
            row.subject,
            row.coop,
            None if row.version is None else row.version.id,
            None if row.withdrawn is None else row.withdrawn.id,
            [*sorted(row.erased)],
        ]
        for row in sorted(rows, key=lambda row: row.subject)
    ]
    parts = ("subject", "coop", "version", "withdrawn", "erased")
    assert listed == [[value_of(one[part]) for part in parts] for one in case["rows"]]
    assert outcome_there(log_verify, data)[0]


@cases("files", "refused")
def test_published_file_is_refused(case: Case, log_verify: Verifier) -> None:
    data = octets_of(case["file"])
    assert verdict(lambda: summary(data, START_MS)) is not None
    assert log_verify(data)["ok"] is False


# ------------------------------------------------------------------------------------- rivals


@pytest.mark.parametrize("seed", range(8))
def test_rivals_and_receipts_come_to_one_root(seed: int, log_verify: Verifier) -> None:
    rng = random.Random(seed)
    witnesses = [Coop(rng) for _ in range(rng.randrange(1, 6))]
    first = Coop(rng, witnesses=tuple(one.id for one in witnesses), board=3)
    second = Coop(rng)
    log, opening, founding = found_circle(first, rules([first.id, second.id]), START_MS)
    paths = [path_of(opening, founding)]
    inception = list(first.placed)
    rivals = []
    for _ in range(rng.randrange(1, 4)):
        first.placed[:] = inception
        first.controllers[:] = first.controllers[:2]
        added = key_of(rng)
        by = rng.choice([None, rng.sample(first.board, 2)])
        kind = "key.rotate/1" if by is None else "key.recover/1"
        rivals.append(first.rotate([first.device, added], [], kind=kind, by=by))
        other = Log(first, log.circle, added)
        opened = other.open(START_MS + 5, founding.id)
        paths.append(path_of(opened, other.add("offer/1", OFFER_FIELDS, START_MS + 6)))
    receipts = [
        witness.witness(first.id, rival)
        for witness in witnesses
        for rival in rivals
        if rng.random() < 0.5
    ]
    signers = {items_of(receipt)[0] for receipt in receipts}
    coops = [first, second, *(one for one in witnesses if one.id in signers)]
    data = file_of(log.circle, coops, paths, receipts)
    found = outcome(data)
    assert found[:3] == (True, 2, 2 * len(paths))
    assert outcome_there(log_verify, data) == found
    chain = keys_of(coops, receipts).logs[first.id].in_force()
    assert len(chain) == 2


# --------------------------------------------------------------------------- crafted files


class Seen:
    """A file with receipts: a co-op whose witness has rotated, too, and has a witness itself."""

    def __init__(self) -> None:
        rng = random.Random("seen")
        second = Coop(rng)
        witness = Coop(rng, witnesses=(second.id,))
        first = Coop(rng, witnesses=(witness.id,))
        self.log, *founding = found_circle(first, rules([first.id, second.id]), START_MS)
        self.path: Value = path_of(*founding)
        self.receipts: LIST = [witness.witness(first.id, first.rotate([first.device], []))]
        self.other = second.witness(witness.id, witness.rotate([witness.device], []))
        self.events: LIST = [*first.events, *second.events, *witness.events]
        _, self.newer = signed(
            ["device.bless/1", first.id, 1, first.placed[-1], bytes(16), {}], first.controllers[-2]
        )
        paths = [items_of(self.path)]
        sound = file_of(self.log.circle, [first, second, witness], paths, self.receipts)
        self.root = read_blocks(sound).root

    def file(self, *keys: LIST) -> bytes:
        header: Value = {"circle": self.log.circle, "network": NETWORK.name, "root": self.root}
        blocks: LIST = [["keys", *some] for some in keys]
        return export(header, [*blocks, ["chunk", chunk_of([self.path])]], 2)


def compressed(paths: LIST, *, checksum: bool = False, size: bool = True, level: int = 3) -> bytes:
    machine = zstandard.ZstdCompressor(
        level=level, write_checksum=checksum, write_content_size=size
    )
    return machine.compress(encode(paths))


WHOLE: Final = Whole()
W: Final = WHOLE
S: Final = Seen()
Crafted = tuple[bool, Callable[[], bytes]]
_KEY_EVENT: Final = items_of(items_of(W.paths[2])[4])[0]
_LOOSE: Final = b"\xdd\0\0\0\x04" + encode(W.paths)[1:]
_OVERLONG: Final = encode(W.keys).replace(b"\x93\xa4keys", b"\x93\xd9\x04keys")

CASES: Final[dict[str, Crafted]] = {
    "whole": (True, lambda: W.file(W.keys, W.chunk)),
    "key logs in two blocks": (
        True,
        lambda: W.file(["keys", W.first.events, []], ["keys", W.second.events, []], W.chunk),
    ),
    "an empty block of key logs": (True, lambda: W.file(W.keys, ["keys", [], []], W.chunk)),
    "key logs behind a chunk": (False, lambda: W.file(W.chunk, W.keys)),
    "two chunks": (
        True,
        lambda: W.file(W.keys, ["chunk", chunk_of(W.paths[:1])], ["chunk", chunk_of(W.paths[1:])]),
    ),
    "paths in reverse": (True, lambda: W.chunked(*reversed(W.paths))),
    "a key event twice": (False, lambda: W.file(["keys", [*W.events, W.events[0]], []], W.chunk)),
    "a key log missing": (False, lambda: W.file(["keys", W.first.events, []], W.chunk)),
    "a stranger's key log": (
        False,
        lambda: W.file(["keys", [*W.events, *W.stranger.events], []], W.chunk),
    ),
    "key logs and their receipts": (True, lambda: S.file([S.events, S.receipts])),
    "receipts in a block of their own": (True, lambda: S.file([S.events, []], [[], S.receipts])),
    "key logs behind receipts": (
        False,
        lambda: S.file([S.events[:-1], S.receipts], [S.events[-1:], []]),
    ),
    "an inception behind its other events": (
        False,
        lambda: S.file([[S.events[1], S.events[0], *S.events[2:]], S.receipts]),
    ),
    "a receipt for a witness": (False, lambda: S.file([S.events, [*S.receipts, S.other]])),
    "a receipt twice": (False, lambda: S.file([S.events, [*S.receipts, *S.receipts]])),
    "a receipt without its witness": (False, lambda: S.file([S.events[:-2], S.receipts])),
    "a key event of an unknown kind": (False, lambda: S.file([[*S.events, S.newer], S.receipts])),
    "no chunk": (False, lambda: W.file(W.keys, records=0)),
    "no chunk and no root": (False, lambda: W.file(W.keys, records=0, root=bytes(32))),
    "the founding record in the second chunk": (
        False,
        lambda: W.file(W.keys, ["chunk", chunk_of(W.paths[1:])], ["chunk", chunk_of(W.paths[:1])]),
    ),
    "a path twice": (False, lambda: W.chunked(*W.paths, W.paths[2], records=7)),
    "a path twice, told once": (False, lambda: W.chunked(*W.paths, W.paths[2])),
    "a path missing": (False, lambda: W.chunked(*W.paths[:3], records=5)),
    "a path without its parent": (False, lambda: W.chunked(*W.paths[:2], W.paths[3], records=5)),
    "a wrong count": (False, lambda: W.file(W.keys, W.chunk, records=5)),
    "a count that is no number": (False, lambda: W.file(W.keys, W.chunk, records=True)),
    "another root": (False, lambda: W.file(W.keys, W.chunk, root=bytes(32))),
    "another circle": (False, lambda: W.file(W.keys, W.chunk, circle=bytes(32))),
    "another network": (False, lambda: W.file(W.keys, W.chunk, network="test")),
    "no network": (False, lambda: W.file(W.keys, W.chunk, network="")),
    "a network of 201 bytes": (False, lambda: W.file(W.keys, W.chunk, network="x" * 201)),
    "a header that says more": (False, lambda: W.file(W.keys, W.chunk, more=1)),
    "an unknown block": (False, lambda: W.file(W.keys, ["more", b""], W.chunk)),
    "a block of key logs too short": (False, lambda: W.file(W.keys[:2], W.chunk)),
    "a chunk that says more": (False, lambda: W.file(W.keys, [*W.chunk, 1])),
    "a block that is not canonical": (False, lambda: W.file(_OVERLONG, W.chunk)),
    "an empty block": (False, lambda: W.file(W.keys, b"", W.chunk)),
    "a chunk of no path": (False, lambda: W.file(W.keys, W.chunk, ["chunk", chunk_of([])])),
    "another level": (True, lambda: W.framed(compressed(W.paths, level=19))),
    "a frame with a check sum": (True, lambda: W.framed(compressed(W.paths, checksum=True))),
    "a frame without its size": (False, lambda: W.framed(compressed(W.paths, size=False))),
    "two frames": (False, lambda: W.framed(chunk_of(W.paths[:2]) + chunk_of(W.paths[2:]))),
    "a frame to skip": (False, lambda: W.framed(chunk_of(W.paths) + b"\x50\x2a\x4d\x18\0\0\0\0")),
    "loose msgpack inside": (True, lambda: W.framed(zstandard.compress(_LOOSE))),
    "a key event told twice": (True, lambda: W.changed(4, [_KEY_EVENT, _KEY_EVENT])),
    "an unknown key event that nothing uses": (
        False,
        lambda: W.changed(4, [_KEY_EVENT, bytes(16)]),
    ),
    "a kind that nothing uses": (True, lambda: W.changed(3, ["offer/1", "more/1"])),
    "another time": (False, lambda: W.changed(5, [START_MS + 6])),
    "a day on which it is forgotten": (False, lambda: W.changed(8, [START_MS // 86400000 + 5])),
    "another signature": (False, lambda: W.changed(10, bytes(64))),
    "a body of nothing": (False, lambda: W.changed(9, [b""])),
    "an absent body that lasts": (False, lambda: W.changed(9, [[bytes(32), 7]])),
}


@pytest.mark.parametrize("name", CASES)
def test_crafted_file_has_one_verdict(name: str, log_verify: Verifier) -> None:
    sound, write = CASES[name]
    data = write()
    found = outcome(data)
    assert found[0] is sound
    assert outcome_there(log_verify, data) == found
