"""keyring: the node's private keys on disk, and the only place that draws entropy.

One small file in the data folder, `keys.json`: raw seeds, the co-op's id, the instance of each
log that this folder writes, and the marker by which a copied folder is noticed. Never signs or
encrypts anything (that is `protocol.keys`), and never shows a key in a log line or an error.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from node.private_files import folder_looseness, make_private_folder, read_private, write_private
from node.text import Message, ToldError
from node.text import mark as _

KEYS_FILE_NAME = "keys.json"

# format of the file; encryption under a passphrase will be format 2
KEYS_FORMAT = 1

# an Ed25519 seed, an X25519 key and a co-op's id are all as long
KEY_BYTES = 32

# instance numbers of a log are one byte on the wire
INSTANCE_MAX = 255

# some 100 bytes for each circle: room for ten thousand; a larger file is not ours
KEYS_BYTES_MAX = 1_048_576

# one draw: far above any key or nonce, so that a wrong length is noticed
ENTROPY_BYTES_MAX = 1024


class KeyringError(ToldError):
    """The key file cannot be used; its sentence says what to do."""


class Keyring(msgspec.Struct, frozen=True, kw_only=True):
    """Private keys as raw bytes; change it with `msgspec.structs.replace` and `save` it."""

    device_seed: bytes
    noise_private: bytes
    coop: bytes | None = None
    instances: Mapping[str, int] = {}
    start_marker: str = ""

    def __repr__(self) -> str:
        """Name no key: a representation ends up in logs and tracebacks."""
        return f"Keyring(coop={self.coop.hex() if self.coop else None}, keys not shown)"


def create(home: Path, draw: Callable[[int], bytes]) -> Keyring:
    """Make and write new keys; `draw` is `entropy`, or a seeded source in the simulator.

    Raises KeyringError when there are keys already or the folder is open to others.
    """
    looseness = make_private_folder(home)
    if looseness is not None:
        raise KeyringError(looseness)
    if (home / KEYS_FILE_NAME).exists():
        raise KeyringError(_about(home, "keys-exist", _("{path} exists already; it is kept")))
    keyring = Keyring(device_seed=draw(KEY_BYTES), noise_private=draw(KEY_BYTES))
    assert keyring.device_seed != keyring.noise_private, "the entropy source repeats itself"
    save(home, keyring)
    return keyring


def load(home: Path) -> Keyring:
    """Read the keys. Raises KeyringError when they are missing, damaged or open to others."""
    try:
        looseness = folder_looseness(home)
        content = read_private(home / KEYS_FILE_NAME, KEYS_BYTES_MAX)
    except FileNotFoundError:
        text = _("there are no keys at {path}; make them with: coop-node init")
        raise KeyringError(_about(home, "no-keys", text)) from None
    if looseness is not None:
        raise KeyringError(looseness)
    if isinstance(content, Message):
        raise KeyringError(content)
    keyring = _parsed(content)
    if isinstance(keyring, str):
        raise KeyringError(_about(home, "keys-damaged", keyring))
    return keyring


def save(home: Path, keyring: Keyring) -> None:
    """Write the keys durably in place of the old ones. The caller holds the process lock."""
    assert _is_sound(keyring), "only a complete keyring is written"
    stored = _Stored(
        format=KEYS_FORMAT,
        coop=None if keyring.coop is None else keyring.coop.hex(),
        device_seed=keyring.device_seed.hex(),
        noise_private=keyring.noise_private.hex(),
        instances=dict(keyring.instances),
        start_marker=keyring.start_marker,
    )
    stored = msgspec.structs.replace(stored, check=_check_of(stored))
    content = msgspec.json.format(msgspec.json.encode(stored), indent=2)
    write_private(home / KEYS_FILE_NAME, content + b"\n")


def with_instance(keyring: Keyring, circle: bytes, instance: int) -> Keyring:
    """The keyring with the log instance that this folder writes in a circle."""
    assert 0 <= instance <= INSTANCE_MAX, "an instance number is one byte"
    instances = {**keyring.instances, circle.hex(): instance}
    return msgspec.structs.replace(keyring, instances=instances)


def entropy(byte_count: int) -> bytes:
    """Fresh random bytes from the operating system, for keys and nonces."""
    assert 1 <= byte_count <= ENTROPY_BYTES_MAX, "a draw of entropy has a sane length"
    return secrets.token_bytes(byte_count)


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's content: bytes in lower-case hex, `check` = BLAKE2b of all the others."""

    format: int
    device_seed: str
    noise_private: str
    coop: str | None
    instances: dict[str, int]
    start_marker: str
    check: str = ""


class _Format(msgspec.Struct, frozen=True):
    format: int


def _parsed(content: bytes) -> Keyring | str:
    """The keyring in a file's content, or the sentence that says why there is none."""
    damaged = _("{path} is damaged; restore it from a backup, it is left as it is")
    try:
        if msgspec.json.decode(content, type=_Format).format > KEYS_FORMAT:
            return _("{path} was written by a newer coop-node; start that version")
        stored = msgspec.json.decode(content, type=_Stored)
    except msgspec.MsgspecError:
        return damaged
    # a flipped bit gives a key that looks as good as the right one: only the check can tell
    if stored.check != _check_of(stored) or not _is_hex(stored):
        return damaged
    keyring = Keyring(
        device_seed=bytes.fromhex(stored.device_seed),
        noise_private=bytes.fromhex(stored.noise_private),
        coop=None if stored.coop is None else bytes.fromhex(stored.coop),
        instances=stored.instances,
        start_marker=stored.start_marker,
    )
    return keyring if _is_sound(keyring) else damaged


def _is_sound(keyring: Keyring) -> bool:
    keys = [keyring.device_seed, keyring.noise_private]
    if keyring.coop is not None:
        keys.append(keyring.coop)
    return all(len(key) == KEY_BYTES for key in keys) and all(
        KEY_HEX.fullmatch(circle) and 0 <= instance <= INSTANCE_MAX
        for circle, instance in keyring.instances.items()
    )


def _is_hex(stored: _Stored) -> bool:
    texts = [stored.device_seed, stored.noise_private, *([stored.coop] if stored.coop else [])]
    return all(KEY_HEX.fullmatch(text) for text in texts)


def _check_of(stored: _Stored) -> str:
    without = msgspec.structs.replace(stored, check="")
    content = msgspec.json.encode(without, order="deterministic")
    return hashlib.blake2b(content, digest_size=16, person=b"coop keys check").hexdigest()


def _about(home: Path, code: str, text: str) -> Message:
    return Message(text, code, {"path": str(home / KEYS_FILE_NAME)})


KEY_HEX = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
