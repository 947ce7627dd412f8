"""Notes: sealed to all devices of those who may read, and to nobody else."""

import pytest

from protocol import note
from protocol.codec import encode
from protocol.keyevents import Device, Inception
from protocol.keylog import KeyLog, Signed, write_event
from protocol.keys import agreement_public, signing_pair
from protocol.limits import DEVICES_MAX, RECIPIENTS_MAX
from protocol.note import Note, NoteText
from protocol.sealed import Secrets, identity_of
from tests.protocol.coops import NETWORK, NO_BOARD, code_of, salt, signed, word

SECRETS = Secrets(word("content"), word("one-time"), word("nonce")[:24])
IDENTITY = identity_of(NETWORK, word("coop"), word("log"), note.NOTE, salt("body"))
SAID = NoteText(text={"en": "Is it washed?", "sw": "Imeoshwa?"})


def noise(name: str, number: int) -> bytes:
    return word(f"{name} noise {number}")


def key_log(name: str, devices: int) -> KeyLog:
    """A co-op with so many devices."""
    controller, secret = signing_pair(word(f"{name} controller"))
    listed = [
        Device(
            noise=agreement_public(noise(name, number)),
            sign=signing_pair(word(f"{name} device {number}"))[0],
        )
        for number in range(devices)
    ]
    fields = Inception(
        controller=controller,
        devices=tuple(sorted(listed, key=lambda one: one.sign)),
        next_controller=word(f"{name} next"),
        recovery=NO_BOARD,
        sealing=agreement_public(word(f"{name} sealing")),
        witnesses=(),
    )
    event = write_event("key.inception/1", None, 0, None, salt(name), fields)
    inception: Signed = signed(event, (controller, secret))
    return KeyLog(NETWORK, inception)


def test_every_device_of_both_opens_it_and_so_do_the_words() -> None:
    readers = [key_log("ann", 2), key_log("bob", 1)]
    data = note.seal_note(NETWORK, SAID, readers, IDENTITY, SECRETS)
    privates = [noise("ann", 0), noise("ann", 1), noise("bob", 0), word("bob sealing")]
    assert [note.unseal_note(NETWORK, data, one, IDENTITY) for one in privates] == [SAID] * 4
    other = noise("carol", 0)
    assert code_of(note.unseal_note, NETWORK, data, other, IDENTITY) == "sealed-to-others"


def test_as_many_devices_as_there_can_be_go_before_the_sealing_keys() -> None:
    readers = [key_log("ann", DEVICES_MAX), key_log("bob", DEVICES_MAX)]
    recipients = note.recipients_of(readers)
    assert len(recipients) == RECIPIENTS_MAX
    assert readers[0].current.sealing not in recipients
    assert len(note.recipients_of([key_log("ann", DEVICES_MAX), key_log("bob", 15)])) == 32


def test_what_opens_to_something_else_is_no_note() -> None:
    class Odd(NoteText, frozen=True, kw_only=True):
        more: int = 1

    odd = Odd(text={"en": "x"}, more=2)
    data = note.seal_note(NETWORK, odd, [key_log("ann", 1)], IDENTITY, SECRETS)
    assert code_of(note.unseal_note, NETWORK, data, noise("ann", 0), IDENTITY) == "bad-field"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ((word("a"),), None),
        (tuple(sorted([word("a"), word("b")])), None),
        (tuple(sorted([word("a"), word("b")], reverse=True)), "bad-field"),
        ((word("a"), word("a")), "bad-field"),
    ],
)
def test_co_ops_ascend(to: tuple[bytes, ...], code: str | None) -> None:
    assert code_of(Note(about=word("offer"), to=to).check) == code


def test_a_first_note_names_no_thread_on_the_wire() -> None:
    assert b"thread" not in encode(Note(about=word("offer"), to=(word("a"),)))
