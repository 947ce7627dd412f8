"""The demo's story: who the seven are, and what they do over their nodes' API until all is there.

It starts and ends no process (`demo` does), and does nothing twice: a second start goes on.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

from demo_people import Person, let_in, logged_in

from node.cli.client import Client


class Coop:
    """One fictional co-op: its folder, its process, its client."""

    def __init__(self, home: Path, port: int, told: dict[str, Any]) -> None:
        self.key = str(told["key"])
        self.home = home / self.key
        self.listen = f"127.0.0.1:{port}"
        self.profile: dict[str, Any] = told["profile"]
        self.picture: dict[str, Any] = told["picture"]
        self.offers: list[dict[str, Any]] = told["offers"]
        self.contact: dict[str, str] = told["contact"]
        self.people: list[dict[str, str]] = told["people"]
        self.password = ""
        self.name = str(self.profile["name"])
        self.log = self.home / "demo.log"
        self.told: set[str] = set()
        self.process: asyncio.subprocess.Process | None = None
        self.address = ""
        self.id = ""
        self.client: Client


class Circle:
    """One of the circles: who is in it, the founder first, and who only asks to be."""

    def __init__(self, told: dict[str, Any], coops: dict[str, Coop]) -> None:
        self.key = str(told["key"])
        self.name = str(told["name"])
        self.members = [coops[key] for key in told["members"]]
        self.asking = [coops[key] for key in told.get("asking", ())]
        self.id = ""


class Story:
    """All of it, read from the file beside this one."""

    def __init__(self, home: Path, port: int) -> None:
        told = json.loads(STORY.read_text(encoding="utf-8"))
        self.coops = [
            Coop(home, port + at if port else 0, one) for at, one in enumerate(told["coops"])
        ]
        by_key = {coop.key: coop for coop in self.coops}
        self.circles = [Circle(one, by_key) for one in told["circles"]]
        self.notes = [
            told | {"from": by_key[told["from"]], "to": by_key[told["to"]]}
            for told in told["notes"]
        ]

    def expected(self, coop: Coop) -> int:
        """How many offers and wants its list shows once everything is everywhere."""
        keys = {circle.key for circle in self.circles if coop in circle.members}
        return sum(one["circle"] in keys for other in self.coops for one in other.offers)


async def set_up(story: Story) -> None:
    """Whatever of the story is not there yet: profiles, circles, members, offers and wants."""
    for coop in story.coops:
        coop.password = await let_in(coop.client, coop.home, coop.people)
        if not (await coop.client.get("/contact")).get("person"):
            await coop.client.put("/contact", coop.contact)
        if not (await coop.client.get("/profile")).get("picture"):
            picture = await keep_picture(coop, coop.picture)
            await coop.client.put("/profile", coop.profile | {"picture": picture})
    for circle in story.circles:
        founder = circle.members[0]
        circle.id = await found(circle, founder)
        for coop in circle.members[1:]:
            await take_in(circle, coop)
        for coop in circle.asking:
            await ask(circle, coop)
    await publish(story)


async def publish(story: Story) -> None:
    """What is not there yet of each co-op's list, in turns: the first ones are the newest."""
    circles = {circle.key: circle.id for circle in story.circles}
    coops = {coop.key: coop.id for coop in story.coops}
    there = set()
    for coop in story.coops:
        mine = await coop.client.get("/offers", {"mine": 1, "limit": 1000})
        there |= {
            (coop.key, one["kind"], *sorted(one["titles"].values())) for one in mine["offers"]
        }
    todo = [
        (coop, coop.offers[turn])
        for turn in reversed(range(max(len(coop.offers) for coop in story.coops)))
        for coop in story.coops
        if turn < len(coop.offers)
    ]
    async with AsyncExitStack() as stack:
        traders: dict[str, Person] = {}
        for coop, one in todo:
            if (coop.key, one["kind"], *sorted(one["offer"]["title"].values())) in there:
                continue
            if coop.key not in traders:
                traders[coop.key] = await stack.enter_async_context(trader(coop))
            offer = await written(coop, one, coops)
            wish = {"circle": circles[one["circle"]], "kind": one["kind"], "offer": offer}
            await traders[coop.key].post("/offers", wish)


def trader(coop: Coop) -> AbstractAsyncContextManager[Person]:
    """Whoever writes for a co-op, logged in; what they write is theirs by name at home."""
    return logged_in(coop.address, coop.people[0]["name"], coop.password)


async def exchange_notes(story: Story) -> None:
    """The questions of the story and their answers, where they are not there yet."""
    for told in story.notes:
        asking, asked = told["from"], told["to"]
        if await thread_of(asking, told["offer"]) is None:
            found = await asking.client.get("/offers", {"search": told["offer"], "language": "en"})
            offer = next(it for it in found["offers"] if it["titles"]["en"] == told["offer"])
            async with trader(asking) as one:
                await one.post("/notes", {"offer": offer["id"], "text": told["text"]})
        while (thread := await thread_of(asked, told["offer"])) is None:
            await asyncio.sleep(POLL_S)
        if "answer" in told and thread["count"] == 1:
            async with trader(asked) as one:
                await one.post("/notes", {"thread": thread["id"], "text": told["answer"]})


async def thread_of(coop: Coop, title: str) -> dict[str, Any] | None:
    """The thread about an offer, as a node has it."""
    found = (await coop.client.get("/notes"))["threads"]
    return next((one for one in found if one["title"] == title), None)


async def found(circle: Circle, founder: Coop) -> str:
    """The circle's id; founded when its founder is in no circle of that name."""
    for one in (await founder.client.get("/circles"))["circles"]:
        if one["name"] == circle.name:
            return str(one["id"])
    print(f"{founder.name} founds the circle {circle.name!r}", flush=True)
    return str((await founder.client.post("/circles", {"name": circle.name}))["circle"])


async def take_in(circle: Circle, coop: Coop) -> None:
    """Invite a co-op, and have a second member endorse it where the rules ask for two."""
    if await is_in(circle, coop):
        return
    state = await ask(circle, coop)
    if state == "pending":
        second = circle.members[1]
        while not (digest := await proposal(circle, second, coop)):
            await asyncio.sleep(POLL_S)
        await second.client.post(f"/circles/{circle.id}/endorsements", {"digest": digest})
        print(f"{second.name} says yes to {coop.name} in {circle.name!r}", flush=True)
    while not await is_in(circle, coop):
        await asyncio.sleep(POLL_S)


async def ask(circle: Circle, coop: Coop) -> str:
    """Have a co-op follow a fresh invite of the founder's, unless it asked before."""
    founder = circle.members[0]
    if await is_in(circle, coop) or await proposal(circle, founder, coop):
        return "pending"
    wish = {"circle": circle.id, "uses": 1, "days": 1}
    link = (await founder.client.post("/invites", wish))["link"]
    joined = await coop.client.post("/joins", {"link": link})
    print(f"{coop.name} follows an invite to {circle.name!r}: {joined['state']}", flush=True)
    return str(joined["state"])


async def proposal(circle: Circle, asked: Coop, about: Coop) -> str | None:
    """The proposal to admit a co-op, as another one knows it."""
    known = await asked.client.get(f"/circles/{circle.id}")
    return next((str(one["digest"]) for one in known["proposals"] if one["coop"] == about.id), None)


async def is_in(circle: Circle, coop: Coop) -> bool:
    """Whether a co-op is a member, as its own node sees it."""
    known = (await coop.client.get("/circles"))["circles"]
    return any(one["id"] == circle.id and one["mine"] for one in known)


async def written(coop: Coop, told: dict[str, Any], coops: dict[str, str]) -> dict[str, Any]:
    """An offer of the story with the ids of its pictures and co-ops, and its last day."""
    offer: dict[str, Any] = dict(told["offer"])
    offer["images"] = [await keep_picture(coop, one) for one in told.get("pictures", ())]
    offer["fair"] = [
        claim
        | {
            "confirmed_by": [coops[key] for key in claim.get("confirmed_by", ())],
            "evidence": [await keep_picture(coop, {"file": f}) for f in claim.get("evidence", ())],
        }
        for claim in offer.get("fair", ())
    ]
    if days := told.get("valid_days"):
        offer["valid_until_ms"] = int(time.time() + days * DAY_S) * 1000
    return offer


async def keep_picture(coop: Coop, told: dict[str, Any]) -> dict[str, Any]:
    """A picture put into a co-op's node, as a record names it."""
    with (PICTURES / f"{told['file']}.webp").open("rb") as file:
        kept = await coop.client.post("/blobs", file=file)
    named = {"hash": kept["blob"], "bytes": kept["bytes"], "type": kept["type"]}
    return named | {"alt": told.get("alt", {})}


async def settled(story: Story) -> str:
    """Wait until all members of each circle show the same; the beginnings of the digests."""
    while True:
        states = {coop.key: await coop.client.get("/status") for coop in story.coops}
        lists = [await coop.client.get("/offers", {"limit": 1}) for coop in story.coops]
        whole = [one["total"] for one in lists] == [story.expected(one) for one in story.coops]
        seen: dict[str, set[tuple[str, str]]] = {circle.id: set() for circle in story.circles}
        for circle in story.circles:
            for coop in circle.members:
                found = {one["id"]: one for one in states[coop.key]["circles"]}[circle.id]
                seen[circle.id].add((found["root"], found["digest"]))
        is_folded = not any(state["lag"] for state in states.values())
        if whole and is_folded and all(len(one) == 1 for one in seen.values()):
            return " ".join(sorted(digest[:12] for one in seen.values() for _, digest in one))
        await asyncio.sleep(POLL_S)


async def tell_all(coop: Coop) -> None:
    """Print how much a node has from whom."""
    offers = (await coop.client.get("/offers", {"limit": 1000}))["offers"]
    coop.told = {one["id"] for one in offers}
    whose = Counter(plain(one["coop_name"]) for one in offers if not one["mine"])
    told = ", ".join(f"{number} of {name}" for name, number in sorted(whose.items()))
    print(f"  at {plain(coop.name)}: {told}", flush=True)


async def tell_new(coop: Coop) -> None:
    """Print what has arrived at a node since the last time."""
    for offer in (await coop.client.get("/offers", {"limit": 100}))["offers"]:
        if offer["id"] not in coop.told:
            coop.told.add(offer["id"])
            if not offer["mine"]:
                what = f"{offer['kind']} of {plain(offer['coop_name'])}: {offer['title']}"
                print(f"  at {plain(coop.name)}: {what}", flush=True)


def plain(name: str) -> str:
    """A co-op's name without the word that says of each that it is made up."""
    return name.removesuffix(" (fictional)")


STORY = Path(__file__).with_name("demo.json")
PICTURES = Path(__file__).parent / "demo_pictures"
POLL_S = 0.2
DAY_S = 86_400
