"""Bodies of records: their seven parts and the fields of each kind, as SPEC.md lists them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.interop.reader_codec import RefusalError, Value, decode, refuse
from tests.interop.reader_values import (
    ADDRESS,
    BLOB,
    CODE,
    COUNT,
    COUNTRY,
    CURRENCY,
    CUTS,
    HASH,
    LANGUAGE,
    MINOR,
    NAME,
    QUANTITY,
    TEXT,
    TIME,
    TITLE,
    UNIT,
    URL,
    Check,
    Struct,
    any_octets,
    array,
    boolean,
    decimal,
    integer,
    items_of,
    itself,
    map_of,
    mapping,
    maybe,
    number_of,
    octets,
    one_of,
    pattern,
    text,
    text_in,
    text_of_bytes,
)

BODY_BYTES_MAX: Final = 49152
LIST_MAX: Final = 64
REFS_MAX: Final = 64

THRESHOLD: Final = Struct({"by": one_of("members", "stewards"), "count": integer(0, 4096)})
RULES: Final = Struct(
    {
        "admit": THRESHOLD,
        "name": text_of_bytes(1, 200),
        "nonce": octets(16),
        "read": one_of("public", "members"),
        "remove": THRESHOLD,
        "rule": THRESHOLD,
        "stewards": array(HASH, 1, 32, itself),
        "version": integer(1),
    }
)

ITEM: Final = Struct(
    {},
    {
        "category": (array(CODE, 0, LIST_MAX), []),
        "gtin": (maybe(pattern("[0-9]{8}|[0-9]{12}|[0-9]{13}|[0-9]{14}")), None),
        "hs": (maybe(pattern("[0-9]{2}|[0-9]{4}|[0-9]{6}")), None),
        "sku": (maybe(CODE), None),
    },
)
PRICE: Final = Struct(
    {"currency": CURRENCY, "exponent": integer(0, 4), "minor": MINOR},
    {"from_quantity": (decimal(), [0, 0]), "per": (decimal(1), [1, 0])},
)
WHERE: Final = Struct(
    {"country": COUNTRY},
    {
        "latitude_e6": (maybe(integer(-90000000, 90000000)), None),
        "longitude_e6": (maybe(integer(-180000000, 180000000)), None),
        "place": (maybe(NAME), None),
        "region": (maybe(CODE), None),
    },
)
CARRIER: Final = Struct(
    {"name": NAME},
    {"price_minor": (maybe(MINOR), None), "units_per_parcel": (maybe(COUNT), None)},
)
TERMS: Final = Struct(
    {},
    {
        "carriers": (array(CARRIER, 0, LIST_MAX), []),
        "delivery_text": (TEXT, {}),
        "due_days": (maybe(COUNT), None),
        "free_delivery_from_minor": (maybe(MINOR), None),
        "incoterm": (maybe(pattern("[A-Z]{3}")), None),
        "lead_days_max": (maybe(COUNT), None),
        "lead_days_min": (maybe(COUNT), None),
        "payment_text": (TEXT, {}),
        "payments": (array(CODE, 0, LIST_MAX), []),
        "pickup": (boolean, False),
        "place": (maybe(NAME), None),
    },
)
PROVENANCE: Final = Struct(
    {},
    {
        "chain": (array(HASH, 0, LIST_MAX), []),
        "last_processing": (maybe(COUNTRY), None),
        "origin": (maybe(COUNTRY), None),
        "producer": (maybe(NAME), None),
        "producer_coop": (maybe(HASH), None),
    },
)
ANSWER: Final = Struct(
    {},
    {
        "checked": (array(CODE, 0, LIST_MAX), []),
        "explanation": (TEXT, {}),
        "other": (text(0, 2500), ""),
        "yes": (boolean, False),
    },
)
FAIR: Final = Struct(
    {"scheme": CODE},
    {
        "answers": (mapping(CODE, ANSWER, 0, LIST_MAX), {}),
        "confirmed_by": (array(HASH, 0, LIST_MAX), []),
        "evidence": (array(BLOB, 0, LIST_MAX), []),
        "seal": (maybe(CODE), None),
        "valid_until_ms": (maybe(TIME), None),
    },
)
FEE: Final = Struct(
    {
        "kind": one_of(
            "packing", "transport", "administration", "sales", "fundraising", "solidarity"
        )
    },
    {
        "payee": (maybe(HASH), None),
        "payee_name": (maybe(NAME), None),
        "per_order_minor": (maybe(MINOR), None),
        "per_unit_minor": (maybe(MINOR), None),
        "percent": (maybe(decimal()), None),
    },
)
CYCLE: Final = Struct({"closes_ms": TIME, "coordinator": HASH, "opens_ms": TIME})
LINK: Final = Struct({"kind": one_of("image", "page", "document"), "url": URL})
LOT: Final = Struct({"code": CODE}, {"expires_ms": (maybe(TIME), None)})
TAX: Final = Struct({"category": CODE, "included": boolean, "rate": decimal()})
OFFER: Final = Struct(
    {"title": TITLE},
    {
        "attributes": (mapping(CODE, text(1, 1000), 0, LIST_MAX), {}),
        "barter": (
            array(
                Struct({"item": ITEM, "name": TITLE, "quantity": QUANTITY}),
                0,
                LIST_MAX,
            ),
            [],
        ),
        "condition": (one_of("new", "as-new", "very-good", "good", "fair", "broken"), "new"),
        "cycle": (maybe(CYCLE), None),
        "fair": (array(FAIR, 0, LIST_MAX), []),
        "fees": (array(FEE, 0, LIST_MAX), []),
        "images": (array(BLOB, 0, 12), []),
        "item": (ITEM, {}),
        "links": (array(LINK, 0, LIST_MAX), []),
        "lot": (maybe(LOT), None),
        "minimum": (maybe(decimal(0)), None),
        "mode": (one_of("sell", "give", "lend", "rent", "service", "work", "copy"), "sell"),
        "pack": (maybe(Struct({"holds": QUANTITY, "name": TITLE})), None),
        "prices": (array(PRICE, 0, 16), []),
        "provenance": (PROVENANCE, {}),
        "quantity": (maybe(decimal(0)), None),
        "recipients": (array(HASH, 0, LIST_MAX), []),
        "step": (maybe(decimal(0)), None),
        "tax": (maybe(TAX), None),
        "terms": (TERMS, {}),
        "text": (TEXT, {}),
        "unit": (UNIT, "C62"),
        "valid_from_ms": (maybe(TIME), None),
        "valid_until_ms": (maybe(TIME), None),
        "where": (maybe(WHERE), None),
    },
)


def offer(value: Value) -> None:
    OFFER(value)
    fields = map_of(value)
    if fields.get("mode") == "give" and ("prices" in fields or "barter" in fields):
        refuse("bad-field", "a gift with a price")
    if "valid_from_ms" in fields and "valid_until_ms" in fields:
        low, high = number_of(fields["valid_from_ms"]), number_of(fields["valid_until_ms"])
        if high < low:
            refuse("bad-field", "valid until before it is valid")


GOVERNANCE: Final = one_of(
    "worker", "consumer", "producer", "housing", "platform", "multi-stakeholder", "secondary"
)
PROFILE: Final = Struct(
    {"country": COUNTRY, "name": NAME},
    {
        "description": (TEXT, {}),
        "governance": (maybe(GOVERNANCE), None),
        "languages": (array(LANGUAGE, 0, 24), []),
        "picture": (maybe(BLOB), None),
        "registration": (maybe(CODE), None),
        "sectors": (array(CODE, 0, LIST_MAX), []),
        "website": (maybe(URL), None),
    },
)
CONTACT: Final = Struct(
    {},
    {
        "address": (maybe(NAME), None),
        "email": (maybe(NAME), None),
        "nodes": (array(ADDRESS, 0, 4), []),
        "person": (maybe(NAME), None),
        "phone": (maybe(CODE), None),
    },
)

FIELDS: Final[dict[str, Check]] = {
    "log.open/1": Struct({"circle": HASH, "device": HASH, "instance": integer(0, 255)}),
    "circle.found/1": RULES,
    "circle.rule/1": RULES,
    "circle.admit/1": Struct({"coop": HASH, "nonce": octets(16)}),
    "circle.accept/1": Struct({"admit": HASH}),
    "circle.remove/1": Struct(
        {"admits": array(HASH, 1, 32, itself), "coop": HASH, "cut": CUTS, "nonce": octets(16)}
    ),
    "endorse/1": Struct({"act": text(0, 48), "digest": HASH}, {"proposal": (any_octets, b"")}),
    "affirm/1": Struct({"records": array(HASH, 1, LIST_MAX, itself)}),
    "profile/1": PROFILE,
    "profile.contact/1": CONTACT,
    "offer/1": offer,
    "want/1": offer,
    "withdraw/1": Struct({}, {"reason": (TEXT, {})}),
    "erase/1": Struct({"records": array(HASH, 1, LIST_MAX, itself)}),
    "stock/1": Struct({"book": HASH, "epoch": COUNT, "quantity": QUANTITY}),
    "stock.allot/1": Struct({"amount": decimal(), "epoch": COUNT, "log": HASH}),
    "note/1": Struct(
        {"about": HASH, "to": array(HASH, 1, 32, itself)}, {"thread": (maybe(HASH), None)}
    ),
    "part/1": Struct({"data": any_octets}),
}
CIRCLE_KINDS: Final = frozenset(
    {
        "circle.found/1",
        "circle.rule/1",
        "circle.admit/1",
        "circle.accept/1",
        "circle.remove/1",
        "endorse/1",
        "affirm/1",
    }
)
WITH_SUBJECT: Final = frozenset({"withdraw/1", "erase/1", "stock/1", "stock.allot/1"})
OFFERS: Final = frozenset({"offer/1", "want/1"})
FORGETTABLE: Final = frozenset({"offer", "want", "note", "post", "profile.contact"})


@dataclass(frozen=True, slots=True)
class Body:
    salt: bytes
    subject: bytes | None
    refs: list[bytes]
    fields: dict[str, Value]


def _is_of(value: Value, kind: type, what: str) -> None:
    if type(value) is not kind:
        refuse("bad-field", f"{what} is of another type")


def _hash_or_nil(value: Value, what: str) -> bytes | None:
    if value is None:
        return None
    _is_of(value, bytes, what)
    if len(itself(value)) != 32:
        refuse("malformed", f"{what} is of another length")
    return itself(value)


def _parts(data: bytes) -> Body:
    value = decode(data)
    if type(value) is not list or len(value) != 7:
        refuse("bad-field", "a body has seven parts")
    salt, subject, role, authority, refs, fields, sealed = value
    _is_of(salt, bytes, "the salt")
    _is_of(role, str, "the role")
    _is_of(refs, list, "the list of refs")
    _is_of(fields, dict, "the map of fields")
    if sealed is not None:
        _is_of(sealed, bytes, "the sealed part")
    named = _hash_or_nil(subject, "the subject")
    _hash_or_nil(authority, "the authority")
    found = [_hash_or_nil(ref, "a ref") or b"" for ref in items_of(refs)]
    ascend = all(one < two for one, two in pairwise(found)) and b"" not in found
    if len(itself(salt)) != 16 or len(text_in(role).encode()) > 32:
        refuse("malformed", "a salt or a role of another length")
    if not ascend or len(found) > REFS_MAX:
        refuse("malformed", "refs not ascending, or too many")
    return Body(itself(salt), named, found, map_of(fields))


def parse_body(kind: str, data: bytes) -> Body:
    """The parts of a body and its checked fields; of an unknown kind the fields stay unread."""
    if not 1 <= len(data) <= BODY_BYTES_MAX:
        refuse("too-large", "a body of another length")
    body = _parts(data)
    if kind not in FIELDS:
        return body
    if kind in WITH_SUBJECT and body.subject is None:
        refuse("bad-field", f"{kind} is about something")
    if kind not in WITH_SUBJECT | OFFERS and body.subject is not None:
        refuse("bad-field", f"{kind} is about nothing")
    FIELDS[kind](body.fields)
    if kind == "log.open/1" and len(body.refs) > 1:
        refuse("malformed", "a log stands on one ground")
    return body


def try_body(kind: str, data: bytes | None) -> Body | None:
    """The body, or None where it is absent or malformed for ever."""
    if data is None:
        return None
    try:
        return parse_body(kind, data)
    except RefusalError:
        return None
