//! Which purse an owner has in a token, under one number each, since a search compares many.

use alloc::collections::BTreeMap;
use protocol::event::{PurseId, PurseOwner};
use protocol::{AccountId, AssetId, CampaignId, FundId, TokenId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const KIND_SHIFT: u32 = 96;
const ID_SHIFT: u32 = 16;

/// One purse for each owner and token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index(BTreeMap<u128, PurseId>);

impl Index {
    /// The purse of an owner, if it was ever opened.
    pub(super) fn get(&self, owner: PurseOwner, token: TokenId) -> Option<PurseId> {
        self.0.get(&packed(owner, token)).copied()
    }

    /// Notes a purse, and gives the one that it hides.
    pub(super) fn insert(
        &mut self,
        owner: PurseOwner,
        token: TokenId,
        purse: PurseId,
    ) -> Option<PurseId> {
        self.0.insert(packed(owner, token), purse)
    }
}

/// Kind, id and token, highest first: in the order of [`PurseOwner`], then of [`TokenId`].
fn packed(owner: PurseOwner, token: TokenId) -> u128 {
    let (kind, id): (u8, u64) = match owner {
        PurseOwner::Fund(FundId(id)) => (0, id),
        PurseOwner::Budget(CampaignId(id)) => (1, id.into()),
        PurseOwner::Forfeit(CampaignId(id)) => (2, id.into()),
        PurseOwner::Gross(AssetId(id)) => (3, id.into()),
        PurseOwner::Pot(AssetId(id)) => (4, id.into()),
        PurseOwner::Pool(AssetId(id)) => (5, id.into()),
        PurseOwner::Earned(AccountId(id)) => (6, id.into()),
        PurseOwner::Panel(CampaignId(id)) => (7, id.into()),
        PurseOwner::Credit(AccountId(id)) => (8, id.into()),
    };
    u128::from(kind) << KIND_SHIFT | u128::from(id) << ID_SHIFT | u128::from(token.0)
}

/// What was [`packed`].
fn unpacked(key: u128) -> Option<(PurseOwner, TokenId)> {
    let long = (key >> ID_SHIFT) as u64;
    let id = u32::try_from(long).ok();
    let owner = match key >> KIND_SHIFT {
        0 => PurseOwner::Fund(FundId(long)),
        1 => PurseOwner::Budget(CampaignId(id?)),
        2 => PurseOwner::Forfeit(CampaignId(id?)),
        3 => PurseOwner::Gross(AssetId(id?)),
        4 => PurseOwner::Pot(AssetId(id?)),
        5 => PurseOwner::Pool(AssetId(id?)),
        6 => PurseOwner::Earned(AccountId(id?)),
        7 => PurseOwner::Panel(CampaignId(id?)),
        8 => PurseOwner::Credit(AccountId(id?)),
        _ => return None,
    };
    Some((owner, TokenId(key as u16)))
}

/// As a map from owner and token to purse, ascending.
impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = |(key, purse): (&u128, _)| {
            let key = unpacked(*key).expect("every key was packed");
            (key, purse)
        };
        serializer.collect_map(self.0.iter().map(plain))
    }
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let plain = BTreeMap::<(PurseOwner, TokenId), PurseId>::deserialize(deserializer)?;
        let packed = |((owner, token), purse)| (packed(owner, token), purse);
        Ok(Self(plain.into_iter().map(packed).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn owner((kind, long): (u8, u64)) -> PurseOwner {
        let id = long as u32;
        match kind {
            0 => PurseOwner::Fund(FundId(long)),
            1 => PurseOwner::Budget(CampaignId(id)),
            2 => PurseOwner::Forfeit(CampaignId(id)),
            3 => PurseOwner::Gross(AssetId(id)),
            4 => PurseOwner::Pot(AssetId(id)),
            5 => PurseOwner::Pool(AssetId(id)),
            6 => PurseOwner::Earned(AccountId(id)),
            7 => PurseOwner::Panel(CampaignId(id)),
            _ => PurseOwner::Credit(AccountId(id)),
        }
    }

    proptest! {
        #[test]
        fn a_snapshot_has_the_plain_map_of_owners_and_reads_back(
            rows in prop::collection::vec(
                ((0u8..9, prop_oneof![0..4u64, any::<u64>()]), 0u16..3, any::<u32>()), 0..40),
        ) {
            let (mut index, mut plain) = (Index::default(), BTreeMap::new());
            for (kind, token, purse) in rows {
                let (owner, token, purse) = (owner(kind), TokenId(token), PurseId(purse));
                index.insert(owner, token, purse);
                plain.insert((owner, token), purse);
            }
            let keys: Vec<_> = plain.keys().copied().collect();
            prop_assert!(keys.iter().all(|(o, t)| unpacked(packed(*o, *t)) == Some((*o, *t))));
            prop_assert!(plain.iter().all(|((o, t), purse)| index.get(*o, *t) == Some(*purse)));
            let bytes = postcard::to_allocvec(&index).unwrap();
            prop_assert_eq!(&bytes, &postcard::to_allocvec(&plain).unwrap());
            prop_assert_eq!(postcard::from_bytes::<Index>(&bytes).unwrap(), index);
        }
    }
}
