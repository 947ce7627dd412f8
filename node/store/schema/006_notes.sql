-- Notes that this node looked at: what those for its co-op say, opened here, and whether it was read.
-- None of it ever leaves the node. Of a note for others only its id is kept, so as to look once.
CREATE TABLE local_note (
    id BLOB PRIMARY KEY,
    circle BLOB,
    coop BLOB,
    about BLOB,
    thread BLOB,
    recipients BLOB,
    text BLOB,
    time_ms INTEGER,
    expires_day INTEGER,
    is_read INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX local_note_thread ON local_note (thread) WHERE thread NOT NULL;
CREATE INDEX local_note_unread ON local_note (is_read) WHERE is_read = 0 AND coop NOT NULL;
