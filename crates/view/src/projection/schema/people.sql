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

-- a passkey that has signed something for the log
CREATE TABLE passkeys (
    account INTEGER PRIMARY KEY, -- whose
    party TEXT NOT NULL, -- host's name that it was made for
    x TEXT NOT NULL, -- first coordinate of the public key
    y TEXT NOT NULL, -- second coordinate
    disclosed_seq INTEGER NOT NULL -- entry that disclosed it
) STRICT;

-- an address that the holder of a passkey has named to be paid at
CREATE TABLE payouts (
    account INTEGER NOT NULL, -- whose
    number INTEGER NOT NULL, -- from 0 for each account
    wallet TEXT NOT NULL, -- the address
    named_seq INTEGER NOT NULL, -- entry that named it
    from_ms INTEGER, -- end of the notice; NULL if it counted at once
    over_seq INTEGER, -- entry that called it off or put another in its place before it counted
    moved_seq INTEGER, -- entry of the epoch behind which it counted
    PRIMARY KEY (account, number)
) STRICT;

-- what was payable at an address when another took its place, and stays with it
CREATE TABLE payout_sums (
    account INTEGER NOT NULL, -- whose
    wallet TEXT NOT NULL, -- the earlier address
    token INTEGER NOT NULL, -- of which token
    kept_units ANY NOT NULL, -- how much
    moved_seq INTEGER NOT NULL, -- entry of the epoch
    PRIMARY KEY (account, moved_seq, token)
) STRICT;
