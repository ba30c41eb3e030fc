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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub(super) campaign: CampaignId,
    pub(super) account: AccountId,
    pub(super) units: Vec<u32>,
}

impl Sealed {
    /// What an offer seals, if it seals anything; read out of its body, so once is enough.
    pub fn of(offer: &Offer) -> Option<Self> {
        let submission = &offer.signed.submission;
        let Command::SealAnswers(sealed) = &submission.command else {
            return None;
        };
        // The rules refuse what does not decode.
        let openings: Vec<AnswerOpening> = codec::decode(&offer.body).ok()?;
        Some(Self {
            campaign: sealed.campaign,
            account: submission.account?,
            units: openings.iter().map(|opening| opening.unit).collect(),
        })
    }
}
