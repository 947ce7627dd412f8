from typing import get_args, get_type_hints

from node.web import choices
from node.web.assets import STATIC
from protocol.profile import Profile


def test_countries_and_languages_are_named_in_the_readers_language() -> None:
    assert ("KE", "Kenia", "") in choices.countries("de")
    assert ("sw", "Suaheli", "") in choices.languages("de")
    assert len(choices.countries("ar")) == len(choices.countries("en")) > 240
    assert "EU" not in {one.code for one in choices.countries("en")}


def test_every_form_of_a_co_op_can_be_chosen_and_no_other() -> None:
    known = get_args(get_args(get_type_hints(Profile)["governance"])[0])
    assert {one.code for one in choices.GOVERNANCE} == set(known)
    assert choices.governance_name("worker") == "Worker co-op"


def test_every_sector_has_its_drawing_and_an_unknown_one_its_own_word() -> None:
    drawn = (STATIC / "icons.svg").read_text()
    assert [one.code for one in choices.SECTORS if f'id="{one.about}"' not in drawn] == []
    assert choices.sector_name("fishing") == "Fishing"
    assert choices.sector_name("beekeeping") == "beekeeping"
