"""access: who may do what at this node, and what a request must carry to prove who sends it.

A person holds a session in a cookie, a program holds a token, the command line comes over the
machine's own socket. Every check answers with nothing or raises its Refusal. Never reads a store,
a clock or entropy: rows, times and fresh bytes are arguments. Passwords are tried in `login`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from hmac import compare_digest
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from protocol.errors import Refusal

Scope = Literal["read", "write", "admin", "audit"]
Via = Literal["session", "token", "socket"]

# a session's, token's or form's secret: as long as a key, never guessed
SECRET_BYTES: Final = 32
# people and scanners of leaked secrets know a token when they see it
TOKEN_PREFIX: Final = "coop_"  # noqa: S105  # it is public
COOKIE_NAME: Final = "coop_session"

# a person's name in full, in any script
NAME_CHARACTERS_MAX: Final = 64


class Principal(msgspec.Struct, frozen=True):
    """Who asks: an account's name and role, what it may do, and how it came in."""

    name: str
    role: str
    scopes: frozenset[Scope]
    via: Via


def make_principal(name: str, role: str, via: Via, granted: str | None = None) -> Principal:
    """An account as it acts now; a token (`granted` is its stored scopes) never exceeds its role.

    A role that this version does not know may do nothing.
    """
    assert (via == "token") == (granted is not None), "a token's own scopes must not be forgotten"
    scopes = ROLES.get(role, frozenset())
    if granted is not None:
        scopes &= frozenset(granted.split())
    return Principal(name, role, scopes, via)


def require(principal: Principal | None, scope: Scope) -> Principal:
    """The principal, if it is one with this scope: else `not-logged-in` or `not-your-role`."""
    if principal is None:
        raise Refusal("not-logged-in")
    if scope not in principal.scopes:
        raise Refusal("not-your-role", f"it takes the scope {scope}")
    return principal


def check_token_wish(principal: Principal, scopes: frozenset[Scope]) -> None:
    """Whether the principal may make a token of these scopes: no more than its own, by no token."""
    if principal.via == "token":
        raise Refusal("not-your-role", "a token cannot make tokens; log in yourself")
    if not scopes:
        raise Refusal("bad-field", "a token has at least one scope")
    if not scopes <= principal.scopes:
        beyond = scopes_text(scopes - principal.scopes)
        raise Refusal("not-your-role", f"you do not have the scope {beyond} yourself")


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by name; an unknown one is `bad-field`."""
    wanted = frozenset(names)
    known = frozenset(scope for scope in SCOPES if scope in wanted)
    if len(known) != len(wanted):
        raise Refusal("bad-field", f"scopes are {', '.join(SCOPES)}")
    return known


def scopes_text(scopes: frozenset[Scope]) -> str:
    """Scopes as they are stored and shown: `read write`."""
    return " ".join(scope for scope in SCOPES if scope in scopes)


def read_role(name: str) -> str:
    """A role by name; an unknown one is `bad-field`."""
    if name not in ROLES:
        raise Refusal("bad-field", f"roles are {', '.join(ROLES)}")
    return name


def account_name(text: str) -> str:
    """The one spelling of a name, for a new account and at login alike; else `bad-field`.

    A telephone writes the first letter large: `Owner` and `owner` are one account.
    """
    name = unicodedata.normalize("NFKC", text.strip()).casefold()
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refusal("bad-field", f"a name has 1 to {NAME_CHARACTERS_MAX} visible characters")
    return name


# --------------------------------------------------------------------------------- secrets


def hash_token(secret: bytes) -> bytes:
    """What the store keeps of a session's or token's secret: 32 bytes that log nobody in."""
    return blake2b(secret, digest_size=SECRET_BYTES, person=b"coop token").digest()


def token_text(secret: bytes) -> str:
    """A token as its owner gets to see it, once."""
    assert len(secret) == SECRET_BYTES, "a secret is as long as a key"
    return TOKEN_PREFIX + secret.hex()


def token_secret(authorization: str) -> bytes:
    """The secret in an Authorization header, `Bearer coop_...`; else `bad-token`."""
    found = BEARER.fullmatch(authorization)
    if found is None:
        raise Refusal("bad-token")
    return bytes.fromhex(found["secret"])


def session_text(secret: bytes) -> str:
    """A session's secret as the cookie's value."""
    assert len(secret) == SECRET_BYTES, "a secret is as long as a key"
    return secret.hex()


def session_secret(cookie: str) -> bytes | None:
    """The secret in a cookie's value; None when it is none of ours."""
    return bytes.fromhex(cookie) if SECRET_HEX.fullmatch(cookie) else None


def csrf_token(csrf: bytes) -> str:
    """What the forms of a session carry, of the session's random bytes.

    The same on every page. Others cannot find it out through a page's compressed length, as the
    cookie is not sent with a request that another site caused.
    """
    return blake2b(csrf, digest_size=SECRET_BYTES, person=b"coop form").hexdigest()


def check_csrf(csrf: bytes, given: str | None) -> None:
    """Whether a form or header carries the session's token; else `bad-origin`."""
    expected = csrf_token(csrf).encode()
    if given is None or not compare_digest(expected, given.encode("utf-8", "surrogatepass")):
        raise Refusal("bad-origin", "its form belongs to no login of yours; load the page again")


class Cookie(msgspec.Struct, frozen=True):
    """The attributes of the session's cookie, named as HTTP servers take them."""

    name: str
    path: str
    secure: bool
    httponly: bool = True
    # even a link from another site comes without it; and no page of ours is shown inside another
    samesite: Literal["Strict"] = "Strict"


def session_cookie(address: str) -> Cookie:
    """The cookie of a node at this address, such as `https://coop.example/node`.

    Browsers do not tell ports of a host apart: a port in the address becomes part of the name, so
    that a login at one node does not end the login at another one on the same machine.
    """
    parts = urlsplit(address)
    name = COOKIE_NAME if parts.port is None else f"{COOKIE_NAME}_{parts.port}"
    return Cookie(name, parts.path.rstrip("/") or "/", parts.scheme == "https")


# ---------------------------------------------------------------------------------- origin


def check_origin(method: str, headers: Mapping[str, str], own_origins: frozenset[str]) -> None:
    """Whether a request that changes something comes from a page of this node; else `bad-origin`.

    For all that a cookie alone could cause, the login included. `headers` has the names as written
    below (or ignores case); `own_origins` are made by `origin_of` of the configured addresses.
    A request without any of the headers comes from no browser, which has no other's cookie.
    """
    if method in SAFE_METHODS:
        return
    # Only browsers write it, and only the truth; it holds behind a proxy that renames the host.
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in OWN_SITES:
            raise Refusal("bad-origin", "open the page at this node's own address")
        return
    source = headers.get("Origin", headers.get("Referer"))
    if source is None:
        return
    origin = origin_of(source)
    if origin is None or origin not in _origins_here(headers.get("Host", ""), own_origins):
        shown = origin or "a page without an address"
        raise Refusal("bad-origin", f"{shown} is not public_url; set it if this is your node")


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an address, in the one spelling of browsers; None without them."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.replace("ws", "http"), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in DEFAULT_PORTS or not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}")


def _origins_here(host: str, own_origins: frozenset[str]) -> frozenset[str]:
    """Where a page may come from that speaks to this Host.

    A configured host is spoken to under its configured scheme alone; any other host (the machine's
    name or number in the local network) under both, as a proxy may have ended TLS.
    """
    here = {origin for scheme in DEFAULT_PORTS if (origin := origin_of(f"{scheme}://{host}"))}
    return own_origins if here & own_origins else own_origins | here


# ---------------------------------------------------------------------------------- tables

SCOPES: Final[tuple[Scope, ...]] = ("read", "write", "admin", "audit")

# Doors ask for a scope, never for a role: a new role is a new row here and nothing else.
ROLES: Final[Mapping[str, frozenset[Scope]]] = {
    "owner": frozenset(SCOPES),
    "trader": frozenset({"read", "write"}),
    "member": frozenset({"read"}),
    "auditor": frozenset({"read", "audit"}),
}

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# "none": typed in or taken from the bookmarks, which no site can cause
OWN_SITES: Final = frozenset({"same-origin", "none"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
SECRET_HEX: Final = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}")
BEARER: Final = re.compile(rf"[Bb]earer {TOKEN_PREFIX}(?P<secret>{SECRET_HEX.pattern})")
