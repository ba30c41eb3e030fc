//! Leaves of debits: what an epoch takes of a deposit, for whoever has to show it to the Escrow.

use crate::State;
use crate::chain::Site;
use crate::section::Part;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use proof::claim::Debit;
use protocol::{Amount, FundId, Rejection};
use serde::{Deserialize, Serialize};

/// All that deposits were ever debited; begins with the operator's word that trees hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debits {
    proven: bool,
    /// Over all closed epochs, those from before that word among them.
    charged: BTreeMap<FundId, Amount>,
}

impl Part for Debits {
    fn is_empty(&self) -> bool {
        !self.proven
    }
}

impl Debits {
    /// True once trees hold them.
    pub fn are_proven(&self) -> bool {
        self.proven
    }

    /// All that closed epochs have debited of a deposit; zero as long as trees hold nothing of it.
    pub fn charged(&self, fund: FundId) -> Amount {
        self.charged.get(&fund).copied().unwrap_or(Amount::ZERO)
    }

    pub(crate) fn begin(&mut self, before: impl IntoIterator<Item = (FundId, Amount)>) {
        self.proven = true;
        self.add(before);
    }

    pub(crate) fn close(&mut self, debits: &[(FundId, Amount)]) {
        if self.proven {
            self.add(debits.iter().copied());
        }
    }

    fn add(&mut self, debits: impl IntoIterator<Item = (FundId, Amount)>) {
        for (fund, amount) in debits {
            let sum = self.charged.entry(fund).or_default();
            *sum = sum.checked_add(amount).expect("bounded by the deposit");
        }
    }
}

impl State {
    /// The leaf of each deposit on a chain that the epoch which closes now debits, ascending by
    /// number; none before the log has said that trees hold them.
    ///
    /// Of the others no epoch needs one: each debit is shown with the tree of the epoch that makes
    /// it, within that epoch's cap.
    pub(crate) fn debit_leaves(&self, site: &Site<'_>) -> Result<Vec<Debit>, Rejection> {
        let debits = &self.sections.debits;
        let owed = self.book.debits().iter().filter(|_| debits.are_proven());
        let numbered = owed.map(|(fund, amount)| (self.number_of(*fund), fund, amount));
        let own = numbered.filter(|((chain, _), ..)| *chain == site.chain);
        own.map(|((_, id), fund, amount)| {
            let all = debits.charged(*fund).checked_add(*amount);
            let cumulative = all.ok_or(Rejection::AmountTooLarge)?.units();
            Ok(Debit { id, cumulative })
        })
        .collect()
    }
}
