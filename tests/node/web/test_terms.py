"""Names of codes, and what is done with a code that is none of ours."""

from typing import get_args

import msgspec

from node.codes import LISTS
from node.web import terms
from protocol import trade


def test_a_known_code_has_a_name_and_another_stays_as_it_was_written() -> None:
    def loud(text: str) -> str:
        return text.upper()

    assert terms.words_of(terms.PAYMENTS, "cash", loud) == terms.Words("CASH")
    other = terms.words_of(terms.PAYMENTS, "sea-shells_only", loud)
    assert other == terms.Words("sea shells only", is_said=True)


def test_all_codes_of_the_protocol_have_names() -> None:
    types = {field.name: field.type for field in msgspec.structs.fields(trade.Offer)}
    assert set(get_args(types["mode"])) == terms.MODES.keys()
    assert set(get_args(types["condition"])) == terms.CONDITIONS.keys()
    assert terms.INCOTERMS.keys() == LISTS["incoterm"].names().keys()
