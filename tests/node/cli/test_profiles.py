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
