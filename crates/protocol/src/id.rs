//! Dense ids: the n-th thing of its kind in a log is number n.

use core::fmt;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            Encode, Decode, Serialize, Deserialize,
        )]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub $int);

        impl $name {
            /// Position in the state's dense tables.
            pub fn index(self) -> usize {
                usize::try_from(self.0).expect("tables of this machine hold every id of the log")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id!(
    /// A pseudonym: accounts are numbered as they open, 0 is the operator.
    AccountId, u32
);
id!(
    /// A token the space trades in, by its place in the first entry's list; those of further
    /// chains stand behind. The same address on two chains is two tokens.
    TokenId, u16
);
id!(
    /// A deposit as the log numbers it, from 1; the Escrow contract's own number while the log
    /// settles on one chain.
    FundId, u64
);
id!(
    /// A funded offer of work, from 0 in the order of opening.
    CampaignId, u32
);
id!(
    /// A dataset, label set, model, pool, program or prompt; parents have lower numbers than
    /// children.
    AssetId, u32
);
id!(
    /// A payer's standing permission to charge one fund for one asset.
    AllowanceId, u32
);
id!(
    /// A settlement period, from 1 as the Settlement contract counts; 0 is the state before any.
    EpochId, u64
);
id!(
    /// A chain that the log settles on, in the order of joining; 0 is the first entry's.
    ChainIndex, u16
);
id!(
    /// A licence that an account has bought, from 0 in the order of buying.
    GrantId, u32
);
id!(
    /// A lower floor that an owner has offered to one account, from 0 in the order of offering.
    WaiverId, u32
);
