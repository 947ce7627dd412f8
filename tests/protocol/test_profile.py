"""Profiles and contact lines: what they may say."""

import pytest

from protocol import merge, profile
from protocol.codec import encode
from protocol.limits import LANGUAGES_MAX, LIST_MAX
from protocol.profile import Contact, Profile
from protocol.record import FORGETTABLE, open_body, write_body
from tests.protocol.coops import code_of, salt

BARE = {"country": "KE", "name": "Kagumo"}
LANGUAGES = [f"{a}{b}" for a in "abcde" for b in "abcde"]


def code(kind: str, fields: object) -> str | None:
    body = open_body(write_body(salt("a"), fields))
    return code_of(lambda: merge.read_fields(kind, body))


def test_a_whole_profile_comes_back() -> None:
    whole = Profile(
        country="BR",
        description={"pt": "Catadores", "en": "Waste pickers"},
        governance="worker",
        languages=("pt", "en"),
        name="Recicla",
        registration="12.345.678/0001-90",
        sectors=("recycling",),
        website="https://recicla.example",
    )
    body = open_body(write_body(salt("a"), whole))
    assert merge.read_fields(profile.PROFILE, body) == whole


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"languages": LANGUAGES[:LANGUAGES_MAX]}, None),
        ({"sectors": ["x"] * LIST_MAX}, None),
        ({"languages": LANGUAGES[: LANGUAGES_MAX + 1]}, "bad-field"),
        ({"sectors": ["x"] * (LIST_MAX + 1)}, "bad-field"),
        ({"country": "Kenya"}, "bad-field"),
        ({"name": ""}, "bad-field"),
        ({"governance": "emperor"}, "bad-field"),
        ({"website": "javascript:alert(1)"}, "bad-field"),
        ({"languages": ["English"]}, "bad-field"),
        ({"phone": "1"}, "bad-field"),
        ({"governance": None}, "not-canonical"),
        ({"description": {}}, "not-canonical"),
    ],
)
def test_a_profile_at_its_edges(changes: dict[str, object], expected: str | None) -> None:
    assert code(profile.PROFILE, {**BARE, **changes}) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        (
            {"email": "fish@example.org", "person": "Anna", "phone": "+49 1", "address": "Pier 1"},
            None,
        ),
        ({"email": ""}, "bad-field"),
        ({"phone": "1" * 65}, "bad-field"),
        ({"fax": "1"}, "bad-field"),
    ],
)
def test_a_contact_line_at_its_edges(fields: dict[str, object], expected: str | None) -> None:
    assert code(profile.CONTACT, fields) == expected


def test_a_person_can_be_forgotten_and_a_coop_cannot() -> None:
    assert profile.CONTACT.partition("/")[0] in FORGETTABLE
    assert profile.PROFILE.partition("/")[0] not in FORGETTABLE


@pytest.mark.parametrize("kind", [Profile, Contact])
def test_fields_stand_in_the_order_of_the_wire(kind: type[Profile | Contact]) -> None:
    assert list(kind.__struct_fields__) == sorted(kind.__struct_fields__)


def test_an_empty_contact_line_is_an_empty_map() -> None:
    assert encode(Contact()) == b"\x80"
