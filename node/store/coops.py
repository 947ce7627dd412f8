"""Co-ops in the store: who is with us in which circles, what they offer, how they are reached.

Reads only. It never judges who belongs where; the circles' judge has noted that.
"""

from __future__ import annotations

from typing import Final

from node.store.reading import Connection
from protocol.record import day_of


def together(connection: Connection, own: bytes) -> dict[bytes, list[bytes]]:
    """Co-op -> the circles that it is a member of together with us, ourselves among them."""
    rows = connection.execute(
        "SELECT they.id, circle.id FROM circle_member AS mine "
        "JOIN coop AS us ON us.n = mine.coop AND us.id = ? "
        "JOIN circle ON circle.n = mine.circle "
        "JOIN circle_member AS other ON other.circle = mine.circle "
        "AND other.live AND other.accepted "
        "JOIN coop AS they ON they.n = other.coop WHERE mine.live AND mine.accepted "
        "ORDER BY circle.n, they.n",
        (own,),
    )
    found: dict[bytes, list[bytes]] = {}
    for coop, circle in rows:
        found.setdefault(coop, []).append(circle)
    return found


def offers_of_each(connection: Connection, now_ms: int) -> dict[bytes, int]:
    """Co-op -> how many offers and wants of it stand, for everybody in a circle."""
    rows = connection.execute(
        "SELECT coop.id, standing.many FROM (SELECT coop, count(*) AS many FROM offer "
        "WHERE hidden = 0 AND addressed = 0 AND ends_ms >= ? "
        "AND (expires_day IS NULL OR expires_day >= ?) GROUP BY coop) AS standing "
        "JOIN coop ON coop.n = standing.coop",
        (now_ms, day_of(now_ms)),
    )
    return dict(rows.fetchall())


def contact_bodies(connection: Connection, coop: bytes) -> list[bytes]:
    """Bodies of its contacts, one a circle at most, the newest first."""
    rows = connection.execute(
        "SELECT record.body FROM circle CROSS JOIN standing ON standing.circle = circle.n "
        "AND standing.family = 'contact' AND standing.subject = ? "
        "JOIN record ON record.n = standing.version WHERE record.body NOT NULL "
        "ORDER BY record.time_ms DESC, record.id DESC LIMIT ?",
        (coop, CONTACTS_MAX),
    )
    return [row[0] for row in rows]


# One each circle: more circles than this with one co-op say nothing new.
CONTACTS_MAX: Final = 16
