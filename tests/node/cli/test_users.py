from tests.node.cli.processes import RunningNode


def test_a_lost_password_is_replaced(node: RunningNode) -> None:
    first = node("user", "reset", "--json").json["password"]
    second = node("user", "reset", "owner", "--json").json["password"]
    assert first != second
    assert "shown this once" in node("user", "reset").out
    unknown = node("user", "reset", "nobody", "--json")
    assert (unknown.code, unknown.error) == (1, "not-found")


def test_tokens_are_made_listed_and_revoked(node: RunningNode) -> None:
    words = ["--scope", "read", "--scope", "write"]
    token = node("token", "create", "till", *words, "--json").json["token"]
    listed = node("token", "list", "--json").json["tokens"]
    till = next(one for one in listed if one["name"] == "till")
    assert till["scope"] == "read write"
    assert not till["revoked"]
    assert token not in node("token", "list").out
    assert node("token", "revoke", str(till["n"])).code == 0
    again = node("token", "list", "--json").json["tokens"]
    assert next(one for one in again if one["n"] == till["n"])["revoked"]
    gone = node("token", "revoke", str(till["n"]), "--json")
    assert (gone.code, gone.error) == (1, "not-found")


def test_an_unknown_scope_is_refused(node: RunningNode) -> None:
    done = node("token", "create", "till", "--scope", "everything", "--json")
    assert (done.code, done.error) == (1, "bad-field")


def test_people_are_invited_listed_and_sent_away(node: RunningNode) -> None:
    made = node("user", "invite", "--role", "trader", "--json").json
    assert "/welcome/" in made["link"]
    assert made["link"] not in node("user", "invites").out
    listed = node("user", "invites", "--json").json["invitations"]
    assert made["number"] in [one["number"] for one in listed]
    assert node("user", "uninvite", str(made["number"])).code == 0
    people = node("user", "list", "--json").json["users"]
    assert ("owner", "owner") in [(one["name"], one["role"]) for one in people]
    for verb in ("disable", "remove"):
        last = node("user", verb, "owner", "--json")
        assert (last.code, last.error) == (1, "not-your-role")
    for words in (["role", "nobody", "trader"], ["enable", "nobody"], ["reset-link", "nobody"]):
        gone = node("user", *words, "--json")
        assert (gone.code, gone.error) == (1, "not-found")


def test_logins_and_deeds_are_listed(node: RunningNode) -> None:
    assert node("user", "sessions", "--json").json["sessions"] == []
    assert node("user", "end-session", "0" * 16, "--json").error == "not-found"
    node("user", "reset")
    deeds = node("user", "audit", "--limit", "1", "--json").json
    assert [(one["who"], one["act"], one["whom"]) for one in deeds["deeds"]] == [
        ("owner", "password-set", "owner")
    ]
    assert "password-set" in node("user", "audit").out
