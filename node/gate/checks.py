"""Checks: what the published code lists and this node's own files say to a wish.

The protocol looks at the form of a code alone; here, at the local door, a code has to be in its
list, and a picture has to be here before an offer names it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from node import codes
from node.codes import Problem
from node.views import Connection, files
from protocol.errors import Refusal
from protocol.trade import Offer
from protocol.values import Blob


def check_offer(offer: Offer, now_ms: int) -> None:
    """Fields against each other, codes against their lists; refuses `bad-field`, `bad-code`."""
    offer.check()
    _raise(codes.check_offer(offer, now_ms))


def check_code(field: str, kind: str, code: str) -> None:
    """One code against its list; refuses `bad-code`."""
    problem = codes.check_code(field, kind, code)
    _raise([] if problem is None else [problem])


def check_pictures(connection: Connection, pictures: Sequence[Blob]) -> None:
    """Whether all of them are here as they are described; refuses `not-found`, `bad-field`."""
    for place, picture in enumerate(pictures):
        kept = files.file_of(connection, picture.hash)
        if kept is None:
            raise Refusal("not-found", f"images[{place}] is not here; upload it first")
        if (kept.bytes, kept.type) != (picture.bytes, picture.type):
            raise Refusal("bad-field", f"images[{place}] is {kept.type} of {kept.bytes} bytes")


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        told = (
            f"{one.field}: {msgspec.structs.replace(one.message, code='').say()}"
            for one in problems
        )
        raise Refusal(problems[0].code, "; ".join(told))
