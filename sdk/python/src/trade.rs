//! What an account does on the market, as the command that it signs.
//!
//! Each is made here from what the caller asks for: what a node has drawn up is not signed unseen.

use proof::hash::sha256;
use protocol::command::GrantAllowance;
use protocol::document::Parents;
use protocol::market::{
    AssetKind, BuyGrant, License, ListAsset, Listing, ParentList, ParentShare, Price,
    RegisterAsset, WaiveFloor,
};
use protocol::service::{ComposeAsset, ServeAsset, TokenPrices};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Amount, AssetId, Command, FundId, GrantId, Hash, Ppm, TokenId, WaiverId, codec,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Most parents in the command itself; more stand in a document that the node keeps.
const INLINE: usize = 1_000;

/// One command, not signed yet.
#[pyclass(frozen)]
pub struct Trade(pub(crate) Command);

/// An asset to be registered, in the fields of `POST /api/v1/assets`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Draft {
    kind: String,
    title: String,
    content: String,
    purposes: Vec<String>,
    token: u16,
    price_units: String,
    floor_ppm: u32,
    flow_ppm: Option<u32>,
    expires_ms: Option<u64>,
    parents: Vec<u32>,
    shares: Vec<(u32, u32)>,
    waivers: Vec<u32>,
    fund: Option<u64>,
}

/// What is asked beside the terms.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Asks {
    license: Option<String>,
    license_text: Option<String>,
    prices: Vec<Asked>,
    rows: u64,
    revocable: bool,
    buyers: Vec<u32>,
    card: Option<String>,
    version_of: Option<u32>,
}

/// What a licence for one purpose costs.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Asked {
    purpose: String,
    flat_units: String,
    row_units: String,
    lasts_ms: Option<u64>,
}

#[pymethods]
impl Trade {
    /// Registers an asset, from a dict with all fields of the draft.
    #[staticmethod]
    fn register(draft: &Bound<'_, PyAny>) -> PyResult<Self> {
        let own: Draft = draft.extract()?;
        let asks: Asks = draft.extract()?;
        Ok(Self(Command::RegisterAsset(own.drawn(asks)?)))
    }

    /// Lists an asset that stands already; `purposes` are those of its terms.
    #[staticmethod]
    fn list(asset: u32, purposes: Vec<String>, asks: Asks) -> PyResult<Self> {
        let listing = asks.listing(&purposes)?;
        let asset = AssetId(asset);
        Ok(Self(Command::ListAsset(ListAsset { asset, listing })))
    }

    /// Buys a licence: `purpose` is its place in the terms, `rows` 0 for all.
    #[staticmethod]
    fn buy(
        asset: u32,
        purpose: u16,
        rows: u64,
        amount_units: u128,
        fund: Option<u64>,
    ) -> PyResult<Self> {
        Ok(Self(Command::BuyGrant(BuyGrant {
            asset: AssetId(asset),
            purpose,
            rows,
            amount_units: amount("amount_units", amount_units)?,
            fund: fund.map(FundId),
        })))
    }

    /// Gives a licence up, or takes it back.
    #[staticmethod]
    fn revoke(grant: u32) -> Self {
        Self(Command::RevokeGrant(GrantId(grant)))
    }

    /// Offers an account a lower floor for one child.
    #[staticmethod]
    fn waive(
        asset: u32,
        account: u32,
        floor_ppm: u32,
        price_units: u128,
        expires_ms: u64,
    ) -> PyResult<Self> {
        Ok(Self(Command::WaiveFloor(WaiveFloor {
            asset: AssetId(asset),
            account: AccountId(account),
            floor: share("floor_ppm", floor_ppm)?,
            price_units: amount("price_units", price_units)?,
            expires_ms,
        })))
    }

    /// Sets money aside for uses of an asset.
    #[staticmethod]
    fn allow(asset: u32, fund: u64, cap_units: u128, expires_ms: u64) -> PyResult<Self> {
        Ok(Self(Command::GrantAllowance(GrantAllowance {
            asset: AssetId(asset),
            fund: FundId(fund),
            cap_units: amount("cap_units", cap_units)?,
            expires_ms,
        })))
    }

    /// Puts an asset into service, at these prices of a million tokens; none where both are 0.
    #[staticmethod]
    fn serve(asset: u32, input_units: u128, output_units: u128) -> PyResult<Self> {
        let prices = TokenPrices {
            input_units: amount("input_units", input_units)?,
            output_units: amount("output_units", output_units)?,
        };
        let tokens = (prices != TokenPrices::default()).then_some(prices);
        let asset = AssetId(asset);
        Ok(Self(Command::ServeAsset(ServeAsset { asset, tokens })))
    }

    /// Takes an asset out of service.
    #[staticmethod]
    fn withdraw(asset: u32) -> Self {
        Self(Command::WithdrawAsset(AssetId(asset)))
    }

    /// Declares what a call of an asset may use, and the most that it spends on that.
    #[staticmethod]
    fn compose(asset: u32, uses: Vec<u32>, most_units: u128) -> PyResult<Self> {
        Ok(Self(Command::ComposeAsset(ComposeAsset {
            asset: AssetId(asset),
            components: ascending(uses).into_iter().map(AssetId).collect(),
            most_units: amount("most_units", most_units)?,
        })))
    }
}

impl Draft {
    fn drawn(self, asks: Asks) -> PyResult<RegisterAsset> {
        let kind = AssetKind::parse(&self.kind).filter(|kind| *kind != AssetKind::LabelSet);
        let kind = kind.ok_or_else(|| wrong("`kind` is dataset, model, prompt or program"))?;
        let purposes = ascending(self.purposes);
        let mut listing = asks.listing(&purposes)?;
        for (parent, ppm) in self.shares {
            let (parent, share) = (AssetId(parent), share("shares", ppm)?);
            listing.shares.push(ParentShare { parent, share });
        }
        listing.shares.sort_unstable_by_key(|share| share.parent);
        listing.waivers = ascending(self.waivers).into_iter().map(WaiverId).collect();
        listing.fund = self.fund.map(FundId);
        let demand = match self.flow_ppm {
            Some(flow) => Demand::Flow(share("flow_ppm", flow)?),
            None => Demand::Floor(share("floor_ppm", self.floor_ppm)?),
        };
        let terms = Terms {
            purposes,
            token: TokenId(self.token),
            price_units: units("price_units", &self.price_units)?,
            demand,
            contributors_share: Ppm::ZERO,
            expires_ms: self.expires_ms,
        };
        Ok(RegisterAsset {
            kind,
            title: self.title,
            content: hash("content", &self.content)?,
            terms,
            parents: parents(self.parents),
            listing: Some(Box::new(listing)),
        })
    }
}

impl Asks {
    fn listing(self, purposes: &[String]) -> PyResult<Listing> {
        let license = match (self.license, self.license_text) {
            (Some(_), Some(_)) => {
                return Err(wrong("a licence is an SPDX id or a text, not both"));
            }
            (Some(id), None) => Some(License::Spdx(id)),
            (None, Some(text)) => Some(License::Text(hash("license_text", &text)?)),
            (None, None) => None,
        };
        let prices = self.prices.into_iter().map(|asked| asked.price(purposes));
        let mut prices = prices.collect::<PyResult<Vec<Price>>>()?;
        prices.sort_unstable_by_key(|price| price.purpose);
        Ok(Listing {
            license,
            prices,
            rows: self.rows,
            revocable: self.revocable,
            buyers: ascending(self.buyers).into_iter().map(AccountId).collect(),
            card: self.card.map(|card| hash("card", &card)).transpose()?,
            version_of: self.version_of.map(AssetId),
            ..Listing::default()
        })
    }
}

impl Asked {
    fn price(self, purposes: &[String]) -> PyResult<Price> {
        let place = purposes.iter().position(|word| *word == self.purpose);
        let place = place.and_then(|place| u16::try_from(place).ok());
        let named = || wrong(format!("`{}` has a price and is no purpose", self.purpose));
        Ok(Price {
            purpose: place.ok_or_else(named)?,
            flat_units: units("flat_units", &self.flat_units)?,
            row_units: units("row_units", &self.row_units)?,
            lasts_ms: self.lasts_ms,
        })
    }
}

fn parents(ids: Vec<u32>) -> ParentList {
    let assets: Vec<AssetId> = ascending(ids).into_iter().map(AssetId).collect();
    if assets.len() <= INLINE {
        return ParentList::Inline(assets);
    }
    let document = codec::encode(&Parents { assets });
    ParentList::Attached(Hash(sha256(&[&document])))
}

/// In ascending order, none twice, as the log wants its lists.
fn ascending<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}

fn hash(field: &str, digits: &str) -> PyResult<Hash> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes)
        .map_err(|_| wrong(format!("`{field}` is a SHA-256 in 64 hex digits")))?;
    Ok(Hash(bytes))
}

fn units(field: &str, text: &str) -> PyResult<Amount> {
    let units: Option<u128> = text.parse().ok();
    units.and_then(Amount::new).ok_or_else(|| beyond(field))
}

fn amount(field: &str, units: u128) -> PyResult<Amount> {
    Amount::new(units).ok_or_else(|| beyond(field))
}

fn share(field: &str, ppm: u32) -> PyResult<Ppm> {
    Ppm::new(ppm).ok_or_else(|| wrong(format!("`{field}` is at most 1000000")))
}

fn beyond(field: &str) -> PyErr {
    wrong(format!(
        "`{field}` is a number of base units, at most 2^96 - 1"
    ))
}

fn wrong(words: impl Into<String>) -> PyErr {
    PyValueError::new_err(words.into())
}
