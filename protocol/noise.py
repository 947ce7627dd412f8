"""The Noise handshake: it turns two static keys into one encrypted link, message by message.

Rules and names of the steps follow the Noise Protocol Framework, revision 34 (noiseprotocol.org),
with the suite 25519_ChaChaPoly_SHA256. This module never draws randomness (the ephemeral key is
an argument), never touches a socket, and never decides whether the other side's key is welcome:
the caller compares `Handshake.remote_static` with what that co-op's key log certifies.
"""

import hashlib
import hmac
from dataclasses import dataclass

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)
from nacl.exceptions import CryptoError


class HandshakeFailed(ValueError):  # noqa: N818 - it says what happened
    """A Noise rule was broken: by the other side, on the way, or by a call out of turn."""


class Handshake:
    """One side of one handshake; give it a fresh ephemeral key and drop it after `split`.

    A failed `write` or `read` ends it for good, so nothing is ever encrypted twice under one
    nonce and nobody may guess twice. A call out of turn is refused and changes nothing.
    """

    def __init__(
        self,
        pattern_name: str,
        initiator: bool,  # noqa: FBT001 - one of the two roles
        prologue: bytes,
        static_private: bytes,
        ephemeral_private: bytes,
        remote_static: bytes | None = None,
    ) -> None:
        """Set up pattern "XX" or "IK"; keys have KEY_BYTES, `prologue` must be equal on both sides.

        `remote_static` is given exactly where the pattern wants it: to the initiator of IK.
        """
        pattern = PATTERNS.get(pattern_name)
        if pattern is None:
            raise HandshakeFailed(f"there is no handshake pattern {pattern_name!r} here")
        if (remote_static is not None) != (pattern.responder_known and initiator):
            surprise = "missing" if remote_static is None else "given"
            raise HandshakeFailed(
                f"the other side's static key is {surprise}, against the pattern {pattern_name}"
            )
        self._messages = pattern.messages
        self._initiator = initiator
        self._private = {"s": _key(static_private), "e": _key(ephemeral_private)}
        self._remote = {} if remote_static is None else {"s": _key(remote_static)}
        self._symmetric = _Symmetric(f"Noise_{pattern_name}_{SUITE}".encode("ascii"))
        self._symmetric.mix_hash(prologue)
        if pattern.responder_known:
            self._symmetric.mix_hash(self._remote["s"] if initiator else self._public("s"))
        self._step = 0
        self._failed = False
        self._split = False

    def write(self, payload: bytes) -> bytes:
        """Return the next handshake message, at most MESSAGE_BYTES_MAX bytes.

        The first payload of XX travels in the clear, and that of IK can be replayed.
        """
        message = bytearray()
        for token in self._begin(writing=True):
            match token:
                case "e":
                    message += self._public("e")
                    self._symmetric.mix_hash(self._public("e"))
                case "s":
                    message += self._symmetric.encrypt(self._public("s"))
                case _:
                    self._mix_agreement(token)
        message += self._symmetric.encrypt(payload)
        if len(message) > MESSAGE_BYTES_MAX:
            raise HandshakeFailed(f"the payload makes a message above {MESSAGE_BYTES_MAX} bytes")
        self._end()
        return bytes(message)

    def read(self, message: bytes) -> bytes:
        """Take in the other side's message and return its payload."""
        tokens = self._begin(writing=False)
        if len(message) > MESSAGE_BYTES_MAX:
            raise HandshakeFailed(f"the message is longer than {MESSAGE_BYTES_MAX} bytes")
        rest = message
        for token in tokens:
            match token:
                case "e":
                    self._remote["e"], rest = _cut(rest, KEY_BYTES)
                    self._symmetric.mix_hash(self._remote["e"])
                case "s":
                    part, rest = _cut(rest, KEY_BYTES + self._symmetric.tag_bytes)
                    self._remote["s"] = self._symmetric.decrypt(part)
                case _:
                    self._mix_agreement(token)
        payload = self._symmetric.decrypt(rest)
        self._end()
        return payload

    def split(self) -> tuple["Cipher", "Cipher"]:
        """Return the ciphers (send, receive) of the finished handshake; works once."""
        if not self.finished:
            raise HandshakeFailed("the handshake is not finished")
        if self._split:
            # A second pair would start again at nonce 0 under the same keys.
            raise HandshakeFailed("the handshake was already split into its ciphers")
        self._split = True
        of_initiator, of_responder = map(Cipher, self._symmetric.last_keys())
        return (of_initiator, of_responder) if self._initiator else (of_responder, of_initiator)

    @property
    def finished(self) -> bool:
        """True once the last message was written or read."""
        return self._step == len(self._messages)

    @property
    def remote_static(self) -> bytes | None:
        """The other side's static public key; None before it is known and after a failure."""
        # Within a failed message a key may have been taken in that nothing authenticated.
        return None if self._failed else self._remote.get("s")

    @property
    def handshake_hash(self) -> bytes:
        """The 32-byte hash over all so far, equal on both sides between two messages.

        At the end it names the link. A proof that travels inside a message is computed over
        the hash before that message: take it before `write`, and before `read`.
        """
        return self._symmetric.hash

    def _begin(self, *, writing: bool) -> tuple[str, ...]:
        if self._failed:
            raise HandshakeFailed("an earlier message of this handshake failed, start a new one")
        if self.finished:
            raise HandshakeFailed("the handshake is finished, use its ciphers")
        if writing != (self._initiator == (self._step % 2 == 0)):
            raise HandshakeFailed(f"it is not the turn to {'write' if writing else 'read'}")
        self._failed = True  # until _end: whatever raises in between leaves it so
        return self._messages[self._step]

    def _end(self) -> None:
        self._step += 1
        self._failed = False

    def _public(self, name: str) -> bytes:
        return static_public(self._private[name])

    def _mix_agreement(self, token: str) -> None:
        """Mix in the shared secret of a token such as "es": the initiator's key comes first."""
        order = token if self._initiator else token[::-1]
        self._symmetric.mix_key(_agree(self._private[order[0]], self._remote[order[1]]))


class Cipher:
    """One direction of a link: one key, nonces counted upwards. Messages open in order only."""

    def __init__(self, key: bytes, nonce: int = 0) -> None:
        """Take a key of KEY_BYTES and the next nonce to use."""
        self._key = _key(key)
        self._nonce = nonce

    def encrypt(self, plaintext: bytes, ad: bytes = b"") -> bytes:
        """Return ciphertext and tag of at most PLAINTEXT_BYTES_MAX bytes; `ad` is only bound in."""
        if len(plaintext) > PLAINTEXT_BYTES_MAX:
            raise HandshakeFailed(f"the plaintext is longer than {PLAINTEXT_BYTES_MAX} bytes")
        ciphertext = crypto_aead_chacha20poly1305_ietf_encrypt(
            plaintext, ad, self._nonce_bytes(), self._key
        )
        self._nonce += 1
        return ciphertext

    def decrypt(self, ciphertext: bytes, ad: bytes = b"") -> bytes:
        """Return the plaintext; after a refusal the same nonce is still expected (section 5.1)."""
        if not TAG_BYTES <= len(ciphertext) <= MESSAGE_BYTES_MAX:
            raise HandshakeFailed(
                f"a ciphertext has {TAG_BYTES} to {MESSAGE_BYTES_MAX} bytes, not {len(ciphertext)}"
            )
        try:
            plaintext = crypto_aead_chacha20poly1305_ietf_decrypt(
                ciphertext, ad, self._nonce_bytes(), self._key
            )
        except CryptoError as error:
            raise HandshakeFailed("the message does not decrypt, it was changed or lost") from error
        self._nonce += 1
        return plaintext

    def _nonce_bytes(self) -> bytes:
        if self._nonce >= NONCES_MAX:
            raise HandshakeFailed("the nonces of this cipher are used up, start a new handshake")
        return bytes(4) + self._nonce.to_bytes(8, "little")


def static_public(private: bytes) -> bytes:
    """Return the X25519 public key (KEY_BYTES) of a private key (KEY_BYTES)."""
    return crypto_scalarmult_base(_key(private))


class _Symmetric:
    """The running hash, chaining key and cipher of a handshake (section 5.2)."""

    def __init__(self, protocol_name: bytes) -> None:
        # Section 5.2: a name that fits is padded. All names of the table fit, see below.
        self.hash = protocol_name.ljust(HASH_BYTES, b"\0")
        self._chain = self.hash
        self._cipher: Cipher | None = None

    @property
    def tag_bytes(self) -> int:
        return 0 if self._cipher is None else TAG_BYTES

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        self._chain, key = _derive(self._chain, secret)
        self._cipher = Cipher(key)

    def encrypt(self, plaintext: bytes) -> bytes:
        cipher = self._cipher
        ciphertext = plaintext if cipher is None else cipher.encrypt(plaintext, self.hash)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext: bytes) -> bytes:
        cipher = self._cipher
        plaintext = ciphertext if cipher is None else cipher.decrypt(ciphertext, self.hash)
        self.mix_hash(ciphertext)
        return plaintext

    def last_keys(self) -> tuple[bytes, bytes]:
        return _derive(self._chain, b"")


def _agree(private: bytes, public: bytes) -> bytes:
    """Return the X25519 shared secret; a public key that forces an all-zero one is refused."""
    try:
        return crypto_scalarmult(private, public)
    except CryptoError as error:  # libsodium refuses points of small order and zero results
        raise HandshakeFailed(
            "the other side's public key has a small order and keeps nothing secret"
        ) from error


def _derive(chain: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """HKDF with two outputs (section 4.3)."""
    root = hmac.digest(chain, secret, "sha256")
    first = hmac.digest(root, b"\x01", "sha256")
    return first, hmac.digest(root, first + b"\x02", "sha256")


def _cut(message: bytes, length_bytes: int) -> tuple[bytes, bytes]:
    if len(message) < length_bytes:
        raise HandshakeFailed("the message is too short")
    return message[:length_bytes], message[length_bytes:]


def _key(key: bytes) -> bytes:
    # The scalar multiplication behind it reads KEY_BYTES whatever the length it was given.
    if len(key) != KEY_BYTES:
        raise HandshakeFailed(f"a key has {KEY_BYTES} bytes, this one has {len(key)}")
    return key


@dataclass(frozen=True, slots=True)
class Pattern:
    """Who sends what, in the tokens of section 7; the initiator writes the even messages."""

    responder_known: bool  # the initiator knows the responder's static key beforehand
    messages: tuple[tuple[str, ...], ...]


SUITE = "25519_ChaChaPoly_SHA256"

# XX: both learn the other's static key on the way. IK: one message less for those who know whom
# they call.
PATTERNS = {
    "XX": Pattern(responder_known=False, messages=(("e",), ("e", "ee", "s", "es"), ("s", "se"))),
    "IK": Pattern(responder_known=True, messages=(("e", "es", "s", "ss"), ("e", "ee", "se"))),
}

KEY_BYTES = 32  # X25519 keys, private and public, and ChaCha20-Poly1305 keys
HASH_BYTES = 32  # SHA-256
TAG_BYTES = 16  # Poly1305

# Section 3: a Noise message fits a 16-bit length. Longer ones are refused on both ways.
MESSAGE_BYTES_MAX = 65_535
PLAINTEXT_BYTES_MAX = MESSAGE_BYTES_MAX - TAG_BYTES

# Section 5.1: nonces 0 to 2**64 - 2 are used, the last 64-bit number is reserved. A cipher that
# comes to it refuses to go on, because a repeated nonce would give the plaintext away.
NONCES_MAX = 2**64 - 1

assert all(len(f"Noise_{name}_{SUITE}") <= HASH_BYTES for name in PATTERNS)
