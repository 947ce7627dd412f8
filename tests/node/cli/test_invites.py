from tests.node.cli.processes import RunningNode, until


def test_a_co_op_joins_by_a_link_and_both_show_the_same(nodes: list[RunningNode]) -> None:
    inviting, joining = nodes
    circle = inviting("circle", "create", "Gemeinsam", "--json").json["circle"]
    link = inviting("invite", "create", "--circle", circle, "--json").json["link"]
    joined = joining("join", link, "--json")
    assert joined.code == 0, joined.err
    assert joined.json["circle"] == circle
    assert joined.json["peer"] == inviting("status", "--json").json["coop"]

    def same() -> bool:
        shown = [
            [one for one in node("status", "--json").json["circles"] if one["id"] == circle]
            for node in nodes
        ]
        return all(shown) and shown[0] == shown[1] and shown[0][0]["members"] == 2

    assert until(same)
    again = joining("join", link, "--json")
    assert again.code == 1


def test_an_invite_that_was_taken_back_opens_nothing(nodes: list[RunningNode]) -> None:
    inviting, joining = nodes
    circle = inviting("circle", "create", "Zu", "--json").json["circle"]
    words = ["--circle", circle[:20], "--uses", "3", "--days", "2", "--json"]
    made = inviting("invite", "create", *words).json
    assert made["uses"] == 3
    listed = inviting("invite", "list", "--json").json["invites"]
    assert made["id"] in [one["id"] for one in listed]
    assert inviting("invite", "revoke", made["id"][:12]).code == 0
    refused = joining("join", made["link"], "--json")
    assert (refused.code, refused.error) == (1, "invite-revoked")
    wish = joining("invite", "joining", "--json").json["joins"][0]
    assert (wish["name"], wish["step"], wish["code"]) == ("Zu", "refused", "invite-revoked")
    assert joining("invite", "joining", "--give-up", wish["circle"]).code == 0
    assert wish["circle"] not in joining("invite", "joining", "--json").out
    assert inviting("invite", "list").code == 0


def test_a_link_that_was_changed_or_is_ones_own_is_refused(node: RunningNode) -> None:
    circle = node("circle", "create", "Eigener", "--json").json["circle"]
    link = node("invite", "create", "--circle", circle, "--json").json["link"]
    for changed, code in (
        (link[:-1] + ("q" if link[-1] != "q" else "p"), "invite-malformed"),
        ("https://coop.example/", "invite-malformed"),
        (link, "to-itself"),
    ):
        done = node("join", changed, "--json")
        assert (done.code, done.error) == (1, code), done.err


def test_a_number_below_one_is_wrong_usage(node: RunningNode) -> None:
    assert node("invite", "create", "--uses", "0").code == 2
    done = node("invite", "create", "--circle", "circle1qqqqqqqqqq", "--days", "1", "--json")
    assert (done.code, done.error) == (1, "not-found")
