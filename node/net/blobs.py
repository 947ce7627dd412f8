"""Blobs on demand: a file is fetched, piece by piece, when somebody wants to see it.

Pieces are checked as they come and kept, so a broken link costs at most one piece. Nothing is
fetched that nobody asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from node.mailbox import Mailbox
from node.store import blobs as rows
from protocol import sessionevents as happened
from protocol.errors import Refusal

if TYPE_CHECKING:
    from node.net.link import Link
    from node.net.peers import Peers


Came = happened.BlobListCame | happened.BlobPieceCame


class Blobs:
    """Files that are under way, by hash."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._fetching: dict[bytes, asyncio.Event] = {}
        """Set when the fetch is over, however it ended."""
        self._came: dict[tuple[Link, bytes], Mailbox[Came]] = {}

    async def get(self, blob: bytes) -> bytes | None:
        """A file by its hash: from here, else from the first connected peer that has it."""
        here = await self._read(blob)
        if here is not None:
            return here
        under_way = self._fetching.get(blob)
        if under_way is not None:
            await under_way.wait()
            return await self._read(blob)
        if len(self._fetching) >= FETCHES_MAX:
            return None
        over = self._fetching[blob] = asyncio.Event()
        try:
            for link in self._peers.links:
                if link.greeted and await self._fetch(link, blob):
                    return await self._read(blob)
        finally:
            del self._fetching[blob]
            over.set()
        return None

    def came(self, link: Link, event: Came) -> None:
        """A list or a piece came over some link; what nobody waits for there is dropped."""
        waiting = self._came.get((link, event.blob))
        if waiting is not None:
            waiting.offer(event)

    async def _fetch(self, link: Link, blob: bytes) -> bool:
        """Whether one peer gave all that was missing; a false piece ends its link."""
        circles = await self._peers.store.session(lambda replica: replica.shared_circles(link.coop))
        if not circles:
            return False
        waiting = self._came[link, blob] = Mailbox(EVENTS_MAX)
        try:
            return await self._ask(link, circles[0][0], blob, waiting)
        except TimeoutError:
            return False
        except Refusal as refusal:
            link.break_off(refusal)
            return False
        finally:
            del self._came[link, blob]

    async def _ask(self, link: Link, circle: bytes, blob: bytes, waiting: Mailbox[Came]) -> bool:
        known = await self._peers.store.write(lambda database: rows.hashes_of(database, blob))
        place = await self._peers.store.write(lambda database: rows.missing_from(database, blob))
        # The list comes with the first piece alone.
        asked_to = (place if known else 0) + PIECES_AT_ONCE
        await link.ask_blob(circle, blob, asked_to - PIECES_AT_ONCE, PIECES_AT_ONCE)
        while not link.has_ended:
            async with asyncio.timeout(PIECE_S_MAX):
                event = await waiting.take()
            if isinstance(event, happened.BlobListCame):
                if event.size == 0:
                    return False
                await self._put_list(event)
            elif isinstance(event, happened.BlobPieceCame):
                if await self._put_piece(event):
                    return True
                if event.place + 1 == asked_to:
                    await link.ask_blob(circle, blob, asked_to, PIECES_AT_ONCE)
                    asked_to += PIECES_AT_ONCE
        return False

    async def _read(self, blob: bytes) -> bytes | None:
        return await self._peers.store.write(lambda database: rows.read(database, blob))

    async def _put_list(self, event: happened.BlobListCame) -> None:
        await self._peers.store.write(
            lambda database: rows.put_list(database, event.blob, event.size, list(event.pieces))
        )

    async def _put_piece(self, event: happened.BlobPieceCame) -> bool:
        return await self._peers.store.write(
            lambda database: rows.put_piece(database, event.blob, event.place, event.piece)
        )


FETCHES_MAX: Final = 16
EVENTS_MAX: Final = 64
PIECES_AT_ONCE: Final = 4
PIECE_S_MAX: Final = 20
