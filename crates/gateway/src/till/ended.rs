//! Composed calls that have ended: their receipts, for payers who were gone by then.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot::error::TryRecvError;

use super::{Till, Told, not_written};
use crate::spool::Written;
use crate::{Fault, Receipt};

/// Most calls of one key that are kept, the newest ones.
const MOST_OF_KEY: usize = 32;
/// Most calls that are kept in all.
const MOST: usize = 1_024;

/// A call with all that was used in it.
#[derive(Debug)]
pub(super) struct Ended {
    /// By which key it was asked for.
    pub key: i64,
    /// Of the whole.
    pub receipt: Receipt,
    /// Of all below it, in the order of their counters.
    pub below: Vec<Receipt>,
    /// Until it says so nobody is told: what is not durable may be lost.
    pub written: Option<Written>,
}

/// The newest of them, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Shelf(VecDeque<Ended>);

impl Shelf {
    pub fn keep(&mut self, ended: Ended) {
        let of_key = |it: &Ended| it.key == ended.key;
        if self.0.iter().filter(|it| of_key(it)).count() >= MOST_OF_KEY {
            let oldest = self.0.iter().position(of_key);
            oldest.and_then(|place| self.0.remove(place));
        }
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(ended);
    }

    /// What is durable of a key, the newest first; `None` where something never will be.
    fn of(&mut self, key: i64) -> Option<Vec<(Receipt, Vec<Receipt>)>> {
        let mut all = Vec::new();
        for ended in self.0.iter_mut().rev().filter(|it| it.key == key) {
            match ended.written.as_mut().map(Written::try_recv) {
                None => {}
                Some(Ok(())) => ended.written = None,
                Some(Err(TryRecvError::Empty)) => continue,
                Some(Err(TryRecvError::Closed)) => return None,
            }
            all.push((ended.receipt, ended.below.clone()));
        }
        Some(all)
    }
}

impl Till {
    /// The composed calls of a key that have ended since the gateway began, the newest first, with
    /// all receipts of each. As many as are kept: 32.
    ///
    /// # Errors
    /// 500 once a use could not be written down.
    pub fn ended(&self, key: i64) -> Result<Vec<Told>, Fault> {
        self.check()?;
        let Some(all) = self.inner().ended.of(key) else {
            self.broken.store(true, Ordering::Release);
            return Err(not_written());
        };
        let own = &self.signing.key;
        let told = all.into_iter().map(|(receipt, below)| Told {
            text: receipt.sign(own),
            receipt,
            below: below.iter().map(|it| it.sign(own)).collect(),
        });
        Ok(told.collect())
    }
}
