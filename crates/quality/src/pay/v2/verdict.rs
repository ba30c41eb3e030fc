//! One worker's answers, walked through once: evidence, wealth, payment, what is carried on.

use super::Carried;
use super::bets::{Bettors, EXPERTS};
use super::circle::{self, Claim};
use super::wealth::{Account, Wealth};
use crate::consensus::{PPM, to_ppm};
use crate::pay::accuracy::Accuracy;
use crate::pay::layout::{Extent, Layout};
use crate::pay::truth::Truths;
use crate::pay::{Block, Decision, Rule, Standing, confusion};
use crate::table::Answers;

/// Share of `beta` kept for the event that a content-free worker gets into the circle; the rest is
/// for direct release.
const CIRCLE_SHARE: f64 = 1.0 / 3.0;
/// Share of a round's wealth that comes in at its first answer instead of block by block.
const UPFRONT: f64 = 0.5;
/// Carried counts are read and written up to this many answers.
const SEEN_LIMIT: f64 = 200.0;

/// What one pass says about one worker.
pub(super) struct Verdict {
    pub(super) blocks: Vec<Block>,
    pub(super) standing: Standing,
    claim: Claim,
    /// The product of all evidence, carried evidence included.
    pub(super) product: f64,
    pub(super) carried: Carried,
}

/// One answer that counts as evidence.
struct Sighting {
    ratios: [f64; EXPERTS],
    right: f64,
    weight: f64,
    gold: bool,
    truth: Option<u32>,
}

/// What stays the same over all passes.
pub(super) struct Bench<'a> {
    answers: &'a Answers,
    layout: &'a Layout,
    carried: &'a [Carried],
    reference: f64,
    length: f64,
    /// Wealth that a released block of full length costs.
    price: f64,
    /// Odds against any false proof, were there but one pass.
    odds: f64,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        answers: &'a Answers,
        rule: &Rule,
        layout: &'a Layout,
        carried: &'a [Carried],
    ) -> Self {
        let odds = f64::from(rule.judgements) * f64::from(PPM) / f64::from(rule.beta_ppm);
        Self {
            answers,
            layout,
            carried,
            reference: f64::from(rule.reference_ppm) / f64::from(PPM),
            length: f64::from(rule.block_length),
            price: odds / (1.0 - CIRCLE_SHARE),
            odds: odds / CIRCLE_SHARE,
        }
    }

    pub(super) fn verdicts(&self, truths: &Truths<'_>) -> Vec<Verdict> {
        (0..self.answers.workers())
            .map(|worker| self.verdict(worker, truths))
            .collect()
    }

    /// Adds to the circle all whose evidence suffices in `pass` (from 1). With an `order`, half of
    /// what may go wrong in the pass is spent along it.
    pub(super) fn widen(
        &self,
        proven: &mut [bool],
        verdicts: &[Verdict],
        pass: u32,
        order: &[u32],
    ) -> bool {
        let claims: Vec<Claim> = verdicts.iter().map(|verdict| verdict.claim).collect();
        let odds = self.odds * f64::from(1_u32 << pass);
        if order.is_empty() {
            return circle::holm(proven, &claims, odds);
        }
        let mut in_order = proven.to_vec();
        let grown = circle::fallback(&mut in_order, &claims, order, 2.0 * odds);
        let more = circle::holm(proven, &claims, 2.0 * odds);
        proven.iter_mut().zip(in_order).for_each(|(a, b)| *a |= b);
        grown || more
    }

    /// Per row: whether its block is among those that `keep` picks.
    pub(super) fn rows_of(&self, verdicts: &[Verdict], keep: impl Fn(&Block) -> bool) -> Vec<bool> {
        let mut kept = vec![false; self.answers.rows().len()];
        let blocks = verdicts.iter().flat_map(|verdict| &verdict.blocks);
        for block in blocks.filter(|block| keep(block)) {
            let rows = self.layout.rows(block.worker);
            for row in &rows[block.first as usize..(block.first + block.answers) as usize] {
                kept[*row as usize] = true;
            }
        }
        kept
    }

    fn sightings(&self, worker: u32, truths: &Truths<'_>) -> Vec<Option<Sighting>> {
        let mut bettors = Bettors::new(self.answers.classes());
        truths.glimpses(worker, self.layout, |glimpse| Sighting {
            ratios: bettors.see(glimpse.label, glimpse.truth, |class| {
                glimpse.pool.frequency(class)
            }),
            right: glimpse.truth.probability(glimpse.label),
            weight: glimpse.truth.sharpness(),
            gold: glimpse.truth.is_gold(),
            truth: glimpse.truth.named(),
        })
    }

    /// Walks through one worker's answers once.
    fn verdict(&self, worker: u32, truths: &Truths<'_>) -> Verdict {
        let sightings = self.sightings(worker, truths);
        let seen = sightings.iter().flatten().map(|s| (s.right, s.weight));
        let seen: Vec<_> = seen.collect();
        let carried = self.carried[worker as usize];
        let classes = self.answers.classes();
        let (before, all) = carried.counts();
        let accuracy = Accuracy::new(&seen, classes).with(before, all);
        let factor_ppm = to_ppm(accuracy.pay_share(self.reference, classes));
        let mut play = Play {
            account: Account::new(self.price, carried.wealth()),
            history: Wealth::default(),
            peak: 0.0,
        };
        play.history.bring_in(carried.evidence());
        let mut blocks = self.play(worker, &sightings, &mut play, factor_ppm > 0);
        for block in &mut blocks[..play.account.paid()] {
            if block.decision == Decision::Held {
                block.decision = Decision::Released { factor_ppm };
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
        let (right_milli, seen_milli) = accuracy.milli(SEEN_LIMIT);
        Verdict {
            blocks,
            standing,
            claim: Claim {
                peak: play.peak,
                weight: seen.iter().map(|(_, weight)| weight).sum(),
            },
            product: play.history.total(),
            carried: Carried {
                evidence_micronats: 0,
                wealth_ppm: to_ppm(play.account.left()),
                right_milli,
                seen_milli,
            },
        }
    }

    /// Plays all blocks of a worker in order and, if it `pays`, settles them as far as the wealth
    /// goes.
    fn play(
        &self,
        worker: u32,
        sightings: &[Option<Sighting>],
        play: &mut Play,
        pays: bool,
    ) -> Vec<Block> {
        let extents = self.layout.blocks(worker);
        let account = &mut play.account;
        let mut blocks = Vec::with_capacity(extents.len());
        for (at, extent) in extents.iter().enumerate() {
            if at == 0 || extents[at - 1].round != extent.round {
                account
                    .wealth
                    .bring_in(UPFRONT * self.round_size(&extents[at..]));
            }
            let size = extent.answers as f64 / self.length;
            account.hand_in(size);
            account.wealth.bring_in(size * (1.0 - UPFRONT));
            let before = account.wealth.total();
            let seen = &sightings[extent.first..extent.first + extent.answers];
            for sighting in seen.iter().flatten() {
                account.wealth.bet(&sighting.ratios);
                play.history.bet(&sighting.ratios);
                play.peak = play.peak.max(play.history.total());
            }
            blocks.push(block(worker, extent, seen, account.wealth.total() / before));
            match extents.get(at + 1) {
                _ if !pays => {}
                Some(next) if next.round == extent.round => account.settle_early(),
                _ => account.settle(),
            }
        }
        blocks
    }

    /// Size of the round that begins with the first of `extents`, in full blocks.
    fn round_size(&self, extents: &[Extent]) -> f64 {
        let round = extents
            .iter()
            .take_while(|extent| extent.round == extents[0].round);
        round.map(|extent| extent.answers).sum::<usize>() as f64 / self.length
    }
}

/// What changes while one worker's blocks are played.
struct Play {
    account: Account,
    /// The product of all evidence.
    history: Wealth,
    /// The largest value it ever had.
    peak: f64,
}

/// A block as it stands before its account is settled; `ratio` is that of all its evidence.
fn block(worker: u32, extent: &Extent, seen: &[Option<Sighting>], ratio: f64) -> Block {
    let count = |counts: fn(&Sighting) -> bool| {
        let counted = seen.iter().flatten().filter(|sighting| counts(sighting));
        counted.count() as u32
    };
    Block {
        worker,
        first: extent.first as u32,
        answers: extent.answers as u32,
        round: extent.round,
        decision: match extent.past_ppm {
            Some(factor_ppm) => Decision::Released { factor_ppm },
            None => Decision::Held,
        },
        evidence_micronats: micronats(ratio),
        gold_right: count(|sighting| sighting.gold && sighting.right == 1.0),
        gold_seen: count(|sighting| sighting.gold),
        peer_seen: count(|sighting| !sighting.gold),
    }
}

/// The natural logarithm of a ratio in millionths.
pub(super) fn micronats(ratio: f64) -> i64 {
    libm::round(libm::log(ratio.max(f64::MIN_POSITIVE)) * f64::from(PPM)) as i64
}
