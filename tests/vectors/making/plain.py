"""How values stand in the JSON of the vectors, and small helpers of all makers."""

from collections.abc import Callable
from typing import Any

from protocol.codec import encode
from protocol.errors import Refusal
from protocol.keys import Network

NETWORK = Network("coop")
Case = dict[str, Any]


def plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    """A value as JSON: byte strings become {"hex": ...}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def case(name: str, **parts: object) -> Case:
    """A case: bytes at the top stand as hex strings, deeper ones as {"hex": ...}."""
    return {
        "name": name,
        **{key: one.hex() if isinstance(one, bytes) else plain(one) for key, one in parts.items()},
    }


def verdict(do: Callable[..., object], *args: object) -> dict[str, str]:
    """{"refusal": code}, or nothing when it passes."""
    try:
        do(*args)
    except Refusal as refusal:
        return {"refusal": refusal.code}
    return {}


def word(text: str) -> bytes:
    """32 bytes out of a word."""
    return NETWORK.hash(b"test", text.encode())


def stored(data: bytes) -> bytes:
    """A zstd frame that holds the bytes uncompressed: the same whatever library packs it."""
    size = len(data).to_bytes(4, "little")
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)] or [b""]
    out = b"\x28\xb5\x2f\xfd\xa0" + size
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        out += (len(block) << 3 | last).to_bytes(3, "little") + block
    return out


def digest_of_parts(domain: str, *parts: object) -> Case:
    """H(domain, [parts]) with everything on the way."""
    data = encode(list(parts))
    return {
        "domain": domain,
        "parts": plain(list(parts)),
        "data": data.hex(),
        "hash": NETWORK.hash(domain.encode(), data).hex(),
    }
