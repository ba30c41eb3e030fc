//! A further chain behind a server in process: our devnet under another EIP-155 number.
//!
//! What the node signs for that number is signed anew for the devnet's, so that hashes differ on
//! both sides and are exchanged on the way. Leaves are hashed with the devnet's number by the
//! contracts, so that nothing can be claimed here unless they are exchanged, too.

mod factory;
mod leaves;

use crate::house::Moved;
use crate::world::START_MS;
use chain::deployment::{Deployment, LOG_ID, Terms};
use chain::endpoint::{Finality, Patience, Transport, Unanswered};
use chain::escrow::Opening;
use chain::remote::{Roles, Rules, Time};
use chain::rpc::Face;
use chain::sender::FeeRule;
use chain::settlement::Status;
use chain::{Chain, Devnet, Endpoint, Remote, Wallet};
use node::deposit::account_reference;
use node::office::{Opener, Settling};
use proof::hash::keccak256;
use proof::signature::recover;
use protocol::AccountId;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How long its epochs wait, in seconds.
pub const WINDOW_S: u64 = 100;
/// Gas that the server lets a transaction have.
const GAS: u64 = 4_000_000;
const OPEN_S: u64 = 300 * 24 * 3_600;

pub struct Twin {
    pub id: u64,
    pub deployment: Deployment,
    devnet: Arc<Mutex<Devnet>>,
    face: Mutex<Face>,
    /// How many transactions it still takes before it is away; away at 0.
    takes: Mutex<u64>,
    /// Whether it leaves all events out.
    hides: Mutex<bool>,
    /// Whether it talks nonsense.
    raves: Mutex<bool>,
    /// Whose clock goes on by so many milliseconds at each request.
    slow: Mutex<Option<(Arc<Moved>, u64)>>,
    /// What it was asked: methods, of a view function with the function.
    asked: Mutex<Vec<String>>,
    /// Hashes as the node knows them, and as the devnet does.
    names: Mutex<Vec<(String, String)>>,
    /// The public files of the node whose leaves are exchanged.
    claims: Mutex<Option<PathBuf>>,
    _directory: tempfile::TempDir,
}

/// The same server for those who sign for the devnet's own number.
struct Plain(Arc<Twin>);

fn wallet(seed: u8) -> Wallet {
    Wallet::new(&[seed; 32]).unwrap()
}

fn answer(face: &Mutex<Face>, request: &Value) -> String {
    let body = request.to_string();
    let answer = face.lock().unwrap().answer(body.as_bytes(), &|_| true);
    String::from_utf8(answer.unwrap()).unwrap()
}

impl Transport for Plain {
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        let request = serde_json::from_slice(&body).unwrap();
        Ok(answer(&self.0.face, &request).into_bytes())
    }

    fn server(&self) -> String {
        "http://plain".to_owned()
    }
}

impl Transport for Twin {
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        let mut request: Value = serde_json::from_slice(&body).unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        let function = request["params"][0]["data"].as_str();
        let function = function.and_then(|calldata| calldata.get(..10));
        let asked = format!("{method} {}", function.unwrap_or_default());
        self.asked.lock().unwrap().push(asked);
        if let Some((clock, milliseconds)) = &*self.slow.lock().unwrap() {
            clock.pass(*milliseconds);
        }
        if *self.takes.lock().unwrap() == 0 {
            return Err(Unanswered {
                passing: true,
                why: "connection refused".to_owned(),
            });
        }
        if *self.raves.lock().unwrap() {
            return Ok(b"<html>".to_vec());
        }
        let own = match &*method {
            "eth_chainId" => Some(json!(format!("{:#x}", self.id))),
            "eth_getLogs" if *self.hides.lock().unwrap() => Some(json!([])),
            _ => None,
        };
        if let Some(own) = own {
            let told = json!({"jsonrpc": "2.0", "id": request["id"], "result": own});
            return Ok(told.to_string().into_bytes());
        }
        if method == "eth_sendRawTransaction" {
            let raw = request["params"][0].as_str().unwrap();
            request["params"][0] = json!(self.signed_anew(&bytes(raw)));
            *self.takes.lock().unwrap() -= 1;
        }
        let mut text = request.to_string();
        let names = self.names.lock().unwrap().clone();
        for (theirs, ours) in &names {
            text = text.replace(theirs, ours);
        }
        let mut told = answer(&self.face, &serde_json::from_str(&text).unwrap());
        for (theirs, ours) in &names {
            told = told.replace(ours, theirs);
        }
        Ok(told.into_bytes())
    }

    fn server(&self) -> String {
        "http://twin".to_owned()
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap();
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn hexed(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// The first item of RLP: where its payload begins and ends.
fn item(rlp: &[u8]) -> (usize, usize) {
    let long = |first: u8, base: u8| {
        let width = usize::from(first - base);
        let length = number(&rlp[1..=width]) as usize;
        (1 + width, 1 + width + length)
    };
    match rlp[0] {
        0..=0x7f => (0, 1),
        first @ 0x80..=0xb7 => (1, 1 + usize::from(first - 0x80)),
        first @ 0xb8..=0xbf => long(first, 0xb7),
        first @ 0xc0..=0xf7 => (1, 1 + usize::from(first - 0xc0)),
        first => long(first, 0xf7),
    }
}

/// Who has signed the fields of a transaction of EIP-1559, with parity, r and s.
fn sender(fields: &[u8], signed: &[&[u8]]) -> [u8; 20] {
    let length = u16::try_from(fields.len()).unwrap();
    let head = match length {
        0..=55 => vec![0xc0 + length as u8],
        56..=255 => vec![0xf8, length as u8],
        _ => [&[0xf9], &length.to_be_bytes()[..]].concat(),
    };
    let digest = keccak256(&[&[2], &head, fields]);
    let mut signature = [0; 65];
    signature[32 - signed[1].len()..32].copy_from_slice(signed[1]);
    signature[64 - signed[2].len()..64].copy_from_slice(signed[2]);
    signature[64] = 27 + number(signed[0]) as u8;
    recover(&digest, &signature).unwrap()
}

impl Twin {
    pub fn new(id: u64) -> Arc<Self> {
        let terms = Terms {
            poster: wallet(2).address(),
            guardian: wallet(3).address(),
            arbiter: wallet(4).address(),
            debitor: wallet(5).address(),
            window_s: WINDOW_S,
            ruling_s: 7_200,
        };
        let directory = tempfile::tempdir().unwrap();
        let chain = Chain::open(directory.path(), &wallet(1), &terms, START_MS / 1_000);
        let Chain {
            mut devnet,
            deployment,
        } = chain.unwrap();
        let reader = devnet.reader();
        let devnet = Arc::new(Mutex::new(devnet));
        let own = Arc::clone(&devnet);
        let send = move |raw: Vec<u8>| {
            let sent = own.lock().unwrap().send_many(&[raw]);
            sent.map(|receipts| receipts[0].tx_hash)
                .map_err(|error| error.to_string())
        };
        Arc::new(Self {
            id,
            deployment,
            devnet,
            face: Mutex::new(Face::new(reader, Box::new(send))),
            takes: Mutex::new(u64::MAX),
            hides: Mutex::default(),
            raves: Mutex::default(),
            slow: Mutex::default(),
            asked: Mutex::default(),
            names: Mutex::default(),
            claims: Mutex::default(),
            _directory: directory,
        })
    }

    /// It takes so many transactions more, and is away after that.
    pub fn takes(&self, count: u64) {
        *self.takes.lock().unwrap() = count;
    }

    /// It answers, and nothing that was asked; or well again.
    pub fn raves(&self, raves: bool) {
        *self.raves.lock().unwrap() = raves;
    }

    /// Each of its answers takes so long by this clock.
    pub fn takes_time(&self, clock: &Arc<Moved>, milliseconds: u64) {
        *self.slow.lock().unwrap() = Some((Arc::clone(clock), milliseconds));
    }

    /// How many questions it was asked by nodes.
    pub fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// How often nodes asked a view function of this signature.
    pub fn asked(&self, function: &str) -> usize {
        let selector = &keccak256(&[function.as_bytes()])[..4];
        let call = format!("eth_call {}", hexed(selector));
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|it| **it == call).count()
    }

    fn is_away(&self) -> bool {
        *self.takes.lock().unwrap() == 0
    }

    /// A transaction of EIP-1559 with the devnet's number in the place of its own.
    fn signed_anew(&self, raw: &[u8]) -> String {
        assert_eq!(raw[0], 2, "a transaction of EIP-1559");
        let (begin, end) = item(&raw[1..]);
        let list = &raw[1 + begin..=end];
        let (mut items, mut ends, mut at) = (Vec::new(), Vec::new(), 0);
        while at < list.len() {
            let (begin, end) = item(&list[at..]);
            items.push(&list[at + begin..at + end]);
            at += end;
            ends.push(at);
        }
        let to: [u8; 20] = items[5].try_into().unwrap();
        let nonce = number(items[1]);
        let address = sender(&list[..ends[8]], &items[9..]);
        let signer = [2, 5, 7].map(wallet);
        let signer = signer.iter().find(|own| own.address() == address);
        let (to, calldata) = self.stated_here(to, items[7]);
        let anew = signer.unwrap().sign_for(nonce, Some(to), calldata, GAS);
        let name = |raw: &[u8]| hexed(&keccak256(&[raw]));
        self.names.lock().unwrap().push((name(raw), name(&anew)));
        hexed(&anew)
    }

    fn rules(&self, chain_id: u64) -> Rules {
        Rules {
            chain_id,
            finality: Finality::Depth(0),
            from_block: 1,
            fee: FeeRule::default(),
            log_id: LOG_ID,
            poll_ms: 0,
            patience_ms: 3,
        }
    }

    /// As a node opens it, which keeps what it knows of it in its own directory.
    pub fn open(self: &Arc<Self>, dir: &Path) -> Result<Settling, chain::Error> {
        let roles = [2, 5, 7].map(|seed| Arc::new(wallet(seed)));
        let endpoint = Endpoint::new(Arc::clone(self) as Arc<dyn Transport>, once());
        self.remote((dir, self.id), endpoint, roles)
    }

    fn remote(
        &self,
        (dir, id): (&Path, u64),
        endpoint: Endpoint,
        [post, debit, relay]: [Arc<Wallet>; 3],
    ) -> Result<Settling, chain::Error> {
        let roles = Roles { post, debit, relay };
        let dir = dir.join(format!("chain-{}", self.id));
        let time = Arc::new(Still::default());
        let remote = Remote::open(
            &dir,
            endpoint,
            (self.rules(id), roles),
            time,
            &self.deployment,
        )?;
        Ok(Settling::remote(remote, self.deployment.clone()))
    }

    /// Opens it once it can be reached.
    pub fn opener(self: &Arc<Self>, dir: &Path) -> Opener {
        let (twin, dir) = (Arc::clone(self), dir.to_owned());
        Box::new(move |id| match (id == twin.id, twin.is_away()) {
            (false, _) => Ok(None),
            (_, true) => Err(chain::Error::busy("the server is away")),
            _ => twin.open(&dir).map(Some),
        })
    }

    /// Others work on it, with guardian, arbiter and funder among them.
    pub fn others<T>(self: &Arc<Self>, work: impl FnOnce(&mut Settling, [&Wallet; 3]) -> T) -> T {
        let dir = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::new(Arc::new(Plain(Arc::clone(self))), once());
        let [guardian, arbiter, funder] = [3, 4, 6].map(|seed| Arc::new(wallet(seed)));
        let roles = [guardian.clone(), arbiter.clone(), funder.clone()];
        let own = (dir.path(), chain::devnet::CHAIN_ID);
        let mut chain = self.remote(own, endpoint, roles).unwrap();
        chain.devnet.remote().unwrap().turn().unwrap();
        work(&mut chain, [&*guardian, &*arbiter, &*funder])
    }

    /// A deposit for an account of the log.
    pub fn deposit(self: &Arc<Self>, account: AccountId, amount: u128) {
        self.others(|chain, [.., funder]| {
            let token = chain.deployment.token();
            chain.mint(funder, token, funder.address(), amount).unwrap();
            chain.approve(funder, token, amount).unwrap();
            let opening = Opening {
                funder: funder.address(),
                account: account_reference(account),
                amount,
                max_per_epoch: amount,
                closes_at_s: START_MS / 1_000 + OPEN_S,
            };
            chain.open_deposit(funder, token, &opening).unwrap();
        });
    }

    /// Where an epoch stands there.
    pub fn status(self: &Arc<Self>, epoch: u64) -> Option<Status> {
        self.others(|chain, _| chain.status(epoch).unwrap())
    }

    /// Its clock goes on, with a block of somebody else.
    pub fn till(&self, time_s: u64) {
        let mut devnet = self.devnet.lock().unwrap();
        let time_s = time_s.max(devnet.time_s());
        devnet.set_time(time_s).unwrap();
        let somebody = wallet(99);
        let nonce = devnet.nonce(somebody.address());
        let raw = somebody.sign(nonce, Some([9; 20]), Vec::new());
        devnet.send_many(&[raw]).unwrap();
    }
}

fn once() -> Patience {
    Patience {
        attempts: 1,
        pause_ms: 0,
    }
}

/// A clock that moves when somebody waits.
#[derive(Default)]
struct Still(Mutex<u64>);

impl Time for Still {
    fn now_ms(&self) -> u64 {
        *self.0.lock().unwrap()
    }

    fn pause(&self, milliseconds: u64) {
        *self.0.lock().unwrap() += milliseconds.max(1);
    }
}
