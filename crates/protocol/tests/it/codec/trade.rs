//! Random commands of the market.

use super::Numbers;
use protocol::market::{BuyGrant, License, ListAsset, Listing, ParentShare, Price, WaiveFloor};
use protocol::{AccountId, AssetId, Command, FundId, GrantId, WaiverId};

impl Numbers {
    pub(super) fn trade(&mut self, number: u8) -> Command {
        let asset = AssetId(self.narrow());
        match number {
            31 => Command::BuyGrant(BuyGrant {
                asset,
                purpose: self.next() as u16,
                rows: self.next(),
                amount_units: self.amount(),
                fund: self.maybe(|n| FundId(n.next())),
            }),
            32 => Command::RevokeGrant(GrantId(self.narrow())),
            33 => Command::WaiveFloor(WaiveFloor {
                asset,
                account: AccountId(self.narrow()),
                floor: self.ppm(),
                price_units: self.amount(),
                expires_ms: self.next(),
            }),
            _ => Command::ListAsset(ListAsset {
                asset,
                listing: self.listing(),
            }),
        }
    }

    pub(super) fn listing(&mut self) -> Listing {
        Listing {
            license: self.maybe(|n| match n.below(2) {
                0 => License::Spdx(n.text()),
                _ => License::Text(n.hash()),
            }),
            prices: self.list(4, |n| Price {
                purpose: n.next() as u16,
                flat_units: n.amount(),
                row_units: n.amount(),
                lasts_ms: n.maybe(Self::next),
            }),
            rows: self.next(),
            revocable: self.next().is_multiple_of(2),
            buyers: self.list(4, |n| AccountId(n.narrow())),
            card: self.maybe(Self::hash),
            version_of: self.maybe(|n| AssetId(n.narrow())),
            shares: self.list(3, |n| ParentShare {
                parent: AssetId(n.narrow()),
                share: n.ppm(),
            }),
            waivers: self.list(3, |n| WaiverId(n.narrow())),
            fund: self.maybe(|n| FundId(n.next())),
        }
    }
}
