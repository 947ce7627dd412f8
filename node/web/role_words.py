"""Role words: what roles are called, what each may do, and what people did, as sentences.

To be translated where they are shown. What this version does not know is shown as it was written.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from node.access import ROLES, Scope
from node.text import Translate
from node.text import mark as _


class Duty(NamedTuple):
    """Something that people do at a node, and the scope that it takes."""

    scope: Scope
    words: str


def role_name(role: str) -> str:
    """What a role is called, to be translated; one of another version as it was written."""
    return NAMES.get(role, role)


def duties_of(role: str) -> list[tuple[str, bool]]:
    """Each duty in words, and whether this role has it."""
    return [(one.words, one.scope in ROLES[role]) for one in DUTIES]


def kinds_told(about: str, translate: Translate) -> list[str]:
    """`offer/1:3 want/1:1` as words with how many of each."""
    told = []
    for part in about.split():
        kind, _colon, count = part.partition(":")
        name = translate(KINDS[kind]) if kind in KINDS else kind
        told.append(name if count == "1" else f"{count} \u00d7 {name}")
    return told


NAMES: Final = {
    "owner": _("owner"),
    "trader": _("trader"),
    "member": _("member"),
    "auditor": _("auditor"),
}
ABOUT: Final = {
    "owner": _("Runs the node for the co-op, and invites the others."),
    "trader": _("Writes for the co-op: offers, wants, catalogues, notes."),
    "member": _("Looks at everything, and writes nothing."),
    "auditor": _("Looks at everything, and at who did what."),
}
DUTIES: Final = (
    Duty("read", _("see offers, co-ops, circles and this node")),
    Duty("write", _("write offers, wants, catalogues and notes")),
    Duty("audit", _("see who did what")),
    Duty("admin", _("invite people, decide in circles, change the co-op and this node")),
)
# `who` did it, to `whom`, about `about`.
DEEDS: Final = {
    "login": _("{who} logged in"),
    "logout": _("{who} logged out"),
    "invited": _("{who} made an invite for a new person with the role {about}"),
    "invite-ended": _("{who} took the link number {about} back"),
    "welcomed": _("{who} came in by an invite"),
    "reset-offered": _("{who} made a link by which {whom} chooses a new password"),
    "password": _("{who} chose a new password"),
    "password-set": _("{who} set a new password for {whom}"),
    "role": _("{who} gave {whom} the role {about}"),
    "disabled": _("{who} shut {whom} out"),
    "enabled": _("{who} let {whom} in again"),
    "removed": _("{who} removed {whom}"),
    "session-ended": _("{who} ended a login of {whom}"),
    "token-made": _("{who} made the token number {about} for a program"),
    "token-ended": _("{who} ended the token number {about}"),
    "signed": _("{who} had signed: {about}"),
}
OTHER_DEED: Final = _("{who} did something that this version does not know: {about}")
KINDS: Final = {
    "offer/1": _("offer"),
    "want/1": _("want"),
    "withdraw/1": _("taking back of an offer"),
    "erase/1": _("erasure of an offer"),
    "profile/1": _("profile of the co-op"),
    "profile.contact/1": _("contact of the co-op"),
    "note/1": _("note"),
    "endorse/1": _("yes to a proposal"),
    "affirm/1": _("affirmation"),
    "log.open/1": _("opening of a log"),
    "circle.found/1": _("founding of a circle"),
    "circle.rule/1": _("change of a circle's rules"),
    "circle.admit/1": _("admission of a co-op"),
    "circle.accept/1": _("yes to an admission"),
    "circle.remove/1": _("removal of a co-op"),
}
assert NAMES.keys() == ABOUT.keys() == ROLES.keys()
