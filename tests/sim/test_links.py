"""Histories of a few nodes, told one by one, in which the simulation once found them different."""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocol import messages
from protocol.session import Session
from tests.sim.node import DAY_MS, SimNode
from tests.sim.picture import differences, picture
from tests.sim.world import NETWORK, World

Quiet = Callable[[int], World]
WHILE_MS = 5 * 60_000


@pytest.fixture
def quiet(tmp_path: Path) -> Quiet:
    """So many nodes, with right clocks and no trouble."""

    def make(nodes: int) -> World:
        world = World(7, tmp_path, nodes)
        for node in world.nodes:
            node.offset_ms = 0
        return world

    return make


def together(world: World, *nodes: SimNode) -> bytes:
    """A circle of the first node and all others, in which one may admit and two remove alone."""
    first, *others = nodes
    circle = first.found("together", sorted(one.coop for one in nodes[:2]), admit_count=1)
    for other in others:
        if other is nodes[1]:
            other.join_through(circle, first)
            world.link(first, other)
        else:
            world.invite(first, other, circle)
        world.rest(WHILE_MS)
        talk(world, first, other)
    for other in others:
        talk(world, first, other)
    assert all(one.is_member(circle) for one in nodes)
    world.cut_links()
    return circle


def talk(world: World, one: SimNode, other: SimNode) -> None:
    """Two nodes, alone for a while."""
    world.cut_links()
    world.link(one, other)
    world.rest(WHILE_MS)
    world.cut_links()


def assert_same(world: World, circle: bytes, *nodes: SimNode) -> None:
    world.rest(WHILE_MS)
    first, *others = [picture(one.database, circle, world.now_ms) for one in nodes]
    for other in others:
        assert differences(first, other) == []


def test_a_newcomer_gets_a_long_log_up_to_its_cut(quiet: Quiet) -> None:
    world = quiet(4)
    one, two, gone, newcomer = world.nodes
    circle = together(world, one, two, gone)
    for _ in range(3):
        gone.offer(circle, 900, live=False)
    talk(world, one, gone)
    gone.offer(circle, 900, live=False)
    one.remove(circle, gone.coop)
    world.invite(one, newcomer, circle)
    world.rest(WHILE_MS)
    talk(world, one, newcomer)
    assert_same(world, circle, one, newcomer)
    assert len(picture(newcomer.database, circle, world.now_ms).offers) == 2700


def test_two_removals_with_different_cuts_are_the_same_everywhere(quiet: Quiet) -> None:
    """Who lacks the later head could not tell what lies within both."""
    world = quiet(4)
    one, two, gone, third = world.nodes
    circle = together(world, *world.nodes)
    gone.offer(circle, 2, live=True)
    talk(world, two, gone)
    talk(world, third, gone)
    gone.offer(circle, 2, live=True)
    talk(world, one, gone)
    one.remove(circle, gone.coop)
    two.remove(circle, gone.coop)
    talk(world, two, third)
    talk(world, one, third)
    talk(world, one, two)
    talk(world, two, third)
    assert_same(world, circle, one, two, third)
    assert len(picture(third.database, circle, world.now_ms).offers) == 2


def test_what_a_removed_one_did_in_good_faith_is_carried_over_any_stretch(quiet: Quiet) -> None:
    """More than a chunk of offers beyond the cut, then an admission that stands for ever."""
    world = quiet(5)
    one, two, gone, friend, newcomer = world.nodes
    circle = together(world, one, two, gone)
    one.remove(circle, gone.coop)
    for _ in range(2):
        gone.offer(circle, 900, live=False)
    gone.admit(circle, friend)
    gone.offer(circle, 3, live=True)
    talk(world, two, gone)
    talk(world, one, two)
    assert_same(world, circle, one, two)
    world.invite(one, newcomer, circle)
    world.rest(WHILE_MS)
    talk(world, one, newcomer)
    talk(world, one, two)
    assert_same(world, circle, one, two, newcomer)
    assert picture(newcomer.database, circle, world.now_ms).offers == {}


def test_a_co_op_that_leaves_tells_it_and_comes_back_in_a_new_log(quiet: Quiet) -> None:
    world = quiet(3)
    one, two, other = world.nodes
    circle = together(world, *world.nodes)
    other.offer(circle, 3, live=True)
    world.link(other, one)
    world.rest(WHILE_MS)
    world.tell(other, circle, other.remove(circle, other.coop))
    world.rest(WHILE_MS)
    state = one.judge(circle).state
    assert state is not None
    assert not state.is_member(other.coop)
    world.invite(one, other, circle)
    world.rest(WHILE_MS)
    talk(world, one, other)
    assert other.is_member(circle)
    other.offer(circle, 2, live=True)
    talk(world, other, two)
    talk(world, one, two)
    assert_same(world, circle, *world.nodes)
    assert len(picture(one.database, circle, world.now_ms).offers) == 5


def test_what_is_dated_ahead_is_taken_when_its_time_has_come(quiet: Quiet) -> None:
    world = quiet(3)
    one, two, ahead = world.nodes
    circle = together(world, *world.nodes)
    ahead.offset_ms = 45 * 60_000
    ahead.offer(circle, 3, live=True)
    two.offer(circle, 3, live=True)
    talk(world, two, ahead)
    talk(world, one, two)
    assert_same(world, circle, one, two)
    assert len(picture(one.database, circle, world.now_ms).offers) == 3
    world.rest(60 * 60_000)
    talk(world, two, ahead)
    talk(world, one, two)
    assert_same(world, circle, *world.nodes)


@pytest.mark.parametrize("is_new", [False, True])
def test_only_another_root_is_worth_another_round(quiet: Quiet, is_new: bool) -> None:
    """Two that cannot take what the other has would else tell each other the same for ever."""
    world = quiet(2)
    one, two = world.nodes
    circle = together(world, one, two)
    session = Session(NETWORK, two.coop, bytes(32))
    blind, theirs = session.blind(circle), bytes([1]) * 32
    again = bytes([2]) * 32 if is_new else theirs
    told: list[messages.Message] = [
        messages.Hello(1, world.now_ms, ((blind, theirs),)),
        messages.Roots(((blind, again),), answer=False),
        messages.Trie(blind, (messages.TrieNode("", ()),)),
    ]
    for message in told:
        session.receive(messages.write(message), one.replica)
    said = [messages.read(frame) for frame in session.outgoing]
    assert [type(one) for one in said] == [messages.AskTrie, messages.Roots][: 1 + is_new]


def test_an_erasure_beyond_a_cut_gives_the_body_back(quiet: Quiet) -> None:
    world = quiet(3)
    one, two, gone = world.nodes
    circle = together(world, *world.nodes)
    offers = gone.offer(circle, 1, live=True, until_days=9).ids
    talk(world, one, gone)
    gone.erase()
    talk(world, two, gone)
    assert two.replica.body(circle, offers[0]) is None
    one.remove(circle, gone.coop)
    talk(world, one, two)
    talk(world, one, two)
    assert_same(world, circle, one, two)
    assert two.replica.body(circle, offers[0]) is not None


def test_a_withdrawal_outlives_what_was_forgotten(quiet: Quiet, tmp_path: Path) -> None:
    """A copied folder edits an offer that its twin withdraws; the edit comes days later."""
    world = quiet(2)
    one, two = world.nodes
    circle = together(world, one, two)
    one.offer(circle, 1, live=True, until_days=0)
    one.copy_to(tmp_path / "copy")
    copy = SimNode("copy", NETWORK, one.identity, tmp_path / "copy", world)
    copy.start()
    copy.edit(until_days=20)
    world.rest(60_000)
    one.withdraw()
    talk(world, one, two)
    talk(world, copy, one)
    world.rest(3 * DAY_MS)
    for _ in range(9):
        two.forget_some()
    talk(world, one, two)
    assert_same(world, circle, one, two)
    assert [row[5] for row in picture(two.database, circle, world.now_ms).offers.values()] == [1]
    copy.stop()


def test_what_was_erased_is_gone_from_all_and_not_asked_for(quiet: Quiet) -> None:
    world = quiet(3)
    one, two, late = world.nodes
    circle = together(world, *world.nodes)
    offers = one.offer(circle, 1, live=True, until_days=9).ids
    talk(world, one, two)
    _, erased = one.erase()
    world.link(one, late)
    world.rest(WHILE_MS)
    assert late.replica.body(circle, offers[0]) is None
    talk(world, two, late)
    assert_same(world, circle, *world.nodes)
    for node in world.nodes:
        assert node.replica.body(circle, offers[0]) is None
        assert node.database.connection.execute(
            "SELECT count(*) FROM local_wanted_body"
        ).fetchone() == (0,)
    # Who never had it cannot tell what it spoke of, and asks for it among the last, while it may.
    doubted = "SELECT record.id FROM local_doubted_body JOIN record ON record.n = record"
    assert late.database.connection.execute(doubted).fetchall() == [(offers[0],)]
    assert erased.outcome.refused == []
