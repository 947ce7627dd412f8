"""Circles: who is in, which acts hold, how far a removed one's word goes."""

import pytest

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
from protocol.endorse import KIND as ENDORSE
from protocol.endorse import Endorse, Threshold
from protocol.keyevents import LogCut
from protocol.limits import REFS_MAX
from tests.laws.circle_world import (
    ANYONE,
    NETWORK,
    A,
    B,
    C,
    World,
    cut_at,
    endorsement,
    name,
    removal,
    rules_of,
)

D = name("D")
TWO = Threshold("members", 2)


def founded(rules: Rules, *accepting: bytes) -> tuple[World, Entry]:
    """A circle that A founded, after these co-founders said yes."""
    world = World()
    found = world.found(A, rules)
    for coop in accepting:
        world.accept(coop, found, world.judge())
    return world, found


def joined(world: World, by: bytes, coop: bytes) -> tuple[Entry, Entry]:
    admit = world.admit(by, coop, world.judge())
    return admit, world.accept(coop, admit, world.judge())


def state_of(circle: Circle) -> State:
    assert circle.state is not None
    return circle.state


def members(world: World) -> frozenset[bytes]:
    return state_of(world.judge()).members()


def why(world: World, entry: Entry) -> str:
    return world.judge().why_invalid(entry.id)


def test_before_its_founding_a_circle_is_nothing() -> None:
    circle = World().judge()
    assert circle.state is None
    assert circle.found is None
    assert circle.heads() == ()
    assert circle.log_cuts(A, name("log"), None) is None


def test_the_founder_is_in_and_the_other_stewards_once_they_say_yes() -> None:
    world, found = founded(rules_of(A, B))
    assert members(world) == {A}
    assert state_of(world.judge()).live_grounds(B) == {found.id}
    world.accept(B, found, world.judge())
    assert members(world) == {A, B}


def test_one_who_is_no_steward_founds_nothing() -> None:
    world = World()
    found = world.found(C, rules_of(A, B))
    assert why(world, found) == "not the founding record"
    assert world.judge().state is None


def test_a_newcomer_is_in_once_admitted_and_willing() -> None:
    world, _ = founded(rules_of(A))
    admit = world.admit(A, B, world.judge())
    assert members(world) == {A}
    world.accept(B, admit, world.judge())
    assert members(world) == {A, B}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ADMIT, "its author is no member"),
        (RULE, "its author is no member"),
        (REMOVE, "its author is no member"),
        (ENDORSE, "its author is no member"),
        (ACCEPT, "accepts what was not offered"),
    ],
)
def test_a_stranger_does_nothing(kind: str, reason: str) -> None:
    world, found = founded(rules_of(A))
    circle = world.judge()
    fields: dict[str, CircleFields] = {
        ADMIT: Admit(C, bytes(16)),
        RULE: rules_of(C),
        REMOVE: removal(circle, A),
        ENDORSE: endorsement(ADMIT, Admit(C, bytes(16))),
        ACCEPT: Accept(found.id),
    }
    act = world.say(C, kind, fields[kind], circle.heads())
    assert why(world, act) == reason
    assert members(world) == {A}


def test_a_record_waits_for_what_it_refers_to() -> None:
    world, _ = founded(rules_of(A))
    admit, accept = joined(world, A, B)
    circle = Circle(NETWORK, world.judge().id, lambda record, head: False)
    assert circle.add(accept) == []
    assert circle.why_invalid(accept.id) == "waiting"
    assert circle.add(accept) == []
    assert circle.add(admit) == []
    found = world.told[0].entry
    assert {one.id for one in circle.add(found)} == {found.id, admit.id, accept.id}
    assert circle.why_invalid(name("never heard of")) == "unknown"
    assert circle.waiting == {}
    assert state_of(circle) == state_of(world.judge())


def test_a_record_is_judged_by_what_its_author_referred_to_alone() -> None:
    world, found = founded(rules_of(A))
    admit = world.say(A, ADMIT, Admit(B, bytes(16)), [])
    assert why(world, admit) == "does not descend from the founding"
    again = world.say(A, ADMIT, Admit(B, bytes(16)), [found.id])
    assert why(world, again) == ""


def test_a_record_is_dated_after_what_it_refers_to_in_other_logs() -> None:
    world, _ = founded(rules_of(A))
    admit = world.admit(A, B, world.judge())
    heads = world.judge().heads()
    at_once = world.say(B, ACCEPT, Accept(admit.id), heads, time_ms=admit.order[0])
    assert why(world, at_once) == "dated before what it refers to"
    later = world.say(B, ACCEPT, Accept(admit.id), heads, time_ms=admit.order[0] + 1)
    assert why(world, later) == ""


def test_from_three_members_on_two_have_to_agree() -> None:
    world, _ = founded(rules_of(A, B, C, admit=TWO), B, C)
    fields = Admit(D, bytes(16))
    alone = world.say(A, ADMIT, fields, world.judge().heads())
    assert why(world, alone) == "too few endorsements"
    own = world.endorse(A, ADMIT, fields, world.judge())
    assert why(world, world.say(A, ADMIT, fields, [own.id])) == "too few endorsements"
    world.endorse(B, ADMIT, fields, world.judge())
    assert why(world, world.say(A, ADMIT, fields, world.judge().heads())) == ""


def test_an_endorsement_counts_for_the_act_that_it_names_alone() -> None:
    world, _ = founded(rules_of(A, B, C, admit=TWO), B, C)
    world.endorse(B, ADMIT, Admit(D, bytes(16)), world.judge())
    other = world.say(A, ADMIT, Admit(D, b"\1" * 16), world.judge().heads())
    assert why(world, other) == "too few endorsements"
    false = world.say(B, ENDORSE, Endorse(ADMIT, name("digest"), b"other"), world.judge().heads())
    assert why(world, false) == "a false proposal"


def test_proposals_show_who_endorsed_what_until_it_is_done() -> None:
    world, _ = founded(rules_of(A, B, C, admit=TWO), B, C)
    fields = Admit(D, bytes(16))
    world.endorse(B, ADMIT, fields, world.judge())
    world.endorse(C, ADMIT, fields, world.judge())
    raw = endorsement(ADMIT, fields).proposal
    assert world.judge().proposals() == [(ADMIT, raw, frozenset({B, C}))]
    act = world.say(A, ADMIT, fields, world.judge().heads())
    assert world.judge().supporters(act) == {A, B, C}
    assert world.judge().proposals() == []


def test_what_was_done_is_not_done_again_with_the_same_endorsements() -> None:
    world, _ = founded(rules_of(A, B, C, admit=TWO), B, C)
    fields = Admit(D, bytes(16))
    world.endorse(B, ADMIT, fields, world.judge())
    admit = world.say(A, ADMIT, fields, world.judge().heads())
    world.accept(D, admit, world.judge())
    circle = world.judge()
    remove = removal(circle, D)
    for coop in (B, C):
        world.endorse(coop, REMOVE, remove, world.judge())
    assert why(world, world.say(A, REMOVE, remove, world.judge().heads())) == ""
    again = world.say(C, ADMIT, fields, world.judge().heads())
    assert why(world, again) == "was done before"
    assert D not in members(world)


def test_an_admission_enacted_twice_at_once_is_ended_at_once() -> None:
    """Else who was removed could come back by a copy that the removal did not know."""
    world, _ = founded(rules_of(A, B, C, admit=TWO), B, C)
    fields = Admit(D, bytes(16))
    world.endorse(B, ADMIT, fields, world.judge())
    heads = world.judge().heads()
    before = [one.entry for one in world.told]
    first = world.say(A, ADMIT, fields, heads)
    accept = world.accept(D, first, world.judge())
    remove = removal(world.judge(), D)
    for coop in (B, C):
        world.endorse(coop, REMOVE, remove, world.judge())
    world.say(A, REMOVE, remove, world.judge().heads())
    copy = world.say(C, ADMIT, fields, heads, log="second")
    assert why(world, copy) == ""
    world.accept(D, copy, world.judge([*before, copy]))
    state = state_of(world.judge())
    assert state.grounds[D] == {first.id, copy.id}
    assert state.live_grounds(D) == frozenset()
    assert D not in state.members()
    assert why(world, accept) == ""


def test_a_founding_told_twice_is_one_founding() -> None:
    world, found = founded(rules_of(A, B), B)
    remove = world.remove(A, B, world.judge())
    copy = world.say(B, FOUND, rules_of(A, B), (), log="second", time_ms=99)
    circle = world.judge()
    assert circle.is_valid(remove.id)
    assert circle.is_valid(copy.id)
    assert members(world) == {A}
    assert state_of(circle).grounds[A] == {found.id, copy.id}
    assert circle.found == found


def test_old_rules_do_not_come_back_with_old_endorsements() -> None:
    world, _ = founded(rules_of(A, B, C), B, C)
    old, new = rules_of(A, B, C, nonce=1), rules_of(A, B, nonce=2)
    world.endorse(B, RULE, old, world.judge())
    endorsed = world.judge().heads()
    world.say(A, RULE, old, endorsed)
    world.endorse(A, RULE, new, world.judge())
    world.say(B, RULE, new, world.judge().heads())
    assert state_of(world.judge()).rules == new
    # C, no steward any more, tells the old act once more, as if it had not seen the new one.
    later = world.told[-1].entry.order[0] + 9
    copy = world.say(C, RULE, old, endorsed, log="second", time_ms=later)
    assert why(world, copy) == ""
    assert state_of(world.judge()).rules == new
    earlier = world.say(C, RULE, old, endorsed, log="third")
    assert why(world, earlier) == ""
    assert state_of(world.judge()).rules == new
    again = world.say(A, RULE, old, world.judge().heads())
    assert why(world, again) == "was done before"


def test_of_rules_at_once_the_later_in_order_holds() -> None:
    world, found = founded(rules_of(A, B, remove=ANYONE), B)
    seen = world.judge().heads()
    first = world.say(A, RULE, rules_of(A, B, nonce=1), seen)
    second = world.say(B, RULE, rules_of(A, B, nonce=2), seen)
    expected = max((first, second), key=lambda one: one.order)
    assert state_of(world.judge()).rules == expected.fields
    assert found.order < first.order


@pytest.mark.parametrize("turned", [False, True])
def test_of_rules_at_once_the_later_holds_whichever_came_first(turned: bool) -> None:
    """Also when the state was asked for between the two."""
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    seen = world.judge().heads()
    rules = [
        world.say(coop, RULE, rules_of(A, B, nonce=nonce), seen) for coop, nonce in ((A, 1), (B, 2))
    ]
    circle = world.judge([one.entry for one in world.told[:-2]])
    for entry in sorted(rules, key=lambda one: one.order, reverse=turned):
        circle.add(entry)
        assert circle.state is not None
    latest = max(rules, key=lambda one: one.order)
    assert state_of(circle).rules == latest.fields


def test_leaving_needs_nobody() -> None:
    world, _ = founded(rules_of(A, B, C), B, C)
    leave = world.remove(B, B, world.judge())
    assert why(world, leave) == ""
    assert members(world) == {A, C}


def test_removes_that_cross_both_take_effect() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    circle = world.judge()
    world.remove(A, B, circle)
    world.remove(B, A, circle)
    assert members(world) == frozenset()
    assert len(world.judge().heads()) == 2


def test_an_admit_that_the_remover_did_not_see_has_no_effect_nor_what_hangs_from_it() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    circle = world.judge()
    admit, _ = joined(world, B, C)
    friend, _ = joined(world, C, D)
    assert members(world) == {A, B, C, D}
    world.say(A, REMOVE, removal(circle, B), circle.heads())
    state = state_of(world.judge())
    assert state.members() == {A}
    assert {C, D} & state.grounds.keys() == set()
    assert why(world, admit) == why(world, friend) == ""


def test_an_admit_that_the_remover_saw_stands_unless_the_cut_lies_below_it() -> None:
    world, found = founded(rules_of(A, B, remove=ANYONE), B)
    accept = world.told[-1].entry
    admit = world.admit(B, C, world.judge())
    circle = world.judge()
    for cut, stands in [(cut_at(admit), True), (cut_at(accept), False), ((), False)]:
        other = world.copy()
        other.say(A, REMOVE, removal(circle, B, cut), circle.heads())
        assert (C in state_of(other.judge()).grounds) is stands
    assert found.coop == A


def test_a_cut_never_goes_below_what_others_built_on() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    joined(world, B, C)
    circle = world.judge()
    world.say(A, REMOVE, removal(circle, B), circle.heads())
    assert members(world) == {A, C}


def test_a_head_that_nobody_has_changes_nothing() -> None:
    """Another cut may keep a listed head away for ever; so the rule never asks for it."""
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    admit = world.admit(B, C, world.judge())
    circle = world.judge()
    cut = (LogCut((name("an offer that never came"),), admit.log, (bytes(64),)),)
    world.say(A, REMOVE, removal(circle, B, cut), circle.heads())
    assert C in state_of(world.judge()).grounds


def test_a_fork_that_the_remover_did_not_see_has_no_effect() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    own = world.told[-1].entry
    before = world.judge()
    seen = world.admit(B, C, before)
    circle = world.judge()
    unseen = world.say(B, ADMIT, Admit(D, bytes(16)), before.heads(), behind=own.id)
    world.say(A, REMOVE, removal(circle, B, cut_at(seen)), circle.heads())
    grounds = state_of(world.judge()).grounds
    assert C in grounds
    assert D not in grounds
    assert why(world, unseen) == ""


def test_rules_beyond_a_cut_do_not_hold() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    circle = world.judge()
    coup = world.say(B, RULE, rules_of(B, nonce=1), circle.heads())
    assert state_of(world.judge()).rules == coup.fields
    world.say(A, REMOVE, removal(circle, B), circle.heads())
    assert state_of(world.judge()).rules == rules_of(A, B, remove=ANYONE)


def test_who_was_removed_comes_back_by_a_new_admit_with_new_logs() -> None:
    world, _ = founded(rules_of(A, remove=ANYONE))
    first, accept = joined(world, A, B)
    world.remove(A, B, world.judge(), cut_at(accept))
    assert why(world, world.say(B, ACCEPT, Accept(first.id), world.judge().heads())) == ""
    assert members(world) == {A}
    second = world.admit(A, B, world.judge(), nonce=1)
    world.say(B, ACCEPT, Accept(second.id), world.judge().heads(), log="second")
    circle = world.judge()
    assert state_of(circle).members() == {A, B}
    assert circle.log_cuts(B, accept.log, first.id) == [LogCut((accept.id,), accept.log, ())]
    assert circle.log_cuts(B, name("second log"), second.id) == []
    assert circle.log_cuts(B, name("second log"), first.id) == [LogCut((), name("second log"), ())]


def test_a_log_counts_on_a_ground_of_its_coop() -> None:
    world, found = founded(rules_of(A, B))
    circle = world.judge()
    assert circle.log_cuts(A, found.log, None) == []
    assert circle.log_cuts(A, name("other"), None) is None
    assert circle.log_cuts(A, name("other"), found.id) == []
    assert circle.log_cuts(B, name("any"), found.id) == []
    assert circle.log_cuts(C, name("any"), found.id) is None
    assert circle.log_cuts(A, name("any"), name("no admit")) is None


def test_several_cuts_all_bind() -> None:
    world, _ = founded(rules_of(A, B, C, remove=ANYONE), B, C)
    circle = world.judge()
    accept = next(one.entry for one in world.told if one.entry.coop == B)
    world.say(A, REMOVE, removal(circle, B, cut_at(accept), nonce=1), circle.heads())
    world.say(C, REMOVE, removal(circle, B, (), nonce=2), circle.heads())
    cuts = world.judge().log_cuts(B, accept.log, world.told[0].entry.id)
    # Another co-op's yes referred to that record, so both cuts are raised to it.
    assert cuts == [LogCut((accept.id,), accept.log, ())] * 2


def test_a_remove_ends_grounds_that_are_there() -> None:
    world, _ = founded(rules_of(A, B, remove=ANYONE), B)
    circle = world.judge()
    fields = removal(circle, B)
    odd = type(fields)((name("no admit"),), B, (), bytes(16))
    assert (
        why(world, world.say(A, REMOVE, odd, circle.heads())) == "ends an admit that is not there"
    )
    member = world.say(A, ADMIT, Admit(B, bytes(16)), circle.heads())
    assert why(world, member) == "a member already"


def test_a_new_record_refers_to_the_latest_heads_at_most() -> None:
    many = [name(f"steward {number}") for number in range(30)]
    world, found = founded(rules_of(A, *many))
    circle = world.judge()
    for steward in many:
        for log in "abc":
            world.say(steward, ACCEPT, Accept(found.id), circle.heads(), log=log)
    heads = world.judge().heads()
    assert len(heads) == REFS_MAX
    assert list(heads) == sorted(heads)
    latest = sorted((one.entry for one in world.told[1:]), key=lambda one: one.order)[-REFS_MAX:]
    assert set(heads) == {one.id for one in latest}


def test_a_long_chain_of_nonsense_breaks_nothing() -> None:
    """Ancestors are counted without going down the whole chain again."""
    world = World()
    found = world.found(A, rules_of(A))
    last = found
    circle = world.judge()
    for number in range(1, 3000):
        record = name(f"nonsense {number}")
        order = (found.order[0] + number, found.log, number + 1, record)
        last = last._replace(id=record, order=order, refs=(last.id,))
        circle.add(last)
    act = world.say(A, ADMIT, Admit(B, bytes(16)), [found.id])._replace(
        refs=(last.id,), order=(99_999, found.log, 9999, name("act")), id=name("act")
    )
    circle.add(act)
    assert circle.why_invalid(last.id) == "not the founding record"
    assert circle.is_valid(act.id)
