"""Fair words: the questionnaires about fair and ecological goods, in words.

Which questions a claim asks and what can be ticked under each. The codes are those of the
catalogues that bring such answers; a question or a box that is not here is shown by its code.
Never judges an answer.
"""

from __future__ import annotations

from typing import Final

from node.catalogue.fairmondo_fair import (
    ECOLOGIC_SEALS,
    FAIR_SEALS,
    FAIR_TRUST,
    SOCIAL_PRODUCER,
    Question,
)
from node.text import mark as _


def question_word(code: str) -> str:
    """A question, to be translated."""
    return QUESTIONS.get(code, _readable(code))


def box_word(code: str) -> str:
    """What can be ticked under a question, to be translated."""
    return BOXES.get(code, _readable(code))


def seal_word(code: str) -> str:
    """The name of a seal; names are not translated."""
    return SEALS.get(code, _readable(code))


def _readable(code: str) -> str:
    return code.replace("_", " ")


SCHEMES: Final = (
    "fairmondo/fair_seal", "fairmondo/fair_trust", "fairmondo/social_producer",
    "fairmondo/ecologic", "fairmondo/small_and_precious", "fair", "social", "ecological", "organic",
)  # fmt: skip
"""The claims that the form offers; `terms` has their names."""
ASKED: Final[dict[str, tuple[Question, ...]]] = {
    "fairmondo/fair_trust": FAIR_TRUST,
    "fairmondo/social_producer": SOCIAL_PRODUCER,
    "fairmondo/ecologic": (Question("upcycling", ()),),
    "fairmondo/small_and_precious": (
        Question("eu_small_enterprise", ()),
        Question("handmade", (), explained=False),
    ),
}
SEALS_OF: Final = {"fairmondo/fair_seal": FAIR_SEALS, "fairmondo/ecologic": ECOLOGIC_SEALS}

QUESTIONS: Final = {
    "support": _("Producers are supported"),
    "labor_conditions": _("Working conditions are good and safe"),
    "environment_protection": _("The environment is protected"),
    "controlling": _("All this is checked"),
    "awareness_raising": _("Buyers learn about fair trade"),
    "nonprofit_association": _("It is a non-profit association"),
    "social_businesses_muhammad_yunus": _("It is a social business as Muhammad Yunus describes it"),
    "social_entrepreneur": _("It is led by a social entrepreneur"),
    "upcycling": _("It is made of something that was thrown away"),
    "eu_small_enterprise": _("It comes from a small workshop"),
    "handmade": _("It is made by hand"),
}
BOXES: Final = {
    "prefinance": _("paid in advance"),
    "longterm": _("long-term contracts"),
    "development": _("help with growing the business"),
    "minimum_wage": _("at least the minimum wage"),
    "higher_prices": _("prices above the market's"),
    "direct_negotiations": _("prices agreed with the producers themselves"),
    "community": _("projects of their community"),
    "premiums": _("fair trade premiums"),
    "secure_environment": _("safe places of work"),
    "hygiene": _("clean places of work"),
    "working_hours": _("regulated hours"),
    "free_assembly": _("freedom to organise"),
    "advocacy_group": _("a body that speaks for the workers"),
    "sexual_equality": _("equality of women and men"),
    "no_discrimination": _("no discrimination"),
    "child_labor_ban": _("no child labour"),
    "child_labor_restrictions": _("children work only within the law"),
    "chemical_fertilizers": _("less chemical fertiliser"),
    "pesticides": _("less pesticide"),
    "waste_management": _("waste is taken care of"),
    "recycling": _("recycling"),
    "renewable_energies": _("renewable energy"),
    "ecological_farming": _("organic farming"),
    "ecological_farming_transition": _("on the way to organic farming"),
    "transparent_supply_chain": _("the whole chain is known"),
    "annual_reports": _("yearly reports"),
    "inspectors": _("outside inspectors"),
    "producer_visits": _("visits to the producers"),
    "own_system": _("a system of our own"),
    "producer_transparency": _("says who makes it"),
    "employee_transparency": _("says who works in it"),
    "price_transparency": _("says what the price is made of"),
    "responsible_consumption_education": _("teaches responsible buying"),
    "global_market_education": _("teaches how world trade works"),
    "fair_trade_concept": _("explains fair trade"),
    "youth_and_elderly": _("help for the young and the old"),
    "art_and_culture": _("art and culture"),
    "national_and_vocational_training": _("education and training"),
    "natural_protection": _("protection of nature"),
    "charity": _("charity"),
    "persecuted_minorities_and_victims_of_persecution": _("help for the persecuted"),
    "international_tolerance": _("understanding between peoples"),
    "animal_protection": _("protection of animals"),
    "development_cooperation": _("development work"),
    "consumer_protection": _("protection of buyers"),
    "convicts_and_ex_convicts": _("help for prisoners and former prisoners"),
    "democratic_political_system": _("democracy"),
    "social_proplem": _("solves a social problem"),
    "dividend": _("investors get their money back, and no more"),
    "reinvestment": _("profits stay in the business"),
    "conditions_of_work": _("better conditions of work than usual"),
    "big_social_groups": _("for large groups in need"),
    "small_social_groups": _("for small groups in need"),
    "generally_charitable": _("for the good of all"),
    "potential_social_advancement": _("could change society"),
    "social_sensitization": _("makes people aware"),
    "other": _("something else"),
}
SEALS: Final = {
    "trans_fair": "Fairtrade (TransFair)",
    "gots_fwf": "GOTS, Fair Wear Foundation",
    "weltladen": "Weltladen",
    "wtfo": "WFTO",
    "bio_siegel": "Bio-Siegel",
    "eg_bio_siegel": "EU organic",
    "gots": "GOTS",
    "rainforest_alliance": "Rainforest Alliance",
    "utz_certified": "UTZ Certified",
    "der_blaue_engel": "Der Blaue Engel",
    "europaeisches_umweltzeichen": "EU Ecolabel",
    "demeter": "Demeter",
    "bioland": "Bioland",
    "naturland": "Naturland",
    "fsc_pure_holz": "FSC (wood)",
    "fsc_pure_papier": "FSC (paper)",
}
