//! Contributors, appeals and facts.

use super::{ask, or_dash};
use ledger::work::Campaign;
use view::console::Console;

pub fn check(campaign: &Campaign, id: u32, console: &mut Console) {
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
    check_appeals(campaign, id, console);
    check_facts(campaign, id, console);
}

fn check_appeals(campaign: &Campaign, id: u32, console: &mut Console) {
    let conduct = &campaign.conduct;
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
}

fn check_facts(campaign: &Campaign, id: u32, console: &mut Console) {
    let conduct = &campaign.conduct;
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
