"""encodings: the character set that a CSV file is written in, told by its bytes.

UTF-8 is known by itself. Fairmondo's file begins with the sign of the euro, and each of the other
sets writes that sign as another byte. Whatever stays open is for a person to say: never a guess.
"""

import codecs
from pathlib import Path

from protocol.errors import Refusal

# how many bytes are looked through at a time
PIECE_BYTES = 1024 * 1024
# so many bytes of the beginning show whether every second one is zero
START_BYTES = 64


def recognise(path: Path) -> str | None:
    """A key of `ENCODINGS`, or None when a person has to say.

    Goes through the whole file: one byte anywhere tells that it is not UTF-8.
    """
    with path.open("rb") as file:
        if named := _by_euro_sign(file.read(START_BYTES)):
            return named
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(PIECE_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return "utf-8"


def refuse_wide(head: bytes) -> None:
    """Refuse a file that begins so when it has two or four bytes a character."""
    start = head[:START_BYTES]
    is_marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    if is_marked or any(start[first::2].count(0) * 4 > len(start) for first in (0, 1)):
        raise Refusal("unknown-format", f"it is written in UTF-16 or UTF-32; {SAVE_IT}")


def codec_of(encoding: str) -> str:
    """Python's name for a key of `ENCODINGS`; refuses `unknown-format`."""
    codec = ENCODINGS.get(encoding.casefold())
    if codec is None:
        detail = f"{encoding!r} is no encoding that is known here; there are {', '.join(ENCODINGS)}"
        raise Refusal("unknown-format", detail)
    return codec


def refusal(path: Path, encoding: str) -> Refusal:
    """What is wrong with a file that is not in this encoding: the first line and byte."""
    codec = codec_of(encoding)
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(codec)
            except UnicodeDecodeError as broken:
                where = f"line {number}, byte {offset + broken.start + 1} of the file"
                byte = f"0x{line[broken.start]:02X}"
                named = "UTF-8" if encoding == "utf-8" else encoding
                others = ", ".join(name for name in ENCODINGS if name != encoding)
                told = f"{where} ({byte}) is not {named}; name its encoding ({others})"
                return Refusal("unknown-format", f"{told}, or {SAVE_IT}")
            offset += len(line)
    return Refusal("unknown-format", f"the file changed while it was read; {SAVE_IT}")


def _by_euro_sign(start: bytes) -> str | None:
    """The set in which the first cell of the header, in quotes or not, is the sign of the euro."""
    cell, after = start[:1], start[1:2]
    if cell == b'"':
        cell, after = start[1:2], start[3:4] if start[2:3] == b'"' else b""
    return EURO_SIGNS.get(cell) if after in DELIMITERS else None


SAVE_IT = (
    "open it in the program that made it and save it as CSV with the character set UTF-8 "
    "(in Excel: 'CSV UTF-8'; in LibreOffice: character set 'Unicode (UTF-8)')"
)
DELIMITERS = (b";", b",", b"\t")
EURO_SIGNS = {b"\x80": "windows-1252", b"\xdb": "macroman", b"\xa4": "iso-8859-15"}
# as people know them -> as Python does; a mark at the beginning of UTF-8 is no text
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "windows-1252": "cp1252",
    "macroman": "mac_roman",
    "iso-8859-15": "iso8859_15",
}
