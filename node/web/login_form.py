"""Login form: what is wrong with the name and the password that somebody chose.

Pure: texts in, a sentence for each field out. Never keeps or compares a password.
"""

from __future__ import annotations

from node.access import NAME_CHARACTERS_MAX, account_name
from node.passwords import PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN
from node.text import Message
from node.text import mark as _
from protocol.errors import Refusal


def login_problems(name: str, password: str, again: str) -> dict[str, Message]:
    """Field -> what is wrong with it: `name`, `password`, `again`."""
    problems: dict[str, Message] = {}
    if not is_account_name(name):
        text = _("write a name of 1 to {most} visible characters")
        problems["name"] = Message(text, values={"most": NAME_CHARACTERS_MAX})
    if len(password) < PASSWORD_CHARACTERS_MIN:
        text = _("a password has at least {least} characters; a short sentence is easy to keep")
        problems["password"] = Message(text, values={"least": PASSWORD_CHARACTERS_MIN})
    elif len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES_MAX:
        text = _("this is longer than {most} characters; shorten it")
        problems["password"] = Message(text, values={"most": PASSWORD_BYTES_MAX})
    elif password != again:
        problems["again"] = Message(_("the two are not the same; type it again"))
    return problems


def is_account_name(name: str) -> bool:
    """Whether an account can have this name."""
    try:
        account_name(name)
    except Refusal:
        return False
    return True
