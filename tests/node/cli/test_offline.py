import json
from pathlib import Path

import pytest

from node import lock
from node.cli import offline
from node.config import load
from node.store.database import connect
from protocol.errors import Refusal
from tests.node.cli.processes import CommandLine


def test_rows_are_made_anew_without_a_running_node(command: CommandLine) -> None:
    command.init()
    done = command("rebuild", "--json")
    assert done.code == 0
    assert done.json["before"] == done.json["after"]
    assert len(done.json["after"]) == 64


def test_a_folder_in_use_is_left_alone(command: CommandLine) -> None:
    command.init()
    with lock.take(command.home):
        for words in (["rebuild"], ["run"]):
            done = command(*words, "--json")
            assert (done.code, done.error) == (1, "home-in-use")
            assert "stop it first" in json.loads(done.out)["error"]["sentence"]


def test_a_folder_without_a_node_is_told(command: CommandLine) -> None:
    done = command("rebuild", "--json")
    assert (done.code, done.error) == (1, "no-home")
    assert not command.home.exists()


def test_data_of_a_newer_program_are_left_alone(command: CommandLine) -> None:
    command.init()
    connection = connect(command.home / "node.sqlite3")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    for words in (["rebuild"], ["run"]):
        done = command(*words, "--json")
        assert (done.code, done.error) == (1, "newer-data")
        assert "Traceback" not in done.err


def test_data_of_another_network_are_left_alone_and_told(command: CommandLine) -> None:
    command.init()
    settings = command.home / "node.toml"
    before = settings.read_text() if settings.exists() else ""
    settings.write_text('network = "elsewhere"\n')
    for words in (["rebuild"], ["run"]):
        done = command(*words, "--json")
        assert (done.code, done.error) == (1, "other-network")
        sentence = json.loads(done.out)["error"]["sentence"]
        assert "'coop'" in sentence
        assert "set network back" in sentence
    settings.write_text(before)
    assert command("rebuild", "--json").code == 0


def test_damaged_data_are_told(command: CommandLine) -> None:
    command.init()
    path = command.home / "node.sqlite3"
    path.write_bytes(b"no database" * 1000)
    done = command("rebuild", "--json")
    assert (done.code, done.error) == (1, "data-damaged")


def test_the_lock_is_given_back(tmp_path: Path, command: CommandLine) -> None:
    command.init()
    with offline.opened(command.home) as ring:
        assert ring.coop is not None
    with lock.take(command.home):
        pass
    with pytest.raises(Refusal), offline.opened(tmp_path):
        pass


def test_only_one_owner_is_made(command: CommandLine) -> None:
    command.init()
    settings = load(command.home, {}, {})
    with pytest.raises(Refusal) as refused:
        offline.make_owner(settings, "a long enough password")
    assert refused.value.code == "already-there"
