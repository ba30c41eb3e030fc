//! The gateway's front: which route is meant, who asks, and which model answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use proof::hash::sha256;
use protocol::{AssetId, Hash};
use serde_json::{Value, json};

use crate::books::{Books, Served};
use crate::call::unhex;
use crate::config::{Config, ModelConfig};
use crate::engine::{BuiltIn, Engine};
use crate::fault::briefly;
use crate::key::PREFIX;
use crate::listed::Model;
use crate::once::Memo;
use crate::pace::{Latency, Pace};
use crate::payment::Paying;
use crate::request::Route;
use crate::upstream::{Target, Upstream};
use crate::{Cashier, Fault, Key, Keys, Receipt, Reply, Till, flow};

/// For how long the list of models and a key are taken as they were, in milliseconds.
const FRESH_MS: u64 = 500;
/// Most keys that are remembered.
const MOST_KEYS: usize = 10_000;

/// A request as a server hands it over, its body within [`Gateway::MOST_BYTES`].
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whether it is a POST; a GET else.
    pub posts: bool,
    /// The path behind `/v1/`.
    pub path: String,
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// The header `x-headwater-purpose`.
    pub purpose: Option<String>,
    /// The header `payment-signature`.
    pub payment: Option<String>,
    /// The header `idempotency-key`.
    pub once: Option<String>,
    /// The header `x-headwater-max-units`.
    pub most_units: Option<String>,
    /// What was sent along, not read as JSON yet.
    pub body: Bytes,
}

pub(crate) type Catalogue = BTreeMap<String, Arc<Model>>;

/// When a key was looked up, in milliseconds, and what was found.
type Known = (u64, Option<Arc<Key>>);

/// Engines of content, by asset; `None` where the content is none that can run.
type Engines = BTreeMap<(AssetId, Hash), Option<Arc<Engine>>>;

/// Everything behind `/v1`.
pub struct Gateway {
    pub(crate) books: Arc<dyn Books>,
    pub(crate) till: Arc<Till>,
    keys: Arc<dyn Keys>,
    config: Config,
    upstreams: BTreeMap<String, Arc<Upstream>>,
    catalogue: Mutex<(u64, Arc<Catalogue>)>,
    engines: Mutex<Engines>,
    known: Mutex<BTreeMap<[u8; 32], Known>>,
    pub(crate) pace: Pace,
    pub(crate) memo: Arc<Memo>,
    paying: OnceLock<Paying>,
}

impl Gateway {
    /// Most bytes of a request.
    pub const MOST_BYTES: usize = 16 << 20;

    /// A gateway with the operator's file; `secret` gives the secrets that it names.
    pub fn new(
        (books, keys): (Arc<dyn Books>, Arc<dyn Keys>),
        till: Arc<Till>,
        config: Config,
        secret: &dyn Fn(&str) -> Option<String>,
    ) -> Arc<Self> {
        let upstreams = config.upstreams.iter().map(|upstream| {
            let secret = upstream.secret_env.as_deref().and_then(secret);
            let made = Arc::new(Upstream::new(upstream, secret));
            (upstream.name.clone(), made)
        });
        Arc::new(Self {
            books,
            till,
            keys,
            upstreams: upstreams.collect(),
            config,
            catalogue: Mutex::default(),
            engines: Mutex::default(),
            known: Mutex::default(),
            pace: Pace::default(),
            memo: Arc::default(),
            paying: OnceLock::new(),
        })
    }

    /// From now on calls without a key may bring a payment. `origin` is where callers reach this
    /// gateway, without a slash at its end. Said a second time it changes nothing.
    pub fn take_payments(&self, cashier: Arc<dyn Cashier>, origin: String) {
        self.paying.get_or_init(|| Paying::new(cashier, origin));
    }

    pub(crate) fn paying(&self) -> Option<&Paying> {
        self.paying.get()
    }

    /// Answers a request; what goes wrong is an answer too.
    pub async fn answer(self: &Arc<Self>, asked: Asked) -> Reply {
        let answered = match Route::of(&asked.path) {
            Some(route) if asked.posts => flow::call(self, asked, route).await,
            _ if asked.posts => Err(Fault::missing("nothing is posted here")),
            _ => self.read(&asked).await,
        };
        answered.unwrap_or_else(Reply::from)
    }

    /// Name and engine of an asset that can be called, and how long its answers take to begin;
    /// `None` where it is not in service.
    pub fn about(&self, asset: AssetId) -> Option<(String, &'static str, Option<Latency>)> {
        let catalogue = self.catalogue();
        let model = catalogue.values().find(|it| it.served.asset == asset)?;
        let latency = self.pace.of(asset);
        Some((model.name.clone(), model.engine.word(), latency))
    }

    /// The upstreams that are left alone now, for the node's health.
    pub fn resting(&self) -> Vec<String> {
        let resting = self.upstreams.values().filter(|it| !it.is_well());
        resting.map(|it| it.name().to_owned()).collect()
    }

    async fn read(self: &Arc<Self>, asked: &Asked) -> Result<Reply, Fault> {
        if asked.path == "models" {
            let catalogue = self.catalogue();
            let models: Vec<Value> = catalogue.values().map(|it| self.listed(it)).collect();
            return Ok(Reply::json(200, &json!({"object": "list", "data": models})));
        }
        if let Some(name) = asked.path.strip_prefix("models/") {
            let model = self.model(name)?;
            return Ok(Reply::json(200, &self.listed(&model)));
        }
        if asked.path == "receipts" {
            let ended = self.till.ended(self.key(asked)?.id)?;
            let ended: Vec<Value> = ended.iter().map(|it| it.document().into()).collect();
            return Ok(Reply::json(200, &json!({"object": "list", "data": ended})));
        }
        if let Some(which) = asked.path.strip_prefix("receipts/") {
            return self.receipt(which).await;
        }
        if asked.path == "usage" {
            let key = self.key(asked)?;
            let spent = self.till.spent(key.id).to_string();
            let budget = key.budget_units.map(|units| units.to_string());
            let body = json!({"key": key.id, "spent_units": spent, "budget_units": budget});
            return Ok(Reply::json(200, &body));
        }
        let path = briefly(&asked.path);
        Err(Fault::missing(format!("there is nothing at `/v1/{path}`")))
    }

    /// Row, proof and segment of a receipt, once it is in the log.
    async fn receipt(self: &Arc<Self>, which: &str) -> Result<Reply, Fault> {
        let (id, near) = match Receipt::open(which, &self.till.key()) {
            Some(receipt) => {
                let near = (receipt.asset, receipt.row.time_ms);
                (receipt.row.receipt, Some(near))
            }
            None => (
                unhex(which).ok_or_else(|| Fault::missing("no such receipt"))?,
                None,
            ),
        };
        let books = Arc::clone(&self.books);
        let found = tokio::task::spawn_blocking(move || books.proof(&id, near)).await;
        let found = found.map_err(|_| Fault::broken("the log could not be read"))?;
        match found.map_err(Fault::broken)? {
            Some(proof) => Ok(Reply::json(200, &proof)),
            None => {
                let message = "no segment in the log has this receipt yet";
                Err(Fault {
                    retry_after_s: Some(1),
                    ..Fault::missing(message)
                })
            }
        }
    }

    /// The key that a request brings.
    pub(crate) fn key(&self, asked: &Asked) -> Result<Arc<Key>, Fault> {
        let bearer = asked
            .bearer
            .as_deref()
            .filter(|key| key.starts_with(PREFIX));
        let hash = sha256(&[bearer.ok_or_else(Fault::no_key)?.as_bytes()]);
        let now_ms = self.books.now_ms();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known
            .get(&hash)
            .filter(|(ms, _)| now_ms.abs_diff(*ms) < FRESH_MS);
        let key = match fresh {
            Some((_, key)) => key.clone(),
            None => {
                let found = self.keys.find(&hash, now_ms).map_err(Fault::broken)?;
                let found = found.map(Arc::new);
                if known.len() >= MOST_KEYS {
                    known.clear();
                }
                known.insert(hash, (now_ms, found.clone()));
                found
            }
        };
        key.filter(|key| key.expires_ms > now_ms)
            .ok_or_else(Fault::no_key)
    }

    /// A model by its name, or by the number of its asset.
    pub(crate) fn model(&self, name: &str) -> Result<Arc<Model>, Fault> {
        let catalogue = self.catalogue();
        // Numbers first: a title that looks like another asset's number takes nobody's calls.
        let number: Option<u32> = name.strip_prefix("asset-").unwrap_or(name).parse().ok();
        let mut models = catalogue.values();
        let found = models.find(|model| number == Some(model.served.asset.0));
        let found = found.or_else(|| catalogue.get(name));
        found.cloned().ok_or_else(|| {
            let absence = number.and_then(|number| self.books.absence(AssetId(number)));
            Fault::no_model(name, absence.as_deref())
        })
    }

    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        let now_ms = self.books.now_ms();
        {
            let held = self
                .catalogue
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if now_ms.abs_diff(held.0) < FRESH_MS {
                return Arc::clone(&held.1);
            }
        }
        let mut catalogue = Catalogue::new();
        let mut all = self.books.served();
        // The operator's names are taken before anybody's title can take them.
        all.sort_by_key(|served| self.named(served.asset).is_none_or(|it| it.name.is_none()));
        for served in all {
            if served
                .expires_ms
                .is_some_and(|expires_ms| expires_ms <= now_ms)
            {
                continue;
            }
            let Some(engine) = self.engine(&served) else {
                continue;
            };
            let named = self.named(served.asset);
            let own = named.and_then(|it| it.name.clone());
            let mut name = own.unwrap_or_else(|| slug(&served.title));
            while name.is_empty() || catalogue.contains_key(&name) {
                name = format!("{name}-{}", served.asset)
                    .trim_start_matches('-')
                    .to_owned();
            }
            let usual = engine.usual_output();
            let model = Model {
                name: name.clone(),
                engine,
                output_most: named.map_or(usual, |it| it.max_output_tokens),
                served,
            };
            catalogue.insert(name, Arc::new(model));
        }
        let catalogue = Arc::new(catalogue);
        let mut held = self
            .catalogue
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *held = (now_ms, Arc::clone(&catalogue));
        catalogue
    }

    fn listed(&self, model: &Model) -> Value {
        model.document(self.pace.of(model.served.asset))
    }

    /// What the operator's file says of an asset.
    fn named(&self, asset: AssetId) -> Option<&ModelConfig> {
        self.config.models.iter().find(|it| it.asset == asset.0)
    }

    /// Who answers for an asset: the upstreams of the operator's file, the rows of a table, or the
    /// built-in model whose file the content is.
    fn engine(&self, served: &Served) -> Option<Arc<Engine>> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (served.asset, served.content);
        if let Some(known) = engines.get(&place) {
            return known.clone();
        }
        let engine = match self.named(served.asset) {
            Some(named) => {
                let target = |upstream: &str, model: &str| {
                    let upstream = Arc::clone(self.upstreams.get(upstream)?);
                    let model = model.to_owned();
                    Some(Target { upstream, model })
                };
                let fallbacks = named.fallbacks.iter();
                let fallbacks = fallbacks.filter_map(|it| target(&it.upstream, &it.model));
                let first = target(&named.upstream, &named.model);
                Some(Engine::Upstreams(
                    first.into_iter().chain(fallbacks).collect(),
                ))
            }
            // What is not at hand now may come later.
            None if served.is_table => {
                let is_here = self.books.absence(served.asset).is_none();
                Some(is_here.then_some(Engine::Rows)?)
            }
            None => {
                let bytes = self.books.content(served)?;
                let built_in = BuiltIn::read(&bytes).and_then(Result::ok);
                built_in.map(|built_in| Engine::BuiltIn(Arc::new(built_in)))
            }
        };
        let engine = engine.map(Arc::new);
        engines.insert(place, engine.clone());
        engine
    }
}

/// Letters and digits of a title in lower case, with single hyphens between.
fn slug(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("-")
}
