"""What whoever writes an offer chooses from."""

from functools import partial
from pathlib import Path

from node.views import read, writing
from protocol.keys import COOP, to_text
from protocol.profile import Profile
from tests.node.served import Served, make_home, served


async def known(one: Served) -> writing.Known:
    return await read(one.node.store, partial(writing.known, own=one.node.coop))


async def test_circles_of_ours_with_who_is_in_them(tmp_path: Path) -> None:
    async with served(make_home(tmp_path / "one")) as one:
        empty = await known(one)
        assert (empty.circles, empty.country) == ((), "KE")
        assert empty.coops == ((to_text(COOP, one.node.coop), "Kahawa Co-op"),)
        await one.node.set_profile(Profile(name="Kahawa", country="KE", languages=("sw", "en")))
        closed, public = await one.circle("Closed"), await one.circle("Open", public=True)
        found = await known(one)
    assert found.languages == ("sw", "en")
    assert found.circles == (
        writing.Reach(closed, "Closed", is_public=False, others=0),
        writing.Reach(public, "Open", is_public=True, others=0),
    )
