"""A co-op in memory with a circle in which it offers things, and who asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from node import acts
from node.acts import Signing
from node.store.database import Database
from node.store.market import Asker
from protocol import merge, trade
from protocol.record import open_body
from tests.coops import NOW_MS, Coop

__all__ = ["NOW_MS", "Market"]

T = TypeVar("T")


class Market:
    """Each act is a millisecond later than the one before."""

    def __init__(self) -> None:
        self.coop = Coop("market")
        self.now_ms = NOW_MS
        self.circle = self.coop.found()
        self.connection = self.coop.database.connection
        self.asker = Asker(self.coop.id, NOW_MS)

    def add(
        self,
        title: str,
        *,
        kind: str = trade.OFFER,
        subject: bytes | None = None,
        text: str = "",
        **fields: Any,  # noqa: ANN401 - any field
    ) -> bytes:
        """Publish an offer, or a new version of one; the id of the record."""
        texts = {"en": text} if text else {}
        offer = trade.Offer(title={"en": title}, text=texts, **fields)
        published = self.do(
            lambda database, signing: acts.add_offers(
                database, signing, self.circle, [(kind, offer, subject)], live=True
            )
        )
        return published.ids[0]

    def do(self, act: Callable[[Database, Signing], T]) -> T:
        """Do an act of the co-op's."""
        self.now_ms += 1
        return act(self.coop.database, self.coop.signing(0, self.now_ms))

    def title_of(self, body: bytes) -> str:
        """The English title in a body."""
        fields: trade.Offer = merge.read_fields(trade.OFFER, open_body(body))
        return fields.title["en"]
