"""Co-ops for tests: keys, key events and logs, all made out of words, so that runs repeat."""

from collections.abc import Callable, Sequence
from functools import cache

from protocol.errors import Refusal
from protocol.keyevents import (
    Board,
    Device,
    DeviceAdd,
    DeviceRevoke,
    Inception,
    KeyFields,
    LogCut,
    Receipt,
    Recover,
    RecoverySet,
    Rotate,
)
from protocol.keylog import KeyLog, Signed, event_hash, receipt_message, write_event
from protocol.keys import (
    Network,
    agreement_public,
    board_seed,
    controller_seed,
    sealing_private,
    sign,
    signing_pair,
)
from protocol.limits import RECORD_VERSION
from protocol.log import Open, log_id, sign_head
from protocol.record import LOG_OPEN, Header, Record, seal, write_body

NETWORK = Network("test")
NO_BOARD = RecoverySet((), 0)
Pair = tuple[bytes, bytes]


@cache
def word(text: str) -> bytes:
    """32 bytes out of a word."""
    return NETWORK.hash(b"test", text.encode())


def salt(text: str) -> bytes:
    return word(text)[:16]


def signed(event: bytes, *pairs: Pair, network: Network = NETWORK) -> Signed:
    """An event with the signatures of key pairs, by ascending key."""
    message = event_hash(network, event)
    return Signed(event, tuple(sorted((public, sign(secret, message)) for public, secret in pairs)))


def code_of(do: Callable[..., object], *args: object) -> str | None:
    """The code with which something is refused; None when it is not."""
    try:
        do(*args)
    except Refusal as refusal:
        return refusal.code
    return None


class Coop:
    """A co-op with its words, its devices and its board."""

    def __init__(
        self,
        name: str,
        *,
        devices: int = 1,
        board: Sequence["Coop"] = (),
        threshold: int = 0,
        witnesses: Sequence["Coop"] = (),
        network: Network = NETWORK,
    ) -> None:
        self.name = name
        self.network = network
        self.recovery = word(f"words of {name}")
        self.witnesses = tuple(sorted(one.id for one in witnesses))
        self.board = recovery_set(board, threshold)
        fields = Inception(
            controller=self.controller(0)[0],
            devices=self.devices(*range(devices)),
            next_controller=self.next_digest(0),
            recovery=self.board,
            sealing=self.sealing(0),
            witnesses=self.witnesses,
        )
        event = write_event("key.inception/1", None, 0, None, salt(name), fields)
        self.inception = signed(event, self.controller(0), network=network)
        self.id: bytes = event_hash(network, event)

    def key_log(self) -> KeyLog:
        return KeyLog(self.network, self.inception)

    def controller(self, epoch: int) -> Pair:
        return signing_pair(controller_seed(self.network, self.recovery, epoch))

    def next_digest(self, epoch: int) -> bytes:
        return self.network.hash(b"next", self.controller(epoch + 1)[0])

    def sealing(self, epoch: int) -> bytes:
        return agreement_public(sealing_private(self.network, self.recovery, epoch))

    def member_key(self) -> Pair:
        """The key with which this one, as a person, sits on a board."""
        return signing_pair(board_seed(self.network, self.recovery))

    def device_key(self, number: int) -> Pair:
        return signing_pair(word(f"{self.name} device {number}"))

    def device(self, number: int) -> Device:
        noise = agreement_public(word(f"{self.name} noise {number}"))
        return Device(noise, self.device_key(number)[0])

    def devices(self, *numbers: int) -> tuple[Device, ...]:
        return tuple(sorted(map(self.device, numbers), key=lambda device: device.sign))

    def rotate(
        self,
        prev: bytes,
        place: int,
        epoch: int,
        *,
        devices: Sequence[int] = (0,),
        cuts: tuple[LogCut, ...] = (),
        mark: str = "",
    ) -> Signed:
        """The rotation to an epoch; marks tell rivals apart."""
        fields = self._epoch(Rotate, epoch, devices, cuts)
        return self.event("key.rotate/1", place, prev, fields, self.controller(epoch), mark=mark)

    def recover(
        self,
        prev: bytes,
        place: int,
        epoch: int,
        by: Sequence["Coop"],
        *,
        devices: Sequence[int] = (0,),
        cuts: tuple[LogCut, ...] = (),
        mark: str = "",
    ) -> Signed:
        fields = self._epoch(Recover, epoch, devices, cuts)
        pairs = [one.member_key() for one in by]
        return self.event("key.recover/1", place, prev, fields, *pairs, mark=mark)

    def new_board(
        self,
        prev: bytes,
        place: int,
        board: Sequence["Coop"],
        threshold: int,
        by: Sequence["Coop"],
    ) -> Signed:
        fields = Board(recovery_set(board, threshold))
        return self.event("key.board/1", place, prev, fields, *(one.member_key() for one in by))

    def add_device(self, prev: bytes, place: int, number: int, epoch: int = 0) -> Signed:
        fields = DeviceAdd(self.device(number))
        return self.event("device.add/1", place, prev, fields, self.controller(epoch))

    def revoke(
        self, prev: bytes, place: int, number: int, by: Pair, cuts: tuple[LogCut, ...] = ()
    ) -> Signed:
        fields = DeviceRevoke(cuts, self.device_key(number)[0])
        return self.event("device.revoke/1", place, prev, fields, by)

    def event(
        self, kind: str, place: int, prev: bytes, fields: KeyFields, *pairs: Pair, mark: str = ""
    ) -> Signed:
        event = write_event(kind, self.id, place, prev, salt(f"{kind} {place} {mark}"), fields)
        return signed(event, *pairs, network=self.network)

    def receipt(self, of: "Coop", event: bytes, device: int = 0) -> Receipt:
        """This co-op's word, as a witness, that it saw an event of another one first."""
        key, secret = self.device_key(device)
        blank = Receipt(self.id, of.id, event, key, bytes(64))
        signature = sign(secret, receipt_message(self.network, blank))
        return Receipt(self.id, of.id, event, key, signature)

    def _epoch(
        self, fields: type[Rotate], epoch: int, devices: Sequence[int], cuts: tuple[LogCut, ...]
    ) -> Rotate:
        return fields(
            controller=self.controller(epoch)[0],
            cuts=cuts,
            devices=self.devices(*devices),
            next_controller=self.next_digest(epoch),
            sealing=self.sealing(epoch),
            witnesses=self.witnesses,
        )


def recovery_set(board: Sequence[Coop], threshold: int) -> RecoverySet:
    return RecoverySet(tuple(sorted(one.member_key()[0] for one in board)), threshold)


def hash_of(one: Signed, network: Network = NETWORK) -> bytes:
    return event_hash(network, one.event)


class LogWriter:
    """One log of a co-op's device in a circle, record by record."""

    def __init__(
        self,
        coop: Coop,
        circle: bytes,
        *,
        device: int = 0,
        instance: int = 0,
        ground: bytes | None = None,
        time_ms: int = 1_790_000_000_000,
    ) -> None:
        self.coop = coop
        self.device, self._secret = coop.device_key(device)
        self.opened = Open(circle, self.device, instance)
        self.id = log_id(coop.network, coop.id, self.opened)
        self.records: list[Record] = []
        refs = () if ground is None else (ground,)
        self.append(LOG_OPEN, write_body(salt("open"), self.opened, refs=refs), time_ms=time_ms)

    def append(
        self,
        kind: str,
        body: bytes,
        *,
        time_ms: int | None = None,
        expires_day: int | None = None,
        key_event: bytes | None = None,
        behind: Record | None = None,
    ) -> Record:
        """The next record, or one behind an older record: a fork."""
        last = behind or (self.records[-1] if self.records else None)
        header = Header(
            version=RECORD_VERSION,
            coop=self.coop.id,
            log=self.id,
            seq=1 if last is None else last.header.seq + 1,
            prev=None if last is None else last.id,
            key_event=key_event or self.coop.id[:16],
            time_ms=time_ms or (last.header.time_ms + 1 if last else 0),
            kind=kind,
            body_hash=b"",
            body_len=0,
            expires_day=expires_day,
        )
        record = seal(self.coop.network, header, body)
        self.records.append(record)
        return record

    def sign(self, record: Record) -> bytes:
        return sign_head(self.coop.network, self._secret, record.header, record.id)
