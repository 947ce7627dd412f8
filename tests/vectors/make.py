"""Makes the vectors: what an implementation in any language can be checked against.

Run it after a change of the wire: `python -m tests.vectors.make`. A test asserts that the files
are what this makes, so that vectors and code cannot drift apart.
"""

import json
from collections.abc import Callable
from pathlib import Path

from tests.vectors.making import (
    chunks,
    circles,
    files,
    keys,
    links,
    records,
    sessions,
    tries,
    values,
)

HERE = Path(__file__).parent
MAKERS: dict[str, Callable[[], object]] = {
    "blobs": tries.blobs,
    "chunks": chunks.chunks,
    "circles": circles.circles,
    "decimals": values.decimals,
    "encoding": values.encoding,
    "fields": records.fields,
    "files": files.files,
    "hashes": values.hashes,
    "ids": values.ids,
    "invites": links.invites,
    "keys": keys.keys,
    "keylogs": keys.keylogs,
    "logs": records.logs,
    "messages": links.messages,
    "records": records.records,
    "rows": tries.rows,
    "sealed": links.sealed_parts,
    "sessions": sessions.sessions,
    "tries": tries.tries,
}


def made(name: str) -> str:
    """The text of one file."""
    text = json.dumps(MAKERS[name](), indent=1, ensure_ascii=True, sort_keys=False)
    return text + "\n"


def main() -> None:
    for name in MAKERS:
        (HERE / f"{name}.json").write_text(made(name), encoding="utf-8")


if __name__ == "__main__":
    main()
