"""config: the value of every setting, with where it came from.

A value comes from the table's default, then `HOME/node.toml`, then the environment
(`COOP_NODE_LIMITS__BODY_S` for `limits.body_s`), then a flag; the last one wins. Nothing else in
the node reads the environment. Never guesses: what is unknown or out of range is refused with
file, line and a suggestion, and nothing starts.
"""

import difflib
import os
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from node.settings import (
    SECTIONS,
    SETTING_BY_KEYS,
    SETTING_BY_NAME,
    SETTINGS,
    Setting,
    Settings,
    Value,
    expected,
    is_fitting,
)
from node.text import Message, ToldError
from node.text import mark as _

SETTINGS_FILE_NAME = "node.toml"
ENVIRONMENT_PREFIX = "COOP_NODE_"

# the table renders to some 6 kB; a hundred times as much is another file by mistake
SETTINGS_BYTES_MAX = 524_288


class ConfigError(ToldError):
    """A setting cannot be used; the sentence names its place, with line, and what is allowed."""


def load(
    home: Path | None, environ: Mapping[str, str], flags: Mapping[str, Value | None]
) -> Settings:
    """Read all settings. Raises ConfigError.

    Without `home`, a flag, COOP_NODE_HOME or the default names it. `environ` is `environment()`
    in a real node. Flags are by dotted name, as text or typed; None stands for one not given.
    """
    values = {setting.name: setting.default for setting in SETTINGS}
    origins = dict.fromkeys(values, "default")
    outside = [*_from_environment(environ), *_from_flags(flags)]
    if home is not None:
        outside.append(("home", home, "argument"))
    for name, value, origin in outside:
        if name == "home":
            values[name], origins[name] = _checked(name, value, origin), origin
    found_home = _expanded(str(values["home"]), environ)
    for name, value, origin in [*_from_file(found_home / SETTINGS_FILE_NAME), *outside]:
        values[name], origins[name] = _checked(name, value, origin), origin
    values["home"] = found_home
    return msgspec.convert({**_nested(values), "origins": origins}, Settings)


def environment() -> dict[str, str]:
    """The process environment: the one place that reads it; others are handed this mapping."""
    return dict(os.environ)


def listen_address(listen: str) -> tuple[str, int]:
    """`HOST:PORT` of a checked setting as host (IPv6 without brackets) and port; 0 = any free."""
    host, _colon, port = listen.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def public_url(settings: Settings, port: int) -> str:
    """The address under which others reach the node, without a slash at its end.

    Derived from `listen` and the port really opened when it is not set; a node that listens
    everywhere then names the machine itself, which no other machine can use.
    """
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host, _port = listen_address(settings.listen)
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not opened
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def example_text() -> str:
    """The whole of `node.toml.example`: each setting commented out, with its help and default."""
    lines = [*_comment(EXAMPLE_HEAD), ""]
    section = ""
    for setting in SETTINGS:
        if not setting.in_file:
            continue
        named_section, _dot, key = setting.name.rpartition(".")
        if named_section != section:
            section = named_section
            lines += [f"[{section}]", ""]
        lines += _comment(setting.help) + _comment(f"Takes {expected(setting).say()}.")
        lines += [f"#{key} = {_toml(setting.default)}", ""]
    return "\n".join(lines)


def variable_name(name: str) -> str:
    """The environment variable of a setting: `limits.body_s` -> `COOP_NODE_LIMITS__BODY_S`."""
    return ENVIRONMENT_PREFIX + name.replace(".", "__").upper()


Found = tuple[str, object, str]


def _from_file(path: Path) -> Iterator[Found]:
    """Name, value and place of everything in a settings file; nothing when there is no file."""
    try:
        with path.open("rb") as file:
            content = file.read(SETTINGS_BYTES_MAX + 1)
        source = content.decode("utf-8-sig")  # some editors put a mark at the start
    except FileNotFoundError:
        return
    except OSError as error:
        reason = error.strerror or type(error).__name__
        text = _("{place} cannot be read ({reason}); mend that or remove the file")
        raise _error("unreadable-settings", text, place=str(path), reason=reason) from None
    except UnicodeDecodeError:
        text = _("{place} is not text in UTF-8; save it as such")
        raise _error("unreadable-settings", text, place=str(path)) from None
    if len(content) > SETTINGS_BYTES_MAX:
        text = _("{place} is larger than {most} bytes; it cannot be a settings file")
        raise _error("unreadable-settings", text, place=str(path), most=SETTINGS_BYTES_MAX)
    try:
        table = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _broken(path, source, error) from None
    leaves = list(_leaves(table, ()))
    lines = _lines_of(source, [keys for keys, _value in leaves])
    for keys, value in leaves:
        place = f"{path} line {lines[keys]}"
        setting = SETTING_BY_KEYS.get(keys)
        if keys in SECTIONS:
            text = _("{place}: {name} is a section; write [{name}] above its settings")
            raise _error("wrong-type", text, place=place, name=keys[0])
        if setting is None:
            raise _unknown(keys, place)
        if not setting.in_file:
            text = _("{place}: {name} cannot be set in a file that lies in it; use --home")
            raise _error("not-in-file", text, place=place, name=setting.name)
        yield setting.name, value, place


def _from_environment(environ: Mapping[str, str]) -> Iterator[Found]:
    names = {variable_name(setting.name): setting.name for setting in SETTINGS}
    for variable in sorted(environ):
        if variable in names:
            yield names[variable], _read(names[variable], environ[variable]), variable
        elif variable.startswith(ENVIRONMENT_PREFIX) and not _is_foreign(
            variable, environ[variable]
        ):
            guess = _nearest(variable, list(names))
            text = _("{place} in the environment is no setting{guess}; unset or correct it")
            raise _error("unknown-setting", text, place=variable, guess=guess)


def _is_foreign(variable: str, value: str) -> bool:
    """Whether a variable is not ours to judge.

    A container cluster sets some for any service that is called coop-node, and the command line's
    own token may be set where the node runs too.
    """
    if variable == ENVIRONMENT_PREFIX + "PORT":
        return "://" in value
    return variable.startswith(FOREIGN_VARIABLES)


def _from_flags(flags: Mapping[str, Value | None]) -> Iterator[Found]:
    for name, value in flags.items():
        place = f"--{name}"
        if name not in SETTING_BY_NAME:
            raise _unknown(tuple(name.split(".")), place)
        if value is not None:
            yield name, _read(name, value) if isinstance(value, str) else value, place


def _read(name: str, text: str) -> Value:
    """A text from outside the file in the setting's type; as it is when it does not read so."""
    kind = SETTING_BY_NAME[name].type
    if kind is int and WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return Path(text) if kind is Path and text else text


def _checked(name: str, value: object, place: str) -> Value:
    """The value, when it has the setting's type and is in its range; else ConfigError."""
    setting = SETTING_BY_NAME[name]
    if not isinstance(value, setting.type) or isinstance(value, bool):
        raise _refused(setting, value, place, "wrong-type")
    if isinstance(value, int):
        if not setting.low <= value <= setting.high:
            raise _refused(setting, value, place, "out-of-range")
        return value
    if setting.choices and value not in setting.choices:
        raise _refused(setting, value, place, "out-of-range")
    if isinstance(value, str) and not is_fitting(setting, value):
        raise _refused(setting, value, place, "out-of-range")
    assert isinstance(value, str | Path), "the table's types are these three"
    return value


def _leaves(
    table: Mapping[str, object], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        keys = (*above, key)
        if isinstance(value, dict) and keys not in SETTING_BY_KEYS:
            if keys not in SECTIONS:
                yield keys, value
            yield from _leaves(value, keys)
        else:
            yield keys, value


def _lines_of(source: str, sought: list[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """The line on which each key is complete.

    tomllib does not tell: the file is read in growing pieces, and a key's line is the end of the
    first piece that has it.
    """
    lines = source.splitlines()
    found: dict[tuple[str, ...], int] = {}
    for line_number, line in enumerate(lines, start=1):
        if len(found) == len(sought):
            break
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            part = tomllib.loads("\n".join(lines[:line_number]) + "\n")
        except tomllib.TOMLDecodeError:  # in the midst of a value of several lines
            continue
        present = {keys for keys, _value in _leaves(part, ())}
        for keys in sought:
            if keys in present:
                found.setdefault(keys, line_number)
    return {keys: found.get(keys, len(lines)) for keys in sought}


def _broken(path: Path, source: str, error: Exception) -> ConfigError:
    told = TOML_PLACE.search(str(error))
    line = int(told[1]) if told else len(source.splitlines())
    reason = TOML_PLACE.sub("", str(error)).removesuffix(" (at end of document)")
    text = _("{place} is not valid TOML: {reason}; correct that line")
    return _error("broken-toml", text, place=f"{path} line {line}", reason=reason)


def _unknown(keys: tuple[str, ...], place: str) -> ConfigError:
    name = ".".join(keys)
    guess = _nearest(name, [*SETTING_BY_NAME, *(".".join(section) for section in SECTIONS)])
    text = _("{place}: there is no setting {name}{guess}; correct or remove it")
    return _error("unknown-setting", text, place=place, name=name, guess=guess)


def _nearest(name: str, known: list[str]) -> Message:
    near = difflib.get_close_matches(name, known, n=1)
    # a key that was written outside its section is unlike the whole name
    near = near or [full for full in known if full.rpartition(".")[2] == name.rpartition(".")[2]]
    if not near:
        return Message("")
    return Message(_(", did you mean {near}?"), values={"near": near[0]})


def _refused(setting: Setting, value: object, place: str, code: str) -> ConfigError:
    text = _("{place}: {name} cannot be {value}; it takes {expected}")
    shown = textwrap.shorten(repr(value), 60, placeholder="...")
    return _error(
        code, text, place=place, name=setting.name, value=shown, expected=expected(setting)
    )


def _error(code: str, text: str, **values: str | int | Message) -> ConfigError:
    return ConfigError(Message(text, code, values))


def _expanded(home: str, environ: Mapping[str, str]) -> Path:
    if home == "~" or home.startswith("~/"):
        return Path(environ.get("HOME") or Path.home()) / home[2:]
    return Path(home).absolute()


def _nested(values: Mapping[str, Value]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for name, value in values.items():
        section, _dot, key = name.rpartition(".")
        branch = tree.setdefault(section, {}) if section else tree
        assert isinstance(branch, dict), "a section is no setting"
        branch[key] = value
    return tree


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")


def _toml(value: Value) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)")

FOREIGN_VARIABLES = ("COOP_NODE_SERVICE_", "COOP_NODE_PORT_", "COOP_NODE_TOKEN")

EXAMPLE_HEAD = _(
    "Settings of a coop-node. Copy this file to node.toml in the node's data folder and uncomment "
    "what you want to change; every value shown is the default. A value in the environment (such "
    "as COOP_NODE_LIMITS__BODY_S for body_s under [limits]) goes before this file, a flag before "
    "both. The data folder itself is named by --home or COOP_NODE_HOME."
)
