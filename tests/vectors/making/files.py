"""Vectors of export files: what a whole circle in one file comes to, and files that are refused.

Chunks are frames that hold their content uncompressed, so that they are the same whatever library
made them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from node import acts, export
from node.export_file import MAGIC, NO_CHECK, Chunk, End, Header, Keys, check_on, read_blocks
from node.store import digests
from protocol import chunk, profile, trade
from protocol.codec import decode, encode
from protocol.record import write_body
from protocol.values import Decimal, Quantity
from tests.coops import NETWORK, NOW_MS, Coop, Talk, join, trio
from tests.vectors.making.plain import Case, case, stored, verdict

TODAY = NOW_MS // 86_400_000


@contextmanager
def plain_frames() -> Iterator[None]:
    """Pack chunks without compressing them."""
    pack = chunk.pack
    chunk.pack = lambda paths, level=1: stored(encode(list(paths)))
    try:
        yield
    finally:
        chunk.pack = pack


def files() -> dict[str, list[Case]]:
    with plain_frames(), TemporaryDirectory() as folder:
        circle, fishers = _story()
        path = Path(folder) / "copy.sqlite3"
        fishers.database.connection.execute("VACUUM INTO ?", (str(path),))
        data = b"".join(export.write(path, NETWORK, circle))
        return {
            "files": [_told(circle, fishers, data)],
            "refused": [
                case(name, file=odd, **verdict(_verified, Path(folder), odd))
                for name, odd in _odd(data).items()
            ],
        }


def _told(circle: bytes, coop: Coop, data: bytes) -> Case:
    connection = coop.database.connection
    (number,) = connection.execute("SELECT n FROM circle WHERE id = ?", (circle,)).fetchone()
    (members,) = connection.execute("SELECT count(*) FROM circle_member").fetchone()
    return case(
        "a circle that traded",
        network=NETWORK.name,
        file=data,
        now_ms=NOW_MS,
        circle=circle,
        coops=members,
        records=coop.records(),
        root=coop.root(circle),
        rows=_rows(coop),
        sums=[
            [day, kind, total]
            for day, kind, total in connection.execute(
                "SELECT day, kind, sum FROM digest ORDER BY day, kind"
            )
            if any(total)
        ],
        digest=digests.of_circle(connection, number, NOW_MS),
    )


def _rows(coop: Coop) -> list[dict[str, object]]:
    """All rows, as section "Digest" hashes them."""
    found = coop.database.connection.execute(
        "SELECT root.id, coop.id, kind.name, version.id, withdrawn.id, erased FROM offer "
        "JOIN record AS root ON root.n = offer.root JOIN kind ON kind.n = root.kind "
        "JOIN coop ON coop.n = offer.coop LEFT JOIN record AS version ON version.n = offer.version "
        "LEFT JOIN record AS withdrawn ON withdrawn.n = offer.withdrawn UNION ALL "
        "SELECT subject, coop.id, kind.name, record.id, NULL, NULL FROM standing "
        "JOIN record ON record.n = version JOIN kind ON kind.n = record.kind "
        "JOIN coop ON coop.n = standing.coop ORDER BY 1, 3"
    )
    return [
        {
            "kind": kind,
            "subject": subject,
            "coop": owner,
            "version": version,
            "withdrawn": withdrawn,
            "erased": decode(erased) if erased else [],
        }
        for subject, owner, kind, version, withdrawn, erased in found
    ]


def _story() -> tuple[bytes, Coop]:
    """Two members and one who left trade, change their minds, and write what has no effect."""
    circle, fishers, growers, leavers = trio()
    join(circle, fishers, leavers)
    Talk(leavers, fishers).hello()
    now_ms = NOW_MS

    def say(coop: Coop, kind: str, fields: object, subject: bytes | None = None) -> bytes:
        nonlocal now_ms
        now_ms += 1
        body = write_body(coop.draw(16), fields, subject=subject)
        return coop.say(circle, kind, body, now_ms=now_ms).ids[0]

    def offer(coop: Coop, title: str, subject: bytes | None = None, days: int = 30) -> bytes:
        nonlocal now_ms
        now_ms += 1
        until_ms = now_ms + days * 86_400_000
        fields = trade.Offer(title={"en": title}, valid_until_ms=until_ms)
        some = [(trade.OFFER, fields, subject)]
        signing = coop.signing(now_ms=now_ms)
        return acts.add_offers(coop.database, signing, circle, some, live=True).ids[0]

    cod, hake, eel = (offer(fishers, name) for name in ("cod", "hake", "eel"))
    offer(fishers, "cod, smoked", cod, days=40)
    offer(fishers, "cod, too short", cod, days=35)
    say(fishers, trade.WITHDRAW, trade.Withdraw(reason={"en": "sold"}), hake)
    say(fishers, trade.ERASE, trade.Erase((eel,)), eel)
    beans = offer(growers, "beans")
    say(growers, trade.WITHDRAW, trade.Withdraw(), cod)
    say(growers, profile.PROFILE, profile.Profile(name="Growers", country="KE"))
    stock = say(fishers, trade.STOCK, trade.Stock(circle, 0, Quantity(Decimal(3, 0), "KGM")), cod)
    say(fishers, trade.STOCK, trade.Stock(circle, 0, Quantity(Decimal(4, 0), "KGM")), beans)
    say(fishers, trade.STOCK_ALLOT, trade.StockAllot(Decimal(1, 0), 0, circle), stock)
    say(fishers, trade.STOCK_ALLOT, trade.StockAllot(Decimal(2, 0), 0, circle), cod)
    say(fishers, trade.WITHDRAW, trade.Withdraw(), bytes(32))
    say(fishers, trade.OFFER, {"title": {}})
    say(fishers, "festival/3", {"songs": 7})
    offer(leavers, "tents")
    Talk(leavers, fishers, now_ms=now_ms).hello()
    acts.remove(fishers.database, fishers.signing(now_ms=now_ms + 1), circle, leavers.id)
    for _ in range(2):
        Talk(fishers, growers, now_ms=now_ms + 1).hello()
    fishers.titles(circle)
    return circle, fishers


def _odd(data: bytes) -> dict[str, bytes]:
    header, keys, *chunks, end = _blocks(data)
    assert isinstance(header, Header)
    assert isinstance(keys, Keys)
    assert isinstance(end, End)
    founding, *others = (
        Chunk(chunk.pack([path]))
        for one in chunks
        if isinstance(one, Chunk)
        for path in chunk.unpack(one.data)
    )
    last = bytearray(data)
    last[-1] ^= 1
    replace = msgspec.structs.replace
    return {
        "a flipped bit": bytes(last),
        "a byte behind the end": data + b"\0",
        "a byte less": data[:-1],
        "another version": data.replace(b"export 1", b"export 2", 1),
        "another root": _file([replace(header, root=bytes(32)), keys, *chunks, end]),
        "a wrong count": _file([header, keys, *chunks, replace(end, records=end.records + 1)]),
        "key logs behind a chunk": _file([header, *chunks, keys, end]),
        "no founding in the first chunk": _file([header, keys, *others, founding, end]),
        "no chunk": _file([header, keys, replace(end, records=0)]),
        "a key log less": _file([header, Keys(keys.events[1:], ()), *chunks, end]),
        "a key log twice": _file([header, keys, keys, *chunks, end]),
        "a chunk twice": _file(
            [header, keys, *chunks, *chunks, replace(end, records=2 * end.records)]
        ),
    }


def _blocks(data: bytes) -> list[object]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        with path.open("rb") as stream:
            return list(read_blocks(stream))


def _file(blocks: list[object]) -> bytes:
    """The blocks as a file whose check fits them."""
    data, check = MAGIC, NO_CHECK
    for one in blocks:
        packed = encode(End(one.records, check) if isinstance(one, End) else one)
        check = check_on(NETWORK, check, packed)
        data += len(packed).to_bytes(4, "big") + packed
    return data


def _verified(folder: Path, data: bytes) -> None:
    path = folder / "file"
    path.write_bytes(data)
    export.verify(path)
