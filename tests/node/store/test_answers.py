import sqlite3

import pytest

from node.store import answers
from node.store.answers import ANSWER_KEPT_MS, Answer
from node.store.database import Database
from protocol.errors import Refusal

NOW_MS = 1_750_000_000_000


def test_a_repeated_request_gets_its_answer_for_a_day(
    database: Database, reader: sqlite3.Connection
) -> None:
    answer = Answer(201, b'{"offer": "x"}')
    assert answers.find_answer(reader, "k", b"request", NOW_MS) is None
    answers.put_answer(database, "k", b"request", answer, NOW_MS)
    last_ms = NOW_MS + ANSWER_KEPT_MS - 1
    assert answers.find_answer(reader, "k", b"request", last_ms) == answer
    assert answers.find_answer(reader, "k", b"request", last_ms + 1) is None
    assert answers.find_answer(reader, "other", b"request", NOW_MS) is None


def test_a_key_is_not_used_for_another_request(
    database: Database, reader: sqlite3.Connection
) -> None:
    answers.put_answer(database, "k", b"request", Answer(200, b""), NOW_MS)
    with pytest.raises(Refusal) as refused:
        answers.find_answer(reader, "k", b"another", NOW_MS)
    assert refused.value.code == "key-reused"
    assert answers.find_answer(reader, "k", b"another", NOW_MS + ANSWER_KEPT_MS) is None


def test_the_first_answer_stays_until_it_is_too_old(
    database: Database, reader: sqlite3.Connection
) -> None:
    first, second = Answer(200, b"first"), Answer(500, b"second")
    answers.put_answer(database, "k", b"one", first, NOW_MS)
    answers.put_answer(database, "k", b"two", second, NOW_MS + ANSWER_KEPT_MS - 1)
    assert answers.find_answer(reader, "k", b"one", NOW_MS) == first
    answers.put_answer(database, "k", b"two", second, NOW_MS + ANSWER_KEPT_MS)
    assert answers.find_answer(reader, "k", b"two", NOW_MS + ANSWER_KEPT_MS) == second


def test_answers_are_purged_after_a_day(database: Database) -> None:
    answers.put_answer(database, "old", b"one", Answer(200, b""), NOW_MS)
    answers.put_answer(database, "new", b"two", Answer(200, b""), NOW_MS + 1)
    assert answers.purge_answers(database, NOW_MS + ANSWER_KEPT_MS - 1) == 0
    assert answers.purge_answers(database, NOW_MS + ANSWER_KEPT_MS) == 1
    assert answers.purge_answers(database, NOW_MS + ANSWER_KEPT_MS) == 0
