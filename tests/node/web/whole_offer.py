"""An offer that has every field there is."""

from __future__ import annotations

from protocol import trade
from protocol.values import Blob, Decimal, Quantity

DAY_MS = 24 * 60 * 60 * 1000
NOW_MS = 1_800_000_000_000
KES = trade.Price(currency="KES", exponent=2, minor=5_400_050, per=Decimal(6, 1))
PICTURE = Blob(alt={"en": "A sack"}, bytes=1234, hash=b"\x01" * 32, type="image/jpeg")

WHOLE = trade.Offer(
    attributes={"altitude": "1,700 m", "variety": "SL28"},
    barter=(
        trade.Barter(
            item=trade.Item(category=("tools",), hs="8201"),
            name={"en": "Hoes"},
            quantity=Quantity(Decimal(5, 0), "C62"),
        ),
    ),
    condition="good",
    cycle=trade.Cycle(
        closes_ms=NOW_MS + 9 * DAY_MS, coordinator=b"\x02" * 32, opens_ms=NOW_MS + DAY_MS
    ),
    fair=(
        trade.Fair(
            answers={
                "support": trade.Answer(
                    checked=("longterm", "other"),
                    explanation={"en": "We pay ahead.\nAlways."},
                    other="a school",
                    yes=True,
                ),
                "own question": trade.Answer(checked=("one",)),
            },
            confirmed_by=(b"\x03" * 32,),
            evidence=(Blob(bytes=99, hash=b"\x04" * 32, type="application/pdf"),),
            scheme="fairmondo/fair_trust",
            seal="own",
            valid_until_ms=NOW_MS + 400 * DAY_MS + 5,
        ),
    ),
    fees=(
        trade.Fee(
            kind="packing",
            payee=b"\x05" * 32,
            per_order_minor=5,
            per_unit_minor=2,
            percent=Decimal(25, -1),
        ),
        trade.Fee(kind="solidarity", payee_name="The school", percent=Decimal(1, 0)),
    ),
    images=(PICTURE,),
    item=trade.Item(category=("coffee", "food"), gtin="4006381333931", hs="090111", sku="A-7"),
    links=(trade.Link("document", "https://coop.example/a?b=c"),),
    lot=trade.Lot(code="L7", expires_ms=NOW_MS + 90 * DAY_MS),
    minimum=Decimal(5, -1),
    pack=trade.Pack(Quantity(Decimal(6, 1), "KGM"), {"en": "sack", "pt": "saca"}),
    prices=(
        KES,
        trade.Price(currency="USD", exponent=2, minor=41_999, from_quantity=Decimal(12345, -1)),
    ),
    provenance=trade.Provenance(
        chain=(b"\x09" * 32, b"\x06" * 32),
        last_processing="UG",
        origin="KE",
        producer="Wanjiku & sons",
        producer_coop=b"\x07" * 32,
    ),
    quantity=Decimal(1234567, -2),
    recipients=(b"\x08" * 32,),
    step=Decimal(5, -1),
    tax=trade.Tax("S", True, Decimal(16, 0)),
    terms=trade.Terms(
        carriers=(trade.Carrier(name="Boda", price_minor=120_050, units_per_parcel=1_500),),
        delivery_text={"en": "On Mondays."},
        due_days=30,
        free_delivery_from_minor=1_000_000,
        incoterm="FOB",
        lead_days_max=14,
        lead_days_min=3,
        payment_text={"sw": "M-Pesa."},
        payments=("bank_transfer", "own_way"),
        pickup=True,
        place="Mombasa",
    ),
    text={"en": "Washed.\n\nDried in the sun.", "sw": "Kahawa safi."},
    title={"en": "Washed coffee", "sw": "Kahawa"},
    unit="KGM",
    valid_from_ms=NOW_MS - DAY_MS + 7,
    valid_until_ms=NOW_MS + 100 * DAY_MS,
    where=trade.Where(
        country="KE",
        latitude_e6=-1_292_066,
        longitude_e6=36_821_945,
        place="Kiambu",
        region="KE-13",
    ),
)
