import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from node.log_setup import DEPTH_MAX, printable, set_up_log, without_secrets

NOON_MS = 1_700_049_600_000  # 2023-11-15, 12:00 UTC


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def log_to(layout: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    set_up_log(level, layout, lambda: NOON_MS, stream)
    return stream


def json_lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_line_holds_event_level_time_and_values() -> None:
    stream = log_to("json")
    structlog.get_logger("node.net").info("peer connected", peer="ab12", records=3)
    assert json_lines(stream) == [
        {
            "event": "peer connected",
            "level": "info",
            "logger": "node.net",
            "peer": "ab12",
            "records": 3,
            "timestamp": "2023-11-15T12:00:00Z",
        }
    ]


def test_text_line_is_one_plain_line() -> None:
    stream = log_to("text")
    structlog.get_logger("node.net").warning("peer stalled", peer="ab12")
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.startswith("2023-11-15T12:00:00Z")
    for part in ("warning", "peer stalled", "peer=ab12", "node.net"):
        assert part in line
    assert "\x1b" not in line


def test_lines_below_the_level_are_left_out() -> None:
    stream = log_to("json", level="warning")
    log = structlog.get_logger("node")
    log.debug("one")
    log.info("two")
    log.warning("three")
    log.error("four")
    logging.getLogger("library").info("five")
    assert [line["event"] for line in json_lines(stream)] == ["three", "four"]


def test_lines_of_libraries_pass_the_same_pipeline() -> None:
    stream = log_to("json")
    logging.getLogger("library").error("failed %d times", 3, extra={"token": "t0ps3cret"})
    (line,) = json_lines(stream)
    assert line["event"] == "failed 3 times"
    assert (line["level"], line["logger"]) == ("error", "library")
    assert line["timestamp"] == "2023-11-15T12:00:00Z"
    assert "t0ps3cret" not in stream.getvalue()


def test_second_set_up_replaces_the_first() -> None:
    before = log_to("json")
    log = structlog.get_logger("node")
    log.info("one")
    after = log_to("json")
    log.info("two")
    assert [line["event"] for line in json_lines(before)] == ["one"]
    assert [line["event"] for line in json_lines(after)] == ["two"]


@pytest.mark.parametrize("layout", ["text", "json"])
@pytest.mark.parametrize("name", ["password", "token", "words", "seed", "private", "nonce", "link"])
def test_named_secrets_never_reach_the_log(layout: str, name: str) -> None:
    stream = log_to(layout)
    secrets = {name: "t0ps3cret", f"new_{name}": "t0ps3cret", name.upper(): "t0ps3cret"}
    structlog.get_logger("node").info("saved", peer="ab12", inner=[secrets], **secrets)
    assert "ab12" in stream.getvalue()
    assert "t0ps3cret" not in stream.getvalue()


def test_names_that_only_sound_alike_are_kept() -> None:
    event = {"event": "x", "seedling": 1, "linked": 2, "privately": 3}
    assert without_secrets(None, "", dict(event)) == event


def test_nested_values_end_at_a_depth() -> None:
    deepest: object = "end"
    for _ in range(DEPTH_MAX):
        deepest = [deepest]
    assert without_secrets(None, "", {"value": deepest}) == {"value": deepest}
    assert "end" not in repr(without_secrets(None, "", {"value": [deepest]}))
    too_deep: object = {"name": "end"}
    for _ in range(DEPTH_MAX):
        too_deep = {"name": too_deep}
    assert "end" not in repr(without_secrets(None, "", {"value": too_deep}))


def fail_holding_a_secret() -> None:
    seed_of_the_device = "t0p" + "s3cret"
    raise ValueError(len(seed_of_the_device))


@pytest.mark.parametrize("layout", ["text", "json"])
def test_traceback_shows_no_local_variables(layout: str) -> None:
    stream = log_to(layout)
    try:
        fail_holding_a_secret()
    except ValueError:
        structlog.get_logger("node").exception("it failed")
    assert "fail_holding_a_secret" in stream.getvalue()
    assert "ValueError: 9" in stream.getvalue()
    assert "t0ps3cret" not in stream.getvalue()


def test_foreign_text_can_neither_fake_a_line_nor_move_the_cursor() -> None:
    stream = log_to("text")
    hostile = "name\n2023-11-15 [info] all is well\x1b[2J\u202e"
    structlog.get_logger("node").info("peer says", name=hostile, names=[hostile])
    logging.getLogger("library").error("peer says %s", hostile)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()
    assert "\\n2023" in lines[0]


def test_only_tracebacks_keep_their_lines() -> None:
    shown = printable(None, "", {"event": "a\nb", "exception": "a\nb\x1b", "number": 1})
    assert shown == {"event": "a\\nb", "exception": "a\nb\\x1b", "number": 1}


def test_unwritable_values_do_not_break_the_line() -> None:
    stream = log_to("json")
    structlog.get_logger("node").info("odd", value=b"\xff", other=object)
    assert json_lines(stream)[0]["value"] == repr(b"\xff")


def test_unknown_layout_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        log_to("yaml")


def test_standard_output_stays_free(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log("info", "json", lambda: NOON_MS)
    structlog.get_logger("node").info("started")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "started"
