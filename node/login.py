"""login: trying a name and a password, and the throttle that keeps guessing slow.

Counts are kept in memory alone, and bounded; a restart forgets them. Never reads the store or a
clock, and never tells whether the name or the password was wrong.
"""

import threading
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

import msgspec

from node.passwords import is_password
from protocol.errors import Refusal

# mistyped, another keyboard, another password of one's own: then it is guessing
NAME_TRIES_FREE: Final = 5
# a whole office may stand behind one address
ADDRESS_TRIES_FREE: Final = 20
# doubled with each further try: bearable for a person, 100 guesses a day for a program
WAIT_FIRST_MS: Final = 5_000
WAIT_MS_MAX: Final = 15 * 60 * 1000
# a counter without a try for so long is a clean sheet again
FORGET_MS: Final = 24 * 60 * 60 * 1000
# some 200 bytes each; the one whose wait ends first makes room
COUNTERS_MAX: Final = 4096
# names with the address that they logged in from; the oldest makes room
KNOWN_MAX: Final = 1024
# one household or server gets a whole network of this many bits: an address of it is no one else
IPV6_NETWORK_BITS: Final = 64


class Login(msgspec.Struct, frozen=True):
    """One try: a name as `access.account_name` spells it, from a network address."""

    name: str
    address: str
    password: str

    def __repr__(self) -> str:
        """Show no password: a representation ends up in logs and tracebacks."""
        return f"Login({self.name!r}, {self.address!r}, password not shown)"


def check_login(throttle: "Throttle", login: Login, kept: str | None, monotonic_ms: int) -> None:
    """Whether the password is right: else `bad-password`, or `too-many-tries` before looking.

    `kept` is what is stored of the account's password, None without such an account: it takes as
    long, and is counted and refused likewise. Takes a tenth of a second and more: any thread but
    the loop's.
    """
    throttle.admit(login, monotonic_ms)
    if not is_password(login.password, kept):
        raise Refusal("bad-password")
    throttle.succeeded(login, monotonic_ms)


class Throttle:
    """Counts the tries for each name and from each address, in memory; for any thread.

    A name that logged in from an address before is counted there by itself: guessing from
    elsewhere cannot lock its owner out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[bytes, _Counter] = {}
        self._known: dict[bytes, None] = {}

    def admit(self, login: Login, monotonic_ms: int) -> None:
        """Count a try, before it is looked at; `too-many-tries`, uncounted, while it must wait."""
        with self._lock:
            wait_ms = self._wait_ms(login, monotonic_ms)
            if wait_ms > 0:
                raise Refusal("too-many-tries", f"try again in {-(-wait_ms // 1000)} seconds")
            for key, tries_free in self._keys(login):
                tries = self._tries(key, monotonic_ms) + 1
                self._put(key, _Counter(tries, monotonic_ms + _wait_after(tries, tries_free)))

    def succeeded(self, login: Login, monotonic_ms: int) -> None:
        """An admitted try was right: its name starts afresh, its address did not guess this one."""
        pair, address = _pair_key(login), _address_key(login)
        with self._lock:
            for key, _ in self._keys(login):
                tries = self._tries(key, monotonic_ms) - 1
                if key == address and tries > 0:
                    self._put(key, _Counter(tries, monotonic_ms))
                else:
                    self._counters.pop(key, None)
            if pair not in self._known and len(self._known) >= KNOWN_MAX:
                del self._known[next(iter(self._known))]
            self._known[pair] = None

    def wait_ms(self, login: Login, monotonic_ms: int) -> int:
        """How long such a try must wait; 0 when it need not."""
        with self._lock:
            return self._wait_ms(login, monotonic_ms)

    def _wait_ms(self, login: Login, monotonic_ms: int) -> int:
        counters = [self._counters.get(key) for key, _ in self._keys(login)]
        waits_ms = [one.free_ms - monotonic_ms for one in counters if one is not None]
        return max(0, *waits_ms) if waits_ms else 0

    def _keys(self, login: Login) -> list[tuple[bytes, int]]:
        """The counters of a try, each with how many tries are free."""
        pair = _pair_key(login)
        if pair in self._known:
            return [(pair, NAME_TRIES_FREE)]
        return [
            (_key(b"name", login.name), NAME_TRIES_FREE),
            (_address_key(login), ADDRESS_TRIES_FREE),
        ]

    def _tries(self, key: bytes, monotonic_ms: int) -> int:
        counter = self._counters.get(key)
        if counter is None or monotonic_ms >= counter.free_ms + FORGET_MS:
            return 0
        return counter.tries

    def _put(self, key: bytes, counter: "_Counter") -> None:
        if key not in self._counters and len(self._counters) >= COUNTERS_MAX:
            # the longest waits stay: made-up names cannot wash out a name that is being guessed
            del self._counters[min(self._counters, key=lambda one: self._counters[one].free_ms)]
        self._counters[key] = counter


class _Counter(NamedTuple):
    """Tries since the last success, and when the next one may be."""

    tries: int
    free_ms: int


def _wait_after(tries: int, tries_free: int) -> int:
    if tries < tries_free:
        return 0
    doublings = min(tries - tries_free, WAIT_MS_MAX.bit_length())
    return min(WAIT_FIRST_MS << doublings, WAIT_MS_MAX)


def _pair_key(login: Login) -> bytes:
    # no name holds a line end, and no network's text does: two pairs never look alike
    return _key(b"pair", f"{login.name}\n{_network_of(login.address)}")


def _address_key(login: Login) -> bytes:
    return _key(b"address", _network_of(login.address))


def _key(sort: bytes, text: str) -> bytes:
    """Short, however long the text is that a stranger sent."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=sort).digest()


def _network_of(address: str) -> str:
    """The address, or the network that one caller has all to itself; other texts as they are."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - IPV6_NETWORK_BITS):x}::"


assert FORGET_MS > WAIT_MS_MAX
assert ADDRESS_TRIES_FREE > NAME_TRIES_FREE
