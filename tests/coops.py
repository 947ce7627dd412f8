"""Co-ops in memory: real databases, keys, the door and sessions, joined by a wire of two queues."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from node import acts, home, ingest
from node.author import Author, Draft, Published
from node.ingest import Outcome
from node.keyring import Keyring, save
from node.private_files import make_private_folder
from node.store import fold, peers
from node.store.database import Database
from node.store.replica import SqliteReplica
from protocol import trade
from protocol.chunk import Path as ChunkPath
from protocol.chunk import make_path
from protocol.circle import FOUND, Rules
from protocol.endorse import Threshold
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.keylog import event_hash
from protocol.keys import Network, signing_pair
from protocol.limits import RECORD_VERSION
from protocol.log import Open, log_id, sign_head
from protocol.merge import read_fields
from protocol.messages import AnyMessage, read
from protocol.record import LOG_OPEN, Header, Record, open_body, seal, write_body
from protocol.session import Session
from protocol.sessionevents import BodyCame, Chunk, Event, KeyLogs

NETWORK = Network("test")
NOW_MS = 1_750_000_000_000
# What a copy draws is not what its original draws next.
COPY_DRAWS = 1_000_000


class Coop:
    """A co-op's node without its shell; every byte it draws is the same in every run."""

    def __init__(self, name: str, path: Path | str = ":memory:") -> None:
        self.name = name
        self._drawn = 0
        self.keyring = Keyring(device_seed=self.draw(32), noise_private=self.draw(32))
        self.recovery = self.draw(32)
        self.inception = home.make_inception(NETWORK, self.keyring, self.recovery, self.draw(16))
        self.id = event_hash(NETWORK, self.inception.event)
        self.author = Author(self.id, self.keyring.device_seed)
        self.device, self.secret = signing_pair(self.keyring.device_seed)
        self.database = Database(path, NETWORK)
        ingest.ingest_keys(self.database, [self.inception])
        self.replica = SqliteReplica(self.database.connection, NETWORK, self.id)

    def settle(self, folder: Path) -> None:
        """Close a database that lies in a data folder, which a real node can now live in."""
        self.database.close()
        keyring = msgspec.structs.replace(self.keyring, coop=self.id)
        make_private_folder(folder)
        save(folder, keyring)

    def copy(self) -> "Coop":
        """The same co-op on a copy of its data folder, as a careless restore makes one."""
        twin = Coop(self.name)
        self.database.connection.backup(twin.database.connection)
        twin.database.forget()
        twin._drawn = self._drawn + COPY_DRAWS
        return twin

    def draw(self, size: int) -> bytes:
        self._drawn += 1
        return blake2b(f"{self.name} {self._drawn}".encode(), digest_size=size).digest()

    def signing(self, instance: int = 0, now_ms: int = NOW_MS) -> acts.Signing:
        return acts.Signing(self.author, instance, now_ms, "owner", self.draw)

    def found(self, name: str = "Sea and soil", *, public: bool = False) -> bytes:
        circle, _ = acts.found_circle(self.database, self.signing(), name, public=public)
        return circle

    def admit(self, circle: bytes, other: "Coop") -> Published:
        _, published = acts.admit(self.database, self.signing(), circle, other.id)
        return published

    def accept(self, circle: bytes) -> Published:
        published = acts.accept(self.database, self.signing(), circle)
        assert published is not None
        return published

    def wish(self, circle: bytes, through: "Coop") -> None:
        """Note that it is joining a circle through a co-op, as a followed invite does."""
        invite = Invite(
            addresses=("http://127.0.0.1:1",),
            circle=circle,
            circle_name="a circle",
            coop=through.id,
            coop_name=through.name,
            expires_ms=NOW_MS,
            network=NETWORK.name,
            nonce=bytes(16),
        )
        peers.begin_joining(self.database, self.id, invite, NOW_MS)

    def offer(
        self, circle: bytes, *titles: str, instance: int = 0, now_ms: int = NOW_MS
    ) -> Published:
        """Publish offers at once."""
        offers = [(trade.OFFER, trade.Offer(title={"en": title}), None) for title in titles]
        signing = self.signing(instance, now_ms)
        return acts.add_offers(self.database, signing, circle, offers, live=True)

    def say(self, circle: bytes, kind: str, body: bytes, *, now_ms: int = NOW_MS) -> Published:
        """Publish any record, whatever this version makes of it."""
        return self.signing(0, now_ms).publish(self.database, circle, [Draft(kind, body)])

    def path(
        self, circle: bytes, *drafts: Draft, instance: int = 0, ground: bytes | None = None
    ) -> ChunkPath:
        """A new log in any circle, signed as it should be; no database has a say in it."""
        opened = Open(circle, self.device, instance)
        log = log_id(NETWORK, self.id, opened)
        refs = () if ground is None else (ground,)
        opening = Draft(LOG_OPEN, write_body(self.draw(16), opened, refs=refs))
        records: list[Record] = []
        prev: bytes | None = None
        for seq, (kind, body, expires_day) in enumerate([opening, *drafts], start=1):
            header = Header(
                RECORD_VERSION, self.id, log, seq, prev, self.id[:16], NOW_MS, kind,
                b"", 0, expires_day,
            )  # fmt: skip
            records.append(seal(NETWORK, header, body))
            prev = records[-1].id
        last = records[-1]
        return make_path(records, sign_head(NETWORK, self.secret, last.header, last.id))

    def titles(self, circle: bytes) -> list[str]:
        """What its people see of a circle's offers, in order."""
        with self.database.transaction() as connection:
            while fold.fold(self.database, fold.BATCH_RECORDS):
                pass
            rows = connection.execute(
                "SELECT kind.name, record.body FROM offer JOIN record ON record.n = offer.version "
                "JOIN kind ON kind.n = record.kind JOIN circle ON circle.n = offer.circle "
                "WHERE circle.id = ? AND NOT hidden",
                (circle,),
            ).fetchall()
        return sorted(titles_in(rows))

    def root(self, circle: bytes) -> bytes:
        row = self.database.connection.execute(
            "SELECT root FROM circle WHERE id = ?", (circle,)
        ).fetchone()
        return bytes(row[0]) if row else b""

    def records(self) -> int:
        row = self.database.connection.execute("SELECT count(*) FROM record").fetchone()
        return int(row[0])


class Talk:
    """Two sessions and what carries their frames, events and chunks; nothing is random."""

    def __init__(self, one: Coop, other: Coop, *, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms
        handshake_hash = NETWORK.hash(b"test", one.id + other.id)
        self.sessions = {
            one.id: Session(NETWORK, other.id, handshake_hash),
            other.id: Session(NETWORK, one.id, handshake_hash),
        }
        self.coops = {one.id: one, other.id: other}
        self.events: list[tuple[bytes, Event]] = []
        """(whose session said it, what)."""
        self.refused: list[Refusal] = []
        self.sent: list[AnyMessage] = []
        self.heard: list[tuple[bytes, bytes]] = []
        """(whose session takes it, frame)."""
        self.bytes_sent = 0
        self.passes: Callable[[AnyMessage], bool] = lambda _: True
        """Frames for which it says no are lost."""

    def hello(self) -> "Talk":
        for coop, session in self.sessions.items():
            session.hello(self.coops[coop].replica, self.now_ms)
        return self.run()

    def run(self) -> "Talk":
        """Carry until nothing moves any more."""
        moved = True
        while moved:
            moved = False
            for coop in self.sessions:
                moved |= self._step(coop)
        return self

    def of(self, coop: Coop) -> Session:
        return self.sessions[coop.id]

    def push(self, author: Coop, circle: bytes, packed: bytes) -> "Talk":
        self.of(author).push(circle, packed)
        return self.run()

    def told(self, coop: Coop, kind: type[Event]) -> list[Event]:
        return [event for owner, event in self.events if owner == coop.id and type(event) is kind]

    def _step(self, sender: bytes) -> bool:
        session = self.sessions[sender]
        receiver = next(coop for coop in self.coops if coop != sender)
        moved = session.fill(self.coops[sender].replica)
        while session.outgoing:
            moved = True
            frame = session.outgoing.popleft()
            message = read(frame)
            self.sent.append(message)
            self.heard.append((receiver, frame))
            self.bytes_sent += len(frame)
            if self.passes(message):
                self._take(receiver, frame)
        return moved

    def _take(self, receiver: bytes, frame: bytes) -> None:
        coop, session = self.coops[receiver], self.sessions[receiver]
        todo = list(session.receive(frame, coop.replica))
        while todo:
            event = todo.pop(0)
            self.events.append((receiver, event))
            if isinstance(event, Chunk):
                outcome = self._ingest(coop, event)
                todo += session.taken(
                    event, coop.replica, progressed=outcome.new_records > 0, gap=outcome.gap
                )
            elif isinstance(event, KeyLogs):
                grown = ingest.take_keys(coop.database, event.events, event.receipts)
                if event.last:
                    todo += session.keys_taken(event.circle, coop.replica, progressed=bool(grown))
            elif isinstance(event, BodyCame):
                ingest.ingest_body(coop.database, event.circle, event.record, event.body)

    def _ingest(self, coop: Coop, event: Chunk) -> Outcome:
        outcome = ingest.ingest(
            coop.database, event.circle, event.data, self.now_ms, live=event.request is None
        )
        self.refused += [refusal for _, refusal in outcome.refused]
        return outcome


def join(circle: bytes, founder: Coop, *newcomers: Coop) -> None:
    """Make members of co-ops, with everything that two nodes would say to each other."""
    for newcomer in newcomers:
        ingest.ingest_keys(founder.database, [newcomer.inception])
        ingest.ingest_keys(newcomer.database, [founder.inception])
        founder.admit(circle, newcomer)
        newcomer.wish(circle, founder)
        Talk(founder, newcomer).hello()
        newcomer.accept(circle)
        peers.end_joining(newcomer.database, circle)
        Talk(founder, newcomer).hello()


def found_open(coop: Coop) -> bytes:
    """A circle into which any member may let in others."""
    anyone, majority = Threshold("members", 1), Threshold("stewards", 0)
    fields = Rules(
        admit=anyone,
        name="open house",
        nonce=bytes(16),
        read="members",
        remove=majority,
        rule=majority,
        stewards=(coop.id,),
        version=1,
    )
    body = write_body(coop.draw(16), fields)
    circle = NETWORK.hash(b"body", body)
    coop.say(circle, FOUND, body)
    return circle


def trio(*, public: bool = False) -> tuple[bytes, Coop, Coop, Coop]:
    """A circle of two co-ops, and a third one that is no member."""
    fishers, growers, others = Coop("fishers"), Coop("growers"), Coop("others")
    circle = fishers.found(public=public)
    join(circle, fishers, growers)
    return circle, fishers, growers, others


def titles_in(rows: Iterable[Sequence[object]]) -> list[str]:
    """English titles out of (kind, body) rows; of a body that was dropped, none."""
    found: list[str] = []
    for kind, body in rows:
        if isinstance(body, bytes):
            fields = read_fields(str(kind), open_body(body))
            found.append(fields.title["en"])
    return found
