"""Offer page: the form of an offer as its template shows it: what is typed, what is wrong with it.

Gives the template values by name and what there is to choose from, in one person's language. Never
reads the store and never judges what is typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from node.codes import TAX_CATEGORIES, hs_name
from node.codes.search import Hit, hs_path
from node.text import Message, Translate, translator
from node.views.writing import Known
from node.web import choices, fair_words, offer_words, terms
from node.web.choices import Choice
from node.web.form_fields import rows_of, tags_of
from node.web.offer_rows import is_full, languages_of, with_questions
from protocol.limits import LANGUAGES_MAX


class Found(NamedTuple):
    """What a search in the form found; `asked` tells nothing found from nothing asked."""

    hits: Sequence[Hit] = ()
    asked: str = ""


class Form:
    """The form as it is to be shown; `at` is where it is sent to, below the base path."""

    def __init__(
        self,
        values: Mapping[str, str],
        known: Known,
        language: str,
        at: str,
        problems: Mapping[str, Message] | None = None,
        focus: str = "",
    ) -> None:
        self.values = _shaped(values)
        self.known = known
        self.language = language
        self.at = at
        translate = translator(language)
        told = problems or {}
        self.problems = {name: message.say(translate) for name, message in told.items()}
        self.focus = focus or next((name for name in self.problems if name), "")
        self.goods = Found()
        self.units = Found()
        self.languages = languages_of(self.values)
        self.kind = self.values.get("kind", "offer")
        self.version = self.values.get("version", "")
        """Empty for what is not published yet."""

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "")

    def rows(self, prefix: str) -> list[str]:
        """The beginnings of the names of a list's rows."""
        return [f"{prefix}.{row}" for row in rows_of(self.values, prefix)]

    def is_full(self, prefix: str) -> bool:
        """Whether a list takes no more rows."""
        return is_full(self.values, prefix)

    def is_open(self, *prefixes: str) -> bool:
        """Whether a folded part has something in it, or something to be seen."""
        starts = tuple(f"{prefix}." for prefix in prefixes)
        names = [name for name, said in self.values.items() if said.strip()]
        names += [self.focus.removesuffix(".add"), *self.problems]
        return any(
            (name in prefixes or name.startswith(starts)) and not name.endswith(SILENT)
            for name in names
        )

    def boxes(self, prefix: str, usual: Sequence[str]) -> list[str]:
        """The codes that can be ticked: the usual ones, and those that are ticked already."""
        start = f"{prefix}.box."
        ticked = [name.removeprefix(start) for name in self.values if name.startswith(start)]
        return list(dict.fromkeys([*usual, *ticked]))

    def tongues(self) -> list[Choice]:
        """The languages that can still be added, the co-op's own first."""
        if len(self.languages) >= LANGUAGES_MAX:
            return []
        all_of = {one.code: one for one in choices.languages(self.language)}
        order = dict.fromkeys([*self.known.languages, *USUAL_LANGUAGES, *all_of])
        return [all_of[tag] for tag in order if tag in all_of and tag not in self.languages]

    def units_of(self, name: str) -> list[tuple[str, Sequence[Choice]]]:
        """Units by what they measure; one that is rare stands before them when it is chosen."""
        usual: list[tuple[str, Sequence[Choice]]] = [*offer_words.usual_units(self.language)]
        code = self.value(name)
        if code and all(code != one.code for _, group in usual for one in group):
            rare = Choice(code, offer_words.unit_word(code, self.language))
            usual.insert(0, ("", (rare,)))
        return usual

    def unit(self, code: str) -> str:
        """What a unit is called."""
        return offer_words.unit_word(code, self.language)

    @property
    def currencies(self) -> tuple[Sequence[Choice], Sequence[Choice]]:
        """The usual ones here, and all of them."""
        usual = offer_words.usual_currencies(self.known.country, self.language)
        return usual, offer_words.currencies(self.language)

    @property
    def countries(self) -> Sequence[Choice]:
        """All countries by name."""
        return choices.countries(self.language)

    @property
    def goods_path(self) -> list[str]:
        """The names of the goods that the customs number stands for, the widest first."""
        code = self.value("item.hs")
        name = hs_name(code)
        return [] if name is None else [*hs_path(code), name]


def words(language: str) -> dict[str, Any]:
    """What the codes of an offer are called: by table, and the functions that look them up."""
    translate = translator(language)
    return {
        "terms": terms,
        "taxes": _taxes(translate),
        "pairs": lambda table: [(code, translate(name)) for code, name in table.items()],
        "word": lambda table, code: terms.words_of(table, code, translate).text,
        "payments": offer_words.PAYMENTS,
        "schemes": fair_words.SCHEMES,
        "seals_of": lambda scheme: [
            Choice(code, fair_words.seal_word(code)) for code in fair_words.SEALS_OF.get(scheme, ())
        ],
        "asked": lambda scheme: {one.name: one for one in fair_words.ASKED.get(scheme, ())},
        "question": lambda code: translate(fair_words.question_word(code)),
        "box": lambda code: translate(fair_words.box_word(code)),
    }


def _taxes(translate: Translate) -> list[Choice]:
    usual = [Choice(one.code, translate(one.name)) for one in offer_words.TAXES]
    known = {one.code for one in usual}
    rare = [Choice(code, name) for code, name in TAX_CATEGORIES.items() if code not in known]
    return [*usual, *rare]


def _shaped(values: Mapping[str, str]) -> dict[str, str]:
    """With a first row of prices, with columns for what is written, with the claims' questions."""
    shaped = with_questions(values)
    if not rows_of(shaped, "prices"):
        shaped["prices.0.amount"] = ""
    spoken = [*languages_of(shaped), *tags_of(shaped, "title"), *tags_of(shaped, "text")]
    shaped["languages"] = " ".join(dict.fromkeys(spoken or ["en"]))
    return shaped


# Those that most people of the world read come before the others.
USUAL_LANGUAGES: Final = ("en", "es", "ar", "fr", "pt", "sw", "hi", "zh")
# What always stands in a form or carries another field on: it opens no folded part.
SILENT: Final = (".unit", ".kind", ".exact", ".country", ".currency", ".code")
