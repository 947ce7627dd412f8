-- What the market filters by. `ends_ms` lies behind every end when there is none; `price_e4` is the
-- first price for one unit in ten thousandths of its currency; `fair` is a place in a list of levels;
-- `addressed` tells whether an offer names its recipients.

DROP TABLE offer;
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
    ends_ms INTEGER,
    hs TEXT,
    mode TEXT,
    condition TEXT,
    fair INTEGER NOT NULL,
    currency TEXT,
    price_e4 INTEGER,
    addressed INTEGER NOT NULL
) STRICT;
CREATE INDEX offer_newest ON offer (published_ms, root);
CREATE INDEX offer_ending ON offer (ends_ms, root);

CREATE TABLE offer_category (
    category TEXT NOT NULL,
    root INTEGER NOT NULL,
    PRIMARY KEY (category, root)
) STRICT, WITHOUT ROWID;

-- The prices in further currencies; the first one stands in the row.
CREATE TABLE offer_price (
    currency TEXT NOT NULL,
    root INTEGER NOT NULL,
    price_e4 INTEGER NOT NULL,
    PRIMARY KEY (currency, root)
) STRICT, WITHOUT ROWID;

-- The rows of a file that was written before are made anew: from its first record, in the background.
DELETE FROM standing;
DELETE FROM digest;
DELETE FROM waiting;
DELETE FROM malformed;
INSERT INTO offer_text (offer_text) VALUES ('delete-all');
UPDATE meta SET value = 0 WHERE name = 'folded';

-- From which co-op the records of a stretch came, numbered as they came.
CREATE TABLE local_received (
    first_n INTEGER PRIMARY KEY,
    last_n INTEGER NOT NULL,
    coop BLOB NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
