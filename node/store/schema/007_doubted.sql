-- Bodies that never came, of records that an erasure names: whether it is meant, the body tells alone.
-- Hardly any node has one still, so they are asked for a few at a time.

CREATE TABLE local_doubted_body (record INTEGER PRIMARY KEY REFERENCES record) STRICT;
