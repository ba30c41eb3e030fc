//! Campaigns: sealed answers with private bodies, sidecars that open them, scores.
use ledger::commitment::{self, AnswerPlace};
use ledger::work::{Campaign, Round, SealedBatch, Stage};
use ledger::{Offer, State};
use proof::hash::sha256;
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::command::{CloseRound, OpenRound, PostScores, SealAnswers};
use protocol::document::{AnswerOpening, GoldOpening, Openings, Unit, Units};
use protocol::undo::ReplaceAnswer;
use protocol::{CampaignId, Command, FundId, Hash, codec};

use super::Clients;
use super::people::{OPERATOR, REQUESTER, SPACE, WORKERS};
use super::propose::{amount, share, terms};
use crate::random::Random;

const UNITS: u32 = 4;
/// Entries that seal or replace answers, after which a round ends.
const ROUND_ENTRIES: usize = 6;
/// What a worker may say in one place, one after the other.
const VERSIONS: u8 = 3;

impl Clients {
    /// The next command of the newest campaign, or one that opens the next.
    pub(super) fn work(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        let number = state.campaigns.len().checked_sub(1);
        let Some(id) = number.map(|number| CampaignId(number as u32)) else {
            return Some(self.open_campaign(state));
        };
        let campaign = state.campaign(id)?;
        let round = campaign.open_round();
        match campaign.stage {
            Stage::Open => match round {
                Some(round) if round.sealed.len() < ROUND_ENTRIES => match random.chance(300_000) {
                    true => self.replace(state, (id, round), random),
                    false => self.seal(state, id, random),
                },
                Some(_) => Some(self.close_round(state, id, campaign)),
                None if campaign.units_out() == 0 => Some(self.open_round(state, id)),
                None => self.scores(state, id, campaign),
            },
            Stage::Scored => Some(self.sign(state, REQUESTER, Command::CloseCampaign(id))),
            Stage::Closed if random.chance(500_000) => {
                Some(self.sign(state, OPERATOR, Command::ReturnHeld(id)))
            }
            Stage::Closed | Stage::Settled => Some(self.open_campaign(state)),
        }
    }

    fn open_campaign(&mut self, state: &State) -> Offer {
        self.serial += 1;
        let serial = self.serial;
        let row = |unit| Unit {
            name: format!("unit {serial}.{unit}"),
            text: None,
        };
        let units = codec::encode(&Units {
            rows: (0..UNITS).map(row).collect(),
            brief: None,
        });
        let spec = Spec {
            title: format!("campaign {serial}"),
            skill: "sentiment".to_owned(),
            classes: vec!["bad".to_owned(), "good".to_owned()],
            units: Hash(sha256(&[&units])),
            unit_count: UNITS,
            fund: FundId(REQUESTER as u64 + 1),
            budget_units: amount(600),
            price_units: amount(20),
            overlap: 4,
            repeats: true,
            rule: Rule {
                consensus: Consensus::Majority,
                gold_share: share(0),
                block_length: UNITS as u16,
                beta: share(10_000),
                reference_accuracy: share(850_000),
                judgements: 1,
            },
            appeal_ms: 10_000,
            terms: terms(),
            weighting: Weighting::AcceptedAnswers,
            method: None,
            bonus: None,
        };
        let mut offer = self.sign(state, REQUESTER, Command::OpenCampaign(spec));
        offer.attachments.push(units);
        offer
    }

    fn open_round(&mut self, state: &State, id: CampaignId) -> Offer {
        let round = OpenRound {
            campaign: id,
            first_unit: 0,
            unit_count: UNITS,
            gold_root: commitment::gold_root(SPACE, id, 0, &gold()),
        };
        self.sign(state, OPERATOR, Command::OpenRound(round))
    }

    fn seal(&mut self, state: &State, id: CampaignId, random: &mut Random) -> Option<Offer> {
        let who = random.pick(&WORKERS);
        let person = &self.people.persons[who];
        let account = state.keys.get(&person.id())?.account;
        let nonce = self.nonce(who);
        let openings: Vec<_> = (0u32..UNITS)
            .map(|unit| answer(who, nonce, unit, 0))
            .collect();
        let seal = |(field, opening)| {
            let place = AnswerPlace {
                space: SPACE,
                account,
                nonce,
                field,
            };
            commitment::answer(place, opening)
        };
        let answers = SealAnswers {
            campaign: id,
            commitments: (0u16..).zip(&openings).map(seal).collect(),
        };
        let mut offer = self.sign(state, who, Command::SealAnswers(answers));
        offer.body = codec::encode(&openings);
        Some(offer)
    }

    /// Somebody says otherwise, now and then in the place of somebody else.
    fn replace(
        &mut self,
        state: &State,
        (id, round): (CampaignId, &Round),
        random: &mut Random,
    ) -> Option<Offer> {
        let batch = &round.sealed[random.below(round.sealed.len().max(1) as u32) as usize..];
        let batch = batch.iter().find(|batch| !batch.commitments.is_empty())?;
        let field = random.below(UNITS) as u16;
        let (version, old) = self.spoken(state, batch, field);
        if version + 1 == VERSIONS {
            return None;
        }
        let new = answer(self.who(state, batch), batch.nonce, old.unit, version + 1);
        let asker = match random.chance(100_000) {
            true => random.pick(&WORKERS),
            false => self.who(state, batch),
        };
        let replace = ReplaceAnswer {
            campaign: id,
            entry: batch.seq,
            field,
            commitment: commitment::answer(place(batch, field), &new),
        };
        let mut offer = self.sign(state, asker, Command::ReplaceAnswer(replace));
        offer.body = codec::encode(&vec![new, old]);
        Some(offer)
    }

    fn who(&self, state: &State, batch: &SealedBatch) -> usize {
        let key = state.account(batch.account).map(|account| account.key);
        let mut persons = self.people.persons.iter();
        let who = persons.position(|person| Some(person.id()) == key);
        who.expect("everybody is known")
    }

    /// What stands in a place, and how often it has been replaced.
    fn spoken(&self, state: &State, batch: &SealedBatch, field: u16) -> (u8, AnswerOpening) {
        let who = self.who(state, batch);
        let said = |version| (version, answer(who, batch.nonce, u32::from(field), version));
        let fits = |said: &(u8, AnswerOpening)| {
            commitment::answer(place(batch, field), &said.1)
                == batch.commitments[usize::from(field)]
        };
        let found = (0..VERSIONS).map(said).find(fits);
        found.expect("a client can always open its own seals again")
    }

    fn close_round(&mut self, state: &State, id: CampaignId, campaign: &Campaign) -> Offer {
        let sealed = campaign
            .open_round()
            .into_iter()
            .flat_map(|round| &round.sealed);
        let opened = sealed.flat_map(|batch| {
            let fields = 0..batch.commitments.len() as u16;
            fields.map(|field| self.spoken(state, batch, field).1)
        });
        let sidecar = codec::encode(&Openings {
            answers: opened.map(Some).collect(),
            gold: gold(),
        });
        let close = CloseRound {
            campaign: id,
            openings: Hash(sha256(&[&sidecar])),
        };
        let mut offer = self.sign(state, OPERATOR, Command::CloseRound(close));
        offer.attachments.push(sidecar);
        offer
    }

    fn scores(&mut self, state: &State, id: CampaignId, campaign: &Campaign) -> Option<Offer> {
        let scores = codec::encode(&ledger::score(campaign, true).ok()?);
        let post = PostScores {
            campaign: id,
            algorithm: ledger::score::ALGORITHM.to_owned(),
            input: ledger::score::input_root(SPACE, id, campaign),
            scores: Hash(sha256(&[&scores])),
            closing: true,
        };
        let mut offer = self.sign(state, OPERATOR, Command::PostScores(post));
        offer.attachments.push(scores);
        Some(offer)
    }
}

fn place(batch: &SealedBatch, field: u16) -> AnswerPlace {
    AnswerPlace {
        space: SPACE,
        account: batch.account,
        nonce: batch.nonce,
        field,
    }
}

/// What a worker answers under a nonce, and what replaces it; some of it in words.
fn answer(who: usize, nonce: u64, unit: u32, version: u8) -> AnswerOpening {
    let salt = sha256(&[
        b"salt",
        &[who as u8, version],
        &nonce.to_be_bytes(),
        &unit.to_be_bytes(),
    ]);
    AnswerOpening {
        unit,
        label: u16::from(salt[0] & 1),
        salt: Hash(salt),
        text: (salt[1] & 1 == 1).then(|| format!("for the reason {version}")),
    }
}

fn gold() -> Vec<GoldOpening> {
    let opening = |unit: u32| GoldOpening {
        label: None,
        salt: Hash(sha256(&[b"gold", &unit.to_be_bytes()])),
    };
    (0..UNITS).map(opening).collect()
}
