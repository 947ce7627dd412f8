"""Links of a node to the nodes of other co-ops and of its own, each on a device of its own."""

import asyncio
from pathlib import Path

import msgspec

from node import ingest, keyring
from node.home import DATABASE_NAME
from node.net.link import Link
from protocol.keyevents import Device, DeviceAdd
from protocol.keylog import Signed, event_hash, write_event
from protocol.keys import agreement_public, controller_seed, sign, signing_pair
from tests.coops import NETWORK, Coop, join
from tests.node.net.nodes import (
    GUARD_S,
    publish,
    running_node,
    until,
    until_equal,
    until_linked,
    until_titles,
)


def device_of(coop: Coop, second: Coop) -> Signed:
    """The co-op's word that the second one's keys are a device of its own."""
    noise = agreement_public(second.keyring.noise_private)
    fields = DeviceAdd(Device(noise=noise, sign=second.device))
    event = write_event("device.add/1", coop.id, 0, coop.id, bytes(16), fields)
    public, secret = signing_pair(controller_seed(NETWORK, coop.recovery, 0))
    return Signed(event, ((public, sign(secret, event_hash(NETWORK, event))),))


def two_nodes_of_one_coop(first: Path, second: Path, third: Path) -> bytes:
    """Data folders of a co-op's two nodes and of another co-op's, all in the same circle."""
    for path in (first, second, third):
        path.mkdir(mode=0o700)
    coop = Coop("fishers", first / DATABASE_NAME)
    machine, other = Coop("machine"), Coop("growers", third / DATABASE_NAME)
    circle = coop.found()
    ingest.ingest_keys(coop.database, [device_of(coop, machine)])
    join(circle, coop, other)
    coop.offer(circle, "cod")
    coop.database.connection.execute("VACUUM INTO ?", (str(second / DATABASE_NAME),))
    for one, path in ((coop, first), (other, third)):
        one.settle(path)
    keyring.save(second, msgspec.structs.replace(machine.keyring, coop=coop.id))
    return circle


async def test_two_nodes_of_one_coop_keep_each_other_up_to_date(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    circle = two_nodes_of_one_coop(first, second, third)
    async with running_node(first) as one, running_node(second) as two:
        assert one.coop == two.coop
        await two.peers.add(one.coop, one.address)
        await until_linked(one, two)
        await until_linked(two, one)
        await publish(one, circle, "from the first")
        await publish(two, circle, "from the second")
        await until_titles(two, circle, "cod", "from the first")
        await until_titles(one, circle, "cod", "from the second")
        await until_equal(circle, [one, two])
        for node in (one, two):
            states = {state.coop: state.state for state in await node.peers.states()}
            assert states[one.coop] == "connected"


async def test_another_coop_is_linked_with_both_of_them_and_told_once_by_each(
    tmp_path: Path,
) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    circle = two_nodes_of_one_coop(first, second, third)
    async with (
        running_node(first) as one,
        running_node(second) as two,
        running_node(third) as three,
    ):
        for node in (one, two):
            await node.peers.add(three.coop, three.address)

        async def both() -> bool:
            return len([link for link in three.peers.links.of(one.coop) if link.greeted]) == 2

        await until(three, both)
        assert len({link.node for link in three.peers.links}) == 2
        await publish(one, circle, "through the third")
        await until_titles(two, circle, "through the third")
        await until_equal(circle, [one, two, three])
        ended = three.peers.links.of(one.coop)
        await three.peers.set_blocked(one.coop, blocked=True)
        async with asyncio.timeout(GUARD_S):
            await asyncio.gather(*(link.over.wait() for link in ended))


async def test_a_second_link_to_the_same_node_takes_no_place_of_its_own(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    two_nodes_of_one_coop(first, second, third)
    async with running_node(first) as one, running_node(second) as two:
        await two.peers.add(one.coop, one.address)
        await until_linked(one, two)
        again = Link(two.peers, await two.peers.dials.connect(one.address, one.coop))
        two.peers.start(two.peers.run(again))
        async with asyncio.timeout(GUARD_S):
            while not again.verified and not again.over.is_set():
                await asyncio.sleep(0)
        await until_linked(two, one)
        assert len(two.peers.links) == len(two.peers.links.of(one.coop)) == 1
        assert two.peers.links[one.coop].node == (one.coop, one.peers.own.device)
