//! Where each worker's blocks begin and end, and which answers may count as evidence.

use super::{Block, Decision};
use crate::table::{self, Answers, Error};

/// A block's place among its worker's answers.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) first: usize,
    pub(super) answers: usize,
    /// Factor of an earlier release.
    pub(super) past_ppm: Option<u32>,
}

/// The answers by worker, cut into blocks.
pub(super) struct Layout {
    starts: Vec<usize>,
    order: Vec<u32>,
    /// Per row: the first answer of its worker to its unit. Only these are evidence.
    pub(super) fresh: Vec<bool>,
    block_starts: Vec<usize>,
    blocks: Vec<Extent>,
}

impl Layout {
    /// Cuts after `length` answers, but keeps released blocks of the past as they were.
    pub(super) fn new(answers: &Answers, length: u32, past: &[Block]) -> Result<Self, Error> {
        let (starts, order) = answers.by_worker();
        let mut released: Vec<(u32, u32, usize)> = Vec::new();
        for (row, block) in past.iter().enumerate() {
            if block.worker >= answers.workers() {
                return Err(Error::Past { row });
            }
            if matches!(block.decision, Decision::Released { .. }) {
                released.push((block.worker, block.first, row));
            }
        }
        released.sort_unstable();
        let (mut block_starts, mut blocks) = (vec![0], Vec::new());
        let mut next = 0;
        for worker in 0..answers.workers() {
            let total = table::span(&starts, worker as usize).len();
            let mut at = 0;
            while next < released.len() && released[next].0 == worker {
                let row = released[next].2;
                let (first, size) = (past[row].first as usize, past[row].answers as usize);
                if first < at || size == 0 || first + size > total {
                    return Err(Error::Past { row });
                }
                cut(&mut blocks, at, first, length);
                let Decision::Released { factor_ppm } = past[row].decision else {
                    continue;
                };
                blocks.push(Extent {
                    first,
                    answers: size,
                    past_ppm: Some(factor_ppm),
                });
                at = first + size;
                next += 1;
            }
            cut(&mut blocks, at, total, length);
            block_starts.push(blocks.len());
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

/// Blocks of `length` from `at` to `end`, the last one shorter.
fn cut(blocks: &mut Vec<Extent>, mut at: usize, end: usize, length: u32) {
    while at < end {
        let answers = (end - at).min(length as usize);
        blocks.push(Extent {
            first: at,
            answers,
            past_ppm: None,
        });
        at += answers;
    }
}

/// Marks the first answer of each worker to each unit.
fn first_answers(answers: &Answers, starts: &[usize], order: &[u32]) -> Vec<bool> {
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
