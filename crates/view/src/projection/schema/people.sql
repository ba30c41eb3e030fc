-- pseudonyms; 0 is the operator's
CREATE TABLE accounts (
    account INTEGER PRIMARY KEY, -- number in the log, from 0
    wallet TEXT, -- once its holder has disclosed it
    binding TEXT, -- commitment to the wallet; none of the operator's
    key TEXT NOT NULL, -- the session key that opened it; the operator's is the one of now
    scope TEXT NOT NULL, -- what that key may do
    expires_ms INTEGER, -- until when; none is never
    opened_seq INTEGER NOT NULL, -- the entry that opened it
    opened_ms INTEGER NOT NULL, -- its log time
    campaigns INTEGER NOT NULL DEFAULT 0, -- campaigns that it has opened
    sealed INTEGER NOT NULL DEFAULT 0, -- answers that it has sealed
    accepted INTEGER NOT NULL DEFAULT 0, -- answers of it in released blocks
    rejected INTEGER NOT NULL DEFAULT 0 -- answers of it in rejected blocks
) STRICT;
CREATE INDEX accounts_by_wallet ON accounts (wallet) WHERE wallet IS NOT NULL;

-- session keys
CREATE TABLE keys (
    key TEXT PRIMARY KEY, -- Ed25519 public key
    account INTEGER NOT NULL, -- for whom it signs
    scope TEXT NOT NULL, -- what it may do
    expires_ms INTEGER, -- until when; none is never
    by_key TEXT, -- the key that has let it join; none of a wallet's
    added_seq INTEGER NOT NULL, -- the entry that brought it
    revoked_seq INTEGER -- the entry that ended it
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_account ON keys (account);

-- what closed campaigns have shown of accounts
CREATE TABLE skills (
    account INTEGER NOT NULL, -- who
    skill TEXT NOT NULL, -- in what
    reputation_ppm INTEGER NOT NULL, -- after the last of them
    gold_seen INTEGER NOT NULL, -- answers to gold
    gold_right INTEGER NOT NULL, -- of these, right
    released INTEGER NOT NULL, -- blocks paid
    rejected INTEGER NOT NULL, -- blocks not paid
    PRIMARY KEY (account, skill)
) STRICT, WITHOUT ROWID;
