"""Circles: who belongs together, under which rules, and what waits for more endorsements.

Rules and proposals come from the judge that the writer keeps, so `detail` and `proposal_digest`
run there; they read only.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from node.store import circles, overview
from node.store.database import Database
from node.store.reading import Connection
from node.views.ids import HEX_DIGITS, SHORTEST_CHARS, text
from node.views.names import names_of, profiles_of
from node.views.status import CircleStatus
from protocol import circle as rules
from protocol import endorse
from protocol.circle import Circle, State
from protocol.codec import decode_as
from protocol.endorse import Threshold, act_digest
from protocol.errors import Refusal
from protocol.keys import CIRCLE, COOP
from protocol.limits import HASH_BYTES

MemberState = Literal["member", "admitted", "removed"]


class CircleLine(CircleStatus, frozen=True):
    """A circle in the list; `mine` when this co-op is a member."""

    read: str
    mine: bool


class Circles(msgspec.Struct, frozen=True):
    """All circles that this node knows."""

    circles: tuple[CircleLine, ...]


class ThresholdView(msgspec.Struct, frozen=True):
    """How many of whom; 0 is more than half. `needed` is how many that are today."""

    by: str
    count: int
    needed: int


class RulesView(msgspec.Struct, frozen=True):
    """A circle's constitution as it is in force."""

    name: str
    read: str
    stewards: tuple[str, ...]
    admit: ThresholdView
    remove: ThresholdView
    rule: ThresholdView
    version: int


class MemberView(msgspec.Struct, frozen=True):
    """A co-op in a circle: a member, admitted and not yet there, or removed.

    `records` are here of it, the newest signed at `newest_ms`.
    """

    coop: str
    name: str
    country: str | None
    state: MemberState
    mine: bool
    records: int
    newest_ms: int | None


class ProposalView(msgspec.Struct, frozen=True):
    """What is not done yet: `act` is admit, remove or rule, `coop` whom it is about.

    `mine` when this co-op has said yes to it; it takes effect with `needed` of them.
    """

    act: str
    digest: str
    coop: str | None
    coop_name: str | None
    endorsed_by: tuple[str, ...]
    endorsed_names: tuple[str, ...]
    mine: bool
    needed: int


class CircleDetail(msgspec.Struct, frozen=True):
    """A circle with its rules, people and proposals."""

    id: str
    name: str
    root: str
    digest: str
    records: int
    mine: bool
    rules: RulesView
    members: tuple[MemberView, ...]
    proposals: tuple[ProposalView, ...]


def all_of(connection: Connection, own: bytes, now_ms: int) -> Circles:
    """Every circle that is here."""
    return Circles(
        tuple(
            CircleLine(
                id=text(CIRCLE, row.id),
                name=row.name,
                root=row.root.hex(),
                digest=overview.digest(connection, row.n, now_ms).hex(),
                members=row.members,
                records=row.records,
                read=row.read,
                mine=any(
                    member.coop == own and member.live and member.accepted
                    for member in overview.members(connection, row.n)
                ),
            )
            for row in overview.circles(connection)
        )
    )


def detail(database: Database, circle: bytes, own: bytes, now_ms: int) -> CircleDetail:
    """One circle; refuses `unknown-circle`."""
    connection = database.connection
    judge = circles.load(database, circle)
    row = next((one for one in overview.circles(connection) if one.id == circle), None)
    if judge.state is None or row is None:
        raise Refusal("unknown-circle")
    return CircleDetail(
        id=text(CIRCLE, circle),
        name=judge.state.rules.name,
        root=row.root.hex(),
        digest=overview.digest(connection, row.n, now_ms).hex(),
        records=row.records,
        mine=judge.state.is_member(own),
        rules=_rules(judge.state),
        members=_members(connection, row.n, own),
        proposals=_proposals(database, judge, own),
    )


def proposal_digest(database: Database, circle: bytes, written: str) -> bytes:
    """The digest of an open proposal that begins so; refuses as `node.views.ids` does."""
    digits = written.strip().lower()
    if not SHORTEST_CHARS <= len(digits) <= 2 * HASH_BYTES or set(digits) - HEX_DIGITS:
        raise Refusal("bad-id", f"{SHORTEST_CHARS} or more hexadecimal digits")
    judge = circles.load(database, circle)
    digests = [
        act_digest(database.network, act, circle, data) for act, data, _ in judge.proposals()
    ]
    found = [digest for digest in digests if digest.hex().startswith(digits)]
    if not found:
        raise Refusal("not-found", "no such proposal")
    if len(found) > 1:
        raise Refusal("ambiguous-id")
    return found[0]


def waiting(database: Database, own: bytes) -> dict[str, int]:
    """Circle -> how many proposals wait for this co-op's yes."""
    found: dict[str, int] = {}
    for row in overview.circles(database.connection):
        judge = circles.load(database, row.id)
        if judge.state is not None and judge.state.is_member(own):
            count = sum(own not in coops for _, _, coops in judge.proposals())
            found[text(CIRCLE, row.id)] = count
    return found


def is_member(connection: Connection, circle: bytes, coop: bytes) -> bool:
    """Whether a co-op is in a circle and has said yes to it."""
    return any(
        one.coop == coop and one.live and one.accepted
        for row in overview.circles(connection)
        if row.id == circle
        for one in overview.members(connection, row.n)
    )


def names_for_invite(connection: Connection, circle: bytes, own: bytes) -> tuple[str, str]:
    """What an invite says: the names of a circle and of our co-op; refuses `unknown-circle`."""
    for row in overview.circles(connection):
        if row.id == circle:
            return row.name, names_of(connection, [own], own)[own]
    raise Refusal("unknown-circle")


def _rules(state: State) -> RulesView:
    fields = state.rules
    return RulesView(
        fields.name,
        fields.read,
        tuple(text(COOP, one) for one in fields.stewards),
        _threshold(state, fields.admit),
        _threshold(state, fields.remove),
        _threshold(state, fields.rule),
        fields.version,
    )


def _threshold(state: State, threshold: Threshold) -> ThresholdView:
    needed = endorse.needed(threshold, len(set(state.electors(threshold))))
    return ThresholdView(threshold.by, threshold.count, needed)


def _members(connection: Connection, circle: int, own: bytes) -> tuple[MemberView, ...]:
    rows = overview.members(connection, circle)
    names = names_of(connection, [row.coop for row in rows], own)
    known = profiles_of(connection, [row.coop for row in rows], own)
    here = overview.held(connection, circle)
    return tuple(
        MemberView(
            text(COOP, row.coop),
            names[row.coop],
            known[row.coop].country if row.coop in known else None,
            "removed" if not row.live else "member" if row.accepted else "admitted",
            row.coop == own,
            *here.get(row.coop, (0, None)),
        )
        for row in rows
    )


def _proposals(database: Database, judge: Circle, own: bytes) -> tuple[ProposalView, ...]:
    shown: list[ProposalView] = []
    assert judge.state is not None, "only members propose"
    thresholds = {
        rules.ADMIT: judge.state.rules.admit,
        rules.REMOVE: judge.state.rules.remove,
        rules.RULE: judge.state.rules.rule,
    }
    for act, data, coops in judge.proposals():
        about = _about(act, data)
        people = sorted(coops)
        names = names_of(database.connection, [*people, *([about] if about else [])], own)
        threshold = thresholds.get(act)
        needed = 0 if threshold is None else _threshold(judge.state, threshold).needed
        shown.append(
            ProposalView(
                act.partition("/")[0].rpartition(".")[2],
                act_digest(database.network, act, judge.id, data).hex(),
                None if about is None else text(COOP, about),
                None if about is None else names[about],
                tuple(text(COOP, one) for one in people),
                tuple(names[one] for one in people),
                own in coops,
                needed,
            )
        )
    return tuple(shown)


def _about(act: str, data: bytes) -> bytes | None:
    """The co-op that a proposal is about; None for rules, and for what cannot be read."""
    decoder = _ABOUT.get(act)
    if decoder is None:
        return None
    try:
        coop: bytes = decode_as(decoder, data).coop
    except Refusal:
        return None
    return coop if len(coop) == HASH_BYTES else None


_ABOUT: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    rules.ADMIT: msgspec.msgpack.Decoder(rules.Admit),
    rules.REMOVE: msgspec.msgpack.Decoder(rules.Remove),
}
