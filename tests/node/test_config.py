import os
import tomllib
from pathlib import Path

import pytest

from node.config import (
    SETTINGS_BYTES_MAX,
    ConfigError,
    environment,
    example_text,
    listen_address,
    load,
    public_url,
    variable_name,
)
from node.settings import SETTINGS, Value

ROOT = Path(__file__).resolve().parents[2]


def write(home: Path, content: str | bytes) -> Path:
    path = home / "node.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(
    home: Path,
    environ: dict[str, str] | None = None,
    flags: dict[str, Value | None] | None = None,
) -> str:
    with pytest.raises(ConfigError) as refused:
        load(home, environ or {}, flags or {})
    return str(refused.value)


def test_without_any_source_the_table_speaks(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {})
    assert settings.listen == "127.0.0.1:7410"
    assert settings.limits.connections_per_address == 16
    assert settings.origin("listen") == "default"


def test_later_sources_go_before_earlier_ones(tmp_path: Path) -> None:
    path = write(tmp_path, '# mine\nlanguage = "de"\n\n[limits]\nbody_s = 11\n')
    from_file = load(tmp_path, {}, {})
    assert (from_file.limits.body_s, from_file.language) == (11, "de")
    assert from_file.origin("limits.body_s") == f"{path} line 5"
    assert from_file.origin("language") == f"{path} line 2"

    environ = {"COOP_NODE_LIMITS__BODY_S": "12", "COOP_NODE_LANGUAGE": "sw", "PATH": "/bin"}
    from_environment = load(tmp_path, environ, {"limits.body_s": None})
    assert (from_environment.limits.body_s, from_environment.language) == (12, "sw")
    assert from_environment.origin("limits.body_s") == "COOP_NODE_LIMITS__BODY_S"

    from_flag = load(tmp_path, environ, {"limits.body_s": 13, "language": "hi"})
    assert (from_flag.limits.body_s, from_flag.language) == (13, "hi")
    assert from_flag.origin("limits.body_s") == "--limits.body_s"


def test_flags_may_be_text(tmp_path: Path) -> None:
    assert load(tmp_path, {}, {"backup.hour": "0"}).backup.hour == 0


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, {})
    with pytest.raises(AttributeError):
        settings.listen = "x"  # type: ignore[misc]


def test_home_comes_from_argument_flag_environment_or_default(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "COOP_NODE_HOME": str(tmp_path / "variable")}
    flags: dict[str, Value | None] = {"home": tmp_path / "flag"}
    argument = load(tmp_path / "argument", environ, flags)
    assert (argument.home, argument.origin("home")) == (tmp_path / "argument", "argument")
    flag = load(None, environ, flags)
    assert (flag.home, flag.origin("home")) == (tmp_path / "flag", "--home")
    variable = load(None, environ, {})
    assert (variable.home, variable.origin("home")) == (tmp_path / "variable", "COOP_NODE_HOME")
    default = load(None, {"HOME": str(tmp_path)}, {})
    assert (default.home, default.origin("home")) == (tmp_path / ".coop-node", "default")


def test_file_is_read_in_the_home_that_was_found(tmp_path: Path) -> None:
    write(tmp_path, 'language = "de"')
    assert load(None, {"COOP_NODE_HOME": str(tmp_path)}, {}).language == "de"


def test_home_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, {"home": "data"}).home == tmp_path / "data"
    assert load(None, {"HOME": "/h"}, {"home": "~/data"}).home == Path("/h/data")


def test_home_cannot_be_set_in_its_own_file(tmp_path: Path) -> None:
    path = write(tmp_path, '\nhome = "/x"')
    assert refusal(tmp_path) == (
        f"{path} line 2: home cannot be set in a file that lies in it; use --home [not-in-file]"
    )


@pytest.mark.parametrize(
    ("content", "line", "name", "guess"),
    [
        ('lisen = "x:1"', 1, "lisen", "listen"),
        ("[limits]\n# few\nbody_sec = 3", 3, "limits.body_sec", "limits.body_s"),
        ("\n[limts]\nbody_s = 3", 2, "limts", "limits"),
        ("body_s = 3", 1, "body_s", "limits.body_s"),
        ("limits.peer_conections = 3", 1, "limits.peer_conections", "limits.peer_connections"),
        ('[limits]\nlisten = "x:1"', 2, "limits.listen", "listen"),
        ('[listen.deeper]\nx = "x:1"', 1, "listen", ""),
        ('"limits.body_s" = 3', 1, "limits.body_s", ""),
        ('language = "de"\n[zzzzz]\n', 2, "zzzzz", ""),
    ],
)
def test_unknown_key_is_named_with_line_and_suggestion(
    tmp_path: Path, content: str, line: int, name: str, guess: str
) -> None:
    path = write(tmp_path, content)
    told = refusal(tmp_path)
    if guess:
        assert told == (
            f"{path} line {line}: there is no setting {name}, did you mean {guess}?; "
            "correct or remove it [unknown-setting]"
        )
    else:
        assert told.startswith(f"{path} line {line}: ")
        assert name in told


def test_unknown_variable_is_named_with_suggestion(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"COOP_NODE_LIMITS_BODY_S": "3"}) == (
        "COOP_NODE_LIMITS_BODY_S in the environment is no setting, did you mean "
        "COOP_NODE_LIMITS__BODY_S?; unset or correct it [unknown-setting]"
    )


def test_unknown_flag_is_named_with_suggestion(tmp_path: Path) -> None:
    assert refusal(tmp_path, flags={"lissen": None}) == (
        "--lissen: there is no setting lissen, did you mean listen?; "
        "correct or remove it [unknown-setting]"
    )


def test_variables_of_a_container_cluster_are_passed_over(tmp_path: Path) -> None:
    environ = {
        "COOP_NODE_SERVICE_HOST": "10.0.0.1",
        "COOP_NODE_PORT": "tcp://10.0.0.1:7410",
        "COOP_NODE_PORT_7410_TCP_ADDR": "10.0.0.1",
    }
    assert load(tmp_path, environ, {}).listen == "127.0.0.1:7410"
    assert "COOP_NODE_PORT in the environment" in refusal(tmp_path, {"COOP_NODE_PORT": "7410"})


@pytest.mark.parametrize(
    ("content", "line", "shown", "takes"),
    [
        ("listen = 7410", 1, "listen cannot be 7410", "HOST:PORT"),
        ('[limits]\nbody_s = "30"', 2, "limits.body_s cannot be '30'", "from 1 to 3600"),
        ("[limits]\nbody_s = 1.5", 2, "limits.body_s cannot be 1.5", "from 1 to 3600"),
        ("[limits]\nbody_s = true", 2, "limits.body_s cannot be True", "from 1 to 3600"),
        ("[backup]\n\nhour = [\n3,\n]", 5, "backup.hour cannot be [3]", "from 0 to 23"),
        ("\n[listen]\nx = 1", 2, "listen cannot be {'x': 1}", "HOST:PORT"),
        ("log_level = 2024-01-01", 1, "log_level cannot be datetime", "one of debug, info"),
    ],
)
def test_wrong_type_is_told_with_what_is_right(
    tmp_path: Path, content: str, line: int, shown: str, takes: str
) -> None:
    path = write(tmp_path, content)
    told = refusal(tmp_path)
    assert told.startswith(f"{path} line {line}: {shown}")
    assert takes in told
    assert told.endswith("[wrong-type]")


@pytest.mark.parametrize("content", ["limits = 5", "[[limits]]\nbody_s = 3"])
def test_section_is_not_a_value(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, content)
    assert refusal(tmp_path) == (
        f"{path} line 1: limits is a section; write [limits] above its settings [wrong-type]"
    )


@pytest.mark.parametrize("value", ["", " 3", "3.0", "3e1", "three", "٣", "0x1", "9" * 19])
def test_text_that_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    told = refusal(tmp_path, {"COOP_NODE_LIMITS__BODY_S": value})
    assert told.startswith("COOP_NODE_LIMITS__BODY_S: limits.body_s cannot be ")
    assert told.endswith("it takes a whole number from 1 to 3600 [wrong-type]")


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.type is int])
def test_numbers_are_taken_at_both_ends_and_refused_one_past(tmp_path: Path, name: str) -> None:
    setting = next(setting for setting in SETTINGS if setting.name == name)
    for value in (setting.low, setting.high):
        assert load(tmp_path, {}, {name: value})[name] == value
    for value in (setting.low - 1, setting.high + 1):
        assert refusal(tmp_path, flags={name: value}) == (
            f"--{name}: {name} cannot be {value}; it takes a whole number from {setting.low} "
            f"to {setting.high} [out-of-range]"
        )


def test_choice_outside_the_list_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'log_format = "xml"')
    assert refusal(tmp_path) == (
        f"{path} line 1: log_format cannot be 'xml'; it takes one of text, json [out-of-range]"
    )


def test_long_value_is_shortened_in_the_sentence(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"COOP_NODE_LISTEN": "no address at all " * 1000})
    assert len(told) < 250


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("listen", 1),
        ('language = "de"\nlisten = \n', 2),
        ('\n\nlanguage = "de', 3),
        ('language = "de"\nlanguage = "sw"\n', 2),
        ('language = """\nde\n', 2),
        ("[limits\n", 1),
        ("x = " + "[" * 5000, 1),
    ],
)
def test_broken_toml_is_told_with_its_line(tmp_path: Path, content: str, line: int) -> None:
    path = write(tmp_path, content)
    told = refusal(tmp_path)
    assert told.startswith(f"{path} line {line} is not valid TOML: ")
    assert told.endswith("; correct that line [broken-toml]")
    assert "(at " not in told


def test_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b'language = "\xff"')
    assert refusal(tmp_path) == (
        f"{path} is not text in UTF-8; save it as such [unreadable-settings]"
    )


def test_mark_at_the_start_of_a_file_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, b'\xef\xbb\xbflanguage = "de"\r\n')
    assert load(tmp_path, {}, {}).language == "de"


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "node.toml").mkdir()
    assert refusal(tmp_path) == (
        f"{tmp_path / 'node.toml'} cannot be read (Is a directory); mend that or remove the file "
        "[unreadable-settings]"
    )


def test_size_of_the_file_is_limited(tmp_path: Path) -> None:
    content = b'language = "de"\n#'
    write(tmp_path, content.ljust(SETTINGS_BYTES_MAX, b"#"))
    assert load(tmp_path, {}, {}).language == "de"
    write(tmp_path, content.ljust(SETTINGS_BYTES_MAX + 1, b"#"))
    assert refusal(tmp_path).endswith("it cannot be a settings file [unreadable-settings]")


def test_example_file_is_what_the_table_says() -> None:
    assert (ROOT / "node.toml.example").read_text() == example_text()


def test_example_changes_nothing_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, example_text())
    assert {str(value) for value in tomllib.loads(path.read_text()).values()} == {"{}"}
    settings = load(tmp_path, {}, {})
    assert {settings.origin(setting.name) for setting in SETTINGS} == {"default", "argument"}


def test_every_setting_of_the_example_loads_uncommented(tmp_path: Path) -> None:
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in example_text().splitlines()
    ]
    path = write(tmp_path, "\n".join(lines))
    settings = load(tmp_path, {}, {})
    for setting in SETTINGS:
        if not setting.in_file:
            continue
        assert settings[setting.name] == setting.default
        place, _, line_number = settings.origin(setting.name).rpartition(" line ")
        assert place == str(path)
        assert lines[int(line_number) - 1].startswith(setting.name.rpartition(".")[2] + " = ")


def test_every_setting_has_a_variable_of_its_own(tmp_path: Path) -> None:
    assert variable_name("limits.body_s") == "COOP_NODE_LIMITS__BODY_S"
    environ = {variable_name(setting.name): str(setting.default) for setting in SETTINGS}
    assert len(environ) == len(SETTINGS)
    settings = load(tmp_path, environ, {})
    assert all(settings[s.name] == s.default for s in SETTINGS if s.in_file)


def test_environment_is_a_copy_of_the_process_environment() -> None:
    found = environment()
    assert found == dict(os.environ)
    found["COOP_NODE_LISTEN"] = "x:1"
    assert os.environ.get("COOP_NODE_LISTEN") != "x:1"


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:7410", ("127.0.0.1", 7410)), ("[::1]:0", ("::1", 0)), ("a.b:80", ("a.b", 80))],
)
def test_listen_address_is_host_and_port(listen: str, address: tuple[str, int]) -> None:
    assert listen_address(listen) == address


@pytest.mark.parametrize(
    ("flags", "url"),
    [
        ({}, "http://127.0.0.1:5000"),
        ({"listen": "0.0.0.0:0"}, "http://127.0.0.1:5000"),
        ({"listen": "[::]:0"}, "http://127.0.0.1:5000"),
        ({"listen": "[::1]:0"}, "http://[::1]:5000"),
        ({"listen": "coop.example:80"}, "http://coop.example:5000"),
        ({"public_url": "https://coop.example/node/"}, "https://coop.example/node"),
        ({"public_url": "https://coop.example"}, "https://coop.example"),
    ],
)
def test_public_url_is_set_or_derived(
    tmp_path: Path, flags: dict[str, Value | None], url: str
) -> None:
    assert public_url(load(tmp_path, {}, flags), 5000) == url
