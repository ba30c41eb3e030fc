//! Campaigns with a method: what the operator says of running rounds, and appeals with a text.

use crate::world::World;
use ledger::live;
use protocol::judging::{CloseUnits, PauseAccount};
use protocol::{CampaignId, Command, Hash, Rejection};

impl World {
    /// The answers that are sealed so far, as the operator alone can read them.
    fn evidence(&self, campaign: u32) -> Hash {
        if !self.secrets.contains_key(&campaign) {
            return Hash([0; 32]);
        }
        let openings = self.openings(campaign, "").answers;
        let id = CampaignId(campaign);
        let round = self.state.campaign(id).unwrap().open_round();
        let sealed = live::sealed(round.unwrap(), &openings).unwrap();
        live::evidence(self.state.space, id, &sealed)
    }

    pub fn close_units(&mut self, id: u32, units: std::ops::Range<u32>) -> Result<(), Rejection> {
        let close = CloseUnits {
            campaign: CampaignId(id),
            units: units.collect(),
            evidence: self.evidence(id),
        };
        self.ask("operator", Command::CloseUnits(close))
    }

    pub fn pause(&mut self, id: u32, name: &str) -> Result<(), Rejection> {
        let pause = PauseAccount {
            campaign: CampaignId(id),
            account: self.id(name),
            evidence: self.evidence(id),
        };
        self.ask("operator", Command::PauseAccount(pause))
    }
}
