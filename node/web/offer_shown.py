"""Offer shown: all that an offer says, in one reader's language, for `offer_body.html`.

The same for one that was signed, by whomever, and for one that is being written. It reads nothing:
who is who is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from node.codes import hs_name
from node.codes.search import hs_path
from node.text import Translate, translator
from node.views.ids import text
from node.views.names import pick
from node.web import fair_words, terms
from node.web.offer_words import unit_word
from node.web.shown import Shown
from node.web.terms import Words, all_words, words_of
from protocol import trade
from protocol.keys import BLOB, COOP
from protocol.values import Blob, Decimal, Text


class Wording(NamedTuple):
    """Title and text in one language."""

    language: str
    title: str
    text: str


class Person(NamedTuple):
    """A co-op that an offer names."""

    id: str
    name: str


class File(NamedTuple):
    """A picture or a document: its id, what it shows, its type in a word and its size."""

    id: str
    alt: str
    kind: str
    kilobytes: int


class Question(NamedTuple):
    """An answer of a questionnaire, in words."""

    words: Words
    yes: bool
    boxes: list[Words]
    more: list[str]
    """What was written in free words."""


class Claim(NamedTuple):
    """A fair claim, in words, and what is said to bear it out."""

    scheme: Words
    seal: str
    valid_until_ms: int | None
    answers: list[Question]
    evidence: list[File]
    confirmed_by: list[Person]


class ShownOffer:
    """An offer's fields in words; `fields` are there too, for what needs none."""

    def __init__(
        self, fields: trade.Offer, languages: Sequence[str], names: Mapping[bytes, str]
    ) -> None:
        self.fields = fields
        self._languages = languages
        self._names = names

    def wordings(self) -> list[Wording]:
        """The reader's language first; a title without a text, or the other way round, too."""
        fields = self.fields
        tags = list(dict.fromkeys([*fields.title, *fields.text]))
        first = pick({tag: tag for tag in tags}, self._languages)
        tags.sort(key=lambda tag: tag != first)
        return [Wording(tag, fields.title.get(tag, ""), fields.text.get(tag, "")) for tag in tags]

    def pictures(self) -> list[File]:
        """Its pictures, the first one first."""
        return [self.file(one) for one in self.fields.images]

    def file(self, blob: Blob) -> File:
        """A file in words."""
        kind = "PDF" if blob.type == "application/pdf" else blob.type.rpartition("/")[2].upper()
        return File(text(BLOB, blob.hash), self.said(blob.alt), kind, -(-blob.bytes // 1000))

    def said(self, texts: Text) -> str:
        """A text in the reader's language, or in one there is."""
        return pick(texts, self._languages)

    def coop(self, coop: bytes) -> Person:
        """A co-op by its name, or by its id."""
        return Person(text(COOP, coop), self._names.get(coop, ""))

    def goods(self) -> list[str]:
        """The names of its kind of goods, the widest first; English, as the list is."""
        code = self.fields.item.hs
        return [] if code is None else [*hs_path(code), hs_name(code) or code]


def coops_in(fields: trade.Offer) -> set[bytes]:
    """Every co-op that an offer names, so that its name can be looked up."""
    return set(_coops_in(fields))


def helpers(language: str) -> dict[str, Any]:
    """What `offer_body.html` needs beside the offer itself."""
    return {"words": OfferWords(language, translator(language))}


class OfferWords:
    """Codes and amounts in one language."""

    def __init__(self, language: str, translate: Translate) -> None:
        self._language = language
        self._translate = translate
        self._shown = Shown(language)

    def mode(self, code: str) -> str:
        """A kind of deal."""
        return self._translate(terms.MODES.get(code, code))

    def condition(self, code: str) -> str:
        """A condition."""
        return self._translate(terms.CONDITIONS.get(code, code))

    def unit(self, code: str) -> str:
        """A unit's name."""
        return unit_word(code, self._language)

    def clause(self, code: str) -> terms.Clause | None:
        """A delivery clause by name and meaning; None when it is none of the eleven."""
        found = terms.INCOTERMS.get(code)
        if found is None:
            return None
        return terms.Clause(*(self._translate(one) for one in found))

    def payments(self, codes: Sequence[str]) -> list[Words]:
        """Ways to pay."""
        return all_words(terms.PAYMENTS, codes, self._translate)

    def fee(self, kind: str) -> str:
        """What a surcharge is for."""
        return self._translate(terms.FEES.get(kind, kind))

    def link(self, kind: str) -> str:
        """What lies behind a link."""
        return self._translate(terms.LINKS.get(kind, kind))

    def host(self, url: str) -> str:
        """To whom a link leads."""
        return urlsplit(url).hostname or url

    def money(self, minor: int, fields: trade.Offer) -> str:
        """An amount in the currency of the first price; a bare number without one."""
        if not fields.prices:
            return self._shown.count(minor)
        first = fields.prices[0]
        price = trade.Price(currency=first.currency, exponent=first.exponent, minor=minor)
        return self._shown.price(price, PIECE)

    def amount(self, amount: Decimal, unit: str) -> str:
        """An amount of a unit."""
        return self._shown.quantity(amount, unit)

    def claims(self, offer: ShownOffer) -> list[Claim]:
        """All fair claims."""
        return [self._claim(offer, claim) for claim in offer.fields.fair]

    def _claim(self, offer: ShownOffer, claim: trade.Fair) -> Claim:
        return Claim(
            scheme=words_of(terms.SCHEMES, claim.scheme, self._translate),
            seal="" if claim.seal is None else fair_words.seal_word(claim.seal),
            valid_until_ms=claim.valid_until_ms,
            answers=[self._answer(offer, *one) for one in claim.answers.items()],
            evidence=[offer.file(one) for one in claim.evidence],
            confirmed_by=[offer.coop(one) for one in claim.confirmed_by],
        )

    def _answer(self, offer: ShownOffer, code: str, answer: trade.Answer) -> Question:
        more = [answer.other, offer.said(answer.explanation)]
        return Question(
            words=words_of(fair_words.QUESTIONS, code, self._translate),
            yes=answer.yes,
            boxes=all_words(fair_words.BOXES, answer.checked, self._translate),
            more=[one for one in more if one],
        )


def _coops_in(fields: trade.Offer) -> Iterator[bytes]:
    yield from fields.recipients
    if fields.provenance.producer_coop is not None:
        yield fields.provenance.producer_coop
    for claim in fields.fair:
        yield from claim.confirmed_by
    for fee in fields.fees:
        if fee.payee is not None:
            yield fee.payee
    if fields.cycle is not None:
        yield fields.cycle.coordinator


PIECE: Final = "C62"
