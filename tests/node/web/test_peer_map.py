"""Where the peers stand in the drawing: all within it, each apart from the others."""

import pytest

from node.views.peers import PeerView
from node.web.peer_map import SPOTS_MAX, peer_map


def peers(count: int, state: str = "waiting") -> list[PeerView]:
    return [PeerView(f"coop{n}", f"Co-op {n}", state, "", False, None, "") for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, SPOTS_MAX])
def test_all_stand_within_the_drawing_and_apart(count: int) -> None:
    drawn = peer_map(peers(count))
    assert (len(drawn.spots), drawn.more) == (count, 0)
    assert all(20 <= one.x <= drawn.width - 20 for one in drawn.spots)
    assert all(20 <= one.y <= drawn.height - 20 for one in drawn.spots)
    places = [*((one.x, one.y) for one in drawn.spots), (drawn.x, drawn.y)]
    gaps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a in places for b in places if a is not b]
    assert all(gap > 40 for gap in gaps)


def test_the_connected_are_drawn_before_the_others() -> None:
    drawn = peer_map([*peers(SPOTS_MAX + 3), *peers(2, "connected")])
    assert [one.peer.state for one in drawn.spots[:2]] == ["connected"] * 2
    assert (len(drawn.spots), drawn.more) == (SPOTS_MAX, 5)


def test_a_long_name_is_cut() -> None:
    (spot,) = peer_map([PeerView("coop1", "x" * 40, "waiting", "", False, None, "")]).spots
    assert spot.name.endswith("…")
    assert len(spot.name) < 20
