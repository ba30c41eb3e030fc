//! What stands in leaves beside pay: votes of an asset's contributors, and what stakes lose.

use crate::{AccountId, Address, Amount, AssetId, CampaignId, TokenId};
use alloc::vec::Vec;
use minicbor::{Decode, Encode};

/// See [`crate::Command::OpenVotes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenVotes {
    /// Whose contributors vote.
    #[n(0)]
    pub asset: AssetId,
    /// The PoolVotes contract that mints them; no other asset's.
    #[n(1)]
    pub contract: Address,
}

/// See [`crate::Command::NoteStake`]. Sums are base units, as the contract has them at finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoteStake {
    /// The Stake contract; the first note fixes it.
    #[n(0)]
    pub contract: Address,
    /// Its token, likewise.
    #[n(1)]
    pub token: TokenId,
    /// How long a part of the stake waits on its way out, in milliseconds, likewise.
    #[n(2)]
    pub exit_ms: u64,
    /// Whose stake.
    #[n(3)]
    pub wallet: Address,
    /// All that was ever staked; never falls.
    #[n(4)]
    pub staked_units: Amount,
    /// What is staked now and not on its way out.
    #[n(5)]
    pub active_units: Amount,
    /// What is on its way out, and can be slashed until it is.
    #[n(6)]
    pub queued_units: Amount,
    /// All that was ever slashed; never falls.
    #[n(7)]
    pub slashed_units: Amount,
}

/// A fact about votes and stakes.
#[expect(
    missing_docs,
    reason = "the sentence of a variant tells what its fields are"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// The contributors of an asset have votes from the next close on.
    VotesOpened(OpenVotes),
    /// Contributors of an asset have their votes at these addresses, for good.
    VotesGiven {
        asset: AssetId,
        given: Vec<(AccountId, Address)>,
    },
    /// What the Stake contract holds of an address.
    StakeNoted(NoteStake),
    /// A contributor's stake in the contract stands for its work in a campaign.
    StakeLocked {
        campaign: CampaignId,
        account: AccountId,
        wallet: Address,
        amount: Amount,
    },
    /// The lock is over; if slashed, the amount is due from the stake.
    StakeUnlocked {
        campaign: CampaignId,
        account: AccountId,
        slashed: bool,
    },
}
