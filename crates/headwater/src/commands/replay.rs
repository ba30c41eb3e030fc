//! `headwater replay`: the whole flow on a real crowd data set.

use super::summary::{Inferred, Sums, accuracy, delivered, narrow};
use super::{audit, audited, exports, session};
use crate::cli::{Failure, Inference, Pay, Replay};
use crate::flow::{
    self, CallPlan, CampaignPlan, Input, Judging, ModelPlan, Outcome, Pace, Scenario, Unit,
};
use crate::import::{self, Dataset, Request, hidden_gold};
use crate::progress::Bars;
use crate::words::{Paint, count, money, percent};
use anyhow::{Context as _, Result};
use node::Node;
use protocol::campaign::Consensus;
use protocol::document::Outcome as Verdict;
use protocol::{Amount, Hash, Ppm};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DAY_MS: u64 = 24 * 3_600_000;

/// Reads, runs, audits, reports. Nothing is written before the whole input has been read.
pub fn run(args: &Replay) -> Result<()> {
    let request = Request {
        answers: &args.answers,
        gold: args.gold.as_deref(),
        repeats: args.repeats,
        classes: args.classes.as_deref(),
    };
    let dataset = import::read(&request)?;
    for warning in &dataset.warnings {
        eprintln!("warning: {warning}");
    }
    let mut node = session::open_or_create(
        &args.data,
        &format!("replay {} {}", args.seed, fingerprint(&dataset)),
    )?;
    let scenario = scenario(args, &dataset, node.state().size)?;
    let mut bars = Bars::new(args.json);
    let outcome = flow::run(&mut node, &scenario, &mut |step, done, total| {
        bars.show(step, done, total);
    })?;
    let campaign = outcome.worked.first().context("a campaign")?.campaign;
    let exported = exports::write(&node, &args.data, campaign)?;
    let checkpoint = node.close()?;
    let log_key = node.keys().log_key();
    let audited = audit::audit_directory(&args.data, &log_key, &mut bars);
    bars.finish();
    let verdict = match &audited {
        Ok(_) => "verified".to_owned(),
        Err(fault) => audited::fault_line(fault),
    };
    let figures = Figures::new(&node, &scenario, &outcome)?;
    let root = Hash(checkpoint.head.root);
    let report = Report {
        dataset: &dataset,
        figures,
        root,
        log_size: checkpoint.head.size,
        verdict,
    };
    if args.json {
        println!("{}", report.json(&log_key.to_string()));
    } else {
        report.print(&outcome, &scenario);
        println!("\n  exports    {}", exported.display());
        println!("  log key    {log_key}");
        println!(
            "  audit it   headwater audit {} --log-key '{log_key}'",
            args.data.display()
        );
    }
    match audited {
        Ok(_) => Ok(()),
        Err(fault) => {
            Err(Failure::Check(format!("not verified: {}", audited::fault_line(&fault))).into())
        }
    }
}

/// What a new node's keys follow from beside the seed, so that different data never shares a log
/// key.
fn fingerprint(dataset: &Dataset) -> Hash {
    let rows = dataset.answers.iter().flat_map(|row| {
        let numbers = [row.unit, row.worker, u32::from(row.label)];
        numbers.into_iter().flat_map(u32::to_be_bytes)
    });
    let names = [&dataset.classes, &dataset.units, &dataset.workers];
    let names = names
        .into_iter()
        .flatten()
        .flat_map(|name| name.bytes().chain([0]));
    Hash(proof::hash::sha256(&[&rows
        .chain(names)
        .collect::<Vec<u8>>()]))
}

/// The data set's workers become contributors, its rows their signed answers.
fn scenario(args: &Replay, dataset: &Dataset, log_size: u64) -> Result<Scenario> {
    let units = u32::try_from(dataset.units.len())?;
    let call = |number: u32| CallPlan {
        user: usize::from(number % 3 == 2),
        campaign: 0,
        purpose: ["evaluation", "research"][usize::from(number % 3 == 2)].to_owned(),
        input: Input::Unit(number % units),
    };
    Ok(Scenario {
        seed: format!("replay {} {log_size}", args.seed),
        requesters: vec![format!("requester of {}", dataset.name)],
        contributors: dataset.workers.clone(),
        developer: "model developer".to_owned(),
        users: vec!["first user".to_owned(), "second user".to_owned()],
        campaigns: vec![plan(args, dataset)?],
        calls: (0..args.calls).map(call).collect(),
        pace: Pace {
            round_ms: DAY_MS,
            calls_ms: DAY_MS,
            appeal_ms: 3 * DAY_MS,
            closes_after_ms: 21 * DAY_MS + u64::from(args.rounds) * DAY_MS,
        },
    })
}

/// The data set as a campaign: part of the known labels is hidden gold, the rest measures.
fn plan(args: &Replay, dataset: &Dataset) -> Result<CampaignPlan> {
    let hidden = hidden_gold(dataset, args.gold_share, args.seed);
    let label = |unit: &u32| Some((*unit, dataset.gold[*unit as usize]?));
    let mut gold: BTreeMap<u32, u16> = hidden.iter().filter_map(label).collect();
    if args.pay == Pay::Second {
        let count = u32::try_from(dataset.units.len())?;
        gold = flow::balance(&gold, &flow::stretches(count, args.rounds));
    }
    let target = Ppm::new(args.target).context("a probability")?;
    let judging = (args.pay == Pay::Second).then_some(Judging {
        target,
        ..Judging::PLAIN
    });
    let measured = import::measured_gold(dataset, &hidden);
    let truth: BTreeMap<u32, u16> = measured.iter().filter_map(label).collect();
    let share = CampaignPlan::gold_share(gold.len(), dataset.units.len());
    let consensus = match (args.consensus, share.ppm()) {
        (Inference::Majority, _) => Consensus::Majority,
        (Inference::DawidSkene, 0) => Consensus::DawidSkeneCrowdkit,
        (Inference::DawidSkene, _) => Consensus::DawidSkene,
    };
    let unit = |name: &String| Unit {
        name: name.clone(),
        text: None,
    };
    let answers = dataset
        .answers
        .iter()
        .map(|row| (row.unit, row.worker, row.label));
    let mut per_unit = vec![0u64; dataset.units.len()];
    for answer in &dataset.answers {
        per_unit[answer.unit as usize] += 1;
    }
    let overlap = per_unit.into_iter().max().unwrap_or(1);
    Ok(CampaignPlan {
        requester: 0,
        title: title(&dataset.name),
        skill: "single-choice".to_owned(),
        classes: dataset.classes.clone(),
        units: dataset.units.iter().map(unit).collect(),
        answers: answers.collect(),
        gold,
        price: Amount::new(u128::from(args.price_units)).context("a price")?,
        overlap: u16::try_from(overlap).unwrap_or(u16::MAX),
        repeats: true,
        rounds: args.rounds,
        rule: CampaignPlan::rule(consensus, share, args.rounds),
        judging,
        model: ModelPlan {
            title: title(&format!("{} classifier", dataset.name)),
            demand: Ppm::new(400_000).context("below a million")?,
            price: Amount::new(2_000).context("a price")?,
            purposes: vec!["evaluation".to_owned(), "research".to_owned()],
            truth,
        },
    })
}

/// A name that fits the ledger's limit of 120 bytes.
fn title(name: &str) -> String {
    let mut title = String::new();
    for letter in name.chars() {
        if title.len() + letter.len_utf8() > 120 {
            break;
        }
        title.push(letter);
    }
    title
}

struct Figures {
    sums: Sums,
    contributors: u64,
    refunded: Amount,
    inferred: (u64, u64),
    majority: (u64, u64),
    delivered: (u64, u64),
    /// Answers that the first version of the pay rule would have accepted, and their pay; `None`
    /// where it was in force, or where it would have judged more than once.
    before: Option<(u64, Amount)>,
    /// Recorded answers to units that were sure before.
    unasked: u64,
}

/// What `headwater-pay@1` makes of the same answers and gold, judged once.
fn before(node: &Node, outcome: &Outcome) -> Option<(u64, Amount)> {
    let campaign = node.state().campaign(outcome.worked.first()?.campaign)?;
    if campaign.spec.method.is_none() || campaign.rounds.len() > 1 {
        return None;
    }
    let mut first = campaign.clone();
    first.spec.method = None;
    let blocks = first.work.values_mut().flat_map(|work| &mut work.blocks);
    blocks.for_each(|block| block.outcome = Verdict::Held);
    let scores = ledger::score(&first, true).ok()?;
    let price = campaign.spec.price_units;
    let mut sum = (0, Amount::ZERO);
    for row in &scores.blocks {
        if let Verdict::Released(factor) = row.outcome {
            let valid = u64::from(row.valid);
            let pay = price.checked_mul(valid)?.share(factor);
            sum = (sum.0 + valid, sum.1.checked_add(pay)?);
        }
    }
    Some(sum)
}

impl Figures {
    fn new(node: &Node, scenario: &Scenario, outcome: &Outcome) -> Result<Self> {
        let plan = &scenario.campaigns[0];
        let inferred = Inferred::of(scenario, plan)?;
        let truth = &plan.model.truth;
        let scores = &outcome.worked[0].scores.units;
        let bought = |unit: u32| scores.get(unit as usize).filter(|score| score.accepted > 0);
        let label = |unit: u32| bought(unit).and_then(|score| score.label);
        let with_label = truth.iter().filter(|(unit, _)| label(**unit).is_some());
        let sums = Sums::of(node, outcome)?;
        Ok(Self {
            before: before(node, outcome),
            unasked: (plan.answers.len() as u64).saturating_sub(sums.answers),
            sums,
            contributors: scenario.contributors.len() as u64,
            refunded: outcome.settled.refunded_requesters,
            inferred: accuracy(truth, |unit| narrow(inferred.consensus.label(unit))),
            majority: accuracy(truth, |unit| narrow(inferred.majority.label(unit))),
            delivered: accuracy(with_label, label),
        })
    }
}

struct Report<'a> {
    dataset: &'a Dataset,
    figures: Figures,
    root: Hash,
    log_size: u64,
    verdict: String,
}

impl Report<'_> {
    fn json(&self, log_key: &str) -> Value {
        let Figures {
            sums,
            inferred,
            majority,
            delivered,
            ..
        } = &self.figures;
        let number = |amount: Amount| -> Value {
            u64::try_from(amount.units()).map_or_else(|_| json!(amount.to_string()), |n| json!(n))
        };
        json!({
            "dataset": self.dataset.name,
            "units": sums.units,
            "answers": sums.answers,
            "contributors": self.figures.contributors,
            "accuracy": ratio(*inferred),
            "accuracy_majority": ratio(*majority),
            "accuracy_units": inferred.1,
            "accuracy_delivered": ratio(*delivered),
            "delivered_units": sums.labelled,
            "accepted": sums.accepted,
            "paid_units": number(sums.paid),
            "accepted_before": self.figures.before.map(|before| before.0),
            "unasked": self.figures.unasked,
            "refunded_units": number(self.figures.refunded),
            "royalty_units": number(sums.royalty),
            "charged_units": number(sums.charged),
            "log_size": self.log_size,
            "root": self.root.to_string(),
            "log_key": log_key,
            "audit": self.verdict,
        })
    }

    fn print(&self, outcome: &Outcome, scenario: &Scenario) {
        let paint = Paint::new();
        println!(
            "\n{}",
            paint.bold(&format!("Replay of {}", self.dataset.name))
        );
        self.print_work(outcome, scenario);
        self.print_money(outcome, scenario, paint);
        println!(
            "  log        {} entries, root {}",
            n(self.log_size),
            self.root
        );
        println!("  audit      {}", self.verdict);
    }

    fn print_work(&self, outcome: &Outcome, scenario: &Scenario) {
        let Figures {
            sums,
            inferred,
            majority,
            delivered: sold,
            ..
        } = &self.figures;
        let gold = n(scenario.campaigns[0].gold.len() as u64);
        let (answers, people, units) =
            (n(sums.answers), n(self.figures.contributors), n(sums.units));
        println!("  work       {answers} answers by {people} contributors to {units} units");
        println!("             {gold} of the units are hidden gold");
        if inferred.1 == 0 {
            println!("  accuracy   not measured: no known labels beside the hidden gold");
        } else {
            let ours = percent(inferred.0, inferred.1);
            let votes = percent(majority.0, majority.1);
            let known = n(inferred.1);
            println!("  accuracy   {ours} inferred from every answer, {votes} by majority");
            println!("             on {known} units with known labels that were not gold");
        }
        let labelled = n(delivered(&outcome.worked[0].scores.units));
        let right = percent(sold.0, sold.1);
        println!("  delivered  {labelled} labels from accepted answers, {right} right where known");
    }

    fn print_money(&self, outcome: &Outcome, scenario: &Scenario, paint: Paint) {
        let sums = &self.figures.sums;
        let (accepted, share) = (n(sums.accepted), percent(sums.accepted, sums.answers));
        let (paid, back) = (money(sums.paid), money(self.figures.refunded));
        println!("  pay        {accepted} answers accepted ({share}): {paid} paid, {back} back");
        if let Some((answers, pay)) = self.figures.before {
            let (answers, pay) = (n(answers), money(pay));
            println!("             `headwater-pay@1` would have accepted {answers}: {pay} paid");
        }
        if self.figures.unasked > 0 {
            let saved = n(self.figures.unasked);
            println!(
                "             {saved} recorded answers were not needed: units were sure before"
            );
        }
        if sums.accepted * 2 < sums.answers {
            let hint = "hint       so little gold proves few people; try a larger --gold-share";
            println!("  {}", paint.yellow(hint));
        }
        let trained = &outcome.trained[0];
        let right = percent(trained.right.0, trained.right.1);
        println!(
            "  model      trained on {} units, {right} right on others",
            n(trained.examples)
        );
        let (calls, charged) = (n(scenario.calls.len() as u64), money(sums.charged));
        let upstream = money(sums.royalty);
        println!("  royalties  {calls} calls paid {charged}, {upstream} of it went upstream");
        let (claimed, wallets) = (
            money(outcome.settled.claimed),
            n(outcome.settled.wallets_equal),
        );
        println!(
            "  chain      {claimed} claimed, to the unit what the ledger owes {wallets} wallets"
        );
    }
}

fn n(number: u64) -> String {
    count(u128::from(number))
}

fn ratio((right, total): (u64, u64)) -> Value {
    if total == 0 {
        Value::Null
    } else {
        json!(right as f64 / total as f64)
    }
}
