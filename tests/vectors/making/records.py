"""Vectors of records: headers, bodies, kinds, the fields of kinds, logs and their heads."""

from typing import Any

import msgspec

from protocol import log, merge, note, profile, record, trade
from protocol.circle import ADMIT, FOUND, REMOVE, Admit, Remove, Rules
from protocol.codec import encode
from protocol.endorse import KIND as ENDORSE
from protocol.endorse import Endorse, Threshold
from protocol.keyevents import LogCut
from protocol.keys import signing_pair
from protocol.limits import BODY_BYTES_MAX, DAY_MS, EXPIRES_DAYS_MAX, INTEGER_MAX
from protocol.log import Open
from protocol.record import Body, Header
from protocol.values import Decimal, Quantity
from tests.vectors.making.plain import NETWORK, Case, case, verdict, word

TIME_MS = 1_790_000_000_000
TODAY = TIME_MS // DAY_MS
HEADER = Header(
    1, word("coop"), word("log"), 2, word("parent"), word("event")[:16], TIME_MS, "note/1",
    word("body"), 100, None,
)  # fmt: skip
ZEROS = Header(
    1, bytes(32), bytes(32), 1, None, bytes(16), TIME_MS, "log.open/1", bytes(32), 100, None
)


def records() -> dict[str, list[Case]]:
    changes: dict[str, dict[str, Any]] = {
        "another version": {"version": 2},
        "seq 0": {"seq": 0},
        "a first record with a parent": {"seq": 1},
        "no parent": {"prev": None},
        "a first record that opens nothing": {"seq": 1, "prev": None},
        "an opening further on": {"kind": "log.open/1"},
        "time before 1970": {"time_ms": -1},
        "time beyond 2**53 - 1": {"time_ms": INTEGER_MAX + 1},
        "a short key event": {"key_event": bytes(15)},
        "an empty body": {"body_len": 0},
        "a body too large": {"body_len": BODY_BYTES_MAX + 1},
        "forgotten before its day": {"expires_day": TODAY - 1},
        "forgotten too late": {"expires_day": TODAY + EXPIRES_DAYS_MAX + 1},
        "a lasting kind that expires": {"kind": "profile/1", "expires_day": TODAY},
        "an unknown kind that expires": {"kind": "new/1", "expires_day": TODAY},
        "a kind in upper case": {"kind": "Note/1"},
    }
    good: dict[str, dict[str, Any]] = {
        "a lasting record": {},
        "a forgettable one": {"expires_day": TODAY},
        "one that lives as long as allowed": {"expires_day": TODAY + EXPIRES_DAYS_MAX},
        "the largest body": {"body_len": BODY_BYTES_MAX},
        "the last seq": {"seq": INTEGER_MAX},
    }
    headers = {"all zeros": ZEROS} | {n: HEADER._replace(**c) for n, c in good.items()}
    return {
        "headers": [
            case(name, header=list(one), bytes=encode(list(one)), id=record.header_id(NETWORK, one))
            for name, one in headers.items()
        ],
        "refused_headers": [
            case(
                name,
                header=list(HEADER._replace(**one)),
                **verdict(record.check_header, HEADER._replace(**one)),
            )
            for name, one in changes.items()
        ],
        "bodies": _bodies(),
        "kinds": [
            case(repr(kind), kind=kind, is_kind=record.is_kind(kind))
            for kind in [
                "offer/1", "profile.contact/12", "a.b.c/1", "x" * 46 + "/1", "x" * 47 + "/1",
                "offer", "offer/0", "offer/01", "offer/", "/1", "Offer/1", "offer1/1", "of-fer/1",
                "a..b/1",
                "offer/1/2", "offer/1 ", "\u00f6/1", "offer/\u0661", "",
            ]
        ],
    }  # fmt: skip


def _bodies() -> list[Case]:
    salt = word("salt")[:16]
    low, high = sorted([word("a"), word("b")])
    bodies: dict[str, list[Any]] = {
        "the least": [salt, None, "", None, [], {}, None],
        "everything": [salt, word("s"), "clerk", word("d"), [low, high], {"n": 1}, b"sealed"],
        "a role of 32 bytes": [salt, None, "\u00e9" * 16, None, [], {}, None],
        "as many refs as allowed": [
            salt, None, "", None, sorted(word(str(n)) for n in range(64)), {}, None,
        ],
        "a short salt": [salt[:15], None, "", None, [], {}, None],
        "a short subject": [salt, bytes(31), "", None, [], {}, None],
        "a long authority": [salt, None, "", bytes(33), [], {}, None],
        "a role of 34 bytes": [salt, None, "\u00e9" * 17, None, [], {}, None],
        "refs that descend": [salt, None, "", None, [high, low], {}, None],
        "a ref twice": [salt, None, "", None, [low, low], {}, None],
        "too many refs": [salt, None, "", None, sorted(word(str(n)) for n in range(65)), {}, None],
        "a part too few": [salt, None, "", None, [], {}],
        "a part too many": [salt, None, "", None, [], {}, None, None],
        "text for bytes": ["x" * 16, None, "", None, [], {}, None],
        "a body of 48 KiB": [salt, None, "", None, [], {}, bytes(BODY_BYTES_MAX - 28)],
        "a byte more": [salt, None, "", None, [], {}, bytes(BODY_BYTES_MAX - 27)],
    }  # fmt: skip
    out = []
    for name, parts in bodies.items():
        body = encode(parts)
        shown: Case = {"bytes": body} if len(body) < 4096 else {"sealed_zeros": len(parts[-1])}
        out.append(
            case(
                name,
                **shown,
                length=len(body),
                hash=NETWORK.hash(b"body", body),
                **verdict(record.open_body, body),
            )
        )
    return out


def logs() -> dict[str, list[Case]]:
    public, secret = signing_pair(word("device"))
    circle = word("circle")
    openings = [Open(circle, public, instance) for instance in (0, 7, 255)]
    odd = [Open(circle, public, 256), Open(circle[:31], public, 0), Open(word("x"), public, 0)]
    own = log.log_id(NETWORK, word("coop"), openings[0])
    heads = [HEADER._replace(log=own), HEADER._replace(log=own, seq=300, key_event=bytes(16))]

    known = msgspec.to_builtins(openings[0], builtin_types=(bytes,))
    unread: dict[str, object] = {
        "a field more": {**known, "more": 1},
        "a field less": {"circle": circle, "device": public},
        "text as instance": {**known, "instance": "0"},
    }

    def opened(one: object) -> None:
        header = HEADER._replace(seq=1, prev=None, kind="log.open/1", log=own)
        log.read_open(NETWORK, header, record.write_body(bytes(16), one))

    return {
        "ids": [
            case(
                f"instance {one.instance}",
                coop=word("coop"),
                device=public,
                circle=circle,
                instance=one.instance,
                log=log.log_id(NETWORK, word("coop"), one),
                fields=encode(one),
            )
            for one in openings
        ],
        "openings": [
            case(
                f"{encode(one).hex()[:12]} {one.instance}",
                log=own,
                coop=word("coop"),
                fields=encode(one),
                **verdict(opened, one),
            )
            for one in [*openings, *odd]
        ]
        + [
            case(name, log=own, coop=word("coop"), fields=encode(one), **verdict(opened, one))
            for name, one in unread.items()
        ],
        "heads": [
            case(
                f"seq {one.seq}",
                device_seed=word("device"),
                device=public,
                header=list(one),
                id=(head := record.header_id(NETWORK, one)),
                message=log._head(NETWORK, one, head),
                signature=log.sign_head(NETWORK, secret, one, head),
            )
            for one in heads
        ],
    }


_ONE = Threshold("members", 1)
_RULES = Rules(
    admit=Threshold("members", 2), name="North Sea", nonce=word("n")[:16], read="members",
    remove=_ONE, rule=Threshold("stewards", 0), stewards=(word("a"),), version=1,
)  # fmt: skip
_PLAIN: dict[str, Any] = msgspec.to_builtins(_RULES, builtin_types=(bytes,))
_OFFER = trade.Offer(
    item=trade.Item(category=("coffee",), hs="090111"),
    pack=trade.Pack(Quantity(Decimal(6, 1), "KGM"), {"pt": "saca"}),
    prices=(trade.Price(currency="USD", exponent=2, minor=61_000, per=Decimal(1, 0)),),
    quantity=Decimal(12, 2),
    title={"en": "Coffee AA", "sw": "Kahawa"},
    unit="KGM",
    where=trade.Where(country="KE", latitude_e6=-1_286_389, longitude_e6=36_817_223),
)
_PROFILE = profile.Profile(country="KE", languages=("en", "sw"), name="Kagumo")
_CUT = LogCut((word("head"),), word("log"), (bytes(64),))
FIELDS: dict[str, tuple[str, object]] = {
    "an opening": ("log.open/1", Open(word("circle"), word("device"), 3)),
    "a founding": (FOUND, _RULES),
    "an admit": (ADMIT, Admit(word("coop"), bytes(16))),
    "a remove": (REMOVE, Remove((word("admit"),), word("coop"), (_CUT,), bytes(16))),
    "an endorsement": (ENDORSE, Endorse(ADMIT, word("digest"))),
    "an endorsement with its proposal": (ENDORSE, Endorse(ADMIT, word("digest"), b"fields")),
    "a profile": (profile.PROFILE, _PROFILE),
    "an empty contact line": (profile.CONTACT, profile.Contact()),
    "an offer": (trade.OFFER, _OFFER),
    "an offer with a title alone": (trade.OFFER, {"title": {"en": "x"}}),
    "a note": (note.NOTE, note.Note(about=word("offer"), to=(word("coop"),))),
    "an answer to two": (
        note.NOTE,
        note.Note(
            about=word("offer"), thread=word("note"), to=tuple(sorted([word("a"), word("b")]))
        ),
    ),
    "a part": ("part/1", merge.Part(b"data")),
    "a newer kind": ("offer/2", {"anything": [1, b"x"]}),
    "a note to nobody": (note.NOTE, {"about": word("offer"), "to": []}),
    "a note to co-ops that descend": (
        note.NOTE, {"about": word("offer"), "to": sorted([word("a"), word("b")], reverse=True)},
    ),
    "a note about nothing": (note.NOTE, {"to": [word("coop")]}),
    "rules without a nonce": (FOUND, {name: _PLAIN[name] for name in _PLAIN if name != "nonce"}),
    "rules of version 0": (FOUND, {**_PLAIN, "version": 0}),
    "rules of a name of 201 bytes": (FOUND, {**_PLAIN, "name": "x" * 201}),
    "an admit of a short nonce": (ADMIT, {"coop": word("c"), "nonce": bytes(15)}),
    "a remove of nothing": (REMOVE, Remove((), word("coop"), (), bytes(16))),
    "an unknown field": (trade.OFFER, {"colour": "red", "title": {"en": "x"}}),
    "no title": (trade.OFFER, {}),
    "a default spelt out": (trade.OFFER, {"mode": "sell", "title": {"en": "x"}}),
    "a default struct spelt out": (trade.OFFER, {"item": {}, "title": {"en": "x"}}),
    "a default unit spelt out": (trade.OFFER, {"title": {"en": "x"}, "unit": "C62"}),
    "an empty proposal spelt out": (
        ENDORSE, {"act": ADMIT, "digest": bytes(32), "proposal": b""},
    ),
    "an amount below zero": (trade.OFFER, {"quantity": [-1, 0], "title": {"en": "x"}}),
    "a decimal with a zero at its end": (trade.OFFER, {"quantity": [10, 0], "title": {"en": "x"}}),
    "a gift with a price": (
        trade.OFFER,
        {"mode": "give", "prices": [{"currency": "EUR", "exponent": 2, "minor": 1}],
         "title": {"en": "x"}},
    ),
    "a country with a line feed": (profile.PROFILE, {"country": "KE\n", "name": "x"}),
    "a newer kind with a float": ("offer/2", {"price": 1.5}),
    "a newer kind that lies too deep": ("offer/2", [[[[[[[[[[[[[]]]]]]]]]]]]]),
}  # fmt: skip


def fields() -> dict[str, list[Case]]:
    out = []
    for name, (kind, one) in FIELDS.items():
        raw = msgspec.Raw(encode(one))
        body = encode(Body(word("salt")[:16], None, "", None, (), raw, None))

        def read(kind: str = kind, body: bytes = body) -> None:
            merge.read_fields(kind, record.open_body(body))

        out.append(case(name, kind=kind, body=body, **verdict(read)))
    return {"bodies": out}
