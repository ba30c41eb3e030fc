//! The demo's ending: who earned what and why, what the farmers got, where one call's money went.

use crate::commands::summary::{self, Sums, add, earnings};
use crate::flow::{Outcome, Scenario};
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
    pub(super) node: &'a Node,
    pub(super) world: &'a World,
    pub(super) scenario: &'a Scenario,
    pub(super) outcome: &'a Outcome,
    pub(super) sums: Sums,
    pub(super) groups: Vec<Group>,
    pub(super) best: Vec<Earner>,
}

/// Contributors of one kind.
#[derive(Default)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) people: u64,
    pub(super) answers: u64,
    pub(super) accepted: u64,
    pub(super) pay: Amount,
    pub(super) royalties: Amount,
    pub(super) lost: Amount,
}

/// One contributor, with the reason in words.
pub(super) struct Earner {
    pub(super) name: String,
    pub(super) account: AccountId,
    pub(super) pay: Amount,
    pub(super) royalties: Amount,
    pub(super) reason: String,
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
                let busiest = self.outcome.worked.iter().max_by_key(|worked| {
                    let rows = worked.scores.blocks.iter();
                    rows.filter(|row| row.account == person.account).count()
                });
                let reason = busiest.and_then(|worked| {
                    ledger::reason::reason(self.node.state(), worked.campaign, person.account)
                });
                Earner {
                    name: person.name.clone(),
                    account: person.account,
                    pay,
                    royalties,
                    reason: reason.unwrap_or_default().to_string(),
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
