from tests.node.cli.processes import RunningNode


def test_a_circle_is_founded_listed_and_shown(node: RunningNode) -> None:
    made = node("circle", "create", "Hafen", "--public", "--json")
    assert made.code == 0, made.err
    circle = made.json["circle"]
    assert circle.startswith("circle1")
    listed = node("circle", "list", "--json").json["circles"]
    assert circle in [one["id"] for one in listed]
    for words in ([circle], [circle[:16]], ["--circle", circle]):
        shown = node("circle", "show", *words, "--json").json
        assert [one["country"] for one in shown["members"]] == ["KE"]
        assert shown["proposals"] == []
    table = node("circle", "show", circle)
    assert table.code == 0
    assert "Kahawa (fictional)" in table.out


def test_unknown_and_wrong_ids_are_refused(node: RunningNode) -> None:
    circle = node("circle", "create", "Markt", "--json").json["circle"]
    for words, code in (
        (["show", "circle1qqqqqqqqqqqq"], "not-found"),
        (["show", "kreis"], "bad-id"),
        (["endorse", circle, "00" * 32], "not-found"),
        (["admit", circle, "coop1qqqqqqqqqqqq"], "not-found"),
    ):
        done = node("circle", *words, "--json")
        assert (done.code, done.error) == (1, code), done.err


def test_too_many_ids_are_wrong_usage(node: RunningNode) -> None:
    assert node("circle", "admit", "a", "b", "c").code == 2
    assert node("circle", "admit", "a", "b", "--circle", "c").code == 2
    assert node("circle", "admit").code == 2


def test_who_leaves_is_no_member_any_more(node: RunningNode) -> None:
    circle = node("circle", "create", "Kurz", "--json").json["circle"]
    own = node("status", "--json").json["coop"]
    done = node("circle", "leave", circle, "--json")
    assert (done.code, done.json["done"]) == (0, True), done.err
    shown = node("circle", "show", circle, "--json").json
    assert [one["state"] for one in shown["members"] if one["coop"] == own] != ["member"]
    # what it says of itself still reaches the circles that it is in
    assert node("profile", "set", "--registration", "GnR 7").code == 0
