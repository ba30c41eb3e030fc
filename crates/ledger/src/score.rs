//! From opened answers to labels, judgements and reputations: pure, integers out, run by anyone.

mod algorithm;
pub(crate) mod second;

pub use algorithm::Algorithm;

use crate::work::Campaign;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::campaign::{Consensus, Rule};
use protocol::document::{BlockScore, Confusion, ContributorScore, Outcome, Scores, UnitScore};
use protocol::{AccountId, CampaignId, Hash, Ppm, Rejection, Space};
use quality::pay::{self, Decision};

/// The first version of the pay rule: `headwater-pay@1`.
pub const ALGORITHM: &str = Algorithm::Pay1.name();

/// Scores everything that a campaign has opened so far by the version that it has named at its
/// opening. `closing` rejects what is still held.
pub fn score(campaign: &Campaign, closing: bool) -> Result<Scores, Rejection> {
    match Algorithm::of(&campaign.spec).ok_or(Rejection::UnknownAlgorithm)? {
        Algorithm::Pay1 => first(campaign, closing),
        Algorithm::Pay2 => second::score(campaign, closing),
    }
}

fn first(campaign: &Campaign, closing: bool) -> Result<Scores, Rejection> {
    let table = Table::new(campaign)?;
    let judged = if campaign.spec.rule.gold_share.ppm() == 0 {
        table.accept_all()
    } else {
        table.judge(closing)?
    };
    let units = table.consensus(&judged.accepted)?;
    let contributors = table.contributors(&judged.standings, &judged.blocks);
    Ok(Scores {
        units,
        blocks: judged.blocks,
        contributors,
        review: None,
    })
}

/// What becomes of the blocks, and what they show of the people.
struct Judged {
    blocks: Vec<BlockScore>,
    /// Per row of the table: whether its block is released.
    accepted: Vec<bool>,
    standings: Vec<pay::Standing>,
}

/// How many answers count in each block: opened, in range, not a forbidden repetition.
pub fn valid_answers(campaign: &Campaign) -> BTreeMap<(AccountId, u32), u16> {
    let mut valid = BTreeMap::new();
    for answer in campaign
        .answers
        .iter()
        .filter(|answer| answer.opened.given.is_some())
    {
        *valid
            .entry((answer.opened.account, answer.block))
            .or_default() += 1;
    }
    valid
}

/// SHA-256 over all that [`score`] reads, in a fixed order (`docs/spec/entry.md`).
pub fn input_root(space: Space, id: CampaignId, campaign: &Campaign) -> Hash {
    let mut bytes = Vec::new();
    let mut put = |number: u64| bytes.extend(number.to_be_bytes());
    put(u64::from(id.0));
    put(u64::from(campaign.units_out()));
    put(campaign.spec.classes.len() as u64);
    put(campaign.answers.len() as u64);
    for answer in &campaign.answers {
        put(u64::from(answer.opened.account.0));
        put(u64::from(answer.block));
        let (unit, label) = answer.opened.given.unwrap_or((u32::MAX, u16::MAX));
        put(u64::from(unit));
        put(u64::from(label));
    }
    put(campaign.gold.len() as u64);
    for (unit, label) in &campaign.gold {
        put(u64::from(*unit));
        put(u64::from(*label));
    }
    for (account, work) in &campaign.work {
        for block in &work.blocks {
            put(u64::from(account.0));
            put(match block.outcome {
                Outcome::Held => 0,
                Outcome::Rejected => 1,
                Outcome::Released(factor) => 2 + u64::from(factor.ppm()),
            });
        }
    }
    let domain: &[u8] = match &campaign.spec.method {
        None => b"headwater/score-input/v1\0",
        Some(method) => {
            second::put_input(&mut bytes, method, campaign);
            b"headwater/score-input/v2\0"
        }
    };
    Hash(proof::hash::sha256(&[domain, &space.0, &bytes]))
}

/// A campaign's rule as `quality` takes it.
pub(crate) fn pay_rule(rule: &Rule) -> pay::Rule {
    pay::Rule {
        beta_ppm: rule.beta.ppm(),
        reference_ppm: rule.reference_accuracy.ppm(),
        block_length: u32::from(rule.block_length),
        judgements: u32::from(rule.judgements),
    }
}

struct Table<'a> {
    campaign: &'a Campaign,
    people: Vec<AccountId>,
    answers: quality::Answers,
    valid: BTreeMap<(AccountId, u32), u16>,
}

impl<'a> Table<'a> {
    fn new(campaign: &'a Campaign) -> Result<Self, Rejection> {
        let people: Vec<AccountId> = campaign.work.keys().copied().collect();
        let counted = campaign.answers.iter().filter_map(|answer| {
            let (unit, label) = answer.opened.given?;
            let worker = people.binary_search(&answer.opened.account).ok()?;
            let worker = u32::try_from(worker).ok()?;
            Some(quality::Answer {
                unit,
                worker,
                label: u32::from(label),
            })
        });
        let rows: Vec<quality::Answer> = counted.collect();
        let workers = u32::try_from(people.len()).map_err(|_| Rejection::OutOfRange)?;
        let classes =
            u32::try_from(campaign.spec.classes.len()).map_err(|_| Rejection::OutOfRange)?;
        let answers = quality::Answers::new(campaign.units_out(), workers, classes, rows)
            .map_err(|_| Rejection::OutOfRange)?;
        Ok(Self {
            campaign,
            people,
            answers,
            valid: valid_answers(campaign),
        })
    }

    fn gold(&self) -> Vec<Option<u32>> {
        (0..self.campaign.units_out())
            .map(|unit| self.campaign.gold.get(&unit).map(|label| u32::from(*label)))
            .collect()
    }

    /// A campaign without gold takes every answer at its full price.
    fn accept_all(&self) -> Judged {
        let released = Outcome::Released(Ppm::ONE);
        let rows = self
            .blocks()
            .map(|(account, block, _)| self.row(account, block, released));
        Judged {
            blocks: rows.collect(),
            accepted: alloc::vec![true; self.answers.rows().len()],
            standings: Vec::new(),
        }
    }

    fn blocks(&self) -> impl Iterator<Item = (AccountId, u32, &'a crate::work::Block)> {
        self.campaign.work.iter().flat_map(|(account, work)| {
            (0u32..)
                .zip(&work.blocks)
                .map(|(number, block)| (*account, number, block))
        })
    }

    fn row(&self, account: AccountId, block: u32, outcome: Outcome) -> BlockScore {
        BlockScore {
            account,
            block,
            outcome,
            valid: self.valid.get(&(account, block)).copied().unwrap_or(0),
            evidence_micronats: 0,
            gold_seen: 0,
            gold_right: 0,
            peer_seen: 0,
        }
    }

    /// Blocks as `quality` knows them: extents over valid answers; a block without any is left out.
    fn extents(&self) -> Vec<pay::Block> {
        let mut extents: Vec<pay::Block> = Vec::new();
        for (account, number, block) in self.blocks() {
            let answers = u32::from(self.valid.get(&(account, number)).copied().unwrap_or(0));
            if answers == 0 {
                continue;
            }
            let worker = self
                .people
                .binary_search(&account)
                .expect("every worker is listed");
            let worker = u32::try_from(worker).expect("counted before");
            let before = extents.last().filter(|last| last.worker == worker);
            extents.push(pay::Block {
                worker,
                first: before.map_or(0, |last| last.first + last.answers),
                answers,
                round: block.round,
                decision: match block.outcome {
                    Outcome::Released(factor) => Decision::Released {
                        factor_ppm: factor.ppm(),
                    },
                    Outcome::Held | Outcome::Rejected => Decision::Held,
                },
                evidence_micronats: 0,
                gold_right: 0,
                gold_seen: 0,
                peer_seen: 0,
            });
        }
        extents
    }

    fn judge(&self, closing: bool) -> Result<Judged, Rejection> {
        let rule = pay_rule(&self.campaign.spec.rule);
        let judgement = pay::judge(&self.answers, &self.gold(), &rule, &self.extents())
            .map_err(|_| Rejection::OutOfRange)?;
        Ok(self.judged(
            &judgement.blocks,
            judgement.accepted,
            judgement.standings,
            closing,
        ))
    }

    /// What `quality` has found, by the ledger's blocks: those without a valid answer as well.
    fn judged(
        &self,
        blocks: &[pay::Block],
        accepted: Vec<bool>,
        standings: Vec<pay::Standing>,
        closing: bool,
    ) -> Judged {
        let mut found = blocks.iter();
        let unproven = if closing {
            Outcome::Rejected
        } else {
            Outcome::Held
        };
        let narrow = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let rows = self.blocks().map(|(account, number, _)| {
            let mut row = self.row(account, number, unproven);
            if row.valid > 0
                && let Some(block) = found.next()
            {
                if let Decision::Released { factor_ppm } = block.decision {
                    row.outcome = Outcome::Released(Ppm::new(factor_ppm).unwrap_or(Ppm::ONE));
                }
                row.evidence_micronats = block.evidence_micronats;
                row.gold_seen = narrow(block.gold_seen);
                row.gold_right = narrow(block.gold_right);
                row.peer_seen = narrow(block.peer_seen);
            }
            row
        });
        Judged {
            blocks: rows.collect(),
            accepted,
            standings,
        }
    }

    fn consensus(&self, accepted: &[bool]) -> Result<Vec<UnitScore>, Rejection> {
        let answers = self
            .answers
            .retain(accepted)
            .map_err(|_| Rejection::OutOfRange)?;
        let gold = self.gold();
        let consensus = match self.campaign.spec.rule.consensus {
            Consensus::Majority => quality::majority(&answers),
            Consensus::DawidSkene => {
                quality::dawid_skene(&answers, &gold, quality::Variant::Map)
                    .map_err(|_| Rejection::OutOfRange)?
                    .consensus
            }
            Consensus::DawidSkeneCrowdkit => {
                quality::dawid_skene(&answers, &gold, quality::Variant::Crowdkit)
                    .map_err(|_| Rejection::OutOfRange)?
                    .consensus
            }
        };
        let count = |unit| u32::try_from(answers.of_unit(unit).len()).expect("rows are 32 bits");
        Ok((0..self.campaign.units_out())
            .map(|unit| UnitScore {
                label: consensus
                    .label(unit)
                    .and_then(|label| u16::try_from(label).ok()),
                probability: Ppm::new(consensus.probability_ppm(unit)).unwrap_or(Ppm::ONE),
                accepted: count(unit),
            })
            .collect())
    }

    fn contributors(
        &self,
        standings: &[pay::Standing],
        blocks: &[BlockScore],
    ) -> Vec<ContributorScore> {
        let mut peers: BTreeMap<AccountId, u32> = BTreeMap::new();
        for block in blocks {
            *peers.entry(block.account).or_default() += u32::from(block.peer_seen);
        }
        let narrow = |class: u32| u16::try_from(class).unwrap_or(u16::MAX);
        self.people
            .iter()
            .enumerate()
            .map(|(worker, account)| {
                let standing = standings.get(worker);
                ContributorScore {
                    account: *account,
                    gold_seen: standing.map_or(0, |standing| standing.gold_seen),
                    gold_right: standing.map_or(0, |standing| standing.gold_right),
                    peer_seen: peers.get(account).copied().unwrap_or(0),
                    proven: standing.is_some_and(|standing| standing.proven),
                    reputation: standing
                        .and_then(|standing| Ppm::new(standing.reputation_ppm))
                        .unwrap_or_default(),
                    confusion: standing
                        .and_then(|standing| standing.confusion.as_ref())
                        .map(|c| Confusion {
                            truth: narrow(c.truth),
                            given: narrow(c.answer),
                            rate: Ppm::new(c.share_ppm).unwrap_or(Ppm::ONE),
                        }),
                }
            })
            .collect()
    }
}
