"""Numbers as people of several languages write them."""

import pytest

from node.web.amounts import plain_number


@pytest.mark.parametrize(
    ("written", "language", "read"),
    [
        ("12", "en", "12"),
        (" 1,234.50 ", "en", "1234.50"),
        ("1.234,50", "es", "1234.50"),
        ("1.234,50", "en", "1234.50"),
        ("1,234", "en", "1234"),
        ("1,234", "es", "1.234"),
        ("1.234", "es", "1234"),
        ("1.234", "en", "1.234"),
        ("12,5", "en", "12.5"),
        ("12.5", "es", "12.5"),
        ("0.125", "es", "0.125"),
        ("1.234.567", "en", "1234567"),
        ("1,00,000.5", "en", "100000.5"),
        ("1 234,5", "fr", "1234.5"),
        ("1\u202f234,5", "fr", "1234.5"),
        ("1'234.50", "de-CH", "1234.50"),
        ("١٬٢٣٤٫٥٠", "ar", "1234.50"),
        ("١٢،٥", "ar", "12.5"),
        ("१२.५", "hi", "12.5"),
        (".5", "en", "0.5"),
        ("-3", "en", "-3"),
        ("\u22123", "en", "-3"),
    ],
)
def test_what_people_write_is_read(written: str, language: str, read: str) -> None:
    assert plain_number(written, language) == read


@pytest.mark.parametrize(
    "written", ["", "-", "abc", "12kg", "1.2.3", "12.", "1,23,4", "1e5", "NaN", "½", "1..2", "1,,2"]
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert plain_number(written, "en") is None
