"""Home: a node's data folder: making one, its own profile, its circles, its digest.

Functions of the database run on the writer thread. It never listens or dials.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from mnemonic import Mnemonic

from node import ingest, keyring, lock
from node.keyring import Keyring
from node.private_files import make_private_folder
from node.store import digests, fold, peers
from node.store.database import Database
from protocol import keyevents, keylog, keys, profile
from protocol.codec import decode_as, encode
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import KEY_BYTES, NODES_MAX, SALT_BYTES


class Made(msgspec.Struct, frozen=True):
    """A new identity: the co-op's id, its 12 fingerprint words, and the 24 recovery words.

    The recovery words are kept nowhere: whoever loses them loses what only they can do.
    """

    coop: bytes
    words: tuple[str, ...]
    recovery: tuple[str, ...]


def make(
    home: Path,
    network: Network,
    fields: profile.Profile,
    draw: Callable[[int], bytes],
    recovery: bytes | None = None,
) -> Made:
    """Make a data folder with keys, an inception and a kept profile; refuses `already-there`.

    `recovery` is what the words stand for, when they were shown before.
    """
    looseness = make_private_folder(home)
    if looseness is not None:
        raise keyring.KeyringError(looseness)
    with lock.take(home):
        if (home / DATABASE_NAME).exists():
            raise Refusal("already-there", str(home / DATABASE_NAME))
        ring = keyring.create(home, draw)
        recovery = recovery or draw(KEY_BYTES)
        inception = make_inception(network, ring, recovery, draw(SALT_BYTES))
        coop = keylog.event_hash(network, inception.event)
        database = Database(home / DATABASE_NAME, network)
        try:
            ingest.ingest_keys(database, [inception])
            keep_profile(database, fields)
        finally:
            database.close()
        keyring.save(home, msgspec.structs.replace(ring, coop=coop))
    return Made(coop, fingerprint(coop), recovery_words(recovery))


def recovery_words(recovery: bytes) -> tuple[str, ...]:
    """The 24 BIP-39 words for 32 bytes."""
    return tuple(Mnemonic("english").to_mnemonic(recovery).split())


def make_inception(network: Network, ring: Keyring, recovery: bytes, salt: bytes) -> keylog.Signed:
    """The signed inception of a co-op with one device and no board yet."""
    controller, secret = keys.signing_pair(keys.controller_seed(network, recovery, 0))
    following, _ = keys.signing_pair(keys.controller_seed(network, recovery, 1))
    device, _ = keys.signing_pair(ring.device_seed)
    fields = keyevents.Inception(
        controller=controller,
        devices=(keyevents.Device(noise=keys.agreement_public(ring.noise_private), sign=device),),
        next_controller=network.hash(b"next", following),
        recovery=keyevents.RecoverySet(keys=(), threshold=0),
        sealing=keys.agreement_public(keys.sealing_private(network, recovery, 0)),
        witnesses=(),
    )
    event = keylog.write_event("key.inception/1", None, 0, None, salt, fields)
    signature = keys.sign(secret, keylog.event_hash(network, event))
    return keylog.Signed(event, ((controller, signature),))


def fingerprint(identifier: bytes) -> tuple[str, ...]:
    """Twelve BIP-39 words of the first 16 bytes of an id, to compare over the telephone."""
    return tuple(Mnemonic("english").to_mnemonic(identifier[:FINGERPRINT_BYTES]).split())


def instance_of(ring: Keyring) -> int:
    """The log instance that this folder writes."""
    return ring.instances.get("", 0)


def keep_profile(database: Database, fields: profile.Profile) -> None:
    """Keep the co-op's own profile, to be shown in every circle that it enters."""
    with database.transaction():
        database.set_meta("profile", encode(fields))


def kept_profile(database: Database) -> profile.Profile | None:
    """The profile that was kept."""
    kept = database.meta("profile")
    return decode_as(_PROFILE, kept) if isinstance(kept, bytes) else None


def note_address(database: Database, address: str) -> None:
    """Remember where this node answers: what it told before about itself is over."""
    known = [address, *(one for one in _own_addresses(database) if one != address)]
    with database.transaction():
        database.set_meta("addresses", encode(known[:ADDRESSES_REMEMBERED_MAX]))


def contact(database: Database, circle: bytes, coop: bytes, address: str) -> profile.Contact:
    """How the co-op wants to be reached, and where this node and its other ones answer."""
    kept = database.meta("contact")
    fields = decode_as(_CONTACT, kept) if isinstance(kept, bytes) else profile.Contact()
    told = peers.told_addresses(database.connection, coop, circle)
    others = [one for one in told if one not in {address, *_own_addresses(database)}]
    return msgspec.structs.replace(fields, nodes=(address, *others)[:NODES_MAX])


def keep_contact(database: Database, fields: profile.Contact) -> None:
    """Keep how people reach the co-op; where its nodes answer is not for people to say."""
    with database.transaction():
        database.set_meta("contact", encode(msgspec.structs.replace(fields, nodes=())))


def needs_contact(database: Database, circle: bytes, coop: bytes, address: str) -> bool:
    """Whether a circle that we belong to does not know yet where this node answers."""
    if not is_member(database, circle, coop):
        return False
    told = peers.told_addresses(database.connection, coop, circle)
    return set(told) != set(contact(database, circle, coop, address).nodes)


def is_member(database: Database, circle: bytes, coop: bytes) -> bool:
    """Whether a co-op is a member of a circle and has said yes to it."""
    return peers.is_accepted(database, circle, coop)


def open_admits(database: Database) -> list[bytes]:
    """Circles that this node waits to be admitted to."""
    return peers.joining(database)


def last_port(database: Database) -> int:
    """The port that was opened the last time; 0 before the first."""
    return int(database.meta("port") or 0)


def keep_port(database: Database, port: int) -> None:
    """Remember the port that was opened."""
    with database.transaction():
        database.set_meta("port", port)


def all_circles(database: Database) -> list[bytes]:
    """Circles of which records are here, ours or not any more."""
    rows = database.connection.execute("SELECT id FROM circle ORDER BY n")
    return [row[0] for row in rows]


def circles_of(database: Database, coop: bytes) -> list[bytes]:
    """Circles of which a co-op is a member that has said yes."""
    return [one for one in all_circles(database) if is_member(database, one, coop)]


def rebuild(database: Database, now_ms: int) -> tuple[bytes, bytes]:
    """Drop and refold every circle's rows; the digest over all before and after."""
    before = digests.over_all(database.connection, now_ms)
    with database.transaction():
        while fold.fold(database, fold.BATCH_RECORDS):
            pass
        for circle in all_circles(database):
            fold.rebuild_circle(database, circle)
    return before, digests.over_all(database.connection, now_ms)


def _own_addresses(database: Database) -> list[str]:
    kept = database.meta("addresses")
    return decode_as(_ADDRESSES, kept) if isinstance(kept, bytes) else []


_ADDRESSES: Final = msgspec.msgpack.Decoder(list[str])
_CONTACT: Final = msgspec.msgpack.Decoder(profile.Contact)
_PROFILE: Final = msgspec.msgpack.Decoder(profile.Profile)
DATABASE_NAME: Final = "node.sqlite3"
ADDRESSES_REMEMBERED_MAX: Final = 16
FINGERPRINT_BYTES: Final = 16
