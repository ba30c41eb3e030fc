//! The demo's ending in words.

use super::story::{Ending, Story};
use crate::commands::summary::{Inferred, accuracy, narrow};
use crate::flow::{Input, Sample, Worked};
use crate::words::{Paint, bar, count, money, percent, plural};
use anyhow::Result;
use protocol::document::Outcome as Verdict;
use protocol::{Amount, Hash};

impl Story<'_> {
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
            "             headwater account {} --data {dir}",
            self.best.first().map_or(0, |best| best.account.0)
        );
        println!("             headwater log tail --data {dir}");
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

    pub(super) fn delivered(&self, number: usize, worked: &Worked) -> (u64, u64) {
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
            "", "people", "answers", "accepted", "pay", "shares", "lost"
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
            paint.dim("shares: royalties, and the deposits that others lost with rejected blocks")
        );
        for person in &self.best {
            println!(
                "\n  {} (account {}) earned {}, and {} by shares in the labels so far",
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
            "  {} calls paid {} in all, {} of it flowed upstream; every later call adds to it",
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
}
