//! A composed program that does what it is asked, behind a gateway.
//!
//! What a call of a composed asset says is a list of steps, one a line, done in their order:
//! `use ASSET`, `use ASSET KEY` under an idempotency key, `rows ASSET COUNT` and
//! `rows ASSET COUNT KEY`, `call ASSET (STEPS)`,
//! `call ASSET UNITS (STEPS)` for at most so many units, `stream ASSET`, `wait WORD`, `fail`,
//! `deny`.

use bytes::Bytes;
use gateway::books::Books;
use gateway::till::Signing;
use gateway::tree::{self, Node};
use gateway::{Asked, Body, Config, Gateway, Key, Keys, Receipt, Reply, Till};
use proof::signature::SessionKey;
use protocol::Space;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use crate::house::{KEY, header, key};
use crate::shop::{PROGRAMS, Shop};

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

    /// Does all steps; the status of its answer, where that is no success.
    fn does(&self, token: &str, steps: &str) -> Result<(), &'static str> {
        for step in top_level(steps) {
            let words: Vec<&str> = step.split(' ').collect();
            match words[0] {
                "use" => {
                    let body = json!({"model": format!("asset-{}", words[1]), "input": "x"});
                    let more = Asked {
                        once: words.get(2).map(|word| (*word).to_owned()),
                        ..Asked::default()
                    };
                    self.asks(token, ("embeddings", body), more);
                }
                "rows" => {
                    let limit: u64 = words[2].parse().unwrap();
                    let body = json!({"model": format!("asset-{}", words[1]), "limit": limit});
                    let more = Asked {
                        once: words.get(3).map(|word| (*word).to_owned()),
                        ..Asked::default()
                    };
                    self.asks(token, ("rows", body), more);
                }
                "stream" => {
                    let model = format!("asset-{}", words[1]);
                    let message = json!({"role": "user", "content": ""});
                    let body = json!({"model": model, "messages": [message], "stream": true});
                    self.asks(token, ("chat/completions", body), Asked::default());
                }
                "call" => {
                    let inner = step.split_once('(').unwrap().1;
                    let inner = inner.strip_suffix(')').unwrap();
                    let message = json!({"role": "user", "content": inner});
                    let model = format!("asset-{}", words[1]);
                    let body = json!({"model": model, "messages": [message]});
                    let more = Asked {
                        most_units: Some(words[2].to_owned()).filter(|it| !it.starts_with('(')),
                        ..Asked::default()
                    };
                    self.asks(token, ("chat/completions", body), more);
                }
                "wait" => {
                    let mut goes = self.go.0.lock().unwrap();
                    while !goes.contains(words[1]) {
                        goes = self.go.1.wait(goes).unwrap();
                    }
                }
                "fail" => return Err("500 Oops"),
                "deny" => return Err("422 No"),
                other => panic!("no step is called `{other}`"),
            }
        }
        Ok(())
    }

    fn asks(&self, token: &str, (path, body): (&str, Value), more: Asked) {
        let asked = Asked {
            posts: true,
            path: path.to_owned(),
            bearer: Some(token.to_owned()),
            body: Bytes::from(body.to_string()),
            ..more
        };
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let reply = runtime.block_on(self.gateway.get().unwrap().answer(asked));
        let said = word(&reply);
        self.had.lock().unwrap().push((reply.status, said));
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let (token, body) = request(&stream)?;
        // Whoever waits for the question finds the secret of it.
        self.token.lock().unwrap().clone_from(&token);
        self.asked.fetch_add(1, Ordering::SeqCst);
        let body: Value = serde_json::from_str(&body).unwrap();
        let steps = body["messages"][0]["content"].as_str().unwrap();
        let good = self.does(&token, steps);
        let (status, kind, body) = match (good, body["stream"] == true) {
            (Err(status), _) => (status, "text/plain", "no".to_owned()),
            (Ok(()), false) => (
                "200 OK",
                "application/json",
                crate::upstream::PLAIN.to_owned(),
            ),
            (Ok(()), true) => {
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
        Self::with(dir, Shop::new(cap))
    }

    pub fn with(dir: &Path, shop: Shop) -> Self {
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
        let books = Arc::new(shop) as Arc<dyn Books>;
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
        self.ask(asked(asset, steps, more))
    }

    /// The same by somebody who hangs up once the program has had so many answers.
    pub fn hangs_up(&self, asset: u32, steps: &str, answers: usize) {
        let gateway = Arc::clone(&self.gateway);
        let asked = asked(asset, steps, Asked::default());
        let call = { &self.runtime }.spawn(async move { gateway.answer(asked).await });
        while self.program.had.lock().unwrap().len() < answers {
            std::thread::yield_now();
        }
        call.abort();
        assert!(self.runtime.block_on(call).unwrap_err().is_cancelled());
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
                while let Some(event) = events.next().await {
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

fn asked(asset: u32, steps: &str, more: Asked) -> Asked {
    let stream = more.path == "stream";
    let message = json!({"role": "user", "content": steps});
    let model = format!("asset-{asset}");
    let body = json!({"model": model, "messages": [message], "stream": stream});
    Asked {
        posts: true,
        path: "chat/completions".to_owned(),
        bearer: Some(KEY.to_owned()),
        body: Bytes::from(body.to_string()),
        ..more
    }
}

/// What receipts say in units by asset, and the order of their tree.
pub fn held(receipts: &[Receipt]) -> (Vec<Node<'_>>, BTreeMap<u32, u128>) {
    let nodes = tree::check(receipts).unwrap();
    let mut sums: BTreeMap<u32, u128> = BTreeMap::new();
    for receipt in receipts {
        if !receipt.failed() {
            *sums.entry(receipt.asset.0).or_default() += receipt.row.amount_units;
        }
    }
    (nodes, sums)
}
