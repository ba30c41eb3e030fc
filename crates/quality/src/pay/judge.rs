//! The judgement: gold proves some workers, they prove others, and every block is then tested once.

use super::accuracy::Accuracy;
use super::confusion;
use super::layout::{Extent, Layout};
use super::truth::{Sighting, Truths};
use super::wealth::Wealth;
use super::{Block, Decision, Judgement, Rule, Standing};
use crate::consensus::{PPM, to_ppm};
use crate::table::{Answers, Error};

/// How often the circle of proven workers may grow. Pass n gets the share 2^-n of what may go
/// wrong.
const PASSES: u32 = 6;
/// Share of `beta` kept for the event that a content-free worker gets into the circle; the rest is
/// for direct release.
const CIRCLE_SHARE: f64 = 0.2;
/// A worker carries at most this many blocks' worth of wealth from one release to the next blocks.
const CARRY: f64 = 1.0;
/// Share of a round's wealth that comes in at its first answer instead of block by block.
const UPFRONT: f64 = 0.5;

/// Judges all blocks of all workers.
///
/// `gold` has one entry per unit, `None` where the truth is not known in secret. `past` are all
/// blocks of the previous judgement as it returned them (empty at first; more answers may have come
/// since): blocks keep their extent, and those that were released stay so with their factor.
///
/// # Errors
/// [`Error::Rule`], [`Error::Length`] or [`Error::UnknownClass`] for `gold`, [`Error::Past`].
pub fn judge(
    answers: &Answers,
    gold: &[Option<u32>],
    rule: &Rule,
    past: &[Block],
) -> Result<Judgement, Error> {
    rule.check(answers.classes())?;
    answers.check_known(gold)?;
    let layout = Layout::new(answers, rule.block_length, past)?;
    let bench = Bench::new(answers, rule, &layout);
    let mut proven = vec![false; answers.workers() as usize];
    let mut verdicts = bench.verdicts(&Truths::gold(answers, gold));
    for pass in 1..=PASSES {
        if !bench.widen(&mut proven, &verdicts, pass) {
            break;
        }
        let rows = answers.rows().iter().zip(bench.accepted(&verdicts));
        let counted = rows
            .map(|(row, ok)| ok && proven[row.worker as usize])
            .collect();
        verdicts = bench.verdicts(&Truths::gold(answers, gold).with_peers(counted)?);
    }
    for (proven, verdict) in proven.iter().zip(&mut verdicts) {
        verdict.standing.proven = *proven;
    }
    let accepted = bench.accepted(&verdicts);
    let standings = verdicts.iter().map(|verdict| verdict.standing).collect();
    let blocks = verdicts
        .into_iter()
        .flat_map(|verdict| verdict.blocks)
        .collect();
    Ok(Judgement {
        blocks,
        standings,
        accepted,
    })
}

/// What one pass says about one worker.
struct Verdict {
    blocks: Vec<Block>,
    standing: Standing,
    /// The largest product of all evidence at the end of a block, spread over the skills like
    /// wealth.
    peak: f64,
    /// Sum of the evidence's weights.
    weight: f64,
}

/// What stays the same over all passes.
struct Bench<'a> {
    answers: &'a Answers,
    layout: &'a Layout,
    reference: f64,
    length: f64,
    /// Wealth that a released block of full length costs.
    price: f64,
    /// Wealth that proves a worker who holds all the evidence there is, were there but one pass.
    proof: f64,
}

impl<'a> Bench<'a> {
    fn new(answers: &'a Answers, rule: &Rule, layout: &'a Layout) -> Self {
        let odds = f64::from(rule.judgements) * f64::from(PPM) / f64::from(rule.beta_ppm);
        Self {
            answers,
            layout,
            reference: f64::from(rule.reference_ppm) / f64::from(PPM),
            length: f64::from(rule.block_length),
            price: odds / (1.0 - CIRCLE_SHARE),
            proof: odds / CIRCLE_SHARE,
        }
    }

    fn verdicts(&self, truths: &Truths<'_>) -> Vec<Verdict> {
        (0..self.answers.workers())
            .map(|worker| self.verdict(worker, truths))
            .collect()
    }

    /// Adds to the circle all whose evidence suffices in `pass` (from 1). What may go wrong is
    /// shared out over the workers by the weight of their evidence, so that wallets without answers
    /// take nothing away from others.
    fn widen(&self, proven: &mut [bool], verdicts: &[Verdict], pass: u32) -> bool {
        let total: f64 = verdicts.iter().map(|verdict| verdict.weight).sum();
        let proof = self.proof * total * f64::from(1_u32 << pass);
        let mut grown = false;
        for (proven, verdict) in proven.iter_mut().zip(verdicts) {
            if !*proven && verdict.weight > 0.0 && verdict.peak * verdict.weight >= proof {
                *proven = true;
                grown = true;
            }
        }
        grown
    }

    /// Per row: whether its block is released.
    fn accepted(&self, verdicts: &[Verdict]) -> Vec<bool> {
        let mut accepted = vec![false; self.answers.rows().len()];
        for block in verdicts.iter().flat_map(|verdict| &verdict.blocks) {
            if block.decision != Decision::Held {
                let rows = self.layout.rows(block.worker);
                for row in &rows[block.first as usize..(block.first + block.answers) as usize] {
                    accepted[*row as usize] = true;
                }
            }
        }
        accepted
    }

    /// Walks through one worker's answers once.
    fn verdict(&self, worker: u32, truths: &Truths<'_>) -> Verdict {
        let sightings = truths.sightings(worker, self.layout);
        let seen: Vec<_> = sightings
            .iter()
            .flatten()
            .map(|s| (s.right, s.weight))
            .collect();
        let classes = self.answers.classes();
        let accuracy = Accuracy::new(&seen, classes);
        let factor_ppm = to_ppm(accuracy.pay_share(self.reference, classes));
        let (mut account, mut history) = (Account::default(), Wealth::default());
        let (mut blocks, mut peak) = (Vec::<Block>::new(), 0.0_f64);
        history.bring_in(1.0);
        let extents = self.layout.blocks(worker);
        for (at, extent) in extents.iter().enumerate() {
            if at == 0 || extents[at - 1].round != extent.round {
                account
                    .wealth
                    .bring_in(UPFRONT * self.round_size(&extents[at..]));
            }
            let seen = &sightings[extent.first..extent.first + extent.answers];
            seen.iter()
                .flatten()
                .for_each(|sighting| history.bet(sighting.odds));
            peak = peak.max(history.total());
            let evidence_micronats = account.play(seen, extent.answers as f64 / self.length);
            blocks.push(block(worker, extent, seen, evidence_micronats));
            if factor_ppm > 0 && account.settle(self.price) {
                let held = blocks
                    .iter_mut()
                    .filter(|block| block.decision == Decision::Held);
                held.for_each(|block| block.decision = Decision::Released { factor_ppm });
            }
        }
        let named: Vec<_> = sightings.iter().map(|s| s.as_ref()?.truth).collect();
        let standing = Standing {
            reputation_ppm: to_ppm(accuracy.reputation()),
            proven: false,
            gold_right: blocks.iter().map(|block| block.gold_right).sum(),
            gold_seen: blocks.iter().map(|block| block.gold_seen).sum(),
            confusion: confusion::most(self.answers, self.layout.rows(worker), &named),
        };
        Verdict {
            blocks,
            standing,
            peak,
            weight: seen.iter().map(|(_, weight)| weight).sum(),
        }
    }

    /// Size of the round that begins with the first of `extents`, in full blocks.
    fn round_size(&self, extents: &[Extent]) -> f64 {
        let round = extents
            .iter()
            .take_while(|extent| extent.round == extents[0].round);
        round.map(|extent| extent.answers).sum::<usize>() as f64 / self.length
    }
}

/// A worker's wealth with the blocks that wait for it. A block's size is its share of a full block.
#[derive(Default)]
struct Account {
    wealth: Wealth,
    /// Sizes of blocks not yet paid for by wealth.
    waiting: f64,
}

impl Account {
    /// Plays one block; returns the logarithm of its likelihood ratio in micro-nats.
    fn play(&mut self, sightings: &[Option<Sighting>], size: f64) -> i64 {
        self.wealth.bring_in(size * (1.0 - UPFRONT));
        self.waiting += size;
        let before = self.wealth.total();
        sightings
            .iter()
            .flatten()
            .for_each(|sighting| self.wealth.bet(sighting.odds));
        let ratio = (self.wealth.total() / before).max(f64::MIN_POSITIVE);
        libm::round(libm::log(ratio) * f64::from(PPM)) as i64
    }

    /// Pays for all waiting blocks if the wealth suffices.
    fn settle(&mut self, price: f64) -> bool {
        let cost = self.waiting * price;
        let enough = self.wealth.total() >= cost;
        if enough {
            self.wealth.pay(cost);
            self.wealth.keep_at_most(CARRY * price);
            self.waiting = 0.0;
        }
        enough
    }
}

fn count(sightings: &[Option<Sighting>], counts: impl Fn(&Sighting) -> bool) -> u32 {
    sightings
        .iter()
        .flatten()
        .filter(|sighting| counts(sighting))
        .count() as u32
}

/// A block as it stands before its account is settled.
fn block(
    worker: u32,
    extent: &Extent,
    seen: &[Option<Sighting>],
    evidence_micronats: i64,
) -> Block {
    Block {
        worker,
        first: extent.first as u32,
        answers: extent.answers as u32,
        round: extent.round,
        decision: match extent.past_ppm {
            Some(factor_ppm) => Decision::Released { factor_ppm },
            None => Decision::Held,
        },
        evidence_micronats,
        gold_right: count(seen, |sighting| sighting.gold && sighting.right == 1.0),
        gold_seen: count(seen, |sighting| sighting.gold),
        peer_seen: count(seen, |sighting| !sighting.gold),
    }
}
