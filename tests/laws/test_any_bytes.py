"""Whatever a peer sends is taken or refused: no other fault comes out of the session or the door.

The bytes are those of a real conversation with some of them changed, and chunks that are changed
inside and signed again, as only their author could.
"""

from collections.abc import Sequence
from functools import cache

import msgspec
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from node import ingest
from node.store import fold
from node.store.database import Database
from protocol.chunk import Parent, Path, walk
from protocol.errors import Refusal
from protocol.limits import SALT_BYTES
from protocol.log import sign_head
from protocol.profile import PROFILE, Profile
from protocol.record import write_body
from protocol.session import Session
from protocol.sessionevents import Chunk, KeyLogs
from tests.coops import NETWORK, NOW_MS, Coop, Talk, trio

Change = tuple[int, int, int]
"""(what is done, where, with which byte)."""
CHANGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4
)


@cache
def conversation() -> tuple[bytes, Coop, Coop, tuple[bytes, ...]]:
    """A circle, its founder, a member that lacks much, and the frames that bring it."""
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, *(f"fish {number}" for number in range(20)))
    profile = write_body(bytes(SALT_BYTES), Profile(name="Fishers", country="KE"))
    fishers.say(circle, PROFILE, profile)
    talk = Talk(fishers, listening := growers.copy()).hello()
    talk.of(listening).ask_bodies(circle, [bytes(32)])
    talk.of(listening).ask_blob(circle, bytes(32), 0, 2)
    talk.run()
    heard = tuple(frame for coop, frame in talk.heard if coop == growers.id)
    return circle, fishers, growers, heard


@cache
def paths() -> tuple[Path, ...]:
    """All that the founder serves."""
    circle, fishers, _, _ = conversation()
    found: list[Path] = []
    for (leaf,) in fishers.database.connection.execute("SELECT leaf FROM log").fetchall():
        reader = fishers.replica.open_log(circle, leaf, ())
        assert reader is not None
        while (path := reader.next_path(1_000, 1_000_000)) is not None:
            found.append(path)
    return tuple(found)


def changed(data: bytes, changes: Sequence[Change]) -> bytes:
    some = bytearray(data)
    for what, where, byte in changes:
        place = where % (len(some) or 1)
        if what == 0 and some:
            some[place] = byte
        elif what == 1 and some:
            some[place] ^= 1 << byte % 8
        elif what == 2 and some:
            del some[place]
        else:
            some.insert(place, byte)
    return bytes(some)


def fresh(coop: Coop) -> Database:
    database = Database(":memory:", NETWORK)
    coop.database.connection.backup(database.connection)
    database.forget()
    return database


@given(st.integers(0, 2**16), CHANGES)
def test_a_session_takes_or_refuses_any_frame(which: int, changes: list[Change]) -> None:
    circle, fishers, growers, frames = conversation()
    handshake_hash = NETWORK.hash(b"test", fishers.id + growers.id)
    session = Session(NETWORK, fishers.id, handshake_hash)
    session.hello(growers.replica, NOW_MS)
    target = which % len(frames)
    try:
        for number, frame in enumerate(frames):
            data = changed(frame, changes) if number == target else frame
            for event in session.receive(data, growers.replica):
                if isinstance(event, Chunk):
                    session.taken(event, growers.replica, progressed=False, gap=False)
                elif isinstance(event, KeyLogs) and event.last:
                    session.keys_taken(circle, growers.replica, progressed=False)
            session.fill(growers.replica)
    except Refusal:
        pass


@given(CHANGES)
def test_the_door_takes_or_refuses_any_chunk(changes: list[Change]) -> None:
    circle, _, growers, _ = conversation()
    plain = msgspec.msgpack.encode(paths())
    offer_at_the_door(fresh(growers), circle, packed(changed(plain, changes)))
    offer_at_the_door(fresh(growers), circle, changed(packed(plain), changes))


@given(st.integers(0, 2**16), st.integers(0, 2**16), CHANGES)
def test_the_door_takes_or_refuses_what_an_author_really_signed(
    which: int, column: int, changes: list[Change]
) -> None:
    circle, fishers, growers, _ = conversation()
    some = list(paths())
    place = which % len(some)
    some[place] = signed_again(fishers, altered(some[place], column, changes))
    offer_at_the_door(fresh(growers), circle, packed(msgspec.msgpack.encode(some)))


def packed(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(plain)


def offer_at_the_door(database: Database, circle: bytes, data: bytes) -> None:
    """Refused as a whole nothing stays; what was taken folds, and folds again."""
    before = state(database)
    try:
        ingest.ingest(database, circle, data, NOW_MS, live=True)
    except Refusal:
        assert state(database) == before
    else:
        with database.transaction():
            while fold.fold(database, fold.BATCH_RECORDS):
                pass
            fold.rebuild_circle(database, circle)
    finally:
        database.close()


def state(database: Database) -> tuple[object, ...]:
    rows = database.connection.execute(
        "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM log), root FROM circle"
    ).fetchall()
    return tuple(rows)


def altered(path: Path, column: int, changes: Sequence[Change]) -> Path:
    """A path of which one column is changed: cells dropped, repeated, or with other bytes."""
    name = path.__struct_fields__[column % len(path.__struct_fields__)]
    value = getattr(path, name)
    if value is None or isinstance(value, bytes):
        return msgspec.structs.replace(path, **{name: changed(value or bytes(32), changes)})
    cells = list(value)
    for what, where, byte in changes:
        place = where % (len(cells) or 1)
        if what == 0 and cells:
            cells.pop(place)
        elif what == 1 and cells:
            cells.insert(place, cells[place])
        elif cells:
            cells[place] = other(cells[place], byte, (what, where, byte))
    return msgspec.structs.replace(path, **{name: tuple(cells)})


def other(cell: object, byte: int, change: Change) -> object:
    if isinstance(cell, bytes):
        return (bytes(32), byte) if byte < 20 else changed(cell, [change])
    if isinstance(cell, int):
        return (-1, 0, cell + 1, 2**53, 2**63 - 1, 20_300)[byte % 6]
    if isinstance(cell, str):
        return ("circle.remove/1", "log.open/1", "withdraw/1", "erase/1", "x/1", "")[byte % 6]
    return (0, 20_300, -1, None)[byte % 4]


def signed_again(coop: Coop, path: Path) -> Path:
    """The same with its author's signature, where its records can be made out at all."""
    parent = None
    if path.parent is not None:
        row = coop.database.connection.execute(
            "SELECT seq, time_ms FROM record WHERE id = ?", (path.parent,)
        ).fetchone()
        if row is None:
            return path
        parent = Parent(path.parent, *row)
    try:
        last = walk(NETWORK, path, parent)[-1]
        signature = sign_head(NETWORK, coop.secret, last.header, last.id)
    except (Refusal, ValueError, IndexError, TypeError, OverflowError):
        return path
    return msgspec.structs.replace(path, signature=signature)
