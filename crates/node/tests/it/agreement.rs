//! Every number of a view against the state that the same entries have made.

use ledger::State;
use ledger::work::{Campaign, Stage};
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::{AccountId, TokenId};
use std::collections::BTreeMap;
use view::console::{Cell, Console};

/// Claim lines: what each wallet is owed for ever in each token.
pub type Lines = BTreeMap<(String, usize), u128>;

/// Asks, and gives rows of words: amounts without leading zeros, nothing as `-`.
fn ask(console: &mut Console, sql: &str) -> Vec<Vec<String>> {
    let answer = console
        .ask(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let word = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) if text.len() == 29 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.trim_start_matches('0').to_owned()
        }
        Cell::Text(text) => text.clone(),
        other => panic!("{sql}: {other:?}"),
    };
    answer
        .rows
        .iter()
        .map(|row| row.iter().map(word).collect())
        .collect()
}

/// A row of words.
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$($value.to_string()),*] };
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

pub fn check(state: &State, console: &mut Console) {
    assert_eq!(
        ask(console, "SELECT through, time_ms FROM position"),
        [row![state.size, state.time_ms]]
    );
    assert_eq!(
        ask(console, "SELECT count(*), max(seq) FROM entries"),
        [row![state.size, state.size - 1]]
    );
    check_people(state, console);
    check_book(state, console);
    check_totals(state, console);
    check_balances(state, console);
    for (id, campaign) in state.numbered_campaigns() {
        check_campaign(campaign, id.0, console);
        check_work(campaign, id.0, console);
        check_units(campaign, id.0, console);
        check_judging(campaign, id.0, console);
    }
    check_assets(state, console);
    check_epochs(state, console);
    check_keeping(state, console);
}

fn check_people(state: &State, console: &mut Console) {
    let accounts = (0..).zip(&state.accounts).map(|(id, it): (u32, _)| {
        let expires = i64::try_from(it.expires_ms).ok();
        let wallet = it.wallet.map(|wallet| format!("0x{wallet}"));
        row![
            id,
            or_dash(wallet),
            or_dash(it.binding),
            it.key,
            it.scope.text(),
            or_dash(expires)
        ]
    });
    assert_eq!(
        ask(
            console,
            "SELECT account, wallet, binding, key, scope, expires_ms FROM accounts"
        ),
        accounts.collect::<Vec<_>>()
    );
    for key in ask(console, "SELECT key, account, scope, revoked_seq FROM keys") {
        let mut bytes = [0; 32];
        for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&key[0][place..place + 2], 16).unwrap();
        }
        let known = state.keys.get(&protocol::SessionKey(bytes)).unwrap();
        let expected = row![known.account, known.scope.text(), known.revoked];
        assert_eq!(row![key[1], key[2], key[3] != "-"], expected);
    }
    let skills = state.skills.iter().map(|((account, skill), it)| {
        let counts = row![it.gold_seen, it.gold_right, it.released, it.rejected];
        [row![account, skill, it.reputation.ppm()], counts].concat()
    });
    assert_eq!(
        ask(console, "SELECT * FROM skills"),
        skills.collect::<Vec<_>>()
    );
}

fn check_book(state: &State, console: &mut Console) {
    let purses = (0..).zip(state.book.purses()).map(|(id, it): (u32, _)| {
        let (kind, owner) = owner(it.owner);
        row![
            id,
            kind,
            owner,
            it.token,
            or_dash(it.fund),
            it.balance,
            it.payable
        ]
    });
    assert_eq!(
        ask(console, "SELECT * FROM purses"),
        purses.collect::<Vec<_>>()
    );
    let holds = (0..)
        .zip(state.book.holds())
        .map(|(id, it): (u32, _)| row![id, it.from.0, it.to.0, it.rest, or_dash(it.due_ms)]);
    assert_eq!(
        ask(
            console,
            "SELECT hold, from_purse, to_purse, rest_units, due_ms FROM holds"
        ),
        holds.collect::<Vec<_>>()
    );
    let debits = state.book.debits().iter().map(|(fund, it)| row![fund, it]);
    assert_eq!(
        ask(
            console,
            "SELECT fund, debit_units FROM funds WHERE debit_units <> 0"
        ),
        debits.collect::<Vec<_>>()
    );
    let funds = state.funds.iter().map(|it| {
        row![
            it.fund,
            it.account,
            it.token,
            it.amount_units,
            it.epoch_cap_units,
            it.closes_ms
        ]
    });
    let sql = "SELECT fund, account, token, amount_units, epoch_cap_units, closes_ms FROM funds";
    assert_eq!(ask(console, sql), funds.collect::<Vec<_>>());
}

/// What came in is what is held and what went out, and both are the book's.
fn check_totals(state: &State, console: &mut Console) {
    let mut places: BTreeMap<(TokenId, &str), u128> = BTreeMap::new();
    for purse in state.book.purses() {
        *places
            .entry((purse.token, owner(purse.owner).0))
            .or_default() += purse.balance.units();
    }
    for hold in state.book.holds() {
        let token = state.book.purse(hold.from).token;
        *places.entry((token, "held")).or_default() += hold.rest.units();
    }
    for (token, flow) in state.book.flows() {
        places.insert((*token, "credited"), flow.credited.units());
        places.insert((*token, "refunded"), flow.refunded.units());
    }
    places.retain(|_, sum| *sum > 0);
    let expected = places
        .iter()
        .map(|((token, place), sum)| row![token, place, sum]);
    assert_eq!(
        ask(console, "SELECT * FROM totals WHERE units <> 0"),
        expected.collect::<Vec<_>>()
    );
    assert_eq!(state.book.imbalance(), None);
    let sums = "SELECT token, sum_units(units) FILTER (WHERE place <> 'credited'),
                       sum_units(units) FILTER (WHERE place = 'credited')
                FROM totals GROUP BY token";
    for sum in ask(console, sums) {
        assert_eq!(sum[1], sum[2], "token {}", sum[0]);
    }
}

fn check_balances(state: &State, console: &mut Console) {
    let mut expected: BTreeMap<(AccountId, TokenId), [u128; 7]> = BTreeMap::new();
    let side = |it: PurseOwner| match it {
        PurseOwner::Fund(fund) => state.fund(fund).map(|fund| (fund.account, 0)),
        PurseOwner::Budget(id) => Some((state.campaign(id).unwrap().owner, 1)),
        PurseOwner::Earned(account) => Some((account, 6)),
        _ => None,
    };
    for purse in state.book.purses() {
        if let Some((account, column)) = side(purse.owner) {
            let row = expected.entry((account, purse.token)).or_default();
            row[column] += purse.balance.units();
        }
    }
    for hold in state
        .book
        .holds()
        .iter()
        .filter(|hold| !hold.rest.is_zero())
    {
        let (from, to) = (state.book.purse(hold.from), state.book.purse(hold.to));
        let (account, column) = side(from.owner).unwrap();
        let column = match (column, to.owner) {
            (1, _) => 2,
            (_, PurseOwner::Forfeit(_)) => 3,
            _ => 4,
        };
        expected.entry((account, from.token)).or_default()[column] += hold.rest.units();
        if let PurseOwner::Earned(account) = to.owner {
            expected.entry((account, from.token)).or_default()[5] += hold.rest.units();
        }
    }
    expected.retain(|_, row| row.iter().any(|units| *units > 0));
    let sql = "SELECT account, token, free_units, budget_units, reserved_units, deposit_units,
                      stake_units, allowance_units, pending_units, accepted_units, verdict_units,
                      royalty_units
               FROM balances";
    let mut found = BTreeMap::new();
    for row in ask(console, sql) {
        let units = |place: usize| row[place].parse::<u128>().unwrap();
        let key = (
            AccountId(row[0].parse().unwrap()),
            TokenId(row[1].parse().unwrap()),
        );
        let earned = units(9) + units(10) + units(11);
        let waiting = units(5) + units(6);
        let row = [
            units(2),
            units(3),
            units(4),
            waiting,
            units(7),
            units(8),
            earned,
        ];
        if row.iter().any(|units| *units > 0) {
            found.insert(key, row);
        }
    }
    assert_eq!(found, expected);
}

fn check_campaign(campaign: &Campaign, id: u32, console: &mut Console) {
    let stage = match campaign.stage {
        Stage::Open => "open",
        Stage::Scored => "scored",
        Stage::Closed => "closed",
        Stage::Settled => "settled",
    };
    let blocks = || campaign.work.values().flat_map(|work| &work.blocks);
    let released = || blocks().filter(|block| matches!(block.outcome, Outcome::Released(_)));
    let rejected = || blocks().filter(|block| block.outcome == Outcome::Rejected);
    let valid = |blocks: &mut dyn Iterator<Item = &ledger::work::Block>| {
        blocks.map(|block| u64::from(block.valid)).sum::<u64>()
    };
    let given = campaign
        .answers
        .iter()
        .filter(|answer| answer.opened.given.is_some());
    let spec = &campaign.spec;
    let expected = [
        row![
            campaign.owner,
            spec.title,
            spec.skill,
            spec.units,
            spec.budget_units,
            stage
        ],
        row![
            campaign.judgements,
            campaign.rounds.len(),
            campaign.units_out()
        ],
        row![given.count(), campaign.work.len(), blocks().count()],
        row![released().count(), rejected().count()],
        row![valid(&mut released()), valid(&mut rejected())],
        row![
            campaign
                .units
                .iter()
                .filter(|unit| unit.label.is_some())
                .count(),
            campaign.gold.len(),
            campaign.conduct.review.void.len(),
        ],
        row![or_dash(campaign.scores), or_dash(campaign.asset)],
    ];
    let sql = format!(
        "SELECT owner, title, skill, units_document, budget_units, stage, judgements, rounds,
                units_out, answers, contributors, blocks, released_blocks, rejected_blocks,
                accepted, rejected, labelled, gold_units, void_gold, scores, asset
         FROM campaigns WHERE campaign = {id}"
    );
    assert_eq!(ask(console, &sql), [expected.concat()], "campaign {id}");
    let sums = format!(
        "SELECT (SELECT sum(sealed) FROM campaign_hours WHERE campaign = c.campaign),
                (SELECT sum(sealed) FROM rounds WHERE campaign = c.campaign),
                (SELECT sum(sealed) FROM contributors WHERE campaign = c.campaign), sealed
         FROM campaigns AS c WHERE campaign = {id} AND sealed > 0"
    );
    for row in ask(console, &sums) {
        assert!(
            row.iter().all(|sum| *sum == row[0]),
            "campaign {id}: {row:?}"
        );
    }
    let sql = format!("SELECT name FROM classes WHERE campaign = {id} ORDER BY label");
    let classes: Vec<_> = spec.classes.iter().map(|class| row![class]).collect();
    assert_eq!(ask(console, &sql), classes);
}

fn check_work(campaign: &Campaign, id: u32, console: &mut Console) {
    let answers = campaign.answers.iter().map(|answer| {
        let (unit, label) = answer.opened.given.unzip();
        let accepted = u8::from(campaign.accepted(answer));
        row![
            answer.opened.account,
            answer.block,
            or_dash(unit),
            or_dash(label),
            accepted
        ]
    });
    let sql = format!(
        "SELECT account, block, unit, label, accepted FROM judged_answers
         WHERE campaign = {id} ORDER BY answer"
    );
    assert_eq!(
        ask(console, &sql),
        answers.collect::<Vec<_>>(),
        "campaign {id}"
    );
    let mut blocks = Vec::new();
    for (account, work) in &campaign.work {
        for (number, block) in (0..).zip(&work.blocks) {
            let (outcome, factor) = match block.outcome {
                Outcome::Held => ("held", None),
                Outcome::Released(factor) => ("released", Some(factor.ppm())),
                Outcome::Rejected => ("rejected", None),
            };
            let judged = block.outcome != Outcome::Held;
            let fees = campaign.conduct.fees.get(&(*account, number));
            blocks.push(row![
                account,
                number,
                block.round,
                block.pay.0,
                block.deposit.0,
                or_dash(fees.map(|hold| hold.0)),
                outcome,
                or_dash(factor),
                or_dash(judged.then_some(block.valid))
            ]);
        }
    }
    let sql = format!(
        "SELECT account, block, round, pay_hold, deposit_hold, fees_hold, outcome, factor_ppm,
                valid
         FROM blocks WHERE campaign = {id}"
    );
    assert_eq!(ask(console, &sql), blocks, "campaign {id}");
    let rounds = campaign.rounds.iter().map(|round| {
        row![
            round.first_unit,
            round.unit_count,
            round.gold_root,
            or_dash(round.openings),
            round.forgotten
        ]
    });
    let sql = format!(
        "SELECT first_unit, unit_count, gold_root, openings,
                iif(forgotten_seq IS NULL, 'false', 'true')
         FROM rounds WHERE campaign = {id}"
    );
    assert_eq!(
        ask(console, &sql),
        rounds.collect::<Vec<_>>(),
        "campaign {id}"
    );
}

fn check_units(campaign: &Campaign, id: u32, console: &mut Console) {
    let mut answers: BTreeMap<u32, u32> = BTreeMap::new();
    for (unit, _) in campaign
        .answers
        .iter()
        .filter_map(|answer| answer.opened.given)
    {
        *answers.entry(unit).or_default() += 1;
    }
    let units = (0..campaign.spec.unit_count).map(|unit| {
        let score = campaign.units.get(unit as usize);
        let label = score.and_then(|score| score.label);
        let probability = score
            .filter(|_| label.is_some())
            .map(|it| it.probability.ppm());
        let gold = campaign.gold.get(&unit);
        let void = campaign.conduct.review.void.contains(&unit) && gold.is_some();
        row![
            unit,
            or_dash(label),
            or_dash(probability),
            score.map_or(0, |score| score.accepted),
            or_dash(gold),
            u8::from(void),
            answers.get(&unit).copied().unwrap_or(0)
        ]
    });
    let sql = format!(
        "SELECT unit, label, probability_ppm, accepted, gold, gold_void, answers FROM units
         WHERE campaign = {id} ORDER BY unit_id"
    );
    assert_eq!(
        ask(console, &sql),
        units.collect::<Vec<_>>(),
        "campaign {id}"
    );
    let sql = format!(
        "SELECT u.unit, u.disagreement_ppm,
                1000000 * (u.answers - max(v.votes)) / u.answers
         FROM units AS u
         JOIN (SELECT unit, count(*) AS votes FROM answers
               WHERE campaign = {id} AND unit IS NOT NULL GROUP BY unit, label) AS v
         ON v.unit = u.unit
         WHERE u.campaign = {id} GROUP BY u.unit"
    );
    for row in ask(console, &sql) {
        assert_eq!(row[1], row[2], "unit {} of campaign {id}", row[0]);
    }
}

fn check_judging(campaign: &Campaign, id: u32, console: &mut Console) {
    let conduct = &campaign.conduct;
    let people = campaign.contributors.iter().map(|it| {
        let mistake = it
            .confusion
            .map(|c| format!("{} {} {}", c.truth, c.given, c.rate.ppm()));
        let prior = conduct.prior.get(&it.account);
        let after = conduct
            .review
            .evidence
            .iter()
            .find(|row| row.account == it.account);
        let words = |it: &protocol::judging::Evidence| {
            let wealth = it.wealth.ppm();
            format!(
                "{} {wealth} {} {}",
                it.gold_micronats, it.right_milli, it.seen_milli
            )
        };
        row![
            it.account,
            it.gold_seen,
            it.gold_right,
            it.peer_seen,
            u8::from(it.proven),
            it.reputation.ppm(),
            or_dash(mistake),
            u8::from(conduct.review.slashed.contains(&it.account)),
            or_dash(conduct.stakes.get(&it.account).map(|hold| hold.0)),
            or_dash(prior.map(words)),
            or_dash(after.map(|shown| words(&shown.evidence)))
        ]
    });
    let sql = format!(
        "SELECT account, gold_seen, gold_right, peer_seen, proven, reputation_ppm,
                confusion_truth || ' ' || confusion_given || ' ' || confusion_rate_ppm,
                slashed, stake_hold,
                prior_gold_micronats || ' ' || prior_wealth_ppm || ' ' || prior_right_milli
                    || ' ' || prior_seen_milli,
                gold_micronats || ' ' || wealth_ppm || ' ' || right_milli || ' ' || seen_milli
         FROM contributors WHERE campaign = {id} AND gold_seen IS NOT NULL"
    );
    assert_eq!(
        ask(console, &sql),
        people.collect::<Vec<_>>(),
        "campaign {id}"
    );
    let appeals = conduct.appeals.iter().map(|((account, block), it)| {
        let votes_for = it.verdicts.values().filter(|upheld| **upheld).count();
        let upheld = it.upheld.map(u8::from);
        row![
            account,
            block,
            it.due_ms,
            votes_for,
            it.verdicts.len(),
            or_dash(upheld)
        ]
    });
    let sql = format!(
        "SELECT account, block, due_ms, votes_for,
                (SELECT count(*) FROM verdicts AS v WHERE v.campaign = a.campaign
                 AND v.account = a.account AND v.block = a.block), upheld
         FROM appeals AS a WHERE campaign = {id}"
    );
    assert_eq!(
        ask(console, &sql),
        appeals.collect::<Vec<_>>(),
        "campaign {id}"
    );
    let closed = conduct
        .closed
        .iter()
        .map(|(unit, fact)| row![fact.seq, unit, fact.evidence]);
    let last = campaign.rounds.len().saturating_sub(1);
    let sql = format!(
        "SELECT seq, unit, evidence FROM facts
         WHERE campaign = {id} AND round = {last} AND kind = 'unit_closed' ORDER BY unit"
    );
    assert_eq!(
        ask(console, &sql),
        closed.collect::<Vec<_>>(),
        "campaign {id}"
    );
    let paused = conduct
        .paused
        .iter()
        .map(|(who, fact)| row![fact.seq, who, fact.evidence]);
    let sql = format!(
        "SELECT seq, account, evidence FROM facts
         WHERE campaign = {id} AND round = {last} AND kind = 'account_paused' ORDER BY account"
    );
    assert_eq!(
        ask(console, &sql),
        paused.collect::<Vec<_>>(),
        "campaign {id}"
    );
}

fn check_assets(state: &State, console: &mut Console) {
    let assets = (0..).zip(&state.assets).map(|(id, it): (u32, _)| {
        let about = &it.registered;
        row![
            id,
            about.owner,
            about.title,
            about.content,
            it.total_shares,
            it.segments,
            it.uses,
            it.charged_units
        ]
    });
    let sql = "SELECT asset, owner, title, content, total_shares, segments, uses, charged_units
               FROM assets";
    assert_eq!(ask(console, sql), assets.collect::<Vec<_>>());
    let all = || {
        (0..)
            .zip(&state.assets)
            .map(|(id, it): (u32, _)| (id, &it.registered))
    };
    let parents = all().flat_map(|(id, it)| it.parents.iter().map(move |(p, _)| row![id, p]));
    let sql = "SELECT asset, parent FROM asset_parents";
    assert_eq!(ask(console, sql), parents.collect::<Vec<_>>());
    let floors =
        all().flat_map(|(id, it)| it.floors.iter().map(move |(a, p)| row![id, a, p.ppm()]));
    assert_eq!(
        ask(console, "SELECT * FROM asset_floors"),
        floors.collect::<Vec<_>>()
    );
    let shares = all().flat_map(|(id, it)| it.shares.iter().map(move |(a, s)| row![id, a, s]));
    assert_eq!(
        ask(console, "SELECT * FROM shares"),
        shares.collect::<Vec<_>>()
    );
    let allowances = (0..)
        .zip(&state.allowances)
        .map(|(id, it): (u32, _)| row![id, it.asset, it.payer, it.hold.0, it.expires_ms, it.ended]);
    let sql = "SELECT allowance, asset, payer, hold, expires_ms,
                      iif(ended_seq IS NULL, 'false', 'true')
               FROM allowances";
    assert_eq!(ask(console, sql), allowances.collect::<Vec<_>>());
    let received = (0..).zip(&state.assets).flat_map(|(id, it): (u32, _)| {
        it.received
            .iter()
            .map(move |(token, sum)| row![id, token, sum])
    });
    let sql = "SELECT to_asset, token, sum_units(amount_units) FROM royalties
               WHERE kind IN ('floor', 'flow') GROUP BY to_asset, token";
    assert_eq!(ask(console, sql), received.collect::<Vec<_>>());
}

fn check_epochs(state: &State, console: &mut Console) {
    let epochs = (1..).zip(&state.epochs).map(|(id, it): (u64, _)| {
        row![
            id,
            it.log_size - 1,
            it.time_ms,
            it.root,
            it.leaves,
            it.released
        ]
    });
    let sql = "SELECT epoch, seq, time_ms, root, leaves,
                      iif(released_seq IS NULL, 'false', 'true')
               FROM epochs";
    assert_eq!(ask(console, sql), epochs.collect::<Vec<_>>());
    let all = || (1..).zip(&state.epochs).map(|(id, it): (u64, _)| (id, it));
    let totals = all().flat_map(|(id, it)| {
        it.totals
            .iter()
            .map(move |sum| row![id, sum.token, sum.amount_units])
    });
    assert_eq!(
        ask(console, "SELECT * FROM epoch_totals"),
        totals.collect::<Vec<_>>()
    );
    let debits = all().flat_map(|(id, it)| it.debits.iter().map(move |(f, a)| row![id, f, a]));
    assert_eq!(
        ask(console, "SELECT * FROM epoch_debits"),
        debits.collect::<Vec<_>>()
    );
}

fn check_keeping(state: &State, console: &mut Console) {
    let keys = state.log_keys.iter().map(|it| row![it.since, it.key]);
    assert_eq!(
        ask(console, "SELECT * FROM log_keys"),
        keys.collect::<Vec<_>>()
    );
    let root = state.posted_root.iter().map(|it| row![it.size, it.root]);
    let sql = "SELECT size, root FROM state_roots ORDER BY size DESC LIMIT 1";
    assert_eq!(ask(console, sql), root.collect::<Vec<_>>());
    let mut tombstones: Vec<u64> = state.erased.values().map(|it| it.seq).collect();
    tombstones.sort_unstable();
    let tombstones = tombstones.into_iter().map(|seq| row![seq]);
    assert_eq!(
        ask(console, "SELECT seq FROM tombstones"),
        tombstones.collect::<Vec<_>>()
    );
    let witnessed = state.witnessed.iter().map(|it| row![it.quorum]);
    let sql = "SELECT quorum FROM witness_sets ORDER BY seq DESC LIMIT 1";
    assert_eq!(ask(console, sql), witnessed.collect::<Vec<_>>());
}

/// The claim lines of the state as of now.
pub fn claims(state: &State) -> Lines {
    let statement = ledger::claims::statement(state).unwrap();
    let tokens = &state.genesis.as_ref().unwrap().tokens;
    let mut lines = Lines::new();
    for leaf in &statement.leaves {
        let wallet = format!("0x{}", protocol::Address(leaf.account));
        for line in &leaf.lines {
            let token = tokens
                .iter()
                .position(|token| token.0 == line.token)
                .unwrap();
            lines.insert((wallet.clone(), token), line.cumulative);
        }
    }
    lines
}

/// The lines that stand in each epoch are those that its tree was made of.
pub fn check_claims(state: &State, claims: &[Lines], console: &mut Console) {
    assert_eq!(claims.len(), state.epochs.len());
    for (epoch, expected) in (1..).zip(claims) {
        let sql = format!(
            "SELECT wallet, token, cumulative_units FROM claims AS c
             WHERE epoch = (SELECT max(epoch) FROM claims AS d
                            WHERE d.wallet = c.wallet AND d.token = c.token
                            AND d.epoch <= {epoch})"
        );
        let found = ask(console, &sql).into_iter().map(|row| {
            let [wallet, token, amount] = <[String; 3]>::try_from(row).unwrap();
            ((wallet, token.parse().unwrap()), amount.parse().unwrap())
        });
        assert_eq!(&found.collect::<Lines>(), expected, "epoch {epoch}");
    }
}

fn owner(owner: PurseOwner) -> (&'static str, u64) {
    match owner {
        PurseOwner::Fund(id) => ("fund", id.0),
        PurseOwner::Budget(id) => ("budget", id.0.into()),
        PurseOwner::Forfeit(id) => ("forfeit", id.0.into()),
        PurseOwner::Gross(id) => ("gross", id.0.into()),
        PurseOwner::Pot(id) => ("pot", id.0.into()),
        PurseOwner::Pool(id) => ("pool", id.0.into()),
        PurseOwner::Earned(id) => ("earned", id.0.into()),
        PurseOwner::Panel(id) => ("panel", id.0.into()),
    }
}
