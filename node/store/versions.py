"""Versions: all that was written of offers, by what they are about. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from node.store.reading import Connection


def of_many(connection: Connection, subjects: Collection[bytes]) -> dict[bytes, list[bytes]]:
    """The ids of all versions that are here of each of these offers, ascending.

    One look through the logs of their co-ops, however many are asked for.
    """
    found = {subject: {subject} for subject in subjects}
    logs: set[int] = set()
    for subject in subjects:
        logs.update(row[0] for row in connection.execute(_LOGS, (subject,)))
    for log in sorted(logs):
        for subject, version in connection.execute(_VERSIONS, (log,)):
            if subject in found:
                found[subject].add(version)
    return {subject: sorted(versions) for subject, versions in found.items()}


def newest(connection: Connection, subject: bytes) -> bytes | None:
    """The id of the version that stands now; None for what is no offer here."""
    row = connection.execute(
        "SELECT version.id FROM record AS first JOIN offer ON offer.root = first.n "
        "JOIN record AS version ON version.n = offer.version WHERE first.id = ?",
        (subject,),
    ).fetchone()
    return None if row is None else row[0]


_LOGS: Final = (
    "SELECT log.n FROM record JOIN offer ON offer.root = record.n "
    "JOIN log ON log.coop = offer.coop AND log.circle = offer.circle WHERE record.id = ?"
)
# A body is an array of seven: 16 bytes of salt with two bytes before it, then the subject with two.
_VERSIONS: Final = (
    "SELECT substr(record.body, 22, 32), record.id FROM record "
    "JOIN branch ON branch.n = record.branch JOIN kind ON kind.n = record.kind "
    "WHERE branch.log = ? AND kind.name IN ('offer/1', 'want/1') "
    "AND substr(record.body, 20, 2) = x'C420'"
)
