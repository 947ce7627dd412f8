"""One link between a real node and a peer, honest unless a test says otherwise."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from node import ingest
from node.net import dials
from node.net import link as links
from node.store.database import Database
from protocol import messages as m
from protocol.messages import Close
from tests.coops import Coop
from tests.node.net.nodes import (
    GUARD_S,
    count,
    invite,
    is_member,
    publish,
    root,
    titles,
    until,
    until_linked,
    until_titles,
    village,
)
from tests.node.net.siege import siege
from tests.node.net.stranger import stranger


async def test_each_says_hello_with_its_roots_once_the_other_is_proven(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        hello = await peer.greet()
        shared = (peer.blind(town.circle), await root(town.node, town.circle))
        assert hello == m.Hello(1, town.clock.now_ms(), (shared,))


async def test_two_that_do_not_know_each_other_introduce_themselves_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        listed = Coop("listed")
        await town.node.peers.add(listed.id, "")
        async with stranger(town.node, listed) as peer:
            assert await peer.hear() == m.AskIntroduction()
            await peer.say(m.AskIntroduction())
            answer = await peer.hear()
            assert isinstance(answer, m.Introduction)
            assert [bool(answer.events), answer.last] == [True, True]
            await peer.say(m.Hello(1, 0, ()), m.Introduction((listed.inception,), last=True))
            assert isinstance(await peer.hear(), m.Hello)
        assert await count(town.node, "key_event") == 4


async def test_a_key_log_may_be_introduced_in_several_parts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        listed = Coop("listed")
        await town.node.peers.add(listed.id, "")
        async with stranger(town.node, listed) as peer:
            await peer.hear_until(m.AskIntroduction)
            await peer.say(
                m.Introduction((listed.inception,), last=False), m.Introduction((), last=True)
            )
            assert isinstance(await peer.hear(), m.Hello)


async def test_a_goodbye_before_any_introduction_is_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town:
        await town.node.peers.add(Coop("listed").id, "")
        async with stranger(town.node, Coop("listed")) as peer:
            await peer.hear_until(m.AskIntroduction)
            await peer.say(m.Hello(1, 0, ()), Close("peer-blocked", "go away"))
            assert await peer.farewell() == ("", "")


@pytest.mark.parametrize("code", ["peer-blocked", "some-code-of-a-newer-version"])
async def test_why_a_peer_closed_is_kept_for_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet()
        link = town.node.peers.links[town.member.id]
        await peer.say(Close(code, "go away"))
        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
        assert link.error is not None
        assert link.error.code in {code, "peer-unreachable"}
        assert link.error.detail == "go away"


async def test_another_version_of_the_protocol_is_not_spoken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.say(m.Hello(2, 0, ()))
        assert (await peer.farewell())[0] == "other-network"


async def test_what_is_published_between_two_hellos_is_not_missed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        first = await peer.hear_until(m.Hello)
        await publish(town.node, town.circle, "in between")
        await peer.say(m.Hello(1, 0, ()))
        # As a change, or as the roots when it was too early for that.
        told = await peer.hear()
        if isinstance(told, m.Roots):
            now = (peer.blind(town.circle), await root(town.node, town.circle))
            assert told == m.Roots((now,), answer=False)
        else:
            assert isinstance(told, m.Push)
        assert isinstance(first, m.Hello)


async def test_a_live_change_is_pushed_to_members_and_not_back_to_its_source(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        listed = Coop("listed")
        await town.node.peers.add(listed.id, "")
        async with stranger(town.node, listed) as outsider:
            await outsider.greet()
            await peer.greet()
            await peer.push(town.circle, *town.member.offer(town.circle, "mine").paths)
            await until_titles(town.node, town.circle, "mine")
            await publish(town.node, town.circle, "the node's")
            first = await peer.hear_until(m.Push)
            assert isinstance(first, m.Push)
            assert b"mine" not in first.piece
            await town.node.peers.set_blocked(listed.id, blocked=True)
            assert await outsider.hear() == m.Close("peer-blocked", "")


async def test_who_is_removed_hears_of_it_and_of_nothing_later(tmp_path: Path) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        await until(two, lambda: is_member(two, circle, one.coop))
        await one.remove(circle, two.coop)

        async def knows() -> bool:
            return not await is_member(two, circle, two.coop)

        await until(two, knows)
        await publish(one, circle, "among ourselves")
        other = await one.found_circle("another", public=False)
        await two.join(await invite(one, other))
        assert await titles(two, circle) == []


async def test_without_room_for_pushes_changes_come_by_comparing_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        monkeypatch.setattr(links, "PUSHES_MAX", 0)
        for number in range(5):
            await publish(one, circle, f"fish {number}")
        await until_titles(two, circle, *(f"fish {number}" for number in range(5)))
        await publish(two, circle, "and back")
        await until_titles(one, circle, "and back")


async def test_a_fault_of_our_own_ends_the_link_is_logged_once_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dials, "WAIT_S_MIN", 0.01)
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        real, broken = ingest.ingest, two.peers.links[one.coop]

        def fails_once(*values: object, **named: object) -> object:
            monkeypatch.setattr(ingest, "ingest", real)
            raise sqlite3.OperationalError("disk I/O error")

        with capture_logs() as told:
            monkeypatch.setattr(ingest, "ingest", fails_once)
            await publish(one, circle, "hits the fault")
            async with asyncio.timeout(GUARD_S):
                await broken.over.wait()
            await until_titles(two, circle, "hits the fault")
        assert [one["event"] for one in told if one["log_level"] == "error"] == ["a link failed"]
        await until_linked(two, one)
        assert two.peers.links[one.coop] is not broken


async def test_a_full_disk_ends_the_link_and_with_room_everything_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dials, "WAIT_S_MIN", 0.01)
    async with village(tmp_path, "one", "two") as (circle, (one, two)):
        await until_linked(two, one)
        link = two.peers.links[one.coop]
        await two.store.write(fill_disk)
        many = [f"fish {number} {'x' * 200}" for number in range(300)]
        for title in many:
            await publish(one, circle, title)
            if link.has_ended:
                break
        async with asyncio.timeout(GUARD_S):
            await link.over.wait()
        assert link.error is not None
        assert link.error.code == "disk-full"
        before = await titles(two, circle)
        await two.store.write(make_room)

        async def caught_up() -> bool:
            return await titles(two, circle) == await titles(one, circle)

        await until(two, caught_up)
        assert set(before) <= set(await titles(two, circle))


def fill_disk(database: Database) -> None:
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages + 2}")


def make_room(database: Database) -> None:
    database.connection.execute("PRAGMA max_page_count = 1000000")
