"""Notes between co-ops: opened by the two, carried by everyone, with the same digest everywhere."""

from collections.abc import Callable

import pytest

from node import acts, notes
from node.notes import Answering, Asking
from node.store import digests, fold
from node.store import notes as rows
from node.store.notes import Kept
from node.views import notes as views
from protocol import note
from protocol.errors import Refusal
from protocol.note import Note
from protocol.record import day_of, write_body
from tests.coops import NOW_MS, Coop, Talk, join, trio


def meet(*coops: Coop) -> None:
    """Everyone talks to everyone, twice, and folds what came."""
    for _ in range(2):
        for index, one in enumerate(coops):
            for other in coops[index + 1 :]:
                Talk(one, other).hello()
    for coop in coops:
        settle(coop)


def settle(coop: Coop) -> None:
    """Fold all that came in bulk."""
    with coop.database.transaction():
        while fold.fold(coop.database, fold.BATCH_RECORDS):
            pass


def market() -> tuple[bytes, Coop, Coop, Coop, bytes]:
    """Three co-ops in a circle, and an offer of the growers."""
    circle, fishers, growers, millers = trio()
    join(circle, fishers, millers)
    (offer,) = growers.offer(circle, "Coffee").ids
    meet(fishers, growers, millers)
    return circle, fishers, growers, millers, offer


def opened(coop: Coop) -> list[Kept]:
    """What a co-op can read, the newest first."""
    settle(coop)
    while notes.open_some(coop.database, coop.id, [coop.keyring.noise_private]):
        pass
    return rows.all_kept(coop.database.connection, 100)


def texts(coop: Coop) -> list[str]:
    return [text for one in opened(coop) for text in (notes.said_in(one) or {}).values()]


def ask(coop: Coop, offer: bytes, text: str) -> bytes:
    wish = Asking(offer, {"en": text})
    return notes.send(coop.database, coop.signing(), wish).ids[0]


def answer(coop: Coop, thread: bytes, text: str, now_ms: int = NOW_MS + 1) -> bytes:
    wish = Answering(thread, {"en": text})
    return notes.send(coop.database, coop.signing(0, now_ms), wish).ids[0]


def test_a_question_and_its_answer_are_read_by_the_two_and_by_nobody_else() -> None:
    _, fishers, growers, millers, offer = market()
    first = ask(fishers, offer, "Is it washed?")
    meet(fishers, growers, millers)
    assert [texts(one) for one in (fishers, growers, millers)] == [
        ["Is it washed?"], ["Is it washed?"], [],
    ]  # fmt: skip
    answer(growers, first, "Fully washed.")
    meet(fishers, growers, millers)
    assert texts(fishers) == texts(growers) == ["Fully washed.", "Is it washed?"]
    assert texts(millers) == []


def test_who_cannot_read_carries_it_with_the_same_digest() -> None:
    circle, fishers, growers, millers, offer = market()
    ask(fishers, offer, "Is it washed?")
    Talk(fishers, millers).hello()
    Talk(millers, growers).hello()  # the growers get it from those who cannot read it
    assert texts(growers) == ["Is it washed?"]
    assert texts(millers) == []
    opened(fishers)
    found = {
        digests.over_all(one.database.connection, NOW_MS) for one in (fishers, growers, millers)
    }
    assert len(found) == 1
    with millers.database.transaction():
        fold.rebuild_circle(millers.database, circle)
    assert digests.over_all(millers.database.connection, NOW_MS) in found


def test_a_rebuild_keeps_what_was_opened_and_read() -> None:
    circle, fishers, growers, millers, offer = market()
    ask(fishers, offer, "Is it washed?")
    meet(fishers, growers, millers)
    (before,) = opened(growers)
    rows.mark_read(growers.database, [before.id])
    with growers.database.transaction():
        fold.rebuild_circle(growers.database, circle)
    assert opened(growers) == [before._replace(is_read=True)]


def test_no_byte_of_what_it_says_is_in_the_record() -> None:
    _, fishers, growers, _, offer = market()
    ask(fishers, offer, "Is it washed?")
    Talk(fishers, growers).hello()
    (body,) = growers.database.connection.execute(
        "SELECT body FROM record WHERE body NOT NULL ORDER BY n DESC LIMIT 1"
    ).fetchone()
    assert growers.id in body
    assert b"washed" not in body


def test_a_stranger_cannot_write_himself_into_a_thread() -> None:
    circle, fishers, growers, millers, offer = market()
    first = ask(fishers, offer, "Is it washed?")
    meet(fishers, growers, millers)
    opened(growers)
    fields = Note(about=offer, thread=first, to=(growers.id,))
    millers.say(circle, note.NOTE, write_body(millers.draw(16), fields))
    meet(fishers, growers, millers)
    opened(growers)
    shown = views.threads(growers.database.connection, growers.id, ["en"]).threads
    assert sorted(one.count for one in shown) == [1, 1]
    assert len(views.in_thread(growers.database.connection, first)) == 1
    assert sorted(one.last.text or "" for one in shown) == ["", "Is it washed?"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (lambda offer: Asking(bytes(32), {"en": "x"}), "not-found"),
        (lambda offer: Asking(offer, {"en": " \n"}), "bad-field"),
        (lambda offer: Asking(offer, {}), "bad-field"),
        (lambda offer: Answering(offer, {"en": "x"}), "not-found"),
    ],
)
def test_what_cannot_be_sent_is_told(
    wish: Callable[[bytes], Asking | Answering], code: str
) -> None:
    _, fishers, _, _, offer = market()
    with pytest.raises(Refusal) as caught:
        notes.send(fishers.database, fishers.signing(), wish(offer))
    assert caught.value.code == code


def test_nobody_asks_himself() -> None:
    _, _, growers, _, offer = market()
    with pytest.raises(Refusal, match="your own"):
        ask(growers, offer, "x")


def test_who_left_the_circle_is_not_written_to() -> None:
    circle, fishers, growers, millers, offer = market()
    acts.remove(growers.database, growers.signing(), circle, growers.id)
    meet(fishers, growers, millers)
    with pytest.raises(Refusal, match="not-a-member"):
        ask(fishers, offer, "x")


def test_after_its_day_a_note_is_forgotten() -> None:
    _, fishers, growers, _, offer = market()
    ask(fishers, offer, "Is it washed?")
    Talk(fishers, growers).hello()
    (kept,) = opened(growers)
    assert kept.expires_day == day_of(NOW_MS) + notes.NOTE_DAYS
    rows.forget(growers.database, kept.expires_day)
    assert len(rows.all_kept(growers.database.connection, 9)) == 1
    rows.forget(growers.database, kept.expires_day + 1)
    assert rows.all_kept(growers.database.connection, 9) == []
