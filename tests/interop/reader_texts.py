"""Text forms: SPEC.md, sections Ids and text forms, Invites, and decimals as people write them."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from mnemonic import Mnemonic

from tests.interop.reader_codec import (
    INTEGER_MAX,
    Network,
    RefusalError,
    Value,
    decode,
    refuse,
)
from tests.interop.reader_values import (
    ADDRESS,
    HASH,
    NAME,
    TIME,
    Struct,
    array,
    decimal,
    itself,
    map_of,
    octets,
)

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PREFIXES: Final = ("coop", "circle", "log", "rec", "blob")
_M: Final = 0x2BC830A3
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
SCHEME: Final = "coopinvite:"
LINK_MAX: Final = 4096


# ---------------------------------------------------------------------------------------- ids


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, part in enumerate(_GENERATOR):
            check ^= part if top >> place & 1 else 0
    return check


def _expanded(prefix: str) -> list[int]:
    return [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]


def id_text(prefix: str, data: bytes) -> str:
    bits = int.from_bytes(data, "big") << 4  # 256 bits and four of padding are 52 groups
    groups = [bits >> 5 * place & 31 for place in range(51, -1, -1)]
    check = _polymod([*_expanded(prefix), *groups, 0, 0, 0, 0, 0, 0]) ^ _M
    groups += [check >> 5 * place & 31 for place in range(5, -1, -1)]
    return f"{prefix}1{''.join(ALPHABET[group] for group in groups)}"


def id_of(text: str) -> tuple[str, bytes]:
    """The prefix and the 32 bytes of a text form."""
    if not text.isascii() or text not in {text.lower(), text.upper()}:
        refuse("bad-id", "not ASCII of one case")
    prefix, _, letters = text.lower().rpartition("1")
    if prefix not in PREFIXES or len(letters) != 58 or set(letters) - set(ALPHABET):
        refuse("bad-id", "a wrong prefix, length or character")
    groups = [ALPHABET.index(letter) for letter in letters]
    if _polymod(_expanded(prefix) + groups) != _M:
        refuse("bad-id", "a wrong check sum")
    bits = 0
    for group in groups[:52]:
        bits = bits << 5 | group
    if bits & 15:
        refuse("bad-id", "padding that is not zero")
    return prefix, (bits >> 4).to_bytes(32, "big")


# ------------------------------------------------------------------------------------ invites

_INVITE: Final = Struct(
    {
        "addresses": array(ADDRESS, 1, 8),
        "circle": HASH,
        "circle_name": NAME,
        "coop": HASH,
        "coop_name": NAME,
        "expires_ms": TIME,
        "network": NAME,
        "nonce": octets(16),
    }
)


@dataclass(frozen=True, slots=True)
class Invite:
    fields: dict[str, Value]
    content: bytes

    @property
    def nonce(self) -> bytes:
        return itself(self.fields["nonce"])

    def id(self, network: Network) -> bytes:
        return network.hash("invite", self.nonce)

    def proof(self, handshake_hash: bytes) -> bytes:
        return keyed_hash(self.nonce, "invite", handshake_hash)


def keyed_hash(key: bytes, person: str, data: bytes) -> bytes:
    padded = person.encode().ljust(16, b"\0")
    return hashlib.blake2b(data, digest_size=32, key=key, person=padded).digest()


def invite_of(network: Network, link: str) -> Invite:
    """What an invite link says."""
    if len(link) > LINK_MAX:
        refuse("invite-malformed", "too long")
    text = re.sub("[\t-\r ]", "", link)
    if not text.startswith(SCHEME):
        refuse("invite-malformed", "another scheme")
    letters = text[len(SCHEME) :]
    if not re.fullmatch("[A-Za-z0-9_-]*", letters) or len(letters) % 4 == 1:
        refuse("invite-malformed", "not base64url")
    try:
        data = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:
        refuse("invite-malformed", "not base64url")
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != letters:
        refuse("invite-malformed", "spare bits that are not zero")
    content, check = data[:-8], data[-8:]
    if network.hash("invitelink", content)[:8] != check:
        refuse("invite-malformed", "a wrong check sum")
    try:
        value = decode(content)
        _INVITE(value)
    except RefusalError as refusal:
        refuse("invite-malformed", str(refusal))
    return Invite(map_of(value), content)


def link_of(network: Network, content: bytes) -> str:
    data = content + network.hash("invitelink", content)[:8]
    return SCHEME + base64.urlsafe_b64encode(data).decode().rstrip("=")


# ----------------------------------------------------------------------------------- decimals


def decimal_of(number: int, exponent: int) -> list[Value]:
    """The one spelling of number times 10^exponent."""
    if number == 0:
        return [0, 0]
    while number % 10 == 0:
        number, exponent = number // 10, exponent + 1
    if abs(number) > INTEGER_MAX:
        refuse("bad-field", "more digits than a decimal has")
    made: list[Value] = [number, exponent]
    decimal()(made)
    return made


def decimal_read(text: str) -> list[Value]:
    """A decimal in plain notation; SPEC.md does not say how people write one."""
    found = re.fullmatch(r"(-?)([0-9]*)(?:\.([0-9]+))?", text.strip(" "))
    if found is None or not (found[2] or found[3]):
        refuse("bad-field", "not a number in plain notation")
    behind = found[3] or ""
    number = int(found[2] + behind)
    return decimal_of(-number if found[1] else number, -len(behind))


def decimal_text(number: int, exponent: int) -> str:
    sign, digits = "-" if number < 0 else "", str(abs(number))
    if exponent >= 0:
        return sign + digits + "0" * exponent
    digits = digits.rjust(1 - exponent, "0")
    return f"{sign}{digits[:exponent]}.{digits[exponent:]}"


# -------------------------------------------------------------------------------------- words


def words_of(data: bytes) -> list[str]:
    """The words of BIP-39 (English list) for so many bytes."""
    check = len(data) // 4
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    bits += f"{hashlib.sha256(data).digest()[0]:08b}"[:check]
    listed = Mnemonic("english").wordlist
    return [str(listed[int(bits[at : at + 11], 2)]) for at in range(0, len(bits), 11)]
