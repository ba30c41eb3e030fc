//! A program that is sold as one thing: whoever calls it pays once, and all that it uses earns.

use crate::run::{Ran, headwater, text};
use crate::served::Process;
use proof::cosignature::{Algorithm, Cosigner};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a test that waits for what does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// Answers a question by asking two models, one that it may not use, and for two rows of a data
/// set; at an address that it is told later.
#[derive(Default)]
struct Program {
    node: OnceLock<String>,
    asked: AtomicUsize,
}

impl Program {
    fn start() -> (Arc<Self>, String) {
        let program = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let own = Arc::clone(&program);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = Arc::clone(&own);
                thread::spawn(move || own.answer(stream).unwrap());
            }
        });
        (program, address)
    }

    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let secret = secret(&stream)?;
        self.asked.fetch_add(1, Ordering::SeqCst);
        let models = [0, 1, 2].map(|asset| {
            let body = json!({"model": format!("asset-{asset}"), "input": "a parcel"});
            (format!("use-{asset}"), "embeddings", body)
        });
        let rows = json!({"model": "asset-3", "where": {"label": "late"}, "limit": 2});
        let rows = ("rows".to_owned(), "rows", rows);
        let uses = models.into_iter().chain([rows]);
        let said: Vec<String> = uses.map(|use_of| self.used(&secret, use_of)).collect();
        let said = said.join(" ");
        let message = json!({"role": "assistant", "content": said});
        let choice = json!({"index": 0, "finish_reason": "stop", "message": message});
        let body = json!({"object": "chat.completion", "choices": [choice]}).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        let length = body.len();
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}")
    }

    /// What became of a use: its status, or the code of its refusal.
    fn used(&self, secret: &str, (once, route, body): (String, &str, Value)) -> String {
        let url = format!("{}/v1/{route}", self.node.get().unwrap());
        let bearer = format!("Bearer {secret}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", bearer.as_str()),
            ("idempotency-key", once.as_str()),
        ];
        let client = http::Client::new(http::Settings::default());
        let answer = client.post_with(&url, &headers, body.to_string().into(), 1 << 20);
        let answer = answer.unwrap();
        let document: Value = serde_json::from_slice(&answer.body).unwrap();
        let code = document["error"]["code"].as_str();
        let rows = document["data"].as_array().filter(|_| route == "rows");
        let rows = rows.map(|rows| format!("{} rows", rows.len()));
        rows.unwrap_or_else(|| code.map_or_else(|| answer.status.to_string(), str::to_owned))
    }
}

/// Reads a request to its end; the secret of the call that it is.
fn secret(stream: &TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut secret) = (0, String::new());
    reader.read_line(&mut String::new())?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "headwater-call" => value.clone_into(&mut secret),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(secret)
}

/// The binary with a line of arguments, none of which has a blank.
fn ask(line: &str) -> Ran {
    headwater(line.split(' '))
}

/// What is printed behind a word.
fn told(said: &str, word: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix(word));
    line.unwrap_or_else(|| panic!("no `{word}` in {said}"))
        .trim()
        .to_owned()
}

/// Asks until an answer is good, or for too long.
fn until<T>(what: &str, mut asks: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = asks() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} does not come");
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// Registers a model and puts it into service; the number of its owner.
fn serves(url: &str, home: &str, own: (&str, u32), price: u32) -> String {
    let model = format!("{home}/points.model --kind model --call {price}");
    sells(url, home, own, (&model, ""))
}

/// Registers an asset and puts it into service at prices; the number of its owner.
fn sells(
    url: &str,
    home: &str,
    (owner, asset): (&str, u32),
    (content, prices): (&str, &str),
) -> String {
    let who = format!("--url {url} --keys {home}/{owner}.key");
    let said = ask(&format!(
        "asset register {who} --title part-{asset} --purpose query --content {content}"
    ));
    let said = said.good();
    assert_eq!(told(&said, "asset "), asset.to_string());
    ask(&format!("asset serve {who} {asset}{prices}")).good();
    told(&said, "owner    account")
}

fn earned(node: &Process, account: &str) -> u128 {
    let found = node.json(&format!("api/v1/accounts/{account}"));
    found["earned"][0]["units"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Of which two rows are late.
const PARCELS: &str = "text,label\nwhere is it,late\nthank you,good\nstill nothing,late\n";

/// A node with three models, a data set and a program that may use all but one of them; the
/// accounts of the owners of these two models, of the data set and of the program.
fn market(home: &str) -> (Arc<Program>, Process, [String; 4]) {
    let (program, upstream) = Program::start();
    let models = format!(
        "[[upstream]]\nname = 'here'\nbase_url = '{upstream}'\n\
         [[model]]\nasset = 4\nupstream = 'here'\nmodel = 'any'\n"
    );
    let gateway = format!("{home}/models.toml");
    std::fs::write(&gateway, models).unwrap();
    std::fs::write(format!("{home}/none.csv"), "text,label\n").unwrap();
    ask(&format!(
        "train {home}/none.csv --kind embedding -o {home}/points.model"
    ))
    .good();
    let data = format!("{home}/node");
    let money = [
        "--faucet",
        "1000000",
        "--epoch-every",
        "2000",
        "--window",
        "1",
    ];
    let args = [&["--gateway", gateway.as_str()][..], &money].concat();
    let node = Process::node(Path::new(&data), &args);
    let url = node.told("address").to_owned();
    program.node.set(url.clone()).unwrap();
    let ann = serves(&url, home, ("ann", 0), 10);
    let ben = serves(&url, home, ("ben", 1), 20);
    // In service, and not among what the program may use.
    serves(&url, home, ("ann", 2), 40);
    let data = format!("{home}/parcels.csv");
    std::fs::write(&data, PARCELS).unwrap();
    let data = format!("{data} --kind dataset --call 5");
    let eve = sells(&url, home, ("eve", 3), (&data, " --row 2"));
    let cleo = serves(&url, home, ("cleo", 4), 100);
    let who = format!("--url {url} --keys {home}/cleo.key");
    ask(&format!("asset compose {who} 4 --uses 0,1,3 --most 50")).good();
    (program, node, [ann, ben, eve, cleo])
}

/// The command of somebody who calls the program under an idempotency key, with money of their own.
fn caller(url: &str, home: &str) -> String {
    let who = format!("--url {url} --keys {home}/dan.key");
    let given = ask(&format!("deposit {who} --units 1000")).good();
    let fund = told(&given, "deposit");
    ask(&format!("asset allow {who} 4 --fund {fund} --cap 300")).good();
    ask(&format!("asset allow {who} 3 --fund {fund} --cap 20")).good();
    let key = ask(&format!("asset key {who}")).good();
    let key = key.trim();
    format!("call 4 hello --url {url} --key {key} --once order-1 -o {home}/call.receipts")
}

#[test]
fn a_caller_pays_once_and_the_owners_of_all_that_was_used_earn() {
    let dir = tempfile::tempdir().unwrap();
    let home = text(dir.path());
    let (program, node, owners) = market(home);
    let call = caller(node.told("address"), home);
    let said = until("the gateway's key in the log", || {
        let ran = ask(&call);
        (ran.code == Some(0)).then_some(ran.out)
    });
    assert_eq!(said.lines().next(), Some("200 200 not_declared 2 rows"));
    assert_eq!(told(&said, "cost"), "139 units");
    assert!(said.contains("100 of them for the call itself, the rest for 3 uses in it"));
    let receipts = std::fs::read_to_string(dir.path().join("call.receipts")).unwrap();
    assert_eq!(receipts.lines().count(), 4);
    // Sent again it is answered again, and nothing runs or costs anything.
    assert_eq!(ask(&call).good(), said);
    let again = std::fs::read_to_string(dir.path().join("call.receipts")).unwrap();
    assert_eq!((again, program.asked.load(Ordering::SeqCst)), (receipts, 1));
    let key = node.told("log key").to_owned();
    let checked = until("the segments", || {
        let ran = ask(&format!(
            "verify {home}/call.receipts --against {home}/node --log-key {key}"
        ));
        (ran.code == Some(0) && ran.out.matches("in the log use").count() == 4).then_some(ran.out)
    });
    for line in [
        "cost       139 units of allowance 0, which are:",
        "100  asset 4, use 4",
        "10    asset 0, use 1",
        "20    asset 1, use 2",
        "9    asset 3, use 3",
        "declared   all of it is what the log lets the call use, for at most 50 units",
    ] {
        assert!(checked.contains(line), "{line}: {checked}");
    }
    let shares = until("the epoch", || {
        let all = owners.each_ref().map(|account| earned(&node, account));
        (all.iter().all(|units| *units > 0)).then_some(all)
    });
    assert_eq!(
        shares,
        [10, 20, 9, 100],
        "once each, and to whoever owns it"
    );
    // The same rows without a program: what a key of the buyer's own is for.
    let rows = call.replace("call 4 hello", "call 3 label=late --way rows --limit 1");
    let said = ask(&rows.replace("order-1", "order-2").replace("call.", "rows.")).good();
    let lines: Vec<&str> = said.lines().take(2).collect();
    let row = r#"{"label":"late","text":"where is it"}"#;
    assert_eq!(lines, [row, "next     --from 1"]);
    assert_eq!(told(&said, "cost"), "7 units");
    assert_eq!(node.stop(), Some(0));
    signed_copies_only(dir.path(), &key);
}

/// Receipts are held against what the log's key has signed and nothing else.
fn signed_copies_only(home: &Path, key: &str) {
    let shown = text(home);
    let verify = |key: &str| {
        ask(&format!(
            "verify {shown}/call.receipts --against {shown}/node --log-key {key}"
        ))
    };
    let signed = verify(key).good();
    assert!(
        signed.contains("entries, signed by the log's key"),
        "{signed}"
    );
    let unsigned = ask(&format!(
        "verify {shown}/call.receipts --against {shown}/node"
    ));
    let unproven = unsigned.bad(1);
    let why = "nothing is proven without the log's key";
    assert!(unproven.contains(why), "{unproven}");
    let witness = Cosigner::from_seed("w.example", Algorithm::Ed25519, &[4; 32]).unwrap();
    let lonely = verify(&format!("{key} --witness {} --quorum 1", witness.key())).bad(1);
    assert!(lonely.contains("fewer witnesses have cosigned"), "{lonely}");
    let path = home.join("node/log/checkpoint");
    let note = std::fs::read(&path).unwrap();
    let own = proof::note::text_unverified(&note).unwrap();
    let own = proof::Checkpoint::parse(own).unwrap();
    let other = proof::note::Signer::from_seed(&own.origin, &[3; 32]).unwrap();
    let refused = verify(&other.verifier().to_string()).bad(1);
    assert!(refused.contains("no trusted key signed it"), "{refused}");
    // Whoever has a key may sign any root; the entries here have another one.
    let head = proof::merkle::Head {
        root: [1; 32],
        ..own.head
    };
    let forged = proof::Checkpoint { head, ..own };
    std::fs::write(&path, forged.sign(&other).unwrap()).unwrap();
    let refused = verify(&other.verifier().to_string()).bad(1);
    assert!(refused.contains("has other entries"), "{refused}");
}
