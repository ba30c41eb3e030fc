//! What the operator has said of a running round, held against its answers once they are open.

use crate::Fault;
use ledger::State;
use ledger::conduct::Fact;
use ledger::live::{self, Sealed};
use ledger::work::Campaign;
use protocol::command::CloseRound;
use protocol::document::Openings;
use protocol::{AccountId, codec};
use std::collections::BTreeMap;

/// What one entry has said.
#[derive(Default)]
struct Said {
    units: Vec<u32>,
    accounts: Vec<AccountId>,
}

/// Looks again at what was sealed before each such entry: the units that it has closed must be as
/// sure, and the accounts that it has paused as far below, as the campaign states. `state` is that
/// before the round is closed.
pub(crate) fn check(
    seq: u64,
    state: &State,
    round: &CloseRound,
    bytes: &[u8],
) -> Result<(), Fault> {
    let campaign = state.campaign(round.campaign);
    let campaign = campaign.expect("`decide` has closed its round");
    let said = said(campaign);
    if said.is_empty() {
        return Ok(());
    }
    let openings: Openings = codec::decode(bytes).expect("`decide` has read it");
    let open = campaign.open_round().expect("`decide` has closed it");
    let sealed = live::sealed(open, &openings.answers).expect("`decide` has counted them");
    let gold: Vec<(u32, u16)> = (open.first_unit..)
        .zip(&openings.gold)
        .filter_map(|(unit, opening)| Some((unit, opening.label?)))
        .collect();
    for (fact, said) in said {
        let before: Vec<Sealed> = sealed
            .iter()
            .filter(|it| it.seq < fact.0)
            .copied()
            .collect();
        let id = round.campaign;
        if live::evidence(state.space, id, &before) != fact.1 {
            let what = format!(
                "entry {} names other evidence than was sealed before it",
                fact.0
            );
            return Err(Fault::new("evidence_differs", what).of_entry(fact.0));
        }
        let look = live::look(campaign, &before, &gold).map_err(|rejection| {
            let what = format!("entry {seq} opens a round that cannot be looked at: {rejection}");
            Fault::new("evidence_differs", what)
        })?;
        let unsure = |unit: &&u32| look.sure.binary_search(unit).is_err();
        if let Some(unit) = said.units.iter().find(unsure) {
            let what = format!(
                "entry {} closes unit {unit} of campaign {id}, whose label was not as probable \
                 as the campaign states",
                fact.0
            );
            return Err(Fault::new("closed_unsure", what).of_entry(fact.0));
        }
        let unproven = |account: &&AccountId| look.below.binary_search(account).is_err();
        if let Some(account) = said.accounts.iter().find(unproven) {
            let what = format!(
                "entry {} pauses account {account} in campaign {id}, against whom gold did not \
                 speak",
                fact.0
            );
            return Err(Fault::new("paused_unproven", what).of_entry(fact.0));
        }
    }
    Ok(())
}

/// By entry and evidence, what was said of the open round.
fn said(campaign: &Campaign) -> BTreeMap<(u64, protocol::Hash), Said> {
    let mut said: BTreeMap<_, Said> = BTreeMap::new();
    let key = |fact: &Fact| (fact.seq, fact.evidence);
    for (unit, fact) in &campaign.conduct.closed {
        said.entry(key(fact)).or_default().units.push(*unit);
    }
    for (account, fact) in &campaign.conduct.paused {
        said.entry(key(fact)).or_default().accounts.push(*account);
    }
    said
}
