-- campaigns: what was promised, and how far they are
CREATE TABLE campaigns (
    campaign INTEGER PRIMARY KEY, -- number in the log, from 0
    owner INTEGER NOT NULL, -- the requester
    title TEXT NOT NULL, -- name for people
    skill TEXT NOT NULL, -- whose reputation the work builds
    units_document TEXT NOT NULL, -- SHA-256 of the units
    unit_count INTEGER NOT NULL, -- how many
    fund INTEGER NOT NULL, -- the deposit that pays
    token INTEGER NOT NULL, -- in what
    budget_units ANY NOT NULL, -- set aside at opening
    price_units ANY NOT NULL, -- most that one accepted answer earns
    bonus_fund INTEGER, -- the deposit behind the second reward; none without one
    bonus_budget_units ANY, -- set aside of it at opening, in its token
    bonus_price_units ANY, -- most that one accepted answer earns of it
    overlap INTEGER NOT NULL, -- answers wanted per unit
    repeats INTEGER NOT NULL, -- 1 if a contributor may answer a unit again
    consensus TEXT NOT NULL, -- how labels are inferred: `majority`, `dawid_skene`, `dawid_skene_crowdkit`
    gold_share_ppm INTEGER NOT NULL, -- part of the units that are gold; 0 accepts all unjudged
    block_length INTEGER NOT NULL, -- answers per block
    beta_ppm INTEGER NOT NULL, -- chance that content-free work is released
    reference_ppm INTEGER NOT NULL, -- accuracy that earns the full price
    judgements_limit INTEGER NOT NULL, -- how many times at most it is scored
    appeal_ms INTEGER NOT NULL, -- time to appeal
    purposes TEXT NOT NULL, -- uses that the label set allows, JSON list of words
    use_price_units ANY NOT NULL, -- price of one use of the label set
    demand TEXT NOT NULL, -- what descendants owe: `floor` on the gross or `flow` of what is kept
    demand_ppm INTEGER NOT NULL, -- how much
    contributors_share_ppm INTEGER NOT NULL, -- part of what the label set keeps that is its contributors'
    terms_expire_ms INTEGER, -- after which nothing new is built on or charged for it
    weighting TEXT NOT NULL, -- what gives a share: `accepted_answers`, `paid_work`
    algorithm TEXT, -- pay rule; none is `headwater-pay@1`
    trusts TEXT, -- requesters whose campaigns count as evidence, JSON list
    panel TEXT, -- who decides appeals, JSON list
    verdict_units ANY, -- what a verdict earns
    panel_ms INTEGER, -- time that the panel has
    slash_below_ppm INTEGER, -- accuracy on gold below which a stake is lost; 0 never
    stake_units ANY, -- what a contributor sets aside with the first block
    target_ppm INTEGER, -- probability at which a unit may be closed early; 0 never
    first_unit_id INTEGER NOT NULL, -- `unit_id` of its first unit; the others follow
    stage TEXT NOT NULL, -- `open`, `scored`, `closed`, `settled`
    opened_seq INTEGER NOT NULL, -- the entry that opened it
    opened_ms INTEGER NOT NULL, -- its log time
    scored_ms INTEGER, -- log time of the last scores
    closed_ms INTEGER, -- log time at which the label set was made
    settled_ms INTEGER, -- log time at which all money had gone where it belongs
    rounds INTEGER NOT NULL DEFAULT 0, -- rounds opened
    units_out INTEGER NOT NULL DEFAULT 0, -- units that have been out for work
    judgements INTEGER NOT NULL DEFAULT 0, -- scores posted
    sealed INTEGER NOT NULL DEFAULT 0, -- answers sealed
    answers INTEGER NOT NULL DEFAULT 0, -- opened answers that count
    contributors INTEGER NOT NULL DEFAULT 0, -- accounts that have worked
    blocks INTEGER NOT NULL DEFAULT 0, -- blocks begun
    released_blocks INTEGER NOT NULL DEFAULT 0, -- of these, paid
    rejected_blocks INTEGER NOT NULL DEFAULT 0, -- of these, not
    accepted INTEGER NOT NULL DEFAULT 0, -- answers in released blocks
    rejected INTEGER NOT NULL DEFAULT 0, -- answers in rejected blocks
    labelled INTEGER NOT NULL DEFAULT 0, -- units with a label by the newest scores
    gold_units INTEGER NOT NULL DEFAULT 0, -- units shown to be gold
    void_gold INTEGER NOT NULL DEFAULT 0, -- of these, contradicted by proven people
    suspended TEXT, -- why nobody is slashed: `void_gold`, `few_accepted`
    spent_units ANY NOT NULL DEFAULT 0, -- pay and panel fees that have left the budget
    scores TEXT, -- SHA-256 of the newest scores
    asset INTEGER -- the label set
) STRICT;
CREATE INDEX campaigns_by_owner ON campaigns (owner, campaign);
CREATE INDEX campaigns_by_stage ON campaigns (stage, campaign);
CREATE INDEX campaigns_by_skill ON campaigns (skill, campaign);

-- labels to choose from
CREATE TABLE classes (
    campaign INTEGER NOT NULL, -- whose
    label INTEGER NOT NULL, -- position, from 0
    name TEXT NOT NULL, -- what people read
    PRIMARY KEY (campaign, label)
) STRICT, WITHOUT ROWID;

-- answers sealed per hour of log time
CREATE TABLE campaign_hours (
    campaign INTEGER NOT NULL, -- where
    hour_ms INTEGER NOT NULL, -- when the hour begins
    sealed INTEGER NOT NULL, -- how many
    PRIMARY KEY (campaign, hour_ms)
) STRICT, WITHOUT ROWID;

-- rounds of work
CREATE TABLE rounds (
    campaign INTEGER NOT NULL, -- whose
    round INTEGER NOT NULL, -- from 0
    first_unit INTEGER NOT NULL, -- where it begins
    unit_count INTEGER NOT NULL, -- how many units
    gold_root TEXT NOT NULL, -- commitment to the gold before the first answer
    opened_seq INTEGER NOT NULL, -- the entry that opened it
    opened_ms INTEGER NOT NULL, -- its log time
    sealed INTEGER NOT NULL DEFAULT 0, -- answers sealed
    closed_seq INTEGER, -- the entry that opened the seals; none while it runs
    closed_ms INTEGER, -- its log time
    openings TEXT, -- SHA-256 of the openings
    answers INTEGER NOT NULL DEFAULT 0, -- opened answers that count
    gold_units INTEGER NOT NULL DEFAULT 0, -- units shown to be gold
    forgotten_seq INTEGER, -- the entry that erased the openings, and here what they held
    PRIMARY KEY (campaign, round)
) STRICT, WITHOUT ROWID;

-- entries with sealed answers
CREATE TABLE seals (
    campaign INTEGER NOT NULL, -- where
    round INTEGER NOT NULL, -- in which round
    seq INTEGER NOT NULL, -- the entry
    account INTEGER NOT NULL, -- whose answers
    answers INTEGER NOT NULL, -- how many
    PRIMARY KEY (campaign, round, seq)
) STRICT, WITHOUT ROWID;

-- units of campaigns with their newest labels
CREATE TABLE units (
    unit_id INTEGER PRIMARY KEY, -- the campaign's `first_unit_id` and `unit` together
    campaign INTEGER NOT NULL, -- whose
    unit INTEGER NOT NULL, -- position in the campaign, from 0
    name TEXT, -- the requester's id for it
    text TEXT, -- what is judged, where it is a text
    round INTEGER, -- in which it was out for work
    gold INTEGER, -- its known label, once that is opened
    gold_void INTEGER NOT NULL DEFAULT 0, -- 1 where proven people contradict it
    answers INTEGER NOT NULL DEFAULT 0, -- opened answers that count
    disagreement_ppm INTEGER, -- part of them that is not the most frequent one
    label INTEGER, -- consensus
    probability_ppm INTEGER, -- of that label
    accepted INTEGER NOT NULL DEFAULT 0, -- accepted answers behind it
    closed_seq INTEGER -- the entry by which it took no more answers
) STRICT;
CREATE INDEX units_by_disagreement ON units (campaign, disagreement_ppm DESC, unit);
CREATE INDEX units_unlabelled ON units (campaign) WHERE label IS NULL;
CREATE INDEX units_by_probability ON units (campaign, probability_ppm, unit);
CREATE INDEX units_gold ON units (campaign, unit) WHERE gold IS NOT NULL;

-- full-text search over name and text of units; `rowid` is `unit_id`
CREATE VIRTUAL TABLE unit_words USING fts5 (name, text, content = 'units', content_rowid = 'unit_id');

-- opened answers, in log order
CREATE TABLE answers (
    answer INTEGER PRIMARY KEY, -- from 0, in the order of opening
    campaign INTEGER NOT NULL, -- where
    account INTEGER NOT NULL, -- who
    block INTEGER NOT NULL, -- the account's block in the campaign
    unit INTEGER, -- on which unit; none where the answer does not count or is erased
    label INTEGER, -- what was answered
    seq INTEGER NOT NULL -- the entry that has sealed it
) STRICT;
CREATE INDEX answers_by_unit ON answers (campaign, unit) WHERE unit IS NOT NULL;
CREATE INDEX answers_by_account ON answers (account, answer);

-- answers to gold, by what was right; void gold included
CREATE TABLE gold_confusions (
    campaign INTEGER NOT NULL, -- where
    round INTEGER NOT NULL, -- in which round
    truth INTEGER NOT NULL, -- the known label
    given INTEGER NOT NULL, -- the answer
    answers INTEGER NOT NULL, -- how often
    PRIMARY KEY (campaign, round, truth, given)
) STRICT, WITHOUT ROWID;
