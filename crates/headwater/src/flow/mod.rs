//! The whole river once: people, deposits, work, pay, model, calls, royalties, claims.
//!
//! A [`Scenario`] says who does what; [`run`] carries it out on a node with real keys, signatures,
//! seals, scores, contracts and money. `demo` and `replay` differ in their scenario alone.

mod calls;
mod people;
mod scenario;
mod settle;
mod train;
mod work;

pub use calls::Sample;
pub use people::{Person, Roster};
pub use scenario::{
    CallPlan, CampaignPlan, Input, Judging, ModelPlan, Pace, Scenario, Unit, balance, stretches,
};
pub use settle::Settled;
pub use train::Trained;
pub use work::Worked;

use anyhow::Result;
use node::Node;

/// Told of every step: what, how much of it is done, how much there is.
pub type Progress<'a> = dyn FnMut(&str, u64, u64) + 'a;

/// What a run has left behind, beside the data directory.
#[derive(Debug)]
pub struct Outcome {
    /// Everybody, with their accounts and deposits.
    pub roster: Roster,
    /// One per campaign, in the scenario's order.
    pub worked: Vec<Worked>,
    /// One per campaign, in the scenario's order.
    pub trained: Vec<Trained>,
    /// One call, followed to the last unit.
    pub sample: Option<Sample>,
    /// What the epochs have moved.
    pub settled: Settled,
}

/// Carries a scenario out from the first account to the last claim.
pub fn run(node: &mut Node, scenario: &Scenario, progress: &mut Progress<'_>) -> Result<Outcome> {
    let start_ms = node.now_ms();
    let mut roster = people::join(node, scenario, progress)?;
    people::deposit(node, scenario, &mut roster, progress)?;
    let worked = work::carry_out(node, scenario, &mut roster, progress)?;
    let mut settlement = settle::Settlement::new();
    settlement.pay_work(node, progress)?;
    let trained = train::train(node, scenario, &mut roster, &worked, progress)?;
    let sample = calls::serve(node, scenario, &mut roster, &trained, progress)?;
    settlement.disclose(node, &mut roster)?;
    let end_ms = start_ms + scenario.pace.closes_after_ms;
    let settled = settlement.finish(node, &roster, &worked, end_ms, progress)?;
    Ok(Outcome {
        roster,
        worked,
        trained,
        sample,
        settled,
    })
}
