//! A shop of small assets, most of them leaves, and programs that use them.

use gateway::books::{Books, Composition, Left, Served};
use model::embedding;
use protocol::service::Price;
use protocol::{AccountId, AllowanceId, Amount, AssetId, Hash};
use serde_json::Value;

/// Assets below this one run in the gateway, each use at 10 units and its number.
pub const PROGRAMS: u32 = 10;
/// A use of a program itself, in units.
pub const FEE: u128 = 100;
/// The most that a call of the first program spends on others, in units.
pub const MOST: u128 = 3_000;
/// Whose purpose is another one.
pub const ELSEWHERE: u32 = 9;
/// A leaf and a program that may be used for two purposes.
pub const TWOFOLD: [u32; 2] = [6, PROGRAMS + 4];

/// What programs may use: all but one leaf, and all programs but themselves.
fn components(asset: u32) -> Vec<AssetId> {
    let leaves = (0..8).chain([ELSEWHERE]);
    let programs = (PROGRAMS..PROGRAMS + 6).filter(|it| *it != asset);
    leaves.chain(programs).map(AssetId).collect()
}

/// What allowances hold, and what is declared for an asset's calls.
pub struct Shop {
    pub cap: u128,
    /// When the allowances were granted.
    pub granted: fn(u32) -> Option<Composition>,
    /// Since.
    pub newest: fn(u32) -> Option<Composition>,
}

impl Shop {
    pub fn new(cap: u128) -> Self {
        Self {
            cap,
            granted: composition,
            newest: composition,
        }
    }
}

impl Books for Shop {
    fn served(&self) -> Vec<Served> {
        let content = Hash(proof::hash::sha256(&[&embedding::to_bytes()]));
        let all = (0..PROGRAMS + 6).map(|asset| Served {
            asset: AssetId(asset),
            title: format!("number {asset}"),
            content,
            price: Price {
                flat_units: Amount::new(price(asset)).unwrap(),
                tokens: None,
            },
            token: protocol::TokenId(0),
            purposes: match asset {
                ELSEWHERE => vec!["display".to_owned()],
                _ if TWOFOLD.contains(&asset) => vec!["query".to_owned(), "train".to_owned()],
                _ => vec!["query".to_owned()],
            },
            expires_ms: None,
            composition: (self.newest)(asset),
        });
        all.collect()
    }

    fn left(&self, allowance: AllowanceId) -> Option<Left> {
        Some(Left {
            asset: AssetId(allowance.0),
            payer: AccountId(9),
            units: self.cap,
            expires_ms: u64::MAX,
            knew_prices: true,
        })
    }

    fn composition(&self, allowance: AllowanceId) -> Option<Composition> {
        (self.granted)(allowance.0)
    }

    fn covers(&self, _: AllowanceId, asset: AssetId) -> Result<(), String> {
        match asset {
            AssetId(7) => Err("it is offered to others".to_owned()),
            _ => Ok(()),
        }
    }

    fn licensed(&self, _: AssetId, _: Option<AccountId>, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn content(&self, _: &Served) -> Option<Vec<u8>> {
        Some(embedding::to_bytes())
    }

    fn proof(&self, _: &[u8; 32], _: Option<(AssetId, u64)>) -> Result<Option<Value>, String> {
        Ok(None)
    }

    fn now_ms(&self) -> u64 {
        crate::house::NOW_MS
    }
}

pub fn price(asset: u32) -> u128 {
    match asset {
        PROGRAMS.. => FEE,
        leaf => 10 + u128::from(leaf),
    }
}

/// Each program declares less than the one before it.
pub fn composition(asset: u32) -> Option<Composition> {
    let most_units = match asset.checked_sub(PROGRAMS)? {
        0 => MOST,
        1 => 600,
        2 => 200,
        3 => 50,
        _ => 1_000,
    };
    Some(Composition {
        components: components(asset),
        most_units,
    })
}
