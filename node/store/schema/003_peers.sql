-- When a node of each co-op was linked last: of those too that stand on no list of the operator's.

CREATE TABLE local_seen (coop BLOB PRIMARY KEY, seen_ms INTEGER NOT NULL) STRICT;

INSERT INTO local_seen (coop, seen_ms)
SELECT coop, last_seen_ms FROM local_peer WHERE last_seen_ms IS NOT NULL;

ALTER TABLE local_peer DROP COLUMN last_seen_ms;
ALTER TABLE local_peer DROP COLUMN last_error;

-- The addresses that the operator gave: they are dialled wherever they lead.
ALTER TABLE local_peer ADD COLUMN given TEXT NOT NULL DEFAULT '[]';

-- The invite that is being followed, until it was answered.
ALTER TABLE local_joining ADD COLUMN invite BLOB;
