//! Where each worker's blocks begin and end, and which answers may count as evidence.

use super::{Block, Decision};
use crate::table::{self, Answers, Error};

/// A block's place among its worker's answers.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) first: usize,
    pub(super) answers: usize,
    /// The judgement in which it is, or was, new.
    pub(super) round: u32,
    /// Factor of an earlier release.
    pub(super) past_ppm: Option<u32>,
}

/// The answers by worker, cut into blocks.
pub(super) struct Layout {
    starts: Vec<u32>,
    order: Vec<u32>,
    /// Per row: the first answer of its worker to its unit. Only these are evidence.
    pub(super) fresh: Vec<bool>,
    block_starts: Vec<u32>,
    blocks: Vec<Extent>,
}

impl Layout {
    /// Keeps the blocks of the past as they were and cuts newer answers after every `length`.
    pub(super) fn new(answers: &Answers, length: u32, past: &[Block]) -> Result<Self, Error> {
        let (starts, order) = answers.by_worker();
        let round = past
            .iter()
            .map(|block| block.round)
            .max()
            .map_or(0, |last| last.saturating_add(1));
        let mut block_starts = vec![0];
        let mut blocks: Vec<Extent> = Vec::new();
        let mut next = 0;
        for worker in 0..answers.workers() {
            let total = table::span(&starts, worker as usize).len();
            let mut at = 0;
            while let Some(block) = past.get(next).filter(|block| block.worker == worker) {
                let size = block.answers as usize;
                if block.first as usize != at || size == 0 || size > total - at {
                    return Err(Error::Past { row: next });
                }
                let past_ppm = match block.decision {
                    Decision::Released { factor_ppm } => Some(factor_ppm),
                    Decision::Held => None,
                };
                blocks.push(Extent {
                    first: at,
                    answers: size,
                    round: block.round,
                    past_ppm,
                });
                at += size;
                next += 1;
            }
            while at < total {
                let size = (total - at).min(length as usize);
                blocks.push(Extent {
                    first: at,
                    answers: size,
                    round,
                    past_ppm: None,
                });
                at += size;
            }
            block_starts.push(blocks.len() as u32);
        }
        if next < past.len() {
            return Err(Error::Past { row: next });
        }
        let fresh = first_answers(answers, &starts, &order);
        Ok(Self {
            starts,
            order,
            fresh,
            block_starts,
            blocks,
        })
    }

    /// Row positions of one worker's answers in order of submission.
    pub(super) fn rows(&self, worker: u32) -> &[u32] {
        &self.order[table::span(&self.starts, worker as usize)]
    }

    /// One worker's blocks in order of submission.
    pub(super) fn blocks(&self, worker: u32) -> &[Extent] {
        &self.blocks[table::span(&self.block_starts, worker as usize)]
    }
}

/// Marks the first answer of each worker to each unit.
fn first_answers(answers: &Answers, starts: &[u32], order: &[u32]) -> Vec<bool> {
    let mut fresh = vec![false; order.len()];
    let mut last_worker = vec![u32::MAX; answers.units() as usize];
    for worker in 0..answers.workers() {
        for row in &order[table::span(starts, worker as usize)] {
            let unit = answers.rows()[*row as usize].unit as usize;
            fresh[*row as usize] = last_worker[unit] != worker;
            last_worker[unit] = worker;
        }
    }
    fresh
}
