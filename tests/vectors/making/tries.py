"""Vectors of what is summed up: tries, blobs, rows of the digest."""

from protocol import blob, merge, trade, trie
from protocol.limits import BLOB_PIECE_BYTES
from protocol.merge import Standing, Version
from tests.vectors.making.plain import NETWORK, Case, case, verdict, word


def _key(digits: str) -> bytes:
    return bytes.fromhex(digits.ljust(64, "0"))


def tries() -> dict[str, list[Case]]:
    sets: dict[str, dict[bytes, bytes]] = {
        "no leaf": {},
        "one leaf": {bytes(32): bytes(32)},
        "two that part at once": {bytes(32): bytes(32), _key("1"): bytes(32)},
        "two that part late": {_key("abc1"): word("v"), _key("abc2"): word("w")},
        "two that part at the last digit": {
            _key("0" * 63 + "1"): word("v"), _key("0" * 63 + "2"): word("w"),
        },
        "a hundred": {word(f"key {number}"): word(f"value {number}") for number in range(100)},
    }  # fmt: skip
    tips = {
        "two tips": [word("b"), word("a")],
        "as many tips as are told": [word(f"tip {number}") for number in range(15)],
        "an overgrown log": [word(f"tip {number}") for number in range(16)],
        "another overgrown log": [word(f"tip {number}") for number in range(1, 19)],
    }
    return {
        "roots": [
            case(
                name,
                leaves=[list(pair) for pair in sorted(leaves.items())],
                root=trie.root_of(NETWORK, leaves),
            )
            for name, leaves in sets.items()
        ],
        "log_leaves": [
            case(
                name,
                coop=word("coop"),
                log=word("log"),
                tips=sorted(some),
                key=trie.log_leaf(NETWORK, word("coop"), word("log")),
                value=trie.tips_hash(NETWORK, some),
            )
            for name, some in tips.items()
        ],
        "key_leaves": [
            case("key", coop=word("coop"), key=trie.key_leaf(NETWORK, word("coop"))),
        ],
    }


def blobs() -> dict[str, list[Case]]:
    def case_of(name: str, byte: int, size: int) -> Case:
        data = bytes([byte]) * size
        hashes = blob.piece_hashes(NETWORK, data)
        return case(
            name,
            byte=byte,
            size=size,
            pieces=hashes,
            blob=blob.blob_hash(NETWORK, size, hashes),
        )

    hashes = blob.piece_hashes(NETWORK, bytes(70_000))
    own = blob.blob_hash(NETWORK, 70_000, hashes)
    lists = {
        "as it is": (70_000, hashes),
        "another size": (70_001, hashes),
        "a piece too few": (70_000, hashes[:1]),
        "a piece too many": (70_000, [*hashes, hashes[0]]),
        "another order": (70_000, hashes[::-1]),
    }
    heads = {
        "image/jpeg": "ffd8ffe0", "image/png": "89504e470d0a1a0a00",
        "application/pdf": "255044462d31", "image/webp": b"RIFF1234WEBPVP8 ".hex(),
        None: "47494638",
    }  # fmt: skip
    return {
        "blobs": [
            case_of("one byte", 7, 1),
            case_of("a whole piece", 0, BLOB_PIECE_BYTES),
            case_of("a byte more", 0, BLOB_PIECE_BYTES + 1),
        ],
        "lists": [
            case(
                name,
                blob=own,
                size=size,
                pieces=some,
                **verdict(blob.check_list, NETWORK, own, size, some),
            )
            for name, (size, some) in lists.items()
        ],
        "types": [
            case(str(kind), bytes=one, type=blob.sniff(bytes.fromhex(one)))
            for kind, one in heads.items()
        ],
    }


def rows() -> dict[str, list[Case]]:
    order = (5, word("log"), 2, word("version"))
    later = (9, word("log"), 3, word("withdrawal"))
    standings = {
        "a version": Standing(Version(merge.LASTING_DAY, order)),
        "withdrawn": Standing(Version(merge.LASTING_DAY, order), later),
        "erased": Standing(
            Version(merge.LASTING_DAY, order), None, frozenset({word("b"), word("version")})
        ),
    }
    return {
        "rows": [
            case(
                name,
                kind=trade.OFFER,
                fold_version=merge.FOLD_VERSION,
                subject=word("subject"),
                coop=word("coop"),
                version=standing.version.order[3] if standing.version else None,
                withdrawn=standing.withdrawn[3] if standing.withdrawn else None,
                erased=sorted(standing.erased),
                row=merge.row_hash(
                    NETWORK, trade.OFFER, word("subject"), word("coop"), standing
                ).to_bytes(32, "big"),
            )
            for name, standing in standings.items()
        ]
    }
