-- how far the view has come; one row
CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1), -- always 1
    through INTEGER NOT NULL, -- entries applied; the next one has this number
    time_ms INTEGER NOT NULL, -- log time of the last of them
    signature TEXT -- its signature, by which the log that made the view is known again
) STRICT;

-- the space and where it settles; one row
CREATE TABLE spaces (
    space TEXT PRIMARY KEY, -- the tenant key, 16 bytes
    chain_id INTEGER NOT NULL, -- CAIP-2 number of the `eip155` namespace
    settlement TEXT NOT NULL, -- the Settlement contract
    escrow TEXT NOT NULL, -- the Escrow contract
    state_every INTEGER NOT NULL -- a state root may be posted for every multiple of this size; 0 never
) STRICT, WITHOUT ROWID;

-- every entry of the log
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, -- index in the log, from 0
    time_ms INTEGER NOT NULL, -- log time
    account INTEGER NOT NULL, -- who asked; of `open_account` the account that it made
    command TEXT NOT NULL, -- what was asked, a word
    campaign INTEGER, -- the campaign that it is about, if it is about one
    asset INTEGER, -- the asset that it is about, if it is about one
    bytes INTEGER NOT NULL -- length of the entry
) STRICT;
CREATE INDEX entries_by_account ON entries (account, seq);

-- keys of the log
CREATE TABLE log_keys (
    since INTEGER PRIMARY KEY, -- signs checkpoints above this size
    key TEXT NOT NULL -- C2SP verifier key
) STRICT;

-- witnesses whose word on the time counts
CREATE TABLE witness_sets (
    seq INTEGER PRIMARY KEY, -- the entry
    quorum INTEGER NOT NULL, -- how many must have signed
    keys TEXT NOT NULL, -- C2SP verifier keys, JSON list
    time_ms INTEGER NOT NULL -- what is over already
) STRICT;

-- checkpoints that a quorum has seen
CREATE TABLE witness_notes (
    seq INTEGER PRIMARY KEY, -- the entry
    size INTEGER NOT NULL, -- entries under the checkpoint
    time_ms INTEGER NOT NULL -- when it was seen
) STRICT;

-- roots of earlier states
CREATE TABLE state_roots (
    size INTEGER PRIMARY KEY, -- after so many entries
    root TEXT NOT NULL, -- by the operator's word
    seq INTEGER NOT NULL -- the entry
) STRICT;

-- what beside the log is gone for good
CREATE TABLE tombstones (
    seq INTEGER PRIMARY KEY, -- the entry
    kind TEXT NOT NULL, -- `openings`, `body`
    openings TEXT, -- SHA-256 of the openings of a round
    body INTEGER, -- the entry whose private body is gone
    reason TEXT NOT NULL -- `request`, `order`, `retention`, `content`
) STRICT;
