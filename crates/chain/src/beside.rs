//! What stakes and votes have come to, by the events of their contracts.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolEvent};
use proof::claim::LineKind;

use crate::backend::Act;
use crate::contract;
use crate::deployment::succeeded;
use crate::devnet::{Log, Receipt};
use crate::settlement::{Claim, lines};
use crate::stake::{Stake, Sums};
use crate::votes::{PoolVotes, small};
use crate::{Backend, Chain, Error, Signer};

/// What each address has been minted.
type Minted = BTreeMap<[u8; 20], u128>;

/// The Stake contract and the PoolVotes contracts of one Settlement, kept up with the chain. Each
/// event is read once.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    seen: usize,
    stake: Option<[u8; 20]>,
    stakers: BTreeMap<[u8; 20], Sums>,
    votes: BTreeMap<[u8; 20], Minted>,
}

/// What one event has made of a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Whose stake.
    pub account: [u8; 20],
    /// What it is since.
    pub sums: Sums,
}

impl Beside {
    /// Of these contracts, before their first event.
    pub fn new(stake: Option<[u8; 20]>, votes: &BTreeSet<[u8; 20]>) -> Self {
        Self {
            stake,
            votes: votes.iter().map(|it| (*it, Minted::new())).collect(),
            ..Self::default()
        }
    }

    /// Follows these contracts from now on. Where one is new, all is read once more.
    pub fn keep(&mut self, stake: Option<[u8; 20]>, votes: &BTreeSet<[u8; 20]>) {
        if self.stake != stake || !self.votes.keys().eq(votes) {
            *self = Self::new(stake, votes);
        }
    }

    /// Reads what has happened since the last time.
    pub fn follow<B: Backend>(&mut self, chain: &Chain<B>) -> Result<(), Error> {
        let seen = self.seen;
        self.seen = chain.devnet.each_since(seen, &mut |log| {
            self.take(log);
        })?;
        Ok(())
    }

    /// Counts an event; what it has made of a stake, if it is of one.
    pub fn take(&mut self, log: &Log) -> Option<Moved> {
        if let Some(minted) = self.votes.get_mut(&log.address) {
            let event = contract::event::<PoolVotes::Transfer>(log);
            // Nothing else can move: `NotTransferable`.
            if let Some(event) = event.filter(|event| event.from == Address::ZERO) {
                let sum = minted.entry(event.to.into()).or_default();
                *sum = sum.saturating_add(small(event.value));
            }
        }
        if self.stake != Some(log.address) {
            return None;
        }
        let (account, step) = step(log)?;
        let sums = self.stakers.entry(account).or_default();
        *sums = after(*sums, step);
        Some(Moved {
            account,
            sums: *sums,
        })
    }

    /// Everybody who has ever had a stake, ascending.
    pub fn stakers(&self) -> impl Iterator<Item = ([u8; 20], Sums)> {
        self.stakers.iter().map(|(account, sums)| (*account, *sums))
    }

    /// What the Stake contract holds of an address.
    pub fn stake(&self, account: [u8; 20]) -> Sums {
        self.stakers.get(&account).copied().unwrap_or_default()
    }

    /// All PoolVotes contracts, with what was ever minted to whom; both ascending.
    pub fn votes(&self) -> impl Iterator<Item = ([u8; 20], &Minted)> {
        let votes = self.votes.iter();
        votes.map(|(contract, minted)| (*contract, minted))
    }

    /// What a PoolVotes contract has ever minted to an address.
    pub fn minted(&self, votes: [u8; 20], account: [u8; 20]) -> u128 {
        let minted = self.votes.get(&votes);
        let minted = minted.and_then(|minted| minted.get(&account));
        minted.copied().unwrap_or_default()
    }
}

#[derive(Clone, Copy)]
enum Step {
    Staked(u128),
    Asked(u128),
    Withdrawn(u128),
    Slashed(u128),
}

/// Whose stake an event is about, and what it says.
fn step(log: &Log) -> Option<([u8; 20], Step)> {
    let topic = log.topics.first()?;
    if *topic == Stake::Staked::SIGNATURE_HASH.0 {
        let it = contract::event::<Stake::Staked>(log)?;
        return Some((it.account.into(), Step::Staked(it.amount.to())));
    }
    if *topic == Stake::ExitRequested::SIGNATURE_HASH.0 {
        let it = contract::event::<Stake::ExitRequested>(log)?;
        return Some((it.account.into(), Step::Asked(it.amount.to())));
    }
    if *topic == Stake::Withdrawn::SIGNATURE_HASH.0 {
        let it = contract::event::<Stake::Withdrawn>(log)?;
        return Some((it.account.into(), Step::Withdrawn(it.amount.to())));
    }
    let it = contract::event::<Stake::Slashed>(log)?;
    Some((it.account.into(), Step::Slashed(it.amount.to())))
}

/// As `Stake.sol` has it. A request for more than is active is the whole of a stake that leaves in
/// a silence, what was on its way included.
fn after(before: Sums, step: Step) -> Sums {
    let mut sums = before;
    match step {
        Step::Staked(amount) => {
            sums.staked = sums.staked.saturating_add(amount);
            sums.active = sums.active.saturating_add(amount);
        }
        Step::Asked(amount) if amount > sums.active => {
            (sums.active, sums.queued) = (0, amount);
        }
        Step::Asked(amount) => {
            sums.active -= amount;
            sums.queued = sums.queued.saturating_add(amount);
        }
        Step::Withdrawn(amount) => sums.queued = sums.queued.saturating_sub(amount),
        Step::Slashed(amount) => {
            let first = amount.min(sums.active);
            sums.active -= first;
            sums.queued = sums.queued.saturating_sub(amount - first);
            sums.slashed = sums.slashed.saturating_add(amount);
        }
    }
    sums
}

/// What a line of a leaf of a final epoch makes a contract do.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The Stake or PoolVotes contract.
    pub contract: [u8; 20],
    /// Whether it slashes or mints; a line of pay does neither.
    pub kind: LineKind,
    /// The leaf and its proof.
    pub claim: &'a Claim,
}

impl<B: Backend> Chain<B> {
    /// Has lines of a final epoch carried out, with one sync; what became of each, in their order.
    /// One that is refused keeps no other from being done; one with `waiting` is on its way.
    ///
    /// # Errors
    /// Only where nothing can be sent.
    pub fn carry_out(
        &mut self,
        signer: &dyn Signer,
        epoch: u64,
        calls: &[Call<'_>],
    ) -> Result<Vec<Result<Receipt, Error>>, Error> {
        let acts: Result<Vec<Act>, Error> = calls.iter().map(|call| act(epoch, call)).collect();
        let receipts = self.devnet.act_each(signer, acts?)?;
        let named = calls.iter().map(|call| match call.kind {
            LineKind::Vote => PoolVotes::mintCall::SIGNATURE,
            LineKind::Pay | LineKind::Slash => Stake::slashCall::SIGNATURE,
        });
        let ended = receipts.into_iter().zip(named);
        Ok(ended
            .map(|(receipt, name)| receipt.and_then(|receipt| succeeded(receipt, name)))
            .collect())
    }
}

fn act(epoch: u64, call: &Call<'_>) -> Result<Act, Error> {
    let account = call.claim.leaf.account.into();
    let proof = call.claim.proof.iter().map(Into::into).collect();
    let calldata = match call.kind {
        LineKind::Vote => PoolVotes::mintCall {
            epoch,
            account,
            lines: lines(&call.claim.leaf)?,
            proof,
        }
        .abi_encode(),
        LineKind::Pay | LineKind::Slash => Stake::slashCall {
            epoch,
            account,
            lines: lines(&call.claim.leaf)?,
            proof,
        }
        .abi_encode(),
    };
    Ok(Act {
        to: call.contract,
        calldata,
        label: None,
    })
}
