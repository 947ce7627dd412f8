"""Vectors of plain values: hashes, text forms, canonical bytes, decimals."""

from hashlib import blake2b

import msgspec

from node.home import fingerprint, recovery_words
from protocol import bech32, codec
from protocol.codec import decode_as
from protocol.errors import Refusal
from protocol.keys import Network
from protocol.limits import DEPTH_MAX, INTEGER_MAX
from protocol.values import Decimal
from tests.vectors.making.plain import NETWORK, Case, case, digest_of_parts, plain, verdict, word


def hashes() -> dict[str, list[Case]]:
    """Salts of networks, hashes of bytes, hashes of canonical arrays, keyed hashes."""
    networks = ["coop", "test", "", "K\u00e4seb\u00f6rse", "x" * 100]
    return {
        "salts": [
            case(f"network {name!r}", network=name, salt=Network(name).salt) for name in networks
        ],
        "hashes": [
            case(
                f"{domain} in {network}",
                network=network,
                domain=domain,
                data=data,
                hash=Network(network).hash(domain.encode(), data),
            )
            for network in ("coop", "test")
            for domain, data in [
                ("header", b""),
                ("body", b"data"),
                ("key", bytes(range(256))),
                ("leaf", bytes(64)),
                ("trie", bytes(512)),
            ]
        ],
        "arrays": [
            case(
                "an opening", **digest_of_parts("log", word("coop"), word("device"), word("c"), 0)
            ),
            case("no parts", **digest_of_parts("tips")),
            case("a list in a list", **digest_of_parts("tips", [word("a"), word("b")])),
            case("nil and text", **digest_of_parts("row", "offer/1", 1, None, [])),
        ],
        "keyed": [
            case(
                "the proof of an invite",
                key=bytes(range(16)),
                person="invite",
                data=word("handshake"),
                hash=blake2b(
                    word("handshake"), digest_size=32, key=bytes(range(16)), person=b"invite"
                ).digest(),
            )
        ],
    }


def ids() -> dict[str, list[Case]]:
    """Text forms that are ids, and texts that are none."""
    text = bech32.encode("coop", bytes(range(32)))
    refused = {
        "mixed case": text.replace("coop", "Coop"),
        "a changed character": text[:-1] + ("q" if text[-1] != "q" else "p"),
        "cut short": text[:-1],
        "no separator": text.replace("1", ""),
        "no prefix": text[4:],
        "a character of no value": text[:20] + "b" + text[21:],
        "the check sum of bech32 without m": "a12uel5l",
        "spare bits that are not zero": "11" + "l" * 82 + "ludsr8",
        "a Kelvin sign": bech32.encode("k", bytes(32)).upper().replace("K", "\u212a"),
        "nothing": "",
    }
    return {
        "texts": [
            case(
                f"{prefix} {data.hex()[:8]}",
                prefix=prefix,
                id=data,
                text=bech32.encode(prefix, data),
            )
            for prefix in ("coop", "circle", "log", "rec", "blob")
            for data in (bytes(range(32)), bytes(32), b"\xff" * 32, word(prefix))
        ],
        "refused": [
            case(name, text=one, **verdict(bech32.decode, one)) for name, one in refused.items()
        ],
        "words": [
            case(
                data.hex()[:8],
                bytes=data,
                fingerprint=list(fingerprint(data)),
                recovery=list(recovery_words(data)),
            )
            for data in (bytes(32), bytes(range(32)), b"\xff" * 32, word("words"))
        ],
    }


_EDGES = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, INTEGER_MAX]
_NEGATIVE = [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -INTEGER_MAX]
VALUES: dict[str, codec.Value] = {
    "nil": None,
    "false": False,
    "true": True,
    **{f"number {number}": number for number in _EDGES + _NEGATIVE},
    **{f"text of {length}": "x" * length for length in (0, 1, 31, 32, 255, 256)},
    **{f"bytes of {length}": b"x" * length for length in (0, 1, 255, 256)},
    "text beyond ASCII": "K\u00e4se \u8336 \U0001f41f",
    "list of 15": [None] * 15,
    "list of 16": [None] * 16,
    "map of 15": {f"{key:02}": key for key in range(15)},
    "map of 16": {f"{key:02}": key for key in range(16)},
    "keys by their bytes": dict.fromkeys(["", "a", "aa", "b", "\u00e4", "\uffff", "\U0001f69c"], 1),
    "mixed": {"list": [1, [b"x", None], {"y": "z"}], "map": {}, "none": None},
    "as deep as allowed": [[[[[[[[[[[[None]]]]]]]]]]]],
}
REFUSED = {
    "127 in two bytes": "cc7f",
    "255 in three bytes": "cd00ff",
    "65535 in five bytes": "ce0000ffff",
    "2**32 - 1 in nine bytes": "cf00000000ffffffff",
    "a positive number with a sign": "d001",
    "255 with a sign": "d100ff",
    "-32 in two bytes": "d0e0",
    "-128 in three bytes": "d1ff80",
    "2**53": "cf0020000000000000",
    "-2**53": "d3ffe0000000000000",
    "2**64 - 1": "cfffffffffffffffff",
    "a short text in two bytes of head": "d90161",
    "a short text in three": "da000161",
    "short bytes in three bytes of head": "c5000161",
    "a short list in three bytes of head": "dc0001c0",
    "a short list in five": "dd00000001c0",
    "a short map in three bytes of head": "de0001a161c0",
    "keys that descend": "82a162c0a161c0",
    "a key twice": "82a161c0a161c0",
    "a number as a key": "8101c0",
    "bytes as a key": "81c40161c0",
    "nil as a key": "81c0c0",
    "a float of four bytes": "ca3fc00000",
    "a float of eight bytes": "cb3ff8000000000000",
    "a float that is whole": "cb0000000000000000",
    "an extension": "d40100",
    "a long extension": "c7030100aabb",
    "a time stamp": "d6ff00000000",
    "a time stamp of eight bytes": "d7ff0000000000000000",
    "lists that lie too deep": "91" * (DEPTH_MAX + 1) + "c0",
    "maps that lie too deep": "81a161" * (DEPTH_MAX + 1) + "c0",
    "nothing": "",
    "c1": "c1",
    "a value behind the value": "c0c0",
    "a list cut short": "91",
    "a text cut short": "a261",
    "a number cut short": "cd01",
    "text that is not UTF-8": "a1ff",
    "an overlong zero": "a2c080",
    "half of a surrogate pair": "a3eda080",
    "a list that promises too much": "ddffffffff",
    "a map that promises too much": "dfffffffff",
    "a text that promises too much": "dbffffffff61",
    "bytes that promise too much": "c6ffffffff61",
}


def encoding() -> dict[str, list[Case]]:
    """Values with their one spelling, and bytes that spell none."""
    return {
        "values": [
            case(name, value=plain(one), bytes=codec.encode(one)) for name, one in VALUES.items()
        ],
        "refused": [
            case(name, bytes=one, **verdict(codec.decode, bytes.fromhex(one)))
            for name, one in REFUSED.items()
        ],
    }


def decimals() -> dict[str, list[Case]]:
    """Numbers made short, plain notation, and the bytes of a decimal."""
    decoder = msgspec.msgpack.Decoder(Decimal)

    def made(number: int, exponent: int) -> Case:
        try:
            one = Decimal.of(number, exponent)
        except Refusal as refusal:
            return {"refusal": refusal.code}
        return {"decimal": [one.number, one.exponent], "text": str(one), "bytes": codec.encode(one)}

    def read(text: str) -> Case:
        try:
            one = Decimal.parse(text)
        except Refusal as refusal:
            return {"refusal": refusal.code}
        return {"decimal": [one.number, one.exponent]}

    pairs = [
        (0, 0), (0, 5), (5, 0), (1200, 0), (-1200, -1), (125, -1), (5, -3), (10**9, 0), (10**10, 0),
        (1, 9), (1, 10), (1, -9), (1, -10), (10, -10), (INTEGER_MAX, 0), (INTEGER_MAX + 1, 0),
        (10 * INTEGER_MAX, -1),
    ]  # fmt: skip
    texts = [
        "0", "-0", "007", "12.50", " 3 ", "-.5", ".5", "1200", "", "-", ".", "1.", "1,5", "1e5",
        "+1", "1_0", "\u0661", "9" * 25, "0." + "0" * 9 + "1",
    ]  # fmt: skip
    wires = [
        "920500", "920c02", "921ff7", "920000", "920a00", "920001", "9200ff", "9101", "93010203",
        "920109", "92010a", "9201f6", "92cb3ff000000000000000",
    ]  # fmt: skip
    return {
        "made": [case(f"{n} x 10^{e}", number=n, exponent=e, **made(n, e)) for n, e in pairs],
        "read": [case(repr(text), text_in=text, **read(text)) for text in texts],
        "bytes": [
            case(
                wire,
                bytes=wire,
                **verdict(decode_as, decoder, bytes.fromhex(wire)),
            )
            for wire in wires
        ],
    }


assert NETWORK.name == "coop"
