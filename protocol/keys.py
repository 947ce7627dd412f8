"""Hashes, signatures, sealing and the text form of ids: the only room here that knows nacl.

Every hash is BLAKE2b-256 with a domain (`person`) and the network's name (`salt`), so that no value
of one network or purpose can pass for another (SPEC "Hashes and signatures"). It never makes
randomness: seeds and nonces are arguments.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from nacl import bindings
from nacl.exceptions import BadSignatureError, CryptoError

from protocol import bech32
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.limits import HASH_BYTES, KEY_BYTES, SALT_BYTES, SIGNATURE_BYTES


class Network:
    """The hash of one network: every id and signature is bound to its name."""

    def __init__(self, name: str = "coop") -> None:
        self.name = name
        self.salt = blake2b(name.encode(), digest_size=HASH_BYTES).digest()[:SALT_BYTES]

    def hash(self, domain: bytes, data: bytes) -> bytes:
        """32 bytes: H(domain, data) of SPEC "Hashes and signatures"."""
        return blake2b(data, digest_size=HASH_BYTES, person=domain, salt=self.salt).digest()

    def hash_value(self, domain: bytes, *parts: object) -> bytes:
        """H(domain, canonical array of the parts)."""
        return self.hash(domain, encode(list(parts)))


def signing_pair(seed: bytes) -> tuple[bytes, bytes]:
    """(public key 32, secret key 64) of an Ed25519 seed of 32 bytes."""
    return bindings.crypto_sign_seed_keypair(seed)


def sign(secret: bytes, message: bytes) -> bytes:
    """The Ed25519 signature, 64 bytes."""
    return bindings.crypto_sign(message, secret)[:SIGNATURE_BYTES]


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Libsodium's verification equation; it refuses keys of small order too: `bad-signature`."""
    if len(signature) != SIGNATURE_BYTES or len(public) != KEY_BYTES:
        raise Refusal("bad-signature", "wrong length")
    try:
        bindings.crypto_sign_open(signature + message, public)
    except (BadSignatureError, ValueError) as wrong:
        raise Refusal("bad-signature") from wrong


def agreement_public(private: bytes) -> bytes:
    """The X25519 public key of a private one."""
    return bindings.crypto_scalarmult_base(private)


def controller_seed(network: Network, recovery: bytes, epoch: int) -> bytes:
    """Seed of the controller key of an epoch, out of the 32 bytes behind the recovery words."""
    return network.hash_value(b"controller", recovery, epoch)


def sealing_private(network: Network, recovery: bytes, epoch: int) -> bytes:
    """X25519 private key that opens what was sealed to the co-op in an epoch."""
    return network.hash_value(b"sealing", recovery, epoch)


def board_seed(network: Network, recovery: bytes) -> bytes:
    """Seed of a board member's recovery key, out of that member's own words."""
    return network.hash_value(b"board", recovery)


def encrypt(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """XChaCha20-Poly1305: key 32, nonce 24; the answer is 16 bytes longer."""
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, associated, nonce, key)


def decrypt(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Undo `encrypt`; refuses `sealed-to-others` when anything was changed."""
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, associated, nonce, key)
    except (CryptoError, ValueError) as wrong:
        raise Refusal("sealed-to-others") from wrong


def agree(private: bytes, public: bytes) -> bytes:
    """X25519; refuses a public key of small order."""
    try:
        return bindings.crypto_scalarmult(private, public)
    except (CryptoError, RuntimeError, ValueError) as weak:
        raise Refusal("weak-key") from weak


def to_text(prefix: str, identifier: bytes) -> str:
    """The text form of an id: bech32m with a prefix that says what it is."""
    return bech32.encode(prefix, identifier)


def from_text(text: str) -> tuple[str, bytes]:
    """(prefix, id) of a whole text form; refuses `bad-id`."""
    return bech32.decode(text)


COOP: Final = "coop"
CIRCLE: Final = "circle"
LOG: Final = "log"
RECORD: Final = "rec"
BLOB: Final = "blob"
