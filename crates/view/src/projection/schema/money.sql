-- tokens that the space trades in: the first entry's, then those of chains that joined
CREATE TABLE tokens (
    token INTEGER PRIMARY KEY, -- place among those of all chains in the order of joining, from 0
    address TEXT NOT NULL, -- ERC-20 contract
    chain_id INTEGER NOT NULL -- its chain; another may have another token at the same address
) STRICT;

-- where a token's money is; `credited` = all other places together
CREATE TABLE totals (
    token INTEGER NOT NULL, -- what kind of money
    place TEXT NOT NULL, -- `credited`, `refunded`, `held`, or a kind of purse
    units ANY NOT NULL, -- how much
    PRIMARY KEY (token, place)
) STRICT, WITHOUT ROWID;

-- deposits of the Escrow contract; what is left of one is in its purse
CREATE TABLE funds (
    fund INTEGER PRIMARY KEY, -- number in the log, from 1; the contract's own where there is one chain
    account INTEGER NOT NULL, -- whose
    token INTEGER NOT NULL, -- what
    amount_units ANY NOT NULL, -- how much came in
    epoch_cap_units ANY NOT NULL, -- most that may be debited for one epoch
    closes_ms INTEGER NOT NULL, -- log time after which nothing new is charged to it
    credited_seq INTEGER NOT NULL, -- the entry that credited it
    debit_units ANY NOT NULL DEFAULT 0 -- what has left it for good since the last epoch closed
) STRICT;
CREATE INDEX funds_by_account ON funds (account);

-- purses of the book
CREATE TABLE purses (
    purse INTEGER PRIMARY KEY, -- number in the book, from 0
    kind TEXT NOT NULL, -- `fund`, `budget`, `forfeit`, `gross`, `pot`, `pool`, `earned`, `panel`, `credit`
    owner INTEGER NOT NULL, -- number of the deposit, campaign, asset or account
    token INTEGER NOT NULL, -- in what
    fund INTEGER, -- the deposit behind it while the Escrow contract holds the money
    balance_units ANY NOT NULL, -- what it holds, without holds
    payable_units ANY NOT NULL -- of this, what the Settlement contract holds
) STRICT;
CREATE INDEX purses_by_owner ON purses (kind, owner);

-- pending transfers
CREATE TABLE holds (
    hold INTEGER PRIMARY KEY, -- number in the book, from 0
    kind TEXT NOT NULL, -- `pay`, `deposit`, `stake`, `fees`, `bonus`, `allowance`
    from_purse INTEGER NOT NULL, -- where it came from and goes back to
    to_purse INTEGER NOT NULL, -- where it may arrive
    account INTEGER NOT NULL, -- contributor of the block, or payer of the allowance
    campaign INTEGER, -- of a block
    block INTEGER, -- which
    asset INTEGER, -- of an allowance
    allowance INTEGER, -- which
    rest_units ANY NOT NULL, -- what still waits
    due_ms INTEGER -- log time from which the rest may be returned
) STRICT;
CREATE INDEX holds_open ON holds (account, hold) WHERE rest_units <> 0;

-- ledger lines: every movement of money
CREATE TABLE movements (
    movement INTEGER PRIMARY KEY, -- from 0, in log order
    seq INTEGER NOT NULL, -- the entry
    kind TEXT NOT NULL, -- what it is; see the list below
    account INTEGER, -- in whose statement it stands
    campaign INTEGER, -- for which campaign
    asset INTEGER, -- for which asset
    token INTEGER NOT NULL, -- in what
    from_purse INTEGER, -- of a transfer: from where
    to_purse INTEGER, -- to where
    hold INTEGER, -- of a pending one: which
    amount_units ANY NOT NULL -- how much, above 0
) STRICT;
CREATE INDEX movements_by_account ON movements (account, movement) WHERE account IS NOT NULL;
CREATE INDEX movements_by_asset ON movements (asset, movement) WHERE asset IS NOT NULL;

-- an account's money in a token, as it stands
CREATE TABLE balances (
    account INTEGER NOT NULL, -- whose
    token INTEGER NOT NULL, -- in what
    free_units ANY NOT NULL, -- in its deposits, or brought by its vouchers
    budget_units ANY NOT NULL, -- in its campaigns' budgets
    reserved_units ANY NOT NULL, -- of its budgets, waiting as pay, second rewards and fees
    deposit_units ANY NOT NULL, -- waiting as deposits of its blocks
    stake_units ANY NOT NULL, -- waiting as stakes
    allowance_units ANY NOT NULL, -- waiting for uses
    pending_units ANY NOT NULL, -- pay that waits for its work to be judged
    accepted_units ANY NOT NULL, -- pay that has arrived, ever
    verdict_units ANY NOT NULL, -- fees for verdicts, ever
    royalty_units ANY NOT NULL, -- revenue as an owner or fees as the operator, ever; shares in pools are in shares
    spent_units ANY NOT NULL, -- pay, second rewards, fees and charges that have left it, ever
    forfeited_units ANY NOT NULL, -- deposits and stakes lost, ever
    refunded_units ANY NOT NULL, -- paid back by the Escrow contract, ever
    PRIMARY KEY (account, token)
) STRICT, WITHOUT ROWID;

-- closed epochs
CREATE TABLE epochs (
    epoch INTEGER PRIMARY KEY, -- from 1
    seq INTEGER NOT NULL, -- the entry
    time_ms INTEGER NOT NULL, -- its log time
    root TEXT NOT NULL, -- of the claim tree
    leaves INTEGER NOT NULL, -- wallets in it
    released_seq INTEGER -- the entry that says its money is on the Settlement contract
) STRICT;

-- cumulative sums of an epoch's claim lines
CREATE TABLE epoch_totals (
    epoch INTEGER NOT NULL, -- which
    token INTEGER NOT NULL, -- in what
    amount_units ANY NOT NULL, -- how much
    PRIMARY KEY (epoch, token)
) STRICT, WITHOUT ROWID;

-- what the Escrow contract debits for an epoch
CREATE TABLE epoch_debits (
    epoch INTEGER NOT NULL, -- which
    fund INTEGER NOT NULL, -- from which deposit
    amount_units ANY NOT NULL, -- how much
    PRIMARY KEY (epoch, fund)
) STRICT, WITHOUT ROWID;

-- what is payable of earnings and pools once an epoch's money is released
CREATE TABLE payables (
    epoch INTEGER NOT NULL, -- which
    purse INTEGER NOT NULL, -- of which purse
    amount_units ANY NOT NULL, -- how much, cumulative
    PRIMARY KEY (epoch, purse)
) STRICT, WITHOUT ROWID;

-- claim lines where they differ from the epoch before; a line stands until the next one
CREATE TABLE claims (
    wallet TEXT NOT NULL, -- who may claim
    token INTEGER NOT NULL, -- in what
    epoch INTEGER NOT NULL, -- from which epoch on
    cumulative_units ANY NOT NULL, -- how much in all
    PRIMARY KEY (wallet, token, epoch)
) STRICT, WITHOUT ROWID;
