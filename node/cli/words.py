"""Words: the command line's sentences, marked for translation without loading the translator.

Help must come at once, and the tables of all languages take longer to load than to show it. Never
shows anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.text import Message, ToldError


def mark(text: str) -> str:
    """Give the text back unchanged: `node.text.mark`, to be imported as `_`."""
    return text


def message(text: str, code: str = "", **values: str | int) -> Message:
    """A marked sentence with its values, to be translated when it is shown."""
    from node.text import Message

    return Message(text, code, values)


def told(text: str, code: str, **values: str | int) -> ToldError:
    """The error that carries a marked sentence to the edge of the command."""
    from node.text import ToldError

    return ToldError(message(text, code, **values))
