"""Key logs that a member makes up, over real sockets: what was not asked for, and far too many."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from node.store import strangers
from node.store.keylogs import encode_signed
from protocol import messages as m
from protocol.trie import key_leaf
from tests.coops import NETWORK, Coop
from tests.node.net.nodes import count
from tests.node.net.siege import Siege, siege
from tests.node.net.stranger import Stranger, stranger

MEMBERS = 3


async def asked_for(peer: Stranger, town: Siege, coops: Sequence[Coop]) -> None:
    """Pretend that the circle holds the key logs of co-ops, until the node asks for them."""
    await peer.greet((town.circle, bytes(32)))
    await peer.hear_until(m.AskTrie)
    leaves = tuple(m.Leaf(key_leaf(NETWORK, one.id), bytes(8), is_keys=True) for one in coops)
    children = leaves if len(leaves) == 1 else (*leaves, *[None] * (16 - len(leaves)))
    await peer.say(m.Trie(peer.blind(town.circle), (m.TrieNode("", children),)))
    asked = await peer.hear_until(m.AskKeys)
    assert isinstance(asked, m.AskKeys)
    assert asked.leaves == tuple(leaf.key for leaf in leaves)


async def until_compared(peer: Stranger) -> None:
    """Until the node has taken everything in, and asks for the roots anew."""
    while True:
        roots = await peer.hear_until(m.Roots)
        assert isinstance(roots, m.Roots)
        if roots.answer:
            return


def keys_of(peer: Stranger, town: Siege, coops: Sequence[Coop], *, last: bool) -> m.Keys:
    return m.Keys(peer.blind(town.circle), tuple(one.inception for one in coops), (), last)


@pytest.mark.parametrize("last", [True, False])
async def test_a_key_log_that_was_not_asked_for_is_flooding_and_not_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, last: bool
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await asked_for(peer, town, [Coop("asked for")])
        await peer.say(keys_of(peer, town, [Coop("asked for"), Coop("made up")], last=last))
        assert (await peer.farewell())[0] == "peer-flooding"
        assert await count(town.node, "key_event") == MEMBERS


async def test_key_logs_in_a_round_that_asks_for_none_are_flooding(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await peer.greet((town.circle, bytes(32)))
        await peer.hear_until(m.AskTrie)
        await peer.say(keys_of(peer, town, [Coop("made up")], last=True))
        assert (await peer.farewell())[0] == "peer-flooding"
        assert await count(town.node, "key_event") == MEMBERS


async def test_of_made_up_coops_so_many_are_kept_until_the_night_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = [Coop(f"made up {number}") for number in range(16)]
    size = len(encode_signed(made_up[0].inception))
    monkeypatch.setattr(strangers, "STRANGERS_BYTES_MAX", 5 * size)
    async with siege(tmp_path, caplog) as town, stranger(town.node, town.member) as peer:
        await asked_for(peer, town, made_up)
        await peer.say(keys_of(peer, town, made_up[:8], last=False))
        await peer.say(keys_of(peer, town, made_up[8:], last=True))
        await until_compared(peer)
        assert await count(town.node, "key_event") == MEMBERS + 5
        own = town.node.coop
        dropped = await town.node.store.write(lambda database: strangers.forget(database, own))
        assert dropped == 5
        assert await count(town.node, "key_event") == MEMBERS
