"""The Noise handshakes of the published vectors (revision 34), with libsodium's primitives."""

import hashlib
import hmac
from typing import Final

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)

# what is known before, and the tokens of each message
PATTERNS: Final[dict[str, tuple[str, list[str]]]] = {
    "XX": ("", ["e", "e ee s es", "s se"]),
    "XK": ("s", ["e es", "e ee", "s se"]),
    "IK": ("s", ["e es s ss", "e ee se"]),
    "XXpsk3": ("", ["e", "e ee s es", "s se psk"]),
    "IKpsk2": ("s", ["e es s ss", "e ee se psk"]),
}


def _hkdf(chaining: bytes, material: bytes, outputs: int) -> list[bytes]:
    key = hmac.digest(chaining, material, "sha256")
    found, last = [], b""
    for number in range(1, outputs + 1):
        last = hmac.digest(key, last + bytes([number]), "sha256")
        found.append(last)
    return found


class Cipher:
    def __init__(self, key: bytes) -> None:
        self.key = key
        self.used = 0

    def _nonce(self) -> bytes:
        self.used += 1
        return bytes(4) + (self.used - 1).to_bytes(8, "little")

    def encrypt(self, data: bytes, along: bytes = b"") -> bytes:
        return crypto_aead_chacha20poly1305_ietf_encrypt(data, along, self._nonce(), self.key)

    def decrypt(self, data: bytes, along: bytes = b"") -> bytes:
        return crypto_aead_chacha20poly1305_ietf_decrypt(data, along, self._nonce(), self.key)


class Handshake:
    """One side of a handshake; keys are private, remote_static is public."""

    def __init__(
        self,
        name: str,
        *,
        initiator: bool,
        prologue: bytes,
        static: bytes,
        ephemeral: bytes,
        remote_static: bytes = b"",
        psk: bytes = b"",
    ) -> None:
        known, messages = PATTERNS[name.split("_")[1]]
        self.messages = list(messages)
        self.initiator = initiator
        self.static, self.ephemeral = static, ephemeral
        self.remote = {"s": remote_static, "e": b""}
        self.psk = psk
        self.with_psk = "psk" in name
        self.hash = name.encode().ljust(32, b"\0")
        if len(name) > 32:
            self.hash = hashlib.sha256(name.encode()).digest()
        self.chaining = self.hash
        self.cipher: Cipher | None = None
        self._mix_hash(prologue)
        if known:
            self._mix_hash(remote_static if initiator else crypto_scalarmult_base(static))

    def _mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def _mix_key(self, material: bytes) -> None:
        self.chaining, key = _hkdf(self.chaining, material, 2)
        self.cipher = Cipher(key)

    def _shared(self, token: str) -> None:
        mine, theirs = list(token) if self.initiator else list(token[::-1])
        private = self.static if mine == "s" else self.ephemeral
        self._mix_key(crypto_scalarmult(private, self.remote[theirs]))

    def _other(self, token: str) -> None:
        if token == "psk":
            self.chaining, mixed, key = _hkdf(self.chaining, self.psk, 3)
            self._mix_hash(mixed)
            self.cipher = Cipher(key)
        else:
            self._shared(token)

    def _hide(self, data: bytes) -> bytes:
        hidden = data if self.cipher is None else self.cipher.encrypt(data, self.hash)
        self._mix_hash(hidden)
        return hidden

    def _show(self, hidden: bytes) -> bytes:
        data = hidden if self.cipher is None else self.cipher.decrypt(hidden, self.hash)
        self._mix_hash(hidden)
        return data

    def _mix_ephemeral(self, public: bytes) -> None:
        self._mix_hash(public)
        if self.with_psk:
            self._mix_key(public)

    def write(self, payload: bytes) -> bytes:
        out = b""
        for token in self.messages.pop(0).split():
            if token == "e":
                out += crypto_scalarmult_base(self.ephemeral)
                self._mix_ephemeral(out[-32:])
            elif token == "s":
                out += self._hide(crypto_scalarmult_base(self.static))
            else:
                self._other(token)
        return out + self._hide(payload)

    def read(self, message: bytes) -> bytes:
        for token in self.messages.pop(0).split():
            if token == "e":
                self.remote["e"], message = message[:32], message[32:]
                self._mix_ephemeral(self.remote["e"])
            elif token == "s":
                size = 32 if self.cipher is None else 48
                self.remote["s"], message = self._show(message[:size]), message[size:]
            else:
                self._other(token)
        return self._show(message)

    def split(self) -> tuple[Cipher, Cipher]:
        """What the initiator, and what the responder sends with."""
        first, second = _hkdf(self.chaining, b"", 2)
        return Cipher(first), Cipher(second)
