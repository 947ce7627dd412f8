"""plain_text: the text of a description that other programs keep as HTML.

Keeps words, line breaks, list items and addresses of links; drops every mark-up, script and style.
Text without mark-up comes back as it is.
"""

import html
import re
from html.parser import HTMLParser


def plain_text(source: str) -> str:
    """The text as a person would read it."""
    if not MARKUP.search(source):
        return source
    if not TAG.search(source):
        return html.unescape(source)
    reader = _Reader()
    reader.feed(source)
    reader.close()
    lines = [SPACES.sub(" ", line).strip() for line in "".join(reader.parts).split("\n")]
    return EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self._hidden += 1
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in BLOCKS:
            self.parts.append("\n\n" if tag in APART else "\n")
        elif tag == "a":
            address = dict(attrs).get("href") or ""
            self._link = address if address.startswith(("http://", "https://")) else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in APART:
            self.parts.append("\n\n")
        elif tag == "a" and self._link:
            self.parts.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data.replace("\n", " "))


MARKUP = re.compile(r"</?[a-zA-Z]|<!|&[a-zA-Z#][a-zA-Z0-9]{1,31};")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!")
SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
EMPTY_LINES = re.compile(r"\n{3,}")
HIDDEN = frozenset({"head", "script", "style", "title"})
APART = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "table", "ul"})
BLOCKS = APART | {"br", "dd", "div", "dt", "hr", "tr"}
