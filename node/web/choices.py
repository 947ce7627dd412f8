"""Choices: what a form offers to choose from, by name in one person's language.

Countries and languages by their names, the forms of a co-op with a sentence each, and plain
sectors. Codes are what records carry; never checks what peers write.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from node.codes import currency_exponent, is_country
from node.text import locale_of
from node.text import mark as _


class Choice(NamedTuple):
    """A code, its name (to be translated where it is shown) and a drawing or a sentence."""

    code: str
    name: str
    about: str = ""


@lru_cache(maxsize=32)
def countries(language: str) -> tuple[Choice, ...]:
    """All countries, by their names in this language."""
    names = locale_of(language).territories.items()
    return _sorted(Choice(code, name) for code, name in names if is_country(code))


@lru_cache(maxsize=32)
def languages(language: str) -> tuple[Choice, ...]:
    """All languages of ISO 639-1, by their names in this language."""
    names = locale_of(language).languages.items()
    return _sorted(Choice(code, name) for code, name in names if len(code) == CODE_CHARS)


@lru_cache(maxsize=32)
def currencies(language: str) -> tuple[Choice, ...]:
    """All currencies of ISO 4217 that have minor units, by their names in this language."""
    names = locale_of(language).currencies.items()
    return _sorted(
        Choice(code, name) for code, name in names if currency_exponent(code) is not None
    )


def sector_name(code: str) -> str:
    """The name of a sector, to be translated; one that is not ours as it was written."""
    return next((one.name for one in SECTORS if one.code == code), code)


def governance_name(code: str) -> str:
    """The name of a form of co-op, to be translated."""
    return next((one.name for one in GOVERNANCE if one.code == code), code)


def _sorted(found: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda one: one.name.casefold()))


CODE_CHARS: Final = 2

# `protocol.profile` names the codes
GOVERNANCE: Final = (
    Choice("worker", _("Worker co-op"), _("It belongs to those who work in it.")),
    Choice("consumer", _("Consumer co-op"), _("It belongs to those who buy from it.")),
    Choice("producer", _("Producer co-op"), _("Farmers, fishers or makers sell together.")),
    Choice("housing", _("Housing co-op"), _("It belongs to those who live in it.")),
    Choice(
        "platform", _("Platform co-op"), _("It belongs to those who work or trade on its platform.")
    ),
    Choice(
        "multi-stakeholder",
        _("Multi-stakeholder co-op"),
        _("Several groups own it together, such as workers, users and neighbours."),
    ),
    Choice("secondary", _("Co-op of co-ops"), _("Its members are co-ops themselves.")),
)

# drawings are symbols of icons.svg
SECTORS: Final = (
    Choice("farming", _("Farming"), "leaf"),
    Choice("fishing", _("Fishing"), "fish"),
    Choice("food", _("Food and drink"), "jar"),
    Choice("crafts", _("Crafts and making"), "cloth"),
    Choice("building", _("Building and repair"), "gear"),
    Choice("housing", _("Housing"), "house"),
    Choice("care", _("Care and health"), "hands"),
    Choice("education", _("Education and books"), "book"),
    Choice("energy", _("Energy and water"), "pulse"),
    Choice("recycling", _("Reuse and recycling"), "recycle"),
    Choice("transport", _("Transport"), "wheel"),
    Choice("retail", _("Shops and wholesale"), "basket"),
    Choice("finance", _("Money and insurance"), "lock"),
    Choice("digital", _("Software and media"), "globe"),
    Choice("culture", _("Culture and travel"), "key"),
    Choice("other", _("Something else"), "box"),
)
