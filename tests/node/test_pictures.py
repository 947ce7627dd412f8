"""Pictures are kept by their hash."""

import pytest

from node import pictures
from protocol.errors import Refusal
from tests.node.served import Served

JPEG = b"\xff\xd8\xff" + b"x" * 70_000


async def test_the_same_picture_is_kept_once(one: Served) -> None:
    first = await pictures.put(one.node, JPEG)
    assert await pictures.put(one.node, JPEG) == first
    assert (first.bytes, first.type) == (len(JPEG), "image/jpeg")
    assert first.blob.startswith("blob1")


async def test_what_is_no_picture_is_refused(one: Served) -> None:
    with pytest.raises(Refusal, match="not-a-picture"):
        await pictures.put(one.node, b"plain text")
