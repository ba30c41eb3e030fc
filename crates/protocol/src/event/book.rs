//! Purses, holds, and the steps of double-entry bookkeeping between them.

use crate::{AccountId, Amount, AssetId, CampaignId, FundId, TokenId};
use serde::{Deserialize, Serialize};

/// A purse of the book, in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PurseId(pub u32);

/// A pending transfer, in the order of pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HoldId(pub u32);

/// Whose money a purse holds. Each owner has one purse per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PurseOwner {
    /// Free money of a deposit; the Escrow contract still holds it.
    Fund(FundId),
    /// What a campaign has set aside; the Escrow contract still holds it.
    Budget(CampaignId),
    /// Deposits of rejected blocks, on their way to the contributors whose work was accepted.
    Forfeit(CampaignId),
    /// What uses of an asset have paid in this epoch, before anything is owed to ancestors.
    Gross(AssetId),
    /// What an asset keeps and receives from descendants, emptied when an epoch closes.
    Pot(AssetId),
    /// What the contributors of an asset share by their frozen shares, for life; dust stays in it.
    Pool(AssetId),
    /// What an account has earned, paid out or not.
    Earned(AccountId),
    /// Fees for a campaign's panel on their way to its members.
    Panel(CampaignId),
    /// What vouchers of an account's credit have brought and no use has charged.
    Credit(AccountId),
}

/// A step of double-entry bookkeeping.
#[expect(missing_docs, reason = "the sentence of a variant tells of them")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// A purse is opened with nothing in it. `fund` is the deposit behind it, if Escrow holds it.
    Opened {
        owner: PurseOwner,
        token: TokenId,
        fund: Option<FundId>,
    },
    /// Money comes into the book.
    Credited { purse: PurseId, amount: Amount },
    /// Money changes purses.
    Transferred {
        from: PurseId,
        to: PurseId,
        amount: Amount,
    },
    /// First phase: money leaves `from` and waits for `to`.
    Pended {
        from: PurseId,
        to: PurseId,
        amount: Amount,
    },
    /// More money waits in the same hold.
    Raised { hold: HoldId, amount: Amount },
    /// Second phase: part of a hold arrives.
    Posted { hold: HoldId, amount: Amount },
    /// What is left of a hold goes back.
    Voided { hold: HoldId },
    /// From this log time on the rest of a hold may be voided.
    Dated { hold: HoldId, due_ms: u64 },
    /// Money leaves the book: the Escrow contract has refunded it.
    Refunded { purse: PurseId, amount: Amount },
}
