from datetime import timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from babel.numbers import get_currency_precision

from node.text import (
    LOCALES_FOLDER,
    UNITS,
    Message,
    ToldError,
    catalogue,
    country_currency,
    currency_exponent,
    date,
    date_time,
    is_language_tag,
    locale_of,
    mark,
    money,
    number,
    plural_translator,
    quantity,
    translator,
)

CATALOGUE = """
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "peer {name} is away; wait"
msgstr "Mitglied {name} ist fort; warten"

msgid "{count} crate"
msgid_plural "{count} crates"
msgstr[0] "{count} Kiste"
msgstr[1] "{count} Kisten"

msgid "left out by the translator"
msgstr ""
"""

NO_BREAK_SPACE = "\u00a0"
NOON_MS = 1_700_049_600_000  # 2023-11-15, 12:00 UTC


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    folder = tmp_path / "locales"
    (folder / "de" / "LC_MESSAGES").mkdir(parents=True)
    (folder / "de" / "LC_MESSAGES" / "messages.po").write_text(CATALOGUE)
    (tmp_path / "messages.po").write_text(CATALOGUE)
    return folder


def test_sentence_is_translated(locales: Path) -> None:
    assert translator("de", locales)("peer {name} is away; wait") == (
        "Mitglied {name} ist fort; warten"
    )


@pytest.mark.parametrize("tag", ["de-AT", "de_AT"])
def test_region_falls_back_to_its_language(locales: Path, tag: str) -> None:
    assert translator(tag, locales)("peer {name} is away; wait").startswith("Mitglied")


@pytest.mark.parametrize("tag", ["en", "sw", "", "..", "../..", "de/../de", "x" * 1000, "d\0e"])
def test_missing_catalogue_falls_back_to_english(locales: Path, tag: str) -> None:
    assert translator(tag, locales)("peer {name} is away; wait") == "peer {name} is away; wait"


def test_untranslated_sentence_stays_english(locales: Path) -> None:
    translate = translator("de", locales)
    assert translate("left out by the translator") == "left out by the translator"
    assert translate("unknown to the catalogue") == "unknown to the catalogue"


def test_empty_text_is_not_the_catalogues_header(locales: Path) -> None:
    assert translator("de", locales)("") == ""


def test_plurals_follow_the_language(locales: Path) -> None:
    plural = plural_translator("de", locales)
    assert [plural("{count} crate", "{count} crates", count) for count in (1, 2)] == [
        "{count} Kiste",
        "{count} Kisten",
    ]
    english = plural_translator("en", locales)
    assert english("{count} crate", "{count} crates", 2) == "{count} crates"


def test_catalogue_is_read_once(locales: Path) -> None:
    assert catalogue("de", locales) is catalogue("de-AT", locales)


def test_message_is_put_together_in_the_readers_language(locales: Path) -> None:
    message = Message(mark("peer {name} is away; wait"), "peer-away", {"name": "{0} Kisumu"})
    assert message.say() == "peer {0} Kisumu is away; wait [peer-away]"
    assert message.say(translator("de", locales)) == (
        "Mitglied {0} Kisumu ist fort; warten [peer-away]"
    )


def test_part_of_a_sentence_is_translated_too(locales: Path) -> None:
    part = Message("peer {name} is away; wait", values={"name": "K"})
    whole = Message("{reason} ({count})", "x", {"reason": part, "count": 3})
    assert whole.say(translator("de", locales)) == "Mitglied K ist fort; warten (3) [x]"


def test_told_error_carries_its_message() -> None:
    message = Message("it broke; mend it", "broken")
    assert str(ToldError(message)) == "it broke; mend it [broken]"
    assert ToldError(message).message is message


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "€1,234.50"), ("de", "1.234,50 €"), ("pt-BR", "€ 1.234,50"), ("nonsense", "€1,234.50")],
)
def test_money_is_written_as_the_language_does(language: str, shown: str) -> None:
    assert money(123_450, "EUR", language).replace(NO_BREAK_SPACE, " ") == shown


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1, "IQD", "IQD0.001"),
        (1_234_567, "IQD", "IQD1,234.567"),
        (-1_250, "EUR", "-€12.50"),
        (0, "KES", "KES0.00"),
        (500, "JPY", "¥500"),
        (12_345, "CLF", "CLF1.2345"),
        (2**63 - 1, "EUR", "€92,233,720,368,547,758.07"),
    ],
)
def test_money_has_the_decimals_of_its_currency(minor: int, currency: str, shown: str) -> None:
    assert money(minor, currency, "en").replace(NO_BREAK_SPACE, "") == shown


@pytest.mark.parametrize(
    ("currency", "language", "shown"),
    [
        ("KES", "en", "KES\N{NO-BREAK SPACE}5.40"),
        ("KES", "sw", "Ksh\N{NO-BREAK SPACE}5.40"),
        ("KES", "de", "5,40\N{NO-BREAK SPACE}KES"),
        ("EUR", "en", "€5.40"),
        ("MXN", "en", "MX$5.40"),
        ("INR", "hi", "₹5.40"),
    ],
)
def test_letters_stand_apart_from_the_amount_and_signs_beside_it(
    currency: str, language: str, shown: str
) -> None:
    assert money(540, currency, language) == shown
    assert money(-540, currency, language).replace("-", "") == shown


@pytest.mark.parametrize(
    "currency",
    ["AFN", "ALL", "IRR", "IQD", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"],
)
def test_decimals_are_those_of_iso_where_cldr_differs(currency: str) -> None:
    exponent = currency_exponent(currency)
    assert exponent is not None
    assert get_currency_precision(currency) != exponent
    assert len(money(1, currency, "en").partition(".")[2]) == exponent


def test_shown_pattern_is_a_copy() -> None:
    money(1, "IQD", "en")
    number(Decimal("0.123456"), "en")
    assert money(1, "JPY", "en") == "¥1"
    assert number(1, "en") == "1"


@pytest.mark.parametrize("currency", ["XAU", "ZZZ", "eur", "", "<b>"])
def test_currency_without_decimals_is_counted_in_smallest_units(currency: str) -> None:
    assert currency_exponent(currency) is None
    assert money(12_345, currency, "en") == f"12,345 smallest units of {currency}"


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        (1_234_567, "en", "1,234,567"),
        (1_234_567, "de", "1.234.567"),
        (1_234_567, "hi", "12,34,567"),
        (Decimal("0.1234567890123456789"), "en", "0.1234567890123456789"),
        (Decimal("2.50"), "en", "2.5"),
        (Decimal("1E+3"), "en", "1,000"),
        (-3, "en", "-3"),
    ],
)
def test_number_keeps_all_its_decimals(value: int | Decimal, language: str, shown: str) -> None:
    assert number(value, language) == shown


def test_digits_and_separators_come_from_one_system() -> None:
    assert number(Decimal("1234.5"), "ar-EG") == "1,234.5"


@pytest.mark.parametrize(
    ("value", "unit", "language", "shown"),
    [
        (Decimal("2.50"), "KGM", "en", "2.5 kg"),
        (Decimal("0.12345"), "LTR", "de", "0,12345 l"),
        (3, "HUR", "en", "3 hr"),
        (1_000, "TNE", "sw", "tani mita 1,000"),
        (12, "C62", "en", "12 C62"),
        (1, "", "en", "1 "),
    ],
)
def test_quantity_is_written_with_its_unit(
    value: int | Decimal, unit: str, language: str, shown: str
) -> None:
    assert quantity(value, unit, language).replace(NO_BREAK_SPACE, " ") == shown


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it", "ar", "sw", "hi"])
def test_every_known_unit_can_be_written_in_every_language(language: str) -> None:
    for unit in UNITS:
        assert unit not in quantity(2, unit, language)


def test_day_depends_on_the_zone() -> None:
    assert date(NOON_MS, "en") == "Nov 15, 2023"
    assert date(NOON_MS, "de") == "15.11.2023"
    assert date(NOON_MS, "en", timezone(timedelta(hours=14))) == "Nov 16, 2023"


def test_time_of_day_is_shown_in_the_zone() -> None:
    assert date_time(NOON_MS, "de") == "15.11.2023, 12:00:00"
    assert date_time(NOON_MS, "de", timezone(timedelta(hours=3))) == "15.11.2023, 15:00:00"


@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_times_outside_the_calendar_are_shown_as_its_ends(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert date(2**63, "en", zone).endswith("9999")
    assert date(-(2**63), "en", zone).endswith(", 1")


def test_unknown_language_writes_as_english_does() -> None:
    assert str(locale_of("qq")) == "en"
    assert str(locale_of("pt-BR")) == "pt_BR"
    assert number(Decimal("1.5"), "de-QQ") == "1,5"


def test_language_tags() -> None:
    assert all(is_language_tag(tag) for tag in ("en", "pt-BR", "zh_Hans_CN", "sw"))
    assert not any(is_language_tag(tag) for tag in ("", "e", "en-", "en/..", "en-US-x-y", "en\n"))


def test_all_marked_sentences_can_be_extracted(tmp_path: Path) -> None:
    template = tmp_path / "messages.pot"
    mapping = LOCALES_FOLDER / "babel.cfg"
    command = ["pybabel", "-q", "extract", "-k", "mark", "-F", str(mapping), "-o", str(template)]
    CommandLineInterface().run(  # type: ignore[no-untyped-call]
        [*command, str(LOCALES_FOLDER.parent)]
    )
    with template.open("rb") as file:
        extracted = {message.id for message in read_po(file)}
    assert "{amount} smallest units of {currency}" in extracted
    assert "process {process} works on {home} already; stop it first" in extracted
    assert "Hour of the machine's day in which the database is copied." in extracted


def test_the_money_of_a_country_is_the_one_that_it_uses_now() -> None:
    told = [country_currency(country) for country in ("DE", "HR", "KE", "BR", "XX", "")]
    assert told == ["EUR", "EUR", "KES", "BRL", "", ""]
