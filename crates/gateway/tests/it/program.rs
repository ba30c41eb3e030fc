//! A shop of small assets, and a composed program in front of them that does what it is asked.
//!
//! What a call of a composed asset says is a list of steps, one a line, done in their order:
//! `use ASSET`, `use ASSET KEY` under an idempotency key, `call ASSET (STEPS)`, `wait WORD`,
//! `fail`.

use bytes::Bytes;
use gateway::books::{Books, Composition, Left, Served};
use gateway::till::Signing;
use gateway::tree::{self, Node};
use gateway::{Asked, Body, Config, Gateway, Key, Keys, Receipt, Reply, Till};
use model::embedding;
use proof::signature::SessionKey;
use protocol::service::Price;
use protocol::{AccountId, AllowanceId, Amount, AssetId, Hash, Space};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use crate::house::{KEY, header, key};

/// Assets below this one run in the gateway, each use at 10 units and its number.
pub const PROGRAMS: u32 = 10;
/// A use of a program itself, in units.
pub const FEE: u128 = 100;
/// The most that a call of a program spends on others, in units.
pub const MOST: u128 = 1_000;
/// Whose purpose is another one.
pub const ELSEWHERE: u32 = 9;

/// What programs may use: all but one leaf, and all programs but themselves.
fn components(asset: u32) -> Vec<AssetId> {
    let leaves = (0..8).chain([ELSEWHERE]);
    let programs = (PROGRAMS..PROGRAMS + 6).filter(|it| *it != asset);
    leaves.chain(programs).map(AssetId).collect()
}

pub struct Shop {
    pub cap: u128,
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
                _ => vec!["query".to_owned()],
            },
            expires_ms: None,
            composition: composition(asset),
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
        composition(allowance.0)
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

    fn content(&self, _: &Hash) -> Option<Vec<u8>> {
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

fn composition(asset: u32) -> Option<Composition> {
    (asset >= PROGRAMS).then(|| Composition {
        components: components(asset),
        most_units: MOST,
    })
}

struct Known;

impl Keys for Known {
    fn find(&self, hash: &[u8; 32], _: u64) -> Result<Option<Key>, String> {
        Ok((*hash == proof::hash::sha256(&[KEY.as_bytes()])).then(key))
    }
}

/// What the program shares with the test.
#[derive(Default)]
pub struct Program {
    pub gateway: OnceLock<Arc<Gateway>>,
    /// Calls that have reached it.
    pub asked: AtomicUsize,
    /// Answers that it has had for what it used: status, and the answer's own words.
    pub had: Mutex<Vec<(u16, String)>>,
    /// The last secret that it was given.
    pub token: Mutex<String>,
    /// Words whose waiting is over.
    go: (Mutex<BTreeSet<String>>, Condvar),
}

impl Program {
    /// Those that wait for a word go on.
    pub fn go(&self, word: &str) {
        self.go.0.lock().unwrap().insert(word.to_owned());
        self.go.1.notify_all();
    }

    /// Does all steps; false if it is to fail.
    fn does(&self, token: &str, steps: &str) -> bool {
        for step in top_level(steps) {
            let words: Vec<&str> = step.split(' ').collect();
            match words[0] {
                "use" => {
                    let body = json!({"model": format!("asset-{}", words[1]), "input": "x"});
                    let once = words.get(2).map(|word| (*word).to_owned());
                    self.asks(token, ("embeddings", body), once);
                }
                "call" => {
                    let inner = step.split_once('(').unwrap().1;
                    let inner = inner.strip_suffix(')').unwrap();
                    let message = json!({"role": "user", "content": inner});
                    let model = format!("asset-{}", words[1]);
                    let body = json!({"model": model, "messages": [message]});
                    self.asks(token, ("chat/completions", body), None);
                }
                "wait" => {
                    let mut goes = self.go.0.lock().unwrap();
                    while !goes.contains(words[1]) {
                        goes = self.go.1.wait(goes).unwrap();
                    }
                }
                "fail" => return false,
                other => panic!("no step is called `{other}`"),
            }
        }
        true
    }

    fn asks(&self, token: &str, (path, body): (&str, Value), once: Option<String>) {
        let asked = Asked {
            posts: true,
            path: path.to_owned(),
            bearer: Some(token.to_owned()),
            once,
            body: Bytes::from(body.to_string()),
            ..Asked::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let reply = runtime.block_on(self.gateway.get().unwrap().answer(asked));
        let said = word(&reply);
        self.had.lock().unwrap().push((reply.status, said));
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let (token, body) = request(&stream)?;
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.token.lock().unwrap().clone_from(&token);
        let body: Value = serde_json::from_str(&body).unwrap();
        let steps = body["messages"][0]["content"].as_str().unwrap();
        let good = self.does(&token, steps);
        let (status, kind, body) = match (good, body["stream"] == true) {
            (false, _) => ("500 Oops", "text/plain", "no".to_owned()),
            (true, false) => (
                "200 OK",
                "application/json",
                crate::upstream::PLAIN.to_owned(),
            ),
            (true, true) => {
                let events = crate::upstream::events(2) + "data: [DONE]\n\n";
                ("200 OK", "text/event-stream", events)
            }
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n");
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .ok()
    }
}

/// Steps that stand in no bracket.
fn top_level(steps: &str) -> Vec<String> {
    let (mut all, mut depth) = (vec![String::new()], 0_u32);
    for letter in steps.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if letter == '\n' && depth == 0 {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push(letter);
        }
    }
    let full = all.into_iter().map(|step| step.trim().to_owned());
    full.filter(|step| !step.is_empty()).collect()
}

/// The code of an error, the receipt of an answer.
fn word(reply: &Reply) -> String {
    let Body::Whole(bytes) = &reply.body else {
        return "events".to_owned();
    };
    let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    match document["error"]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => header(reply, "x-headwater-receipt").to_owned(),
    }
}

fn request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "headwater-call" => value.trim().clone_into(&mut token),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((token, String::from_utf8(body).ok()?))
}

pub struct Works {
    pub till: Arc<Till>,
    pub program: Arc<Program>,
    gateway: Arc<Gateway>,
    runtime: tokio::runtime::Runtime,
}

impl Works {
    /// With allowances of so many units each, and what an earlier run has left in a directory.
    pub fn open(dir: &Path, cap: u128) -> Self {
        let program = Arc::new(Program::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let shared = Arc::clone(&program);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let program = Arc::clone(&shared);
                std::thread::spawn(move || program.serve(stream));
            }
        });
        let signing = Signing {
            space: Space([7; 16]),
            key: SessionKey::from_seed(&[1; 32]),
            due_ms: 60_000,
            secret: [2; 32],
        };
        let books = Arc::new(Shop { cap }) as Arc<dyn Books>;
        let till = Till::open(&dir.join("spool"), Arc::clone(&books), signing).unwrap();
        let mut file = format!("[[upstream]]\nname = 'u'\nbase_url = '{url}'\n");
        for asset in PROGRAMS..PROGRAMS + 6 {
            file += &format!("[[model]]\nasset = {asset}\nupstream = 'u'\nmodel = 'm'\n");
        }
        let config = Config::parse(&file).unwrap();
        let parts = (books, Arc::new(Known) as Arc<dyn Keys>);
        let gateway = Gateway::new(parts, Arc::clone(&till), config, &|_| None);
        program.gateway.set(Arc::clone(&gateway)).ok();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().worker_threads(2).build().unwrap();
        Self {
            till,
            program,
            gateway,
            runtime,
        }
    }

    /// Calls a program with steps; what else the request brings comes from `more`.
    pub fn call(&self, asset: u32, steps: &str, more: Asked) -> Reply {
        let stream = more.path == "stream";
        let message = json!({"role": "user", "content": steps});
        let model = format!("asset-{asset}");
        let body = json!({"model": model, "messages": [message], "stream": stream});
        self.ask(Asked {
            posts: true,
            path: "chat/completions".to_owned(),
            bearer: Some(KEY.to_owned()),
            body: Bytes::from(body.to_string()),
            ..more
        })
    }

    pub fn ask(&self, asked: Asked) -> Reply {
        self.runtime.block_on(self.gateway.answer(asked))
    }

    /// The rest of what a reply says, as JSON or, of a stream, as text.
    pub fn read(&self, reply: &mut Reply) -> String {
        match &mut reply.body {
            Body::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Body::Events(events) => self.runtime.block_on(async {
                let mut all = Vec::new();
                while let Some(event) = events.recv().await {
                    all.extend_from_slice(&event);
                }
                String::from_utf8(all).unwrap()
            }),
        }
    }

    /// Receipts of a reply that has gone well, the whole call's last.
    pub fn receipts(&self, reply: &Reply) -> Vec<Receipt> {
        let below = header(reply, "x-headwater-children").split(',');
        let own = header(reply, "x-headwater-receipt");
        let texts = below.filter(|text| !text.is_empty()).chain([own]);
        texts.map(|text| self.open_receipt(text)).collect()
    }

    pub fn open_receipt(&self, text: &str) -> Receipt {
        Receipt::open(text, &self.till.key()).expect("a receipt of this gateway")
    }

    /// What waits for the log, in units by asset.
    pub fn due(&self) -> BTreeMap<u32, u128> {
        let due = self.till.due();
        let of = |asset| {
            let rows = self.till.oldest(asset, usize::MAX);
            rows.iter().map(|row| row.amount_units).sum()
        };
        due.iter().map(|it| (it.asset.0, of(it.asset))).collect()
    }

    /// What the program was told, and forgets it.
    pub fn had(&self) -> Vec<(u16, String)> {
        std::mem::take(&mut *self.program.had.lock().unwrap())
    }
}

/// What receipts say in units by asset, and the order of their tree.
pub fn held(receipts: &[Receipt]) -> (Vec<Node<'_>>, BTreeMap<u32, u128>) {
    let nodes = tree::check(receipts).unwrap();
    let mut sums: BTreeMap<u32, u128> = BTreeMap::new();
    for receipt in receipts {
        let failed = receipt.tree.is_some_and(|tree| tree.failed);
        if !failed {
            *sums.entry(receipt.asset.0).or_default() += receipt.row.amount_units;
        }
    }
    (nodes, sums)
}
