from collections.abc import Mapping

import pytest

from node.catalogue.fairmondo_fair import COLUMNS, ECOLOGIC_SEALS, fair_claims
from node.catalogue.fields import Fields

LONG = "Lang genug, um etwas zu erklären. " * 5
SHORT = "x" * 149

TRUST = {
    "fair_kind": "fair_trust",
    "support": "true",
    "support_checkboxes": "prefinance, longterm,community",
    "support_explanation": LONG,
    "labor_conditions": "true",
    "labor_conditions_checkboxes": "hygiene,working_hours,free_assembly,child_labor_ban",
    "labor_conditions_explanation": LONG,
    "controlling": "true",
    "controlling_checkboxes": "inspectors,own_system",
    "controlling_explanation": LONG,
}
SOCIAL = {
    "fair_kind": "social_producer",
    "social_entrepreneur": "true",
    "social_entrepreneur_checkboxes": "big_social_groups",
    "social_entrepreneur_explanation": LONG,
}
SMALL = {
    "small_and_precious_eu_small_enterprise": "true",
    "small_and_precious_reason": LONG,
    "small_and_precious_handmade": "false",
}


def claims(cells: Mapping[str, str]) -> tuple[list[dict[str, object]], list[str]]:
    fields = Fields({name: at for at, name in enumerate(cells)}, list(cells.values()))
    found = fair_claims(fields)
    return found, [problem.say() for problem in fields.problems]


def test_nothing_claimed_is_nothing() -> None:
    assert claims({}) == ([], [])
    assert claims(dict.fromkeys(COLUMNS, "")) == ([], [])


def test_the_answers_about_fair_trust() -> None:
    found, problems = claims(TRUST)
    assert problems == []
    assert found == [
        {
            "scheme": "fairmondo/fair_trust",
            "answers": {
                "support": {
                    "checked": ["prefinance", "longterm", "community"],
                    "explanation": {"de": LONG.strip()},
                    "yes": True,
                },
                "labor_conditions": {
                    "checked": ["hygiene", "working_hours", "free_assembly", "child_labor_ban"],
                    "explanation": {"de": LONG.strip()},
                    "yes": True,
                },
                "controlling": {
                    "checked": ["inspectors", "own_system"],
                    "explanation": {"de": LONG.strip()},
                    "yes": True,
                },
            },
        }
    ]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"support": ""}, "support: this has to be true"),
        ({"labor_conditions": "false"}, "labor_conditions: this has to be true"),
        ({"controlling": ""}, "controlling: this has to be true"),
        ({"support_checkboxes": "longterm,premiums"}, "support_checkboxes: 2 are ticked, 3 are"),
        (
            {"labor_conditions_checkboxes": "hygiene,working_hours,free_assembly"},
            "labor_conditions_checkboxes: 3 are ticked, 4 are needed",
        ),
        ({"controlling_checkboxes": "inspectors"}, "controlling_checkboxes: 1 are ticked, 2 are"),
        ({"controlling_checkboxes": "inspectors,friends"}, "'friends' is none of transparent_"),
        ({"support_explanation": SHORT}, "support_explanation: explain in 150 to 10000 characters"),
        ({"support_explanation": "x" * 10_001}, "these are 10001"),
        ({"environment_protection": "true"}, "environment_protection_checkboxes: 0 are ticked"),
        (
            {"awareness_raising": "true", "awareness_raising_checkboxes": "fair_trade_concept"},
            "awareness_raising_explanation: explain in 150 to 10000 characters; these are 0",
        ),
        (
            {"controlling_checkboxes": "inspectors,other", "controlling_other": "kurz"},
            "controlling_other: as other is ticked, say what in 5 to 100 characters; these are 4",
        ),
    ],
)
def test_the_rules_about_fair_trust(cells: Mapping[str, str], told: str) -> None:
    _found, problems = claims(TRUST | dict(cells))
    assert told in "; ".join(problems)


@pytest.mark.parametrize("length", [150, 10_000])
def test_explanations_may_be_as_short_and_as_long_as_the_rule_says(length: int) -> None:
    assert claims(TRUST | {"support_explanation": "x" * length})[1] == []


def test_what_is_optional_may_stay_open() -> None:
    assert claims(TRUST | {"environment_protection": "false", "awareness_raising": ""})[1] == []


def test_the_answers_of_a_social_producer() -> None:
    found, problems = claims(SOCIAL | {"nonprofit_association": "false"})
    assert problems == []
    assert found == [
        {
            "scheme": "fairmondo/social_producer",
            "answers": {
                "social_entrepreneur": {
                    "checked": ["big_social_groups"],
                    "explanation": {"de": LONG.strip()},
                    "yes": True,
                }
            },
        }
    ]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {"social_entrepreneur": ""},
            "fair_kind: say yes to at least one of nonprofit_association",
        ),
        ({"social_entrepreneur_checkboxes": ""}, "social_entrepreneur_checkboxes: 0 are ticked, 1"),
        ({"social_entrepreneur_explanation": ""}, "these are 0"),
        ({"nonprofit_association": "true"}, "nonprofit_association_checkboxes: 0 are ticked, 1"),
        (
            {"social_businesses_muhammad_yunus_checkboxes": "social_problem"},
            "'social_problem' is none of social_proplem, dividend",
        ),
    ],
)
def test_the_rules_about_social_producers(cells: Mapping[str, str], told: str) -> None:
    assert told in "; ".join(claims(SOCIAL | dict(cells))[1])


def test_seals() -> None:
    assert claims({"fair_kind": "fair_seal", "fair_seal": "weltladen"}) == (
        [{"scheme": "fairmondo/fair_seal", "seal": "weltladen"}],
        [],
    )
    assert "fair_seal: this is missing" in claims({"fair_kind": "fair_seal"})[1][0]
    assert "'own' is none of" in claims({"fair_kind": "fair_seal", "fair_seal": "own"})[1][0]
    assert "fair_kind: 'fair' is none of" in claims({"fair_kind": "fair"})[1][0]


@pytest.mark.parametrize("seal", ECOLOGIC_SEALS)
def test_each_ecologic_seal(seal: str) -> None:
    assert claims({"ecologic_seal": seal}) == ([{"scheme": "fairmondo/ecologic", "seal": seal}], [])


def test_upcycling_needs_a_reason_unless_there_is_a_seal() -> None:
    answers = {"upcycling": {"yes": True, "explanation": {"de": LONG.strip()}}}
    assert claims({"upcycling_reason": LONG}) == (
        [{"scheme": "fairmondo/ecologic", "answers": answers}],
        [],
    )
    assert "these are 149" in claims({"upcycling_reason": SHORT})[1][0]
    assert "these are 2501" in claims({"upcycling_reason": "x" * 2501})[1][0]
    assert claims({"upcycling_reason": SHORT, "ecologic_seal": "bioland"})[1] == []
    assert len(ECOLOGIC_SEALS) == 32


def test_small_and_precious() -> None:
    found, problems = claims(SMALL)
    assert problems == []
    assert found == [
        {
            "scheme": "fairmondo/small_and_precious",
            "answers": {
                "eu_small_enterprise": {"yes": True, "explanation": {"de": LONG.strip()}},
                "handmade": {"yes": False},
            },
        }
    ]
    assert "these are 149" in claims(SMALL | {"small_and_precious_reason": SHORT})[1][0]
    told = claims(SMALL | {"small_and_precious_handmade": ""})[1][0]
    assert told.startswith("small_and_precious_handmade: this is missing")


def test_answers_that_the_kind_does_not_ask_for_are_left_out() -> None:
    assert claims(TRUST | {"fair_kind": ""}) == ([], [])
    social, problems = claims(TRUST | SOCIAL | {"support_checkboxes": "odd"})
    assert problems == []
    assert [claim["scheme"] for claim in social] == ["fairmondo/social_producer"]
    assert claims(SMALL | {"small_and_precious_eu_small_enterprise": "false"}) == ([], [])
