//! Rounds as the work floor must know them, at a start and when they open.

use crate::Error;
use crate::draft::{self, Draft};
use crate::floor::Opening;
use ledger::State;
use ledger::work::Campaign;
use protocol::AccountId;
use view::plan::Plans;

/// The running round of a campaign as the floor must know it.
pub fn opening(campaign: &Campaign, draft: &Draft) -> Option<Opening> {
    let round = campaign.open_round()?;
    Some(Opening {
        first_unit: round.first_unit,
        unit_count: round.unit_count,
        units_per_task: draft.units_per_task(),
        overlap: campaign.spec.overlap,
        pair_cap: draft.pair_cap,
        seed: draft::order_seed(&round.gold_root),
    })
}

/// The rounds that run at a start, with what is sealed in them.
pub fn running(
    state: &State,
    desks: &crate::round::Desks,
    plans: &Plans,
) -> Result<Vec<crate::workplace::Running>, Error> {
    let mut running = Vec::new();
    for (id, campaign) in state.numbered_campaigns() {
        let Some(round) = campaign.open_round() else {
            continue;
        };
        let plan = plans.of_campaign(id)?;
        let draft = plan.and_then(|plan| serde_json::from_str(&plan.settings).ok());
        let draft: Draft = draft.unwrap_or_default();
        if let Some(opening) = opening(campaign, &draft) {
            let sealed: Vec<(AccountId, u32)> = desks.sealed(id, round);
            running.push((id, opening, sealed));
        }
    }
    Ok(running)
}
