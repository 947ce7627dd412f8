"""settings: the one table of all settings, and the frozen value that `config.load` makes of it.

Each row says what a setting takes and what it is for; the command line's help, the example file
and every refusal are made from it. Never reads a file or the environment (that is `config`).
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from node.proxies import is_networks
from node.text import Message, is_language_tag
from node.text import mark as _

# one text value: an address with a long base path; longer ones do not fit into an invite
TEXT_BYTES_MAX = 200

# a port number is two bytes in TCP
PORT_MAX = 65_535

Value = str | int | Path


class Setting(msgspec.Struct, frozen=True):
    """One row of the table; `help` is English source text, `low` and `high` are allowed values."""

    name: str
    type: type[str] | type[int] | type[Path]
    default: Value
    help: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    expects: str = ""
    accepts: Callable[[str], bool] | None = None
    in_file: bool = True


class LimitsSection(msgspec.Struct, frozen=True, kw_only=True):
    """How much one caller, and all of them, may take."""

    peer_connections: int
    connections_per_address: int
    body_bytes: int
    body_s: int


class SyncSection(msgspec.Struct, frozen=True, kw_only=True):
    """When peers are asked what is new."""

    interval_s: int


class BackupSection(msgspec.Struct, frozen=True, kw_only=True):
    """The nightly copy of the database."""

    hour: int
    keep: int


class SessionSection(msgspec.Struct, frozen=True, kw_only=True):
    """Logins of people."""

    days: int


class InviteSection(msgspec.Struct, frozen=True, kw_only=True):
    """What a new invite allows unless told otherwise."""

    days: int
    uses: int


class ClockSection(msgspec.Struct, frozen=True, kw_only=True):
    """How the machine's clock is judged."""

    skew_warn_s: int


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, typed; also by name: `settings["limits.body_s"]`. Made by `load` only."""

    home: Path
    network: str
    listen: str
    public_url: str
    trusted_proxies: str
    language: str
    log_level: str
    log_format: str
    limits: LimitsSection
    sync: SyncSection
    backup: BackupSection
    session: SessionSection
    invite: InviteSection
    clock: ClockSection
    origins: Mapping[str, str]

    def __getitem__(self, name: str) -> Value:
        """The value of a setting by its dotted name; KeyError when the table has none such."""
        if name not in SETTING_BY_NAME:
            raise KeyError(name)
        value: object = self
        for part in name.split("."):
            value = getattr(value, part)
        assert isinstance(value, str | int | Path), "the table's types are these three"
        return value

    def origin(self, name: str) -> str:
        """Where a value came from: `default`, a file with its line, a variable, or a flag."""
        return self.origins[name]


def expected(setting: Setting) -> Message:
    """What a setting takes, as the part of a sentence."""
    if setting.choices:
        return Message(_("one of {choices}"), values={"choices": ", ".join(setting.choices)})
    if setting.type is int:
        bounds = {"low": setting.low, "high": setting.high}
        return Message(_("a whole number from {low} to {high}"), values=bounds)
    return Message(setting.expects)


def is_fitting(setting: Setting, value: str) -> bool:
    """Whether a text is short and printable, and what the setting accepts."""
    short = len(value.encode()) <= TEXT_BYTES_MAX and value.isprintable()
    return short and (setting.accepts is None or setting.accepts(value))


def _is_network(text: str) -> bool:
    return NETWORK_NAME.fullmatch(text) is not None


def _is_listen(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(colon) and _is_port(port) and _is_host(host)


def _is_public_url(text: str) -> bool:
    """Empty, or http, https or ws with a host, perhaps a port and a base path, and no more."""
    if not text:
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    bare_host = HOST_AND_PORT.fullmatch(parts.netloc)
    return (
        parts.scheme in ("http", "https", "ws")
        and f"{parts.scheme}://{parts.netloc}{parts.path}" == text
        and bare_host is not None
        and _is_host(bare_host["host"])
        and (bare_host["port"] is None or _is_port(bare_host["port"]))
        and BASE_PATH.fullmatch(parts.path) is not None
    )


def _is_host(text: str) -> bool:
    if text.startswith("[") and text.endswith("]"):
        try:
            ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            return False
        return True
    return HOST_NAME.fullmatch(text) is not None


def _is_port(text: str) -> bool:
    return PORT.fullmatch(text) is not None and int(text) <= PORT_MAX


NETWORK_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]@]+)(?::(?P<port>[0-9]+))?")
PORT = re.compile(r"[0-9]{1,5}")
BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")

SETTINGS = (
    Setting(
        "home",
        Path,
        Path("~/.coop-node"),
        _("Folder that holds the node's keys and data."),
        expects=_("a folder"),
        in_file=False,
    ),
    Setting(
        "network",
        str,
        "coop",
        _("Name of the network; nodes of differently named ones do not understand each other."),
        expects=_("up to 32 small letters, digits and hyphens"),
        accepts=_is_network,
    ),
    Setting(
        "listen",
        str,
        "127.0.0.1:7410",
        _("Address and port for peers and the page; port 0 takes any free one."),
        expects=_("HOST:PORT, such as 127.0.0.1:7410, 0.0.0.0:7410 or [::1]:7410"),
        accepts=_is_listen,
    ),
    Setting(
        "public_url",
        str,
        "",
        _("Address under which others reach the node; derived from listen when empty."),
        expects=_("http, https or ws, such as https://coop.example/node, or nothing"),
        accepts=_is_public_url,
    ),
    Setting(
        "trusted_proxies",
        str,
        "",
        _("Proxies that are believed who called them, by X-Forwarded-For; none when empty."),
        expects=_("addresses and networks with commas between, such as 127.0.0.1, or nothing"),
        accepts=is_networks,
    ),
    Setting(
        "language",
        str,
        "en",
        _("Language of messages and of the page before a person chooses one."),
        expects=_("a language tag, such as en, sw or pt-BR"),
        accepts=is_language_tag,
    ),
    Setting(
        "log_level",
        str,
        "info",
        _("Least important messages that are still logged."),
        choices=("debug", "info", "warning", "error"),
    ),
    Setting(
        "log_format",
        str,
        "text",
        _("Log lines for people, or one JSON object a line for programs."),
        choices=("text", "json"),
    ),
    Setting(
        "limits.peer_connections",
        int,
        64,
        _("Connections with peers at one time; the next one is turned away."),
        low=1,
        high=1024,
    ),
    Setting(
        "limits.connections_per_address",
        int,
        16,
        _("Connections from one network address at one time; the next one is turned away."),
        low=1,
        high=1024,
    ),
    Setting(
        "limits.body_bytes",
        int,
        16 * 1024 * 1024 + 65_536,
        _("Bytes of one request: 16 MiB of content and what surrounds it; more is refused."),
        low=65_536,
        high=268_435_456,
    ),
    Setting(
        "limits.body_s",
        int,
        30,
        _("Seconds in which a request's body must have arrived; a slower one is cut off."),
        low=1,
        high=3600,
    ),
    Setting(
        "sync.interval_s",
        int,
        60,
        _("Seconds between two full comparisons with a peer; news come at once in between."),
        low=1,
        high=86_400,
    ),
    Setting(
        "backup.hour",
        int,
        3,
        _("Hour of the machine's day in which the database is copied."),
        low=0,
        high=23,
    ),
    Setting(
        "backup.keep",
        int,
        7,
        _("Nightly copies that are kept; the oldest goes when there is one more."),
        low=1,
        high=366,
    ),
    Setting(
        "session.days",
        int,
        30,
        _("Days until a login must be repeated."),
        low=1,
        high=366,
    ),
    Setting(
        "invite.days",
        int,
        7,
        _("Days for which a new invite holds."),
        low=1,
        high=366,
    ),
    Setting(
        "invite.uses",
        int,
        1,
        _("How many co-ops may join by one new invite."),
        low=1,
        high=1000,
    ),
    Setting(
        "clock.skew_warn_s",
        int,
        120,
        _("Seconds off the other members' clocks from which on the node warns."),
        low=1,
        high=600,
    ),
)

SETTING_BY_NAME = {setting.name: setting for setting in SETTINGS}
SETTING_BY_KEYS = {tuple(setting.name.split(".")): setting for setting in SETTINGS}
SECTIONS = frozenset(keys[:-1] for keys in SETTING_BY_KEYS if len(keys) > 1)
