-- datasets, label sets, models, prompts and programs
CREATE TABLE assets (
    asset INTEGER PRIMARY KEY, -- number in the log, from 0
    owner INTEGER NOT NULL, -- who answers for it
    kind TEXT NOT NULL, -- `dataset`, `label_set`, `model`, `prompt`, `program`
    title TEXT NOT NULL, -- name for people
    content TEXT NOT NULL, -- SHA-256
    purposes TEXT NOT NULL, -- uses that are allowed, JSON list of words
    token INTEGER NOT NULL, -- in what uses are charged
    price_units ANY NOT NULL, -- price of one use
    demand TEXT NOT NULL, -- what descendants owe: `floor` or `flow`
    demand_ppm INTEGER NOT NULL, -- how much
    contributors_share_ppm INTEGER NOT NULL, -- part of what it keeps that is its contributors'
    expires_ms INTEGER, -- after which nothing new is built on or charged for it
    campaign INTEGER, -- of a label set: the campaign that made it
    registered_seq INTEGER NOT NULL, -- the entry
    registered_ms INTEGER NOT NULL, -- its log time
    total_shares INTEGER NOT NULL, -- of its contributors together
    segments INTEGER NOT NULL DEFAULT 0, -- segments of uses posted
    uses INTEGER NOT NULL DEFAULT 0, -- uses charged
    charged_units ANY NOT NULL DEFAULT 0 -- what they cost
) STRICT;
CREATE INDEX assets_by_owner ON assets (owner, asset);

-- lineage: what an asset is built on
CREATE TABLE asset_parents (
    asset INTEGER NOT NULL, -- the child
    parent INTEGER NOT NULL, -- the parent
    demand TEXT NOT NULL, -- `floor` or `flow`, as it stood then
    demand_ppm INTEGER NOT NULL, -- how much
    PRIMARY KEY (asset, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_children ON asset_parents (parent, asset);

-- floors on the gross that an asset owes to ancestors, each once
CREATE TABLE asset_floors (
    asset INTEGER NOT NULL, -- who owes
    ancestor INTEGER NOT NULL, -- to whom
    ppm INTEGER NOT NULL, -- how much of the gross
    PRIMARY KEY (asset, ancestor)
) STRICT, WITHOUT ROWID;

-- contributors' frozen shares in assets
CREATE TABLE shares (
    asset INTEGER NOT NULL, -- in what
    account INTEGER NOT NULL, -- whose
    share INTEGER NOT NULL, -- of the asset's `total_shares`
    PRIMARY KEY (asset, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_by_account ON shares (account, asset);

-- money set aside for uses of an asset
CREATE TABLE allowances (
    allowance INTEGER PRIMARY KEY, -- number in the log, from 0
    asset INTEGER NOT NULL, -- of what
    payer INTEGER NOT NULL, -- by whom
    fund INTEGER, -- from which deposit; NULL where the payer's credit is charged
    hold INTEGER NOT NULL, -- where it waits
    cap_units ANY NOT NULL, -- how much was set aside; 0 on credit
    spent_units ANY NOT NULL DEFAULT 0, -- how much of it is charged
    uses INTEGER NOT NULL DEFAULT 0, -- for how many uses
    expires_ms INTEGER NOT NULL, -- log time after which it ends
    granted_seq INTEGER NOT NULL, -- the entry
    ended_seq INTEGER -- the entry that returned the rest
) STRICT;
CREATE INDEX allowances_by_asset ON allowances (asset, allowance);
CREATE INDEX allowances_by_payer ON allowances (payer, allowance);

-- metered uses as their owners have posted them
CREATE TABLE segments (
    asset INTEGER NOT NULL, -- of what
    number INTEGER NOT NULL, -- the asset's n-th, from 0
    seq INTEGER NOT NULL, -- the entry
    time_ms INTEGER NOT NULL, -- its log time
    rows_root TEXT NOT NULL, -- RFC 6962 root over the rows
    rows_document TEXT NOT NULL, -- SHA-256 of the rows
    PRIMARY KEY (asset, number)
) STRICT, WITHOUT ROWID;

-- sums over the rows of segments
CREATE TABLE uses (
    use INTEGER PRIMARY KEY, -- from 0
    asset INTEGER NOT NULL, -- what was used
    number INTEGER NOT NULL, -- in which segment
    allowance INTEGER NOT NULL, -- at whose cost
    payer INTEGER NOT NULL, -- who that is
    purpose TEXT NOT NULL, -- for what
    uses INTEGER NOT NULL, -- how often
    amount_units ANY NOT NULL, -- what it cost
    seq INTEGER NOT NULL, -- the entry
    time_ms INTEGER NOT NULL -- its log time
) STRICT;
CREATE INDEX uses_by_asset ON uses (asset, use);
CREATE INDEX uses_by_payer ON uses (payer, use);

-- revenue that moved up the lineage when an epoch closed
CREATE TABLE royalties (
    royalty INTEGER PRIMARY KEY, -- from 0
    seq INTEGER NOT NULL, -- the entry
    epoch INTEGER NOT NULL, -- which epoch's revenue
    from_asset INTEGER NOT NULL, -- what was used
    kind TEXT NOT NULL, -- `floor`, `flow`, `pool`, `owner`, `operator`
    to_asset INTEGER, -- the ancestor, or the asset whose contributors share it
    to_account INTEGER, -- the owner, or whom the operator's fee is for
    token INTEGER NOT NULL, -- in what
    amount_units ANY NOT NULL -- how much
) STRICT;
CREATE INDEX royalties_from ON royalties (from_asset, royalty);
CREATE INDEX royalties_to ON royalties (to_asset, royalty) WHERE to_asset IS NOT NULL;
