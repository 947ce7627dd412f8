"""Logging in and out, sessions that end, tokens, and a password for who lost theirs."""

import pytest

from node.access import Principal, make_principal
from node.gate.accounts import Accounts
from node.keyring import entropy
from node.passwords import hash_password
from node.store.accounts import create_user
from protocol.errors import Refusal
from tests.node.served import Served

DAY_MS = 86_400_000


@pytest.fixture
def accounts(one: Served) -> Accounts:
    return Accounts(one.node.store, one.clock, entropy, 30)


def owner() -> Principal:
    return make_principal("owner", "owner", "session")


async def test_a_right_password_starts_a_session(accounts: Accounts) -> None:
    password = await accounts.reset_password("owner")
    cookie = await accounts.log_in(" Owner", password, "192.0.2.1")
    session = await accounts.session(cookie)
    assert session is not None
    assert (session.principal.name, session.principal.via) == ("owner", "session")
    assert await accounts.session("0" * 64) is None
    assert await accounts.session("rubbish") is None


@pytest.mark.parametrize("name", ["owner", "nobody", "", "\x00", "x" * 1000])
async def test_a_wrong_password_starts_none_whoever_it_is(accounts: Accounts, name: str) -> None:
    await accounts.reset_password("owner")
    with pytest.raises(Refusal) as refused:
        await accounts.log_in(name, "wrong", "192.0.2.1")
    assert (refused.value.code, refused.value.detail) == ("bad-password", "")


async def test_guessing_is_slowed_down(accounts: Accounts) -> None:
    password = await accounts.reset_password("owner")
    codes = []
    for _ in range(6):
        with pytest.raises(Refusal) as refused:
            await accounts.log_in("owner", "wrong", "192.0.2.1")
        codes.append(refused.value.code)
    assert codes == ["bad-password"] * 5 + ["too-many-tries"]
    with pytest.raises(Refusal, match="too-many-tries"):
        await accounts.log_in("owner", password, "192.0.2.1")


@pytest.mark.parametrize(("days", "is_over"), [(29, False), (30, True)])
async def test_a_session_ends_by_itself(
    one: Served, accounts: Accounts, days: int, is_over: bool
) -> None:
    cookie = await accounts.log_in("owner", await accounts.reset_password("owner"), "::1")
    one.clock.advance(days * DAY_MS)
    assert (await accounts.session(cookie) is None) is is_over


async def test_a_session_ends_when_asked_or_when_the_password_changes(accounts: Accounts) -> None:
    password = await accounts.reset_password("owner")
    first, second = [await accounts.log_in("owner", password, "::1") for _ in range(2)]
    await accounts.log_out(first)
    assert await accounts.session(first) is None
    assert await accounts.session(second) is not None
    await accounts.log_out("rubbish")
    await accounts.reset_password("owner")
    assert await accounts.session(second) is None


async def test_only_the_owner_is_made_by_a_reset(accounts: Accounts) -> None:
    with pytest.raises(Refusal, match="not-found"):
        await accounts.reset_password("somebody")
    with pytest.raises(Refusal, match="bad-field"):
        await accounts.reset_password("")


async def test_a_token_speaks_for_its_account_within_its_scope(accounts: Accounts) -> None:
    await accounts.reset_password("owner")
    number, text = await accounts.make_token(owner(), "a script", frozenset({"read"}))
    found = await accounts.token(f"Bearer {text}")
    assert (found.name, found.scopes, found.via) == ("owner", frozenset({"read"}), "token")
    (listed,) = await accounts.tokens()
    assert (listed.n, listed.label, listed.scope, listed.revoked) == (
        number, "a script", "read", False,
    )  # fmt: skip
    await accounts.revoke_token(owner(), number)
    for again in (number, 99):
        with pytest.raises(Refusal, match="not-found"):
            await accounts.revoke_token(owner(), again)
    with pytest.raises(Refusal, match="bad-token"):
        await accounts.token(f"Bearer {text}")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer coop_00", "Basic x", "Bearer \u00e9"])
async def test_what_is_no_token_is_refused(accounts: Accounts, header: str) -> None:
    with pytest.raises(Refusal, match="bad-token"):
        await accounts.token(header)


async def test_a_token_makes_no_tokens_and_nobody_more_than_themselves(accounts: Accounts) -> None:
    await accounts.reset_password("owner")
    token = make_principal("owner", "owner", "token", "read write admin")
    with pytest.raises(Refusal, match="not-your-role"):
        await accounts.make_token(token, "x", frozenset({"read"}))
    member = make_principal("owner", "member", "session")
    with pytest.raises(Refusal, match="not-your-role"):
        await accounts.make_token(member, "x", frozenset({"write"}))


async def test_the_machines_owner_makes_tokens_whatever_the_account_is_called(
    one: Served, accounts: Accounts
) -> None:
    kept = hash_password("sea and soil 12")
    await one.node.store.write(lambda database: create_user(database, "amina", "owner", kept, 1))
    own = make_principal("owner", "owner", "socket")
    _, text = await accounts.make_token(own, "a script", frozenset({"admin"}))
    assert (await accounts.token(f"Bearer {text}")).name == "amina"


async def test_there_is_no_token_without_an_account(accounts: Accounts) -> None:
    with pytest.raises(Refusal, match="not-found"):
        await accounts.make_token(owner(), "x", frozenset({"read"}))
