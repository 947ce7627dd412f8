"""fairmondo_fair: Fairmondo's questionnaires about fair and ecological goods, with its rules.

What is answered becomes `fair` of an offer, one scheme each. As there, the answers of a
questionnaire that the row does not call for are left out. Never judges whether an answer is true.
"""

from typing import Any

import msgspec

from node.catalogue.fields import Fields
from node.codes import GUESSED_CHARS_MAX
from node.text import mark as _

LANGUAGE = "de"
"""That market is German only."""

Tree = dict[str, Any]


class Question(msgspec.Struct, frozen=True):
    """A yes or no with boxes to tick; `least` of them when it is yes."""

    name: str
    boxes: tuple[str, ...]
    least: int = 1
    required: bool = False
    explained: bool = True
    other: bool = False


def fair_claims(fields: Fields) -> list[Tree]:
    """All that a row claims, as fields of `protocol.trade.Fair`; problems go into `fields`."""
    claims: list[Tree] = []
    kind = fields.choice("fair_kind", FAIR_KINDS)
    if kind == "fair_seal":
        fields.needed("fair_seal")
        claims.append(
            {"scheme": "fairmondo/fair_seal", "seal": fields.choice("fair_seal", FAIR_SEALS)}
        )
    elif kind == "fair_trust":
        claims.append({"scheme": "fairmondo/fair_trust", "answers": _answers(fields, FAIR_TRUST)})
    elif kind == "social_producer":
        answers = _answers(fields, SOCIAL_PRODUCER)
        if not any(answer.get("yes") for answer in answers.values()):
            text = _("say yes to at least one of {known}")
            known = ", ".join(question.name for question in SOCIAL_PRODUCER)
            fields.wrong("fair_kind", text, known=known)
        claims.append({"scheme": "fairmondo/social_producer", "answers": answers})
    if ecologic := _ecologic(fields):
        claims.append(ecologic)
    if fields.yes("small_and_precious_eu_small_enterprise"):
        claims.append(_small_and_precious(fields))
    return claims


def _answers(fields: Fields, questions: tuple[Question, ...]) -> dict[str, Tree]:
    answers = {}
    for question in questions:
        answer = _answer(fields, question)
        if answer:
            answers[question.name] = answer
    return answers


def _answer(fields: Fields, question: Question) -> Tree:
    """One answer; what it must have when it is yes is that market's rule."""
    yes = fields.yes(question.name)
    if question.required and not yes:
        fields.wrong(question.name, _("this has to be true"))
    boxes_column = f"{question.name}_checkboxes"
    checked = [box.strip() for box in fields.text(boxes_column).split(",") if box.strip()]
    for box in checked:
        if box not in question.boxes:
            values = {"cell": repr(box[:GUESSED_CHARS_MAX]), "known": ", ".join(question.boxes)}
            fields.wrong(boxes_column, _("{cell} is none of {known}"), **values)
    if yes and len(checked) < question.least:
        text = _("{count} are ticked, {least} are needed")
        fields.wrong(boxes_column, text, count=len(checked), least=question.least)
    answer: Tree = {"checked": checked} if checked else {}
    if yes:
        answer["yes"] = True
    if question.other and (other := _other(fields, question, checked)):
        answer["other"] = other
    if question.explained:
        column = f"{question.name}_explanation"
        explanation = _explained(fields, column, EXPLANATION_MAX) if yes else fields.text(column)
        if explanation:
            answer["explanation"] = {LANGUAGE: explanation}
    return answer


def _other(fields: Fields, question: Question, checked: list[str]) -> str:
    column = f"{question.name}_other"
    other = fields.text(column)
    if "other" in checked and not OTHER_MIN <= len(other) <= OTHER_MAX:
        text = _("as other is ticked, say what in {least} to {most} characters; these are {count}")
        fields.wrong(column, text, least=OTHER_MIN, most=OTHER_MAX, count=len(other))
    return other


def _explained(fields: Fields, column: str, most: int) -> str:
    text = fields.text(column)
    if not EXPLANATION_MIN <= len(text) <= most:
        told = _("explain in {least} to {most} characters; these are {count}")
        fields.wrong(column, told, least=EXPLANATION_MIN, most=most, count=len(text))
    return text


def _ecologic(fields: Fields) -> Tree | None:
    """A seal, or else upcycling with its reason; with a seal the reason is not judged."""
    seal, reason = fields.text("ecologic_seal"), fields.text("upcycling_reason")
    if not seal and not reason:
        return None
    claim: Tree = {"scheme": "fairmondo/ecologic"}
    if seal:
        claim["seal"] = fields.choice("ecologic_seal", ECOLOGIC_SEALS)
    else:
        _explained(fields, "upcycling_reason", REASON_MAX)
    if reason:
        claim["answers"] = {"upcycling": {"yes": True, "explanation": {LANGUAGE: reason}}}
    return claim


def _small_and_precious(fields: Fields) -> Tree:
    reason = _explained(fields, "small_and_precious_reason", REASON_MAX)
    if fields.has("small_and_precious_handmade"):
        fields.needed("small_and_precious_handmade")
    answers: Tree = {
        "eu_small_enterprise": {"yes": True, "explanation": {LANGUAGE: reason}},
        "handmade": {"yes": fields.yes("small_and_precious_handmade")},
    }
    return {"scheme": "fairmondo/small_and_precious", "answers": answers}


EXPLANATION_MIN, EXPLANATION_MAX = 150, 10_000
REASON_MAX = 2_500
OTHER_MIN, OTHER_MAX = 5, 100

FAIR_KINDS = ("fair_seal", "fair_trust", "social_producer")
FAIR_SEALS = ("trans_fair", "gots_fwf", "weltladen", "wtfo")

FAIR_TRUST = (
    Question(
        "support",
        (
            "prefinance",
            "longterm",
            "development",
            "minimum_wage",
            "higher_prices",
            "direct_negotiations",
            "community",
            "premiums",
            "other",
        ),
        least=3,
        required=True,
        other=True,
    ),
    Question(
        "labor_conditions",
        (
            "secure_environment",
            "hygiene",
            "working_hours",
            "free_assembly",
            "advocacy_group",
            "sexual_equality",
            "no_discrimination",
            "child_labor_ban",
            "child_labor_restrictions",
            "other",
        ),
        least=4,
        required=True,
        other=True,
    ),
    Question(
        "environment_protection",
        (
            "chemical_fertilizers",
            "pesticides",
            "waste_management",
            "recycling",
            "renewable_energies",
            "ecological_farming",
            "ecological_farming_transition",
            "other",
        ),
        other=True,
    ),
    Question(
        "controlling",
        (
            "transparent_supply_chain",
            "annual_reports",
            "inspectors",
            "producer_visits",
            "own_system",
            "other",
        ),
        least=2,
        required=True,
        other=True,
    ),
    Question(
        "awareness_raising",
        (
            "producer_transparency",
            "employee_transparency",
            "price_transparency",
            "responsible_consumption_education",
            "global_market_education",
            "fair_trade_concept",
            "other",
        ),
        other=True,
    ),
)

SOCIAL_PRODUCER = (
    Question(
        "nonprofit_association",
        (
            "youth_and_elderly",
            "art_and_culture",
            "national_and_vocational_training",
            "natural_protection",
            "charity",
            "persecuted_minorities_and_victims_of_persecution",
            "international_tolerance",
            "animal_protection",
            "development_cooperation",
            "consumer_protection",
            "convicts_and_ex_convicts",
            "sexual_equality",
            "democratic_political_system",
        ),
        explained=False,
    ),
    Question(
        "social_businesses_muhammad_yunus",
        # the spelling is that market's own
        (
            "social_proplem",
            "dividend",
            "reinvestment",
            "natural_protection",
            "conditions_of_work",
        ),
        explained=False,
    ),
    Question(
        "social_entrepreneur",
        (
            "social_proplem",
            "big_social_groups",
            "small_social_groups",
            "generally_charitable",
            "potential_social_advancement",
            "social_sensitization",
        ),
    ),
)

ECOLOGIC_SEALS = (
    "bio_siegel",
    "eg_bio_siegel",
    "ecovin",
    "naturland",
    "gaea_e_v_oekologischer_landbau",
    "biokreis",
    "bioland",
    "biopark",
    "demeter",
    "europaeisches_umweltzeichen",
    "gots",
    "textiles_vertrauen_nach_oeko_tex_standard_100plus",
    "ivn_zertifiziert_naturtextil",
    "ivn_zertifiziert_naturtextil_best",
    "rainforest_alliance",
    "der_blaue_engel",
    "deutsches_gueteband_wein",
    "ecogarantie",
    "fsc_pure_papier",
    "fsc_pure_holz",
    "greenline",
    "gut",
    "kork_logo",
    "kompostierbar_compostable",
    "kontrollierte_natur_kosmetik_bdih",
    "natrue_natural_cosmetics_with_organic_portion",
    "natrue_organic_cosmetics",
    "natureplus",
    "oeko_control",
    "tco_certified",
    "utz_certified",
    "tuev_eco_kreis",
)

# every column that a questionnaire reads
COLUMNS = frozenset(
    {
        "fair_kind",
        "fair_seal",
        "ecologic_seal",
        "upcycling_reason",
        "small_and_precious_eu_small_enterprise",
        "small_and_precious_reason",
        "small_and_precious_handmade",
    }
).union(
    f"{question.name}{tail}"
    for question in (*FAIR_TRUST, *SOCIAL_PRODUCER)
    for tail in ("", "_checkboxes", "_other", "_explanation")
)
