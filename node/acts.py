"""Acts: what a member can do, as functions on the writer thread that sign and put records.

Each checks what the circle's rules and the subject allow before anything is signed, and raises the
Refusal that says why not. They never wait and never tell; `publish` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from node.author import Author, Draft, Published
from node.store import circles, fold, logs, versions
from node.store.database import Database
from protocol import circle as rules
from protocol import endorse, profile, trade
from protocol.circle import Circle, CircleFields, State
from protocol.codec import decode_as, encode
from protocol.endorse import Endorse, Threshold, act_digest
from protocol.errors import Refusal
from protocol.keyevents import LogCut
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX, LIST_MAX, SALT_BYTES
from protocol.record import day_of, write_body


class Signing(msgspec.Struct, frozen=True):
    """Who signs, in which log instance, when, in which role, and where fresh bytes come from."""

    author: Author
    instance: int
    now_ms: int
    role: str
    draw: Callable[[int], bytes]

    def body(
        self, fields: object, subject: bytes | None = None, refs: Sequence[bytes] = ()
    ) -> bytes:
        """A body with a fresh salt, in the acting role."""
        salt = self.draw(SALT_BYTES)
        return write_body(salt, fields, subject=subject, acting_role=self.role, refs=tuple(refs))

    def publish(
        self,
        database: Database,
        circle: bytes,
        drafts: Sequence[Draft],
        *,
        live: bool = True,
        after_ms: int = -1,
    ) -> Published:
        """Sign and put, all or none."""
        return self.author.publish(
            database, circle, self.instance, drafts, self.now_ms, self.draw(SALT_BYTES),
            live=live, after_ms=after_ms,
        )  # fmt: skip


def found_circle(
    database: Database, signing: Signing, name: str, *, public: bool
) -> tuple[bytes, Published]:
    """Found a circle with this co-op as its steward; (circle id, what was published)."""
    majority = Threshold("stewards", 0)
    fields = rules.Rules(
        admit=Threshold("members", DEFAULT_ADMIT_COUNT),
        name=name,
        nonce=bytes(SALT_BYTES),
        read="public" if public else "members",
        remove=majority,
        rule=majority,
        stewards=(signing.author.coop,),
        version=rules.VERSION,
    )
    fields.check()
    body = signing.body(fields)
    circle = database.network.hash(b"body", body)
    return circle, signing.publish(database, circle, [Draft(rules.FOUND, body)])


def admit(
    database: Database, signing: Signing, circle: bytes, coop: bytes
) -> tuple[bool, Published]:
    """Admit a co-op, or endorse its admission while others have to say yes too: (done, ...)."""
    judge, state = _judge(database, circle)
    if state.is_member(coop):
        raise Refusal("already-member")
    if any(one not in state.ended for one in ((g, coop) for g in state.live_grounds(coop))):
        raise Refusal("already-there", "it was admitted and has not accepted yet")
    fields = rules.Admit(coop, signing.draw(SALT_BYTES))
    for act, data, _ in judge.proposals():
        if act == rules.ADMIT:
            proposed = decode_as(_ADMIT, data)
            if proposed.coop == coop:
                fields = proposed
    return _do_or_endorse(database, signing, judge, state, rules.ADMIT, fields, state.rules.admit)


def endorse_act(
    database: Database, signing: Signing, circle: bytes, digest: bytes
) -> tuple[bool, Published]:
    """Endorse a proposal by its digest; done at once when this was the last yes that it needed."""
    judge, state = _judge(database, circle)
    thresholds = {
        rules.ADMIT: state.rules.admit,
        rules.REMOVE: state.rules.remove,
        rules.RULE: state.rules.rule,
    }
    for act, data, _ in judge.proposals():
        if act in thresholds and act_digest(database.network, act, circle, data) == digest:
            fields = decode_as(rules.FIELDS[act], data)
            _refuse_moot(state, fields)
            return _do_or_endorse(database, signing, judge, state, act, fields, thresholds[act])
    raise Refusal("not-found", "no such proposal")


def accept(database: Database, signing: Signing, circle: bytes) -> Published | None:
    """Say yes to an admit of ours; None when there is none, or it was said before."""
    judge = circles.load(database, circle)
    own = signing.author.coop
    if judge.state is None or judge.state.is_member(own):
        return None
    grounds = sorted(judge.state.live_grounds(own))
    if not grounds:
        return None
    fields = rules.Accept(grounds[0])
    return _publish_circle_record(database, signing, judge, rules.ACCEPT, fields)


def remove(
    database: Database, signing: Signing, circle: bytes, coop: bytes
) -> tuple[bool, Published]:
    """Remove a co-op, cutting its logs where they stand here; of oneself it is leaving."""
    judge, state = _judge(database, circle)
    grounds = state.live_grounds(coop)
    if not grounds:
        raise Refusal("not-found", "this co-op is not in the circle")
    cut = _cuts_here(database, circle, coop)
    fields = rules.Remove(tuple(sorted(grounds)), coop, cut, signing.draw(SALT_BYTES))
    for act, data, _ in judge.proposals():
        if act == rules.REMOVE:
            proposed = decode_as(_REMOVE, data)
            if proposed.coop == coop and set(proposed.admits) >= grounds:
                fields = proposed
    if coop == signing.author.coop:
        return True, _publish_circle_record(database, signing, judge, rules.REMOVE, fields)
    threshold = state.rules.remove
    return _do_or_endorse(database, signing, judge, state, rules.REMOVE, fields, threshold)


def add_offers(
    database: Database,
    signing: Signing,
    circle: bytes,
    offers: Sequence[tuple[str, trade.Offer, bytes | None]],
    *,
    live: bool,
) -> Published:
    """Publish offers and wants: (kind, fields, subject that it replaces or None), all or none."""
    drafts = [draft_of(database, signing, *one) for one in offers]
    if len(drafts) >= CHUNK_RECORDS_MAX or sum(len(one.body) for one in drafts) > CHUNK_BYTES_MAX:
        raise Refusal("too-large", f"at once: {CHUNK_RECORDS_MAX - 1} offers of 1 MiB together")
    return signing.publish(database, circle, drafts, live=live)


def edit_offer(
    database: Database,
    signing: Signing,
    fields: trade.Offer,
    subject: bytes,
    over: bytes | None = None,
) -> Published:
    """Publish a new version of an own offer; with `over` only in the place of that version.

    Refuses `changed-meanwhile` when another version stands there.
    """
    circle, kind, _ = own_offer(database, signing.author.coop, subject)
    if over is not None and versions.newest(database.connection, subject) != over:
        raise Refusal("changed-meanwhile")
    return add_offers(database, signing, circle, [(kind, fields, subject)], live=True)


def draft_of(
    database: Database, signing: Signing, kind: str, fields: trade.Offer, subject: bytes | None
) -> Draft:
    """The draft of an offer; an edit lives at least as long as what it replaces."""
    fields.check()
    today = day_of(signing.now_ms)
    until = fields.valid_until_ms
    day = today + DEFAULT_OFFER_DAYS if until is None else day_of(until)
    day = max(today, min(day, today + OFFER_DAYS_MAX))
    if subject is not None:
        _, root_kind, root_day = own_offer(database, signing.author.coop, subject)
        if root_kind != kind:
            raise Refusal("bad-field", "an offer cannot become a want")
        day = max(day, root_day or today)
    return Draft(kind, signing.body(fields, subject), day)


def withdraw(
    database: Database, signing: Signing, subject: bytes, reason: dict[str, str]
) -> Published:
    """Take an offer or want back; a later edit offers it again."""
    circle, _, _ = own_offer(database, signing.author.coop, subject)
    hidden = database.connection.execute(
        "SELECT hidden FROM offer JOIN record ON record.n = offer.root WHERE record.id = ?",
        (subject,),
    ).fetchone()[0]
    if hidden:
        raise Refusal("already-withdrawn")
    body = signing.body(trade.Withdraw(reason=reason), subject)
    return signing.publish(database, circle, [Draft(trade.WITHDRAW, body)])


def erase(database: Database, signing: Signing, subjects: Sequence[bytes]) -> Published:
    """Take offers of one circle back and drop their texts everywhere, every version of them."""
    assert 0 < len(subjects) <= ERASED_AT_ONCE_MAX
    circle = own_offer(database, signing.author.coop, subjects[0])[0]
    known = versions.of_many(database.connection, subjects)
    drafts: list[Draft] = []
    for subject, ids in known.items():
        if own_offer(database, signing.author.coop, subject)[0] != circle:
            raise Refusal("not-found", "these offers are not all in one circle")
        for start in range(0, len(ids), LIST_MAX):
            fields = trade.Erase(records=tuple(ids[start : start + LIST_MAX]))
            drafts.append(Draft(trade.ERASE, signing.body(fields, subject)))
    return signing.publish(database, circle, drafts)


def set_profile(
    database: Database, signing: Signing, circle: bytes, fields: profile.Profile
) -> Published:
    """Show this co-op in a circle."""
    return signing.publish(database, circle, [Draft(profile.PROFILE, signing.body(fields))])


def set_contact(
    database: Database, signing: Signing, circle: bytes, fields: profile.Contact
) -> Published:
    """Tell a circle how to reach this co-op, for a year."""
    day = day_of(signing.now_ms) + DEFAULT_OFFER_DAYS
    return signing.publish(database, circle, [Draft(profile.CONTACT, signing.body(fields), day)])


def own_offer(database: Database, coop: bytes, subject: bytes) -> tuple[bytes, str, int | None]:
    """(circle, kind, the day until which its newest version lives) of an offer of ours.

    One that came in bulk a moment ago is folded first.
    """
    row = _offer_row(database, subject)
    if row is None and fold.lag(database):
        with database.transaction():
            while fold.fold(database, fold.BATCH_RECORDS):
                pass
        row = _offer_row(database, subject)
    if row is None:
        raise Refusal("not-found")
    if row[3] != coop:
        raise Refusal("not-yours")
    return row[:3]


def _offer_row(database: Database, subject: bytes) -> tuple[bytes, str, int | None, bytes] | None:
    row: tuple[bytes, str, int | None, bytes] | None = database.connection.execute(
        "SELECT circle.id, kind.name, offer.expires_day, coop.id FROM record "
        "JOIN offer ON offer.root = record.n JOIN kind ON kind.n = record.kind "
        "JOIN circle ON circle.n = offer.circle JOIN coop ON coop.n = offer.coop "
        "WHERE record.id = ?",
        (subject,),
    ).fetchone()
    return row


def affirm(
    database: Database, signing: Signing, circle: bytes, records: Sequence[bytes]
) -> Published:
    """Take own disputed records as the co-op's own again; refuses `not-a-member`, `bad-field`."""
    judge, state = _judge(database, circle)
    if not state.is_member(signing.author.coop):
        raise Refusal("not-a-member")
    fields = rules.Affirm(tuple(sorted(set(records))))
    return _publish_circle_record(database, signing, judge, rules.AFFIRM, fields)


def _judge(database: Database, circle: bytes) -> tuple[Circle, State]:
    judge = circles.load(database, circle)
    if judge.state is None:
        raise Refusal("unknown-circle")
    return judge, judge.state


def _refuse_moot(state: State, fields: CircleFields) -> None:
    """Refuse a proposal whose aim was reached by another act: done again it would not count."""
    if isinstance(fields, rules.Admit) and state.is_member(fields.coop):
        raise Refusal("already-member")
    if isinstance(fields, rules.Remove) and not state.live_grounds(fields.coop) & set(
        fields.admits
    ):
        raise Refusal("not-found", "this co-op is not in the circle any more")


def _do_or_endorse(
    database: Database,
    signing: Signing,
    judge: Circle,
    state: State,
    act: str,
    fields: CircleFields,
    threshold: Threshold,
) -> tuple[bool, Published]:
    """Publish the act when enough stand behind it, else this co-op's endorsement of it."""
    own = signing.author.coop
    if not state.is_member(own):
        raise Refusal("not-a-member")
    raw = encode(fields)
    digest = act_digest(database.network, act, judge.id, raw)
    behind = {own}
    for proposed, data, coops in judge.proposals():
        if proposed == act and data == raw:
            behind |= coops
    if endorse.enough(threshold, behind, state.electors(threshold)):
        return True, _publish_circle_record(database, signing, judge, act, fields)
    if any(act == done and data == raw and own in coops for done, data, coops in judge.proposals()):
        raise Refusal("needs-endorsements", "this co-op has endorsed it already")
    yes = Endorse(act, digest, raw)
    return False, _publish_circle_record(database, signing, judge, endorse.KIND, yes)


def _publish_circle_record(
    database: Database, signing: Signing, judge: Circle, kind: str, fields: CircleFields
) -> Published:
    fields.check()
    refs = judge.heads()
    latest = max(judge.entries[ref].order[0] for ref in refs)
    body = signing.body(fields, refs=refs)
    return signing.publish(database, judge.id, [Draft(kind, body)], after_ms=latest)


def _cuts_here(database: Database, circle: bytes, coop: bytes) -> tuple[LogCut, ...]:
    """Where the logs of a co-op stand here, with the author's own signatures of these heads."""
    number = circles.circle_number(database, circle)
    assert number is not None
    cuts: list[LogCut] = []
    for log in logs.logs_of(database, number, database.coop_number(coop)):
        signed: dict[bytes, bytes] = {}
        for branch in logs.branches_of(database, log.n):
            row = database.connection.execute(
                "SELECT record.id, signature.signature FROM signature JOIN record "
                "ON record.branch = signature.branch AND record.seq = signature.seq "
                "WHERE signature.branch = ? AND signature.seq <= ? "
                "ORDER BY signature.seq DESC LIMIT 1",
                (branch.n, branch.counted_seq),
            ).fetchone()
            if row is not None:
                signed[row[0]] = row[1]
        heads = tuple(sorted(signed))
        cuts.append(LogCut(heads, log.id, tuple(signed[head] for head in heads)))
    return tuple(sorted(cuts, key=lambda one: one.log))


_ADMIT: Final = msgspec.msgpack.Decoder(rules.Admit)
_REMOVE: Final = msgspec.msgpack.Decoder(rules.Remove)
DEFAULT_ADMIT_COUNT: Final = 2
# An offer that names no end is kept for a year; its co-op renews it.
DEFAULT_OFFER_DAYS: Final = 365
OFFER_DAYS_MAX: Final = 731
# One transaction; an offer of very many versions takes several records.
ERASED_AT_ONCE_MAX: Final = 250
