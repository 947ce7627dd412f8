"""log setup: what the node writes about itself goes to standard error, as text or JSON lines.

Everything passes one pipeline, our own lines and those of libraries. Never lets a secret through
under its name, never shows local variables in a traceback, and never lets a peer's text move the
terminal's cursor or fake a line. Standard output stays free for what a command prints.
"""

import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

# nested values: deeper ones are left out, so that no value can make a log line endless
DEPTH_MAX = 4


def set_up_log(
    level: str, layout: str, now_ms: Callable[[], int], stream: TextIO | None = None
) -> None:
    """Send all log lines of this process to `stream` (standard error).

    `level` is debug, info, warning or error; `layout` is text or json; `now_ms` the wall clock.
    """
    stream = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp(now_ms),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_secrets,
                *_rendering(layout, colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a second set-up must reach every logger
    )


def without_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Drop every key that names a secret (`token`, `device_seed`, `invite-link`), at any depth."""
    return {key: _cleaned(value, 1) for key, value in event.items() if not _is_secret(key)}


def printable(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Write control and direction characters of texts as escapes; only tracebacks keep lines."""
    return {
        key: _escaped(value, keep="\n" if key in ("exception", "stack") else "")
        for key, value in event.items()
    }


def _rendering(layout: str, *, colors: bool) -> list[Processor]:
    if layout == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True, default=repr),
        ]
    assert layout == "text", "a log is text or json"
    return [
        structlog.processors.format_exc_info,
        printable,
        structlog.dev.ConsoleRenderer(
            colors=colors,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _stamp(now_ms: Callable[[], int]) -> Processor:
    def stamp(_logger: object, _method: str, event: EventDict) -> EventDict:
        moment = datetime.fromtimestamp(now_ms() // 1000, tz=UTC)
        event["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return event

    return stamp


def _cleaned(value: object, depth: int) -> object:
    if isinstance(value, dict):
        if depth > DEPTH_MAX:
            return "..."
        return {
            key: _cleaned(inner, depth + 1)
            for key, inner in value.items()
            if not _is_secret(str(key))
        }
    if isinstance(value, list | tuple):
        return "..." if depth > DEPTH_MAX else [_cleaned(inner, depth + 1) for inner in value]
    return value


def _is_secret(key: str) -> bool:
    return not SECRET_NAMES.isdisjoint(WORD.findall(key.lower()))


def _escaped(value: object, keep: str) -> object:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in value
    )


WORD = re.compile(r"[a-z]+")

SECRET_NAMES = frozenset(
    [
        "authorization",
        "cookie",
        "link",
        "links",
        "nonce",
        "nonces",
        "passphrase",
        "password",
        "passwords",
        "private",
        "secret",
        "secrets",
        "seed",
        "seeds",
        "token",
        "tokens",
        "words",
    ]
)
