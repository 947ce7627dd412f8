"""Once: a form that was sent twice is one act: the second click gets the answer of the first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from node.gate.keys import REPEATS
from node.gate.repeats import Answer, request_hash
from node.keyring import entropy
from node.web.visit import Visit


async def see_once(
    visit: Visit, work: Callable[[], Awaitable[str]], content: str = ""
) -> web.Response:
    """Do it, and send the browser to the path that came of it; the form carries a fresh `nonce`.

    With `content` another one under the same nonce is refused, `key-reused`.
    """
    nonce = visit.form.get("nonce", "")
    said = f"{nonce}{content}".encode("utf-8", "surrogatepass")
    hashed = request_hash("POST", visit.request.path, said)

    async def answer() -> Answer:
        return Answer(SEE_OTHER, (await work()).encode())

    repeats = visit.request.app[REPEATS]
    kept, _ = await repeats.once(visit.principal.name, nonce, hashed, answer)
    return visit.see(kept.body.decode())


def fresh_nonce() -> str:
    """What makes one form another one than the next."""
    return entropy(NONCE_BYTES).hex()


SEE_OTHER: Final = 303
NONCE_BYTES: Final = 16
