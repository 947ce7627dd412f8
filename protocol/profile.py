"""Profile: how a co-op presents itself, and how it can be reached.

The profile is lasting; the contact line is forgettable, since people change.
SPEC section "Profile".
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from protocol.limits import LANGUAGES_MAX, LIST_MAX, NODES_MAX
from protocol.values import Address, Blob, Code, Country, Fields, Language, Name, Text, Url


class Profile(Fields, frozen=True, kw_only=True):
    """Fields of `profile/1`; the latest of a co-op stands."""

    country: Country
    description: Text = field(default_factory=dict)
    governance: (
        Literal[
            "worker",
            "consumer",
            "producer",
            "housing",
            "platform",
            "multi-stakeholder",
            "secondary",
        ]
        | None
    ) = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=LANGUAGES_MAX)] = ()
    name: Name
    picture: Blob | None = None
    registration: Code | None = None
    sectors: Annotated[tuple[Code, ...], Meta(max_length=LIST_MAX)] = ()
    website: Url | None = None


class Contact(Fields, frozen=True, kw_only=True):
    """Fields of `profile.contact/1`: how to reach a person, and where the co-op's node answers."""

    address: Name | None = None
    email: Name | None = None
    nodes: Annotated[tuple[Address, ...], Meta(max_length=NODES_MAX)] = ()
    person: Name | None = None
    phone: Code | None = None


PROFILE: Final = "profile/1"
CONTACT: Final = "profile.contact/1"
