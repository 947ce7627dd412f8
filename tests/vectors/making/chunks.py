"""Vectors of chunks: paths, the records in them, and what is refused.

The frames hold their content uncompressed, so that they are the same whatever library made them.
"""

from typing import Any

import msgpack

from protocol import chunk
from protocol.chunk import Parent, Path
from protocol.codec import encode
from protocol.limits import CHUNK_BYTES_MAX, CHUNK_OVERHEAD_BYTES_MAX, DAY_MS
from protocol.log import verify_head
from protocol.record import Record, write_body
from tests.protocol.coops import Coop, LogWriter
from tests.vectors.making.plain import NETWORK, Case, case, stored, verdict, word

COOP = Coop("fishers", network=NETWORK)
TIME_MS = 1_790_000_000_000
TODAY = TIME_MS // DAY_MS


def _writer(instance: int = 0) -> LogWriter:
    writer = LogWriter(COOP, word("circle"), instance=instance, time_ms=TIME_MS)
    note = write_body(word("n")[:16], {"text": "x"})
    writer.append("note/1", note, expires_day=TODAY + 30)
    writer.append("new.kind/7", write_body(word("k")[:16], {"a": [1, b"x"]}))
    writer.append("note/1", write_body(word("m")[:16], {}), key_event=word("event")[:16])
    return writer


WRITER, OTHER = _writer(), _writer(1)
RECORDS = WRITER.records
WHOLE = chunk.make_path(RECORDS, WRITER.sign(RECORDS[-1]))
COLUMNS: dict[str, Any] = dict(
    zip(Path.__struct_fields__, msgpack.unpackb(encode(WHOLE)), strict=True)
)


def chunks() -> dict[str, list[Case]]:
    absent = [one._replace(body=None) if one.header.expires_day else one for one in RECORDS]
    behind = chunk.make_path(RECORDS[2:], WRITER.sign(RECORDS[-1]))
    other = chunk.make_path(OTHER.records, OTHER.sign(OTHER.records[-1]))
    return {
        "chunks": [
            _case("a whole log", [WHOLE], [RECORDS]),
            _case("behind a record", [behind], [RECORDS[2:]]),
            _case("with an absent body", [chunk.make_path(absent, WHOLE.signature)], [absent]),
            _case("two logs", [WHOLE, other], [RECORDS, OTHER.records]),
        ],
        "refused": [*_odd_columns(), *_odd_frames()],
    }


def _case(name: str, paths: list[Path], records: list[list[Record]]) -> Case:
    return case(
        name,
        chunk=stored(encode(paths)),
        paths=[
            {
                "device": WRITER.device,
                "parent_seq": some[0].header.seq - 1,
                "records": [
                    {"id": one.id, "header": encode(list(one.header)), "body": one.body}
                    for one in some
                ],
            }
            for some in records
        ],
    )


def _take(data: bytes) -> None:
    """Steps 1 to 5, 9, 10 and 13 of SPEC "Chunk", for paths that open a log."""
    for path in chunk.unpack(data):
        records = chunk.walk(NETWORK, path, Parent(path.parent, 1, 0) if path.parent else None)
        last = records[-1]
        verify_head(NETWORK, WRITER.device, last.header, last.id, path.signature)


def _odd_columns() -> list[Case]:
    bodies = COLUMNS["bodies"]
    odd: dict[str, dict[str, Any]] = {
        "a short co-op": {"coop": bytes(31)},
        "a long log": {"log": bytes(33)},
        "a short parent": {"parent": bytes(1)},
        "a short signature": {"signature": bytes(63)},
        "a column too short": {"times": COLUMNS["times"][:-1]},
        "no records": {
            name: [] for name in ("times", "kind_of", "event_of", "expires_days", "bodies")
        },
        "a kind that is not there": {"kind_of": [0, 1, 2, 3]},
        "a negative index": {"kind_of": [0, -1, 2, 1]},
        "a key event that is not there": {"event_of": [0, 0, 0, 2]},
        "a short key event": {"events": [bytes(15), bytes(16)]},
        "a kind in upper case": {"kinds": ["log.open/1", "Note/1", "new.kind/7"]},
        "no opening": {"kinds": ["note/1", "note/1", "new.kind/7"]},
        "time that goes back": {"times": [TIME_MS, -1, 1, 1]},
        "time before 1970": {"times": [-1, 1, 1, 1]},
        "time beyond 2**53 - 1": {"times": [2**53, 1, 1, 1]},
        "forgotten before its day": {"expires_days": [None, TODAY - 1, None, None]},
        "a lasting kind that expires": {"expires_days": [TODAY, TODAY + 30, None, None]},
        "an empty body": {"bodies": [bodies[0], b"", *bodies[2:]]},
        "a lasting body that is absent": {"bodies": [*bodies[:3], [bytes(32), 9]]},
        "an absent body of no length": {"bodies": [bodies[0], [bytes(32), 0], *bodies[2:]]},
        "an absent body of a short hash": {"bodies": [bodies[0], [bytes(31), 9], *bodies[2:]]},
        "a float as time": {"times": [1.5, 1, 1, 1]},
        "text as co-op": {"coop": "x"},
        "a column too many": {"more": None},
        "another co-op": {"coop": word("x")},
        "another log": {"log": word("x")},
        "another time": {"times": [TIME_MS, 2, 1, 1]},
        "another body": {"bodies": [bodies[0], bodies[1] + b"x", *bodies[2:]]},
        "bodies in another order": {"bodies": [bodies[0], bodies[1], bodies[3], bodies[2]]},
        "another signature": {"signature": bytes(64)},
    }  # fmt: skip
    out = []
    for name, columns in odd.items():
        plain: bytes = msgpack.packb([list({**COLUMNS, **columns}.values())])
        data = stored(plain)
        out.append(case(name, device=WRITER.device, chunk=data, **verdict(_take, data)))
    return out


def _odd_frames() -> list[Case]:
    good = stored(encode([WHOLE]))
    limit = CHUNK_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX
    long: dict[str, Any] = {
        "times": [1] * 1025, "kind_of": [0] * 1025, "event_of": [0] * 1025,
        "expires_days": [None] * 1025, "bodies": [b"x"] * 1025,
    }  # fmt: skip
    many: bytes = msgpack.packb([list({**COLUMNS, **long}.values())])
    odd = {
        "nothing": b"",
        "no frame": b"\x00" * 40,
        "a frame cut short": good[:-1],
        "a byte behind the frame": good + b"\x00",
        "two frames": good + good,
        "a frame to skip": b"\x50\x2a\x4d\x18" + bytes(4),
        "no content size": b"\x28\xb5\x2f\xfd\x00\x58" + good[9:],
        "a content size beyond the limit": good[:5] + (limit + 1).to_bytes(4, "little") + good[9:],
        "a content size that is not the content's": good[:5] + bytes(4) + good[9:],
        "an empty frame": stored(b""),
        "no paths": stored(b"\x90"),
        "1025 records": stored(many),
        "a number": stored(b"\x01"),
        "an array that promises too much": stored(b"\xdd\xff\xff\xff\xff"),
    }
    return [
        case(
            name,
            device=WRITER.device,
            chunk=data,
            **verdict(chunk.unpack, data),
        )
        for name, data in odd.items()
    ]
