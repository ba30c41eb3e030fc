//! Version 2 of the pay rule: carried evidence, a sharper circle, wealth that waits.
//!
//! The bound is that of version 1: whoever answers without looking at the units, with any number of
//! wallets and any rule for stopping, is paid at most the share `beta` of what is handed in, in
//! expectation. Formulas and proofs: `docs/spec/pay.md`, "Version 2".
//!
//! **What the caller owes.** `carried` must be *moved*: what [`Judgement::carried`] returns may be
//! handed to one later campaign of the same skill only, after this campaign's last judgement, and
//! not be handed to two at once. Where the later campaign pays more per block, scale
//! [`Carried::wealth_ppm`] by (earlier price) / (later price), rounded down. Every judgement of one
//! campaign starts from the same `carried` as the first. A deposit of
//! `beta / (1 - beta)` of a block's price, forfeited when the block is never released, makes the
//! expected profit of content-free work at most 0. Nothing of a judgement is told before the next.

pub(crate) mod bets;
mod circle;
mod judge;
mod verdict;
mod wealth;

pub use judge::judge;

use super::{Block, Standing};
use crate::consensus::PPM;

/// Carried evidence is read and written within these bounds, in millionths of a nat.
const EVIDENCE_LIMIT: i64 = 100 * PPM as i64;
/// Carried counts are read up to this many thousandths of an answer.
const SEEN_LIMIT_MILLI: u32 = 200_000;

/// What a contributor brings along from earlier campaigns of the same skill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Logarithm of the product of all *gold* evidence so far, in millionths of a nat; 0 for a
    /// stranger. Counts towards the circle only. Read within -100..=100 nats.
    pub evidence_micronats: i64,
    /// Unspent wealth as a share of what the release of one full block costs, in ppm,
    /// 0..=1,000,000.
    pub wealth_ppm: u32,
    /// Right answers seen so far, in thousandths of an answer, never more than `seen_milli`. For
    /// the share of the price and the reputation.
    pub right_milli: u32,
    /// Answers whose truth was known, in thousandths of an answer; read up to 200,000.
    pub seen_milli: u32,
}

impl Carried {
    /// The product of the gold evidence.
    fn evidence(&self) -> f64 {
        let within = self
            .evidence_micronats
            .clamp(-EVIDENCE_LIMIT, EVIDENCE_LIMIT);
        libm::exp(within as f64 / f64::from(PPM))
    }

    /// Wealth in full blocks, 0..=1.
    fn wealth(&self) -> f64 {
        f64::from(self.wealth_ppm.min(PPM)) / f64::from(PPM)
    }

    /// Right and all answers.
    fn counts(&self) -> (f64, f64) {
        let seen = self.seen_milli.min(SEEN_LIMIT_MILLI);
        let right = self.right_milli.min(seen);
        (f64::from(right) / 1e3, f64::from(seen) / 1e3)
    }
}

/// Outcome of [`judge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// All blocks, by worker, then in order of submission.
    pub blocks: Vec<Block>,
    /// One per worker.
    pub standings: Vec<Standing>,
    /// Per row of the table: whether its block is released. Only these are exported and used for
    /// the final consensus.
    pub accepted: Vec<bool>,
    /// One per worker: what goes along to the next campaign, this one included.
    pub carried: Vec<Carried>,
}
