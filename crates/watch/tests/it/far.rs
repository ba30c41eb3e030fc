//! The watcher over JSON-RPC: the same devnet behind a server that also loses answers.

use crate::directory::Directory;
use crate::operator::{Operator, RULING_S, wallet};
use crate::watch::{BOND, codes, guard, settings, watcher};
use chain::endpoint::{Patience, Transport, Unanswered};
use chain::remote::Time;
use chain::rpc::Face;
use chain::sender::FeeRule;
use chain::settlement::Status;
use chain::watched::Watched;
use chain::wire::{Line, Wire as _};
use chain::{Chain, Devnet, Endpoint};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, Mutex};
use watch::Outcome;

/// A server of a devnet that takes everybody's transactions, as a public chain does.
struct Server {
    face: Face,
    devnet: Arc<Mutex<Devnet>>,
    /// Methods whose answers get lost.
    loses: Mutex<Vec<&'static str>>,
    /// So many times somebody's transaction comes in just after the events were shown.
    busy: Mutex<u32>,
}

impl Server {
    fn new(mut devnet: Devnet) -> Arc<Server> {
        let reader = devnet.reader();
        let devnet = Arc::new(Mutex::new(devnet));
        let own = Arc::clone(&devnet);
        let send = move |raw: Vec<u8>| {
            let sent = own.lock().unwrap().send_many(&[raw]);
            sent.map(|receipts| receipts[0].tx_hash)
                .map_err(|error| error.to_string())
        };
        Arc::new(Server {
            face: Face::new(reader, Box::new(send)),
            devnet,
            loses: Mutex::default(),
            busy: Mutex::default(),
        })
    }

    fn line(self: &Arc<Self>) -> Line {
        let patience = Patience {
            attempts: 1,
            pause_ms: 0,
        };
        let transport = Arc::clone(self) as Arc<dyn Transport>;
        let time = Arc::new(Still::default());
        Line::open(Endpoint::new(transport, patience), time, 5_000).unwrap()
    }

    fn armed(self: &Arc<Self>, journal: &Path) -> Line {
        let guard = Arc::new(wallet(8));
        self.line()
            .with_key(journal, guard, FeeRule::default())
            .unwrap()
    }

    fn nonce(&self) -> u64 {
        self.devnet.lock().unwrap().nonce(wallet(8).address())
    }
}

impl Transport for Server {
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let method = request["method"].as_str().unwrap();
        let answer = self.face.answer(&body, &|_| true).unwrap();
        let mut busy = self.busy.lock().unwrap();
        if method == "eth_getLogs" && *busy > 0 {
            *busy -= 1;
            let mut devnet = self.devnet.lock().unwrap();
            let somebody = wallet(98);
            let nonce = devnet.nonce(somebody.address());
            devnet
                .send_many(&[somebody.sign(nonce, Some([8; 20]), Vec::new())])
                .unwrap();
        }
        match self.loses.lock().unwrap().contains(&method) {
            true => Err(Unanswered {
                passing: true,
                why: "the answer got lost".to_owned(),
            }),
            false => Ok(answer),
        }
    }

    fn server(&self) -> String {
        "http://devnet".to_owned()
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
        *self.0.lock().unwrap() += milliseconds;
    }
}

/// An operator that has posted an inflated leaf, and the guard's money.
pub fn inflated() -> Operator {
    let mut operator = Operator::in_business();
    let (statement, file) = operator.close();
    let honest = operator.honest_post(&statement, &file);
    let mut leaves = statement.leaves;
    leaves[0].lines[0].cumulative -= 500;
    leaves[1].lines[0].cumulative += 500;
    let (post, _) = operator.with_leaves(&honest, leaves);
    operator.post(&post);
    guard(&mut operator, 2);
    operator
}

fn served() -> (Arc<Server>, Directory, [u8; 20], tempfile::TempDir) {
    let Operator {
        chain,
        directory,
        place,
        ..
    } = inflated();
    let Chain { devnet, deployment } = chain;
    (Server::new(devnet), directory, deployment.settlement, place)
}

fn status(line: &Line, settlement: [u8; 20]) -> Status {
    let mut watched = Watched::new(line, settlement, 0).unwrap();
    let look = watched.look(line, 3).unwrap();
    look.epochs
        .iter()
        .find(|seen| seen.post.id == 3)
        .unwrap()
        .status
}

#[test]
fn a_wrong_root_is_stopped_over_json_rpc() {
    let (server, directory, settlement, _place) = served();
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&directory, folder.path(), settings());
    let mut line = server.armed(folder.path());
    let (told, outcome) = watcher.turn(&mut line).unwrap();
    assert_eq!(outcome, Outcome::Fault);
    assert_eq!(codes(&told), ["epoch_root", "bond_risked", "challenge"]);
    assert_eq!(status(&line, settlement), Status::Halted);
    server.devnet.lock().unwrap().advance(RULING_S);
    let (told, _) = watcher.turn(&mut line).unwrap();
    assert_eq!(
        codes(&told),
        ["veto_by_silence", "return_of_the_bond", "collected"]
    );
    assert_eq!(status(&line, settlement), Status::Vetoed);
    let watched = Watched::new(&line, settlement, 0).unwrap();
    assert_eq!(
        watched.bond_money(&line, wallet(8).address()).unwrap(),
        2 * BOND
    );
}

/// The challenge is in a block, and the watcher dies before it has heard so.
#[test]
fn a_challenge_whose_answers_get_lost_is_made_once() {
    let (server, directory, settlement, _place) = served();
    let folder = tempfile::tempdir().unwrap();
    let lost = ["eth_sendRawTransaction", "eth_getTransactionReceipt"];
    *server.loses.lock().unwrap() = lost.to_vec();
    let (mut first, mut nonces) = (Vec::new(), vec![server.nonce()]);
    for _ in 0..4 {
        let mut watcher = watcher(&directory, folder.path(), settings());
        let mut line = server.armed(folder.path());
        first.extend(watcher.turn(&mut line).unwrap().0);
        nonces.push(server.nonce());
        if server.loses.lock().unwrap().is_empty() {
            continue;
        }
        // From the second life on the server answers again.
        server.loses.lock().unwrap().clear();
    }
    assert_eq!(status(&server.line(), settlement), Status::Halted);
    let last = nonces.last().unwrap();
    assert_eq!(
        last - nonces[0],
        2,
        "one approval and one challenge: {nonces:?} {first:?}"
    );
}

#[test]
fn a_line_without_a_key_only_reads() {
    let (server, directory, settlement, _place) = served();
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&directory, folder.path(), settings());
    let mut line = server.line();
    assert_eq!(line.sender(), None);
    let (told, outcome) = watcher.turn(&mut line).unwrap();
    assert_eq!(
        (codes(&told), outcome),
        (vec!["epoch_root", "not_acting"], Outcome::Fault)
    );
    assert_eq!(status(&line, settlement), Status::Open);
    let error = line.send(settlement, Vec::new()).unwrap_err();
    assert!(error.to_string().contains("without a key"), "{error}");
    *server.loses.lock().unwrap() = vec!["eth_getLogs"];
    let (told, outcome) = watcher.turn(&mut line).unwrap();
    assert_eq!(
        (codes(&told), outcome),
        (vec!["chain_unreadable"], Outcome::Unchecked)
    );
}

/// Debits and finality are asked for at one block: a server that has forgotten it is asked anew.
#[test]
fn a_chain_that_goes_on_meanwhile_is_looked_at_anew() {
    let (server, directory, _, _place) = served();
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&directory, folder.path(), settings());
    let mut line = server.line();
    *server.busy.lock().unwrap() = 2;
    let (told, _) = watcher.turn(&mut line).unwrap();
    assert_eq!(codes(&told), ["epoch_root", "not_acting"]);
    *server.busy.lock().unwrap() = 3;
    let (told, outcome) = watcher.turn(&mut line).unwrap();
    assert_eq!(
        (codes(&told), outcome),
        (vec!["chain_unreadable"], Outcome::Unchecked)
    );
}
