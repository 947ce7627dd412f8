"""Two sessions over real replicas, joined by a wire of two queues."""

import pytest

from node import acts
from protocol import messages as m
from protocol.chunk import pack
from protocol.errors import Refusal
from protocol.limits import PIECE_BYTES_MAX, PROTOCOL_VERSION, REQUESTS_IN_FLIGHT_MAX
from protocol.session import PULLS_AT_ONCE, Session
from protocol.sessionevents import (
    Behind,
    BodyCame,
    CaughtUp,
    Chunk,
    Closed,
    Greeted,
    JoinAnswered,
    JoinAsked,
    KeyLogs,
)
from tests.coops import NETWORK, NOW_MS, Coop, Talk, join, trio

EMPTY_ROOT = bytes(32)


def session_of(coop: Coop, peer: Coop) -> Session:
    session = Session(NETWORK, peer.id, bytes(32))
    session.receive(m.write(m.Hello(PROTOCOL_VERSION, 0, ())), coop.replica)
    session.outgoing.clear()
    return session


def said(session: Session) -> list[m.AnyMessage]:
    found = [m.read(frame) for frame in session.outgoing]
    session.outgoing.clear()
    return found


def refused(session: Session, coop: Coop, message: m.Message) -> str:
    with pytest.raises(Refusal) as refusal:
        session.receive(m.write(message), coop.replica)
    return refusal.value.code


def test_equal_replicas_need_one_message_each_way() -> None:
    circle, fishers, growers, _ = trio()
    talk = Talk(fishers, growers).hello()
    assert [type(message) for message in talk.sent] == [m.Hello, m.Hello]
    assert talk.told(fishers, CaughtUp) == talk.told(growers, CaughtUp) == [CaughtUp(circle)]
    assert talk.told(fishers, Greeted) == [Greeted(NOW_MS)]


def test_who_lacks_something_gets_it_and_both_know_that_they_are_equal() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "cod", "hake")
    talk = Talk(fishers, growers).hello()
    assert growers.titles(circle) == ["cod", "hake"]
    assert fishers.root(circle) == growers.root(circle)
    assert talk.told(growers, CaughtUp)[-1] == CaughtUp(circle)
    assert talk.told(fishers, CaughtUp)[-1] == CaughtUp(circle)
    assert talk.refused == []


def test_both_lack_something_and_get_it_over_the_same_link() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "cod")
    growers.offer(circle, "coffee")
    Talk(fishers, growers).hello()
    assert fishers.titles(circle) == growers.titles(circle) == ["cod", "coffee"]
    assert fishers.root(circle) == growers.root(circle)


def test_a_newcomer_gets_key_logs_before_the_records_that_need_them() -> None:
    circle, fishers, growers, others = trio()
    growers.offer(circle, "coffee")
    Talk(fishers, growers).hello()
    join(circle, fishers, others)
    talk = Talk(fishers, others).hello()
    assert others.titles(circle) == ["coffee"]
    assert talk.refused == []


def test_what_was_taken_in_is_not_sent_again_over_the_next_link() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, *(f"fish {number}" for number in range(500)))
    first = Talk(fishers, growers).hello().bytes_sent
    fishers.offer(circle, "one more")
    second = Talk(fishers, growers).hello().bytes_sent
    assert second < first / 5
    assert len(growers.titles(circle)) == 501


def test_a_live_change_comes_as_a_chunk_without_a_request() -> None:
    circle, fishers, growers, _ = trio()
    talk = Talk(fishers, growers).hello()
    packed = pack(fishers.offer(circle, "cod").paths)
    talk.push(fishers, circle, packed)
    assert talk.told(growers, Chunk) == [Chunk(circle, packed, None)]
    assert growers.titles(circle) == ["cod"]


def test_a_gap_behind_a_live_change_is_filled_by_a_round() -> None:
    circle, fishers, growers, _ = trio()
    talk = Talk(fishers, growers).hello()
    fishers.offer(circle, "missed")
    talk.push(fishers, circle, pack(fishers.offer(circle, "told").paths))
    assert growers.titles(circle) == ["missed", "told"]
    assert fishers.root(circle) == growers.root(circle)


def test_a_live_change_of_any_size_is_cut_into_frames_and_put_together_again() -> None:
    circle, fishers, growers, _ = trio()
    session, packed = session_of(growers, fishers), bytes(PIECE_BYTES_MAX + 1)
    blind = session.blind(circle)
    first, rest = m.Push(blind, last=False, piece=packed[:-1]), m.Push(blind, True, packed[-1:])
    assert session.receive(m.write(first), growers.replica) == []
    assert session.receive(m.write(rest), growers.replica) == [Chunk(circle, packed, None)]


def test_nothing_of_a_circle_is_told_to_one_who_is_no_member() -> None:
    """It knows the circle's id, its members and their logs, and asks for everything."""
    circle, fishers, growers, others = trio()
    fishers.offer(circle, "cod")
    session = Session(NETWORK, others.id, bytes(32))
    session.hello(fishers.replica, NOW_MS)
    session.receive(m.write(m.Hello(PROTOCOL_VERSION, 0, ())), fishers.replica)
    assert said(session) == [m.Hello(PROTOCOL_VERSION, NOW_MS, ())]
    blind = session.blind(circle)
    leaves = growers.database.connection.execute("SELECT key FROM trie_leaf").fetchall()
    asked: list[tuple[m.Message, m.Message]] = [
        (m.Roots(((blind, EMPTY_ROOT),), answer=True), m.Roots((), answer=False)),
        (m.AskTrie(blind, ("",)), m.Trie(blind, (m.TrieNode("", ()),))),
        (m.AskKeys(blind, (leaves[0][0],)), m.Keys(blind, (), (), last=True)),
        (m.AskLogs(1, blind, (m.LogAsk(leaves[0][0], ()),), 1000), m.Done(1)),
        (m.AskBlob(blind, bytes(32), 0, 1), m.BlobList(bytes(32), 0, ())),
    ]
    for question, answer in asked:
        session.receive(m.write(question), fishers.replica)
        assert not session.fill(fishers.replica)
        assert said(session) == [answer]
    bodies = m.AskBodies(blind, (bytes(32),))
    assert session.receive(m.write(bodies), fishers.replica) == []
    assert said(session) == []
    assert session.receive(m.write(m.Push(blind, last=True, piece=b"x")), fishers.replica) == []
    late = m.BodyOf(blind, bytes(32), b"body")
    assert session.receive(m.write(late), fishers.replica) == []


def test_two_links_name_the_same_circle_differently() -> None:
    circle, fishers, growers, _ = trio()
    links = [Session(NETWORK, growers.id, bytes([number]) * 32) for number in range(2)]
    assert links[0].blind(circle) != links[1].blind(circle)
    for link in links:
        link.hello(fishers.replica, NOW_MS)
        assert circle not in link.outgoing[0]


def test_many_circles_are_all_caught_up_a_few_at_a_time() -> None:
    fishers, growers = Coop("fishers"), Coop("growers")
    circles = [fishers.found(f"circle {number}") for number in range(20)]
    for circle in circles:
        join(circle, fishers, growers)
        fishers.offer(circle, "cod")
    talk = Talk(fishers, growers)
    in_flight: set[int] = set()
    most = 0

    def watch(message: m.AnyMessage) -> bool:
        nonlocal most
        if isinstance(message, m.AskLogs):
            in_flight.add(message.request)
        elif isinstance(message, m.Done):
            in_flight.discard(message.request)
        most = max(most, len(in_flight))
        return True

    talk.passes = watch
    talk.hello()
    assert [growers.titles(circle) for circle in circles] == [["cod"]] * 20
    assert 0 < most <= min(REQUESTS_IN_FLIGHT_MAX, 2 * PULLS_AT_ONCE)


def test_roots_that_still_differ_after_a_round_are_told_as_being_behind() -> None:
    """A record from the future is served, and may only wait."""
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "too early", now_ms=NOW_MS + 3_600_000)
    talk = Talk(fishers, growers).hello()
    assert talk.told(growers, Behind) == [Behind(circle)]
    assert {refusal.code for refusal in talk.refused} == {"from-the-future"}
    assert growers.titles(circle) == []
    later = Talk(fishers, growers, now_ms=NOW_MS + 3_600_000).hello()
    assert later.told(growers, CaughtUp)[-1] == CaughtUp(circle)
    assert growers.titles(circle) == ["too early"]


def test_a_change_during_a_round_is_not_lost() -> None:
    circle, fishers, growers, _ = trio()
    fishers.offer(circle, "before")
    talk = Talk(fishers, growers)

    def publish_meanwhile(message: m.AnyMessage) -> bool:
        if isinstance(message, m.AskLogs) and len(fishers.titles(circle)) == 1:
            growers.offer(circle, "meanwhile there")
            fishers.offer(circle, "meanwhile here", instance=1)
            talk.of(fishers).announce(fishers.replica, answer=True)
        return True

    talk.passes = publish_meanwhile
    talk.hello()
    assert fishers.root(circle) == growers.root(circle)
    assert len(fishers.titles(circle)) == len(growers.titles(circle)) == 3


def test_an_absent_body_is_asked_for_and_comes() -> None:
    circle, fishers, growers, _ = trio()
    record = fishers.offer(circle, "cod").ids[0]
    talk = Talk(fishers, growers).hello()
    talk.of(growers).ask_bodies(circle, [record, bytes(32)])
    talk.run()
    (came,) = talk.told(growers, BodyCame)
    assert isinstance(came, BodyCame)
    assert (came.circle, came.record) == (circle, record)


def test_a_wish_to_join_and_its_answer_are_carried() -> None:
    circle, fishers, growers, _ = trio()
    talk = Talk(fishers, growers).hello()
    talk.of(growers).join(circle)
    talk.of(fishers).joined(circle, pending=True)
    talk.run()
    assert talk.told(fishers, JoinAsked) == [JoinAsked(circle)]
    assert talk.told(growers, JoinAnswered) == [JoinAnswered(circle, True)]


def test_after_a_goodbye_nothing_is_said_any_more() -> None:
    circle, fishers, growers, _ = trio()
    talk = Talk(fishers, growers).hello()
    session = talk.of(fishers)
    session.close("peer-stalled", "x" * 1000)
    session.announce(fishers.replica, answer=True)
    session.push(circle, b"late")
    session.close("malformed")
    talk.run()
    assert talk.told(growers, Closed) == [Closed("peer-stalled", "x" * 400)]
    assert talk.of(growers).closed


@pytest.mark.parametrize("version", [PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1])
def test_another_version_is_refused(version: int) -> None:
    _, fishers, growers, _ = trio()
    session = Session(NETWORK, growers.id, bytes(32))
    assert refused(session, fishers, m.Hello(version, 0, ())) == "other-network"


def test_nothing_comes_before_hello_and_hello_comes_once() -> None:
    _, fishers, growers, _ = trio()
    session = Session(NETWORK, growers.id, bytes(32))
    assert refused(session, fishers, m.Roots((), answer=False)) == "malformed"
    session = session_of(fishers, growers)
    assert refused(session, fishers, m.Hello(PROTOCOL_VERSION, 0, ())) == "other-network"
    assert refused(session, fishers, m.AskIntroduction()) == "malformed"


def test_answers_to_nothing_are_flooding() -> None:
    circle, fishers, growers, _ = trio()
    session = session_of(fishers, growers)
    blind = session.blind(circle)
    for message in (
        m.Data(1, last=True, piece=b"x"),
        m.Done(1),
        m.Trie(blind, ()),
        m.Keys(blind, (), (), last=True),
    ):
        assert refused(session, fishers, message) == "peer-flooding"
    session.receive(m.write(m.Credit(1, 1)), fishers.replica)


def test_a_removed_coop_is_told_nothing_later() -> None:
    circle, fishers, growers, _ = trio()
    _, removal = acts.remove(fishers.database, fishers.signing(), circle, growers.id)
    fishers.offer(circle, "among ourselves")
    talk = Talk(fishers, growers).hello()
    assert growers.titles(circle) == []
    assert not talk.told(growers, KeyLogs)
    assert removal.outcome.members_changed
