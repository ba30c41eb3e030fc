-- a contributor's consecutive answers, judged together
CREATE TABLE blocks (
    campaign INTEGER NOT NULL, -- where
    account INTEGER NOT NULL, -- whose
    block INTEGER NOT NULL, -- the contributor's n-th in the campaign, from 0
    round INTEGER NOT NULL, -- in which round it was worked
    opened_seq INTEGER NOT NULL, -- the entry that began it
    pay_hold INTEGER NOT NULL, -- where its pay waits
    deposit_hold INTEGER NOT NULL, -- where its deposit waits
    fees_hold INTEGER, -- where the panel's fees wait
    bonus_hold INTEGER, -- where its second reward waits
    outcome TEXT NOT NULL, -- `held`, `released`, `rejected`
    factor_ppm INTEGER, -- of a released block: part of the price that is paid
    valid INTEGER, -- answers that counted when it was judged
    evidence_micronats INTEGER, -- logarithm of its likelihood ratio against chance, by the newest scores
    gold_seen INTEGER, -- answers to gold that count as evidence
    gold_right INTEGER, -- of these, right
    peer_seen INTEGER, -- answers compared with proven peers
    reason TEXT NOT NULL, -- `not_judged`, `unjudged_campaign`, `evidence_reached`, `no_evidence`, `appeal_upheld`, `appeal_denied`
    judged_seq INTEGER, -- the entry that released or rejected it
    paid_units ANY NOT NULL DEFAULT 0, -- what it has earned
    PRIMARY KEY (campaign, account, block)
) STRICT, WITHOUT ROWID;

-- people in campaigns
CREATE TABLE contributors (
    campaign INTEGER NOT NULL, -- where
    account INTEGER NOT NULL, -- who
    blocks INTEGER NOT NULL DEFAULT 0, -- blocks begun
    sealed INTEGER NOT NULL DEFAULT 0, -- answers sealed
    answers INTEGER NOT NULL DEFAULT 0, -- opened answers that count
    released_blocks INTEGER NOT NULL DEFAULT 0, -- blocks paid
    rejected_blocks INTEGER NOT NULL DEFAULT 0, -- blocks not paid
    accepted INTEGER NOT NULL DEFAULT 0, -- answers in released blocks
    rejected INTEGER NOT NULL DEFAULT 0, -- answers in rejected blocks
    paid_units ANY NOT NULL DEFAULT 0, -- what the work has earned
    gold_seen INTEGER, -- answers to gold, by the newest scores
    gold_right INTEGER, -- of these, right
    peer_seen INTEGER, -- answers compared with proven peers
    proven INTEGER, -- 1 if released answers count as evidence about others
    reputation_ppm INTEGER, -- lower 5 % bound of the chance to be right
    confusion_truth INTEGER, -- the most frequent mistake: for this label
    confusion_given INTEGER, -- this one is given
    confusion_rate_ppm INTEGER, -- so often
    slashed INTEGER NOT NULL DEFAULT 0, -- 1 if the test on gold takes the stake
    stake_hold INTEGER, -- where the stake waits
    prior_gold_micronats INTEGER, -- evidence brought along: logarithm of that by gold
    prior_wealth_ppm INTEGER, -- evidence brought along: wealth that is not spent
    prior_right_milli INTEGER, -- evidence brought along: right answers, thousandths
    prior_seen_milli INTEGER, -- evidence brought along: answers whose truth was known, thousandths
    gold_micronats INTEGER, -- evidence after the campaign, as above
    wealth_ppm INTEGER, -- likewise
    right_milli INTEGER, -- likewise
    seen_milli INTEGER, -- likewise
    PRIMARY KEY (campaign, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX contributors_by_account ON contributors (account, campaign);

-- what the operator has said of running rounds
CREATE TABLE facts (
    fact INTEGER PRIMARY KEY, -- from 0
    seq INTEGER NOT NULL, -- the entry
    kind TEXT NOT NULL, -- `unit_closed`, `account_paused`
    campaign INTEGER NOT NULL, -- where
    round INTEGER NOT NULL, -- in which round
    unit INTEGER, -- which unit takes no more answers
    account INTEGER, -- who seals no more answers
    evidence TEXT NOT NULL -- SHA-256 of what the live rule was applied to
) STRICT;
CREATE INDEX facts_by_campaign ON facts (campaign, fact);

-- rejected blocks before a panel
CREATE TABLE appeals (
    campaign INTEGER NOT NULL, -- where
    account INTEGER NOT NULL, -- whose block
    block INTEGER NOT NULL, -- which
    opened_seq INTEGER NOT NULL, -- the entry that opened it
    due_ms INTEGER NOT NULL, -- log time after which no verdict is taken
    called TEXT, -- why the panel was called unasked: `void_gold`, `few_accepted`
    votes_for INTEGER NOT NULL DEFAULT 0, -- verdicts for the contributor
    votes_against INTEGER NOT NULL DEFAULT 0, -- the others
    upheld INTEGER, -- the outcome: 1 pays the block
    decided_seq INTEGER, -- the entry that decided it
    PRIMARY KEY (campaign, account, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX appeals_open ON appeals (campaign, due_ms) WHERE upheld IS NULL;

-- what members of panels have said
CREATE TABLE verdicts (
    campaign INTEGER NOT NULL, -- where
    account INTEGER NOT NULL, -- whose block
    block INTEGER NOT NULL, -- which
    member INTEGER NOT NULL, -- who has spoken
    upheld INTEGER NOT NULL, -- 1 for the contributor
    seq INTEGER NOT NULL, -- the entry
    PRIMARY KEY (campaign, account, block, member)
) STRICT, WITHOUT ROWID;

-- opened answers with the names of what they say, and what became of them
CREATE VIEW judged_answers AS
SELECT
    a.answer, -- as in answers
    a.campaign, -- as in answers
    a.account, -- as in answers
    a.block, -- as in answers
    a.unit, -- as in answers
    u.name, -- the unit's
    a.label, -- as in answers
    c.name AS class, -- the label's name
    u.label AS consensus, -- the unit's label by the newest scores
    b.outcome, -- the block's
    b.outcome = 'released' AS accepted, -- 1 if the answer is paid, used and exported
    a.seq -- as in answers
FROM answers AS a
JOIN blocks AS b ON b.campaign = a.campaign AND b.account = a.account AND b.block = a.block
JOIN campaigns AS k ON k.campaign = a.campaign
LEFT JOIN units AS u ON u.unit_id = k.first_unit_id + a.unit
LEFT JOIN classes AS c ON c.campaign = a.campaign AND c.label = a.label;
