"""`scripts/bench` with tiny numbers: it measures real nodes and prints what it promises.

What the figures are is for the machine that they are measured on; here only that there are some.
"""

import json
from pathlib import Path

import pytest

from tests.scripts.commands import Script

CORPUS_LINE = {
    "title": "Green coffee",
    "text": "Washed and dried on raised beds",
    "amount": 60,
    "unit": "KGM",
    "price_minor": 540,
    "currency": "KES",
    "hs": "090111",
    "origin": "KE",
    "until_day": 30_000,
}


@pytest.fixture
def bench(tmp_path: Path) -> Script:
    return Script("bench", tmp_path)


def test_a_first_sync_of_a_corpus_is_measured(bench: Script, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps(CORPUS_LINE) + "\n")
    done = bench("sync", "--records", "50", "--corpus", corpus, "--json")
    assert done.code == 0, done.err
    figures = done.json
    assert figures["records"] == 50
    for name in (
        "records_per_s_durable",
        "records_per_s_queryable",
        "wire_bytes_per_record",
        "receiver_rss_mb",
        "create_per_s",
    ):
        assert figures[name] > 0, name
    assert figures["records_per_s_queryable"] <= figures["records_per_s_durable"]


def test_a_reconnect_with_nothing_new_does_not_grow_with_the_logs(bench: Script) -> None:
    few, many = (bench("idle", "--logs", str(logs), "--json").json for logs in (2, 40))
    assert (few["logs"], many["logs"]) == (2, 40)
    assert 0 < few["reconnect_bytes"] <= 1200
    assert 0 < many["reconnect_bytes"] <= 1200


def test_searches_are_measured(bench: Script) -> None:
    done = bench("search", "--records", "100")
    assert done.code == 0, done.err
    assert done.json["records"] == 100
    assert 0 < done.json["search_ms_p50"] <= done.json["search_ms_p95"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["sing"],
        ["sync", "--records", "0"],
        ["sync", "--records", "many"],
        ["idle", "--logs", "-1"],
        ["search", "--corpus", "none.jsonl"],
    ],
)
def test_wrong_words_are_wrong_usage(bench: Script, words: list[str]) -> None:
    done = bench(*words)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


def test_help_tells_what_it_measures(bench: Script) -> None:
    shown = bench("--help")
    assert (shown.code, shown.err) == (0, "")
    assert all(word in shown.out for word in ("sync", "idle", "search"))
