"""Refusals: the closed table of everything that a node says no to.

A `Refusal` means that a peer or a member broke a rule. It carries a code out of `REFUSALS`, never a
free sentence alone; our own faults are assertions, the machine's are OSError and sqlite3.Error.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Refusal(Exception):  # noqa: N818 - the field's word; it is an answer, not a crash
    """A rule was broken. `code` is a key of `REFUSALS`; `detail` says what exactly was wrong."""

    def __init__(self, code: str, detail: str = "") -> None:
        assert code in REFUSALS, code
        self.code = code
        self.detail = detail
        sentence = REFUSALS[code].sentence
        super().__init__(f"{sentence}: {detail} [{code}]" if detail else f"{sentence} [{code}]")


class Peer(Enum):
    """What happens to the peer whose bytes were refused."""

    KEEP = "the link stays"
    WAIT = "the link stays, the thing is asked for again later"
    CLOSE = "the link is closed, with growing back-off"


class Rule(NamedTuple):
    """One row of the table: HTTP status at the API, fate of the peer, sentence for people."""

    status: int
    peer: Peer
    sentence: str


REFUSALS: Final[dict[str, Rule]] = {
    # bytes
    "malformed": Rule(422, Peer.CLOSE, "these bytes are not a well-formed message or record"),
    "not-canonical": Rule(422, Peer.CLOSE, "these bytes are not in canonical form"),
    "too-large": Rule(413, Peer.CLOSE, "this is larger than the limit allows"),
    "bad-field": Rule(422, Peer.KEEP, "a field is not what its kind asks for"),
    "bad-id": Rule(422, Peer.KEEP, "this is not an id, or its check sum is wrong"),
    "ambiguous-id": Rule(409, Peer.KEEP, "more than one id starts so; write more of it"),
    "unknown-version": Rule(422, Peer.KEEP, "this was written for a newer version of the protocol"),
    # keys and signatures
    "bad-signature": Rule(422, Peer.CLOSE, "a signature does not fit the key that it names"),
    "weak-key": Rule(422, Peer.CLOSE, "a key is of small order and protects nothing"),
    "bad-key-event": Rule(422, Peer.CLOSE, "a key event does not follow from its key log"),
    "unknown-coop": Rule(404, Peer.WAIT, "the key log of this co-op is not known here yet"),
    "unknown-key": Rule(409, Peer.WAIT, "the key event that this names is not known here yet"),
    "not-its-device": Rule(422, Peer.WAIT, "the signing device is not in the co-op's key log"),
    "sealed-to-others": Rule(403, Peer.KEEP, "this was sealed to others, or was tampered with"),
    "bad-words": Rule(422, Peer.KEEP, "these recovery words are not the ones of this co-op"),
    # logs and chunks
    "bad-chain": Rule(422, Peer.CLOSE, "the records do not form one chain"),
    "gap": Rule(409, Peer.WAIT, "the record before this one is not here yet"),
    "time-backwards": Rule(422, Peer.CLOSE, "a record is dated before the one that it follows"),
    "from-the-future": Rule(
        409, Peer.WAIT, "a record is dated beyond the allowed clock difference"
    ),
    "absent-body": Rule(422, Peer.WAIT, "a lasting record came without its body"),
    "overgrown": Rule(409, Peer.WAIT, "this log has too many branches"),
    # circles
    "not-a-member": Rule(403, Peer.WAIT, "this co-op is no member of the circle"),
    "beyond-cut": Rule(409, Peer.WAIT, "this lies beyond where the log was cut"),
    "unknown-circle": Rule(404, Peer.KEEP, "this circle is not known here"),
    "not-allowed": Rule(403, Peer.KEEP, "the rules of the circle do not allow this"),
    "needs-endorsements": Rule(409, Peer.KEEP, "this needs more endorsements to take effect"),
    "already-member": Rule(409, Peer.KEEP, "this co-op is a member already"),
    # trade
    "not-yours": Rule(403, Peer.KEEP, "this belongs to another co-op"),
    "not-found": Rule(404, Peer.KEEP, "nothing with this id is here"),
    "already-withdrawn": Rule(409, Peer.KEEP, "this was withdrawn before"),
    "changed-meanwhile": Rule(
        409, Peer.KEEP, "this was changed by somebody else meanwhile; look at the newer version"
    ),
    "bad-code": Rule(422, Peer.KEEP, "this code is not in its published list"),
    "unknown-format": Rule(422, Peer.KEEP, "this file is in none of the known formats"),
    "bad-file": Rule(422, Peer.KEEP, "this file is damaged or is not what it says"),
    # blobs
    "blob-mismatch": Rule(422, Peer.CLOSE, "a piece does not fit the hash of its file"),
    "not-a-picture": Rule(422, Peer.KEEP, "this file is not a picture of a known type"),
    # invites
    "invite-malformed": Rule(
        422, Peer.KEEP, "this is no invite, or a part of it was changed or lost"
    ),
    "invite-expired": Rule(410, Peer.KEEP, "this invite has expired; ask for a new one"),
    "invite-used": Rule(410, Peer.KEEP, "this invite was used up; ask for a new one"),
    "invite-revoked": Rule(410, Peer.KEEP, "this invite was taken back by its co-op"),
    "invite-unknown": Rule(404, Peer.KEEP, "the other co-op does not know this invite"),
    "invite-other-coop": Rule(409, Peer.KEEP, "another co-op answered than the invite names"),
    # link
    "peer-not-listed": Rule(403, Peer.CLOSE, "this co-op is not on the list of peers here"),
    "peer-blocked": Rule(403, Peer.CLOSE, "this co-op is blocked here"),
    "peer-stalled": Rule(408, Peer.CLOSE, "the peer stopped in the middle of something"),
    "peer-flooding": Rule(429, Peer.CLOSE, "the peer sent more than was asked for"),
    "peer-unreachable": Rule(502, Peer.KEEP, "no address of the peer answered"),
    "other-network": Rule(409, Peer.CLOSE, "the peer belongs to another network or version"),
    "to-itself": Rule(409, Peer.CLOSE, "this is the node itself"),
    # node and API
    "not-running": Rule(503, Peer.KEEP, "no coop-node runs on this data folder; start it first"),
    "not-logged-in": Rule(401, Peer.KEEP, "log in first"),
    "not-your-role": Rule(403, Peer.KEEP, "your role does not allow this"),
    "bad-password": Rule(401, Peer.KEEP, "name or password is wrong"),
    "bad-token": Rule(401, Peer.KEEP, "this token is unknown, revoked or expired"),
    "bad-origin": Rule(403, Peer.KEEP, "this request came from another site"),
    "too-many-tries": Rule(429, Peer.KEEP, "too many tries; wait a little"),
    "clock-is-off": Rule(409, Peer.KEEP, "this node's clock differs from its peers'"),
    "disk-full": Rule(
        507, Peer.KEEP, "the disk is full; nothing was lost, make room and try again"
    ),
    "already-there": Rule(409, Peer.KEEP, "this is there already"),
    "home-in-use": Rule(409, Peer.KEEP, "another process uses this data folder"),
    "no-home": Rule(404, Peer.KEEP, "no node lives in this data folder; run init first"),
    "key-reused": Rule(422, Peer.KEEP, "this idempotency key was used for another request"),
    "internal": Rule(500, Peer.KEEP, "the node failed; its log says how"),
}
