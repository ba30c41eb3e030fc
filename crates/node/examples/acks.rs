//! Measures acknowledgements: `cargo run --release -p node --example acks [DIR]`.

use ledger::commitment::{self, Binding};
use ledger::verify::{Delegation, sign};
use node::clock::SystemClock;
use node::host::{Checked, Parts};
use node::{Answer, Host, Keyring, Log, Node, Settings};
use proof::hash::sha256;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::OpenAccount;
use protocol::entry::Submission;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, Command, Hash, Ppm, Scope, Space, TokenId, WalletSignature, codec,
};
use sequencer::Offer;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, thread};
use store::Place;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CALLERS: u32 = 1_000;
const START_MS: u64 = 1_767_603_600_000;
const EXPIRES_MS: u64 = START_MS * 2;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Outcome<()> {
    let base = env::args().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    let dir = base.join(format!("headwater-acks-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    sync_times(&dir)?;
    let space = lay_out(&dir.join("node"))?;
    for (callers, each) in [(1, 2_000), (32, 1_000), (CALLERS, 60)] {
        let log = Log::open(&Place::directory(&dir.join("node")))?.log;
        let parts = Parts {
            settings: Settings::default(),
            clock: Arc::new(SystemClock),
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts)?;
        one_at_a_time(&running.host, space, callers, each)?;
        running.host.stop();
        running.wait()?;
    }
    let log = Log::open(&Place::directory(&dir.join("node")))?.log;
    let parts = Parts {
        settings: Settings {
            queue_limit: usize::MAX,
            ..Settings::default()
        },
        clock: Arc::new(SystemClock),
        witnesses: Vec::new(),
    };
    let running = Host::start(log, parts)?;
    all_at_once(&running.host, space, 200)?;
    running.host.stop();
    running.wait()?;
    fs::remove_dir_all(&dir)?;
    Ok(())
}

/// What this disk takes for one append of a usual batch.
fn sync_times(dir: &Path) -> Outcome<()> {
    for bytes in [512, 16 << 10] {
        let mut file = File::create(dir.join("sync"))?;
        let mut times = Vec::new();
        for _ in 0..1_000 {
            file.write_all(&vec![7; bytes])?;
            let start = Instant::now();
            file.sync_data()?;
            times.push(start.elapsed());
        }
        let (p50, p99) = quantiles(&mut times);
        println!("fdatasync after {bytes} B: p50 {p50:?}, p99 {p99:?}");
    }
    Ok(())
}

/// A node with an account for each caller.
fn lay_out(dir: &Path) -> Outcome<Space> {
    let mut node = Node::create(dir, Keyring::from_seed(b"acks"), START_MS)?;
    let space = node.keys().space();
    let joins = (1..=CALLERS).map(|account| join(space, account));
    for answer in node.submit(joins.collect::<Outcome<_>>()?)? {
        answer?;
    }
    node.close()?;
    Ok(space)
}

fn key(account: u32) -> SessionKey {
    SessionKey::from_seed(&sha256(&[b"acks", &account.to_be_bytes()]))
}

fn join(space: Space, account: u32) -> Outcome<Offer> {
    let secret = sha256(&[b"wallet", &account.to_be_bytes()]);
    let wallet = WalletKey::from_secret(&secret)?;
    let key = key(account);
    let named = protocol::SessionKey(key.public());
    let delegation = Delegation {
        chain_id: chain::devnet::CHAIN_ID,
        space,
        key: named,
        scope: Scope::PUBLISH,
        expires_ms: EXPIRES_MS,
    };
    let binding = Binding {
        wallet: Address(wallet.address()),
        delegation: WalletSignature(wallet.sign(&delegation.digest())),
        salt: Hash(secret),
    };
    let open = OpenAccount {
        scope: Scope::PUBLISH,
        expires_ms: EXPIRES_MS,
    };
    let submission = Submission {
        space,
        account: None,
        key: named,
        nonce: 0,
        command: Command::OpenAccount(open),
        private: Some(commitment::binding(space, named, &binding)),
    };
    let mut offer = Offer::from(sign(submission, &key));
    offer.body = codec::encode(&binding);
    Ok(offer)
}

/// An entry of 256 bytes.
fn register(space: Space, account: u32, nonce: u64) -> Outcome<Offer> {
    let terms = Terms {
        purposes: vec!["research".to_owned()],
        token: TokenId(0),
        price_units: Amount::new(1_000).ok_or("the price is in range")?,
        demand: Demand::Floor(Ppm::ZERO),
        contributors_share: Ppm::ZERO,
        expires_ms: None,
    };
    let asset = RegisterAsset {
        kind: AssetKind::Model,
        title: "a model".to_owned(),
        content: Hash(sha256(&[&account.to_be_bytes(), &nonce.to_be_bytes()])),
        terms,
        parents: ParentList::Inline(Vec::new()),
        listing: None,
    };
    let key = key(account);
    let submission = Submission {
        space,
        account: Some(AccountId(account)),
        key: protocol::SessionKey(key.public()),
        nonce,
        command: Command::RegisterAsset(asset),
        private: None,
    };
    Ok(sign(submission, &key).into())
}

/// Each caller sends its next submission when the last one is answered.
fn one_at_a_time(host: &Host, space: Space, callers: u32, each: u64) -> Outcome<()> {
    let first = host.durable();
    let offers: Outcome<Vec<Vec<Offer>>> = (1..=callers)
        .map(|account| {
            let nonces = first..first + each;
            nonces
                .map(|nonce| register(space, account, nonce))
                .collect()
        })
        .collect();
    let start = Instant::now();
    let callers: Vec<_> = offers?
        .into_iter()
        .map(|offers| {
            let host = host.clone();
            thread::spawn(move || offers.into_iter().map(|offer| ack(&host, offer)).collect())
        })
        .collect();
    let mut times = Vec::new();
    let count = callers.len();
    for caller in callers {
        let acks: Outcome<Vec<Duration>> = caller.join().map_err(|_| "a caller has panicked")?;
        times.extend(acks?);
    }
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = quantiles(&mut times);
    println!("{count} callers: {rate:.0} acks/s, p50 {p50:?}, p99 {p99:?}");
    Ok(())
}

/// Submissions whose signatures are checked already, 1,000 in a hand, as fast as they are taken.
fn all_at_once(host: &Host, space: Space, hands: u64) -> Outcome<()> {
    let first = host.durable();
    let hand = |nonce| -> Outcome<Vec<Checked>> {
        let offers = (1..=CALLERS).map(|account| register(space, account, nonce));
        offers.map(|offer| offer.map(Checked::of)).collect()
    };
    let hands: Outcome<Vec<Vec<Checked>>> = (first..first + hands).map(hand).collect();
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let mut tickets = Vec::new();
    for hand in hands? {
        tickets.push(host.submit_checked(hand)?);
    }
    let mut count = 0;
    for ticket in tickets {
        count += ticket.wait(PATIENCE).ok_or("no answer in time")??.len();
    }
    let durable = count as f64 / start.elapsed().as_secs_f64();
    if !host.wait_for(host.durable() - 1, PATIENCE) {
        return Err("the follower stands still".into());
    }
    let read = count as f64 / start.elapsed().as_secs_f64();
    let busy = count as f64 / (cpu_seconds()? - cpu);
    let bytes = host
        .public()
        .entry(host.published() - 1, host.published())?;
    println!(
        "{count} checked submissions at once: {durable:.0} durable/s, {read:.0} readable/s, \
         {busy:.0} for each second of one core, entries of {} B",
        bytes.len()
    );
    Ok(())
}

/// What all threads of this process have computed so far.
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("an unknown form of `stat`")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / 100.0)
}

fn ack(host: &Host, offer: Offer) -> Outcome<Duration> {
    let start = Instant::now();
    let answers = host.submit(vec![offer])?.wait(PATIENCE);
    match &answers.ok_or("no answer in time")??[..] {
        [Answer::Accepted(_)] => Ok(start.elapsed()),
        other => Err(format!("{other:?}").into()),
    }
}

fn quantiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
