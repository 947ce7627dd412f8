"""Initial: making a data folder: keys, recovery words, a profile, the owner's account.

Without answers to its questions (no terminal, `--yes`, `--json`) it asks nothing. The recovery
words are shown once and written nowhere.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from node.cli.verb import Answer, Call, verb
from node.cli.words import mark as _
from node.cli.words import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from node.cli.show import Screen
    from node.home import Made

app = typer.Typer()

# words that are asked back: as many as show that the list was written down
WORDS_ASKED: Final = 3
# a question is asked so often; whoever still has no answer starts again
TRIES_MAX: Final = 5
WORD_COLUMNS: Final = 4


@verb(app, "init")
async def init(
    call: Call,
    *,
    name: Annotated[str | None, typer.Option(help="The co-op's name.")] = None,
    country: Annotated[str | None, typer.Option(help="Its country, such as KE.")] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where peers and the page reach it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing back.")] = False,
) -> Answer:
    """Make a data folder: keys, 24 recovery words, the owner's account."""
    from node.home import DATABASE_NAME
    from protocol.errors import Refusal

    call.flags["listen"] = listen
    settings = call.settings
    if (settings.home / DATABASE_NAME).exists():
        raise Refusal("already-there", str(settings.home))
    asks = not yes and not call.as_json and sys.stdin.isatty() and sys.stdout.isatty()
    screen = call.screen()
    name = name or (_asked_name(screen) if asks else None)
    country = country or (_asked_country(screen) if asks else None)
    if not name or not country:
        raise typer.BadParameter("--name and --country are needed where nobody can be asked")
    if _country_name(screen, country) is None:
        raise told(NO_COUNTRY, "bad-field", country=country)
    made, password = _make(call, name, country)
    if listen is not None:
        _write_listen(settings.home, listen)
    value = {
        "coop": _text(made.coop),
        "words": list(made.words),
        "recovery": list(made.recovery),
        "password": password,
    }
    if asks:
        _show_and_ask_back(screen, made.recovery)
    return Answer(value, lambda screen: _show(screen, call, value, recovery=not asks))


def _make(call: Call, name: str, country: str) -> tuple[Made, str]:
    """Keys, profile and account; the one-time password of the owner."""
    import msgspec

    from node import home as homes
    from node.cli import offline
    from node.keyring import entropy
    from node.passwords import one_time_password
    from protocol.errors import Refusal
    from protocol.keys import Network
    from protocol.profile import Profile

    settings = call.settings
    try:
        fields = msgspec.convert({"name": name, "country": country.upper()}, Profile)
    except msgspec.ValidationError as wrong:
        raise Refusal("bad-field", str(wrong)) from None
    password = one_time_password(entropy)
    made = homes.make(settings.home, Network(settings.network), fields, entropy)
    offline.make_owner(settings, password)
    return made, password


def _text(coop: bytes) -> str:
    from protocol.keys import COOP, to_text

    return to_text(COOP, coop)


def _write_listen(home: Path, listen: str) -> None:
    """Keep the address in node.toml, and whatever else stands in it."""
    from node.config import SETTINGS_FILE_NAME
    from node.private_files import write_private

    path = home / SETTINGS_FILE_NAME
    line = f'listen = "{listen}"'
    old = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    lines = old.splitlines()
    sections = (place for place, one in enumerate(lines) if one.lstrip().startswith("["))
    first = next(sections, len(lines))
    kept = [one for place, one in enumerate(lines) if place >= first or not LISTEN.match(one)]
    # at the top: below a section's heading it would be another setting
    write_private(path, "\n".join([line, *kept, ""]).encode())


def _asked_name(screen: Screen) -> str:
    return str(typer.prompt(screen.say(_("name of the co-op")))).strip()


def _asked_country(screen: Screen) -> str:
    """A country's code, as the world writes it; told back by its name."""
    for _try in range(TRIES_MAX):
        code = str(typer.prompt(screen.say(_("its country as two letters, such as KE")))).strip()
        name = _country_name(screen, code)
        if name is not None:
            screen.text(name)
            return code
        screen.line(NO_COUNTRY, country=code)
    raise told(_("no country was named; start again"), "bad-field")


def _country_name(screen: Screen, code: str) -> str | None:
    """What a country is called in the person's language; None when there is none of that code."""
    from node.text import locale_of

    if COUNTRY_CODE.fullmatch(code) is None:
        return None
    name: str | None = locale_of(screen.language).territories.get(code.upper())
    return name


def _show_and_ask_back(screen: Screen, recovery: Sequence[str]) -> None:
    """Show the words on a page that goes away, and ask for some of them."""
    from node.keyring import entropy

    with screen.console.screen():
        screen.line(_("your recovery words; write them on paper, they are shown only now"))
        screen.blank()
        _show_words(screen, recovery)
        screen.blank()
        typer.prompt(
            screen.say(_("press Enter once they are written down")), "", show_default=False
        )
    places = sorted(range(len(recovery)), key=lambda place: (entropy(SORT_BYTES), place))[
        :WORDS_ASKED
    ]
    for place in sorted(places):
        _ask_back(screen, recovery, place)


def _ask_back(screen: Screen, recovery: Sequence[str], place: int) -> None:
    for _try in range(TRIES_MAX):
        asked = screen.say(_("word {number}"), number=place + 1)
        if str(typer.prompt(asked)).strip().lower() == recovery[place]:
            return
        screen.line(_("that is another word; look at what you wrote down"))
    screen.line(
        _("word {number} is {word}; correct your list"), number=place + 1, word=recovery[place]
    )


def _show_words(screen: Screen, recovery: Sequence[str]) -> None:
    numbered = [f"{number:2}. {word}" for number, word in enumerate(recovery, start=1)]
    height = -(-len(numbered) // WORD_COLUMNS)
    rows = [numbered[row::height] for row in range(height)]
    screen.table([""] * WORD_COLUMNS, rows)


def _show(screen: Screen, call: Call, value: dict[str, Any], *, recovery: bool) -> None:
    if recovery:
        screen.line(_("your recovery words; write them on paper, they are shown only now"))
        _show_words(screen, value["recovery"])
        screen.blank()
    screen.facts(
        [
            (_("co-op"), value["coop"]),
            (_("its words, to compare by telephone"), " ".join(value["words"])),
            (_("log in as"), "owner"),
            (_("with this password, shown once"), value["password"]),
        ]
    )
    home = call.settings.home
    screen.line(_("start the node with: coop-node --home {home} run"), home=home)


# two equal draws of so many bytes never happen
SORT_BYTES: Final = 8

LISTEN: Final = re.compile(r"\s*listen\s*=")
COUNTRY_CODE: Final = re.compile("[A-Za-z]{2}")
NO_COUNTRY: Final = _("{country} is no country's code; look it up as ISO 3166 alpha-2, such as KE")
