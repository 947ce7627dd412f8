-- Where the key log of a co-op cuts its logs: branches that go on beyond it, the last record within
-- it, and the records beyond it that the co-op has affirmed and that count.

CREATE TABLE key_cut (branch INTEGER PRIMARY KEY REFERENCES branch, seq INTEGER NOT NULL) STRICT;

CREATE TABLE affirmed (record INTEGER PRIMARY KEY REFERENCES record) STRICT;
