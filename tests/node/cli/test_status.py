from tests.node.cli.processes import RunningNode

KEYS = {"coop", "name", "records", "digest", "lag", "circles", "peers"}


def test_the_status_has_every_promised_key(node: RunningNode) -> None:
    circle = node("circle", "create", "For the status", "--json").json["circle"]
    status = node("status", "--json").json
    assert status.keys() >= KEYS
    assert status["coop"].startswith("coop1")
    assert status["name"] == "Kahawa (fictional)"
    assert isinstance(status["records"], int)
    assert isinstance(status["lag"], int)
    shown = next(one for one in status["circles"] if one["id"] == circle)
    assert shown.keys() >= {"id", "name", "root", "digest", "members", "records"}
    assert (shown["name"], shown["members"]) == ("For the status", 1)
    bytes.fromhex(shown["root"] + shown["digest"] + status["digest"])


def test_people_see_the_same_as_a_table(node: RunningNode) -> None:
    node("circle", "create", "Für den Überblick")
    shown = node("status")
    assert shown.code == 0
    assert "Kahawa (fictional)" in shown.out
    assert "Für den Überblick" in shown.out


def test_a_running_node_makes_its_rows_anew(node: RunningNode) -> None:
    done = node("rebuild", "--json")
    assert done.code == 0
    assert done.json["before"] == done.json["after"]
    assert "the rows were right" in node("rebuild").out
