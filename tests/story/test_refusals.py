"""Bad input at the command line: each refused with its code, a sentence and an exit code."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from protocol.invite import Invite, read_link, write_link
from protocol.keys import Network
from tests.node.cli.processes import CommandLine
from tests.story.village import Coop, free_port, offer_json, until, until_equal, village

NETWORK = Network()

COOP = "coop1" + "q" * 20
RECORD = "rec1" + "q" * 20
# Verbs of each family that need the running node, with as much as it takes to be understood.
VERBS = (
    "status",
    "profile show",
    "profile set --website https://coop.example",
    "user reset",
    "token create program",
    "circle list",
    f"circle admit {COOP}",
    "circle endorse 00ff00ff",
    "invite create",
    "join coopinvite:AAAA",
    "peer list",
    f"peer block {COOP}",
    "offer add offer.json",
    f"offer show {RECORD}",
    f"offer withdraw {RECORD}",
    "offer list",
    "offer import goods.csv",
    "offer export out.csv",
    "want add offer.json",
    "log export out.coop",
    "log import in.coop",
)
WRONG_USAGE = (
    "",
    "offr list",
    "offer lst",
    "offer add",
    "offer list --limit 0",
    "offer list --kind gift",
    "offer show",
    "circle admit a b c",
    "invite create --uses 0",
    "join",
    "join a b",
    "log verify",
    "profile set",
    "status --colour",
    "run --lisen 127.0.0.1:0",
)
BAD_SETTINGS = (
    ("listen = ", "broken-toml"),
    ('listen = "127.0.0.1"', "out-of-range"),
    ("listen = 7410", "wrong-type"),
    ('lisen = "127.0.0.1:0"', "unknown-setting"),
    ("[limits]\nbody_s = 0", "out-of-range"),
    ('[backup]\nhour = "three"', "wrong-type"),
    ("\x00\x01\x02", "broken-toml"),
)


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    """The command line where no node runs, beside files that verbs take."""
    for name, content in (("offer.json", "{}"), ("goods.csv", "sku\n"), ("in.coop", "")):
        (tmp_path / name).write_text(content)
    command = CommandLine(tmp_path / "home")
    command.init()
    return command


def test_without_a_daemon_a_verb_says_so(alone: CommandLine) -> None:
    def said(verb: str) -> tuple[str, int, str]:
        done = alone(*verb.split(), "--json")
        return verb, done.code, done.error if done.code == 1 else done.out

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(said, VERBS))
    assert answers == [(verb, 1, "not-running") for verb in VERBS]
    for_people = alone("offer", "list")
    assert (for_people.code, for_people.out) == (1, "")
    assert for_people.err.endswith("start it first [not-running]\n")
    nowhere = CommandLine(alone.home.parent / "never made")
    assert nowhere("status", "--json").error == "not-running"
    assert not nowhere.home.exists()


def test_wrong_usage_is_told_apart_from_refusals(alone: CommandLine) -> None:
    def said(words: str) -> tuple[str, int]:
        return words, alone(*words.split(), "--json").code

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(said, WRONG_USAGE))
    assert answers == [(words, 2) for words in WRONG_USAGE]
    done = alone("offer", "list", "--limit", "many", "--json")
    assert done.json["error"]["code"] == "wrong-usage"
    assert "--limit" in done.err


@pytest.mark.parametrize(("content", "code"), BAD_SETTINGS)
def test_a_broken_settings_file_is_named_and_left_alone(
    alone: CommandLine, content: str, code: str
) -> None:
    file = alone.home / "node.toml"
    file.write_text(content)
    for verb in (("run",), ("status",), ("config", "check")):
        done = alone(*verb, "--json")
        assert (done.code, done.error) == (1, code), verb
        assert str(file) in done.json["error"]["sentence"]
        assert "Traceback" not in done.err
    assert file.read_text() == content


@pytest.mark.parametrize(
    ("name", "code"), [("keys.json", "keys-damaged"), ("node.sqlite3", "data-damaged")]
)
def test_damaged_keys_or_data_are_told_and_left_alone(
    alone: CommandLine, name: str, code: str
) -> None:
    file = alone.home / name
    content = file.read_bytes()[:30] + b"\xff" * 4000
    file.write_bytes(content)
    done = alone("run", "--json")
    assert (done.code, done.error) == (1, code)
    assert "backup" in done.json["error"]["sentence"]
    assert "Traceback" not in done.err
    assert file.read_bytes() == content


@pytest.fixture(scope="module")
def coops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Coop]]:
    with village(tmp_path_factory.mktemp("village"), 3) as coops:
        yield coops


@pytest.fixture(scope="module")
def circle(coops: list[Coop]) -> str:
    return str(coops[0].told("circle", "create", "Sea")["circle"])


def test_a_second_process_on_the_same_folder_is_refused(coops: list[Coop]) -> None:
    fish = coops[0]
    elsewhere = f"127.0.0.1:{free_port()}"
    assert fish.refused("run", "--listen", elsewhere) == "home-in-use"
    assert fish.refused("init", "--name", "Thief", "--country", "DE") == "already-there"
    same = fish.home.parent / "same folder"
    same.symlink_to(fish.home)
    assert CommandLine(same)("run", "--listen", elsewhere, "--json").error == "home-in-use"
    assert fish.told("status")["coop"] == fish.id


def test_an_invite_is_used_up_by_one_use(coops: list[Coop], circle: str) -> None:
    fish, coffee, waste = coops
    link = invited(fish, circle)
    assert coffee.told("join", link)["state"] == "joined"
    assert waste.refused("join", link) == "invite-used"
    assert waste.told("circle", "list")["circles"] == []
    assert waste.told("peer", "list")["peers"] == []


def test_an_invite_that_was_taken_back_opens_nothing(coops: list[Coop], circle: str) -> None:
    fish, _, waste = coops
    made = fish.told("invite", "create", "--circle", circle, "--uses", "5")
    fish.told("invite", "revoke", made["id"][:10])
    assert waste.refused("join", made["link"]) == "invite-revoked"


def test_an_expired_invite_opens_nothing(coops: list[Coop], circle: str) -> None:
    fish, _, waste = coops
    # The newcomer reads it in the link; the inviter does not trust the newcomer's reading.
    link = invited(fish, circle)
    assert waste.refused("join", changed(link, expires_ms=1)) == "invite-expired"
    assert fish.stop() == 0
    with sqlite3.connect(fish.home / "node.sqlite3") as database:
        database.execute("UPDATE local_invite SET expires_ms = 1")
    database.close()
    fish.start()
    assert waste.refused("join", link) == "invite-expired"


def test_a_tampered_invite_opens_nothing(coops: list[Coop], circle: str) -> None:
    fish, coffee, waste = coops
    link = invited(fish, circle)
    at = len(link) // 2
    other_letter = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]
    inner = fish.told("circle", "create", "Inner")["circle"]
    inner_circle = read_link(NETWORK, invited(fish, inner)).circle
    coffee_id = read_link(NETWORK, invited(coffee, coffee_circle(coffee))).coop
    for tampered, code in (
        (other_letter, "invite-malformed"),
        (link[:-4], "invite-malformed"),
        (link.replace("coopinvite:", "https:"), "invite-malformed"),
        (changed(link, nonce=bytes(16)), "invite-unknown"),
        (changed(link, circle=inner_circle), "invite-unknown"),
        (changed(link, coop=coffee_id), "invite-other-coop"),
        (changed(link, addresses=(f"http://127.0.0.1:{free_port()}",)), "peer-unreachable"),
        (changed(link, network="elsewhere"), "other-network"),
    ):
        assert waste.refused("join", tampered) == code, code
    assert fish.refused("join", link) == "to-itself"
    assert waste.told("circle", "list")["circles"] == []
    # Nobody has used it up by trying, and it opens as it was given.
    assert waste.told("join", link)["circle"] == circle


def test_bad_ids_and_bad_fields_are_told_apart(coops: list[Coop], tmp_path: Path) -> None:
    fish = coops[0]
    circle = fish.told("circle", "create", "Ids")["circle"]
    file = tmp_path / "offer.json"

    def refused(content: str, *words: str) -> str:
        file.write_text(content)
        return fish.refused("offer", "add", "--circle", circle, file, *words)

    assert refused("[1, 2]") == "bad-file"
    assert refused("{") == "bad-file"
    assert refused('{"title": {}}') == "bad-field"
    assert refused('{"title": {"en": "Fish"}, "colour": "blue"}') == "bad-field"
    assert refused(json.dumps(offer_json("Fish", "XX"))) == "bad-code"
    assert refused(json.dumps(offer_json("Fish", unit="ZZZ"))) == "bad-code"
    file.write_text(json.dumps(offer_json("Fish")))
    good = fish.told("offer", "add", file, "--circle", circle[:20])["offer"]
    assert fish.refused("offer", "show", "rec1") == "bad-id"
    assert fish.refused("offer", "show", "no id at all") == "bad-id"
    last = "q" if good[-1] != "q" else "p"
    assert fish.refused("offer", "show", good[:-1] + last) in {"bad-id", "not-found"}
    assert fish.told("offer", "withdraw", good[:12])["offer"] == good
    assert fish.refused("offer", "withdraw", good) == "already-withdrawn"


def test_what_belongs_to_another_cannot_be_changed(coops: list[Coop], tmp_path: Path) -> None:
    fish, coffee, _ = coops
    file = tmp_path / "offer.json"
    file.write_text(json.dumps(offer_json("Beans")))
    theirs = coffee.told("offer", "add", file, "--circle", coffee_circle(coffee))["offer"]
    shared = coffee.told("circle", "create", "Ours")["circle"]
    fish.told("join", invited(coffee, shared))
    ours = coffee.told("offer", "add", file, "--circle", shared)["offer"]

    async def known() -> bool:
        async with fish.api() as client:
            found = await client.get("/offers", {"circle": shared})
            return bool(found["offers"])

    asyncio.run(until(known, "the offer of the other"))
    assert fish.refused("offer", "edit", ours, file) == "not-yours"
    assert fish.refused("offer", "withdraw", ours) == "not-yours"
    assert fish.refused("offer", "show", theirs) == "not-found"
    assert asyncio.run(until_equal(coffee))["forks"] == []


def invited(coop: Coop, circle: str) -> str:
    return str(coop.told("invite", "create", "--circle", circle)["link"])


def coffee_circle(coop: Coop) -> str:
    """A circle of its own that nobody else is in."""
    return str(coop.told("circle", "create", "Coffee")["circle"])


def changed(link: str, **parts: object) -> str:
    """The same invite with other parts, and the check sum that fits them."""
    invite: Invite = msgspec.structs.replace(read_link(NETWORK, link), **parts)
    return write_link(NETWORK, invite)
