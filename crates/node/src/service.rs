//! Models in service: what the gateway must know of the log, and its uses on their way there.

mod brought;
mod cashier;
pub(crate) mod payer;
mod posted;
mod poster;
mod rows;

pub use brought::Labels;
pub use cashier::StewardCashier;
pub use poster::Poster;

use crate::Host;
use crate::content::Contents;
use crate::keyring::Keyring;
use crate::market::permit;
use brought::{Brought, First};
use gateway::books::{Books, Left, Served};
use gateway::rows::{Page, Unread, Wanted};
use gateway::till::Signing;
use gateway::{Key, Keys, Till};
use ledger::composition::Composition;
use ledger::market::Use;
use posted::Posted;
use proof::signature::SessionKey;
use protocol::{AccountId, AllowanceId, AssetId, Hash, Rejection, SessionKey as PublicKey};
use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::Place;
use store::attachment::Attachments;
use view::models::ModelKeys;

/// Longest time between a use and the entry with its segment, in milliseconds; the log's merge
/// delay follows.
const UPLOAD_MS: u64 = 60_000;

/// All that the gateway needs of a running writer.
pub struct GatewayParts {
    /// Money and receipts.
    pub till: Arc<Till>,
    /// The log.
    pub books: Arc<dyn Books>,
    /// Who may call: one database for the pages that issue and for the calls that present them.
    pub keys: Arc<SharedKeys>,
    /// Carries rows into the log; to be run in a thread of its own.
    pub poster: Poster,
}

impl GatewayParts {
    /// Opens what lies in a node's directory; `labels` makes the rows of label sets, which lie
    /// nowhere.
    ///
    /// # Errors
    /// Where a file cannot be opened, made or read.
    pub fn open(
        host: &Host,
        (place, labels): (&Place, Labels),
        merge_delay_ms: u64,
    ) -> Result<Self, crate::Error> {
        let keyring = Keyring::open(&place.dir)?;
        let own = SessionKey::from_seed(&keyring.secret("gateway receipts"));
        let posted = Arc::new(Posted::default());
        let contents = Contents::open(&place.dir.join("content"))?;
        let first = host.read(First::all);
        contents.adopt(|hash| first.of(hash))?;
        let books: Arc<dyn Books> = Arc::new(LogBooks {
            host: host.clone(),
            attachments: Attachments::new(place.files()),
            key: PublicKey(own.public()),
            posted: Arc::clone(&posted),
            brought: Brought::new(host.clone(), place.files(), contents, labels),
        });
        let signing = Signing {
            space: keyring.space(),
            key: own,
            due_ms: UPLOAD_MS + merge_delay_ms,
            secret: keyring.secret("gateway salts"),
        };
        let spool = place.dir.join("uses.spool");
        let till = Till::open(&spool, Arc::clone(&books), signing);
        let till = till.map_err(|error| unreadable(&spool, &error))?;
        let keys = ModelKeys::open(&place.dir.join("gateway.sqlite"))?;
        let poster = Poster::open(host.clone(), Arc::clone(&till), place, posted)?;
        Ok(Self {
            till,
            books,
            keys: Arc::new(SharedKeys(Mutex::new(keys))),
            poster,
        })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> crate::Error {
    crate::Error::Corrupt(format!("cannot keep uses in `{}`: {error}", path.display()))
}

/// The database of keys, for those who make them and those who ask for them.
pub struct SharedKeys(Mutex<ModelKeys>);

impl SharedKeys {
    /// Asks the database.
    pub fn ask<T>(&self, question: impl FnOnce(&mut ModelKeys) -> T) -> T {
        question(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys for SharedKeys {
    fn find(&self, hash: &[u8; 32], now_ms: u64) -> Result<Option<Key>, String> {
        let found = self.ask(|keys| keys.find(Hash(*hash), now_ms));
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.map(|key| Key {
            id: key.id,
            account: key.account,
            allowances: key.limits.allowances,
            budget_units: key.limits.budget_units,
            per_minute: key.limits.per_minute,
            models: key.limits.models,
            purpose: key.limits.purpose,
            expires_ms: key.expires_ms,
        }))
    }
}

/// The log behind a running node, for the gateway.
struct LogBooks {
    host: Host,
    attachments: Attachments,
    key: PublicKey,
    posted: Arc<Posted>,
    brought: Brought,
}

/// What calls may use, for the gateway; `None` where that is nothing.
fn told(composition: &Composition) -> Option<gateway::books::Composition> {
    let uses = !composition.components.is_empty();
    uses.then(|| gateway::books::Composition {
        components: composition.components.clone(),
        most_units: composition.most_units.units(),
    })
}

/// What keeps a payer from a purpose, and what helps.
fn unlicensed(why: Rejection) -> &'static str {
    match why {
        Rejection::NotOffered => "it is offered to others alone",
        Rejection::GrantRevoked => "the payer's grant for it was revoked",
        Rejection::GrantExpired => {
            "the payer's grant for it has ended; `headwater grant buy` buys another"
        }
        _ => "the payer holds no grant for it that lives; `headwater grant buy` buys one",
    }
}

impl Books for LogBooks {
    fn served(&self) -> Vec<Served> {
        self.host.read(|state| {
            let service = &state.sections.service;
            // Before the log names the key, nobody could check a receipt.
            if service.keys.last().map(|(_, key)| *key) != Some(self.key) {
                return Vec::new();
            }
            let ids = service
                .assets
                .iter()
                .filter(|(_, it)| it.until_ms.is_none());
            let served = ids.filter_map(|(id, _)| {
                let asset = &state.asset(*id)?.registered;
                Some(Served {
                    asset: *id,
                    title: asset.title.clone(),
                    content: asset.content,
                    price: state.price(*id, state.time_ms)?,
                    is_table: asset.kind.is_table(),
                    token: asset.terms.token,
                    purposes: asset.terms.purposes.clone(),
                    expires_ms: asset.terms.expires_ms,
                    composition: state.sections.compositions.newest(*id).and_then(told),
                })
            });
            served.collect()
        })
    }

    fn left(&self, allowance: AllowanceId) -> Option<Left> {
        self.host.read(|state| {
            let granted = state.allowances.get(allowance.index())?;
            (!granted.ended).then(|| Left {
                asset: granted.asset,
                payer: granted.payer,
                units: state.book.hold(granted.hold).rest.units(),
                expires_ms: granted.expires_ms,
                knew_prices: state.knew_prices(granted.asset, allowance),
                on_credit: state.credit_behind(allowance).is_some(),
            })
        })
    }

    fn composition(&self, allowance: AllowanceId) -> Option<gateway::books::Composition> {
        let host = &self.host;
        host.read(|state| state.composition(allowance).and_then(told))
    }

    fn covers(&self, allowance: AllowanceId, asset: AssetId) -> Result<(), String> {
        let now_ms = self.host.now_ms();
        self.host.read(|state| {
            let now_ms = now_ms.max(state.time_ms);
            let pays = state.pays(allowance, asset, now_ms);
            // A listing undoes nothing that was served before it, and holds for what is served now.
            let offered = pays.and_then(|()| {
                let granted = state.allowances.get(allowance.index());
                let payer = granted.ok_or(Rejection::UnknownAllowance)?.payer;
                Use::new(state, asset, payer, now_ms).offered()
            });
            offered.map_err(|why| why.to_string())?;
            let knew = state.knew_prices(asset, allowance);
            knew.then_some(())
                .ok_or_else(|| "it is older than the asset's prices for tokens".to_owned())
        })
    }

    fn licensed(
        &self,
        asset: AssetId,
        account: Option<AccountId>,
        purpose: &str,
    ) -> Result<Option<u64>, String> {
        let permit = self.host.read(|state| {
            let is_listed = state.sections.market.listings.contains_key(&asset);
            is_listed.then(|| permit(state, asset, account, (purpose, state.time_ms)))
        });
        match permit {
            None => Ok(None),
            Some(Ok(permit)) => Ok(permit.rows),
            Some(Err(why)) => Err(unlicensed(why).to_owned()),
        }
    }

    fn content(&self, served: &Served) -> Option<Vec<u8>> {
        self.brought.read(served.asset).ok()
    }

    fn rows(&self, asset: AssetId, wanted: &Wanted) -> Result<Page, Unread> {
        rows::page(self.brought.open(asset).map_err(Unread::Absent)?, wanted)
    }

    fn absence(&self, asset: AssetId) -> Option<String> {
        self.brought.absence(asset)
    }

    fn proof(&self, id: &[u8; 32], near: Option<(AssetId, u64)>) -> Result<Option<Value>, String> {
        self.posted.proof(&self.attachments, id, near)
    }

    fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
}
