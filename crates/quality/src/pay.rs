//! The pay rule: which blocks of work are released, at what share of the price, and why.
//!
//! Normative formulas, constants and bounds stand in `docs/spec/pay.md`. In short: an answer to a
//! unit whose truth is known (hidden gold) or known with some probability (consensus of *other*
//! contributors who are proven) multiplies the contributor's *wealth* by how much better "knows it"
//! explains the answer than "guesses". Each block brings in one unit of wealth and, when released,
//! takes away `2 judgements / beta`. Wealth of a contributor whose answers do not depend on the
//! units' content is a supermartingale but for what blocks bring in, so such a contributor, with
//! any number of wallets and any rule for stopping, is paid at most the share `beta` of the blocks
//! handed in, in expectation.

mod accuracy;
mod confusion;
mod judge;
mod layout;
pub(crate) mod truth;
pub mod v2;
mod wealth;

pub use judge::judge;

use crate::consensus::PPM;
use crate::table::Error;

/// The numbers of the rule that a campaign states before it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Largest expected share of content-free blocks that are paid, in ppm; 1..=500,000.
    pub beta_ppm: u32,
    /// Accuracy that earns the full price, in ppm; above chance (1 / classes) and at most
    /// 1,000,000.
    pub reference_ppm: u32,
    /// Answers per block; at least 1.
    pub block_length: u32,
    /// How many times at most the campaign's answers are judged (once per round); at least 1.
    /// `beta` is shared out over them, since held blocks are looked at again.
    pub judgements: u32,
}

impl Default for Rule {
    /// 1 % of content-free blocks, full price at accuracy .85, blocks of 20, judged once.
    fn default() -> Self {
        Self {
            beta_ppm: 10_000,
            reference_ppm: 850_000,
            block_length: 20,
            judgements: 1,
        }
    }
}

impl Rule {
    /// Checks the ranges against a number of classes.
    ///
    /// # Errors
    /// [`Error::Rule`] with the first field that is out of range.
    pub fn check(&self, classes: u32) -> Result<(), Error> {
        let chance_ppm = PPM / classes.max(1);
        let refused = |field| Err(Error::Rule { field });
        match () {
            () if self.beta_ppm == 0 || self.beta_ppm > 500_000 => refused("beta_ppm"),
            () if self.reference_ppm > PPM => refused("reference_ppm"),
            () if classes > 1 && self.reference_ppm <= chance_ppm => refused("reference_ppm"),
            () if self.block_length == 0 => refused("block_length"),
            () if self.judgements == 0 => refused("judgements"),
            () => Ok(()),
        }
    }
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Paid at `factor_ppm` of the price; final.
    Released {
        /// Share of the price in ppm, 1..=1,000,000.
        factor_ppm: u32,
    },
    /// Not paid yet: looked at again in the next judgement, unpaid when the campaign ends.
    Held,
}

/// Consecutive answers of one contributor, judged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Whose answers.
    pub worker: u32,
    /// Position of the first one among this worker's answers, from 0.
    pub first: u32,
    /// How many: the block length, fewer at the end of a worker's answers.
    pub answers: u32,
    /// The judgement in which it was new, from 0.
    pub round: u32,
    /// Released or held.
    pub decision: Decision,
    /// Natural logarithm of the likelihood ratio of this block's evidence against chance, in
    /// millionths.
    pub evidence_micronats: i64,
    /// Right answers to gold.
    pub gold_right: u32,
    /// Answers to gold that count (the first per unit and worker).
    pub gold_seen: u32,
    /// Answers that count as evidence by consensus of proven peers.
    pub peer_seen: u32,
}

/// The mistake a contributor makes most often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The class of the units.
    pub truth: u32,
    /// The wrong class that was answered.
    pub answer: u32,
    /// Share of such answers among the worker's answers to units of class `truth`, in ppm.
    pub share_ppm: u32,
    /// How many answers of that kind.
    pub count: u32,
}

/// What is known about a contributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Lower 5 % quantile of the accuracy, prior Beta(2, 2), in ppm; 135,350 without evidence.
    pub reputation_ppm: u32,
    /// Whether released answers of this worker count as evidence about others.
    pub proven: bool,
    /// Right answers to gold.
    pub gold_right: u32,
    /// Answers to gold that count.
    pub gold_seen: u32,
    /// Most frequent confusion, from two occurrences on.
    pub confusion: Option<Confusion>,
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
}
