"""passwords: how a person's password is made, kept and compared.

Kept as argon2id (RFC 9106), never as it was typed. libsodium draws the salt of a kept password by
itself; all other entropy is an argument. Never knows whose password it is, and never counts tries
(that is `access`).
"""

import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from nacl.exceptions import InvalidkeyError
from nacl.pwhash import argon2id

from protocol.errors import Refusal

# what guessing costs: two passes over 64 MiB, a tenth of a second, bearable for a small machine
PASSES: Final = argon2id.OPSLIMIT_INTERACTIVE
MEMORY_BYTES: Final = argon2id.MEMLIMIT_INTERACTIVE

# beyond reach of guessing at the pace that `access` allows; longer asks for nothing but paper
PASSWORD_CHARACTERS_MIN: Final = 10
# a long sentence; what is longer was no person's, and is wrong without being looked at
PASSWORD_BYTES_MAX: Final = 1024
# libsodium's own limit of the text that it keeps
KEPT_BYTES_MAX: Final = 127

# each takes MEMORY_BYTES: a crowd at the door may not eat the machine
HASHES_AT_ONCE_MAX: Final = 2
# whoever waits for a turn longer than this is told to come back
TURN_WAIT_S: Final = 10

# no i, l, o, 0 and 1: read out, written down and typed back without a doubt
READABLE_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
READABLE_GROUPS: Final = 5
READABLE_GROUP_CHARACTERS: Final = 4
# 80 bits more than the characters hold, so that none of them is likelier than another
READABLE_DRAW_BYTES: Final = 24


def hash_password(password: str) -> str:
    """What is kept of a new password. A too short or too long one is Refusal `bad-field`.

    Takes a tenth of a second and more: not for the loop's thread.
    """
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise Refusal("bad-field", f"a password has at least {PASSWORD_CHARACTERS_MIN} characters")
    typed = _bytes_of(password)
    if len(typed) > PASSWORD_BYTES_MAX:
        raise Refusal("bad-field", f"a password has at most {PASSWORD_BYTES_MAX} bytes")
    return _hash(typed)


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password of which `kept` was kept; with None as slow, and never.

    Refusal `too-many-tries` when too many others are being compared. Not for the loop's thread.
    """
    typed = _bytes_of(password)
    if len(typed) > PASSWORD_BYTES_MAX:
        return False
    if kept is None:
        # the same work as for a known name, or the answer's delay would tell which names exist
        _hash(typed)
        return False
    assert len(kept) <= KEPT_BYTES_MAX, "only what hash_password gave is kept"
    try:
        with _turn():
            return argon2id.verify(kept.encode("ascii"), typed)
    except InvalidkeyError:
        return False


def one_time_password(draw: Callable[[int], bytes]) -> str:
    """A fresh password of 99 bits to be read out and typed, such as `k7wq-3mzt-...`.

    `draw` is `keyring.entropy`, or a seeded source in the simulator.
    """
    number = int.from_bytes(draw(READABLE_DRAW_BYTES), "big")
    characters: list[str] = []
    for _ in range(READABLE_GROUPS * READABLE_GROUP_CHARACTERS):
        number, place = divmod(number, len(READABLE_ALPHABET))
        characters.append(READABLE_ALPHABET[place])
    width = READABLE_GROUP_CHARACTERS
    groups = [characters[start : start + width] for start in range(0, len(characters), width)]
    return "-".join("".join(group) for group in groups)


def _hash(typed: bytes) -> str:
    with _turn():
        return argon2id.str(typed, opslimit=PASSES, memlimit=MEMORY_BYTES).decode("ascii")


def _bytes_of(password: str) -> bytes:
    """One spelling for what looks the same: keyboards differ in how they compose an accent."""
    # half of a surrogate pair is no character, and no reason to fail either
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=TURN_WAIT_S):
        raise Refusal("too-many-tries", "other logins are being checked")
    try:
        yield
    finally:
        _TURNS.release()


_TURNS: Final = threading.BoundedSemaphore(HASHES_AT_ONCE_MAX)

_CHARACTERS: Final = READABLE_GROUPS * READABLE_GROUP_CHARACTERS
assert len(READABLE_ALPHABET) ** _CHARACTERS >= 2**80
assert len(READABLE_ALPHABET) ** _CHARACTERS * 2**80 <= 256**READABLE_DRAW_BYTES
