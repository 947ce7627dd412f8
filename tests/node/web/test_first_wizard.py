import asyncio
from pathlib import Path

import pytest

from node import firstrun, keyring
from node.clock import ManualClock
from node.config import load
from node.web.first_wizard import Wizard
from node.web.login_form import is_account_name
from protocol.profile import Profile

FIELDS = Profile(name="Kahawa", country="KE")


@pytest.fixture
def wizard(tmp_path: Path) -> Wizard:
    return Wizard(load(tmp_path, {}, {}), ManualClock(0, 0), keyring.entropy)


def test_only_the_first_who_opens_the_link_is_known(wizard: Wizard) -> None:
    assert wizard.open("0" * 32) == ("unknown", "")
    assert wizard.open("\ud800") == ("unknown", "")
    opened, value = wizard.open(wizard.link_token)
    assert opened == "now"
    assert wizard.knows(value)
    assert wizard.open(wizard.link_token) == ("before", "")
    assert not wizard.knows(None)
    assert not wizard.knows("0" * 32)


async def test_words_are_taken_however_they_are_typed(wizard: Wizard) -> None:
    wizard.tell_coop(FIELDS)
    typed = [f"  {wizard.words[at].upper()} " for at in wizard.asked]
    assert await wizard.confirm(typed) == []
    assert wizard.is_confirmed
    assert await wizard.confirm(["a", "b", "c"]) == []


async def test_only_the_wrong_words_are_named(wizard: Wizard) -> None:
    wizard.tell_coop(FIELDS)
    asked = wizard.asked
    typed = [wizard.words[asked[0]], "zebra crossing", wizard.words[asked[2]]]
    assert await wizard.confirm(typed) == [asked[1] + 1]


async def test_two_clicks_make_one_owner(wizard: Wizard) -> None:
    wizard.tell_coop(FIELDS)
    await wizard.confirm([wizard.words[at] for at in wizard.asked])
    both = (wizard.finish("Amina", "sea and soil 12") for _ in range(2))
    await asyncio.gather(*both)
    assert wizard.step == "done"
    assert firstrun.standing(wizard.settings.home, wizard.network) == "made"


def test_a_name_of_blanks_is_none() -> None:
    assert is_account_name("Amina")
    assert not is_account_name("  ")
    assert not is_account_name("a\nb")
