"""Sealed part: what only named recipients can open, inside a record that everyone carries.

A random content key encrypts the padded content; the key is wrapped for each recipient's X25519
sealing key. There is no forward secrecy against a stolen device. SPEC section "Sealed part".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keys import Network, agree, agreement_public, decrypt, encrypt
from protocol.limits import KEY_BYTES, RECIPIENTS_MAX, SEALED_PAD_BYTES


class Wrapped(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The content key for one recipient, and a short tag by which he finds his own."""

    tag: Annotated[bytes, Meta(min_length=4, max_length=4)]
    key: Annotated[bytes, Meta(min_length=48, max_length=48)]


class Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Wire form: suite 1, the sender's one-time public key, wrapped keys, nonce, content."""

    suite: Annotated[int, Meta(ge=1, le=1)]
    one_time: Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    wrapped: Annotated[tuple[Wrapped, ...], Meta(min_length=1, max_length=RECIPIENTS_MAX)]
    nonce: Annotated[bytes, Meta(min_length=24, max_length=24)]
    content: bytes


class Secrets(msgspec.Struct, frozen=True):
    """Fresh random bytes that sealing uses up: two keys of 32 and a nonce of 24."""

    content_key: bytes
    one_time_private: bytes
    nonce: bytes


def seal(
    network: Network, plain: bytes, recipients: Sequence[bytes], identity: bytes, secrets: Secrets
) -> bytes:
    """Seal to 1 to 32 X25519 public keys. `identity` binds the record: see `identity_of`."""
    if not 0 < len(recipients) <= RECIPIENTS_MAX:
        raise Refusal("too-large", f"{len(recipients)} recipients; 1 to {RECIPIENTS_MAX} can be")
    one_time = agreement_public(secrets.one_time_private)
    wrapped = []
    for recipient in recipients:
        tag, key = _wrap_key(
            network, agree(secrets.one_time_private, recipient), one_time, recipient
        )
        wrapped.append(Wrapped(tag, encrypt(key, _ZERO_NONCE, secrets.content_key, identity)))
    content = encrypt(secrets.content_key, secrets.nonce, _pad(plain), identity)
    return encode(Sealed(1, one_time, tuple(wrapped), secrets.nonce, content))


def unseal(network: Network, data: bytes, private: bytes, identity: bytes) -> bytes:
    """Open with a recipient's private key; refuses `sealed-to-others`, also when changed."""
    sealed = decode_as(_SEALED, data)
    public = agreement_public(private)
    tag, key = _wrap_key(network, agree(private, sealed.one_time), sealed.one_time, public)
    for wrapped in sealed.wrapped:
        if wrapped.tag == tag and (content_key := _unwrap(key, wrapped, identity)) is not None:
            return _unpad(decrypt(content_key, sealed.nonce, sealed.content, identity))
    raise Refusal("sealed-to-others")


def identity_of(network: Network, coop: bytes, log: bytes, kind: str, salt: bytes) -> bytes:
    """The associated data: a sealed part opens only inside the record that it was made for."""
    return network.hash_value(b"sealedfor", coop, log, kind, salt)


def _wrap_key(
    network: Network, shared: bytes, one_time: bytes, recipient: bytes
) -> tuple[bytes, bytes]:
    key = network.hash_value(b"wrap", shared, one_time, recipient)
    return network.hash(b"wraptag", key)[:4], key


def _unwrap(key: bytes, wrapped: Wrapped, identity: bytes) -> bytes | None:
    """The content key; None when it is another recipient's whose short tag is the same."""
    try:
        return decrypt(key, _ZERO_NONCE, wrapped.key, identity)
    except Refusal:
        return None


def _pad(plain: bytes) -> bytes:
    length = len(plain).to_bytes(4, "big")
    return length + plain + bytes(-(4 + len(plain)) % SEALED_PAD_BYTES)


def _unpad(padded: bytes) -> bytes:
    size = int.from_bytes(padded[:4], "big")
    if len(padded) < 4 + size:
        raise Refusal("sealed-to-others", "padding")
    return padded[4 : 4 + size]


# Each wrapping key is used once, so its nonce may be fixed.
_ZERO_NONCE: Final = bytes(24)
_SEALED: Final = msgspec.msgpack.Decoder(Sealed)
