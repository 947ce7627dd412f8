"""Terms: names and meanings of the codes that offers carry, to be translated where they are shown.

Kinds of deal, conditions, delivery clauses, ways to pay, fair claims. A code that is none of ours
is shown as it was written; never checks what peers write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from node.text import Translate
from node.text import mark as _


class Clause(NamedTuple):
    """A delivery clause: its name in trade, and what it means for both sides."""

    name: str
    meaning: str


class Words(NamedTuple):
    """A code in words: ours, or as another co-op wrote it (`is_said`)."""

    text: str
    is_said: bool = False


def words_of(table: Mapping[str, str], code: str, translate: Translate) -> Words:
    """The name of a code in a table, else what was written, with spaces for its joints."""
    if code in table:
        return Words(translate(table[code]))
    return Words(" ".join(code.replace("_", " ").replace("-", " ").split()), is_said=True)


def all_words(table: Mapping[str, str], codes: Iterable[str], translate: Translate) -> list[Words]:
    """The same of several."""
    return [words_of(table, code, translate) for code in codes]


MODES: Final = {
    "sell": _("for sale"),
    "give": _("to give away"),
    "lend": _("to lend"),
    "rent": _("to rent"),
    "service": _("a service"),
    "work": _("work"),
    "copy": _("free to copy"),
}
CONDITIONS: Final = {
    "new": _("new"),
    "as-new": _("as good as new"),
    "very-good": _("used, very good"),
    "good": _("used, good"),
    "fair": _("used, with flaws"),
    "broken": _("broken, for parts"),
}
# What stands behind a claim; nobody but its reader can tell whether that is enough.
FAIRNESS: Final = {
    "claimed": _("fair terms claimed"),
    "evidence": _("fair, with evidence"),
    "confirmed": _("fair, other co-ops named"),
}
SCHEMES: Final = {
    "fair": _("Fair trade"),
    "social": _("Social"),
    "ecological": _("Ecological"),
    "organic": _("Organic"),
    "fairmondo/fair_seal": _("Fair trade, with a seal"),
    "fairmondo/fair_trust": _("Fair trade, by trust"),
    "fairmondo/social_producer": _("Social producer"),
    "fairmondo/ecologic": _("Ecological"),
    "fairmondo/small_and_precious": _("Small and precious"),
}
PAYMENTS: Final = {
    "bank-transfer": _("bank transfer"),
    "bank_transfer": _("bank transfer"),
    "cash": _("cash"),
    "cash-on-delivery": _("cash on delivery"),
    "cash_on_delivery": _("cash on delivery"),
    "mobile-money": _("mobile money"),
    "card": _("card"),
    "cheque": _("cheque"),
    "invoice": _("by invoice"),
    "voucher": _("voucher"),
    "letter-of-credit": _("letter of credit"),
    "barter": _("in goods or work"),
    "paypal": "PayPal",
}
FEES: Final = {
    "packing": _("packing"),
    "transport": _("transport"),
    "administration": _("administration"),
    "sales": _("sales"),
    "fundraising": _("fundraising"),
    "solidarity": _("solidarity"),
}
LINKS: Final = {
    "image": _("a picture elsewhere"),
    "page": _("a page elsewhere"),
    "document": _("a document elsewhere"),
}
INCOTERMS: Final = {
    "EXW": Clause(
        _("Ex works"),
        _("The buyer fetches it at the seller's door and pays for the whole way."),
    ),
    "FCA": Clause(
        _("Free carrier"),
        _("The seller hands it to the buyer's carrier, cleared for export."),
    ),
    "CPT": Clause(
        _("Carriage paid to"),
        _("The seller pays the way to the place; the risk on it is the buyer's."),
    ),
    "CIP": Clause(
        _("Carriage and insurance paid to"),
        _("The seller pays the way to the place and insures it for the buyer."),
    ),
    "DPU": Clause(
        _("Delivered at place unloaded"),
        _("The seller brings it to the place and unloads it there."),
    ),
    "DAP": Clause(
        _("Delivered at place"),
        _("The seller brings it to the place; the buyer unloads it and pays import duties."),
    ),
    "DDP": Clause(
        _("Delivered duty paid"),
        _("The seller brings it to the place and pays everything, import duties too."),
    ),
    "FAS": Clause(
        _("Free alongside ship"),
        _("The seller brings it to the quay beside the ship that the buyer names."),
    ),
    "FOB": Clause(
        _("Free on board"),
        _("The seller brings it on board of the ship that the buyer names."),
    ),
    "CFR": Clause(
        _("Cost and freight"),
        _("The seller pays the way to the port; the risk at sea is the buyer's."),
    ),
    "CIF": Clause(
        _("Cost, insurance and freight"),
        _("The seller pays the way to the port and insures it at sea for the buyer."),
    ),
}
