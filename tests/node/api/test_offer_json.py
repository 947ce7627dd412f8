"""Fields of a record as JSON: decimals and ids as text, unknown names told with the nearest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from node.api.offer_json import read, write
from protocol.errors import Refusal
from protocol.keys import BLOB, COOP, RECORD, to_text
from protocol.profile import Profile
from protocol.trade import Barter, Fair, Item, Offer, Pack, Price, Provenance, Where
from protocol.values import Blob, Decimal, Quantity

HASH = bytes(range(32))
OTHER = bytes(range(1, 33))


def full() -> Offer:
    """An offer with every sort of field in it."""
    quantity = Quantity(Decimal(25, -1), "KGM")
    picture = Blob(alt={"en": "a sack"}, bytes=7, hash=HASH, type="image/png")
    return Offer(
        title={"en": "Coffee", "sw": "Kahawa"},
        attributes={"altitude": "1700 m"},
        barter=(Barter(item=Item(hs="0901"), name={"en": "tea"}, quantity=quantity),),
        fair=(Fair(scheme="own", evidence=(picture,), confirmed_by=(OTHER,)),),
        images=(picture,),
        minimum=Decimal(6, 1),
        pack=Pack(holds=quantity, name={"en": "sack"}),
        prices=(Price(currency="KES", exponent=2, minor=540, per=Decimal(6, 1)),),
        provenance=Provenance(chain=(HASH,), producer_coop=OTHER),
        quantity=Decimal(125, -1),
        recipients=(HASH, OTHER),
        where=Where(country="KE", latitude_e6=-416_700),
    )


def test_everything_reads_back_to_the_same() -> None:
    assert read(write(full()), Offer) == full()


def test_decimals_and_ids_are_texts() -> None:
    shown = write(full())
    assert (shown["quantity"], shown["minimum"]) == ("12.5", "60")
    assert shown["prices"][0]["per"] == "60"
    assert shown["images"][0]["hash"] == to_text(BLOB, HASH)
    assert shown["provenance"]["chain"] == [to_text(RECORD, HASH)]
    assert shown["provenance"]["producer_coop"] == to_text(COOP, OTHER)
    assert shown["recipients"] == [to_text(COOP, HASH), to_text(COOP, OTHER)]


def test_what_is_empty_is_left_out_and_a_zero_is_not() -> None:
    shown = write(Offer(title={"en": "x"}, quantity=Decimal(0, 0)))
    assert shown == {
        "condition": "new",
        "mode": "sell",
        "quantity": "0",
        "terms": {"pickup": False},
        "title": {"en": "x"},
        "unit": "C62",
    }


def test_hexadecimal_ids_and_whole_numbers_are_read_too() -> None:
    found = read({"title": {"en": "x"}, "recipients": [HASH.hex()], "quantity": 12}, Offer)
    assert (found.recipients, found.quantity) == ((HASH,), Decimal(12, 0))


def test_null_is_the_same_as_nothing() -> None:
    found = read({"title": {"en": "x"}, "where": None, "prices": None}, Offer)
    assert found == Offer(title={"en": "x"})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"titel": {"en": "x"}}, "there is no field 'titel', did you mean title?"),
        ({"prices": [{"curency": "KES"}]}, "'curency' in prices[0], did you mean currency?"),
        ({"zzzzzz": 1}, "there is no field 'zzzzzz' [bad-field]"),
        ({"quantity": 1.5}, 'quantity: a number as text is needed, such as "12.5"'),
        ({"quantity": True}, "quantity: a number as text"),
        ({"quantity": "1,5"}, "quantity: not a number"),
        ({"quantity": "1" * 40}, "quantity: a number with too many digits"),
        ({"prices": [{"per": "x"}]}, "prices[0].per: not a number"),
        ({"recipients": ["coop1qqqq"]}, "recipients[0]: a whole id that starts with coop1"),
        ({"recipients": [7]}, "recipients[0]: a whole id that starts with coop1"),
        ({"images": [{"hash": "coop1qqqq"}]}, "images[0].hash: a whole id that starts with blob1"),
        ({"title": "x"}, "title: Expected `object`"),
        ({"title": {}}, "title: Expected `object` of length >= 1"),
        ({"mode": "sel"}, "mode: Invalid enum value"),
        ({"where": {"country": "Kenya"}}, "where.country: Expected `str` matching"),
        ({"where": []}, "where: Expected `object"),
        ({"prices": {}}, "prices: Expected `array`"),
        ({}, "Object missing required field `title`"),
        ([], "Expected `object`, got `array`"),
        ("x", "Expected `object`, got `str`"),
        (None, "Expected `object`, got `null`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_its_path(fields: object, told: str) -> None:
    if isinstance(fields, dict) and fields and "title" not in fields and "titel" not in fields:
        fields = {"title": {"en": "x"}, **fields}
    with pytest.raises(Refusal) as refused:
        read(fields, Offer)
    assert told in str(refused.value)


def test_an_id_of_another_sort_is_none_of_this_one() -> None:
    fields = {"title": {"en": "x"}, "recipients": [to_text(RECORD, HASH)]}
    with pytest.raises(Refusal, match="bad-id"):
        read(fields, Offer)


def test_a_profile_reads_back_to_the_same() -> None:
    picture = Blob(bytes=7, hash=HASH, type="image/png")
    fields = Profile(name="Kahawa", country="KE", languages=("sw", "en"), picture=picture)
    assert read(write(fields), Profile) == fields


json_values: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                ["title", "prices", "per", "quantity", "images", "hash", "where", "en", "item"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        found = read(value, Offer)
    except Refusal:
        return
    assert read(write(found), Offer) == found
