//! A shop of small assets, most of them leaves, tables, and programs that use them.

use gateway::books::{Books, Composition, Left, Served};
use gateway::rows::{Page, Unread, Wanted};
use model::embedding;
use protocol::service::{Price, TokenPrices};
use protocol::{AccountId, AllowanceId, Amount, AssetId, Hash};
use serde_json::{Map, Value};

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

/// A table of [`ROWS`] rows, each at a unit beside the price of a use.
pub const TABLE: u32 = 20;
/// How many rows each table has.
pub const ROWS: u64 = 6;
/// A table of which a payer may read the first two rows.
pub const PART: u32 = 21;
/// A table that may be shown to people and not be asked.
pub const SHOWN: u32 = 22;
/// What is in service as a table and is none.
pub const PICTURE: u32 = 23;
/// A table that no program may use.
pub const APART: u32 = 24;
/// A table whose terms allow two purposes.
pub const TAUGHT: u32 = 25;

/// What programs may use: all but one leaf and one table, and all programs but themselves.
fn components(asset: u32) -> Vec<AssetId> {
    let leaves = (0..8).chain([ELSEWHERE]);
    let programs = (PROGRAMS..PROGRAMS + 6).filter(|it| *it != asset);
    leaves
        .chain(programs)
        .chain(TABLE..APART)
        .map(AssetId)
        .collect()
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
        let all = (0..PROGRAMS + 6).chain(TABLE..=TAUGHT).map(|asset| Served {
            asset: AssetId(asset),
            title: format!("number {asset}"),
            content,
            price: Price {
                flat_units: Amount::new(price(asset)).unwrap(),
                tokens: (asset >= TABLE).then(|| TokenPrices {
                    // Nobody pays for what is asked of a table.
                    input_units: Amount::new(9_000_000).unwrap(),
                    output_units: Amount::new(1_000_000).unwrap(),
                }),
            },
            is_table: asset >= TABLE,
            token: protocol::TokenId(0),
            purposes: match asset {
                TAUGHT => vec!["query".to_owned(), "train".to_owned()],
                ELSEWHERE | SHOWN => vec!["display".to_owned()],
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
            on_credit: false,
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

    fn licensed(
        &self,
        asset: AssetId,
        _: Option<AccountId>,
        _: &str,
    ) -> Result<Option<u64>, String> {
        Ok((asset == AssetId(PART)).then_some(2))
    }

    fn rows(&self, asset: AssetId, wanted: &Wanted) -> Result<Page, Unread> {
        if asset == AssetId(PICTURE) {
            return Err(Unread::NoTable("it is a picture".to_owned()));
        }
        if let Some((name, _)) = wanted.cells.iter().find(|(name, _)| name != "n") {
            return Err(Unread::Column(name.clone()));
        }
        let mut page = Page::default();
        for place in wanted.from..ROWS {
            if wanted.ends(&page, place) {
                page.next = Some(place);
                break;
            }
            let row: Map<String, Value> = [("n".to_owned(), place.into())].into_iter().collect();
            if wanted.fits(&row) {
                page.add(row);
            }
        }
        Ok(page)
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
        TABLE.. => 3,
        PROGRAMS.. => FEE,
        leaf => 10 + u128::from(leaf),
    }
}

/// What so many rows of a table cost.
pub fn rows_price(asset: u32, rows: u64) -> u128 {
    price(asset) + u128::from(rows)
}

/// Each program declares less than the one before it.
pub fn composition(asset: u32) -> Option<Composition> {
    let most_units = match asset.checked_sub(PROGRAMS).filter(|_| asset < TABLE)? {
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
