"""Bech32m: the text form of ids, as BIP-350 defines it, without its length limit of 90.

It never knows what an id means; the human-readable prefix is the caller's.
"""

from __future__ import annotations

from typing import Final

from protocol.errors import Refusal


def encode(prefix: str, data: bytes) -> str:
    """`prefix`, the separator 1, the data in groups of five bits, six check characters."""
    groups = _regroup(data, 8, 5, pad=True)
    check = _polymod(_expand(prefix) + groups + [0] * 6) ^ _BECH32M
    groups += [(check >> 5 * (5 - index)) & 31 for index in range(6)]
    return prefix + "1" + "".join(_ALPHABET[group] for group in groups)


def decode(text: str) -> tuple[str, bytes]:
    """(prefix, data); refuses `bad-id` on a wrong check sum, mixed case or padding."""
    # Some characters beyond ASCII have one of it as their lower case.
    if not all("!" <= character <= "~" for character in text):
        raise Refusal("bad-id", _short(text))
    lower = text.lower()
    prefix, separator, rest = lower.rpartition("1")
    if text not in {lower, text.upper()} or not separator or not prefix or len(rest) < _CHECK_CHARS:
        raise Refusal("bad-id", _short(text))
    try:
        groups = [_VALUES[character] for character in rest]
    except KeyError as wrong:
        raise Refusal("bad-id", _short(text)) from wrong
    if _polymod(_expand(prefix) + groups) != _BECH32M:
        raise Refusal("bad-id", _short(text))
    return prefix, bytes(_regroup(groups[:-_CHECK_CHARS], 5, 8, pad=False))


def decode_prefix(text: str) -> tuple[str, int, int]:
    """(prefix, bits, number of bits) of the beginning of an id, for look-ups by unique prefix."""
    prefix, _, rest = text.lower().rpartition("1")
    bits = 0
    for character in rest:
        if character not in _VALUES:
            raise Refusal("bad-id", _short(text))
        bits = bits << 5 | _VALUES[character]
    return prefix, bits, 5 * len(rest)


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for index, generator in enumerate(_GENERATORS):
            if top >> index & 1:
                check ^= generator
    return check


def _regroup(data: bytes | list[int], source: int, target: int, *, pad: bool) -> list[int]:
    bits = count = 0
    out: list[int] = []
    for value in data:
        bits = bits << source | value
        count += source
        while count >= target:
            count -= target
            out.append(bits >> count & ((1 << target) - 1))
    rest = bits & ((1 << count) - 1)
    if pad and count:
        out.append(rest << (target - count))
    elif not pad and (count >= source or rest):
        raise Refusal("bad-id", "padding")
    return out


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."


_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {character: index for index, character in enumerate(_ALPHABET)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M: Final = 0x2BC830A3
_CHECK_CHARS: Final = 6
_SHOWN_CHARS: Final = 24
