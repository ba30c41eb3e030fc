//! What a hold is for, which the events after it say.

use super::batch::Batch;
use crate::Error;
use protocol::Event;
use protocol::event::{HoldId, Movement};
use std::collections::BTreeMap;

/// Kinds of holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pay,
    Deposit,
    Stake,
    Fees,
    Bonus,
    Allowance,
}

/// What a hold is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Purpose {
    pub kind: Kind,
    /// Contributor of the block, or payer of the allowance.
    pub account: u32,
    pub campaign: Option<u32>,
    pub block: Option<u32>,
    pub asset: Option<u32>,
    pub allowance: Option<u32>,
}

impl Kind {
    const WORDS: [(Self, &'static str); 6] = [
        (Self::Pay, "pay"),
        (Self::Deposit, "deposit"),
        (Self::Stake, "stake"),
        (Self::Fees, "fees"),
        (Self::Bonus, "bonus"),
        (Self::Allowance, "allowance"),
    ];

    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, word)| word)
    }

    pub fn of(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(kind, _)| *kind)
    }
}

impl Batch<'_> {
    /// Finds out what the holds of an entry are for before its movements are carried out.
    pub fn find_purposes(&mut self, events: &[Event]) -> Result<(), Error> {
        self.purposes.clear();
        let pends = |event: &Event| matches!(event, Event::Moved(Movement::Pended { .. }));
        if !events.iter().any(pends) {
            return Ok(());
        }
        let mut blocks: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut allowance = self.next.allowance;
        for event in events {
            match event {
                Event::BlockOpened {
                    campaign,
                    account,
                    pay,
                    deposit,
                } => {
                    let place = (campaign.0, account.0);
                    let before = self.worker(place)?.blocks;
                    let number = blocks.entry(place).or_insert(before);
                    let block = Some(*number);
                    *number += 1;
                    self.worked(*pay, Kind::Pay, place, block);
                    self.worked(*deposit, Kind::Deposit, place, block);
                }
                Event::StakeHeld {
                    campaign,
                    account,
                    hold,
                } => self.worked(*hold, Kind::Stake, (campaign.0, account.0), None),
                Event::FeesHeld {
                    campaign,
                    account,
                    block,
                    hold,
                } => self.worked(*hold, Kind::Fees, (campaign.0, account.0), Some(*block)),
                Event::BonusHeld {
                    campaign,
                    account,
                    block,
                    hold,
                } => self.worked(*hold, Kind::Bonus, (campaign.0, account.0), Some(*block)),
                Event::AllowanceGranted {
                    asset, payer, hold, ..
                } => {
                    let purpose = Purpose {
                        kind: Kind::Allowance,
                        account: payer.0,
                        campaign: None,
                        block: None,
                        asset: Some(asset.0),
                        allowance: Some(allowance),
                    };
                    self.purposes.insert(hold.0, purpose);
                    allowance += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn worked(&mut self, hold: HoldId, kind: Kind, place: (u32, u32), block: Option<u32>) {
        let purpose = Purpose {
            kind,
            account: place.1,
            campaign: Some(place.0),
            block,
            asset: None,
            allowance: None,
        };
        self.purposes.insert(hold.0, purpose);
    }
}
