"""Invite: the link by which a co-op asks another one in.

It carries addresses, the inviter's id (which pins its key log), a circle, an expiry and a secret
nonce. The newcomer proves the nonce by a keyed hash over the handshake; it never travels. The uses
are counted at the issuer. SPEC section "Invites".
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import blake2b
from hmac import compare_digest
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import HASH_BYTES, INVITE_ADDRESSES_MAX, SALT_BYTES
from protocol.values import Address, Hash, Name, TimeMs


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the link says. `nonce` is 16 secret bytes; everything else may be read by anyone."""

    addresses: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=INVITE_ADDRESSES_MAX)]
    circle: Hash
    circle_name: Name
    coop: Hash
    coop_name: Name
    expires_ms: TimeMs
    network: Name
    nonce: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]


def write_link(network: Network, invite: Invite) -> str:
    """The invite as text: `coopinvite:` and base64url of its bytes and a check sum over them."""
    data = encode(invite)
    link = SCHEME + _base64(data + _check_sum(network, data))
    if len(link) > LINK_CHARS_MAX:
        raise Refusal("too-large", "an invite with so many addresses and such long names")
    return link


def read_link(network: Network, link: str) -> Invite:
    """The invite in a link, wherever white space crept in; refuses `invite-malformed`."""
    compact = link.translate(_WHITE_SPACE)
    if not compact.startswith(SCHEME) or len(compact) > LINK_CHARS_MAX:
        raise Refusal("invite-malformed", f"it starts with {SCHEME}")
    text = compact.removeprefix(SCHEME)
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError) as wrong:
        raise Refusal("invite-malformed") from wrong
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    # The decoder overlooks what is no base64, and spare bits.
    if _base64(data) != text:
        raise Refusal("invite-malformed")
    if _check_sum(network, body) != check:
        raise Refusal("invite-malformed", "check sum, or an invite of another network")
    try:
        return decode_as(_INVITE, body)
    except Refusal as wrong:
        raise Refusal("invite-malformed", wrong.detail) from wrong


def invite_id(network: Network, nonce: bytes) -> bytes:
    """How issuer and newcomer name an invite without telling its nonce: H("invite", nonce)."""
    return network.hash(b"invite", nonce)


def proof(nonce: bytes, handshake_hash: bytes) -> bytes:
    """Keyed BLAKE2b-256 of the handshake hash under the nonce."""
    return blake2b(handshake_hash, digest_size=HASH_BYTES, key=nonce, person=b"invite").digest()


def proves(given: bytes, nonce: bytes, handshake_hash: bytes) -> bool:
    """Whether a proof is right, in constant time."""
    return compare_digest(given, proof(nonce, handshake_hash))


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _check_sum(network: Network, data: bytes) -> bytes:
    return network.hash(b"invitelink", data)[:_CHECK_BYTES]


SCHEME: Final = "coopinvite:"
LINK_CHARS_MAX: Final = 4096
_CHECK_BYTES: Final = 8
_WHITE_SPACE: Final = dict.fromkeys((*range(0x09, 0x0E), 0x20))
_INVITE: Final = msgspec.msgpack.Decoder(Invite)
