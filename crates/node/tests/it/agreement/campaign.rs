//! Campaigns, rounds, blocks, answers and units.

use super::{ask, or_dash};
use ledger::work::{Campaign, Stage};
use protocol::document::Outcome;
use std::collections::BTreeMap;
use view::console::Console;

pub fn check(campaign: &Campaign, id: u32, console: &mut Console) {
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
    check_sums(campaign, id, console);
}

fn check_sums(campaign: &Campaign, id: u32, console: &mut Console) {
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
    let classes: Vec<_> = campaign
        .spec
        .classes
        .iter()
        .map(|class| row![class])
        .collect();
    assert_eq!(ask(console, &sql), classes);
}

pub fn check_work(campaign: &Campaign, id: u32, console: &mut Console) {
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
    check_blocks(campaign, id, console);
    check_rounds(campaign, id, console);
}

fn check_blocks(campaign: &Campaign, id: u32, console: &mut Console) {
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
}

fn check_rounds(campaign: &Campaign, id: u32, console: &mut Console) {
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

pub fn check_units(campaign: &Campaign, id: u32, console: &mut Console) {
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
