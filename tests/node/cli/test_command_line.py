import subprocess
import sys

import pytest
from typer.main import get_command

from node.cli.command_line import FAMILIES, command_line
from tests.node.cli.processes import COMMAND, ROOT, CommandLine

# the verbs that others script against
VERBS = """
init run status rebuild version join profile:contact,set,show
user:audit,disable,enable,end-session,invite,invites,list,remove,reset,reset-link,role,sessions,\
uninvite token:create,list,revoke
circle:create,list,show,admit,endorse,remove,leave invite:joining,create,list,revoke
peer:list,add,block,unblock offer:add,show,edit,withdraw,list,mine,import,export
want:add,show,edit,withdraw,list log:export,import,verify config:show,check
device:list,add,revoke key:rotate dispute:list,affirm
coop:list,show note:list,send,show
"""


def test_every_verb_is_there_with_its_help(command: CommandLine) -> None:
    top = get_command(command_line(["run"]))
    found: set[str] = set()
    for name, one in top.commands.items():  # type: ignore[attr-defined]
        inner = getattr(one, "commands", {})
        found.add(f"{name}:{','.join(sorted(inner))}" if inner else name)
        for verb in inner.values() or [one]:
            assert verb.help, name
            flags = {flag for parameter in verb.params for flag in parameter.opts}
            assert {"--home", "--json"} <= flags, name
    expected = {
        f"{name}:{','.join(sorted(verbs.split(',')))}" if verbs else name
        for name, _, verbs in (word.partition(":") for word in VERBS.split())
    }
    assert found == expected
    assert {name.partition(":")[0] for name in expected if ":" in name} == FAMILIES.keys()


def test_help_loads_no_network_and_no_languages() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['coop-node', *sys.argv[1:]]\n"
        "from node.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit as ending:\n"
        "    heavy = {'aiohttp', 'babel', 'nacl', 'sqlite3', 'node.text'} & sys.modules.keys()\n"
        "    print(ending.code, *sorted(heavy))\n"
    )
    for words in (["--help"], ["offer", "list", "--help"], ["init", "-h"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "0"
        assert "--json" in done.stdout


def test_wrong_usage_is_exit_code_2_and_json_where_it_was_asked_for(command: CommandLine) -> None:
    plain = command("offer", "list", "--nonsense")
    assert (plain.code, plain.out) == (2, "")
    assert "--nonsense" in plain.err
    with_json = command("offer", "lst", "--json")
    assert with_json.code == 2
    assert with_json.json["error"]["code"] == "wrong-usage"
    assert "Did you mean 'list'" in with_json.err
    assert command("init", "--yes").code == 2
    assert command("offer", "list", "--limit", "0").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["circle", "admit", "circle1x", "coop1x"],
        ["join", "https://coop.example/join#x"],
        ["offer", "list"],
        ["log", "export", "file", "--circle", "circle1x"],
    ],
)
def test_without_a_running_node_a_verb_says_so(command: CommandLine, words: list[str]) -> None:
    done = command(*words, "--json")
    assert done.code == 1
    assert done.error == "not-running"
    assert not command.home.exists()


def test_the_version_needs_no_folder(command: CommandLine) -> None:
    assert command("version", "--json").json == {"version": "0.1.0"}
    assert command.bare("version").out == "coop-node 0.1.0\n"


def test_a_reader_that_leaves_early_ends_it_quietly(command: CommandLine) -> None:
    process = subprocess.Popen(
        [*COMMAND, "config", "show"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=command.environ,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_completion_knows_verbs_and_options(command: CommandLine) -> None:
    for words, expected in (("coop-node off", "offer"), ("coop-node offer li", "list")):
        asked = {
            "_COOP_NODE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        command.environ |= asked
        assert command.bare().out.split() == [expected]
