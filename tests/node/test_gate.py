"""What every answer carries, in which language, and how faults are told."""

import errno
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from node.gate.headers import SECURITY_HEADERS
from node.gate.keys import NODE, base_path
from node.gate.languages import languages_of, spoken
from node.gate.problems import http_problem, problem_of
from node.text import Message, ToldError, mark
from protocol.errors import REFUSALS, Refusal
from tests.node.served import Served, make_home, served


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/nothing", "/login", "/livez", "/x"])
async def test_every_answer_is_guarded(one: Served, path: str) -> None:
    found = await one.tcp.raw("GET", path)
    for name, value in SECURITY_HEADERS.items():
        assert found.headers[name] == value, name
    assert "Server" not in found.headers


def test_no_inline_code_is_allowed() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http:" not in policy


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("", ("en",)),
        ("sw", ("sw", "en")),
        ("de;q=0.5, pt-BR, sw;q=0.7", ("pt-BR", "sw", "de", "en")),
        ("en-GB,en;q=0.9", ("en-GB", "en")),
        ("../../etc, *, de;q=x, fr;q=0, it", ("it", "en")),
        ("aa," * 10_000, ("aa", "en")),
    ],
)
async def test_languages_are_taken_in_the_order_asked_for(
    one: Served, header: str, languages: tuple[str, ...]
) -> None:
    app = web.Application()
    app[NODE] = one.node
    request = make_mocked_request("GET", "/", headers={"Accept-Language": header}, app=app)
    assert languages_of(request) == languages


def test_english_is_spoken_where_nothing_else_is() -> None:
    assert spoken(("xx", "en-GB")) == "en-GB"
    assert spoken(("xx",)) == "en"


@pytest.mark.parametrize(
    ("url", "base"), [("", ""), ("https://a.example", ""), ("https://a.example/node/", "/node")]
)
async def test_the_base_path_is_that_of_the_public_address(
    tmp_path: Path, url: str, base: str
) -> None:
    async with served(make_home(tmp_path / "home"), flags={"public_url": url}) as one:
        assert base_path(one.node.settings) == base


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_each_refusal_is_a_problem_with_its_code_and_status(code: str) -> None:
    problem = problem_of(Refusal(code, "exactly this"), mark, "GET /x")
    rule = REFUSALS[code]
    assert (problem.code, problem.status, problem.title, problem.detail) == (
        code, rule.status, rule.sentence, "exactly this",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "code", "detail"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full", ""),
        (OSError(errno.EIO, "Input/output error"), "internal", ""),
        (ToldError(Message("say this")), "internal", "say this"),
        (ValueError("secret inside"), "internal", ""),
    ],
)
def test_a_fault_is_told_without_its_inside(fault: Exception, code: str, detail: str) -> None:
    problem = problem_of(fault, mark, "GET /x")
    assert (problem.code, problem.detail) == (code, detail)
    assert "secret" not in str(problem)


def test_what_http_says_has_a_code_too() -> None:
    assert http_problem(web.HTTPNotFound(), mark).code == "not-found"
    wrong = http_problem(web.HTTPMethodNotAllowed("PUT", ["GET", "POST"]), mark)
    assert (wrong.status, wrong.detail) == (405, "this path takes GET, POST")
    assert http_problem(web.HTTPRequestEntityTooLarge(1, 2), mark).code == "too-large"
    assert http_problem(web.HTTPBadRequest(), mark).code == "malformed"
