import re
import stat

from node.config import load
from node.keyring import load as load_keys
from node.passwords import is_password
from node.store.accounts import find_user
from node.store.database import connect
from protocol.keys import COOP, from_text
from tests.node.cli.processes import CommandLine, Person


def test_a_folder_is_made_with_keys_words_account_and_address(command: CommandLine) -> None:
    made = command.init("Kahawa", "ke")
    assert from_text(made["coop"]) == (COOP, load_keys(command.home).coop)
    assert len(made["words"]) == 12
    assert len(made["recovery"]) == 24
    assert load(command.home, {}, {}).listen == "127.0.0.1:0"
    assert stat.S_IMODE(command.home.stat().st_mode) == 0o700
    connection = connect(command.home / "node.sqlite3", read_only=True)
    owner = find_user(connection, "owner")
    connection.close()
    assert owner is not None
    assert owner.role == "owner"
    assert is_password(made["password"], owner.password_hash)


def test_the_recovery_words_and_the_password_are_kept_nowhere(command: CommandLine) -> None:
    made = command.init()
    content = b"".join(path.read_bytes() for path in command.home.iterdir() if path.is_file())
    assert made["password"].encode() not in content
    assert " ".join(made["recovery"][:3]).encode() not in content


def test_for_people_it_shows_every_word_with_its_number(command: CommandLine) -> None:
    done = command("init", "--name", "Kahawa", "--country", "KE", "--yes")
    assert done.code == 0
    assert [int(number) for number in sorted(re.findall(r"(\d+)\. [a-z]+", done.out), key=int)] == [
        *range(1, 25)
    ]
    assert f"coop-node --home {command.home} run" in done.out


def test_a_second_init_changes_nothing(command: CommandLine) -> None:
    command.init()
    before = {path: path.read_bytes() for path in command.home.iterdir()}
    again = command("init", "--name", "X", "--country", "DE", "--listen", "[::1]:1", "--json")
    assert (again.code, again.error) == (1, "already-there")
    assert {path: path.read_bytes() for path in command.home.iterdir()} == before


def test_settings_that_are_there_stay(command: CommandLine) -> None:
    command.home.mkdir(mode=0o700)
    old = '# mine\nlisten = "[::1]:7"\nlanguage = "sw"\n\n[sync]\ninterval_s = 5\n'
    (command.home / "node.toml").write_text(old)
    command.init()
    new = (command.home / "node.toml").read_text()
    kept = old.replace('listen = "[::1]:7"\n', "")
    assert new == f'listen = "127.0.0.1:0"\n{kept}'


def test_an_address_goes_above_the_sections(command: CommandLine) -> None:
    command.home.mkdir(mode=0o700)
    (command.home / "node.toml").write_text("[sync]\ninterval_s = 5\n")
    command.init()
    settings = load(command.home, {}, {})
    assert (settings.listen, settings.sync.interval_s) == ("127.0.0.1:0", 5)


def test_wrong_values_are_refused_before_anything_is_made(command: CommandLine) -> None:
    for words, code in (
        (["--name", "X", "--country", "DEU"], "bad-field"),
        (["--name", "X", "--country", "QX"], "bad-field"),
        (["--name", "x" * 1000, "--country", "DE"], "bad-field"),
        (["--name", "X", "--country", "DE", "--listen", "7410"], "out-of-range"),
    ):
        done = command("init", *words, "--yes", "--json")
        assert (done.code, done.error) == (1, code)
    assert not command.home.exists()


def test_at_a_terminal_it_asks_and_has_three_words_told_back(command: CommandLine) -> None:
    person = Person(command, "init")
    person.read_until("name of the co-op: ")
    person.answer("Kahawa")
    person.read_until("two letters, such as KE: ")
    person.answer("Kenya")
    person.read_until("Kenya is no country's code")
    person.read_until("two letters, such as KE: ")
    person.answer("ke")
    person.read_until("Kenya\r\n")
    shown = person.read_until(r"(?s)(.*)press Enter once they are written down: ")[1]
    words = {int(number): word for number, word in re.findall(r"(\d+)\. +([a-z]+)", shown)}
    assert sorted(words) == [*range(1, 25)]
    person.answer("")
    asked = [int(person.read_until(r"word (\d+): ")[1])]
    person.answer("zebra-crossing")
    person.read_until("that is another word")
    for count in (1, 2, 3):
        number = int(person.read_until(r"word (\d+): ")[1])
        asked.append(number)
        person.answer(f" {words[number].upper()} ")
        assert len(set(asked)) == count
    assert asked == sorted(asked)
    ending = person.read_to_end()
    assert "start the node with" in ending
    assert not re.search(r"\d+\. +[a-z]+", ending)


def test_at_a_terminal_yes_asks_nothing_back(command: CommandLine) -> None:
    person = Person(command, "init", "--name", "Kahawa", "--country", "KE", "--yes")
    assert re.search(r"24\. [a-z]+", person.read_to_end())
