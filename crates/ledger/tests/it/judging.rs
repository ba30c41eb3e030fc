//! Campaigns with a method: what the operator says of running rounds, and appeals with a text.

use crate::kit::salt;
use crate::script::play;
use crate::world::{SPACE, World};
use ledger::commitment::{self, Statement};
use ledger::{Offer, live};
use protocol::judging::{Appeal, CloseUnits, PauseAccount};
use protocol::{CampaignId, Command, Hash, Rejection, codec};

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

#[test]
fn what_an_appeal_says_opens_its_commitment_and_stays_out_of_the_log() {
    let (mut world, _) = play(crate::refused_judging::REJECTED);
    let said = Statement {
        text: "the message names two bills".into(),
        salt: salt(1),
    };
    let (account, nonce) = (world.id("spam"), world.actor("spam").nonce + 1);
    let private = commitment::statement(SPACE, account, nonce, &said);
    let appeal = Appeal {
        campaign: CampaignId(0),
        block: 0,
    };
    let signed = world.sign("spam", Command::Appeal(appeal), Some(private));
    let refused = |body: Vec<u8>| {
        let offer = Offer {
            signed: signed.clone(),
            body,
            attachments: Vec::new(),
        };
        ledger::refused(&world.state, world.time_ms, &offer, &world.shelf)
    };
    assert_eq!(refused(codec::encode(&said)), None);
    let other = Statement {
        text: "pay me".into(),
        ..said
    };
    let mismatch = Some(Rejection::OpeningMismatch);
    assert_eq!(refused(codec::encode(&other)), mismatch);
    assert_eq!(refused(Vec::new()), mismatch);
    let logged = codec::encode(&signed);
    assert!(!logged.windows(7).any(|part| part == b"message"));
}
