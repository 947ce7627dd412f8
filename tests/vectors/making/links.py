"""Vectors of what travels outside of records: invites, sealed parts, greetings, messages."""

import msgspec

from protocol import invite, sealed
from protocol import messages as m
from protocol.codec import encode
from protocol.errors import Refusal
from protocol.invite import Invite
from protocol.keyevents import Receipt
from protocol.keylog import Signed
from protocol.keys import agreement_public
from protocol.sealed import Secrets
from tests.vectors.making.plain import NETWORK, Case, case, plain, verdict, word

INVITE = Invite(
    addresses=("https://fish.example/node", "http://192.0.2.7:8440"),
    circle=word("circle"),
    circle_name="North Sea",
    coop=word("coop"),
    coop_name="Fishers of Norden",
    expires_ms=1_790_000_000_000,
    network="coop",
    nonce=word("nonce")[:16],
)


def invites() -> dict[str, list[Case]]:
    link = invite.write_link(NETWORK, INVITE)
    short = msgspec.structs.replace(INVITE, nonce=bytes(15))
    good = {
        "as written": link,
        "broken by a mail program": link[:70] + "\r\n  " + link[70:] + "\n",
    }
    odd = {
        "nothing": "",
        "another scheme": "https:" + link[10:],
        "a scheme in upper case": link.replace("coopinvite", "COOPINVITE"),
        "cut short": link[:-1],
        "a character too many": link + "A",
        "padding": link + "=",
        "a character that is no base64": link[:40] + "!" + link[40:],
        "a space that is not ASCII": link[:40] + "\u00a0" + link[40:],
        "a changed character": link[:40] + ("A" if link[40] != "A" else "B") + link[41:],
        "a short nonce": invite.write_link(NETWORK, short),
    }
    return {
        "invites": [
            case(
                name,
                link=one,
                fields=plain(msgspec.to_builtins(INVITE, builtin_types=(bytes,))),
                bytes=encode(INVITE),
                id=invite.invite_id(NETWORK, INVITE.nonce),
                handshake_hash=word("handshake"),
                proof=invite.proof(INVITE.nonce, word("handshake")),
            )
            for name, one in good.items()
        ],
        "refused": [
            case(name, link=one, **verdict(invite.read_link, NETWORK, one))
            for name, one in odd.items()
        ],
    }


def sealed_parts() -> dict[str, list[Case]]:
    private = [word(f"recipient {number}") for number in range(3)]
    public = [agreement_public(one) for one in private]
    secrets = Secrets(word("content"), word("one-time"), word("nonce")[:24])
    parts = (word("coop"), word("log"), "deal/1", word("salt")[:16])
    identity = sealed.identity_of(NETWORK, *parts)
    contents = {"empty": b"", "short": b"secret", "to the edge": bytes(252), "one more": bytes(253)}

    def opened(data: bytes, key: bytes, around: bytes = identity) -> Case:
        try:
            return {"content": sealed.unseal(NETWORK, data, key, around)}
        except Refusal as refusal:
            return {"refusal": refusal.code}

    made = []
    for name, content in contents.items():
        for count in (1, 2):
            data = sealed.seal(NETWORK, content, public[:count], identity, secrets)
            made.append(
                case(
                    f"{name}, {count} recipients",
                    content=content,
                    recipients=public[:count],
                    content_key=secrets.content_key,
                    one_time_private=secrets.one_time_private,
                    nonce=secrets.nonce,
                    identity=identity,
                    sealed=data,
                )
            )
    data = sealed.seal(NETWORK, b"secret", public[:2], identity, secrets)
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    weak = encode([1, bytes(32), *msgspec.msgpack.decode(data)[2:]])
    newer = encode([2, *msgspec.msgpack.decode(data)[1:]])
    return {
        "identities": [
            case("a deal", coop=parts[0], log=parts[1], kind=parts[2], salt=parts[3],
                 identity=identity),
        ],
        "sealed": made,
        "opened": [
            case("by the first", sealed=data, private=private[0], identity=identity,
                 **opened(data, private[0])),
            case("by the second", sealed=data, private=private[1], identity=identity,
                 **opened(data, private[1])),
            case("by another", sealed=data, private=private[2], identity=identity,
                 **opened(data, private[2])),
            case("in another record", sealed=data, private=private[0], identity=bytes(32),
                 **opened(data, private[0], bytes(32))),
            case("a flipped bit", sealed=flipped, private=private[0], identity=identity,
                 **opened(flipped, private[0])),
            case("a one-time key of small order", sealed=weak, private=private[0],
                 identity=identity, **opened(weak, private[0])),
            case("a newer suite", sealed=newer, private=private[0], identity=identity,
                 **opened(newer, private[0])),
        ],
    }  # fmt: skip


BLIND, SHORT, HASH = word("blind")[:16], word("short")[:8], word("hash")
SIGNED = Signed(b"event", ((HASH, bytes(64)),))
MESSAGES: list[m.Message] = [
    m.Hello(1, 1_790_000_000_000, ((BLIND, HASH),)),
    m.Close("peer-blocked", "detail"),
    m.AskIntroduction(),
    m.Introduction((SIGNED,), last=True),
    m.Roots(((BLIND, HASH), (bytes(16), bytes(32))), answer=True),
    m.AskTrie(BLIND, ("", "0f")),
    m.Trie(
        BLIND,
        (
            m.TrieNode("", (None, SHORT, m.Leaf(HASH, SHORT, is_keys=True), *(None,) * 13)),
            m.TrieNode("0f", (m.Leaf(HASH, SHORT, is_keys=False),)),
            m.TrieNode("ff", ()),
        ),
    ),
    m.AskKeys(BLIND, (HASH,)),
    m.Keys(BLIND, (SIGNED,), (Receipt(HASH, HASH, HASH, HASH, bytes(64)),), last=False),
    m.AskLogs(7, BLIND, (m.LogAsk(HASH, ()), m.LogAsk(bytes(32), (HASH,))), 8 * 1024 * 1024),
    m.Data(7, last=True, piece=b"piece"),
    m.Credit(7, 100),
    m.Done(7),
    m.Push(BLIND, last=True, piece=b"piece"),
    m.AskBodies(BLIND, (HASH,)),
    m.BodyOf(BLIND, HASH, b"body"),
    m.AskBlob(BLIND, HASH, 0, 16),
    m.BlobList(HASH, 5, (HASH,)),
    m.BlobPart(HASH, 0, last=True, part=b"part"),
    m.Join(HASH),
    m.Joined(HASH, pending=False),
]


def messages() -> dict[str, list[Case]]:
    odd: dict[str, object] = {
        "an unknown number": [21],
        "no array": {},
        "a field too few": [12],
        "a field too many": [12, 7, 7],
        "request 0": [12, 0],
        "a short blind": [7, BLIND[:15], [HASH]],
        "a prefix in upper case": [5, BLIND, ["F"]],
        "a prefix with a line feed": [5, BLIND, ["f\n"]],
        "17 children": [6, BLIND, [["", [None] * 17]]],
        "no leaves": [7, BLIND, []],
        "a piece too large": [10, 7, True, bytes(60_001)],
        "33 ids of one log": [9, 7, BLIND, [[HASH, [HASH] * 33]], 1],
    }
    greetings = {
        "without an invite": m.Greeting(HASH, word("device"), None, None),
        "with an invite": m.Greeting(HASH, word("device"), word("invite"), word("proof")),
    }
    return {
        "messages": [
            case(
                type(one).__name__,
                fields=plain(msgspec.to_builtins(one, builtin_types=(bytes,))),
                bytes=m.write(one),
            )
            for one in MESSAGES
        ],
        "greetings": [
            case(name, fields=list(msgspec.structs.astuple(one)), bytes=msgspec.msgpack.encode(one))
            for name, one in greetings.items()
        ],
        "refused": [
            case(
                name,
                **({"bytes": data} if len(data) < 4096 else {"piece_zeros": 60_001}),
                **verdict(m.read, data),
            )
            for name, data in ((name, encode(one)) for name, one in odd.items())
        ],
        "malformed": [
            case(repr(one), bytes=one, **verdict(m.read, one))
            for one in (b"", b"\xc1", b"\x92\x0c", b"\x92\x0c\x01\x00")
        ],
    }
