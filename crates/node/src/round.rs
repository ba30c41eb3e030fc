//! The operator's desk during a round: which units are gold, and the answers behind the seals.

use crate::Error;
use crate::door::{Door, Order};
use crate::log::digest;
use crate::office::{Office, plain};
use ledger::State;
use ledger::score::Algorithm;
use ledger::work::Round;
use ledger::{commitment, live};
use minicbor::{Decode, Encode};
use protocol::command::{CloseRound, OpenRound, PostScores};
use protocol::document::{AnswerOpening, GoldOpening, Openings, Scores};
use protocol::entry::{Entry, Submission};
use protocol::judging::{CloseUnits, PauseAccount};
use protocol::{AccountId, CampaignId, Command, Hash, Rejection, codec};
use std::collections::BTreeMap;
use store::Store;

/// Most units in one entry that closes units.
const UNITS_AT_ONCE: usize = 1_000;

/// What the operator keeps to itself while a round runs: the private body of `OpenRound`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GoldPlan {
    /// The salts of all units follow from it.
    #[n(0)]
    pub secret: Hash,
    /// Gold units of the round with their known labels, ascending by unit.
    #[n(1)]
    pub gold: Vec<(u32, u16)>,
}

impl GoldPlan {
    fn openings(&self, first_unit: u32, unit_count: u32) -> Vec<GoldOpening> {
        let gold: BTreeMap<u32, u16> = self.gold.iter().copied().collect();
        (first_unit..first_unit + unit_count)
            .map(|unit| GoldOpening {
                label: gold.get(&unit).copied(),
                salt: digest(&[&self.secret.0[..], &unit.to_be_bytes()].concat()),
            })
            .collect()
    }
}

/// What lies behind the seals of the rounds that are open.
#[derive(Debug, Default)]
pub struct Desks {
    open: BTreeMap<CampaignId, Desk>,
}

/// One open round.
#[derive(Debug)]
pub struct Desk {
    plan: GoldPlan,
    answers: Vec<AnswerOpening>,
    /// Where the answers of each entry begin.
    places: BTreeMap<u64, usize>,
}

impl Desks {
    /// Keeps what a new entry's private body says.
    pub(crate) fn note(
        &mut self,
        entry: u64,
        submission: &Submission,
        body: &[u8],
    ) -> Result<(), Error> {
        let unreadable = |_| Error::Corrupt("a private body does not decode".to_owned());
        match &submission.command {
            Command::OpenRound(round) => {
                let plan = codec::decode(body).map_err(unreadable)?;
                self.open.insert(
                    round.campaign,
                    Desk {
                        plan,
                        answers: Vec::new(),
                        places: BTreeMap::new(),
                    },
                );
            }
            Command::SealAnswers(sealed) => {
                let answers: Vec<AnswerOpening> = codec::decode(body).map_err(unreadable)?;
                if let Some(desk) = self.open.get_mut(&sealed.campaign) {
                    desk.places.insert(entry, desk.answers.len());
                    desk.answers.extend(answers);
                }
            }
            Command::ReplaceAnswer(replace) => {
                let answers: Vec<AnswerOpening> = codec::decode(body).map_err(unreadable)?;
                let desk = self.open.get_mut(&replace.campaign);
                let place = desk.and_then(|desk| {
                    let first = desk.places.get(&replace.entry)?;
                    desk.answers.get_mut(first + usize::from(replace.field))
                });
                if let (Some(place), Some(answer)) = (place, answers.into_iter().next()) {
                    *place = answer;
                }
            }
            Command::CloseRound(round) => {
                self.open.remove(&round.campaign);
            }
            _ => {}
        }
        Ok(())
    }

    /// Who has sealed an answer to which unit of a round, in log order.
    pub fn sealed(&self, campaign: CampaignId, round: &Round) -> Vec<(AccountId, u32)> {
        let accounts = round
            .sealed
            .iter()
            .flat_map(|batch| std::iter::repeat_n(batch.account, batch.commitments.len()));
        let desk = self.open.get(&campaign);
        let answers = desk.map_or(&[][..], |desk| &desk.answers);
        accounts
            .zip(answers.iter().map(|answer| answer.unit))
            .collect()
    }

    /// Reads the private bodies back where a round was open when the process ended.
    pub(crate) fn recover(store: &Store, state: &State) -> Result<Self, Error> {
        let mut desks = Self::default();
        if state
            .campaigns
            .iter()
            .all(|campaign| campaign.open_round().is_none())
        {
            return Ok(desks);
        }
        for stored in store.entries(0..state.size)? {
            let stored = stored?;
            let entry: Entry = codec::decode(&stored.entry).map_err(|_| {
                Error::Corrupt(format!(
                    "entry {} of the journal does not decode",
                    stored.seq
                ))
            })?;
            // An erased body belongs to no open round.
            if let Some(body) = &stored.body {
                desks.note(stored.seq, &entry.signed.submission, body)?;
            }
        }
        Ok(desks)
    }
}

/// What lies behind the seals of an open round, from some batch on.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    /// Batches that were read.
    pub batches: usize,
    /// Who has given which label to which unit, in log order, as it stands now.
    pub given: Vec<(AccountId, u32, u16)>,
    /// The gold units of the round with their labels.
    pub gold: BTreeMap<u32, u16>,
}

impl<D: Door> Office<D> {
    /// Reads behind the seals of the open round from its n-th batch on, as far as the journal is
    /// read.
    pub(crate) fn behind(&mut self, campaign: CampaignId, from: usize) -> Result<Behind, Error> {
        self.door.catch_up(&mut self.desks)?;
        let state = self.door.state();
        let round = state.campaign(campaign).and_then(|open| open.open_round());
        let desk = self.desks.open.get(&campaign);
        let (Some(round), Some(desk)) = (round, desk) else {
            return Ok(Behind::default());
        };
        let mut behind = Behind {
            gold: desk.plan.gold.iter().copied().collect(),
            ..Behind::default()
        };
        for batch in round.sealed.iter().skip(from) {
            let many = batch.commitments.len();
            if many > 0 {
                let first = desk.places.get(&batch.seq);
                let read = first.and_then(|first| desk.answers.get(*first..first + many));
                let Some(answers) = read else { break };
                let own = answers.iter();
                let own = own.map(|answer| (batch.account, answer.unit, answer.label));
                behind.given.extend(own);
            }
            behind.batches += 1;
        }
        Ok(behind)
    }

    /// Opens a round over the next `unit_count` units of a campaign and commits to its gold first.
    pub fn open_round(
        &mut self,
        campaign: CampaignId,
        unit_count: u32,
        gold: Vec<(u32, u16)>,
    ) -> Result<u64, Error> {
        let (first_unit, judged) = {
            let state = self.door.state();
            let open = state.campaign(campaign);
            let judged = open.is_some_and(|open| open.spec.method.is_some());
            (open.map_or(0, |open| open.units_out()), judged)
        };
        if judged && !ledger::decide::balanced(gold.iter().map(|(_, label)| *label)) {
            // What is committed to now could never be opened.
            return Err(Error::Rejected {
                doing: "open a round",
                rejection: Rejection::GoldUnbalanced,
            });
        }
        let duty = format!("gold {campaign} {first_unit}");
        let plan = GoldPlan {
            secret: Hash(self.door.keys().secret(&duty)),
            gold,
        };
        let openings = plan.openings(first_unit, unit_count);
        let space = self.door.keys().space();
        let gold_root = commitment::gold_root(space, campaign, first_unit, &openings);
        let round = OpenRound {
            campaign,
            first_unit,
            unit_count,
            gold_root,
        };
        let order = Order {
            body: codec::encode(&plan),
            ..Command::OpenRound(round).into()
        };
        self.operate("open a round", order)
    }

    /// Looks at the open round as it stands, closes units whose label is as probable as the
    /// campaign states, and pauses accounts that gold speaks against. Returns the units that are
    /// closed by it.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the campaign has no method or no open round.
    pub fn look(&mut self, campaign: CampaignId) -> Result<Vec<u32>, Error> {
        let doing = "look at a running round";
        let rejected = |rejection| Error::Rejected { doing, rejection };
        self.door.catch_up(&mut self.desks)?;
        let work = self.door.state().campaign(campaign).cloned();
        let work = work.ok_or_else(|| rejected(Rejection::UnknownCampaign))?;
        let round = work.open_round();
        let round = round.ok_or_else(|| rejected(Rejection::RoundState))?;
        let desk = self.desks.open.get(&campaign);
        let desk = desk.ok_or_else(|| rejected(Rejection::RoundState))?;
        let openings: Vec<_> = desk.answers.iter().cloned().map(Some).collect();
        let sealed = live::sealed(round, &openings);
        let sealed = sealed.ok_or_else(|| rejected(Rejection::OpeningMismatch))?;
        let look = live::look(&work, &sealed, &desk.plan.gold).map_err(rejected)?;
        let evidence = live::evidence(self.door.keys().space(), campaign, &sealed);
        let open = |unit: &u32| !work.conduct.closed.contains_key(unit);
        let sure: Vec<u32> = look.sure.into_iter().filter(open).collect();
        let unpaused = |account: &AccountId| !work.conduct.paused.contains_key(account);
        let below: Vec<AccountId> = look.below.into_iter().filter(unpaused).collect();
        let closed = sure.chunks(UNITS_AT_ONCE).map(|units| {
            Command::CloseUnits(CloseUnits {
                campaign,
                units: units.to_vec(),
                evidence,
            })
        });
        let paused = below.into_iter().map(|account| {
            Command::PauseAccount(PauseAccount {
                campaign,
                account,
                evidence,
            })
        });
        let orders = plain(closed.chain(paused));
        self.operate_many(doing, orders)?;
        Ok(sure)
    }

    /// Opens all seals of a campaign's round. The sidecar is durable before the entry names it.
    pub fn close_round(&mut self, campaign: CampaignId) -> Result<u64, Error> {
        self.door.catch_up(&mut self.desks)?;
        let units = {
            let state = self.door.state();
            let round = state.campaign(campaign).and_then(|open| open.open_round());
            round.map_or((0, 0), |round| (round.first_unit, round.unit_count))
        };
        let openings = self.desks.open.get(&campaign).map(|desk| Openings {
            answers: desk.answers.iter().cloned().map(Some).collect(),
            gold: desk.plan.openings(units.0, units.1),
        });
        let openings = openings.unwrap_or(Openings {
            answers: Vec::new(),
            gold: Vec::new(),
        });
        let sidecars = store::opening::Openings::new(self.door.files());
        let hash = sidecars.put(&codec::encode(&openings))?;
        let close = CloseRound {
            campaign,
            openings: Hash(hash),
        };
        self.operate("close a round", Command::CloseRound(close))
    }

    /// Scores a campaign as anyone can and posts the result; `closing` decides what is still held.
    pub fn score(&mut self, campaign: CampaignId, closing: bool) -> Result<Scores, Error> {
        let rejected = |rejection| Error::Rejected {
            doing: "score a campaign",
            rejection,
        };
        let work = self.door.state().campaign(campaign).cloned();
        let work = work.ok_or_else(|| rejected(Rejection::UnknownCampaign))?;
        let scores = ledger::score(&work, closing).map_err(rejected)?;
        let input = ledger::score::input_root(self.door.keys().space(), campaign, &work);
        let algorithm =
            Algorithm::of(&work.spec).ok_or_else(|| rejected(Rejection::UnknownAlgorithm))?;
        let bytes = codec::encode(&scores);
        let post = PostScores {
            campaign,
            algorithm: algorithm.name().to_owned(),
            input,
            scores: digest(&bytes),
            closing,
        };
        let order = Order {
            attachments: vec![bytes],
            ..Command::PostScores(post).into()
        };
        self.operate("post scores", order)?;
        Ok(scores)
    }

    /// Returns held and unspent money after the appeal deadline.
    pub fn return_held(&mut self, campaign: CampaignId) -> Result<u64, Error> {
        self.operate("return held money", Command::ReturnHeld(campaign))
    }
}
