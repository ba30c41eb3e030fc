//! Chains beside the one of the first entry: they join for good, and each keeps its own money.

use crate::command::CreditDeposit;
use crate::{Address, Amount, ChainIndex, EpochId, FundId, TokenId};
use alloc::vec::Vec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Most chains that a log settles on, the first one included.
pub const MOST_CHAINS: usize = 8;

/// See [`crate::Command::FurtherChain`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FurtherChain {
    /// The log settles on one more chain, for good.
    #[n(0)]
    Join(#[n(0)] Contracts),
    /// A deposit has become final on that chain; its number in the log follows the last one's.
    #[n(1)]
    Credit(#[n(0)] ChainIndex, #[n(1)] CreditDeposit),
    /// An epoch is final on that chain and its debits have been released there.
    #[n(2)]
    Release(#[n(0)] ChainIndex, #[n(1)] EpochId),
}

/// Where a further chain is settled on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Contracts {
    /// EIP-155 number, which no other chain of the log has.
    #[n(0)]
    pub chain_id: u64,
    /// Pays claims there.
    #[n(1)]
    pub settlement: Address,
    /// Holds deposits there.
    #[n(2)]
    pub escrow: Address,
    /// ERC-20 contracts that the Settlement lists, 1 to 8, ascending. Their ids follow those of all
    /// chains that joined before.
    #[n(3)]
    pub tokens: Vec<Address>,
}

/// What a chain has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// From here on the log settles there, too.
    Joined(Contracts),
    /// The deposit that was just credited stands on it.
    Holds(ChainIndex, FundId),
    /// The first chain too: an epoch's debits are in the pot there.
    Released(Released),
    /// From the next close on, what an epoch debits can be shown by its tree, on all chains.
    DebitsProven,
    /// The chain's n-th redeemed voucher is in the pot there, and credited.
    Redeemed(ChainIndex, u64),
}

/// An epoch's money is where claims are paid from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// The settlement period whose debits the Escrow has paid into the pot.
    pub epoch: EpochId,
    /// Where.
    pub chain: ChainIndex,
    /// The chain's tokens: the first, and the one behind the last.
    pub tokens: (TokenId, TokenId),
}

/// See [`crate::Command::NoteRefund`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoteRefund {
    /// Which deposit.
    #[n(0)]
    pub fund: FundId,
    /// What went back, in base units.
    #[n(1)]
    pub amount_units: Amount,
}
