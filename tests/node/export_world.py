"""Co-ops with databases on disk that found circles, trade, and hand each other export files."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from node import acts, export, export_file, home, ingest
from node.author import Author
from node.export_file import Block, Chunk, End, Header, Keys
from node.keyring import Keyring
from node.store import fold
from node.store.database import Database
from protocol import chunk, trade
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keylog import event_hash
from protocol.keys import Network

NETWORK = Network("test")
NOW_MS = 1_750_000_000_000


class Coop:
    """A co-op's node: a database file, its keys, and bytes that are the same in every run."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = name
        self._drawn = 0
        self.ring = Keyring(device_seed=self.draw(32), noise_private=self.draw(32))
        self.recovery = self.draw(32)
        self.inception = home.make_inception(NETWORK, self.ring, self.recovery, self.draw(16))
        self.id = event_hash(NETWORK, self.inception.event)
        self.author = Author(self.id, self.ring.device_seed)
        self.database = Database(folder / f"{name}.sqlite3", NETWORK)
        ingest.ingest_keys(self.database, [self.inception])

    def draw(self, size: int) -> bytes:
        self._drawn += 1
        return blake2b(f"{self._name} {self._drawn}".encode(), digest_size=size).digest()

    def signing(self, instance: int = 0) -> acts.Signing:
        return acts.Signing(self.author, instance, NOW_MS, "owner", self.draw)

    def found(self, name: str = "Sea and soil", *, public: bool = False) -> bytes:
        circle, _ = acts.found_circle(self.database, self.signing(), name, public=public)
        return circle

    def admit(self, circle: bytes, other: "Coop") -> None:
        """Admit a co-op whose key log came with its wish to join."""
        ingest.ingest_keys(self.database, [other.inception])
        done, _ = acts.admit(self.database, self.signing(), circle, other.id)
        assert done

    def ask_to_join(self, circle: bytes, through: "Coop") -> None:
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO local_joining (circle, coop, name, state) VALUES (?, ?, 'x', 'asked')",
                (circle, through.id),
            )

    def accept(self, circle: bytes) -> None:
        assert acts.accept(self.database, self.signing(), circle) is not None

    def offer(
        self, circle: bytes, titles: Sequence[str], text: str = "", *, instance: int = 0
    ) -> list[bytes]:
        """Publish offers at once; their ids."""
        said = {"en": text} if text else {}
        offers = [
            (trade.OFFER, trade.Offer(title={"en": title}, text=said), None) for title in titles
        ]
        signing = self.signing(instance)
        return acts.add_offers(self.database, signing, circle, offers, live=False).ids

    def root(self, circle: bytes) -> bytes:
        row = self.database.connection.execute(
            "SELECT root FROM circle WHERE id = ?", (circle,)
        ).fetchone()
        return bytes(row[0]) if row else b""

    def records(self) -> int:
        row = self.database.connection.execute("SELECT count(*) FROM record").fetchone()
        return int(row[0])

    def titles(self) -> list[str]:
        """What its people can find."""
        with self.database.transaction() as connection:
            while fold.fold(self.database, fold.BATCH_RECORDS):
                pass
            rows = connection.execute(
                "SELECT record.body FROM offer JOIN record ON record.n = offer.root"
            ).fetchall()
        return [row[0] for row in rows]

    def stick(self, circle: bytes) -> bytes:
        """The circle as a whole file."""
        return b"".join(export.write(self.database.path, NETWORK, circle))

    def take(self, stick: bytes, *, now_ms: int = NOW_MS) -> export.Taken:
        return export.take(self.database, self.id, io.BytesIO(stick), now_ms)


World = tuple[Coop, Coop, bytes]
"""Two members and their circle."""
Check = Callable[[bytes], export.Verified]


@contextmanager
def coops(folder: Path, *names: str) -> Iterator[list[Coop]]:
    made = [Coop(folder, name) for name in names]
    yield made
    for one in made:
        one.database.close()


def join(circle: bytes, founder: Coop, newcomer: Coop) -> None:
    """Everything that makes a member, carried on sticks."""
    founder.admit(circle, newcomer)
    newcomer.ask_to_join(circle, founder)
    newcomer.take(founder.stick(circle))
    newcomer.accept(circle)
    founder.take(newcomer.stick(circle))


@contextmanager
def two_members(folder: Path) -> Iterator[World]:
    """A circle of two with an offer each, and both have all of it."""
    with coops(folder, "shore", "hill") as (shore, hill):
        circle = shore.found()
        join(circle, shore, hill)
        hill.offer(circle, ["coffee"])
        shore.offer(circle, ["salt fish"])
        shore.take(hill.stick(circle))
        hill.take(shore.stick(circle))
        yield shore, hill, circle


def verified(folder: Path, stick: bytes) -> export.Verified:
    """What the offline check says of a file on disk."""
    path = folder / "stick"
    path.write_bytes(stick)
    return export.verify(path)


def code(act: Callable[[], object]) -> str:
    """The code of the refusal that an act ends in."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    raise AssertionError("nothing was refused")


def read(stick: bytes) -> list[Block]:
    return list(export_file.read_blocks(io.BytesIO(stick)))


def rewrite(blocks: Iterable[Block]) -> bytes:
    """A file of any blocks, whatever they say, with the check that fits them."""
    data = export_file.MAGIC
    check = export_file.NO_CHECK
    network = NETWORK
    for block in blocks:
        if isinstance(block, Header):
            network = Network(block.network)
        packed = encode(End(block.records, check) if isinstance(block, End) else block)
        check = export_file.check_on(network, check, packed)
        data += len(packed).to_bytes(4, "big") + packed
    return data


def parts(stick: bytes) -> tuple[Header, list[Keys], list[Chunk], End]:
    header, *middle, end = read(stick)
    assert isinstance(header, Header)
    assert isinstance(end, End)
    keys = [block for block in middle if isinstance(block, Keys)]
    return header, keys, [block for block in middle if isinstance(block, Chunk)], end


def paths_of(stick: bytes) -> list[chunk.Path]:
    return [path for one in parts(stick)[2] for path in chunk.unpack(one.data)]


def with_chunks(stick: bytes, chunks: Iterable[Chunk]) -> list[Block]:
    """The blocks of a file with others for its chunks."""
    header, keys, _, end = parts(stick)
    return [header, *keys, *chunks, end]
