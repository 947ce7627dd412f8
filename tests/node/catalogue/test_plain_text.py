import pytest

from node.catalogue.plain_text import plain_text


@pytest.mark.parametrize(
    "text", ["", "a < b > c", "1 <2", "Fish & chips", "R&D;", "two\nlines  here", "=SUM(A1)"]
)
def test_text_without_mark_up_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


def test_entities_alone_are_read() -> None:
    assert plain_text("M&uuml;sli &amp; Brot  &#8364;") == "Müsli & Brot  €"


def test_paragraphs_breaks_and_lists_become_lines() -> None:
    source = (
        "<p>One <b>bold</b>\n word.</p><p>Two<br/>three</p><ul><li>a</li><li>b &lt; c</li></ul>"
    )
    assert plain_text(source) == "One bold word.\n\nTwo\nthree\n\n- a\n- b < c"


def test_addresses_of_links_are_kept_and_scripts_dropped() -> None:
    source = (
        'See <a href="https://farm.example/">our farm</a>, <a href="javascript:x()">run</a>'
        "<script>alert(1)</script><style>p {}</style>."
    )
    assert plain_text(source) == "See our farm (https://farm.example/), run."


def test_broken_mark_up_gives_text() -> None:
    assert plain_text("<p>open <b>never closed") == "open never closed"
    assert "text" in plain_text("text <p <div <<a")
