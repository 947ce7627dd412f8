"""Two people changed one offer: what differs, whose change it is, and both together."""

from __future__ import annotations

import msgspec

from node.web.offer_conflict import differences, marks_of, together
from node.web.offer_form import read_offer
from node.web.offer_typed import typed
from protocol.values import Decimal
from tests.node.web.whole_offer import NOW_MS, WHOLE

WAS = typed(WHOLE, "en")
MINE = typed(
    msgspec.structs.replace(WHOLE, title={"en": "My coffee"}, quantity=Decimal(5, 0)), "en"
)
THEIRS = typed(
    msgspec.structs.replace(WHOLE, title={"en": "Their coffee"}, step=None, links=()), "en"
)


def test_only_what_both_changed_has_to_be_asked() -> None:
    found = {one.part: one for one in differences(MINE, THEIRS, marks_of(WAS))}
    told = {part: (one.suggested, one.is_both) for part, one in found.items()}
    assert told == {
        "title": ("mine", True),
        "quantity": ("mine", False),
        "step": ("theirs", False),
        "links": ("theirs", False),
    }
    assert found["title"].mine == {"title.en": "My coffee"}
    assert found["title"].theirs == {"title.en": "Their coffee"}
    assert found["step"].theirs == {}


def test_both_together_are_an_offer_again() -> None:
    take = {one.part: one.suggested for one in differences(MINE, THEIRS, marks_of(WAS))}
    offer = read_offer(together(MINE, THEIRS, take), "en", NOW_MS).offer
    assert offer is not None
    assert offer.title == {"en": "My coffee"}
    assert (offer.quantity, offer.step, offer.links) == (Decimal(5, 0), None, ())
    theirs = together(MINE, THEIRS, dict.fromkeys([*take, "title"], "theirs"))
    assert theirs == THEIRS


def test_the_same_change_is_no_difference() -> None:
    assert differences(MINE, MINE, marks_of(WAS)) == []


def test_without_marks_all_is_asked() -> None:
    assert all(one.is_both for one in differences(MINE, THEIRS, "") if one.mine and one.theirs)
