//! A server of JSON-RPC in process, upon our own devnet: it can be away, lie, lose and take back.

use std::sync::{Arc, Mutex};

use chain::deployment::Deployment;
use chain::endpoint::{Patience, Transport, Unanswered};
use chain::remote::Time;
use chain::rpc::Face;
use chain::{Chain, Devnet, Endpoint};
use serde_json::{Value, json};

use crate::factory::Factory;
use crate::world::{START_S, terms, wallet};

/// What the server does with a request before it is worked on, and with the answer.
pub type Before = Box<dyn FnMut(&Value) -> Option<Result<Value, Unanswered>> + Send>;
pub type After = Box<dyn FnMut(&str, Value) -> Option<Value> + Send>;

pub struct Fake {
    pub factory: Factory,
    stage: Mutex<Stage>,
    before: Mutex<Before>,
    after: Mutex<After>,
    /// Methods in the order in which they were asked.
    pub asked: Mutex<Vec<String>>,
}

struct Stage {
    devnet: Arc<Mutex<Devnet>>,
    face: Face,
    _directory: tempfile::TempDir,
}

impl Stage {
    fn of(mut devnet: Devnet, directory: tempfile::TempDir) -> Self {
        let reader = devnet.reader();
        let devnet = Arc::new(Mutex::new(devnet));
        let own = Arc::clone(&devnet);
        let send = move |raw: Vec<u8>| {
            let sent = own.lock().unwrap().send_many(&[raw]);
            sent.map(|receipts| receipts[0].tx_hash)
                .map_err(|error| error.to_string())
        };
        Self {
            devnet,
            face: Face::new(reader, Box::new(send)),
            _directory: directory,
        }
    }
}

impl Transport for Fake {
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        self.asked.lock().unwrap().push(method.clone());
        if let Some(early) = (self.before.lock().unwrap())(&request) {
            return early.map(|answer| answer.to_string().into_bytes());
        }
        let past = self.past(&request);
        let body = self.factory.inwards(request);
        let answer = match past {
            Some(past) => past.face.answer(&body, &|_| true),
            None => self.stage.lock().unwrap().face.answer(&body, &|_| true),
        };
        let answer = self.factory.outwards(answer.unwrap());
        let answer = serde_json::from_slice(&answer).unwrap();
        let answer = (self.after.lock().unwrap())(&method, answer);
        answer.map_or_else(|| Err(away()), |it| Ok(it.to_string().into_bytes()))
    }

    fn server(&self) -> String {
        "http://fake".to_owned()
    }
}

pub fn away() -> Unanswered {
    Unanswered {
        passing: true,
        why: "connection refused".to_owned(),
    }
}

/// An answer with a result of the server's own.
pub fn says(request: &Value, result: &Value) -> Option<Result<Value, Unanswered>> {
    Some(Ok(
        json!({"jsonrpc": "2.0", "id": request["id"], "result": result}),
    ))
}

impl Fake {
    /// A chain with token and contracts.
    pub fn new() -> (Arc<Self>, Deployment) {
        let directory = tempfile::tempdir().unwrap();
        let chain = Chain::open(directory.path(), &wallet(1), &terms(), START_S);
        let Chain { devnet, deployment } = chain.unwrap();
        let fake = Self {
            factory: Factory::default(),
            stage: Mutex::new(Stage::of(devnet, directory)),
            before: Mutex::new(Box::new(|_| None)),
            after: Mutex::new(Box::new(|_, answer| Some(answer))),
            asked: Mutex::default(),
        };
        (Arc::new(fake), deployment)
    }

    pub fn endpoint(self: &Arc<Self>) -> Endpoint {
        let patience = Patience {
            attempts: 2,
            pause_ms: 0,
        };
        Endpoint::new(Arc::clone(self) as Arc<dyn Transport>, patience)
    }

    pub fn before(
        &self,
        before: impl FnMut(&Value) -> Option<Result<Value, Unanswered>> + Send + 'static,
    ) {
        *self.before.lock().unwrap() = Box::new(before);
    }

    pub fn after(&self, after: impl FnMut(&str, Value) -> Option<Value> + Send + 'static) {
        *self.after.lock().unwrap() = Box::new(after);
    }

    /// Honest and there again.
    pub fn well(&self) {
        self.before(|_| None);
        self.after(|_, answer| Some(answer));
    }

    /// Works on the chain itself.
    pub fn on<T>(&self, work: impl FnOnce(&mut Devnet) -> T) -> T {
        let stage = self.stage.lock().unwrap();
        let mut devnet = stage.devnet.lock().unwrap();
        work(&mut devnet)
    }

    /// So many blocks of somebody else.
    pub fn mine(&self, blocks: u64) {
        self.on(|devnet| {
            let somebody = wallet(99);
            for _ in 0..blocks {
                let nonce = devnet.nonce(somebody.address());
                let raw = somebody.sign(nonce, Some([9; 20]), Vec::new());
                devnet.send_many(&[raw]).unwrap();
            }
        });
    }

    /// The factory stands there from now on.
    pub fn with_factory(&self) {
        self.on(|devnet| self.factory.put(devnet));
    }

    pub fn height(&self) -> u64 {
        self.on(|devnet| devnet.height())
    }

    /// What others keep and the devnet does not: the state of an earlier block, if one is asked of
    /// a contract there.
    fn past(&self, request: &Value) -> Option<Stage> {
        let of_state = ["eth_call", "eth_getCode"].map(|it| request["method"] == it);
        let digits = request["params"][1].as_str()?.strip_prefix("0x")?;
        let height = u64::from_str_radix(digits, 16).ok()?;
        if of_state == [false; 2] || height >= self.height() {
            return None;
        }
        let (devnet, directory) = self.until(height);
        Some(Stage::of(devnet, directory))
    }

    /// The chain as it was.
    fn until(&self, height: u64) -> (Devnet, tempfile::TempDir) {
        let blocks = self.on(|devnet| {
            let block = |at: u64| {
                let time_s = devnet.receipts()[at as usize - 1].time_s;
                (time_s, devnet.raw(at).unwrap().to_vec())
            };
            (1..=height).map(block).collect::<Vec<_>>()
        });
        let directory = tempfile::tempdir().unwrap();
        let mut devnet = Devnet::open(directory.path()).unwrap();
        for (time_s, raw) in blocks {
            devnet.set_time(time_s).unwrap();
            devnet.send(&raw).unwrap();
        }
        devnet.sync().unwrap();
        (devnet, directory)
    }

    /// The newest blocks give way to as many of somebody else.
    pub fn reorg(&self, depth: u64) {
        let (height, time_s) = self.on(|devnet| (devnet.height(), devnet.time_s()));
        let (mut devnet, directory) = self.until(height - depth);
        devnet.set_time(time_s).unwrap();
        let other = wallet(98);
        for nonce in 0..depth {
            let nonce = devnet.nonce(other.address()).max(nonce);
            let raw = other.sign(nonce, Some([8; 20]), Vec::new());
            devnet.send_many(&[raw]).unwrap();
        }
        *self.stage.lock().unwrap() = Stage::of(devnet, directory);
    }
}

/// A clock that moves when somebody waits.
#[derive(Default)]
pub struct Still(Mutex<u64>);

impl Time for Still {
    fn now_ms(&self) -> u64 {
        *self.0.lock().unwrap()
    }

    fn pause(&self, milliseconds: u64) {
        *self.0.lock().unwrap() += milliseconds.max(1);
    }
}
