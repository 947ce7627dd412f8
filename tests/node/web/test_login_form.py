import pytest

from node.passwords import PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN
from node.web.login_form import login_problems

GOOD = "x" * PASSWORD_CHARACTERS_MIN


@pytest.mark.parametrize(
    ("name", "password", "again", "fields"),
    [
        ("Amina", GOOD, GOOD, []),
        ("x" * 64, "y" * PASSWORD_BYTES_MAX, "y" * PASSWORD_BYTES_MAX, []),
        ("x" * 65, GOOD, GOOD, ["name"]),
        ("a\u0000b", GOOD, GOOD, ["name"]),
        ("Amina", GOOD[:-1], GOOD[:-1], ["password"]),
        ("Amina", "y" * (PASSWORD_BYTES_MAX + 1), GOOD, ["password"]),
        ("Amina", GOOD, GOOD + "x", ["again"]),
        ("", "", "x", ["name", "password"]),
    ],
)
def test_each_field_says_what_is_wrong_with_it(
    name: str, password: str, again: str, fields: list[str]
) -> None:
    assert list(login_problems(name, password, again)) == fields
