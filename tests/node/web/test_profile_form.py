import pytest

from node.web.profile_form import Typed, read_profile
from protocol.profile import Profile

WHOLE: Typed = {
    "name": ["  Kahawa  "],
    "country": ["ke"],
    "language": ["sw", "en", "sw", ""],
    "sector": ["farming", "food"],
    "governance": ["producer"],
    "registration": ["CS/1234"],
}


def test_what_was_typed_becomes_a_profile() -> None:
    assert read_profile(WHOLE) == (
        Profile(
            name="Kahawa",
            country="KE",
            languages=("sw", "en"),
            sectors=("farming", "food"),
            governance="producer",
            registration="CS/1234",
        ),
        {},
    )


def test_name_and_country_are_enough() -> None:
    found, problems = read_profile({"name": ["Kahawa"], "country": ["KE"], "governance": [""]})
    assert (found, problems) == (Profile(name="Kahawa", country="KE"), {})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "write the co-op's name"),
        ("name", "x" * 201, "this is longer than 200 characters; shorten it"),
        ("name", "good\u202eevil", "there are invisible characters in it; type it anew"),
        ("name", "a\x00b", "there are invisible characters in it; type it anew"),
        ("country", "", "choose the country"),
        ("country", "ZZ", "choose the country"),
        ("registration", "9" * 65, "this is longer than 64 characters; shorten it"),
        ("governance", "kingdom", "choose one of the list"),
        ("language", "no such language", "choose one of the list"),
        ("sector", "x" * 65, "choose one of the list"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(field: str, value: str, said: str) -> None:
    found, problems = read_profile({**WHOLE, field: [value]})
    assert found is None
    assert {name: one.say() for name, one in problems.items()} == {field: said}


@pytest.mark.parametrize(("field", "value"), [("name", "x" * 200), ("registration", "9" * 64)])
def test_at_the_limit_it_is_taken(field: str, value: str) -> None:
    assert read_profile({**WHOLE, field: [value]})[0] is not None
