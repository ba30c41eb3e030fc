//! The demo's ending: who earned what and why, what the farmers got, where one call's money went.

use crate::commands::summary::{self, Inferred, Sums, accuracy, add, earnings, narrow};
use crate::flow::{Input, Outcome, Sample, Scenario, Worked};
use crate::words::{Paint, bar, count, money, percent, plural};
use anyhow::Result;
use node::Node;
use proof::merkle::Head;
use protocol::document::Outcome as Verdict;
use protocol::{AccountId, Amount, Hash};
use serde_json::{Value, json};
use sim::world::{Persona, World};
use std::path::{Path, PathBuf};

/// What stands at the end, beside the economy itself.
pub struct Ending<'a> {
    /// The data directory.
    pub dir: &'a Path,
    /// The log's public key.
    pub key: String,
    /// Size and root of the signed log.
    pub head: Head,
    /// What the audit said.
    pub verdict: Result<(), String>,
    /// Run time.
    pub seconds: f64,
    /// Folders with exports.
    pub exports: &'a [PathBuf],
}

/// The numbers behind the words.
pub struct Story<'a> {
    node: &'a Node,
    world: &'a World,
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    sums: Sums,
    groups: Vec<Group>,
    best: Vec<Earner>,
}

/// Contributors of one kind.
#[derive(Default)]
struct Group {
    name: &'static str,
    people: u64,
    answers: u64,
    accepted: u64,
    pay: Amount,
    royalties: Amount,
    lost: Amount,
}

/// One contributor, with the reason in words.
struct Earner {
    name: String,
    account: AccountId,
    pay: Amount,
    royalties: Amount,
    reason: String,
}

const KINDS: [(&str, &[Persona]); 4] = [
    ("honest people", &[Persona::Honest]),
    ("careless people", &[Persona::Careless]),
    (
        "spammers",
        &[Persona::Random, Persona::Constant, Persona::Prior],
    ),
    ("the copying ring", &[Persona::Leader, Persona::Follower]),
];

impl<'a> Story<'a> {
    /// Reads everything off the ledger; personas come from the world, which alone knows them.
    pub fn new(
        node: &'a Node,
        world: &'a World,
        scenario: &'a Scenario,
        outcome: &'a Outcome,
    ) -> Result<Self> {
        let earned = earnings(node)?;
        let mut story = Self {
            node,
            world,
            scenario,
            outcome,
            sums: Sums::of(node, outcome)?,
            groups: Vec::new(),
            best: Vec::new(),
        };
        for (name, personas) in KINDS {
            let mut group = Group {
                name,
                ..Group::default()
            };
            for (person, joined) in world.contributors.iter().zip(&outcome.roster.contributors) {
                if personas.contains(&person.persona) {
                    let (pay, royalties) = earned[joined.account.index()];
                    group.people += 1;
                    group.pay = add(group.pay, pay);
                    group.royalties = add(group.royalties, royalties);
                    story.count_work(joined.account, &mut group);
                }
            }
            story.groups.push(group);
        }
        story.best = story.rank(&earned);
        Ok(story)
    }

    fn count_work(&self, account: AccountId, group: &mut Group) {
        for worked in &self.outcome.worked {
            let Some(campaign) = self.node.state().campaign(worked.campaign) else {
                continue;
            };
            let deposit = campaign.block_deposit().unwrap_or_default();
            let rows = worked
                .scores
                .blocks
                .iter()
                .filter(|row| row.account == account);
            for row in rows {
                group.answers += u64::from(row.valid);
                match row.outcome {
                    Verdict::Released(_) => group.accepted += u64::from(row.valid),
                    Verdict::Rejected => group.lost = add(group.lost, deposit),
                    Verdict::Held => {}
                }
            }
        }
    }

    /// The three who earned most, and one who was rejected, each with the reason they read.
    fn rank(&self, earned: &[(Amount, Amount)]) -> Vec<Earner> {
        let mut people: Vec<Earner> = self
            .outcome
            .roster
            .contributors
            .iter()
            .map(|person| {
                let (pay, royalties) = earned[person.account.index()];
                let reasons = self.outcome.worked.iter().filter_map(|worked| {
                    ledger::reason::reason(self.node.state(), worked.campaign, person.account)
                });
                Earner {
                    name: person.name.clone(),
                    account: person.account,
                    pay,
                    royalties,
                    reason: reasons.last().unwrap_or_default(),
                }
            })
            .collect();
        people.sort_by_key(|person| {
            std::cmp::Reverse((add(person.pay, person.royalties), person.account))
        });
        let rejected = people
            .iter()
            .rposition(|person| person.reason.contains("rejected"));
        let rejected = rejected
            .filter(|place| *place >= 3)
            .map(|place| people.remove(place));
        people.truncate(3);
        people.extend(rejected);
        people
    }

    /// The summary for people.
    pub fn print(&self, ending: &Ending<'_>) {
        let paint = Paint::new();
        println!("\n{}", paint.bold("What happened"));
        self.print_work(paint);
        println!("\n{}", paint.bold("Who earned what"));
        self.print_people(paint);
        println!("\n{}", paint.bold("Where one model call's money went"));
        if let Some(sample) = &self.outcome.sample {
            self.print_call(sample);
        }
        println!("\n{}", paint.bold("On the chain"));
        self.print_chain();
        println!("\n{}", paint.bold("Check it yourself"));
        let verdict = match &ending.verdict {
            Ok(()) => paint.green("verified"),
            Err(fault) => paint.yellow(fault),
        };
        println!(
            "  audit      {verdict}: {} entries, root {}",
            count(u128::from(ending.head.size)),
            Hash(ending.head.root)
        );
        println!("  log key    {}", ending.key);
        let dir = ending.dir.display();
        println!(
            "             headwater audit {dir} --log-key '{}'",
            ending.key
        );
        println!(
            "             headwater account {dir} {}",
            self.best.first().map_or(0, |best| best.account.0)
        );
        println!("             headwater log {dir} tail");
        for folder in ending.exports {
            println!("  exported   {}", folder.display());
        }
        println!(
            "  {}",
            paint.dim(&format!(
                "took {:.1} s; four weeks of log time passed on the devnet's clock",
                ending.seconds
            ))
        );
    }

    fn print_work(&self, paint: Paint) {
        for (number, worked) in self.outcome.worked.iter().enumerate() {
            let plan = &self.scenario.campaigns[number];
            let (right, total) = self.delivered(number, worked);
            let majority = self.majority(number).unwrap_or_default();
            let trained = &self.outcome.trained[number];
            println!(
                "  {} asked for `{}`: {} answers to {} units in {} classes",
                self.scenario.requesters[plan.requester],
                plan.title,
                count(plan.answers.len() as u128),
                count(plan.units.len() as u128),
                plan.classes.len(),
            );
            println!(
                "    labels     {} right (a majority vote gets {}); {} each correct label",
                paint.green(&percent(right, total)),
                percent(majority.0, majority.1),
                self.cost_per_label(number, right),
            );
            println!(
                "    model      `{}` learnt from {} of them: {} right on units it had not seen",
                plan.model.title,
                count(u128::from(trained.examples)),
                percent(trained.right.0, trained.right.1),
            );
        }
    }

    fn delivered(&self, number: usize, worked: &Worked) -> (u64, u64) {
        let truth = &self.scenario.campaigns[number].model.truth;
        let gold = &self.scenario.campaigns[number].gold;
        let label = |unit: u32| worked.scores.units[unit as usize].label;
        let known = truth.iter().filter(|(unit, _)| !gold.contains_key(unit));
        accuracy(known.filter(|(unit, _)| label(**unit).is_some()), label)
    }

    fn majority(&self, number: usize) -> Result<(u64, u64)> {
        let plan = &self.scenario.campaigns[number];
        let inferred = Inferred::of(self.scenario, plan)?;
        let known = plan
            .model
            .truth
            .iter()
            .filter(|(unit, _)| !plan.gold.contains_key(unit));
        Ok(accuracy(known, |unit| {
            narrow(inferred.majority.label(unit))
        }))
    }

    /// What the requester has spent on accepted work, over the correct labels it holds.
    fn cost_per_label(&self, number: usize, right: u64) -> String {
        let worked = &self.outcome.worked[number];
        let price = self.scenario.campaigns[number].price;
        let paid = worked
            .scores
            .blocks
            .iter()
            .fold(0u128, |sum, row| match row.outcome {
                Verdict::Released(factor) => {
                    sum + price
                        .checked_mul(u64::from(row.valid))
                        .unwrap_or_default()
                        .share(factor)
                        .units()
                }
                _ => sum,
            });
        let gold = self.scenario.campaigns[number].gold.len() as u128;
        Amount::new(paid / (u128::from(right) + gold).max(1)).map_or_else(String::new, money)
    }

    fn print_people(&self, paint: Paint) {
        println!(
            "  {:<18}{:>7}{:>9}  {:<33}{:>12}{:>11}{:>11}",
            "", "people", "answers", "accepted", "pay", "royalties", "lost"
        );
        for group in &self.groups {
            println!(
                "  {:<18}{:>7}{:>9}  {:<24}{:>9}{:>12}{:>11}{:>11}",
                group.name,
                group.people,
                count(u128::from(group.answers)),
                bar(group.accepted, group.answers),
                percent(group.accepted, group.answers),
                money(group.pay),
                money(group.royalties),
                money(group.lost),
            );
        }
        println!(
            "  {}",
            paint
                .dim("lost: deposits of rejected blocks; they go to those whose work was accepted")
        );
        for person in &self.best {
            println!(
                "\n  {} (account {}) earned {}, and {} in royalties so far",
                paint.bold(&person.name),
                person.account,
                money(person.pay),
                money(person.royalties),
            );
            println!("    because    {}", person.reason);
        }
    }

    fn print_call(&self, sample: &Sample) {
        let plan = &self.scenario.campaigns[sample.campaign];
        let worked = &self.outcome.worked[sample.campaign];
        let user = &self.scenario.users[sample.user];
        if let Input::Text(text) = &sample.input {
            println!(
                "  {user} asked `{}` for {}:",
                plan.model.title, sample.purpose
            );
            println!("    \"{text}\"");
            println!(
                "    -> {}   (receipt {})",
                plan.classes[sample.label as usize],
                &Hash(sample.receipt).to_string()[..16]
            );
        }
        let upstream = sample.price.share(plan.model.demand);
        let kept = sample.price.checked_sub(upstream).unwrap_or_default();
        let asset = self.node.state().asset(worked.asset);
        let pool = asset.map_or(Amount::ZERO, |asset| {
            upstream.share(asset.registered.terms.contributors_share)
        });
        let owner = upstream.checked_sub(pool).unwrap_or_default();
        let people = asset.map_or(0, |asset| asset.registered.shares.len());
        let row = |label: &str, amount: Amount| {
            let part = u64::try_from(amount.units()).unwrap_or(u64::MAX);
            let whole = u64::try_from(sample.price.units()).unwrap_or(u64::MAX);
            println!("    {label:<52}{:>10}  {}", money(amount), bar(part, whole));
        };
        row("paid for the call", sample.price);
        row(&format!("{} keeps", self.scenario.developer), kept);
        row(
            &format!(
                "{} people whose answers are in `{}`",
                count(people as u128),
                plan.title
            ),
            pool,
        );
        row(
            &format!(
                "{}, who asked for them",
                self.scenario.requesters[plan.requester]
            ),
            owner,
        );
        println!(
            "  {} calls paid {} in all, {} of it flowed upstream; so does every later call, for life",
            count(self.scenario.calls.len() as u128),
            money(self.sums.charged),
            money(self.sums.royalty),
        );
    }

    fn print_chain(&self) {
        let settled = &self.outcome.settled;
        println!(
            "  {} posted, each after its challenge window; {} claimed, {} refunded to funders",
            plural(settled.epochs.len() as u64, "epoch"),
            money(settled.claimed),
            money(settled.refunded),
        );
        println!(
            "  balances of {} equal the ledger's to the last unit",
            plural(settled.wallets_equal, "wallet"),
        );
        let (gas, leaves) = settled.claim_gas;
        println!(
            "  gas: {} to post an epoch, {} a claim when relayed in batches",
            count(u128::from(settled.post_gas)),
            count(u128::from(gas / leaves.max(1))),
        );
    }

    /// The same as one object.
    pub fn json(&self, ending: &Ending<'_>) -> Value {
        let groups = self.groups.iter().map(|group| {
            json!({
                "group": group.name, "people": group.people, "answers": group.answers,
                "accepted": group.accepted, "pay_units": group.pay.to_string(),
                "royalty_units": group.royalties.to_string(), "lost_units": group.lost.to_string(),
            })
        });
        let campaigns = self
            .outcome
            .worked
            .iter()
            .enumerate()
            .map(|(number, worked)| {
                let (right, total) = self.delivered(number, worked);
                json!({
                    "campaign": self.scenario.campaigns[number].title,
                    "right": right, "measured": total,
                    "delivered_units": summary::delivered(&worked.scores.units),
                })
            });
        json!({
            "units": self.sums.units,
            "answers": self.sums.answers,
            "contributors": self.world.contributors.len(),
            "accepted": self.sums.accepted,
            "paid_units": self.sums.paid.to_string(),
            "charged_units": self.sums.charged.to_string(),
            "royalty_units": self.sums.royalty.to_string(),
            "claimed_units": self.outcome.settled.claimed.to_string(),
            "refunded_units": self.outcome.settled.refunded.to_string(),
            "campaigns": campaigns.collect::<Vec<_>>(),
            "groups": groups.collect::<Vec<_>>(),
            "log_size": ending.head.size,
            "root": Hash(ending.head.root).to_string(),
            "log_key": ending.key,
            "audit": ending.verdict.as_ref().map_or_else(Clone::clone, |()| "verified".to_owned()),
            "seconds": ending.seconds,
        })
    }
}
