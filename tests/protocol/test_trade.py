"""Offers and wants: every field, every edge, and the order of the wire."""

from typing import Any

import msgspec
import pytest

from protocol import merge, trade
from protocol.codec import encode
from protocol.limits import IMAGES_MAX, LIST_MAX, PRICES_MAX
from protocol.record import open_body, write_body
from protocol.trade import Offer
from protocol.values import Blob, Decimal, Fields, Quantity
from tests.protocol.coops import code_of, salt, word

TITLE: dict[str, object] = {"title": {"en": "Herring"}}
PRICE: dict[str, object] = {"currency": "EUR", "exponent": 2, "minor": 1250}
BLOB = {"bytes": 1, "hash": bytes(32), "type": "image/png"}
STRUCTS = [
    one
    for one in vars(trade).values()
    if isinstance(one, type)
    and issubclass(one, msgspec.Struct)
    and one.__module__ == trade.__name__
]


def code(kind: str, fields: object, *, subject: bool = False) -> str | None:
    body = open_body(write_body(salt("a"), fields, subject=word("s") if subject else None))
    return code_of(lambda: merge.read_fields(kind, body))


def offered(**changes: object) -> str | None:
    codes = {code(kind, {**TITLE, **changes}) for kind in (trade.OFFER, trade.WANT)}
    assert len(codes) == 1
    return codes.pop()


ANSWER = trade.Answer(checked=("a",), explanation={"en": "x"}, other="y", yes=True)
WHOLE = Offer(
    attributes={"size": "large"},
    barter=(
        trade.Barter(
            item=trade.Item(category=("fish",)),
            name={"en": "Herring"},
            quantity=Quantity(Decimal(5, 0), "KGM"),
        ),
    ),
    condition="good",
    cycle=trade.Cycle(closes_ms=2, coordinator=word("c"), opens_ms=1),
    fair=(
        trade.Fair(
            answers={"q1": ANSWER},
            confirmed_by=(word("c"),),
            evidence=(Blob(bytes=1, hash=word("b"), type="application/pdf"),),
            scheme="fair-trade",
            seal="FT-1",
            valid_until_ms=9,
        ),
    ),
    fees=(
        trade.Fee(
            kind="solidarity", payee=word("c"), payee_name="Fund", per_order_minor=1,
            per_unit_minor=2, percent=Decimal(15, -1),
        ),
    ),
    images=(Blob(alt={"en": "a fish"}, bytes=1, hash=word("b"), type="image/jpeg"),),
    item=trade.Item(category=("fish",), gtin="4006381333931", hs="0302", sku="H-1"),
    links=(trade.Link("page", "https://fish.example"),),
    lot=trade.Lot(code="L1", expires_ms=5),
    minimum=Decimal(1, 0),
    mode="lend",
    pack=trade.Pack(Quantity(Decimal(2, 1), "KGM"), {"sw": "debe"}),
    prices=(
        trade.Price(
            currency="KES", exponent=2, from_quantity=Decimal(1, 1), minor=5, per=Decimal(1, 1)
        ),
    ),
    provenance=trade.Provenance(
        chain=(word("r"),), last_processing="DE", origin="NO", producer="Ola",
        producer_coop=word("c"),
    ),
    quantity=Decimal(125, -1),
    recipients=(word("c"),),
    step=Decimal(5, -1),
    tax=trade.Tax("S", included=True, rate=Decimal(7, 0)),
    terms=trade.Terms(
        carriers=(trade.Carrier(name="Post", price_minor=500, units_per_parcel=3),),
        delivery_text={"en": "x"}, due_days=14, free_delivery_from_minor=9, incoterm="FOB",
        lead_days_max=3, lead_days_min=1, payment_text={"en": "x"}, payments=("cash",), pickup=True,
        place="Norden",
    ),
    text={"en": "Fresh"},
    title={"de": "Hering", "en": "Herring"},
    unit="KGM",
    valid_from_ms=1,
    valid_until_ms=1,
    where=trade.Where(
        country="DE", latitude_e6=53_595_000, longitude_e6=7_206_000, place="Norden", region="DE-NI"
    ),
)  # fmt: skip


def test_an_offer_with_every_field_comes_back() -> None:
    body = open_body(write_body(salt("a"), WHOLE))
    assert merge.read_fields(trade.OFFER, body) == WHOLE
    plain: dict[str, Any] = msgspec.to_builtins(WHOLE, builtin_types=(bytes,))
    assert plain.keys() == set(Offer.__struct_fields__)
    assert encode(plain) == bytes(body.fields)


def test_an_offer_needs_a_title_alone() -> None:
    assert encode(Offer(title={"en": "Herring"})) == encode(TITLE)
    assert offered() is None


@pytest.mark.parametrize("kind", STRUCTS)
def test_fields_stand_in_the_order_of_the_wire(kind: type[msgspec.Struct]) -> None:
    assert list(kind.__struct_fields__) == sorted(kind.__struct_fields__)


@pytest.mark.parametrize("kind", [one for one in STRUCTS if issubclass(one, Fields)])
def test_the_manner_of_fields_is_inherited(kind: type[msgspec.Struct]) -> None:
    config = kind.__struct_config__
    assert (config.frozen, config.forbid_unknown_fields, config.omit_defaults) == (True, True, True)


@pytest.mark.parametrize(
    ("name", "most", "one"),
    [
        ("prices", PRICES_MAX, PRICE),
        ("images", IMAGES_MAX, BLOB),
        ("recipients", LIST_MAX, bytes(32)),
        ("links", LIST_MAX, {"kind": "page", "url": "https://a"}),
        ("fees", LIST_MAX, {"kind": "packing"}),
        ("fair", LIST_MAX, {"scheme": "x"}),
        (
            "barter",
            LIST_MAX,
            {"item": {}, "name": {"en": "x"}, "quantity": {"amount": [1, 0], "unit": "C62"}},
        ),
    ],
)
def test_lists_at_their_limit_and_one_past(name: str, most: int, one: object) -> None:
    assert offered(**{name: [one] * most}) is None
    assert offered(**{name: [one] * (most + 1)}) == "bad-field"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quantity": [0, 0], "minimum": [0, 0], "step": [0, 0]}, None),
        ({"mode": "give"}, None),
        ({"mode": "give", "quantity": [3, 0]}, None),
        ({"valid_from_ms": 5, "valid_until_ms": 5}, None),
        ({"attributes": {str(n): "x" for n in range(LIST_MAX)}}, None),
        ({"prices": [{**PRICE, "minor": 0}]}, None),
        ({"prices": [{**PRICE, "per": [1, -9]}]}, None),
        ({"where": {"country": "KE", "latitude_e6": -90_000_000}}, None),
        ({"quantity": [-1, 0]}, "bad-field"),
        ({"minimum": [-1, 0]}, "bad-field"),
        ({"step": [-5, -1]}, "bad-field"),
        ({"prices": [{**PRICE, "per": [0, 0]}]}, "bad-field"),
        ({"prices": [{**PRICE, "per": [-1, 0]}]}, "bad-field"),
        ({"prices": [{**PRICE, "minor": -1}]}, "bad-field"),
        ({"prices": [{**PRICE, "exponent": 5}]}, "bad-field"),
        ({"mode": "give", "prices": [PRICE]}, "bad-field"),
        ({"valid_from_ms": 5, "valid_until_ms": 4}, "bad-field"),
        ({"title": {}}, "bad-field"),
        ({"attributes": {str(n): "x" for n in range(LIST_MAX + 1)}}, "bad-field"),
        ({"attributes": {"x": ""}}, "bad-field"),
        ({"attributes": {"x": "y" * 1001}}, "bad-field"),
        ({"item": {"gtin": "123"}}, "bad-field"),
        ({"links": [{"kind": "script", "url": "https://a"}]}, "bad-field"),
        ({"links": [{"kind": "page", "url": "data:text/html,x"}]}, "bad-field"),
        ({"where": {"country": "KE", "latitude_e6": 90_000_001}}, "bad-field"),
        ({"where": {"country": "KE", "longitude_e6": -180_000_001}}, "bad-field"),
        ({"where": {}}, "bad-field"),
        ({"recipients": [bytes(31)]}, "bad-field"),
        ({"terms": {"incoterm": "fob"}}, "bad-field"),
        ({"terms": {}}, "not-canonical"),
        ({"unit": "C62"}, "not-canonical"),
        ({"prices": [{**PRICE, "per": [1, 0]}]}, "not-canonical"),
        ({"fair": [{"scheme": "x", "answers": {"q": {"yes": False}}}]}, "not-canonical"),
    ],
)  # fmt: skip
def test_an_offer_at_its_edges(changes: dict[str, object], expected: str | None) -> None:
    assert offered(**changes) == expected


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (trade.WITHDRAW, {}, None),
        (trade.WITHDRAW, {"reason": {"en": "sold out"}}, None),
        (trade.WITHDRAW, {"reason": {}}, "not-canonical"),
        (trade.ERASE, {"records": sorted(word(str(n)) for n in range(LIST_MAX))}, None),
        (trade.ERASE, {"records": sorted(word(str(n)) for n in range(LIST_MAX + 1))}, "bad-field"),
        (trade.ERASE, {"records": []}, "bad-field"),
        (trade.ERASE, {"records": [bytes(32)] * 2}, "bad-field"),
        (trade.ERASE, {"records": [bytes(31)]}, "bad-field"),
        (trade.STOCK, {"book": bytes(32), "epoch": 0,
                       "quantity": {"amount": [5, 0], "unit": "KGM"}}, None),
        (trade.STOCK, {"book": bytes(32), "epoch": 0}, "bad-field"),
        (trade.STOCK_ALLOT, {"amount": [5, 0], "epoch": 1, "log": bytes(32)}, None),
        (trade.STOCK_ALLOT, {"amount": [5, 0], "epoch": -1, "log": bytes(32)}, "bad-field"),
    ],
)  # fmt: skip
def test_the_smaller_kinds_at_their_edges(
    kind: str, fields: dict[str, object], expected: str | None
) -> None:
    assert code(kind, fields, subject=True) == expected
    assert code(kind, fields) == (expected or "bad-field")
