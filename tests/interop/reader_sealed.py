"""Sealed parts and blobs: SPEC.md, sections Sealed part and Blobs."""

from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)
from nacl.exceptions import CryptoError

from tests.interop.reader_codec import Network, Value, decode, encode, refuse
from tests.interop.reader_values import items_of, itself

PAD: Final = 256
PIECE_BYTES: Final = 65536
BLOB_BYTES_MAX: Final = 16777216
RECIPIENTS_MAX: Final = 32
_FIXED_NONCE: Final = bytes(24)


def identity_of(network: Network, coop: bytes, log: bytes, kind: str, salt: bytes) -> bytes:
    return network.of("sealedfor", coop, log, kind, salt)


def _shared(private: bytes, public: bytes) -> bytes:
    try:
        shared = crypto_scalarmult(private, public)
    except CryptoError:
        refuse("weak-key", "a key of small order")
    if not any(shared):
        refuse("weak-key", "a key of small order")
    return shared


def _wrap_key(network: Network, shared: bytes, one_time: bytes, recipient: bytes) -> bytes:
    return network.of("wrap", shared, one_time, recipient)


def _tag(network: Network, wrap: bytes) -> bytes:
    return network.hash("wraptag", wrap)[:4]


def seal(
    network: Network,
    content: bytes,
    recipients: list[bytes],
    identity: bytes,
    content_key: bytes,
    one_time_private: bytes,
    nonce: bytes,
) -> bytes:
    one_time = crypto_scalarmult_base(one_time_private)
    padded = len(content).to_bytes(4, "big") + content
    padded += bytes(-len(padded) % PAD)
    wrapped: list[Value] = []
    for recipient in recipients:
        wrap = _wrap_key(network, _shared(one_time_private, recipient), one_time, recipient)
        key = crypto_aead_xchacha20poly1305_ietf_encrypt(content_key, identity, _FIXED_NONCE, wrap)
        wrapped.append([_tag(network, wrap), key])
    hidden = crypto_aead_xchacha20poly1305_ietf_encrypt(padded, identity, nonce, content_key)
    return encode([1, one_time, wrapped, nonce, hidden])


def _decrypt(hidden: bytes, identity: bytes, nonce: bytes, key: bytes) -> bytes | None:
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(hidden, identity, nonce, key)
    except CryptoError:
        return None


def _opened(padded: bytes | None) -> bytes | None:
    size = 0 if padded is None else int.from_bytes(padded[:4], "big")
    return None if padded is None or size > len(padded) - 4 else padded[4 : 4 + size]


def unseal(network: Network, data: bytes, private: bytes, identity: bytes) -> bytes:
    """The content for a recipient's private key."""
    parts = decode(data)
    if type(parts) is not list or len(parts) != 5 or parts[0] != 1:
        refuse("bad-field", "another suite, or not five parts")
    one_time, nonce, hidden = itself(parts[1]), itself(parts[3]), itself(parts[4])
    public = crypto_scalarmult_base(private)
    wrap = _wrap_key(network, _shared(private, one_time), one_time, public)
    found: bytes | None = None
    for entry in items_of(parts[2])[:RECIPIENTS_MAX]:
        tag, wrapped = items_of(entry)
        if found is None and tag == _tag(network, wrap):
            key = _decrypt(itself(wrapped), identity, _FIXED_NONCE, wrap)
            found = _opened(None if key is None else _decrypt(hidden, identity, nonce, key))
    if found is None:
        refuse("sealed-to-others", "no entry fits")
    return found


# -------------------------------------------------------------------------------------- blobs


def pieces_of(network: Network, data: bytes) -> list[bytes]:
    return [
        network.hash("piece", data[at : at + PIECE_BYTES])
        for at in range(0, len(data), PIECE_BYTES)
    ]


def blob_id(network: Network, size: int, pieces: list[bytes]) -> bytes:
    return network.of("blob", size, [*pieces])


def check_pieces(network: Network, blob: bytes, size: int, pieces: list[bytes]) -> None:
    wanted = -(-size // PIECE_BYTES)
    bounds = 1 <= size <= BLOB_BYTES_MAX and len(pieces) == wanted
    if not bounds or blob_id(network, size, pieces) != blob:
        refuse("blob-mismatch", "a list of pieces that is not the blob's")


def blob_type(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    starts = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"%PDF-": "application/pdf",
    }
    return next((kind for start, kind in starts.items() if data.startswith(start)), None)
