"""Vectors of circles: small histories, which records are valid, and who is in.

The records stand as a judge sees them: whatever order they come in, the answer is the same.
"""

from collections.abc import Callable
from typing import Any

from protocol.circle import (
    ACCEPT,
    ADMIT,
    AFFIRM,
    FOUND,
    REMOVE,
    RULE,
    Accept,
    Admit,
    Affirm,
    Entry,
    Remove,
)
from protocol.codec import encode
from protocol.endorse import Threshold, needed
from protocol.keyevents import LogCut
from tests.laws.circle_world import (
    ANYONE,
    CIRCLE,
    NETWORK,
    A,
    B,
    C,
    World,
    cut_at,
    name,
    removal,
    rules_of,
)
from tests.vectors.making.plain import Case, case

D = name("D")
LETTERS = {A: "A", B: "B", C: "C", D: "D"}
TWO = Threshold("members", 2)
FREE = rules_of(A, B, remove=ANYONE)


def circles() -> dict[str, Any]:
    return {
        "network": NETWORK.name,
        "circle": CIRCLE.hex(),
        "coops": {letter: coop.hex() for coop, letter in LETTERS.items()},
        "needed": [
            {
                "count": count,
                "electors": electors,
                "needed": needed(Threshold("members", count), electors),
            }
            for count in (0, 1, 2, 5)
            for electors in (0, 1, 2, 3, 4, 7)
        ],
        "histories": [_case(history) for history in HISTORIES],
        "disputed": [_case(*history) for history in DISPUTED],
    }


def _case(history: Callable[[World], None], disputed: tuple[int, ...] = ()) -> Case:
    """A history; some of its records, told by their place in it, lie beyond a key log's cut."""
    world = World()
    history(world)
    beyond = frozenset(world.told[number].entry.id for number in disputed)
    circle = world.judge().without(beyond)
    state = circle.state
    assert state is not None
    said = {fields: one.id for one in circle.entries.values() if (fields := encode(one.fields))}
    logs = sorted({(one.entry.coop, one.entry.log) for one in world.told})
    grounds = sorted({ground for some in state.grounds.values() for ground in some})
    return case(
        (history.__doc__ or "").strip(),
        records=[
            {
                "id": told.entry.id.hex(),
                "coop": told.entry.coop.hex(),
                "log": told.entry.log.hex(),
                "seq": told.entry.order[2],
                "time_ms": told.entry.order[0],
                "kind": told.entry.kind,
                "refs": [ref.hex() for ref in told.entry.refs],
                "fields": encode(told.entry.fields).hex(),
                "before": [one.hex() for one in told.before],
                "why_invalid": circle.why_invalid(told.entry.id),
            }
            for told in world.told
        ],
        disputed=sorted(beyond),
        standing=sorted(one for one in circle.entries if circle.is_standing(one)),
        members=sorted(state.members()),
        rules_of=said[encode(state.rules)],
        grounds=[[coop, sorted(some)] for coop, some in sorted(state.grounds.items())],
        accepted=[list(pair) for pair in sorted(state.accepted)],
        ended=[[*pair, list(removes)] for pair, removes in sorted(state.ended.items())],
        heads=list(circle.heads()),
        cuts=[
            {
                "coop": coop.hex(),
                "log": log.hex(),
                "ground": ground.hex(),
                "heads": None
                if cuts is None
                else [[one.hex() for one in cut.heads] for cut in cuts],
            }
            for coop, log in logs
            for ground in grounds
            for cuts in [circle.log_cuts(coop, log, ground)]
        ],
    )


def _founded(world: World, *accepting: bytes, rules: Any = FREE) -> Entry:  # noqa: ANN401 - Rules
    found = world.found(A, rules)
    for coop in accepting:
        world.accept(coop, found, world.judge())
    return found


def founding(world: World) -> None:
    """a founding, a co-founder's yes, an admit and its accept"""
    _founded(world, B)
    world.accept(C, world.admit(B, C, world.judge()), world.judge())


def strangers(world: World) -> None:
    """what strangers do has no effect"""
    found = _founded(world)
    heads = world.judge().heads()
    world.say(C, ADMIT, Admit(D, bytes(16)), heads)
    world.say(C, ACCEPT, Accept(found.id), heads)
    world.say(C, RULE, rules_of(C), heads)
    world.say(C, FOUND, rules_of(A, B), ())


def at_once(world: World) -> None:
    """a record as old as what it refers to in another log is not valid"""
    _founded(world)
    admit = world.admit(A, B, world.judge())
    world.say(B, ACCEPT, Accept(admit.id), world.judge().heads(), time_ms=admit.order[0])


def endorsed(world: World) -> None:
    """from three members on two have to agree, and each endorsement counts for one act"""
    _founded(world, B, C, rules=rules_of(A, B, C, admit=TWO))
    fields = Admit(D, bytes(16))
    world.say(A, ADMIT, fields, world.judge().heads())
    world.endorse(B, ADMIT, fields, world.judge())
    world.say(A, ADMIT, Admit(D, b"\1" * 16), world.judge().heads())
    world.say(A, ADMIT, fields, world.judge().heads())


def crossing(world: World) -> None:
    """removes that cross both take effect"""
    _founded(world, B)
    circle = world.judge()
    world.remove(A, B, circle)
    world.remove(B, A, circle)


def beyond(world: World) -> None:
    """an admit that the remover did not see has no effect, nor what hangs from it"""
    _founded(world, B)
    circle = world.judge()
    world.accept(C, world.admit(B, C, world.judge()), world.judge())
    world.accept(D, world.admit(C, D, world.judge()), world.judge())
    world.say(A, REMOVE, removal(circle, B), circle.heads())


def below(world: World) -> None:
    """an admit that the remover saw and cut away has no effect"""
    _founded(world, B)
    own = world.told[-1].entry
    world.admit(B, C, world.judge())
    circle = world.judge()
    world.say(A, REMOVE, removal(circle, B, cut_at(own)), circle.heads())


def built_on(world: World) -> None:
    """a cut is raised to what another co-op referred to"""
    _founded(world, B)
    world.accept(C, world.admit(B, C, world.judge()), world.judge())
    circle = world.judge()
    world.say(A, REMOVE, removal(circle, B), circle.heads())


def far_head(world: World) -> None:
    """a listed head that nobody has keeps what the remover saw"""
    _founded(world, B)
    admit = world.admit(B, C, world.judge())
    circle = world.judge()
    far = (LogCut((name("far"),), admit.log, (bytes(64),)),)
    world.say(A, REMOVE, removal(circle, B, far), circle.heads())


def forked(world: World) -> None:
    """a branch that the remover did not see has no effect"""
    _founded(world, B)
    own, before = world.told[-1].entry, world.judge()
    seen = world.admit(B, C, before)
    circle = world.judge()
    world.say(B, ADMIT, Admit(D, bytes(16)), before.heads(), behind=own.id)
    world.say(A, REMOVE, removal(circle, B, cut_at(seen)), circle.heads())


def leaving(world: World) -> None:
    """leaving needs nobody, and ends acts that do not descend from before it"""
    _founded(world, B, rules=rules_of(A, B))
    circle = world.judge()
    world.remove(B, B, circle)
    world.say(B, ADMIT, Admit(C, bytes(16)), circle.heads(), log="second")


def again(world: World) -> None:
    """readmission is a new admit; the old one does not come back"""
    _founded(world, rules=rules_of(A, remove=ANYONE))
    first = world.admit(A, B, world.judge())
    world.accept(B, first, world.judge())
    world.remove(A, B, world.judge())
    world.accept(B, first, world.judge())
    second = world.admit(A, B, world.judge(), nonce=1)
    world.say(B, ACCEPT, Accept(second.id), world.judge().heads(), log="second")


def copied_admit(world: World) -> None:
    """an admission enacted twice at once is ended at once"""
    _founded(world, B)
    seen = world.judge()
    first = world.say(A, ADMIT, Admit(C, bytes(16)), seen.heads())
    world.accept(C, first, world.judge())
    world.remove(A, C, world.judge())
    copy = world.say(B, ADMIT, Admit(C, bytes(16)), seen.heads())
    world.say(C, ACCEPT, Accept(copy.id), [copy.id], log="second")


def copied_founding(world: World) -> None:
    """a founding told twice is one founding, ended at once"""
    _founded(world, B)
    world.remove(A, B, world.judge())
    world.say(B, FOUND, FREE, (), log="second", time_ms=99)


def copied_rules(world: World) -> None:
    """old rules do not come back with their old endorsements"""
    _founded(world, B, C, rules=rules_of(A, B, C))
    old, new = rules_of(A, B, C, nonce=1), rules_of(A, B, nonce=2)
    world.endorse(B, RULE, old, world.judge())
    heads = world.judge().heads()
    world.say(A, RULE, old, heads)
    world.endorse(A, RULE, new, world.judge())
    world.say(B, RULE, new, world.judge().heads())
    world.say(C, RULE, old, heads, log="second", time_ms=99)
    world.say(A, RULE, old, world.judge().heads(), log="third")


def rules_at_once(world: World) -> None:
    """of rules at once the later in order holds"""
    _founded(world, B, C, rules=rules_of(A, B, C, admit=TWO, remove=ANYONE))
    first, second = rules_of(A, nonce=1), rules_of(B, nonce=2)
    world.endorse(B, RULE, first, world.judge())
    world.endorse(A, RULE, second, world.judge())
    heads = world.judge().heads()
    world.say(A, RULE, first, heads)
    world.say(B, RULE, second, heads)


def lost_rules(world: World) -> None:
    """rules beyond the cut of their author do not hold"""
    _founded(world, B)
    circle = world.judge()
    world.say(B, RULE, rules_of(B, nonce=1), circle.heads())
    world.say(A, REMOVE, removal(circle, B), circle.heads())


def stolen(world: World) -> None:
    """a thief lets a friend in, others build on it, and the co-op says what it would keep"""
    _founded(world, B)
    friend = world.admit(B, C, world.judge())
    world.accept(C, friend, world.judge())
    world.endorse(C, ADMIT, Admit(D, bytes(16)), world.judge())
    world.admit(A, D, world.judge())
    world.say(B, AFFIRM, Affirm((friend.id,)), world.judge().heads())


def restored(world: World) -> None:
    """a thief removes a member, who is admitted again and removed in earnest"""
    _founded(world, B)
    admit = world.admit(A, C, world.judge())
    world.accept(C, admit, world.judge())
    world.remove(B, C, world.judge())
    again = world.admit(A, C, world.judge(), nonce=1)
    world.say(C, ACCEPT, Accept(again.id), world.judge().heads(), log="second")
    before = world.judge()
    world.say(
        A, REMOVE, Remove(tuple(sorted((admit.id, again.id))), C, (), bytes(16)), before.heads()
    )


HISTORIES: list[Callable[[World], None]] = [
    founding, strangers, at_once, endorsed, crossing, beyond, below, built_on, far_head, forked,
    leaving, again, copied_admit, copied_founding, copied_rules, rules_at_once, lost_rules,
    stolen, restored,
]  # fmt: skip
DISPUTED: list[tuple[Callable[[World], None], tuple[int, ...]]] = [
(stolen, (2,)), (stolen, (2, 6)), (restored, (0, 4)), (endorsed, (4,)), (crossing, (2,)),
]  # fmt: skip
