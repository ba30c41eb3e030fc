//! Who may work where, and what an offer would seal.

use super::Refused;
use ledger::State;
use protocol::document::AnswerOpening;
use protocol::{AccountId, CampaignId, Command, codec};
use sequencer::Offer;

pub(super) fn may_work(
    state: &State,
    campaign: CampaignId,
    account: AccountId,
) -> Result<(), Refused> {
    let open = state.campaign(campaign).ok_or(Refused::UnknownCampaign)?;
    if open.open_round().is_none() {
        return Err(Refused::NoRound);
    }
    let method = open.spec.method.as_ref();
    let judges = method.is_some_and(|method| method.panel.contains(&account));
    if judges || open.owner == account {
        return Err(Refused::Involved);
    }
    if open.conduct.paused.contains_key(&account) {
        return Err(Refused::Paused);
    }
    Ok(())
}

/// The campaign whose sealed answers an offer adds to or changes.
pub fn sealing(offer: &Offer) -> Option<CampaignId> {
    match &offer.signed.submission.command {
        Command::SealAnswers(sealed) => Some(sealed.campaign),
        Command::ReplaceAnswer(replace) => Some(replace.campaign),
        _ => None,
    }
}

/// Whose answers to which units an offer seals.
pub(super) fn sealed(offer: &Offer) -> Option<(CampaignId, AccountId, Vec<u32>)> {
    let submission = &offer.signed.submission;
    let Command::SealAnswers(sealed) = &submission.command else {
        return None;
    };
    // The rules refuse what does not decode.
    let openings: Vec<AnswerOpening> = codec::decode(&offer.body).ok()?;
    let units = openings.iter().map(|opening| opening.unit).collect();
    Some((sealed.campaign, submission.account?, units))
}
