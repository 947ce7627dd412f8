"""Rows and digest: SPEC.md, sections Merge and Digest. What is offered, and by whom."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from tests.interop.reader_codec import Network, Value
from tests.interop.reader_kinds import OFFERS, Body
from tests.interop.reader_records import DAY_MS, Record, Store
from tests.interop.reader_values import hashes_of, map_of, number_of

LASTING_DAY: Final = 9007199254740991
SKEW_MS_MAX: Final = 600000
FOLD_VERSION: Final = 1

FAMILIES: Final = {
    "offer/1": "offer",
    "want/1": "offer",
    "withdraw/1": "offer",
    "erase/1": "offer",
    "profile/1": "profile",
    "profile.contact/1": "contact",
    "stock/1": "stock",
    "stock.allot/1": "allotment",
    "note/1": "note",
}

Rank = tuple[int, tuple[int, bytes, int, bytes]]


def day_of(record: Record) -> int:
    return LASTING_DAY if record.expires_day is None else record.expires_day


def rank(record: Record) -> Rank:
    """Versions compete by their day first, then by order."""
    return day_of(record), record.order


@dataclass(slots=True)
class Row:
    family: str
    subject: bytes
    coop: bytes
    version: Record | None = None
    withdrawn: Record | None = None
    erased: set[bytes] = field(default_factory=set)

    def offer_version(self, record: Record) -> None:
        if self.version is None or rank(record) > rank(self.version):
            self.version = record

    @property
    def is_withdrawn(self) -> bool:
        if self.withdrawn is None or self.version is None:
            return False
        return self.withdrawn.order > self.version.order

    @property
    def is_erased(self) -> bool:
        return self.version is not None and self.version.id in self.erased

    def is_expired(self, now_ms: int) -> bool:
        if self.version is None:
            return False
        body = self.version.body
        until = body.fields.get("valid_until_ms") if body is not None else None
        over = now_ms >= (day_of(self.version) + 1) * DAY_MS
        return over or (until is not None and number_of(until) < now_ms)


class Rows:
    """A fold of the counted records."""

    def __init__(self, store: Store, counts: set[bytes], named: set[bytes]) -> None:
        self.store = store
        self.counts = counts
        self.events = {
            event
            for coop in named & store.keys.logs.keys()
            for event in store.keys.logs[coop].events
        }
        self.rows: dict[tuple[str, bytes], Row] = {}
        self.ineffective: dict[bytes, str] = {}
        for one in counts:
            record = store.records[one]
            if record.kind in FAMILIES and record.body is not None:
                reason = self._reason(record, record.body)
                if reason:
                    self.ineffective[one] = reason
                else:
                    self._say(record, record.body)

    def _reason(self, record: Record, body: Body) -> str:
        """Why a record has no effect (yet), or nothing."""
        for ref in body.refs:
            if ref in self.counts:
                named = self.store.records[ref]
                lasting = named.expires_day is None
                behind = named.order >= record.order
                other = named.log != record.log and named.time_ms >= record.time_ms
                if lasting and (behind or other):
                    return "ineffective: dated before what it refers to"
            elif ref not in self.events:
                return "waiting for a ref"
        if body.subject is None:
            return ""
        if body.subject not in self.counts:
            return "waiting for its subject"
        subject = self.store.records[body.subject]
        if subject.coop != record.coop:
            return "ineffective: about another co-op's"
        if subject.kind not in self._subjects(record.kind):
            return "ineffective: about another kind"
        return ""

    def _subjects(self, kind: str) -> frozenset[str]:
        if kind in OFFERS:
            return frozenset({kind})
        if kind == "stock/1":
            return frozenset({"offer/1"})
        return frozenset({"stock/1"}) if kind == "stock.allot/1" else OFFERS

    def _row(self, family: str, subject: bytes, coop: bytes) -> Row:
        return self.rows.setdefault((family, subject), Row(family, subject, coop))

    def _say(self, record: Record, body: Body) -> None:
        family = FAMILIES[record.kind]
        if family in {"profile", "contact"}:
            self._row(family, record.coop, record.coop).offer_version(record)
        elif family in {"stock", "allotment", "note"}:
            self._row(family, record.id, record.coop).offer_version(record)
        elif record.kind in OFFERS:
            self._row(family, body.subject or record.id, record.coop).offer_version(record)
        elif body.subject is not None:
            row = self._row(family, body.subject, record.coop)
            if record.kind == "withdraw/1":
                if row.withdrawn is None or record.order > row.withdrawn.order:
                    row.withdrawn = record
                return
            named = hashes_of(body.fields["records"])
            row.erased.update(named)
            kind = self.store.records[body.subject].kind
            for one in named:
                erased = self.store.records[one] if one in self.counts else record
                if (erased.coop, erased.kind) == (record.coop, kind):
                    row.offer_version(erased)

    def offers(self) -> list[Row]:
        rows = [row for (family, _), row in self.rows.items() if family == "offer"]
        return sorted(rows, key=lambda row: row.subject)

    # ---------------------------------------------------------------------------- digest

    def row_hash(self, row: Row, version: Record) -> tuple[str, int]:
        """The row's kind and its hash as a number."""
        offer = row.family == "offer"
        kind = self.store.records[row.subject].kind if offer else version.kind
        withdrawn = None if row.withdrawn is None else row.withdrawn.id
        hashed = hash_of_row(
            self.store.network, kind, row.subject, row.coop, version.id, withdrawn, row.erased
        )
        return kind, int.from_bytes(hashed, "big")

    def sums(self) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for row in self.rows.values():
            if row.version is not None:
                kind, number = self.row_hash(row, row.version)
                key = day_of(row.version), kind
                found[key] = (found.get(key, 0) + number) % (1 << 256)
        return found


def hash_of_row(
    network: Network,
    kind: str,
    subject: bytes,
    coop: bytes,
    version: bytes,
    withdrawn: bytes | None,
    erased: set[bytes],
) -> bytes:
    listed: list[Value] = [*sorted(erased)]
    return network.of("row", kind, FOLD_VERSION, subject, coop, version, withdrawn, listed)


def digest(sums: dict[tuple[int, str], int], now_ms: int) -> bytes:
    """The digest of a circle at a time."""
    first = (now_ms - SKEW_MS_MAX) // DAY_MS
    lines = [
        f"{day} {kind} {number:064x}\n"
        for (day, kind), number in sorted(sums.items())
        if number and day >= first
    ]
    return hashlib.blake2b("".join(lines).encode(), digest_size=32).digest()


def digest_over_all(circles: dict[bytes, bytes]) -> bytes:
    joined = b"".join(circle + one for circle, one in sorted(circles.items()))
    return hashlib.blake2b(joined, digest_size=32).digest()


def title_of(row: Row) -> dict[str, str]:
    """The title of what stands, empty where its body is gone."""
    if row.version is None or row.version.body is None:
        return {}
    title = map_of(row.version.body.fields["title"])
    return {language: str(words) for language, words in title.items()}
