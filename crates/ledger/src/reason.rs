//! Why a contributor was paid or not, in words that name the evidence and the rule.

use crate::State;
use crate::work::Campaign;
use alloc::format;
use alloc::string::String;
use protocol::document::{ContributorScore, Outcome};
use protocol::{AccountId, CampaignId};

/// One or two sentences for the contributor; `None` where the account did no work in the campaign.
pub fn reason(state: &State, id: CampaignId, account: AccountId) -> Option<String> {
    let campaign = state.campaign(id)?;
    let work = campaign.work.get(&account)?;
    let (mut released, mut rejected, mut held, mut answers) = (0u32, 0u32, 0u32, 0u32);
    for block in &work.blocks {
        match block.outcome {
            Outcome::Released(_) => {
                released += 1;
                answers += u32::from(block.valid);
            }
            Outcome::Rejected => rejected += 1,
            Outcome::Held => held += 1,
        }
    }
    let mut text = format!("{answers} answers accepted in {released} of ");
    text.push_str(&format!("{} blocks", work.blocks.len()));
    if rejected > 0 {
        text.push_str(&format!(
            ", {rejected} rejected for want of evidence above chance"
        ));
    }
    if held > 0 {
        text.push_str(&format!(", {held} not judged yet"));
    }
    let row = campaign
        .contributors
        .iter()
        .find(|row| row.account == account);
    if let Some(row) = row {
        text.push_str("; ");
        text.push_str(&evidence(campaign, row));
    }
    Some(text)
}

fn evidence(campaign: &Campaign, row: &ContributorScore) -> String {
    let mut text = format!(
        "{} of {} hidden checks right",
        row.gold_right, row.gold_seen
    );
    if row.peer_seen > 0 {
        text.push_str(&format!(
            ", {} answers compared with proven peers",
            row.peer_seen
        ));
    }
    let class = |label: u16| campaign.spec.classes.get(usize::from(label));
    if let Some(confusion) = row.confusion
        && let (Some(given), Some(truth)) = (class(confusion.given), class(confusion.truth))
    {
        let percent = confusion.rate.ppm() / 10_000;
        text.push_str(&format!(
            "; answers `{given}` for `{truth}` {percent} % of the time"
        ));
    }
    text
}
