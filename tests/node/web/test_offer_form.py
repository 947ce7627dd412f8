"""What a person typed becomes an offer, or a sentence beside each field that is wrong."""

from __future__ import annotations

import msgspec
import pytest

from node.web.offer_form import read_offer
from node.web.offer_typed import typed
from protocol import trade
from protocol.limits import (
    CODE_BYTES_MAX,
    IMAGES_MAX,
    INTEGER_MAX,
    NAME_BYTES_MAX,
    PRICES_MAX,
    TEXT_BYTES_MAX,
    TITLE_BYTES_MAX,
)
from protocol.values import Decimal
from tests.node.web.whole_offer import NOW_MS, WHOLE

LEAST = {"title.en": "Coffee"}


def problem(field: str, **typed_there: str) -> str:
    """The sentence beside a field, when these are typed."""
    values = {**LEAST, **{name.replace("__", "."): said for name, said in typed_there.items()}}
    found = read_offer(values, "en", NOW_MS)
    assert found.offer is None
    return found.problems[field].say()


def offer(**typed_there: str) -> trade.Offer:
    values = {**LEAST, **{name.replace("__", "."): said for name, said in typed_there.items()}}
    found = read_offer(values, "en", NOW_MS)
    assert found.problems == {}
    assert found.offer is not None
    return found.offer


def test_a_name_is_enough() -> None:
    assert offer() == trade.Offer(title={"en": "Coffee"})


@pytest.mark.parametrize("language", ["en", "es", "ar", "de-CH", "hi"])
def test_an_offer_of_all_fields_reads_back_as_it_was(language: str) -> None:
    found = read_offer(typed(WHOLE, language), language, NOW_MS)
    assert {name: message.say() for name, message in found.problems.items()} == {}
    for name in trade.Offer.__struct_fields__:
        assert getattr(found.offer, name) == getattr(WHOLE, name), name
        default = getattr(trade.Offer(title={"en": "x"}), name)
        assert name == "mode" or getattr(WHOLE, name) != default, f"{name} is not in it"


def test_a_changed_day_ends_with_the_day_and_an_unchanged_one_keeps_its_time() -> None:
    values = typed(WHOLE, "en")
    kept = read_offer(values, "en", NOW_MS).offer
    changed = read_offer({**values, "valid_until": "2027-12-31"}, "en", NOW_MS).offer
    assert kept is not None
    assert changed is not None
    assert kept.valid_until_ms == WHOLE.valid_until_ms
    assert changed.valid_until_ms == 1_830_297_599_999


def test_amounts_are_read_as_the_language_writes_them() -> None:
    values = {**LEAST, "prices.0.amount": "1.234,50", "prices.0.currency": "EUR"}
    price = trade.Price(currency="EUR", exponent=2, minor=123_450)
    for language in ("es", "en"):
        found = read_offer(values, language, NOW_MS).offer
        assert found is not None
        assert found.prices == (price,)


def test_the_decimals_of_money_are_those_of_iso_4217() -> None:
    assert offer(prices__0__amount="1.234", prices__0__currency="TND").prices[0].minor == 1234
    assert offer(prices__0__amount="1234", prices__0__currency="JPY").prices[0].exponent == 0
    told = problem("prices.0.amount", prices__0__amount="1.5", prices__0__currency="JPY")
    assert "finer than the 0 decimals of JPY" in told


def test_rows_that_say_nothing_are_left_out() -> None:
    found = offer(
        prices__0__currency="EUR", prices__0__amount=" ", fees__0__kind="packing",
        links__0__kind="page", links__0__url="", pack__holds__unit="KGM", carriers__0__name="",
    )  # fmt: skip
    assert found == trade.Offer(title={"en": "Coffee"})


@pytest.mark.parametrize(
    ("field", "most", "told"),
    [
        ("title.en", TITLE_BYTES_MAX, "characters"),
        ("text.en", TEXT_BYTES_MAX, "characters"),
        ("item.sku", CODE_BYTES_MAX, "characters"),
        ("where.place", NAME_BYTES_MAX, "characters"),
        ("provenance.producer", NAME_BYTES_MAX, "characters"),
    ],
)
def test_a_text_at_its_limit_and_one_past_it(field: str, most: int, told: str) -> None:
    beside = {"where.country": "KE"} if field.startswith("where") else {}
    at = read_offer({**LEAST, **beside, field: "é" * most}, "en", NOW_MS)
    past = read_offer({**LEAST, **beside, field: "é" * (most + 1)}, "en", NOW_MS)
    assert at.problems == {}
    assert f"this has {most + 1} {told}; {most} are the most" == past.problems[field].say()


def test_numbers_at_their_limits_and_past_them() -> None:
    assert offer(quantity=str(INTEGER_MAX)).quantity == Decimal(INTEGER_MAX, 0)
    assert "too many digits" in problem("quantity", quantity=str(INTEGER_MAX + 2))
    assert offer(quantity="0.000000001").quantity == Decimal(1, -9)
    assert "too many digits" in problem("quantity", quantity="0.0000000001")
    assert "too many digits" in problem("quantity", quantity="9" * 200)
    assert "below zero" in problem("quantity", quantity="-1")
    assert "not a number" in problem("quantity", quantity="12 kg")
    assert "whole number" in problem("terms.due_days", terms__due_days="1.5")
    money = {"prices__0__currency": "JPY"}
    assert offer(prices__0__amount=str(INTEGER_MAX), **money).prices[0].minor == INTEGER_MAX
    assert "too large" in problem("prices.0.amount", prices__0__amount=f"{INTEGER_MAX}0", **money)


@pytest.mark.parametrize(
    ("hidden", "code"),
    [("\u202e", "U+202E"), ("\u2066", "U+2066"), ("\x00", "U+0000"), ("\x1b", "U+001B"),
     ("\n", "U+000A"), ("\u2028", "U+2028")],
)  # fmt: skip
def test_hidden_characters_are_told(hidden: str, code: str) -> None:
    assert code in problem("title.en", title__en=f"Cof{hidden}fee")


def test_what_scripts_need_and_what_copying_leaves_is_fine() -> None:
    title = "می\u200cخواهم 👩\u200d🌾 <script>"
    assert offer(title__en=f"\ufeff{title}\u200e").title == {"en": title}
    assert offer(text__en="one\r\ntwo\tthree").text == {"en": "one\ntwo\tthree"}


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("title.en", {"title.en": "  "}, "give it a name"),
        ("mode", {"mode": "give", "prices.0.amount": "1", "prices.0.currency": "EUR"}, "a gift"),
        ("mode", {"mode": "steal"}, "choose one"),
        ("prices.0.currency", {"prices.0.amount": "1", "prices.0.currency": "XAU"}, "currency"),
        ("prices.0.amount", {"prices.0.per": "2", "prices.0.currency": "EUR"}, "write the price"),
        (
            "prices.0.per",
            {"prices.0.amount": "1", "prices.0.per": "0", "prices.0.currency": "EUR"},
            "more than nothing",
        ),
        ("unit", {"unit": "QQQ"}, "is no unit"),
        ("pack.name.en", {"pack.name.en": "", "pack.holds.amount": "60"}, "what do people call"),
        ("pack.holds.amount", {"pack.name.en": "saca"}, "how much"),
        ("item.hs", {"item.hs": "123"}, "2, 4 or 6 digits"),
        ("item.hs", {"item.hs": "090199"}, "Harmonized System"),
        ("item.gtin", {"item.gtin": "4006381333932"}, "check digit"),
        ("where.country", {"where.place": "Kiambu"}, "choose a country"),
        ("where.country", {"where.country": "ZZ"}, "ISO 3166"),
        ("where.latitude", {"where.country": "KE", "where.latitude": "91"}, "-90 and 90"),
        ("valid_until", {"valid_until": "2020-02-30"}, "no day of the calendar"),
        ("valid_until", {"valid_until": "2020-02-28"}, "this day is over"),
        (
            "valid_until",
            {"valid_from": "2030-02-02", "valid_until": "2030-02-01"},
            "before the one on which it begins",
        ),
        ("terms.incoterm", {"terms.incoterm": "DAT"}, "DPU"),
        ("terms.free_delivery_from", {"terms.free_delivery_from": "5"}, "write a price first"),
        (
            "terms.lead_days_max",
            {"terms.lead_days_min": "5", "terms.lead_days_max": "4"},
            "at least",
        ),
        ("terms.carriers.0.name", {"terms.carriers.0.units_per_parcel": "4"}, "who or what"),
        ("fees.0.percent", {"fees.0.payee_name": "x"}, "how much"),
        ("tax.category", {"tax.rate": "16"}, "which kind of tax"),
        ("links.0.url", {"links.0.url": "javascript:alert(1)"}, "whole address"),
        ("links.0.url", {"links.0.url": 'https://x.example/">'}, "whole address"),
        ("recipients", {"recipients": "coop1abc"}, "starts with coop1"),
        ("cycle.coordinator", {"cycle.opens": "2030-01-01"}, "who collects"),
        ("attributes.0.name", {"attributes.0.value": "blue"}, "a name"),
        ("lot.code", {"lot.expires": "2030-01-01"}, "which lot"),
        ("fair.0.scheme", {"fair.0.seal": "x"}, "which claim"),
        ("barter.0.name.en", {"barter.0.name.en": "", "barter.0.quantity.amount": "5"}, "return"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    field: str, given: dict[str, str], told: str
) -> None:
    found = read_offer({**LEAST, **given}, "en", NOW_MS)
    assert found.offer is None
    assert told in found.problems[field].say()


@pytest.mark.parametrize(("prefix", "most"), [("prices", PRICES_MAX), ("images", IMAGES_MAX)])
def test_a_list_at_its_limit_and_one_past_it(prefix: str, most: int) -> None:
    source = msgspec.structs.replace(WHOLE, prices=WHOLE.prices[:1])
    row = {
        name.removeprefix(f"{prefix}.0."): said
        for name, said in typed(source, "en").items()
        if name.startswith(f"{prefix}.0.")
    }

    def many(count: int) -> dict[str, str]:
        rows = {
            f"{prefix}.{one}.{name}": said for one in range(count) for name, said in row.items()
        }
        return {**LEAST, **rows}

    assert read_offer(many(most), "en", NOW_MS).problems == {}
    past = read_offer(many(most + 1), "en", NOW_MS).problems[prefix].say()
    assert past == f"these are {most + 1}; {most} are the most"


def test_texts_that_are_too_much_together_are_told_of_the_whole() -> None:
    long = "x" * TEXT_BYTES_MAX
    values = {**LEAST, **{f"text.{tag}": long for tag in ("aa", "bb", "cc", "dd", "ee")}}
    found = read_offer(values, "en", NOW_MS)
    assert "shorten its texts" in found.problems[""].say()
