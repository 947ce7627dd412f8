"""How far the log of a device counts, by the key log as it stands, whatever came first."""

from itertools import permutations

from protocol.circle import AFFIRM, Affirm
from protocol.cuts import affirmed, cuts_of
from protocol.keyevents import LogCut
from protocol.keylog import KeyLog, Signed
from tests.laws.circle_world import A, B, World, rules_of
from tests.protocol.coops import Coop, hash_of, word

ANNA, BEN = Coop("anna"), Coop("ben")
COOP = Coop("fishers", devices=2, board=[ANNA, BEN], threshold=2)
LOG, OTHER = word("log"), word("other log")
WHOLE: tuple[LogCut, ...] = ()
ROTATED = COOP.rotate(COOP.id, 1, 1, devices=(0,))


def cut(head: str, log: bytes = LOG) -> LogCut:
    return LogCut((word(head),), log, (bytes(64),))


def nothing(log: bytes = LOG) -> tuple[LogCut, ...]:
    return (LogCut((), log, ()),)


def said(*events: Signed, device: int = 1, log: bytes = LOG) -> tuple[LogCut, ...]:
    """What a key log says of a device's log; the same in every order of arrival."""
    found = set()
    for order in permutations(events) if len(events) < 5 else [events]:
        key_log: KeyLog = COOP.key_log()
        key_log.add(order)
        found.add(cuts_of(key_log, COOP.device_key(device)[0], log))
    (only,) = found
    return only


def revoked(*cuts: LogCut) -> Signed:
    return COOP.revoke(COOP.id, 0, 1, COOP.controller(0), cuts)


def test_a_listed_device_counts_wholly_and_one_of_nobody_not_at_all() -> None:
    assert said() == WHOLE
    assert said(device=9) == nothing()
    assert said(COOP.add_device(COOP.id, 0, 9), device=9) == WHOLE


def test_a_revoked_device_counts_as_far_as_its_revocation_lists() -> None:
    assert said(revoked(cut("head"))) == (cut("head"),)
    assert said(revoked(cut("head")), log=OTHER) == nothing(OTHER)
    assert said(revoked(cut("head")), device=0) == WHOLE


def test_two_revocations_count_within_each() -> None:
    both = (revoked(cut("head")), revoked(cut("earlier")))
    assert set(said(*both)) == {cut("head"), cut("earlier")}


def test_a_device_that_takes_itself_out_voids_nothing() -> None:
    assert said(COOP.revoke(COOP.id, 0, 1, COOP.device_key(1))) == WHOLE


def test_a_rotation_that_leaves_a_device_out_says_how_far_it_counts() -> None:
    assert said(ROTATED) == nothing()
    told = COOP.rotate(COOP.id, 1, 1, devices=(0,), cuts=(cut("head"),))
    assert said(told) == (cut("head"),)
    later = COOP.rotate(hash_of(told), 2, 2, devices=(0,))
    assert said(told, later) == (cut("head"),)
    again = COOP.rotate(hash_of(told), 2, 2, devices=(0,), cuts=(cut("earlier"),))
    assert said(told, again) == (cut("earlier"),)


def test_a_cut_binds_no_device_that_goes_on() -> None:
    assert said(COOP.rotate(COOP.id, 1, 1, devices=(0, 1), cuts=(cut("head"),))) == WHOLE


def test_who_is_listed_again_goes_on() -> None:
    told = COOP.rotate(COOP.id, 1, 1, devices=(0,), cuts=(cut("head"),))
    assert said(told, COOP.rotate(hash_of(told), 2, 2, devices=(0, 1))) == WHOLE
    assert said(told, COOP.add_device(hash_of(told), 1, 1, epoch=1)) == WHOLE


def test_the_next_epoch_has_the_last_word_on_who_was_revoked() -> None:
    lists = COOP.rotate(COOP.id, 1, 1, devices=(0, 1))
    assert said(revoked(cut("head")), lists) == WHOLE
    assert said(revoked(cut("head")), ROTATED) == nothing()
    says = COOP.rotate(COOP.id, 1, 1, devices=(0,), cuts=(cut("earlier"),))
    assert said(revoked(cut("head")), says) == (cut("earlier"),)


def test_late_events_of_an_epoch_that_is_over_change_nothing() -> None:
    """Whoever still has the words of a co-op that was recovered from them."""
    recovered = COOP.recover(COOP.id, 1, 7, [ANNA, BEN], devices=(0,), cuts=(cut("head"),))
    late = [COOP.add_device(COOP.id, 0, 1), revoked(cut("before"))]
    assert said(recovered, *late) == (cut("head"),)
    own = COOP.revoke(COOP.id, 0, 0, COOP.controller(0), (cut("before"),))
    assert said(recovered, own, device=0) == WHOLE


def test_nothing_of_a_rival_that_loses_holds() -> None:
    rivals = [
        COOP.rotate(COOP.id, 1, 1, devices=(0, number), cuts=(cut(f"head {number}"),), mark="r")
        for number in (2, 3)
    ]
    won, lost = sorted(rivals, key=hash_of)
    number = 2 if won is rivals[0] else 3
    assert said(won, lost) == (cut(f"head {number}"),)
    assert said(won, lost, device=number) == WHOLE
    assert said(won, lost, device=5 - number, log=OTHER) == nothing(OTHER)


def test_a_board_change_ends_no_revocation_and_no_addition() -> None:
    board = COOP.new_board(COOP.id, 1, [ANNA], 1, [ANNA, BEN])
    added = COOP.add_device(COOP.id, 0, 9)
    assert said(revoked(cut("head")), board) == (cut("head"),)
    assert said(added, board, device=9) == WHOLE


def test_what_a_coop_affirms_is_its_own_and_not_said_beyond_the_cut() -> None:
    world = World()
    found = world.found(A, rules_of(A, B))
    world.accept(B, found, world.judge())
    yes = world.say(B, AFFIRM, Affirm((word("one"), word("two"))[:1]), world.judge().heads())
    circle = world.judge()
    assert affirmed(circle, B, ()) == {word("one")}
    assert affirmed(circle, A, ()) == frozenset()
    assert affirmed(circle, B, {yes.id}) == frozenset()
