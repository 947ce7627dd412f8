from tests.node.cli.processes import CommandLine


def test_every_setting_is_shown_with_where_it_comes_from(command: CommandLine) -> None:
    command.home.mkdir()
    (command.home / "node.toml").write_text('language = "sw"\n')
    command.environ["COOP_NODE_LIMITS__BODY_S"] = "7"
    shown = command("config", "show", "--origin", "--json").json
    assert shown["settings"]["home"] == str(command.home)
    assert shown["settings"]["limits.body_s"] == 7
    assert shown["origins"]["limits.body_s"] == "COOP_NODE_LIMITS__BODY_S"
    assert shown["origins"]["language"] == f"{command.home}/node.toml line 1"
    assert shown["origins"]["listen"] == "default"
    assert "origins" not in command("config", "show", "--json").json
    table = command("config", "show", "--origin").out
    assert [line.split() for line in table.splitlines() if line.startswith("limits.body_s")] == [
        ["limits.body_s", "7", "COOP_NODE_LIMITS__BODY_S"]
    ]


def test_the_folder_may_come_from_the_environment(command: CommandLine) -> None:
    command.environ["COOP_NODE_HOME"] = str(command.home)
    shown = command.bare("config", "show", "--json").json
    assert shown["settings"]["home"] == str(command.home)


def test_right_settings_are_called_right(command: CommandLine) -> None:
    assert command("config", "check", "--json").json == {"ok": True, "file": None}
    command.home.mkdir()
    (command.home / "node.toml").write_text("[limits]\nbody_s = 5\n")
    found = command("config", "check", "--json")
    assert found.json == {"ok": True, "file": str(command.home / "node.toml")}
    assert command("config", "check").out == "all settings are right\n"


def test_a_wrong_setting_is_named_with_its_line_and_what_was_meant(command: CommandLine) -> None:
    command.home.mkdir()
    (command.home / "node.toml").write_text('\nlisten = "127.0.0.1:0"\nlangauge = "de"\n')
    checked = command("config", "check", "--json")
    assert (checked.code, checked.error) == (1, "unknown-setting")
    assert "node.toml line 3" in checked.err
    assert "did you mean language?" in checked.err


def test_a_corrupt_file_stops_every_verb_with_a_sentence(command: CommandLine) -> None:
    command.init()
    (command.home / "node.toml").write_bytes(b"listen = \x00\xff")
    for words in (["config", "check"], ["run"], ["status"], ["rebuild"]):
        done = command(*words, "--json")
        assert (done.code, done.error) == (1, "unreadable-settings")
