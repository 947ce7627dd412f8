from typing import Literal

import msgspec
import pytest

from node.access import (
    COOKIE_NAME,
    NAME_CHARACTERS_MAX,
    ROLES,
    SCOPES,
    SECRET_BYTES,
    Cookie,
    Principal,
    Scope,
    account_name,
    check_csrf,
    check_origin,
    check_token_wish,
    csrf_token,
    hash_token,
    make_principal,
    origin_of,
    read_role,
    read_scopes,
    require,
    scopes_text,
    session_cookie,
    session_secret,
    session_text,
    token_secret,
    token_text,
)
from node.keyring import entropy
from protocol.errors import Refusal

OWN = frozenset({"https://coop.example"})
SECRET = bytes(range(SECRET_BYTES))


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.code


# ------------------------------------------------------------------------------ roles, scopes


def test_the_owner_may_do_everything() -> None:
    owner = make_principal("asha", "owner", "session")
    assert owner == Principal("asha", "owner", frozenset(SCOPES), "session")
    for scope in SCOPES:
        assert require(owner, scope) is owner


def test_no_role_has_a_scope_that_is_not_in_the_table() -> None:
    assert set(ROLES) == {"owner", "trader", "member", "auditor"}
    assert all(scopes <= set(SCOPES) for scopes in ROLES.values())
    assert [role for role, scopes in ROLES.items() if "admin" in scopes] == ["owner"]


@pytest.mark.parametrize(
    ("role", "scope"), [("trader", "admin"), ("member", "write"), ("auditor", "write")]
)
def test_a_role_is_refused_what_it_does_not_have(role: str, scope: Scope) -> None:
    with pytest.raises(Refusal, match=scope) as refused:
        require(make_principal("juma", role, "session"), scope)
    assert code_of(refused) == "not-your-role"


def test_nobody_is_asked_to_log_in() -> None:
    with pytest.raises(Refusal) as refused:
        require(None, "read")
    assert code_of(refused) == "not-logged-in"


@pytest.mark.parametrize("via", ["session", "socket"])
def test_a_role_of_a_newer_version_may_do_nothing(via: Literal["session", "socket"]) -> None:
    assert make_principal("juma", "astronaut", via).scopes == frozenset()


@pytest.mark.parametrize(
    ("role", "granted", "left"),
    [
        ("owner", "read write admin", "read write admin"),
        ("owner", "read", "read"),
        ("trader", "read admin", "read"),
        ("auditor", "write", ""),
        ("owner", "read teleport", "read"),
        ("owner", "", ""),
    ],
)
def test_a_token_has_what_both_it_and_its_role_have(role: str, granted: str, left: str) -> None:
    assert scopes_text(make_principal("asha", role, "token", granted).scopes) == left


def test_a_token_without_its_scopes_is_our_own_fault() -> None:
    with pytest.raises(AssertionError):
        make_principal("asha", "owner", "token")


def test_an_owner_may_make_any_token_by_session_and_socket() -> None:
    check_token_wish(make_principal("asha", "owner", "session"), frozenset(SCOPES))
    check_token_wish(make_principal("asha", "owner", "socket"), read_scopes(["read"]))


def test_a_token_makes_no_token_however_mighty_it_is() -> None:
    mighty = make_principal("asha", "owner", "token", "read write admin")
    with pytest.raises(Refusal, match="a token cannot make tokens") as refused:
        check_token_wish(mighty, read_scopes(["read"]))
    assert code_of(refused) == "not-your-role"


def test_nobody_makes_a_token_with_more_than_their_own() -> None:
    trader = make_principal("juma", "trader", "session")
    check_token_wish(trader, read_scopes(["read", "write"]))
    with pytest.raises(Refusal, match="the scope admin") as refused:
        check_token_wish(trader, read_scopes(["read", "admin"]))
    assert code_of(refused) == "not-your-role"


def test_a_token_for_nothing_is_not_made() -> None:
    with pytest.raises(Refusal, match="at least one scope"):
        check_token_wish(make_principal("asha", "owner", "session"), frozenset())


def test_scopes_are_read_and_written_in_one_order() -> None:
    assert scopes_text(read_scopes(["admin", "read", "read"])) == "read admin"
    assert read_scopes([]) == frozenset()
    with pytest.raises(Refusal, match="read, write, admin"):
        read_scopes(["read", "Write"])


def test_roles_are_those_of_the_table() -> None:
    assert read_role("auditor") == "auditor"
    with pytest.raises(Refusal, match="owner, trader") as refused:
        read_role("king")
    assert code_of(refused) == "bad-field"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("asha", "asha"),
        (" Asha ", "asha"),
        ("JO\xc3O", "jo\xe3o"),
        ("joa\N{COMBINING TILDE}o", "jo\xe3o"),
        ("asha w.", "asha w."),
        ("x" * NAME_CHARACTERS_MAX, "x" * NAME_CHARACTERS_MAX),
    ],
)
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert account_name(typed) == name
    assert account_name(name) == name


@pytest.mark.parametrize("typed", ["", "  ", "a\nb", "a\x00", "\ud800", "x" * 65])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        account_name(typed)
    assert code_of(refused) == "bad-field"


# ----------------------------------------------------------------------------------- secrets


def test_a_token_is_shown_and_read_back() -> None:
    shown = token_text(SECRET)
    assert shown == "coop_" + SECRET.hex()
    assert token_secret(f"Bearer {shown}") == SECRET
    assert token_secret(f"bearer {shown}") == SECRET


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer coop_",
        f"Bearer {SECRET.hex()}",
        f"Bearer coop_{SECRET.hex()[:-1]}",
        f"Bearer coop_{SECRET.hex()}0",
        f"Bearer coop_{SECRET.hex()}\n",
        f"Bearer coop_{SECRET.hex().upper()}",
        f"Basic coop_{SECRET.hex()}",
    ],
)
def test_what_is_no_token_is_refused(authorization: str) -> None:
    with pytest.raises(Refusal) as refused:
        token_secret(authorization)
    assert code_of(refused) == "bad-token"
    assert SECRET.hex()[:-1] not in str(refused.value)


def test_a_session_is_written_into_a_cookie_and_read_back() -> None:
    assert session_secret(session_text(SECRET)) == SECRET


@pytest.mark.parametrize("cookie", ["", "0" * 63, "0" * 65, "g" * 64, token_text(SECRET)])
def test_a_strange_cookie_is_no_session(cookie: str) -> None:
    assert session_secret(cookie) is None


def test_the_stored_hash_is_not_the_secret() -> None:
    assert len(hash_token(SECRET)) == SECRET_BYTES
    assert hash_token(SECRET) == hash_token(SECRET) != SECRET
    assert hash_token(SECRET) != hash_token(SECRET[::-1])


def test_a_form_of_the_session_passes() -> None:
    csrf = entropy(SECRET_BYTES)
    check_csrf(csrf, csrf_token(csrf))
    assert csrf.hex() != csrf_token(csrf)


@pytest.mark.parametrize("given", [None, "", "\xe4", "\ud800", csrf_token(b"another session")])
def test_a_form_of_no_session_or_another_is_refused(given: str | None) -> None:
    with pytest.raises(Refusal, match="load the page again") as refused:
        check_csrf(SECRET, given)
    assert code_of(refused) == "bad-origin"


@pytest.mark.parametrize(
    ("address", "name", "path", "secure"),
    [
        ("https://coop.example", COOKIE_NAME, "/", True),
        ("https://coop.example/", COOKIE_NAME, "/", True),
        ("https://coop.example/our/node/", COOKIE_NAME, "/our/node", True),
        ("http://coop.example/node", COOKIE_NAME, "/node", False),
        ("ws://coop.example", COOKIE_NAME, "/", False),
        ("http://127.0.0.1:7410", "coop_session_7410", "/", False),
        ("http://[::1]:7411/", "coop_session_7411", "/", False),
    ],
)
def test_the_cookie_is_for_this_node_alone(
    address: str, name: str, path: str, *, secure: bool
) -> None:
    cookie = session_cookie(address)
    assert cookie == Cookie(name, path, secure, httponly=True, samesite="Strict")
    assert set(msgspec.structs.asdict(cookie)) == {
        "name", "path", "secure", "httponly", "samesite",
    }  # fmt: skip


# ------------------------------------------------------------------------------------ origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://coop.example", "https://coop.example"),
        ("https://Coop.Example:443/node?x#y", "https://coop.example"),
        ("http://coop.example:80", "http://coop.example"),
        ("http://coop.example:7410/", "http://coop.example:7410"),
        ("ws://coop.example/peer", "http://coop.example"),
        ("wss://coop.example", "https://coop.example"),
        ("http://[::1]:7410", "http://[::1]:7410"),
        ("https://coop.example@evil.example", "https://evil.example"),
        ("null", None),
        ("", None),
        ("file:///etc/hosts", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://coop.example:99999", None),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://coop.example", "Host": "coop.example"},
        {"Origin": "https://coop.example", "Host": "127.0.0.1:7410"},
        {"Origin": "http://192.168.1.5:7410", "Host": "192.168.1.5:7410"},
        {"Origin": "https://coop.local", "Host": "coop.local:443"},
        {"Referer": "https://coop.example/node/offers", "Host": "coop.example"},
        {"Origin": "https://coop.example", "Referer": "https://evil.example", "Host": ""},
        {"Host": "coop.example"},
        {},
    ],
)
def test_a_request_of_our_own_page_or_of_no_browser_passes(headers: dict[str, str]) -> None:
    check_origin("POST", headers, OWN)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://coop.example", "Host": "coop.example"},
        {"Sec-Fetch-Site": "", "Origin": "https://coop.example", "Host": "coop.example"},
        {"Origin": "https://evil.example", "Host": "coop.example"},
        {"Origin": "https://coop.example.evil.example", "Host": "coop.example"},
        {"Origin": "http://coop.example", "Host": "coop.example"},
        {"Origin": "https://coop.example:8443", "Host": "coop.example"},
        {"Origin": "http://192.168.1.5:8080", "Host": "192.168.1.5:7410"},
        {"Origin": "null", "Host": "coop.example"},
        {"Origin": "null", "Host": "null"},
        {"Origin": "", "Host": ""},
        {"Origin": "https://evil.example", "Referer": "https://coop.example/", "Host": ""},
        {"Referer": "https://evil.example/?https://coop.example", "Host": "coop.example"},
        {"Origin": "https://evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "MOVE"])
def test_a_request_of_another_page_changes_nothing(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        check_origin(method, headers, OWN)
    assert code_of(refused) == "bad-origin"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_anyone_may_link_to_a_page(method: str) -> None:
    check_origin(method, {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, OWN)


def test_the_refusal_says_what_to_set() -> None:
    with pytest.raises(Refusal, match=r"https://new\.example is not public_url; set it"):
        check_origin("POST", {"Origin": "https://new.example/x", "Host": "127.0.0.1"}, frozenset())
