"""Histories of logs in files, each with its one verdict by the reader and by `log verify`."""

import random
from collections.abc import Callable
from typing import Final

import pytest

from tests.interop.command_line import Verifier
from tests.interop.reader import summary
from tests.interop.reader_codec import Value
from tests.interop.vectors import verdict
from tests.interop.worlds import OFFER_FIELDS, Whole, file_of, outcome, outcome_there
from tests.interop.writer import (
    LIST,
    START_MS,
    Coop,
    Log,
    Made,
    body_of,
    chunk_of,
    log_cut,
    path_of,
)

Runs = list[list[Made]]
AT: Final = START_MS + 20
SIXTEEN: Final = 16


class Story:
    """A sound file of two co-ops that goes on; the second one has just offered something."""

    def __init__(self) -> None:
        self.whole = Whole()
        self.log, self.other = self.whole.log, self.whole.other
        self.founding, self.accepted = self.log.made[1], self.other.made[1]
        self.before = self.offer(self.other)
        self.runs: Runs = [*self.whole.runs, [self.before]]

    def offer(self, log: Log, later: int = 0, after: Made | None = None) -> Made:
        return log.add("offer/1", OFFER_FIELDS, AT + later, after=after)

    def remove(self, *kept: Made, refs: Made | None = None) -> Made:
        heads = {made.id: made.signature for made in kept}
        fields: Value = {
            "admits": [self.founding.id],
            "coop": self.whole.second.id,
            "cut": [log_cut(self.other.id, heads)] if kept else [],
            "nonce": random.Random(len(self.log.made)).randbytes(16),
        }
        return self.log.add("circle.remove/1", fields, AT + 50, refs=[(refs or self.accepted).id])

    def another(self, coop: Coop, ground: bytes | None, instance: int = 9) -> Log:
        """A further log of a co-op, opened on any ground."""
        log = Log(coop, self.log.circle, coop.device, instance)
        log.open(AT, ground)
        return log

    def bush(self, log: Log, behind: Made, count: int) -> Runs:
        """So many branches behind one record."""
        return [[self.offer(log, place, after=behind)] for place in range(count)]


Told = tuple[str | None, Runs]


def removed_as_far_as_seen(story: Story) -> Told:
    return None, [*story.runs, [story.remove(story.before)]]


def removed_before_its_last(story: Story) -> Told:
    return None, [*story.runs, [story.remove(story.accepted)]]


def removed_twice(story: Story) -> Told:
    again = story.offer(story.other, 1)
    return None, [*story.runs, [again], [story.remove(story.before)], [story.remove(again)]]


def removed_and_written_on(story: Story) -> Told:
    gone = story.remove(story.before)
    return None, [*story.runs, [gone], [story.offer(story.other, 60)]]


def strangers_log(story: Story) -> Told:
    log = story.another(story.whole.second, story.before.id)
    return "not-a-member", [*story.runs, log.made]


def log_of_nobody(story: Story) -> Told:
    return "not-a-member", [*story.runs, story.another(story.whole.first, None).made]


def path_over_a_circle_record(story: Story) -> Told:
    opened, accepted = story.runs[1]
    return "malformed", [story.runs[0], [opened, accepted, story.before], *story.runs[2:4]]


def fifteen_tips(story: Story) -> Told:
    return None, [*story.runs, *story.bush(story.log, story.founding, 14)]


def sixteen_tips(story: Story) -> Told:
    return None, [*story.runs, *story.bush(story.log, story.founding, 15)]


def overgrown_and_written_on(story: Story) -> Told:
    bush = story.bush(story.log, story.founding, 15)
    return None, [*story.runs, *bush, [story.offer(story.log, 60, after=bush[3][0])]]


def seventeen_tips(story: Story) -> Told:
    return "overgrown", [*story.runs, *story.bush(story.log, story.founding, SIXTEEN)]


def overgrown_cut_and_held(story: Story) -> Told:
    """Behind a cut the branches are few again, so that further ones are held."""
    bush = story.bush(story.other, story.accepted, 15)
    gone = story.remove(story.before)
    return None, [*story.runs, *bush, [gone], *story.bush(story.other, story.before, 3)]


def opening_about_something(story: Story) -> Told:
    log = Log(story.whole.second, story.log.circle, story.whole.second.device, 9)
    fields: Value = {"circle": log.circle, "device": log.device.public, "instance": 9}
    body = body_of(bytes(16), story.before.id, [story.founding.id], fields)
    return "malformed", [*story.runs, [log.add("log.open/1", None, AT, body=body)]]


def opening_of_two_grounds(story: Story) -> Told:
    log = Log(story.whole.second, story.log.circle, story.whole.second.device, 9)
    fields: Value = {"circle": log.circle, "device": log.device.public, "instance": 9}
    grounds = [story.founding.id, story.accepted.id]
    return "malformed", [*story.runs, [log.add("log.open/1", fields, AT, refs=grounds)]]


def opened_again_without_ground(story: Story) -> Told:
    opened = story.log.open(AT, None)
    return None, [*story.runs, [opened, story.offer(story.log, 1)]]


def act_about_something(story: Story) -> Told:
    """A circle record with a subject is malformed: stored, and without effect."""
    fields: Value = {"admit": story.founding.id}
    body = body_of(bytes(16), story.before.id, [story.founding.id], fields)
    return None, [*story.runs, [story.other.add("circle.accept/1", fields, AT + 1, body=body)]]


def act_on_what_is_malformed(story: Story) -> Told:
    """A removal that refers to a malformed circle record waits for ever."""
    _, runs = act_about_something(story)
    return None, [*runs, [story.remove(refs=runs[-1][0])]]


def act_on_a_foreign_founding(story: Story) -> Told:
    founded = story.log.add("circle.found/1", {**story.whole.rules, "name": "Another"}, AT)
    return None, [*story.runs, [founded], [story.remove(refs=founded)]]


def act_on_what_is_invalid(story: Story) -> Told:
    """A removal that refers to an invalid circle record too is judged all the same."""
    accept: Value = {"admit": story.accepted.id}
    invalid = story.other.add("circle.accept/1", accept, AT + 1, refs=[story.accepted.id])
    return None, [*story.runs, [invalid], [story.remove(refs=invalid)]]


HISTORIES: Final[list[Callable[[Story], Told]]] = [
    removed_as_far_as_seen,
    removed_before_its_last,
    removed_twice,
    removed_and_written_on,
    strangers_log,
    log_of_nobody,
    path_over_a_circle_record,
    fifteen_tips,
    sixteen_tips,
    overgrown_and_written_on,
    seventeen_tips,
    overgrown_cut_and_held,
    opening_about_something,
    opening_of_two_grounds,
    opened_again_without_ground,
    act_about_something,
    act_on_what_is_malformed,
    act_on_a_foreign_founding,
    act_on_what_is_invalid,
]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda one: str(one.__name__))
def test_history_has_one_verdict(history: Callable[[Story], Told], log_verify: Verifier) -> None:
    story = Story()
    code, runs = history(story)
    whole = Whole()
    paths: list[LIST] = [path_of(*run) for run in runs]
    if code is None:
        data = file_of(whole.log.circle, [whole.first, whole.second], paths, [])
    else:
        count = sum(len(run) for run in runs)
        data = whole.file(whole.keys, ["chunk", chunk_of([*paths])], records=count)
    found = outcome(data)
    assert verdict(lambda: summary(data, START_MS)) == code
    assert found[0] is (code is None)
    assert found[2] == (None if code else sum(len(run) for run in runs))
    assert outcome_there(log_verify, data) == found
