"""Membership: a walk through valid records knows the same at each point as from the start."""

from protocol.circle import ADMIT, RULE, Admit, Entry
from protocol.endorse import Threshold
from protocol.membership import Walk
from tests.laws.circle_world import ANYONE, A, B, C, World, removal, rules_of


def walk_over(world: World, entries: list[Entry]) -> Walk:
    """A walk over all of these, in order; nothing lies beyond a cut."""
    judge = world.judge()
    removes = [one for one in entries if one.kind == "circle.remove/1"]
    walk = Walk(judge.entries, removes, judge._descends, lambda entry, remove: False)
    for entry in sorted(entries, key=lambda one: one.order):
        walk.take(entry)
    return walk


def told(world: World) -> list[Entry]:
    return [one.entry for one in world.told]


def history() -> World:
    world = World()
    found = world.found(A, rules_of(A, B, remove=ANYONE))
    world.accept(B, found, world.judge())
    admit = world.admit(B, C, world.judge())
    world.accept(C, admit, world.judge())
    return world


def test_nothing_is_known_before_the_founding() -> None:
    walk = walk_over(World(), [])
    assert walk.state() is None
    assert walk.members == set()
    assert walk.rule is None
    assert walk.last is None


def test_members_grow_as_records_are_taken() -> None:
    world = history()
    entries = told(world)
    seen = [frozenset(walk_over(world, entries[:count]).members) for count in range(5)]
    assert seen == [frozenset(), {A}, {A, B}, {A, B}, {A, B, C}]
    assert walk_over(world, entries).last == entries[-1].order


def test_a_copy_goes_on_without_moving_the_first() -> None:
    world = history()
    entries = told(world)
    walk = walk_over(world, entries[:3])
    before = walk.state()
    other = walk.copy()
    other.take(entries[3])
    assert other.members == {A, B, C}
    assert walk.members == {A, B}
    assert walk.state() == before
    assert other.state() == walk_over(world, entries).state()


def test_electors_are_members_or_the_stewards_among_them() -> None:
    world = history()
    walk = walk_over(world, told(world))
    assert walk.electors(Threshold("members", 0)) == {A, B, C}
    assert walk.electors(Threshold("stewards", 0)) == {A, B}
    state = walk.state()
    assert state is not None
    assert state.electors(Threshold("members", 0)) == {A, B, C} == state.members()
    assert state.electors(Threshold("stewards", 0)) == {A, B}


def test_state_says_what_was_ended_and_by_what() -> None:
    world = history()
    remove = world.remove(A, C, world.judge())
    state = walk_over(world, told(world)).state()
    assert state is not None
    (ground,) = state.grounds[C]
    assert state.ended == {(ground, C): (remove.id,)}
    assert state.live_grounds(C) == frozenset()
    assert (ground, C) in state.accepted
    assert not state.is_member(C)


def test_a_ground_that_was_never_accepted_carries_no_act() -> None:
    """B is in by one admit and has another that it never said yes to; the first is ended."""
    world = World()
    world.found(A, rules_of(A, remove=ANYONE))
    seen = world.judge()
    first = world.admit(A, B, seen)
    second = world.say(A, ADMIT, Admit(B, b"\1" * 16), seen.heads(), log="second")
    world.accept(B, first, world.judge())
    circle = world.judge()
    world.say(B, ADMIT, Admit(C, bytes(16)), circle.heads())
    fields = type(removal(circle, B))((first.id,), B, (), bytes(16))
    world.say(A, "circle.remove/1", fields, circle.heads())
    state = world.judge().state
    assert state is not None
    assert state.live_grounds(B) == {second.id}
    assert C not in state.grounds


def test_rules_take_over_from_those_they_descend_from() -> None:
    world = history()
    rule = world.rule(A, rules_of(A, B, C, remove=ANYONE, nonce=1), world.judge())
    walk = walk_over(world, told(world))
    assert walk.rule == rule
    assert rule.kind == RULE
    assert walk.electors(Threshold("stewards", 0)) == {A, B, C}
