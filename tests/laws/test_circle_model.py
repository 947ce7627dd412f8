"""Every small history of a circle, in every order of delivery, says what the definition says.

Three co-ops; each event is written with all that was said before in view, or with what its author
had seen when it last spoke, or behind an older record of its own log (a fork). So removes cross,
members act beyond cuts, the removed admit friends, and come back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations, count, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.circle import (
    ACCEPT,
    ADMIT,
    FOUND,
    REMOVE,
    RULE,
    Accept,
    Admit,
    Circle,
    CircleFields,
    Entry,
    Rules,
    State,
)
from protocol.codec import encode
from protocol.endorse import KIND as ENDORSE
from protocol.endorse import Threshold, enough
from protocol.keyevents import LogCut
from tests.laws.circle_world import (
    ANYONE,
    CIRCLE,
    NETWORK,
    A,
    B,
    C,
    Oracle,
    Records,
    Told,
    World,
    cut_at,
    endorsement,
    name,
    removal,
    rules_of,
)

Log = tuple[bytes, bytes, bytes]
Outcome = tuple[State | None, frozenset[bytes], dict[Log, list[LogCut] | None]]
Move = Callable[[World], None]

# Whoever is a member may do everything alone; or two have to agree.
FREE = rules_of(A, B, remove=ANYONE)
BOUND = rules_of(A, B, admit=Threshold("members", 2), remove=Threshold("members", 2))


@pytest.mark.parametrize(
    ("rules", "beginning", "events", "every"),
    [
        pytest.param(FREE, 1, 4, 1, id="free, from the founding on"),
        pytest.param(FREE, 4, 6, 1, id="free, from three members on"),
        pytest.param(BOUND, 4, 6, 1, id="bound, from three members on"),
        pytest.param(FREE, 1, 5, 5, id="free, from the founding on, a sample"),
        pytest.param(FREE, 2, 6, 61, id="free, from two members on, a sample"),
        pytest.param(BOUND, 3, 6, 13, id="bound, while a third is invited, a sample"),
        pytest.param(FREE, 1, 5, 1, id="free, from the founding", marks=pytest.mark.long),
        pytest.param(FREE, 3, 6, 1, id="free, from three", marks=pytest.mark.long),
        pytest.param(BOUND, 3, 6, 1, id="bound, from three", marks=pytest.mark.long),
        pytest.param(FREE, 2, 6, 7, id="free, from two", marks=pytest.mark.long),
    ],
)
def test_every_order_of_every_history_says_what_the_definition_says(
    rules: Rules, beginning: int, events: int, every: int
) -> None:
    checked = 0
    for world in histories_of(begin(rules, beginning), events, every):
        check(world.told, natural_orders(world.told), prefixes=False)
        checked += 1
    assert checked > 500


def test_every_part_of_a_history_says_what_the_definition_says() -> None:
    for world in histories_of(begin(FREE, 3), 6, every=61):
        check(world.told, natural_orders(world.told))


def test_records_that_come_before_what_they_refer_to_wait_and_change_nothing() -> None:
    """All orders at all, of a few histories: what came too early is judged when it can be."""
    for world in histories_of(begin(FREE, 3), 5, every=23):
        check(world.told, permutations(world.told))


def test_histories_with_disputed_records_say_what_the_definition_says() -> None:
    """Whichever one or two records lie beyond a key log's cut, told before or after the others."""
    checked = 0
    for world in histories_of(begin(FREE, 3), 6, every=37):
        everything = Records(world.told)
        entries = [one.entry for one in world.told]
        plain = Oracle(entries, everything.at_or_below)
        for disputed in combinations([one.id for one in entries[1:]], 1 + checked % 2):
            beyond = frozenset(disputed)
            said = by_definition(Oracle(entries, everything.at_or_below, beyond, plain), world.told)
            late = world.judge().without(beyond)
            early = world.judge([]).without(beyond)
            for entry in reversed(entries):
                early.add(entry)
            assert by_delivery(late, world.told) == by_delivery(early, world.told) == said
            checked += 1
    assert checked > 500


@given(data=st.data())
def test_longer_histories_in_any_order_say_the_same(data: st.DataObject) -> None:
    world = begin(data.draw(st.sampled_from([FREE, BOUND])), data.draw(st.integers(1, 4)))
    for _ in range(data.draw(st.integers(4, 14))):
        options = list(moves(world))
        if not options:
            break
        data.draw(st.sampled_from(options))(world)
    orders = [data.draw(st.permutations(world.told)) for _ in range(4)]
    check(world.told, orders, prefixes=False)


def begin(rules: Rules, events: int) -> World:
    """A founds with B as a second steward; then, as far as told: B agrees, A admits C, C agrees."""
    world = World()
    found = world.found(A, rules)
    if events > 1:
        world.accept(B, found, world.judge())
    if events > 2:
        admit = world.admit(A, C, world.judge())
        if events > 3:
            world.accept(C, admit, world.judge())
    return world


def histories_of(world: World, events: int, every: int = 1) -> Iterator[World]:
    """All worlds that come out of this one by moves, up to so many events; or every n-th."""
    turn = count()

    def go(before: World) -> Iterator[World]:
        for move in moves(before):
            last = len(before.told) == events - 1
            if last and next(turn) % every:
                continue
            after = before.copy()
            move(after)
            if last:
                yield after
            else:
                yield from go(after)

    yield from go(world)


def moves(world: World) -> Iterator[Move]:
    """What each co-op may do next, as it sees the world now or saw it before."""
    for coop in (A, B, C):
        told = [one.entry for one in world.told]
        own = [one for one in told if one.coop == coop]
        first = told.index(own[-1]) + 1 if own else 1
        views: list[tuple[list[Entry], bytes | None]] = [
            (told[:count], None) for count in range(len(told), first - 1, -1)
        ]
        if own:
            views.append((world.closure(own[-1]), None))
        if len(own) > 1:
            views.append((world.closure(own[-2]), own[-2].id))
        seen: set[frozenset[bytes]] = set()
        for view, behind in views:
            known = frozenset(one.id for one in view) | {behind or b""}
            if known not in seen:
                seen.add(known)
                yield from moves_of(world, coop, view, behind)


def moves_of(world: World, coop: bytes, view: list[Entry], behind: bytes | None) -> Iterator[Move]:
    """What a co-op may do that has seen a view; what it cannot do alone it endorses."""
    circle = world.judge(view)
    state = circle.state
    assert state is not None
    if not state.is_member(coop):
        for ground in sorted(state.live_grounds(coop))[:1]:
            yield partial(say, coop, ACCEPT, Accept(ground), circle, behind)
        return
    others = [one for one in (A, B, C) if one != coop]
    changed = rules_of(A, coop, admit=state.rules.admit, remove=state.rules.remove, nonce=1)
    yield partial(act, coop, RULE, changed, circle, behind)
    yield partial(say, coop, REMOVE, removal(circle, coop), circle, behind)
    for one in others:
        if not state.live_grounds(one):
            again = Admit(one, bytes([len(state.ended)]) * 16)
            yield partial(act, coop, ADMIT, again, circle, behind)
        else:
            for cut in cuts_of(world, one, view):
                yield partial(act, coop, REMOVE, removal(circle, one, cut), circle, behind)


def act(
    coop: bytes, kind: str, fields: CircleFields, circle: Circle, behind: bytes | None, world: World
) -> None:
    """Do it, or endorse it while others have to say yes too."""
    assert circle.state is not None
    rules = circle.state.rules
    threshold = {ADMIT: rules.admit, REMOVE: rules.remove, RULE: rules.rule}[kind]
    supporters = {coop}.union(
        *(some for done, data, some in circle.proposals() if (done, data) == (kind, encode(fields)))
    )
    if not enough(threshold, supporters, circle.state.electors(threshold)):
        kind, fields = ENDORSE, endorsement(kind, fields)
    say(coop, kind, fields, circle, behind, world)


def say(
    coop: bytes, kind: str, fields: CircleFields, circle: Circle, behind: bytes | None, world: World
) -> None:
    world.say(coop, kind, fields, circle.heads(), behind=behind)


def cuts_of(world: World, coop: bytes, view: Sequence[Entry]) -> Iterator[tuple[LogCut, ...]]:
    """Before the first record; at the last one seen; at one that others may never see."""
    yield ()
    seen = [one for one in view if one.coop == coop]
    if seen:
        yield cut_at(seen[-1])
        last = [one.entry for one in world.told if one.entry.coop == coop][-1]
        far = last.id if last.id != seen[-1].id else name("an offer of nobody")
        yield (LogCut((far,), last.log, (bytes(64),)),)


def natural_orders(told: Sequence[Told]) -> Iterator[list[Told]]:
    """All orders in which each record comes behind what it refers to."""
    yield from _extend([], list(told))


def _extend(done: list[Told], rest: list[Told]) -> Iterator[list[Told]]:
    if not rest:
        yield done
        return
    here = {one.entry.id for one in done}
    for index, one in enumerate(rest):
        if here.issuperset(one.entry.refs):
            yield from _extend([*done, one], rest[:index] + rest[index + 1 :])


def check(told: Sequence[Told], orders: Iterable[Sequence[Told]], *, prefixes: bool = True) -> None:
    """Deliver in each order; after each record (or the last) compare with the definition."""
    everything = Records(told)
    expected: dict[frozenset[bytes], Outcome] = {}
    for order in orders:
        here = Records()
        circle = Circle(NETWORK, CIRCLE, here.at_or_below)
        came: list[Entry] = []
        for one in order:
            here.put(one)
            circle.add(one.entry)
            came.append(one.entry)
            if prefixes or len(came) == len(order):
                key = frozenset(other.id for other in came)
                if key not in expected:
                    expected[key] = by_definition(Oracle(came, everything.at_or_below), told)
                assert by_delivery(circle, told) == expected[key]


def by_delivery(circle: Circle, told: Sequence[Told]) -> Outcome:
    valid = frozenset(one.entry.id for one in told if circle.is_valid(one.entry.id))
    return circle.state, valid, {key: circle.log_cuts(*key) for key in logs_in(told)}


def by_definition(oracle: Oracle, told: Sequence[Told]) -> Outcome:
    state, valid = oracle.outcome()
    cuts: dict[Log, list[LogCut] | None] = {}
    for coop, log, ground in logs_in(told):
        ended = () if state is None else state.ended.get((ground, coop), ())
        if state is None or ground not in state.grounds.get(coop, ()):
            cuts[coop, log, ground] = None
        else:
            heads = [tuple(sorted(oracle.cut_of(oracle.all[one], log))) for one in ended]
            cuts[coop, log, ground] = [LogCut(some, log, ()) for some in heads]
    return state, valid, cuts


def logs_in(told: Sequence[Told]) -> set[Log]:
    """(co-op, log, ground) for each log and each ground on which it could stand."""
    grounds = [one.entry.id for one in told if one.entry.kind in {FOUND, ADMIT}]
    return {(one.entry.coop, one.entry.log, ground) for one in told for ground in grounds}
