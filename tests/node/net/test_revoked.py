"""A machine that its co-op takes out: the news reach the peers, and their links to it end."""

from functools import partial
from pathlib import Path

from node import devices, home, keyring
from protocol.profile import Profile
from tests.coops import NETWORK
from tests.node.net.nodes import let_in, publish, running_node, titles, until, until_titles


async def test_a_peer_hears_of_it_at_once_and_talks_to_that_machine_no_more(
    tmp_path: Path,
) -> None:
    fields = Profile(name="growers", country="KE")
    made = home.make(tmp_path / "growers", NETWORK, fields, keyring.entropy)
    recovery = devices.recovery_of(" ".join(made.recovery))
    async with (
        running_node(tmp_path / "fishers") as fishers,
        running_node(tmp_path / "growers") as growers,
    ):
        circle = await fishers.found_circle("Sea and soil", public=False)
        await let_in(circle, [fishers], growers)
        await publish(growers, circle, "coffee")
        await until_titles(fishers, circle, "coffee")
        revoke = partial(
            devices.revoke,
            coop=growers.coop,
            recovery=recovery,
            device=growers.device,
            draw=keyring.entropy,
        )
        await growers.change_keys(revoke)

        async def is_apart() -> bool:
            return growers.coop not in fishers.peers.links

        await until(fishers, is_apart)
        known = await fishers.store.write(partial(devices.machines, coop=growers.coop))
        assert [one.is_live for one in known] == [False]
        assert await titles(fishers, circle) == ["coffee"]
