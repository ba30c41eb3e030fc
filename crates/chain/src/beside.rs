//! What stakes and votes have come to, by the events of their contracts on the embedded chain.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use proof::claim::LineKind;

use crate::backend::Act;
use crate::contract;
use crate::deployment::succeeded;
use crate::devnet::{Log, Receipt};
use crate::settlement::{Claim, lines};
use crate::stake::{Stake, StakeTerms, Sums};
use crate::votes::PoolVotes;
use crate::{Backend, Chain, Error, Signer};

/// What each address has staked.
type Stakers = BTreeMap<[u8; 20], Sums>;

/// Every Stake and PoolVotes contract of one Settlement, kept up with the chain. Each receipt is
/// read once.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    seen: usize,
    stakes: BTreeMap<[u8; 20], (StakeTerms, Stakers)>,
    votes: BTreeMap<[u8; 20], BTreeMap<[u8; 20], u128>>,
}

/// What one event has made of a stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The Stake contract.
    pub contract: [u8; 20],
    /// What it was made with.
    pub terms: StakeTerms,
    /// Whose stake.
    pub account: [u8; 20],
    /// When, in unix seconds.
    pub time_s: u64,
    /// What it is since.
    pub sums: Sums,
}

impl Beside {
    /// Reads what has happened since the last time, and tells each event of a stake in its order.
    ///
    /// # Errors
    /// `Invalid` elsewhere than on a devnet.
    pub fn follow<B: Backend>(
        &mut self,
        chain: &Chain<B>,
        mut moved: impl FnMut(Moved),
    ) -> Result<(), Error> {
        let receipts = chain.devnet.local()?.receipts();
        for receipt in receipts.get(self.seen..).unwrap_or_default() {
            if let Some(contract) = receipt.created {
                self.meet(chain, contract);
            }
            for log in &receipt.logs {
                self.take(log, receipt.time_s, &mut moved);
            }
        }
        self.seen = receipts.len();
        Ok(())
    }

    /// What a Stake contract was made with; `None` where it is none of this Escrow.
    pub fn terms(&self, stake: [u8; 20]) -> Option<StakeTerms> {
        self.stakes.get(&stake).map(|(terms, _)| *terms)
    }

    /// All Stake contracts, ascending.
    pub fn stakes(&self) -> impl Iterator<Item = ([u8; 20], StakeTerms)> {
        let stakes = self.stakes.iter();
        stakes.map(|(contract, (terms, _))| (*contract, *terms))
    }

    /// Everybody who has ever had a stake in a contract, ascending.
    pub fn stakers(&self, stake: [u8; 20]) -> impl Iterator<Item = ([u8; 20], Sums)> {
        let held = self.stakes.get(&stake).map(|(_, held)| held);
        let held = held.into_iter().flatten();
        held.map(|(account, sums)| (*account, *sums))
    }

    /// What a Stake contract holds of an address.
    pub fn stake(&self, stake: [u8; 20], account: [u8; 20]) -> Sums {
        let held = self.stakes.get(&stake);
        let sums = held.and_then(|(_, held)| held.get(&account));
        sums.copied().unwrap_or_default()
    }

    /// All PoolVotes contracts, with what was ever minted to whom; both ascending.
    pub fn votes(&self) -> impl Iterator<Item = ([u8; 20], &BTreeMap<[u8; 20], u128>)> {
        let votes = self.votes.iter();
        votes.map(|(contract, minted)| (*contract, minted))
    }

    /// What a PoolVotes contract has ever minted to an address.
    pub fn minted(&self, votes: [u8; 20], account: [u8; 20]) -> u128 {
        let minted = self.votes.get(&votes);
        let minted = minted.and_then(|minted| minted.get(&account));
        minted.copied().unwrap_or_default()
    }

    fn meet<B: Backend>(&mut self, chain: &Chain<B>, contract: [u8; 20]) {
        if let Some(terms) = chain.stake_terms(contract) {
            self.stakes.insert(contract, (terms, BTreeMap::new()));
        } else if chain.counts_votes(contract) {
            self.votes.insert(contract, BTreeMap::new());
        }
    }

    fn take(&mut self, log: &Log, time_s: u64, moved: &mut impl FnMut(Moved)) {
        let contract = log.address;
        if let Some(minted) = self.votes.get_mut(&contract) {
            let event = contract::event::<PoolVotes::Transfer>(log);
            // Nothing else can move: `NotTransferable`.
            if let Some(event) = event.filter(|event| event.from == Address::ZERO) {
                *minted.entry(event.to.into()).or_default() += small(event.value);
            }
        }
        let Some((terms, held)) = self.stakes.get_mut(&contract) else {
            return;
        };
        let Some((account, step)) = step(log) else {
            return;
        };
        let sums = held.entry(account).or_default();
        *sums = after(*sums, step);
        moved(Moved {
            contract,
            terms: *terms,
            account,
            time_s,
            sums: *sums,
        });
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
            sums.staked += amount;
            sums.active += amount;
        }
        Step::Asked(amount) if amount > sums.active => {
            (sums.active, sums.queued) = (0, amount);
        }
        Step::Asked(amount) => {
            sums.active -= amount;
            sums.queued += amount;
        }
        Step::Withdrawn(amount) => sums.queued = sums.queued.saturating_sub(amount),
        Step::Slashed(amount) => {
            let first = amount.min(sums.active);
            sums.active -= first;
            sums.queued = sums.queued.saturating_sub(amount - first);
            sums.slashed += amount;
        }
    }
    sums
}

/// Votes are sums of 96 bits.
fn small(value: U256) -> u128 {
    value.try_into().unwrap_or(u128::MAX)
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
    /// One that is refused keeps no other from being done.
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
        let receipts = self.devnet.act(signer, acts?)?;
        let named = calls.iter().map(|call| match call.kind {
            LineKind::Vote => PoolVotes::mintCall::SIGNATURE,
            LineKind::Pay | LineKind::Slash => Stake::slashCall::SIGNATURE,
        });
        let ended = receipts.into_iter().zip(named);
        Ok(ended
            .map(|(receipt, name)| succeeded(receipt, name))
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
