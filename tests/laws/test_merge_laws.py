"""Standings are a join semilattice, so delivery order, splits and repetition cannot matter."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from protocol import merge, trade
from protocol.merge import Standing, Version
from tests.protocol.coops import word

ORDERS = st.builds(
    lambda time_ms, log, seq, name: (time_ms, word(log), seq, word(name)),
    st.integers(0, 3),
    st.sampled_from("ab"),
    st.integers(1, 2),
    st.sampled_from("pqrs"),
)
VERSIONS = st.builds(Version, st.sampled_from([0, 1, merge.LASTING_DAY]), ORDERS)
ERASED = st.frozensets(st.sampled_from([word(name) for name in "pqrs"]), max_size=3)
STANDINGS = st.builds(Standing, st.none() | VERSIONS, st.none() | ORDERS, ERASED)
OFFER = trade.Offer(title={"en": "x"})
SAYINGS = st.one_of(
    st.builds(
        lambda order, day: merge.lift(trade.OFFER, order, day, OFFER),
        ORDERS,
        st.none() | st.integers(0, 2),
    ),
    st.builds(lambda order: merge.lift(trade.WITHDRAW, order, None, trade.Withdraw()), ORDERS),
    st.builds(
        lambda order, ids, named: merge.lift(
            trade.ERASE, order, None, trade.Erase(tuple(sorted(ids))), named
        ),
        ORDERS,
        ERASED,
        st.lists(VERSIONS, max_size=2),
    ),
)


@given(one=STANDINGS)
def test_join_is_idempotent_and_nothing_is_its_neutral(one: Standing) -> None:
    assert merge.join(one, one) == one
    assert merge.join(one, Standing()) == merge.join(Standing(), one) == one


@given(one=STANDINGS, other=STANDINGS)
def test_join_is_commutative(one: Standing, other: Standing) -> None:
    assert merge.join(one, other) == merge.join(other, one)


@given(one=STANDINGS, other=STANDINGS, third=STANDINGS)
def test_join_is_associative(one: Standing, other: Standing, third: Standing) -> None:
    left = merge.join(merge.join(one, other), third)
    assert left == merge.join(one, merge.join(other, third))


@given(one=STANDINGS, other=STANDINGS)
def test_join_says_all_that_both_say(one: Standing, other: Standing) -> None:
    """The least upper bound: both lie below it, and joining them again changes nothing."""
    both = merge.join(one, other)
    assert merge.join(both, one) == merge.join(both, other) == both
    assert both.erased == one.erased | other.erased
    assert both.version in {one.version, other.version}
    assert both.withdrawn in {one.withdrawn, other.withdrawn}


@given(sayings=st.lists(SAYINGS, min_size=1, max_size=8), data=st.data())
def test_records_in_any_order_split_and_repetition_stand_the_same(
    sayings: list[Standing], data: st.DataObject
) -> None:
    expected = reduce(merge.join, sayings)
    again = data.draw(st.permutations([*sayings, *data.draw(st.lists(st.sampled_from(sayings)))]))
    cut = data.draw(st.integers(0, len(again)))
    first = reduce(merge.join, again[:cut], Standing())
    second = reduce(merge.join, again[cut:], Standing())
    assert merge.join(second, first) == expected
