//! Campaigns: sealed answers with private bodies, sidecars that open them, scores.
use ledger::commitment::{self, AnswerPlace};
use ledger::work::{Campaign, Round, SealedBatch, Stage};
use ledger::{Offer, State};
use proof::hash::sha256;
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::command::{CloseRound, OpenRound, PostScores, SealAnswers};
use protocol::document::{AnswerOpening, Openings, Unit, Units};
use protocol::terms::Terms;
use protocol::undo::ReplaceAnswer;
use protocol::{AccountId, CampaignId, Command, FundId, Hash, TokenId, codec};

use super::Clients;
use super::judged::{self, answer, gold};
use super::people::{CHEATS, OPERATOR, REQUESTER, SPACE, WORKERS};
use super::propose::{amount, share, terms};
use crate::random::Random;

const UNITS: u32 = 4;
/// Entries that seal or replace answers, after which a round may end, and ends.
const ROUND_ENTRIES: (usize, usize) = (4, 6);
/// What a worker may say in one place, one after the other.
const VERSIONS: u8 = 3;

impl Clients {
    /// The next command of the newest campaign, or one that opens the next or settles another.
    pub(super) fn work(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        let closed = state.numbered_campaigns();
        let closed = closed.filter(|(_, campaign)| campaign.stage == Stage::Closed);
        let closed: Vec<CampaignId> = closed.map(|(id, _)| id).collect();
        if !closed.is_empty() && random.chance(250_000) {
            let id = random.pick(&closed);
            return Some(self.sign(state, OPERATOR, Command::ReturnHeld(id)));
        }
        let number = state.campaigns.len().checked_sub(1);
        let Some(id) = number.map(|number| CampaignId(number as u32)) else {
            return Some(self.open_campaign(state, random));
        };
        let campaign = state.campaign(id)?;
        match campaign.stage {
            Stage::Open => self.go_on(state, (id, campaign), random),
            Stage::Scored => Some(self.sign(state, REQUESTER, Command::CloseCampaign(id))),
            Stage::Closed | Stage::Settled => Some(self.open_campaign(state, random)),
        }
    }

    /// Rounds end sooner or later, and now and then before anybody has worked.
    fn go_on(
        &mut self,
        state: &State,
        (id, campaign): (CampaignId, &Campaign),
        random: &mut Random,
    ) -> Option<Offer> {
        let units = campaign.spec.unit_count;
        let goes_on = |round: &Round, random: &mut Random| match round.sealed.len() {
            entries if entries < ROUND_ENTRIES.0 => !random.chance(30_000),
            entries => entries < ROUND_ENTRIES.1 && random.chance(500_000),
        };
        match campaign.open_round() {
            Some(round) if goes_on(round, random) => match random.chance(200_000) {
                true => self.replace(state, (id, round), random),
                false => self.seal(state, (id, campaign), random),
            },
            Some(_) => Some(self.close_round(state, id, campaign)),
            None if campaign.units_out() == 0 => Some(self.open_round(state, id, units)),
            None => self.scores(state, id, campaign),
        }
    }

    fn open_campaign(&mut self, state: &State, random: &mut Random) -> Offer {
        let judged = random.chance(600_000);
        let requester = self.account(state, REQUESTER);
        let fund = requester.and_then(|it| judged::fund(state, it, judged, random));
        let (fund, token) = fund.unwrap_or((FundId(REQUESTER as u64 + 1), TokenId(0)));
        let mut spec = self.spec((fund, token));
        if judged {
            judged::judge(&mut spec);
        }
        let serial = self.serial;
        let row = |unit| Unit {
            name: format!("unit {serial}.{unit}"),
            text: None,
        };
        let units = codec::encode(&Units {
            rows: (0..spec.unit_count).map(row).collect(),
            brief: None,
        });
        spec.units = Hash(sha256(&[&units]));
        let mut offer = self.sign(state, REQUESTER, Command::OpenCampaign(spec));
        offer.attachments.push(units);
        offer
    }

    /// One that takes every answer.
    fn spec(&mut self, (fund, token): (FundId, TokenId)) -> Spec {
        self.serial += 1;
        Spec {
            title: format!("campaign {}", self.serial),
            skill: "sentiment".to_owned(),
            classes: vec!["bad".to_owned(), "good".to_owned()],
            units: Hash([0; 32]),
            unit_count: UNITS,
            fund,
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
            appeal_ms: 5_000,
            terms: Terms { token, ..terms() },
            weighting: Weighting::AcceptedAnswers,
            method: None,
            bonus: None,
        }
    }

    fn open_round(&mut self, state: &State, id: CampaignId, units: u32) -> Offer {
        let gold = gold(units, is_judged(state, id));
        let round = OpenRound {
            campaign: id,
            first_unit: 0,
            unit_count: units,
            gold_root: commitment::gold_root(SPACE, id, 0, &gold),
        };
        self.sign(state, OPERATOR, Command::OpenRound(round))
    }

    fn seal(
        &mut self,
        state: &State,
        (id, campaign): (CampaignId, &Campaign),
        random: &mut Random,
    ) -> Option<Offer> {
        let judged = is_judged(state, id);
        let (who, account) = self.seat(state, campaign, random)?;
        let nonce = self.nonce(who);
        let openings: Vec<_> = (0..campaign.spec.unit_count)
            .map(|unit| answer((who, judged), nonce, unit, 0))
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

    /// Who works next: mostly somebody who has not had a turn, or an honest one's second.
    fn seat(
        &self,
        state: &State,
        campaign: &Campaign,
        random: &mut Random,
    ) -> Option<(usize, AccountId)> {
        let mut seat = None;
        for _ in 0..3 {
            let who = random.pick(&WORKERS);
            let account = self.account(state, who)?;
            let work = campaign.work.get(&account);
            let turns = work.map_or(0, |work| work.blocks.len());
            seat = Some((who, account));
            if turns == 0 || (turns == 1 && !CHEATS.contains(&who)) {
                break;
            }
        }
        seat
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
        let field = random.below(batch.commitments.len() as u32) as u16;
        let ((judged, version), old) = self.spoken(state, batch, field);
        if version + 1 == VERSIONS {
            return None;
        }
        let who = (self.who(state, batch), judged);
        let new = answer(who, batch.nonce, old.unit, version + 1);
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
        let who = self.person(state, batch.account);
        who.expect("everybody is known")
    }

    /// What stands in a place, how often it has been replaced, and whether it was meant for gold:
    /// a command that is sent again may meet another campaign than the one that a crash has taken.
    fn spoken(
        &self,
        state: &State,
        batch: &SealedBatch,
        field: u16,
    ) -> ((bool, u8), AnswerOpening) {
        let who = self.who(state, batch);
        let meant = [false, true].into_iter();
        let mut meant = meant.flat_map(|judged| (0..VERSIONS).map(move |it| (judged, it)));
        let found = meant.find_map(|(judged, version)| {
            let said = answer((who, judged), batch.nonce, u32::from(field), version);
            let sealed = batch.commitments[usize::from(field)];
            let fits = commitment::answer(place(batch, field), &said) == sealed;
            fits.then_some(((judged, version), said))
        });
        found.expect("a client can always open its own seals again")
    }

    fn close_round(&mut self, state: &State, id: CampaignId, campaign: &Campaign) -> Offer {
        let sealed = campaign
            .open_round()
            .into_iter()
            .flat_map(|round| &round.sealed);
        let (clients, judged) = (&*self, is_judged(state, id));
        let opened = sealed.flat_map(|batch| {
            let fields = 0..batch.commitments.len() as u16;
            fields.map(move |field| clients.spoken(state, batch, field).1)
        });
        let sidecar = codec::encode(&Openings {
            answers: opened.map(Some).collect(),
            gold: gold(campaign.spec.unit_count, judged),
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
            algorithm: ledger::score::Algorithm::of(&campaign.spec)?
                .name()
                .to_owned(),
            input: ledger::score::input_root(SPACE, id, campaign),
            scores: Hash(sha256(&[&scores])),
            closing: true,
        };
        let mut offer = self.sign(state, OPERATOR, Command::PostScores(post));
        offer.attachments.push(scores);
        Some(offer)
    }
}

fn is_judged(state: &State, id: CampaignId) -> bool {
    let campaign = state.campaign(id);
    campaign.is_some_and(|campaign| campaign.spec.method.is_some())
}

fn place(batch: &SealedBatch, field: u16) -> AnswerPlace {
    AnswerPlace {
        space: SPACE,
        account: batch.account,
        nonce: batch.nonce,
        field,
    }
}
