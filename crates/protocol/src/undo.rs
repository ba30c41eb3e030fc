//! A sealed answer gives way to another one while its round runs.

use crate::{CampaignId, Hash};
use minicbor::{Decode, Encode};

/// See [`crate::Command::ReplaceAnswer`]. The commitment is bound to the place of the answer that
/// it replaces: account, nonce and position of the first entry. The private body is a list of the
/// new opening and the old one; both are of the same unit, and their salts differ.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReplaceAnswer {
    /// Which campaign; its open round is meant.
    #[n(0)]
    pub campaign: CampaignId,
    /// The account's entry that has sealed the answer.
    #[n(1)]
    pub entry: u64,
    /// Position in that entry's list.
    #[n(2)]
    pub field: u16,
    /// Salted commitment to the new answer.
    #[n(3)]
    pub commitment: Hash,
}
