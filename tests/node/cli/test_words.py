import pytest

from node.cli.words import mark, message, told
from node.text import ToldError


def test_a_mark_leaves_the_text_as_it_is() -> None:
    assert mark("the circle was founded") == "the circle was founded"


def test_a_message_says_its_sentence_with_its_code() -> None:
    assert message("there is no {what}", "not-found", what="rice").say() == (
        "there is no rice [not-found]"
    )


def test_a_told_error_carries_its_message() -> None:
    with pytest.raises(ToldError) as raised:
        raise told("{count} circles", "ambiguous-id", count=2)
    assert raised.value.message.code == "ambiguous-id"
    assert str(raised.value) == "2 circles [ambiguous-id]"
