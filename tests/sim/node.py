"""A node of the simulation: the real store and acts on a file, a clock that is off, no sockets."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final, Protocol

from node import acts, ingest
from node.author import Author, Draft, Published
from node.store import circles, fold, forget
from node.store.database import Database
from node.store.replica import SqliteReplica
from protocol import circle as rules
from protocol import profile, trade
from protocol.circle import Circle
from protocol.endorse import Threshold, act_digest
from protocol.keys import Network
from protocol.record import write_body
from tests.sim.identity import Identity


class Surroundings(Protocol):
    """Where a node gets time and chance from."""

    now_ms: int
    random: Random


class SimNode:
    """One co-op's machine. Its database file outlives it when it crashes."""

    def __init__(
        self, name: str, network: Network, identity: Identity, path: Path, around: Surroundings
    ) -> None:
        self.name = name
        self.coop = identity.coop
        self.identity = identity
        self.is_up = False
        self.offset_ms = 0
        """How far its clock is ahead."""
        self._around = around
        self._random = around.random
        self._network = network
        self._path = path
        self._author = Author(identity.coop, identity.seeds[0])

    def start(self) -> None:
        """Open the file, as a process that starts does."""
        self.database = Database(self._path, self._network)
        # No power cut is simulated, only processes that end: let the machine run on.
        self.database.connection.execute("PRAGMA synchronous = OFF")
        self.replica = SqliteReplica(self.database.connection, self._network, self.coop)
        self.is_up = True
        self.learn(self.identity)

    def stop(self) -> None:
        """End without a word; what was not committed is gone."""
        self.database.connection.close()
        self.is_up = False

    def copy_to(self, path: Path) -> None:
        """What somebody does who copies the data folder."""
        with sqlite3.connect(path) as target:
            self.database.connection.backup(target)
        target.close()

    def learn(self, identity: Identity) -> None:
        """What an introduction brings."""
        ingest.ingest_keys(self.database, [identity.inception])

    @property
    def now_ms(self) -> int:
        return self._around.now_ms + self.offset_ms

    def signing(self) -> acts.Signing:
        return acts.Signing(self._author, 0, self.now_ms, "owner", self._random.randbytes)

    # -- what its people do; each may raise the Refusal that says why not -------------------------

    def found(self, name: str, stewards: Sequence[bytes], admit_count: int = 2) -> bytes:
        majority = Threshold("stewards", 0)
        fields = rules.Rules(
            admit=Threshold("members", admit_count), name=name, nonce=bytes(16), read="members",
            remove=majority, rule=majority, stewards=tuple(sorted(stewards)), version=1,
        )  # fmt: skip
        body = write_body(self._random.randbytes(16), fields)
        circle = self._network.hash(b"body", body)
        self.signing().publish(self.database, circle, [Draft(rules.FOUND, body)])
        return circle

    def offer(
        self, circle: bytes, count: int, *, live: bool, until_days: int | None = None
    ) -> Published:
        """So many offers or wants; without an end each has one of its own."""
        offers = [(self._kind(), self._offer(until_days), None) for _ in range(count)]
        return acts.add_offers(self.database, self.signing(), circle, offers, live=live)

    def edit(self, until_days: int | None = None) -> tuple[bytes, Published]:
        circle, subject, kind = self._own_offer()
        offers = [(kind, self._offer(until_days), subject)]
        return circle, acts.add_offers(self.database, self.signing(), circle, offers, live=True)

    def withdraw(self) -> tuple[bytes, Published]:
        circle, subject, _ = self._own_offer()
        return circle, acts.withdraw(self.database, self.signing(), subject, {})

    def erase(self) -> tuple[bytes, Published]:
        """The version that stands, or the first one."""
        circle, subject, _ = self._own_offer()
        row = self.database.connection.execute(
            "SELECT version.id FROM offer JOIN record AS root ON root.n = offer.root "
            "JOIN record AS version ON version.n = offer.version WHERE root.id = ?",
            (subject,),
        ).fetchone()
        named = subject if row is None or self._random.random() < 0.3 else row[0]
        signing = self.signing()
        draft = Draft(trade.ERASE, signing.body(trade.Erase((named,)), subject))
        return circle, signing.publish(self.database, circle, [draft])

    def present(self, circle: bytes) -> Published:
        word = f"word{self._random.randrange(9)}"
        if self._random.random() < 0.5:
            fields = profile.Profile(name=word, country="KE")
            return acts.set_profile(self.database, self.signing(), circle, fields)
        contact = profile.Contact(person=word)
        return acts.set_contact(self.database, self.signing(), circle, contact)

    def admit(self, circle: bytes, other: "SimNode") -> Published:
        self.learn(other.identity)
        return acts.admit(self.database, self.signing(), circle, other.coop)[1]

    def remove(self, circle: bytes, coop: bytes) -> Published:
        return acts.remove(self.database, self.signing(), circle, coop)[1]

    def join_through(self, circle: bytes, other: "SimNode") -> None:
        self.learn(other.identity)
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO local_joining (circle, coop, name, state) "
                "VALUES (?, ?, '', 'asked')",
                (circle, other.coop),
            )

    def endorse(self, circle: bytes) -> Published | None:
        """Say yes to one of the proposals; None when there is none."""
        judge = circles.load(self.database, circle)
        proposals = judge.proposals()
        if not proposals:
            return None
        act, data, _ = self._random.choice(proposals)
        digest = act_digest(self._network, act, circle, data)
        return acts.endorse_act(self.database, self.signing(), circle, digest)[1]

    def fold_some(self) -> bool:
        """A batch of the background fold; whether there is more."""
        with self.database.transaction():
            fold.fold(self.database, self._random.randrange(1, 60))
        return fold.lag(self.database) > 0

    def forget_some(self) -> None:
        forget.forget(self.database, self.now_ms, self._random.randrange(1, 60))

    # -- what it knows ----------------------------------------------------------------------------

    def judge(self, circle: bytes) -> Circle:
        return circles.load(self.database, circle)

    def is_member(self, circle: bytes) -> bool:
        state = self.judge(circle).state
        return state is not None and state.is_member(self.coop)

    def circles(self) -> list[bytes]:
        rows = self.database.connection.execute("SELECT id FROM circle ORDER BY n").fetchall()
        return [row[0] for row in rows if self.is_member(row[0])]

    def _own_offer(self) -> tuple[bytes, bytes, str]:
        """(circle, id, kind) of one of its offers; LookupError when there is none."""
        rows = self.database.connection.execute(
            "SELECT circle.id, record.id, kind.name FROM offer "
            "JOIN record ON record.n = offer.root JOIN kind ON kind.n = record.kind "
            "JOIN circle ON circle.n = offer.circle JOIN coop ON coop.n = offer.coop "
            "WHERE coop.id = ? ORDER BY record.id",
            (self.coop,),
        ).fetchall()
        if not rows:
            raise LookupError
        row: tuple[bytes, bytes, str] = self._random.choice(rows)
        return row

    def _kind(self) -> str:
        return self._random.choice((trade.OFFER, trade.OFFER, trade.WANT))

    def _offer(self, until_days: int | None) -> trade.Offer:
        if until_days is None:
            until_days = self._random.choice((None, 0, 1, 2, 20))
        end = None if until_days is None else self.now_ms + until_days * DAY_MS
        title = {"en": f"word{self._random.randrange(9)}"}
        return trade.Offer(title=title, valid_until_ms=end)


DAY_MS: Final = 86_400_000
