from tests.node.cli.processes import RunningNode


def test_what_is_given_changes_and_the_rest_stays(node: RunningNode) -> None:
    assert node("profile", "show", "--json").json["name"] == "Kahawa (fictional)"
    words = ["--description", "en=Coffee", "--description", "sw=Kahawa", "--language", "sw"]
    changed = node("profile", "set", *words, "--sector", "coffee", "--json")
    assert changed.code == 0, changed.err
    website = ["--website", "https://kahawa.example", "--sector", ""]
    assert node("profile", "set", *website).code == 0
    shown = node("profile", "show", "--json").json
    assert shown["name"] == "Kahawa (fictional)"
    assert shown["country"] == "KE"
    assert shown["description"] == {"en": "Coffee", "sw": "Kahawa"}
    assert shown["languages"] == ["sw"]
    assert shown["website"] == "https://kahawa.example"
    assert shown.get("sectors", []) == []
    assert "description.sw" in node("profile", "show").out


def test_wrong_fields_are_refused(node: RunningNode) -> None:
    assert node("profile", "set").code == 2
    done = node("profile", "set", "--website", "javascript:alert(1)", "--json")
    assert (done.code, done.error) == (1, "bad-field")


def test_how_to_reach_the_co_op_is_said_and_taken_back(node: RunningNode) -> None:
    words = ["--person", "Wanjiru", "--phone", "+254 700 000000"]
    assert node("profile", "contact", *words, "--json").json["person"] == "Wanjiru"
    assert "Wanjiru" in node("profile", "contact").out
    assert not node("profile", "contact", "--person", "", "--json").json.get("person")
    assert node("profile", "contact", "--json").json["phone"] == "+254 700 000000"
    node("profile", "contact", "--phone", "")
