"""A log of too many branches: replicas that took different ones agree, and do so after its cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from node import ingest
from node.author import Draft
from node.ingest import Outcome
from node.store import circles, digests, fold
from protocol import trade
from protocol.chunk import Path, make_path
from protocol.circle import REMOVE, Remove
from protocol.keyevents import LogCut
from protocol.limits import RECORD_VERSION, TIPS_MAX
from protocol.log import Open, log_id, sign_head
from protocol.record import LOG_OPEN, Header, Record, seal, write_body
from tests.coops import NETWORK, NOW_MS, Coop, Talk, join, trio

BRANCHES = TIPS_MAX + 8


@dataclass
class Bush:
    """A log that a broken machine wrote: one opening, and offers that all stand behind it."""

    log: bytes
    opening: Record
    offers: list[Record]
    signatures: list[bytes]

    def path(self, number: int) -> Path:
        return make_path([self.offers[number]], self.signatures[number])


def grown(circle: bytes, coop: Coop, ground: bytes) -> tuple[Bush, Path]:
    opened = Open(circle, coop.device, 7)
    log = log_id(NETWORK, coop.id, opened)
    body = write_body(coop.draw(16), opened, refs=(ground,))
    opening = _sealed(coop, log, None, LOG_OPEN, body)
    offers = []
    for number in range(BRANCHES):
        fields = trade.Offer(title={"en": f"branch {number:02}"})
        said = write_body(coop.draw(16), fields)
        offers.append(_sealed(coop, log, opening, trade.OFFER, said))
    signatures = [_signature(coop, one) for one in offers]
    bush = Bush(log, opening, offers, signatures)
    return bush, make_path([opening], _signature(coop, opening))


def _sealed(coop: Coop, log: bytes, parent: Record | None, kind: str, body: bytes) -> Record:
    seq, prev = (1, None) if parent is None else (2, parent.id)
    header = Header(
        RECORD_VERSION, coop.id, log, seq, prev, coop.id[:16], NOW_MS, kind, b"", 0, None
    )
    return seal(NETWORK, header, body)


def _signature(coop: Coop, record: Record) -> bytes:
    return sign_head(NETWORK, coop.secret, record.header, record.id)


@dataclass
class World:
    """Two members that a third one's broken log reached from different ends."""

    circle: bytes
    one: Coop
    other: Coop
    bush: Bush

    def take(self, coop: Coop, numbers: Sequence[int]) -> Outcome:
        paths = [self.bush.path(number) for number in numbers]
        return ingest.ingest_paths(coop.database, self.circle, paths, NOW_MS, live=False)

    def titles(self, coop: Coop) -> list[str]:
        return [title for title in coop.titles(self.circle) if title.startswith("branch")]

    def meet(self) -> None:
        Talk(self.one, self.other).hello()
        Talk(self.one, self.other).hello()


@pytest.fixture
def world() -> World:
    circle, one, other, broken = trio()
    join(circle, one, broken)
    Talk(broken, one).hello()
    Talk(one, other).hello()
    ground = min(_grounds(one, circle, broken.id))
    bush, opening = grown(circle, broken, ground)
    for coop in (one, other):
        taken = ingest.ingest_paths(coop.database, circle, [opening], NOW_MS, live=False)
        assert taken.new_records == 1
    return World(circle, one, other, bush)


def remove(world: World, kept: Sequence[int]) -> None:
    """Remove the co-op of the broken log, and keep these branches of it."""
    one, bush = world.one, world.bush
    coop = bush.opening.header.coop
    heads = dict(sorted((bush.offers[number].id, bush.signatures[number]) for number in kept))
    cut = LogCut(tuple(heads), bush.log, tuple(heads.values()))
    fields = Remove(_grounds(one, world.circle, coop), coop, (cut,), one.draw(16))
    refs = circles.load(one.database, world.circle).heads()
    body = write_body(one.draw(16), fields, refs=refs)
    signing = one.signing(now_ms=NOW_MS + 100)
    signing.publish(one.database, world.circle, [Draft(REMOVE, body)])


def _grounds(coop: Coop, circle: bytes, of: bytes) -> tuple[bytes, ...]:
    state = circles.load(coop.database, circle).state
    assert state is not None
    return tuple(sorted(state.live_grounds(of)))


def test_a_log_takes_no_branch_beyond_the_limit_and_says_why(world: World) -> None:
    assert world.take(world.one, range(TIPS_MAX)).refused == []
    outcome = world.take(world.one, [TIPS_MAX])
    assert [refusal.code for _, refusal in outcome.refused] == ["overgrown"]
    assert world.titles(world.one) == [f"branch {number:02}" for number in range(TIPS_MAX)]


def test_replicas_that_took_different_branches_come_to_one_root(world: World) -> None:
    world.take(world.one, range(TIPS_MAX))
    world.take(world.other, range(BRANCHES - TIPS_MAX, BRANCHES))
    world.meet()
    assert world.one.root(world.circle) == world.other.root(world.circle)
    assert world.titles(world.one) != world.titles(world.other)


def test_who_has_fewer_branches_learns_of_the_others(world: World) -> None:
    world.take(world.one, range(TIPS_MAX))
    world.take(world.other, [TIPS_MAX, TIPS_MAX + 1])
    assert world.one.root(world.circle) != world.other.root(world.circle)
    world.meet()
    assert world.one.root(world.circle) == world.other.root(world.circle)
    assert len(world.titles(world.other)) == TIPS_MAX


@pytest.mark.parametrize("kept", [[0], [BRANCHES - 1], [0, 3, BRANCHES - 2, BRANCHES - 1], []])
def test_a_cut_brings_replicas_of_an_overgrown_log_together(world: World, kept: list[int]) -> None:
    world.take(world.one, range(TIPS_MAX))
    world.take(world.other, range(BRANCHES - TIPS_MAX, BRANCHES))
    remove(world, kept)
    world.meet()
    assert world.titles(world.one) == world.titles(world.other)
    assert world.titles(world.one) == [f"branch {number:02}" for number in kept]
    shown = []
    for replica in (world.one, world.other):
        with replica.database.transaction() as connection:
            fold.rebuild_circle(replica.database, world.circle)
            digest = digests.over_all(connection, NOW_MS)
        shown.append((replica.root(world.circle), digest, world.titles(replica)))
    assert shown[0] == shown[1]
