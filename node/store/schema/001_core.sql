-- The log: records as they were signed, and what is needed to place, serve and verify them.

CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT;

CREATE TABLE coop (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT;

CREATE TABLE key_event (
    hash BLOB PRIMARY KEY,
    coop INTEGER NOT NULL REFERENCES coop,
    place INTEGER NOT NULL,
    signed BLOB NOT NULL
) STRICT;
CREATE INDEX key_event_coop ON key_event (coop, place);

CREATE TABLE receipt (
    witness INTEGER NOT NULL REFERENCES coop,
    coop INTEGER NOT NULL REFERENCES coop,
    event BLOB NOT NULL,
    receipt BLOB NOT NULL,
    PRIMARY KEY (coop, event, witness)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_ref (n INTEGER PRIMARY KEY, ref BLOB NOT NULL UNIQUE) STRICT;

CREATE TABLE kind (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE circle (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    read TEXT NOT NULL,
    root BLOB NOT NULL
) STRICT;

-- Who was ever admitted. Live: may be served (admitted, not removed). Accepted: said yes, a member.
CREATE TABLE circle_member (
    circle INTEGER NOT NULL REFERENCES circle,
    coop INTEGER NOT NULL REFERENCES coop,
    live INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    PRIMARY KEY (circle, coop)
) STRICT, WITHOUT ROWID;
CREATE INDEX circle_member_coop ON circle_member (coop);

CREATE TABLE log (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    coop INTEGER NOT NULL REFERENCES coop,
    circle INTEGER NOT NULL REFERENCES circle,
    device BLOB NOT NULL,
    instance INTEGER NOT NULL,
    leaf BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX log_circle ON log (circle);

-- A log is a line of one branch until its author forks it. `parent` is the record behind which a
-- branch starts; `ground` is the admit that its opening refers to (a log opened twice has two).
-- Counted: folded into rows. Carried: compared and served (never less).
CREATE TABLE branch (
    n INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES log,
    parent INTEGER,
    ground BLOB,
    first_seq INTEGER NOT NULL,
    tip_seq INTEGER NOT NULL,
    counted_seq INTEGER NOT NULL,
    carried_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX branch_log ON branch (log);

CREATE TABLE record (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    branch INTEGER NOT NULL REFERENCES branch,
    seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    kind INTEGER NOT NULL REFERENCES kind,
    key_ref INTEGER NOT NULL REFERENCES key_ref,
    expires_day INTEGER,
    body BLOB,
    -- hash and length of a body that is not here
    absent_hash BLOB,
    absent_len INTEGER
) STRICT;
CREATE UNIQUE INDEX record_place ON record (branch, seq);
CREATE INDEX record_expires ON record (expires_day) WHERE expires_day IS NOT NULL AND body NOT NULL;

CREATE TABLE signature (
    branch INTEGER NOT NULL REFERENCES branch,
    seq INTEGER NOT NULL,
    -- of the bodies since the signature before; kept ones are never dropped for newer ones
    body_bytes INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (branch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE circle_record (
    circle INTEGER NOT NULL REFERENCES circle,
    record INTEGER NOT NULL REFERENCES record,
    PRIMARY KEY (circle, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE trie_leaf (
    circle INTEGER NOT NULL REFERENCES circle,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    is_keys INTEGER NOT NULL,
    PRIMARY KEY (circle, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE trie_node (
    circle INTEGER NOT NULL REFERENCES circle,
    prefix TEXT NOT NULL,
    children BLOB NOT NULL,
    PRIMARY KEY (circle, prefix)
) STRICT, WITHOUT ROWID;

-- The rows: a fold of the counted records, dropped and rebuilt at will.

CREATE TABLE malformed (record INTEGER PRIMARY KEY, code TEXT NOT NULL) STRICT;

CREATE TABLE waiting (
    ref BLOB NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (ref, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE offer (
    root INTEGER PRIMARY KEY,
    circle INTEGER NOT NULL,
    coop INTEGER NOT NULL,
    is_want INTEGER NOT NULL,
    version INTEGER,
    withdrawn INTEGER,
    erased BLOB,
    hidden INTEGER NOT NULL,
    published_ms INTEGER NOT NULL,
    expires_day INTEGER,
    country TEXT,
    valid_until_ms INTEGER
) STRICT;
CREATE INDEX offer_newest ON offer (published_ms, root);

CREATE VIRTUAL TABLE offer_text USING fts5 (
    title, text, content = '', detail = none, tokenize = "unicode61 remove_diacritics 2"
);

-- Every other subject with a newest version: profiles, contacts, stocks, allotments.
CREATE TABLE standing (
    n INTEGER PRIMARY KEY,
    circle INTEGER NOT NULL,
    family TEXT NOT NULL,
    subject BLOB NOT NULL,
    coop INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (circle, family, subject)
) STRICT;

CREATE TABLE digest (
    circle INTEGER NOT NULL,
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (circle, day, kind)
) STRICT, WITHOUT ROWID;

-- Local tables: never in records, digest or rebuild.

CREATE TABLE local_peer (
    coop BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    added_ms INTEGER NOT NULL,
    last_seen_ms INTEGER,
    last_error TEXT
) STRICT;

CREATE TABLE local_invite (
    id BLOB PRIMARY KEY,
    link TEXT NOT NULL,
    circle BLOB NOT NULL,
    nonce BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE local_joining (
    circle BLOB PRIMARY KEY,
    coop BLOB NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT;

CREATE TABLE local_wanted_body (record INTEGER PRIMARY KEY) STRICT;

CREATE TABLE local_blob (
    hash BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    type TEXT NOT NULL,
    pieces BLOB NOT NULL,
    complete INTEGER NOT NULL
) STRICT;

CREATE TABLE local_blob_piece (
    hash BLOB NOT NULL REFERENCES local_blob ON DELETE CASCADE,
    place INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (hash, place)
) STRICT;

CREATE TABLE local_idempotency (
    key TEXT PRIMARY KEY,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    answer BLOB NOT NULL,
    time_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE local_user (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE local_session (
    token_hash BLOB PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES local_user ON DELETE CASCADE,
    csrf BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE local_token (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES local_user ON DELETE CASCADE,
    scope TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    revoked INTEGER NOT NULL
) STRICT;
