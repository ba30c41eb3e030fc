//! What the Escrow contract has taken out of deposits, against what each epoch owes.

use super::Sides;
use crate::Fault;
use std::collections::BTreeMap;

impl Sides<'_> {
    /// No more than the ledger owes, and all of it once the epoch pays. What was not debited in its
    /// time anybody may show to be owed, then or with a later epoch: such money makes up for it.
    pub(super) fn check_debits(&self) -> Result<(), Fault> {
        let mut taken: BTreeMap<(u64, u64), u128> = BTreeMap::new();
        let mut shown: BTreeMap<u64, u128> = BTreeMap::new();
        let debits = self.facts.debits.iter();
        for debit in debits.filter(|debit| !self.is_vetoed(debit.epoch)) {
            let sum = match debit.by_proof {
                true => shown.entry(debit.fund).or_default(),
                false => taken.entry((debit.epoch, debit.fund)).or_default(),
            };
            *sum = sum.saturating_add(debit.amount);
        }
        let owed = self.owed();
        for ((epoch, fund), amount) in &taken {
            let due = owed.get(&(*epoch, *fund)).copied().unwrap_or(0);
            if *amount > due {
                let what = format!(
                    "epoch {epoch} has taken {amount} units from deposit {fund}, \
                     the ledger owes {due}"
                );
                return Err(Fault::new("debit_unknown", what));
            }
        }
        for posted in self.facts.posted.iter().filter(|posted| posted.final_) {
            for ((epoch, fund), due) in owed.range((posted.id, 0)..=(posted.id, u64::MAX)) {
                let amount = taken.get(&(*epoch, *fund)).copied().unwrap_or(0);
                let made_up = shown.entry(*fund).or_default();
                let Some(rest) = made_up.checked_sub(due - amount) else {
                    let what = format!(
                        "epoch {epoch} is final with {amount} units from deposit {fund}, \
                         the ledger owes {due}"
                    );
                    return Err(Fault::new("debit_missing", what));
                };
                *made_up = rest;
            }
        }
        match shown.into_iter().find(|(_, rest)| *rest > 0) {
            None => Ok(()),
            Some((fund, rest)) => {
                let what = format!(
                    "deposit {fund} has given {rest} units by proof beyond what the ledger owes"
                );
                Err(Fault::new("debit_unknown", what))
            }
        }
    }

    /// What each epoch owes from each deposit of this chain.
    fn owed(&self) -> BTreeMap<(u64, u64), u128> {
        let epochs = (1..).zip(&self.ledger.state.epochs);
        let owed = epochs.flat_map(|(id, epoch)| {
            let debits = epoch.debits.iter();
            let numbered = debits.map(move |(fund, amount)| {
                let (chain, number) = self.ledger.state.number_of(*fund);
                (chain, ((id, number), amount.units()))
            });
            let own = numbered.filter(|(chain, _)| *chain == self.site.chain);
            own.map(|(_, owed)| owed)
        });
        owed.collect()
    }
}
