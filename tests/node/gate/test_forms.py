"""Both ways in which a browser sends a form, and what is none."""

import pytest

from node.gate.forms import Upload, parse_files
from protocol.errors import Refusal

TYPE = 'multipart/form-data; boundary="xYz"'


def part(name: str, content: bytes, file: str | None = None) -> bytes:
    """A part as a browser writes it."""
    said = f'Content-Disposition: form-data; name="{name}"'
    if file is not None:
        said += f'; filename="{file}"\r\nContent-Type: image/png'
    return b"--xYz\r\n" + said.encode() + b"\r\n\r\n" + content + b"\r\n"


def test_fields_and_files_are_told_apart() -> None:
    data = b"\x89PNG\r\n\x1a\n--\x00\xff\n\r\n"
    body = (
        part("title", "Café\r\nzwei".encode())
        + part("picture", data, "a %22b%22.png")
        + part("picture", b"", "")
        + b"--xYz--\r\n"
    )
    form = parse_files(TYPE, body, 10)
    assert form.fields == {"title": "Café\r\nzwei"}
    assert form.uploads == (Upload("picture", 'a "b".png', data),)


def test_a_boundary_without_quotes_is_read_too() -> None:
    body = part("a", b"1") + b"--xYz--"
    assert parse_files("multipart/form-data; boundary=xYz", body, 1).fields == {"a": "1"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", part("a", b"1") + b"--xYz--"),
        (TYPE, b""),
        (TYPE, b"something else"),
        (TYPE, part("a", b"1")),
        (TYPE, b"--xYz\r\nContent-Type: text/plain\r\n\r\nx\r\n--xYz--"),
        (TYPE, b'--xYz\r\nContent-Disposition: form-data; name="a"\r\n--xYz--'),
        (TYPE, part("a", b"\xff") + b"--xYz--"),
        (TYPE, part("a", b"1") * 3 + b"--xYz--"),
    ],
    ids=["boundary", "empty", "other", "cut", "nameless", "headless", "bytes", "too-many"],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(Refusal, match="malformed"):
        parse_files(content_type, body, 2)
