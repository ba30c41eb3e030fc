//! The chain as wallets ask it: every method once, batches, faults, limits.

use std::sync::{Arc, Mutex};

use alloy_primitives::keccak256;
use chain::rpc::{Face, MOST_BATCHED};
use chain::{Chain, Devnet};
use serde_json::{Value, json};

use crate::world::{World, wallet};

struct Desk {
    chain: Arc<Mutex<Chain>>,
    face: Face,
    _directory: tempfile::TempDir,
}

/// A chain with contracts, on which somebody has been given 100 units of the token.
fn desk() -> Desk {
    let mut world = World::new();
    let token = world.chain.deployment.token();
    let (funder, holder) = (world.funder.clone(), wallet(40).address());
    world
        .chain
        .mint(&funder, token, holder, 100)
        .expect("minted");
    let World {
        mut chain,
        directory,
        ..
    } = world;
    let reader = chain.devnet.reader();
    let chain = Arc::new(Mutex::new(chain));
    let own = Arc::clone(&chain);
    let send = move |raw: Vec<u8>| {
        let sent = own.lock().expect("alive").devnet.send(&raw);
        sent.map(|receipt| receipt.tx_hash)
            .map_err(|error| error.to_string())
    };
    Desk {
        chain,
        face: Face::new(reader, Box::new(send)),
        _directory: directory,
    }
}

impl Desk {
    fn raw(&self, body: &str) -> Option<Value> {
        let answer = self.face.answer(body.as_bytes(), &|_| true);
        answer.map(|answer| serde_json::from_slice(&answer).expect("JSON"))
    }

    fn ask(&self, method: &str, params: &Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self.raw(&body.to_string()).expect("an answer");
        assert_eq!(
            (&answer["id"], &answer["jsonrpc"]),
            (&json!(7), &json!("2.0"))
        );
        answer
    }

    fn says(&self, method: &str, params: Value) -> Value {
        let mut answer = self.ask(method, &params);
        assert_eq!(answer.get("error"), None, "{method}");
        answer["result"].take()
    }

    fn fault(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.ask(method, &params);
        let error = &answer["error"];
        assert_eq!(answer.get("result"), None, "{method}");
        let code = error["code"].as_i64().expect("a code");
        (code, error["message"].as_str().expect("words").to_owned())
    }

    fn devnet<T>(&self, look: impl FnOnce(&Devnet) -> T) -> T {
        look(&self.chain.lock().expect("alive").devnet)
    }

    fn token(&self) -> String {
        let chain = self.chain.lock().expect("alive");
        hex(&chain.deployment.token())
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", ::hex::encode(bytes))
}

/// Calldata of a function with words behind it.
fn calldata(signature: &str, words: &[&[u8]]) -> String {
    let mut bytes = keccak256(signature.as_bytes())[..4].to_vec();
    for word in words {
        bytes.extend(vec![0; 32 - word.len()]);
        bytes.extend(*word);
    }
    hex(&bytes)
}

#[test]
fn a_wallet_reads_the_chain() {
    let desk = desk();
    let height = desk.devnet(Devnet::height);
    let newest = format!("{height:#x}");
    assert_eq!(desk.says("eth_chainId", json!([])), "0x64abc");
    assert_eq!(desk.says("net_version", json!([])), "412348");
    assert_eq!(desk.says("eth_blockNumber", json!([])), newest);
    assert_eq!(desk.says("eth_accounts", json!([])), json!([]));
    assert_eq!(desk.says("eth_syncing", json!([])), false);
    assert_eq!(desk.says("eth_gasPrice", json!([])), "0x0");
    assert_eq!(desk.says("eth_maxPriorityFeePerGas", json!([])), "0x0");
    let version = desk.says("web3_clientVersion", json!([]));
    assert!(version.as_str().expect("text").starts_with("headwater/"));
    let fees = desk.says("eth_feeHistory", json!(["0x2", "latest", [25, 75]]));
    assert_eq!(fees["baseFeePerGas"], json!(["0x0", "0x0", "0x0"]));
    assert_eq!(fees["reward"], json!([["0x0", "0x0"], ["0x0", "0x0"]]));
    assert!(fees["gasUsedRatio"][0].as_f64().expect("a number") > 0.0);
    let block = desk.says("eth_getBlockByNumber", json!(["latest", true]));
    for word in ["safe", "finalized", "pending", newest.as_str()] {
        assert_eq!(
            desk.says("eth_getBlockByNumber", json!([word, true])),
            block
        );
    }
    assert_eq!(block["number"], newest);
    let by_hash = desk.says("eth_getBlockByHash", json!([block["hash"], true]));
    assert_eq!(by_hash, block);
    let before = desk.says("eth_getBlockByHash", json!([block["parentHash"], false]));
    assert_eq!(before["number"], format!("{:#x}", height - 1));
    let tx = &block["transactions"][0];
    assert_eq!(
        desk.says("eth_getTransactionByHash", json!([tx["hash"]])),
        *tx
    );
    let receipt = desk.says("eth_getTransactionReceipt", json!([tx["hash"]]));
    assert_eq!(
        (&receipt["status"], &receipt["from"]),
        (&json!("0x1"), &tx["from"])
    );
    assert_eq!(receipt["blockHash"], block["hash"]);
    assert_eq!(receipt["logsBloom"], block["logsBloom"]);
    let none = hex(&[9; 32]);
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt"] {
        assert_eq!(desk.says(method, json!([none])), Value::Null);
        // A block's hash is no transaction's, and the other way round.
        assert_eq!(desk.says(method, json!([block["hash"]])), Value::Null);
    }
    let found = desk.says("eth_getBlockByHash", json!([tx["hash"], false]));
    assert_eq!(found, Value::Null);
    assert_eq!(
        desk.says("eth_getBlockByNumber", json!(["0xffff", false])),
        Value::Null
    );
    let first = desk.says("eth_getBlockByNumber", json!(["earliest", true]));
    assert_eq!(
        (&first["number"], &first["transactions"]),
        (&json!("0x0"), &json!([]))
    );
}

#[test]
fn what_stands_at_an_address_is_read_and_called() {
    let desk = desk();
    let (token, holder) = (desk.token(), wallet(40).address());
    let owner = hex(&holder);
    let code = desk.says("eth_getCode", json!([token, "latest"]));
    assert!(code.as_str().expect("text").len() > 1_000);
    assert_eq!(desk.says("eth_getCode", json!([owner, "latest"])), "0x");
    assert_eq!(desk.says("eth_getBalance", json!([owner])), "0x0");
    let nonce = desk.says("eth_getTransactionCount", json!([owner, "pending"]));
    assert_eq!(nonce, "0x0");
    let slot = desk.says("eth_getStorageAt", json!([token, "0x0", "latest"]));
    assert_eq!(slot.as_str().expect("text").len(), 66);
    let balance = calldata("balanceOf(address)", &[&holder]);
    let call = json!({"to": token, "data": balance});
    let word = format!("0x{:064x}", 100);
    assert_eq!(desk.says("eth_call", json!([call, "latest"])), word);
    let both = json!({"to": token, "data": balance, "input": balance, "gas": "0x5208000"});
    assert_eq!(desk.says("eth_call", json!([both])), word);
    // Somebody with nothing sends nothing on: the contract's error comes back whole.
    let moves = calldata("transfer(address,uint256)", &[&[7; 20], &[1]]);
    let call = json!({"to": token, "data": moves, "from": hex(&[8; 20])});
    for method in ["eth_call", "eth_estimateGas"] {
        let answer = desk.ask(method, &json!([call]));
        assert_eq!(answer["error"]["code"], 3, "{answer}");
        assert_eq!(answer["error"]["message"], "execution reverted");
        let output = answer["error"]["data"].as_str().expect("the output");
        assert!(output.len() >= 10, "{output}");
    }
    let call = json!({"to": token, "data": moves, "from": owner});
    let gas = desk.says("eth_estimateGas", json!([call]));
    let gas = u64::from_str_radix(&gas.as_str().expect("text")[2..], 16).expect("hex");
    assert!((21_000..100_000).contains(&gas), "{gas}");
    let past = desk.fault("eth_call", json!([call, "0x1"]));
    assert_eq!(past.0, -32_000, "{}", past.1);
    assert!(past.1.contains("newest state"));
    let endless = json!({"data": "0x5b600056"});
    assert_eq!(desk.fault("eth_call", json!([endless])).0, -32_000);
}

#[test]
fn a_transaction_is_sent_and_its_events_are_found() {
    let desk = desk();
    let (sender, token) = (wallet(40), desk.token());
    let moves = calldata("transfer(address,uint256)", &[&[7; 20], &[1]]);
    let data = ::hex::decode(&moves[2..]).expect("hex");
    let to: [u8; 20] = ::hex::decode(&token[2..])
        .expect("hex")
        .try_into()
        .expect("20");
    let large = sender.sign(0, Some(to), data.clone());
    let fault = desk.fault("eth_sendRawTransaction", json!([hex(&large)]));
    assert!(fault.1.contains("at most 5000000 gas"), "{}", fault.1);
    let raw = sender.sign_for(0, Some(to), data.clone(), 200_000);
    let sent = desk.says("eth_sendRawTransaction", json!([hex(&raw)]));
    assert_eq!(sent, hex(&keccak256(&raw)[..]));
    let receipt = desk.says("eth_getTransactionReceipt", json!([sent]));
    assert_eq!(receipt["status"], "0x1");
    let again = desk.fault("eth_sendRawTransaction", json!([hex(&raw)]));
    assert_eq!(again.0, -32_000, "its nonce is used");
    for bad in ["0x", "0x02", "nothing"] {
        let fault = desk.fault("eth_sendRawTransaction", json!([bad]));
        assert!([-32_000, -32_602].contains(&fault.0), "{bad}: {}", fault.1);
    }
    let transfer = hex(&keccak256(b"Transfer(address,address,uint256)")[..]);
    let from = format!("0x{}{}", "00".repeat(12), ::hex::encode(sender.address()));
    let all = json!({"fromBlock": "0x1", "address": token, "topics": [[transfer], from]});
    let logs = desk.says("eth_getLogs", json!([all]));
    assert_eq!(logs.as_array().expect("a list").len(), 1);
    assert_eq!(logs[0]["transactionHash"], sent);
    assert_eq!(logs[0], receipt["logs"][0]);
    let one = json!({"blockHash": receipt["blockHash"]});
    assert_eq!(desk.says("eth_getLogs", json!([one])), receipt["logs"]);
    let none = json!({"fromBlock": "0x1", "topics": [null, null, null, from]});
    assert_eq!(desk.says("eth_getLogs", json!([none])), json!([]));
    let elsewhere = json!({"fromBlock": "0x1", "address": [hex(&[7; 20])]});
    assert_eq!(desk.says("eth_getLogs", json!([elsewhere])), json!([]));
    let both = json!({"blockHash": receipt["blockHash"], "fromBlock": "0x1"});
    assert_eq!(desk.fault("eth_getLogs", json!([both])).0, -32_602);
}

#[test]
fn requests_are_those_of_the_standard_and_batches_keep_their_order() {
    let desk = desk();
    let code = |body: &str| desk.raw(body).expect("an answer")["error"]["code"].clone();
    assert_eq!(code("{"), -32_700);
    assert_eq!(code("7"), -32_600);
    assert_eq!(code("[]"), -32_600);
    assert_eq!(
        code(r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#),
        -32_600
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#),
        -32_600
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_sign"}"#),
        -32_601
    );
    let named = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}"#;
    assert_eq!(code(named), -32_602);
    assert_eq!(desk.fault("eth_getBalance", json!(["0x12"])).0, -32_602);
    assert_eq!(
        desk.fault("eth_getBlockByNumber", json!(["0xzz", true])).0,
        -32_602
    );
    assert_eq!(desk.fault("eth_call", json!(["0x"])).0, -32_602);
    let notification = r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#;
    assert_eq!(desk.raw(notification), None);
    let ask = |id: Value| json!({"jsonrpc": "2.0", "id": id, "method": "eth_chainId"});
    let batch = json!([ask(json!(1)), 7, ask(json!("b")), ask(Value::Null)]);
    let answers = desk.raw(&batch.to_string()).expect("answers");
    let ids: Vec<&Value> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, [&json!(1), &Value::Null, &json!("b"), &Value::Null]);
    let many: Vec<Value> = (0..=MOST_BATCHED).map(|id| ask(json!(id))).collect();
    assert_eq!(code(&Value::from(many).to_string()), -32_600);
}

#[test]
fn who_asks_too_often_is_told_so_for_each_request() {
    let desk = desk();
    let left = Mutex::new(2);
    let may = |method: &str| {
        let mut left = left.lock().expect("alive");
        *left -= 1;
        method == "eth_chainId" && *left >= 0
    };
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"});
    let body = json!([ask, ask, ask]).to_string();
    let answer = desk.face.answer(body.as_bytes(), &may).expect("an answer");
    let answers: Value = serde_json::from_slice(&answer).expect("JSON");
    let codes = [0, 1, 2].map(|at| answers[at]["error"]["code"].as_i64());
    assert_eq!(codes, [None, None, Some(-32_005)]);
}
