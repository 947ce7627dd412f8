-- People of this node, and what they did. None of it ever leaves the node.
ALTER TABLE local_user ADD COLUMN shown TEXT NOT NULL DEFAULT '';
ALTER TABLE local_user ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE local_session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE local_session ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;

-- Who acts. A number never comes again; the name goes when the person is removed.
CREATE TABLE local_person (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE
) STRICT;

-- Which person had a record signed.
CREATE TABLE local_author (
    record BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES local_person
) STRICT, WITHOUT ROWID;

-- Who did what, when, in which role: each line hashes the one before it.
CREATE TABLE local_audit (
    n INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    person INTEGER NOT NULL REFERENCES local_person,
    role TEXT NOT NULL,
    act TEXT NOT NULL,
    whom INTEGER REFERENCES local_person,
    about TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER local_audit_unchanged BEFORE UPDATE ON local_audit
BEGIN SELECT RAISE(ABORT, 'the audit list is only added to'); END;
CREATE TRIGGER local_audit_kept BEFORE DELETE ON local_audit
BEGIN SELECT RAISE(ABORT, 'the audit list is only added to'); END;

-- Links that were given out: a new account in a role, or a new password for `user`.
CREATE TABLE local_welcome (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    secret BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    user INTEGER REFERENCES local_user ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
