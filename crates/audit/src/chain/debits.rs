//! What the Escrow contract has taken out of deposits, against what each epoch owes.

use super::Sides;
use crate::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Base units by epoch and deposit.
type ByEpoch = BTreeMap<(u64, u64), u128>;

/// What was shown to be owed by a deposit, of which nothing has been laid to a charge yet.
#[derive(Clone, Copy, Default)]
struct Shown {
    rest: u128,
    /// The newest epoch that it was shown with.
    epoch: u64,
}

impl Sides<'_> {
    /// No more than the ledger owes, and all of it once the epoch pays.
    pub(super) fn check_debits(&self) -> Result<(), Fault> {
        self.debit_faults().into_values().next().map_or(Ok(()), Err)
    }

    /// The first fault in the debits of each epoch that has one. What was not debited in its time
    /// anybody may show to be owed, then or with a later epoch: such money makes up for it. So it
    /// does for what a veto or the ruling upon a dispute has given back.
    pub(super) fn debit_faults(&self) -> BTreeMap<u64, Fault> {
        let (taken, mut shown) = self.taken();
        let owed = self.owed();
        let mut faults = BTreeMap::new();
        for ((epoch, fund), amount) in &taken {
            let due = owed.get(&(*epoch, *fund)).copied().unwrap_or(0);
            if *amount > due {
                let what = format!(
                    "epoch {epoch} has taken {amount} units from deposit {fund}, \
                     the ledger owes {due}"
                );
                let fault = || Fault::new("debit_unknown", what);
                faults.entry(*epoch).or_insert_with(fault);
            }
        }
        for posted in self.facts.posted.iter().filter(|posted| posted.final_) {
            for ((epoch, fund), due) in owed.range((posted.id, 0)..=(posted.id, u64::MAX)) {
                let amount = taken.get(&(*epoch, *fund)).copied().unwrap_or(0);
                let missing = due.saturating_sub(amount);
                if lay(&mut shown, *fund, missing) < missing {
                    let what = format!(
                        "epoch {epoch} is final with {amount} units from deposit {fund}, \
                         the ledger owes {due}"
                    );
                    let fault = || Fault::new("debit_missing", what);
                    faults.entry(*epoch).or_insert_with(fault);
                }
            }
        }
        for (fund, amount) in self.given_back() {
            lay(&mut shown, fund, amount);
        }
        for (fund, Shown { rest, epoch }) in shown.into_iter().filter(|(_, it)| it.rest > 0) {
            let what = format!(
                "deposit {fund} has given {rest} units by proof beyond what the ledger owes"
            );
            let fault = || Fault::new("debit_unknown", what);
            faults.entry(epoch).or_insert_with(fault);
        }
        faults
    }

    /// What the operator has taken for each epoch that is not vetoed, and what was shown to be
    /// owed by each deposit.
    fn taken(&self) -> (ByEpoch, BTreeMap<u64, Shown>) {
        let vetoed = self.vetoed();
        let mut taken = ByEpoch::new();
        let mut shown: BTreeMap<u64, Shown> = BTreeMap::new();
        let debits = self.facts.debits.iter();
        for debit in debits.filter(|debit| !vetoed.contains(&debit.epoch)) {
            let sum = if debit.by_proof {
                let shown = shown.entry(debit.fund).or_default();
                shown.epoch = shown.epoch.max(debit.epoch);
                &mut shown.rest
            } else {
                taken.entry((debit.epoch, debit.fund)).or_default()
            };
            *sum = sum.saturating_add(debit.amount);
        }
        (taken, shown)
    }

    /// What the ledger has charged each deposit and went back to it: what vetoed epochs owe, and
    /// what rulings upon disputes have not granted. Later roots say that it is owed all the same.
    pub(super) fn given_back(&self) -> BTreeMap<u64, u128> {
        let vetoed = self.vetoed();
        let restored = self.owed().into_iter();
        let restored = restored.filter(|((epoch, _), _)| vetoed.contains(epoch));
        let restored = restored.map(|((_, fund), due)| (fund, due));
        let mut sums = BTreeMap::new();
        for (fund, amount) in restored.chain(self.facts.returned.iter().copied()) {
            let sum: &mut u128 = sums.entry(fund).or_default();
            *sum = sum.saturating_add(amount);
        }
        sums
    }

    fn vetoed(&self) -> BTreeSet<u64> {
        let vetoed = self.facts.posted.iter().filter(|posted| posted.vetoed);
        vetoed.map(|posted| posted.id).collect()
    }

    /// What each epoch owes from each deposit of this chain.
    fn owed(&self) -> ByEpoch {
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

/// Lays as much of what was shown of a deposit to a charge as there is, and says how much.
fn lay(shown: &mut BTreeMap<u64, Shown>, fund: u64, charge: u128) -> u128 {
    let Some(shown) = shown.get_mut(&fund) else {
        return 0;
    };
    let part = shown.rest.min(charge);
    shown.rest -= part;
    part
}
