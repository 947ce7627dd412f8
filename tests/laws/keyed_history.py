"""A history in which keys are lost, stolen and changed, too: key events, rivals, receipts, affirms.

Every key event follows the rules of its key log; what a thief writes is what `History` writes.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from node import ingest
from node.store import circles, keylogs
from protocol import circle as rules
from protocol.keyevents import Receipt
from protocol.keylog import Signed, event_hash
from tests.laws.history import ACTS, COOPS, DEVICES, NETWORK, Act, History
from tests.protocol.coops import Coop, word
from tests.sim.identity import Identity


class Placed(NamedTuple):
    """A placed key event of a co-op, in force or a rival."""

    hash: bytes
    place: int
    epoch: int


class Keyed(Identity):
    """A co-op whose words are known; the others are its board and its witnesses."""

    def __init__(self, who: Coop) -> None:
        self.who = who
        self.coop = who.id
        self.inception = who.inception
        self.seeds = [word(f"{who.name} device {number}") for number in range(DEVICES)]
        self.placed = [Placed(who.id, 0, 0)]


class KeyedHistory(History):
    """The same acts, and those that change keys."""

    coops: Sequence[Keyed]

    def __init__(self) -> None:
        self.events: list[Signed] = []
        self.receipts: list[Receipt] = []
        super().__init__()

    def _identities(self) -> Sequence[Keyed]:
        plain = [Coop(f"c{number}", network=NETWORK) for number in range(COOPS)]
        return [
            Keyed(
                Coop(
                    one.name,
                    devices=DEVICES,
                    board=[other for other in plain if other is not one],
                    threshold=1,
                    witnesses=BOARDS,
                    network=NETWORK,
                )
            )
            for one in plain
        ]

    def _key_event(self, device: int) -> bytes:
        """The newest event that lists the device, in force or not."""
        one = self.coops[device // DEVICES]
        log = keylogs.key_log(self.reference, one.coop)
        assert log is not None
        public, _ = one.who.device_key(device % DEVICES)
        listed = [placed for placed in one.placed if log.may_sign(placed.hash[:16], public)]
        return listed[-1].hash[:16]

    def _put(self, event: Signed) -> bytes:
        self.events.append(event)
        ingest.ingest_keys(self.reference, [event])
        return event_hash(NETWORK, event.event)

    def _rotate(self, device: int, first: int, second: int, third: int) -> None:
        """The next epoch, or a rival of one: by the words or by the board."""
        one = self.coops[device // DEVICES]
        before = one.placed[-1 - second % min(2, len(one.placed))]
        kept = ((0,), (1,), (0, 1), (0, 2))[first % 4]
        place, epoch, mark = before.place + 1, before.epoch + 1, f"{len(self.events)}"
        cuts = self._cut(one.coop, third)
        if first % 3:
            event = one.who.rotate(before.hash, place, epoch, devices=kept, cuts=cuts, mark=mark)
        else:
            board = [other.who for other in self.coops if other is not one]
            event = one.who.recover(
                before.hash, place, epoch, board, devices=kept, cuts=cuts, mark=mark
            )
        one.placed.append(Placed(self._put(event), place, epoch))

    def _board(self, device: int, first: int, second: int, third: int) -> None:
        one = self.coops[device // DEVICES]
        before = one.placed[-1]
        others = [other.who for other in self.coops if other is not one]
        event = one.who.new_board(before.hash, before.place + 1, others, 1 + first % 2, others)
        one.placed.append(Placed(self._put(event), before.place + 1, before.epoch))

    def _revoke(self, device: int, first: int, second: int, third: int) -> None:
        """Under the newest event or the one before; by the words, or by the device itself."""
        one = self.coops[device // DEVICES]
        under = one.placed[-1 - second % min(2, len(one.placed))]
        number, controller = first % DEVICES, one.who.controller(under.epoch)
        log = keylogs.key_log(self.reference, one.coop)
        assert log is not None
        own = one.who.device_key(number)
        if third % 4 == 0 and log.may_sign(under.hash[:16], own[0]):
            self._put(one.who.revoke(under.hash, under.place, number, own))
        else:
            cuts = self._cut(one.coop, third)
            self._put(one.who.revoke(under.hash, under.place, number, controller, cuts))

    def _add(self, device: int, first: int, second: int, third: int) -> None:
        one = self.coops[device // DEVICES]
        under = one.placed[-1 - second % min(2, len(one.placed))]
        self._put(one.who.add_device(under.hash, under.place, first % 3, under.epoch))

    def _witness(self, device: int, first: int, second: int, third: int) -> None:
        """A receipt for one of the newest events."""
        one = self.coops[device // DEVICES]
        some = one.placed[1:][-3:]
        if some:
            receipt = BOARDS[third % len(BOARDS)].receipt(one.who, some[first % len(some)].hash)
            self.receipts.append(receipt)
            ingest.ingest_keys(self.reference, (), [receipt])

    def _affirm(self, device: int, first: int, second: int, third: int) -> None:
        """Take some records of one's own again, disputed ones first."""
        coop = self.coops[device // DEVICES].coop
        own = [one.id for one in self.records.values() if one.header.coop == coop]
        known = disputed(self)
        some = [one for one in own if one in known] or own
        if some:
            named = {some[(first + step) % len(some)] for step in range(1 + second % 3)}
            fields = rules.Affirm(tuple(sorted(named)))
            self._circle_act(device, rules.AFFIRM, fields, 0, third)


def disputed(history: KeyedHistory) -> frozenset[bytes]:
    """What the reference replica knows to lie beyond the cuts of key logs."""
    found = history.reference.connection.execute(
        "SELECT record.id FROM record JOIN key_cut ON key_cut.branch = record.branch "
        "WHERE record.seq > key_cut.seq"
    )
    return (
        frozenset(row[0] for row in found)
        | circles.load(history.reference, history.circle).disputed
    )


BOARDS: Final = [Coop(f"witness {number}", network=NETWORK) for number in range(3)]
KEYED_ACTS: Final[Sequence[Act]] = (
    *ACTS,
    *(ACTS[0], ACTS[1]),
    KeyedHistory._rotate,
    KeyedHistory._rotate,
    KeyedHistory._revoke,
    KeyedHistory._revoke,
    KeyedHistory._add,
    KeyedHistory._board,
    KeyedHistory._witness,
    KeyedHistory._affirm,
    KeyedHistory._affirm,
)
KeyedHistory.acts = KEYED_ACTS
