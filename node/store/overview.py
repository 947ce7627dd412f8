"""Overview in the store: how much there is of what: circles with their digests, forks, names.

Reads only, and cheap ones: counts come from the ends of branches, never from going over records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from node.store import digests
from node.store.reading import Connection


class CircleRow(NamedTuple):
    """A circle; `members` have said yes, `records` are those that its root compares."""

    n: int
    id: bytes
    name: str
    read: str
    root: bytes
    members: int
    records: int


class Held(NamedTuple):
    """What is here of a co-op in a circle: how many records, and when its newest was signed."""

    records: int
    newest_ms: int | None


class Fork(NamedTuple):
    """Records of one log with one parent: its co-op signed two histories."""

    coop: bytes
    log: bytes
    records: tuple[bytes, ...]


class Member(NamedTuple):
    """Who was ever admitted: live (not removed), accepted (said yes)."""

    coop: bytes
    live: int
    accepted: int


def circles(connection: Connection) -> list[CircleRow]:
    """All circles that are here, the oldest here first."""
    rows = connection.execute(
        "SELECT circle.n, circle.id, circle.name, circle.read, circle.root, "
        "(SELECT count(*) FROM circle_member WHERE circle = circle.n AND live AND accepted), "
        "(SELECT coalesce(sum(branch.carried_seq - branch.first_seq + 1), 0) FROM log "
        "JOIN branch ON branch.log = log.n WHERE log.circle = circle.n) "
        "FROM circle ORDER BY circle.n"
    )
    return [CircleRow(*row) for row in rows]


def records(connection: Connection) -> int:
    """How many records are stored, counted or not."""
    row = connection.execute("SELECT sum(tip_seq - first_seq + 1) FROM branch").fetchone()
    return int(row[0] or 0)


def digest(connection: Connection, circle: int, now_ms: int) -> bytes:
    """The digest of a circle's merged rows."""
    return digests.of_circle(connection, circle, now_ms)


def digest_over(of_circles: list[tuple[bytes, bytes]]) -> bytes:
    """The digest over all circles, of (circle id, digest)."""
    return digests.over(of_circles)


def forks(connection: Connection) -> list[Fork]:
    """Forked logs, at most FORKS_MAX, each with the records that stand beside each other."""
    rows = connection.execute(
        "SELECT log.n, coop.id, log.id FROM log JOIN coop ON coop.n = log.coop "
        "WHERE (SELECT count(*) FROM branch WHERE branch.log = log.n AND tip_seq >= first_seq) > 1 "
        "ORDER BY log.n LIMIT ?",
        (FORKS_MAX,),
    ).fetchall()
    return [Fork(coop, log, _beside(connection, number)) for number, coop, log in rows]


def members(connection: Connection, circle: int) -> list[Member]:
    """Everybody who was ever admitted to a circle, members first."""
    rows = connection.execute(
        "SELECT coop.id, live, accepted FROM circle_member "
        "JOIN coop ON coop.n = circle_member.coop WHERE circle = ? "
        "ORDER BY live AND accepted DESC, live DESC, coop.n",
        (circle,),
    )
    return [Member(*row) for row in rows]


def held(connection: Connection, circle: int) -> dict[bytes, Held]:
    """What is here of each co-op that ever wrote in a circle."""
    rows = connection.execute(
        "SELECT coop.id, sum(branch.carried_seq - branch.first_seq + 1), max(record.time_ms) "
        "FROM log JOIN coop ON coop.n = log.coop JOIN branch ON branch.log = log.n "
        "LEFT JOIN record ON record.branch = branch.n AND record.seq = branch.carried_seq "
        "WHERE log.circle = ? GROUP BY coop.id",
        (circle,),
    )
    return {coop: Held(records, newest_ms) for coop, records, newest_ms in rows}


def profile_bodies(connection: Connection, coops: Iterable[bytes]) -> dict[bytes, bytes]:
    """Co-op -> body of its newest profile in any circle; without those that showed none."""
    found: dict[bytes, bytes] = {}
    for coop in coops:
        row = connection.execute(
            "SELECT record.body FROM circle JOIN standing ON standing.circle = circle.n "
            "AND standing.family = 'profile' AND standing.subject = ? "
            "JOIN record ON record.n = standing.version WHERE record.body NOT NULL "
            "ORDER BY record.time_ms DESC, record.id DESC LIMIT 1",
            (coop,),
        ).fetchone()
        if row is not None:
            found[coop] = row[0]
    return found


def kept_contact(connection: Connection) -> bytes | None:
    """How people reach the co-op, as it was kept."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'contact'").fetchone()
    return None if row is None else row[0]


def kept_profile(connection: Connection) -> bytes | None:
    """The canonical fields of the own profile, as they were kept."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'profile'").fetchone()
    return row[0] if row is not None else None


def file_of(connection: Connection, blob: bytes) -> tuple[int, str] | None:
    """(bytes, media type) of a file that is wholly here."""
    row = connection.execute(
        "SELECT size, type FROM local_blob WHERE hash = ? AND complete", (blob,)
    ).fetchone()
    return None if row is None else (row[0], row[1])


def ids_between(connection: Connection, what: str, low: bytes, high: bytes) -> list[bytes]:
    """Ids of a coop, circle or invite within a range; two are enough to know of a doubt."""
    rows = connection.execute(_IDS[what], (low, high))
    return [row[0] for row in rows]


def _beside(connection: Connection, log: int) -> tuple[bytes, ...]:
    """The records of a log that share their parent with another one."""
    rows = connection.execute(
        "SELECT DISTINCT record.id FROM branch AS fork JOIN branch AS one ON one.log = fork.log "
        "JOIN record ON record.branch = one.n AND record.seq = fork.first_seq "
        "WHERE fork.log = ? AND fork.tip_seq >= fork.first_seq AND ("
        "one.parent IS fork.parent OR one.n = (SELECT branch FROM record WHERE n = fork.parent)) "
        "AND (fork.parent NOT NULL OR "
        "(SELECT count(*) FROM branch WHERE log = fork.log AND parent IS NULL) > 1) "
        "ORDER BY record.seq, record.id LIMIT ?",
        (log, BESIDE_MAX),
    )
    return tuple(row[0] for row in rows)


# More forks than this are a page that nobody reads; the first ones say enough.
FORKS_MAX: Final = 100
BESIDE_MAX: Final = 64

_IDS: Final = {
    "coop": (
        "SELECT id FROM coop WHERE id BETWEEN ?1 AND ?2 "
        "UNION SELECT coop FROM local_peer WHERE coop BETWEEN ?1 AND ?2 ORDER BY 1 LIMIT 2"
    ),
    "circle": "SELECT id FROM circle WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 2",
    "invite": "SELECT id FROM local_invite WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 2",
}
