"""Reads and verifies an export file of coop-node with nothing of coop-node, from SPEC.md alone.

`python tests/interop/reader.py FILE --json` prints what is in it, or exits 1 with a reason.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

if __package__ in {None, ""}:
    sys.path.insert(0, str(FilePath(__file__).resolve().parents[2]))

from tests.interop.reader_chunk import Path, parse_chunk
from tests.interop.reader_circle import Circle, carried, counted, stands
from tests.interop.reader_codec import Network, RefusalError, Value, decode, refuse
from tests.interop.reader_keys import Event, KeyLogs, Receipt, parse_event
from tests.interop.reader_records import Store, check_path
from tests.interop.reader_rows import Rows, digest, title_of
from tests.interop.reader_trie import TIPS_MAX, carried_tips, leaves_of, root
from tests.interop.reader_values import number_of

FIRST_LINE: Final = b"coop-node export 1\n"
BLOCK_BYTES_MAX: Final = 1311744
WAITING: Final = {"gap", "not-a-member", "overgrown"}


@dataclass(slots=True)
class Blocks:
    """The file's blocks in their order, each checked for its form."""

    circle: bytes
    network: Network
    root: bytes
    keys: list[tuple[list[Value], list[Value]]]
    chunks: list[bytes]
    records: int


@dataclass(slots=True)
class Verified:
    store: Store
    circle: Circle
    rows: Rows
    root: bytes
    counts: set[bytes]


def _cut(data: bytes) -> list[bytes]:
    """The bytes of each block."""
    if not data.startswith(FIRST_LINE):
        refuse("bad-file", "another first line")
    at, blocks = len(FIRST_LINE), []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + size > len(data) or size > BLOCK_BYTES_MAX:
            refuse("bad-file", "a block cut short or too long")
        blocks.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return blocks


def _canonical(block: bytes) -> Value:
    try:
        return decode(block)
    except RefusalError as refusal:
        refuse("bad-file", f"a block is {refusal}")


def _header(value: Value) -> tuple[bytes, str, bytes]:
    if type(value) is not dict or sorted(value) != ["circle", "network", "root"]:
        refuse("bad-file", "no header")
    circle, network, wanted = value["circle"], value["network"], value["root"]
    if type(network) is not str or not 1 <= len(network.encode()) <= 200:
        refuse("bad-file", "a network without a name")
    for one in (circle, wanted):
        if type(one) is not bytes or len(one) != 32:
            refuse("bad-file", "a header's hash")
    assert isinstance(circle, bytes)
    assert isinstance(wanted, bytes)
    return circle, network, wanted


def read_blocks(data: bytes) -> Blocks:
    blocks = _cut(data)
    if len(blocks) < 2:
        refuse("bad-file", "a missing end")
    circle, name, wanted = _header(_canonical(blocks[0]))
    found = Blocks(circle, Network(name), wanted, [], [], 0)
    values = [_canonical(block) for block in blocks]
    check = bytes(32)
    for block in blocks[:-1]:
        check = found.network.hash("file", check + block)
    for value in values[1:-1]:
        match value:
            case ["keys", list(events), list(receipts)] if not found.chunks:
                found.keys.append((events, receipts))
            case ["chunk", bytes(chunk)]:
                found.chunks.append(chunk)
            case _:
                refuse("bad-file", "a block that does not belong here")
    match values[-1]:
        case ["end", int(records), bytes(last)] if type(records) is int and last == check:
            found.records = records
        case _:
            refuse("bad-file", "a missing end or a wrong check")
    return found


# ----------------------------------------------------------------------------- verification


def _take_keys(blocks: Blocks) -> tuple[KeyLogs, list[Receipt]]:
    keys = KeyLogs(blocks.network)
    events: list[Event] = []
    receipts: list[Value] = []
    for some, others in blocks.keys:
        if some and receipts:
            refuse("bad-file", "a key log behind a receipt")
        events.extend(parse_event(blocks.network, value) for value in some)
        receipts.extend(others)
    keys.take(events)
    return keys, [keys.take_receipt(value) for value in receipts]


def take_path(store: Store, circle: Circle, path: Path) -> Circle:
    """Store a path of a log that stands in the circle; the circle with it."""
    taken = check_path(store, path)
    if any(record.id in store.records for record in taken.records):
        refuse("bad-file", "a record twice")
    tips = store.tips.get(path.log, set())
    if path.parent not in tips and len(tips) >= TIPS_MAX:
        carries = carried(store, circle, counted(store, circle))
        if len(carried_tips(store, carries).get(path.log, ())) >= TIPS_MAX:
            refuse("overgrown", "a log of too many branches")
    store.put(taken)
    more = circle.with_more(taken.records)
    if not stands(store, more, store.opening_of[taken.records[0].id]):
        store.drop(taken)
        refuse("not-a-member", "a log without a ground")
    return more


def take_paths(store: Store, paths: list[Path]) -> Circle:
    """Take all paths; those that wait are tried again while another is new."""
    circle = Circle(store)
    left = paths
    while left:
        waiting: list[Path] = []
        why: RefusalError | None = None
        for path in left:
            try:
                circle = take_path(store, circle, path)
            except RefusalError as refusal:
                if refusal.code not in WAITING:
                    raise
                waiting.append(path)
                why = refusal
        if why is not None and len(waiting) == len(left):
            raise why
        left = waiting
    return circle


def _founds(blocks: Blocks, path: Path) -> bool:
    """Whether the path holds the founding record of the file's circle."""
    return any(
        isinstance(body, bytes)
        and path.kinds[number_of(kind)] == "circle.found/1"
        and blocks.network.hash("body", body) == blocks.circle
        for kind, body in zip(path.kind_of, path.bodies, strict=True)
    )


def verify(data: bytes) -> Verified:
    blocks = read_blocks(data)
    keys, receipts = _take_keys(blocks)
    store = Store(blocks.network, blocks.circle, keys)
    chunks = [parse_chunk(chunk) for chunk in blocks.chunks]
    circle = take_paths(store, [path for paths in chunks for path in paths]).effective()
    if len(store.records) != blocks.records:
        refuse("bad-file", "a wrong count")
    if not chunks or not any(_founds(blocks, path) for path in chunks[0]):
        refuse("bad-file", "no founding record in the first chunk")
    counts = counted(store, circle)
    carries = carried(store, circle, counts)
    named = circle.named()
    belongs = named | {receipt.witness for receipt in receipts if receipt.coop in named}
    if not keys.logs.keys() <= belongs or any(one.coop not in named for one in receipts):
        refuse("bad-file", "a key log or a receipt that does not belong here")
    made = root(blocks.network, leaves_of(store, circle, carries))
    if made != blocks.root:
        refuse("bad-file", "the root does not come out")
    return Verified(store, circle, Rows(store, counts, named), made, counts)


def summary(data: bytes, now_ms: int) -> dict[str, object]:
    """What is in a verified file; raises RefusalError for any other."""
    found = verify(data)
    offers = [
        {
            "subject": row.subject.hex(),
            "coop": row.coop.hex(),
            "title": title_of(row),
            "withdrawn": row.is_withdrawn,
            "erased": row.is_erased,
            "expired": row.is_expired(now_ms),
        }
        for row in found.rows.offers()
        if row.version is not None
    ]
    return {
        "ok": True,
        "coops": len(found.circle.named() & found.store.keys.logs.keys()),
        "records": len(found.store.records),
        "root": found.root.hex(),
        "offers": offers,
        "digest": digest(found.rows.sums(), now_ms).hex(),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=FilePath)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--all", action="store_true", help="print offers and the digest, too")
    given = parser.parse_args(arguments)
    try:
        found = summary(given.file.read_bytes(), time.time_ns() // 1_000_000)
    except RefusalError as refusal:
        sys.stdout.write(json.dumps({"ok": False, "reason": str(refusal)}) + "\n")
        return 1
    shown = found if given.all else {one: found[one] for one in ("ok", "coops", "records", "root")}
    if given.json:
        sys.stdout.write(json.dumps(shown) + "\n")
    else:
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in shown.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
