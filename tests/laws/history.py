"""A circle's history out of small numbers: co-ops with two devices each that write, fork and forge.

Every record is signed by hand, so that what an honest node would never write is written too. What
each co-op sees of the circle is told by a reference replica to which all is delivered as it comes.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from node import ingest
from node.store import circles
from node.store.database import Database
from protocol import circle as rules
from protocol import endorse, note, profile, trade
from protocol.chunk import Path, make_path
from protocol.circle import Circle, CircleFields, State
from protocol.endorse import Threshold
from protocol.keyevents import LogCut
from protocol.keys import Network, signing_pair
from protocol.log import Open, log_id, sign_head
from protocol.record import LOG_OPEN, Header, Record, seal, write_body
from protocol.values import Decimal, Quantity
from tests.sim.identity import Identity

NETWORK = Network("laws")
DAY_MS = 86_400_000
START_MS = 20_000 * DAY_MS + 11 * 3_600_000
ANYONE = Threshold("members", 1)
COOPS, DEVICES = 4, 2
Command = tuple[int, int, int, int, int]
"""(what, by which device, and three numbers that each act reads in its own way)."""


Act = Callable[..., None]


class Draft(NamedTuple):
    kind: str
    body: bytes
    expires_day: int | None = None


class History:
    """What was written so far."""

    acts: Sequence[Act]

    def __init__(self) -> None:
        random = Random(7)
        self.draw = random.randbytes
        self.coops = self._identities()
        self.now_ms = START_MS
        self.records: dict[bytes, Record] = {}
        self.signatures: dict[bytes, bytes] = {}
        """By signed head, in the order of writing."""
        self.reference = Database(":memory:", NETWORK)
        ingest.ingest_keys(self.reference, [one.inception for one in self.coops])
        self._logs: dict[bytes, list[Record]] = {}
        self._versions: list[tuple[bytes, list[bytes]]] = []
        """(first record, all its versions) of each offer."""
        self._stocks: list[bytes] = []
        self._views: list[tuple[bytes, ...]] = []
        founding = rules.Rules(
            admit=ANYONE, name="a circle", nonce=bytes(16), read="members", remove=ANYONE,
            rule=ANYONE, stewards=(self.coops[0].coop,), version=1,
        )  # fmt: skip
        body = write_body(self.draw(16), founding)
        self.circle = NETWORK.hash(b"body", body)
        self.write(0, [Draft(rules.FOUND, body)])
        for who in (1, 2):
            self._circle_act(0, rules.ADMIT, rules.Admit(self.coops[who].coop, self.draw(16)), 0)
            self._circle_act(who * DEVICES, rules.ACCEPT, rules.Accept(self._grounds(who)[0]), 0)

    def obey(self, command: Command) -> None:
        """Do what a command says, or the nearest thing that can be done."""
        what, who, first, second, third = command
        self.now_ms += (0, 0, 1, 1000)[second % 4]
        device = who % (COOPS * DEVICES)
        act = self.acts[what % len(self.acts)]
        if not self._grounds(device // DEVICES):
            act = History._admit
        act(self, device, first, second, third)

    def write(self, device: int, drafts: Sequence[Draft], fork: int = 0, after: int = -1) -> None:
        """Sign one path: behind the newest record of the log, an older one, or a new opening."""
        identity = self.coops[device // DEVICES]
        public, secret = signing_pair(identity.seeds[device % DEVICES])
        opened = Open(self.circle, public, 0)
        log = log_id(NETWORK, identity.coop, opened)
        known = self._logs.setdefault(log, [])
        last = known[max(-1 - fork, -len(known))] if known and fork < FORK_BACK else None
        todo = list(drafts)
        if last is None:
            todo.insert(0, Draft(LOG_OPEN, self._opening(device // DEVICES, opened, fork)))
        written: list[Record] = []
        for draft in todo:
            time_ms = max(self.now_ms, after + 1, last.header.time_ms if last else 0)
            header = Header(
                1, identity.coop, log, last.header.seq + 1 if last else 1,
                last.id if last else None, self._key_event(device), time_ms, draft.kind, b"", 0,
                draft.expires_day,
            )  # fmt: skip
            last = seal(NETWORK, header, draft.body)
            written.append(last)
        assert last is not None
        self.signatures[last.id] = sign_head(NETWORK, secret, last.header, last.id)
        known += written
        self.records |= {one.id: one for one in written}
        self.last = last
        self.now_ms = max(self.now_ms, last.header.time_ms)
        path = make_path(written, self.signatures[last.id])
        ingest.ingest_paths(self.reference, self.circle, [path], self.now_ms, live=True)

    def lineage(self, head: bytes) -> list[Record]:
        """A record with all before it in its log, the oldest first."""
        found: list[Record] = []
        at: bytes | None = head
        while at is not None:
            found.append(self.records[at])
            at = found[-1].header.prev
        return found[::-1]

    def paths_to(
        self, head: bytes, start: int, ends: Callable[[bytes], bool], absent: Callable[[], bool]
    ) -> list[Path]:
        """Paths from a place in the lineage of a signed head up to it.

        They end at circle records, and at other signed heads where `ends` says so; forgettable
        bodies are left out where `absent` says so.
        """
        paths: list[Path] = []
        some: list[Record] = []
        for record in self.lineage(head)[start:]:
            header = record.header
            missing = header.expires_day is not None and absent()
            some.append(record._replace(body=None) if missing else record)
            signature = self.signatures.get(record.id)
            if signature and (record.id == head or header.kind in rules.FIELDS or ends(record.id)):
                paths.append(make_path(some, signature))
                some = []
        return paths

    # -- what devices do ------------------------------------------------------------------------

    def _offer(self, device: int, first: int, second: int, third: int) -> None:
        drafts = [
            Draft(
                trade.WANT if (first + index) % 4 == 3 else trade.OFFER,
                self._offer_body(first + index, None),
                self._day(second + index),
            )
            for index in range(1 + first % 3)
        ]
        self.write(device, drafts, FORK_BACK if third == OPENS else third % FORK_BACK)
        lineage = self.lineage(self.last.id)[-len(drafts) :]
        self._versions += [(one.id, [one.id]) for one in lineage]

    def _edit(self, device: int, first: int, second: int, third: int) -> None:
        subject, versions = self._subject(first)
        if second % 7 == 6:
            subject = versions[-1]
        kind = self.records[subject].header.kind if first % 5 else trade.WANT
        if kind not in {trade.OFFER, trade.WANT}:
            kind = trade.OFFER
        body = self._offer_body(first + second, subject)
        self.write(device, [Draft(kind, body, self._day(second))], third % FORK_BACK)
        versions.append(self.last.id)

    def _withdraw(self, device: int, first: int, second: int, third: int) -> None:
        subject, _ = self._subject(first)
        body = write_body(self.draw(16), trade.Withdraw(), subject=subject)
        self.write(device, [Draft(trade.WITHDRAW, body)], third % FORK_BACK)

    def _erase(self, device: int, first: int, second: int, third: int) -> None:
        subject, versions = self._subject(first)
        some = [one for index, one in enumerate(versions) if (second >> index % 3) & 1]
        body = write_body(
            self.draw(16), trade.Erase(tuple(sorted(set(some or versions)))), subject=subject
        )
        self.write(device, [Draft(trade.ERASE, body)], third % FORK_BACK)

    def _present(self, device: int, first: int, second: int, third: int) -> None:
        """A profile, a contact line, a note, a stock, a part of a stock for another log."""
        if first % 8 == 4:
            who = self.coops[third % COOPS].coop
            asked = note.Note(about=self.last.id, to=(who,))
            body = write_body(self.draw(16), asked, sealed=self.draw(64))
            draft = Draft(note.NOTE, body, self._day(second) if second % 3 else None)
        elif first % 4 == 0:
            fields: object = profile.Profile(country="KE", name=f"name{first}")
            draft = Draft(profile.PROFILE, write_body(self.draw(16), fields))
        elif first % 4 == 1:
            fields = profile.Contact(person=f"person{first}")
            draft = Draft(profile.CONTACT, write_body(self.draw(16), fields), self._day(second))
        elif first % 4 == 2 and self._stocks and second % 5:
            subject = self._stocks[second % len(self._stocks)]
            fields = trade.StockAllot(Decimal(1, 0), 0, self.last.header.log)
            draft = Draft(trade.STOCK_ALLOT, write_body(self.draw(16), fields, subject=subject))
        else:
            subject, _ = self._subject(first)
            amount = Quantity(Decimal.of(first + 1, 0), "C62")
            fields = trade.Stock(self.last.header.log, 0, amount)
            draft = Draft(trade.STOCK, write_body(self.draw(16), fields, subject=subject))
        self.write(device, [draft], third % FORK_BACK)
        if draft.kind == trade.STOCK:
            self._stocks.append(self.last.id)

    def _nonsense(self, device: int, first: int, second: int, third: int) -> None:
        """Bodies that break the rules of their kind, and kinds that nobody knows yet."""
        subject, _ = self._subject(first)
        forgettable = self._day(second)
        drafts = [
            Draft(trade.OFFER, b"\xc1 no msgpack", forgettable),
            Draft(trade.OFFER, write_body(self.draw(16), {"title": "no map"}), forgettable),
            Draft(trade.OFFER, write_body(self.draw(16), {"titel": 1}, subject=subject)),
            Draft(trade.WITHDRAW, write_body(self.draw(16), trade.Withdraw())),
            Draft(profile.PROFILE, write_body(self.draw(16), {}, subject=subject)),
            Draft("post/1", write_body(self.draw(16), {"text": "later"}), forgettable),
            Draft(note.NOTE, write_body(self.draw(16), {"about": subject, "to": []}), forgettable),
            Draft("offer/2", write_body(self.draw(16), {"title": {}}), forgettable),
            Draft("vote.cast/1", write_body(self.draw(16), {"yes": True}, subject=subject)),
            Draft(rules.ADMIT, write_body(self.draw(16), {"coop": b"short"})),
        ]
        draft = drafts[first % len(drafts)]
        self.write(device, [draft], third % FORK_BACK)
        if draft.kind in {trade.OFFER, trade.WANT}:
            self._versions.append((self.last.id, [self.last.id]))

    def _wait(self, device: int, first: int, second: int, third: int) -> None:
        self.now_ms += (1, 2, 31)[first % 3] * DAY_MS

    # -- what they do in the circle -------------------------------------------------------------

    def _admit(self, device: int, first: int, second: int, third: int) -> None:
        """Admit who is not in; whoever was admitted says yes."""
        outside = [who for who in range(COOPS) if not self._grounds(who)]
        pending = [
            who
            for who in range(COOPS)
            if self._grounds(who) and not self._state().is_member(self.coops[who].coop)
        ]
        if pending:
            who = pending[first % len(pending)]
            fields = rules.Accept(self._grounds(who)[-1])
            self._circle_act(who * DEVICES + second % DEVICES, rules.ACCEPT, fields, 0, third)
        elif outside:
            device = device if self._grounds(device // DEVICES) else 0
            coop = self.coops[outside[first % len(outside)]].coop
            self._circle_act(device, rules.ADMIT, rules.Admit(coop, self.draw(16)), second, third)

    def _remove(self, device: int, first: int, second: int, third: int) -> None:
        """Remove somebody, or leave; the cut is where the logs stood a while ago."""
        coop = self.coops[first % COOPS].coop
        grounds = self._state().live_grounds(coop)
        if grounds and len(self._state().members()) > 2:
            fields = rules.Remove(
                tuple(sorted(grounds)), coop, self._cut(coop, second), self.draw(16)
            )
            self._circle_act(device, rules.REMOVE, fields, second, third)

    def _rule(self, device: int, first: int, second: int, third: int) -> None:
        before = self._state().rules
        fields = rules.Rules(
            admit=before.admit, name=f"circle {first}", nonce=self.draw(16), read="members",
            remove=before.remove, rule=before.rule, stewards=before.stewards, version=1,
        )  # fmt: skip
        if first % 3:
            self._circle_act(device, rules.RULE, fields, second, third)
        else:
            yes = endorse.Endorse(rules.RULE, self.draw(32))
            self._circle_act(device, endorse.KIND, yes, second, third)

    def _circle_act(
        self, device: int, kind: str, fields: CircleFields, back: int, fork: int = 0
    ) -> None:
        """A circle record with what its author had seen: all, or what was there some acts ago."""
        seen = self._views[-1 - back % 3] if len(self._views) > back % 3 else self._judge().heads()
        if back % 3 == 0:
            seen = self._judge().heads()
        latest = max(self._judge().entries[ref].order[0] for ref in seen)
        body = write_body(self.draw(16), fields, refs=seen)
        self.write(device, [Draft(kind, body)], fork % FORK_BACK, latest)
        self._views.append(self._judge().heads())

    def _cut(self, coop: bytes, back: int) -> tuple[LogCut, ...]:
        cuts: list[LogCut] = []
        for log, known in self._logs.items():
            heads = [one.id for one in known if one.id in self.signatures]
            if not heads or known[0].header.coop != coop or back % 5 == 4:
                continue
            listed = tuple(sorted({heads[-1], heads[-1 - back % len(heads)]}))[: 1 + back % 2]
            cuts.append(LogCut(listed, log, tuple(self.signatures[one] for one in listed)))
        return tuple(sorted(cuts, key=lambda one: one.log))

    # -- who they are ---------------------------------------------------------------------------

    def _identities(self) -> Sequence[Identity]:
        return [Identity(NETWORK, self.draw, DEVICES) for _ in range(COOPS)]

    def _key_event(self, device: int) -> bytes:
        """The reference of the key event under which a device signs."""
        return self.coops[device // DEVICES].coop[:16]

    # -- what they know -------------------------------------------------------------------------

    def _judge(self) -> Circle:
        return circles.load(self.reference, self.circle)

    def _state(self) -> State:
        state = self._judge().state
        assert state is not None
        return state

    def _grounds(self, who: int) -> list[bytes]:
        return sorted(self._state().live_grounds(self.coops[who].coop))

    def _opening(self, who: int, opened: Open, fork: int) -> bytes:
        refs: tuple[bytes, ...] = ()
        if self._logs[log_id(NETWORK, self.coops[who].coop, opened)] or self.records:
            grounds = sorted(self._state().grounds.get(self.coops[who].coop, ()))
            refs = tuple(grounds[fork % len(grounds) :][:1]) if grounds else ()
        return write_body(self.draw(16), opened, refs=refs)

    def _subject(self, index: int) -> tuple[bytes, list[bytes]]:
        if not self._versions:
            self._offer(0, 0, 1, 0)
        return self._versions[index % len(self._versions)]

    def _day(self, index: int) -> int | None:
        after = (None, 0, 30, 60, 1)[index % 5]
        return None if after is None else self.now_ms // DAY_MS + after

    def _offer_body(self, number: int, subject: bytes | None) -> bytes:
        where = trade.Where(country="BR") if number % 2 else None
        fields = trade.Offer(title={"en": f"word{number % 6}"}, where=where)
        refs: tuple[bytes, ...] = ()
        if number % 11 == 10:
            known = [*self.records, *(one.coop for one in self.coops)]
            refs = (known[number * 7 % len(known)], known[-1 - number % 5])
        return write_body(self.draw(16), fields, subject=subject, refs=refs)


ACTS: Final = (
    History._offer,
    History._edit,
    History._edit,
    History._withdraw,
    History._erase,
    History._present,
    History._nonsense,
    History._wait,
    History._admit,
    History._remove,
    History._rule,
)
History.acts = ACTS
# How far back a log is forked; at FORK_BACK it is opened a second time.
FORK_BACK: Final = 4
OPENS: Final = 40
