-- what owners ask for assets beside the plain terms
CREATE TABLE listings (
    asset INTEGER PRIMARY KEY, -- of what
    license TEXT, -- SPDX identifier
    license_text TEXT, -- SHA-256 of a text of the owner's own
    content_rows INTEGER NOT NULL, -- rows of the content; 0 where there are none to count
    revocable INTEGER NOT NULL, -- whether the owner may revoke grants
    buyers TEXT, -- accounts who may buy, JSON list; nothing where everybody may
    card TEXT, -- SHA-256 of the card
    version_of INTEGER, -- the earlier asset of which this is another version
    listed_seq INTEGER NOT NULL -- the entry
) STRICT;
CREATE INDEX listings_by_version ON listings (version_of) WHERE version_of IS NOT NULL;

-- what licences for purposes cost; a purpose that is not here is free
CREATE TABLE listing_prices (
    asset INTEGER NOT NULL, -- of what
    purpose TEXT NOT NULL, -- for what
    flat_units ANY NOT NULL, -- whatever the number of rows
    row_units ANY NOT NULL, -- for each row
    lasts_ms INTEGER, -- for how long
    PRIMARY KEY (asset, purpose)
) STRICT, WITHOUT ROWID;

-- licences that were bought
CREATE TABLE grants (
    grant_id INTEGER PRIMARY KEY, -- number in the log, from 0
    asset INTEGER NOT NULL, -- what may be used
    buyer INTEGER NOT NULL, -- by whom
    purpose TEXT NOT NULL, -- for what
    content_rows INTEGER NOT NULL, -- how many rows, the first ones; 0 for all
    amount_units ANY NOT NULL, -- what was paid
    bought_seq INTEGER NOT NULL, -- the entry
    bought_ms INTEGER NOT NULL, -- its log time
    expires_ms INTEGER, -- log time after which it allows nothing more
    revoked_ms INTEGER, -- log time at which it was revoked
    revoked_by INTEGER -- the account that has revoked it
) STRICT;
CREATE INDEX grants_by_asset ON grants (asset, grant_id);
CREATE INDEX grants_by_buyer ON grants (buyer, grant_id);

-- lower floors that owners have offered to accounts
CREATE TABLE waivers (
    waiver INTEGER PRIMARY KEY, -- number in the log, from 0
    asset INTEGER NOT NULL, -- whose floor
    account INTEGER NOT NULL, -- to whom
    floor_ppm INTEGER NOT NULL, -- the floor instead
    price_units ANY NOT NULL, -- what it costs when it is used
    expires_ms INTEGER, -- log time after which it can't be used
    used_by INTEGER, -- the child that was registered under it
    used_seq INTEGER -- the entry with that child
) STRICT;
CREATE INDEX waivers_by_asset ON waivers (asset, waiver);

-- full-text search over titles, kinds and purposes of assets; `rowid` is `asset`
CREATE VIRTUAL TABLE asset_words USING fts5 (title, words);
