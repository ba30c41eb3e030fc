//! A log of one allowance, keys, and a gateway in front of an upstream.

use crate::upstream::Upstream;
use bytes::Bytes;
use gateway::books::{Books, Left, Served};
use gateway::till::Signing;
use gateway::{Asked, Body, Config, Gateway, Key, Keys, Receipt, Reply, Till};
use model::{Ngram, embedding};
use proof::signature::SessionKey;
use protocol::service::{Price, TokenPrices};
use protocol::{AccountId, AllowanceId, Amount, AssetId, Hash, Space};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub const NOW_MS: u64 = 1_000_000;
pub const KEY: &str = "hw_m_good";
/// Names of models that are answered by the upstream; their asset is the place in this list.
pub const MODELS: [&str; 12] = [
    "plain",
    "silent",
    "lies",
    "dies",
    "dies-at-once",
    "endless",
    "broken",
    "busy",
    "strict",
    "mute",
    "falls",
    "kept",
];
pub const NGRAM: u32 = 20;
pub const EMBEDDING: u32 = 21;
pub const CLASSIFIER: u32 = 22;
/// Nobody has bought what it asks for.
const LICENSED: u32 = 24;
/// It is in service and its content is not here.
pub const ABSENT: u32 = 25;
/// Its title is the number of another one.
const LOOKALIKE: u32 = 23;

pub struct Log {
    pub cap: u128,
    pub expires_ms: u64,
    on_credit: bool,
    contents: BTreeMap<Hash, Vec<u8>>,
    served: Vec<Served>,
}

impl Books for Log {
    fn served(&self) -> Vec<Served> {
        self.served.clone()
    }

    fn left(&self, allowance: AllowanceId) -> Option<Left> {
        Some(Left {
            asset: AssetId(allowance.0),
            payer: AccountId(9),
            units: self.cap,
            expires_ms: self.expires_ms,
            knew_prices: true,
            on_credit: self.on_credit,
        })
    }

    fn licensed(
        &self,
        asset: AssetId,
        _: Option<AccountId>,
        _: &str,
    ) -> Result<Option<u64>, String> {
        match asset {
            AssetId(LICENSED) => Err("no grant".to_owned()),
            _ => Ok(None),
        }
    }

    fn content(&self, served: &Served) -> Option<Vec<u8>> {
        self.contents.get(&served.content).cloned()
    }

    fn absence(&self, asset: AssetId) -> Option<String> {
        (asset == AssetId(ABSENT)).then(|| "its owner has not uploaded it".to_owned())
    }

    fn proof(&self, _: &[u8; 32], _: Option<(AssetId, u64)>) -> Result<Option<Value>, String> {
        Ok(None)
    }

    fn now_ms(&self) -> u64 {
        NOW_MS
    }
}

struct Known(Mutex<BTreeMap<[u8; 32], Key>>);

impl Keys for Known {
    fn find(&self, hash: &[u8; 32], _: u64) -> Result<Option<Key>, String> {
        Ok(self.0.lock().unwrap().get(hash).cloned())
    }
}

pub struct House {
    pub gateway: Arc<Gateway>,
    pub till: Arc<Till>,
    pub upstream: Upstream,
    keys: Arc<Known>,
    pub runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

pub fn key() -> Key {
    Key {
        id: 1,
        account: AccountId(9),
        allowances: (0..30).map(AllowanceId).collect(),
        budget_units: None,
        per_minute: None,
        models: Vec::new(),
        purpose: None,
        expires_ms: u64::MAX,
    }
}

fn served(asset: u32, title: &str, content: Hash) -> Served {
    let units = |units| Amount::new(units).unwrap();
    Served {
        asset: AssetId(asset),
        title: title.to_owned(),
        content,
        price: Price {
            flat_units: units(10),
            tokens: Some(TokenPrices {
                input_units: units(1_000_000),
                output_units: units(3_000_000),
            }),
        },
        is_table: false,
        token: protocol::TokenId(0),
        purposes: vec!["research".to_owned()],
        expires_ms: None,
        composition: None,
    }
}

impl House {
    pub fn new() -> Self {
        Self::with(1_000_000, u64::MAX)
    }

    pub fn with(cap: u128, expires_ms: u64) -> Self {
        Self::of(cap, expires_ms, false)
    }

    /// One whose allowances hold nothing and are charged to prepaid credit.
    pub fn on_credit() -> Self {
        Self::of(0, u64::MAX, true)
    }

    fn of(cap: u128, expires_ms: u64, on_credit: bool) -> Self {
        let upstream = Upstream::start();
        let mut contents = BTreeMap::new();
        let mut models: Vec<Served> = (0..)
            .zip(MODELS)
            .map(|(asset, name)| served(asset, name, Hash([9; 32])))
            .collect();
        let lines = ["the parcel is late", "the parcel is here"];
        let files = [
            (NGRAM, "Word Model", Ngram::train(lines).unwrap().to_bytes()),
            (EMBEDDING, "Points", embedding::to_bytes()),
            (CLASSIFIER, "Support tickets: topics", classifier()),
            (LOOKALIKE, "20", embedding::to_bytes()),
            (LICENSED, "Sold apart", embedding::to_bytes()),
        ];
        for (asset, title, bytes) in files {
            let hash = Hash(proof::hash::sha256(&[&bytes]));
            models.push(served(asset, title, hash));
            contents.insert(hash, bytes);
        }
        models.push(served(ABSENT, "Not brought", Hash([8; 32])));
        let log = Arc::new(Log {
            cap,
            expires_ms,
            on_credit,
            contents,
            served: models,
        });
        let dir = tempfile::tempdir().unwrap();
        let signing = Signing {
            space: Space([7; 16]),
            key: SessionKey::from_seed(&[1; 32]),
            due_ms: 60_000,
            secret: [2; 32],
        };
        let books = log as Arc<dyn Books>;
        let till = Till::open(&dir.path().join("spool"), Arc::clone(&books), signing).unwrap();
        let hash = proof::hash::sha256(&[KEY.as_bytes()]);
        let keys = Arc::new(Known(Mutex::new([(hash, key())].into())));
        let config = Config::parse(&file(&upstream.url)).unwrap();
        let known = Arc::clone(&keys) as Arc<dyn Keys>;
        let gateway = Gateway::new((books, known), Arc::clone(&till), config, &|_| None);
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_all().worker_threads(2);
        Self {
            gateway,
            till,
            upstream,
            keys,
            runtime: runtime.build().unwrap(),
            _dir: dir,
        }
    }

    /// Another key, shown as this text.
    pub fn give(&self, text: &str, key: Key) {
        let hash = proof::hash::sha256(&[text.as_bytes()]);
        self.keys.0.lock().unwrap().insert(hash, key);
    }

    pub fn post(&self, path: &str, body: &str) -> Reply {
        self.ask(Asked {
            posts: true,
            path: path.to_owned(),
            bearer: Some(KEY.to_owned()),
            body: Bytes::copy_from_slice(body.as_bytes()),
            ..Asked::default()
        })
    }

    pub fn ask(&self, asked: Asked) -> Reply {
        self.runtime.block_on(self.gateway.answer(asked))
    }

    pub fn chat(&self, model: &str, stream: bool) -> Reply {
        self.post("chat/completions", &chat(model, stream))
    }

    /// All that a reply brings, as text.
    pub fn read(&self, reply: &mut Reply) -> String {
        let mut all = Vec::new();
        match &mut reply.body {
            Body::Whole(bytes) => all.extend_from_slice(bytes),
            Body::Events(events) => self.runtime.block_on(async {
                while let Some(event) = events.next().await {
                    all.extend_from_slice(&event);
                }
            }),
        }
        String::from_utf8(all).unwrap()
    }

    pub fn open(&self, text: &str) -> Receipt {
        Receipt::open(text, &self.till.key()).expect("a receipt of this gateway")
    }

    /// Status and code of an answer that is no success.
    pub fn refused(&self, mut reply: Reply) -> (u16, String) {
        let document: Value = serde_json::from_str(&self.read(&mut reply)).unwrap();
        let error = &document["error"];
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "{document}"
        );
        (reply.status, error["code"].as_str().unwrap().to_owned())
    }
}

pub fn chat(model: &str, stream: bool) -> String {
    format!(
        "{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\
         \"hello, who is there?\"}}],\"stream\":{stream},\"max_tokens\":100}}"
    )
}

pub fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let found = reply.headers.iter().find(|(own, _)| *own == name);
    &found.unwrap_or_else(|| panic!("no header {name}")).1
}

fn file(url: &str) -> String {
    let mut text = format!(
        "[[upstream]]\nname = 'u'\nbase_url = '{url}'\nfirst_byte_ms = 300\nconcurrency = 3\n"
    );
    for (asset, name) in MODELS.iter().enumerate() {
        let (model, fallbacks) = match *name {
            "falls" => ("broken", "[{ upstream = 'u', model = 'plain' }]"),
            name => (name, "[]"),
        };
        text += &format!(
            "[[model]]\nasset = {asset}\nupstream = 'u'\nmodel = '{model}'\n\
             fallbacks = {fallbacks}\n"
        );
    }
    text
}

fn classifier() -> Vec<u8> {
    use model::feature::{self, Scheme};
    use model::softmax::{Example, Shape, Softmax, Training};
    let shape = Shape {
        scheme: Scheme::Text,
        bits: 10,
        classes: 2,
    };
    let example = |text, label| Example {
        features: feature::text(text, 10),
        label,
        weight_ppm: 1_000_000,
    };
    let examples = [example("late parcel", 0), example("wrong invoice", 1)];
    let softmax = Softmax::train(shape, &examples, &Training::default()).unwrap();
    let names = vec!["delivery".to_owned(), "billing".to_owned()];
    model::Classifier::new(names, softmax).unwrap().to_bytes()
}
