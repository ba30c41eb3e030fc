//! The whole flow on anvil: every block of the operator's chain again, there, and then the watcher.

use crate::far::{Still, inflated};
use crate::operator::{Operator, RULING_S, wallet};
use crate::watch::{BOND, codes, settings, watcher};
use chain::endpoint::{Patience, Transport, Unanswered};
use chain::sender::FeeRule;
use chain::settlement::Status;
use chain::watched::Watched;
use chain::wire::Line;
use chain::{Endpoint, Wallet};
use serde_json::{Value, json};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use watch::Outcome;

/// Where the gate has started anvil for this test: chain 412348, no base fee, time 1800000000.
const ADDRESS: &str = "HEADWATER_ANVIL";

/// Speaks as much HTTP as anvil needs, at HOST:PORT.
struct Server(String);

impl Transport for Server {
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        self.exchange(&body).map_err(|error| Unanswered {
            passing: true,
            why: error.to_string(),
        })
    }

    fn server(&self) -> String {
        "anvil".to_owned()
    }
}

impl Server {
    fn exchange(&self, body: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.0)?;
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: anvil\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let body = answer.split_off(end.map_or(0, |end| end + 4));
        Ok(body)
    }

    fn ask(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(request.to_string().into_bytes()).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Runs every block of a devnet again, at its time.
    fn mirror(&self, operator: &Operator) {
        let devnet = &operator.chain.devnet;
        let mut time_s = 0;
        self.ask("evm_setAutomine", json!([false]));
        for receipt in devnet.receipts() {
            if receipt.time_s > time_s {
                time_s = receipt.time_s;
                self.ask("evm_setNextBlockTimestamp", json!([time_s]));
            }
            let raw = devnet.raw(receipt.block).unwrap();
            let raw = format!("0x{}", hex::encode(raw));
            let hash = self.ask("eth_sendRawTransaction", json!([raw]));
            self.ask("evm_mine", json!([]));
            let done = self.ask("eth_getTransactionReceipt", json!([hash]));
            let success = if receipt.success { "0x1" } else { "0x0" };
            assert_eq!(done["status"], success, "block {}: {done}", receipt.block);
        }
        self.ask("evm_setAutomine", json!([true]));
    }

    fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds]));
        self.ask("evm_mine", json!([]));
    }
}

#[test]
fn a_wrong_root_is_stopped_on_anvil() {
    let Ok(url) = std::env::var(ADDRESS) else {
        eprintln!("skipped: `{ADDRESS}` names no anvil; `cargo xtask test` starts one");
        return;
    };
    let server = Arc::new(Server(url));
    let operator = inflated();
    server.mirror(&operator);
    let guard: Wallet = wallet(8);
    let account = format!("0x{}", hex::encode(guard.address()));
    server.ask("anvil_setBalance", json!([account, "0xde0b6b3a7640000"]));
    let line = || {
        let transport = Arc::clone(&server) as Arc<dyn Transport>;
        let endpoint = Endpoint::new(transport, Patience::default());
        Line::open(endpoint, Arc::new(Still::default()), 60_000).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = watcher(&operator.directory, folder.path(), settings());
    let key = Arc::new(guard.clone());
    let mut armed = line()
        .with_key(folder.path(), key, FeeRule::default())
        .unwrap();
    let (told, outcome) = watcher.turn(&mut armed).unwrap();
    assert_eq!(outcome, Outcome::Fault, "{told:?}");
    assert_eq!(
        codes(&told),
        ["epoch_root", "bond_risked", "challenge"],
        "{told:?}"
    );
    server.pass(RULING_S);
    let (told, _) = watcher.turn(&mut armed).unwrap();
    assert_eq!(
        codes(&told),
        ["veto_by_silence", "return_of_the_bond", "collected"],
        "{told:?}"
    );
    let line = line();
    let mut watched = Watched::new(&line, operator.chain.deployment.settlement, 0).unwrap();
    let look = watched.look(&line, 3).unwrap();
    assert_eq!(look.epochs.last().unwrap().status, Status::Vetoed);
    assert_eq!(
        watched.bond_money(&line, guard.address()).unwrap(),
        2 * BOND
    );
    let nobody = watched.owed(&line, guard.address()).unwrap();
    assert_eq!(nobody, 0, "all was collected");
}
