//! Uses of a model in service reach the log once, whatever ends in between.

use crate::world::{DAY_MS, PRICE, START_MS, World, amount, asset};
use gateway::till::{Most, Told, Used};
use gateway::{Key, Receipt};
use node::service::GatewayParts;
use node::{Clock, Host, Node, Settings};
use proof::hash::sha256;
use proof::merkle;
use protocol::command::GrantAllowance;
use protocol::service::ServeAsset;
use protocol::usage::{TokenSource, Tokens};
use protocol::{AllowanceId, AssetId, Command, FundId, Hash};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use store::Place;

#[derive(Debug)]
pub struct Moved(AtomicU64);

impl Clock for Moved {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A node with a model in service for which account 2 has set aside what ten uses cost.
fn market(dir: &Path) {
    capped(dir, 1_000_000, &[10]);
}

/// The same with allowances for so many uses each, of a deposit of which an epoch debits no more
/// than a cap.
fn capped(dir: &Path, cap: u128, uses: &[u128]) {
    let mut world = World::new(dir);
    world.deposit_capped(cap);
    world.node.credit_deposits().unwrap();
    let serve = ServeAsset {
        asset: AssetId(0),
        tokens: None,
    };
    let mut offers = vec![
        world.developer.sign(Command::RegisterAsset(asset())),
        world.developer.sign(Command::ServeAsset(serve)),
    ];
    for uses in uses {
        let grant = GrantAllowance {
            asset: AssetId(0),
            fund: FundId(2),
            cap_units: amount(uses * PRICE),
            expires_ms: START_MS + 2 * DAY_MS,
        };
        offers.push(world.user.sign(Command::GrantAllowance(grant)));
    }
    world.accept(offers);
}

pub struct Running {
    pub host: Host,
    pub running: node::Running,
    pub service: GatewayParts,
    pub clock: Arc<Moved>,
}

impl Running {
    pub fn start(dir: &Path) -> Self {
        let node = Node::open(dir).unwrap().node;
        let clock = Arc::new(Moved(AtomicU64::new(node.now_ms())));
        let (log, ..) = node.into_parts();
        let parts = node::host::Parts {
            settings: Settings {
                publish_every_ms: u64::MAX,
                ..Settings::default()
            },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts).unwrap();
        let host = running.host.clone();
        let place = (&Place::directory(dir), crate::rows::none());
        let service = GatewayParts::open(&host, place, 60_000).unwrap();
        Self {
            host,
            running,
            service,
            clock,
        }
    }

    pub fn stop(self) {
        drop(self.service);
        self.host.stop();
        self.running.wait().unwrap();
    }

    pub fn turn(&mut self, later_ms: u64) {
        self.clock.0.fetch_add(later_ms, Ordering::Relaxed);
        self.service.poster.turn().unwrap();
    }

    fn call(&self) -> Result<Told, gateway::Fault> {
        let key = Key {
            id: 1,
            account: protocol::AccountId(2),
            allowances: vec![AllowanceId(0), AllowanceId(1)],
            budget_units: None,
            per_minute: None,
            models: Vec::new(),
            purpose: None,
            expires_ms: u64::MAX,
        };
        let served = self.service.books.served();
        let till = &self.service.till;
        let hold = till.reserve(&key, &served[0], Most::flat(PRICE))?;
        let used = Used {
            purpose: 0,
            amount_units: PRICE,
            input: [3; 32],
            output: [4; 32],
            tokens: Tokens {
                input: 1,
                output: 2,
                source: TokenSource::Counted,
            },
            whole: true,
        };
        wait(till.commit(hold, used))
    }

    /// Uses that were charged, and what is left of the allowance.
    fn charged(&self) -> (u64, u128) {
        let uses = self
            .host
            .read(|state| state.asset(AssetId(0)).unwrap().uses);
        let left = self.service.books.left(AllowanceId(0)).unwrap();
        (uses, left.units)
    }
}

fn wait<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    loop {
        if let Poll::Ready(done) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_use_is_in_the_log_a_second_later_with_its_proof() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let mut node = Running::start(dir.path());
    assert!(
        node.service.books.served().is_empty(),
        "the log names no key yet"
    );
    node.turn(0);
    let named = node.host.read(|state| state.sections.service.keys.clone());
    assert_eq!(named[0].1.0, node.service.till.key());
    let told: Vec<Told> = (0..3).map(|_| node.call().unwrap()).collect();
    node.turn(999);
    assert_eq!(node.charged(), (0, 10 * PRICE));
    node.turn(1);
    assert_eq!(node.charged(), (3, 7 * PRICE));
    node.turn(0);
    let receipt = Receipt::open(&told[1].text, &node.service.till.key()).unwrap();
    let id = receipt.row.receipt;
    let proof = node.service.books.proof(&id, None).unwrap().unwrap();
    let near = (receipt.asset, receipt.row.time_ms);
    assert_eq!(
        node.service.books.proof(&id, Some(near)).unwrap(),
        Some(proof.clone())
    );
    let path = proof["proof"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|hash| unhex(hash.as_str().unwrap())).collect();
    let root = unhex(proof["segment"]["rows_root"].as_str().unwrap());
    let (index, rows) = (
        proof["index"].as_u64().unwrap(),
        proof["rows"].as_u64().unwrap(),
    );
    let leaf = merkle::leaf_hash(&receipt.row.bytes());
    merkle::verify_inclusion(&leaf, index, rows, &path, &root).unwrap();
    assert_eq!(node.service.books.proof(&[0; 32], None).unwrap(), None);
    // What is left pays for seven more and no eighth.
    let more = (0..8).map(|_| node.call().map(drop).map_err(|fault| fault.code));
    let more: Vec<_> = more.collect();
    assert_eq!(more[..7], [Ok(()); 7]);
    assert_eq!(more[7], Err("insufficient_credit"));
    node.turn(1_000);
    assert_eq!(node.charged(), (10, 0));
    node.stop();
}

fn unhex(text: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn a_deposit_at_its_cap_does_not_hold_up_what_still_fits() {
    let dir = tempfile::tempdir().unwrap();
    capped(dir.path(), 3 * PRICE, &[3, 3]);
    let mut node = Running::start(dir.path());
    node.turn(0);
    for _ in 0..4 {
        node.call().unwrap();
    }
    let mut refused = 0;
    for _ in 0..6 {
        node.clock.0.fetch_add(5_000, Ordering::Relaxed);
        refused += usize::from(node.service.poster.turn().is_err());
    }
    // Three uses are all that this epoch debits; the fourth waits for the next one.
    let charged = || {
        let uses = |state: &node::State| state.asset(AssetId(0)).unwrap().uses;
        node.host.read(uses)
    };
    assert_eq!(charged(), 3);
    assert!(refused >= 2);
    assert_eq!(node.service.till.due()[0].rows, 1);
    node.stop();
}

#[test]
fn whatever_ends_in_between_a_use_is_charged_once() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let spool = dir.path().join("uses.spool");
    let mut node = Running::start(dir.path());
    node.turn(0);
    node.call().unwrap();
    node.call().unwrap();
    // It ends with two uses that were told and not posted.
    node.stop();
    let mut node = Running::start(dir.path());
    node.turn(1_000);
    assert_eq!(node.charged(), (2, 8 * PRICE));
    node.stop();
    // It ends after the segment is in the log and before that is written down.
    let bytes = std::fs::read(&spool).unwrap();
    // Zeros stand behind the last record, which is cut in itself.
    let cut = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    std::fs::write(&spool, &bytes[..cut]).unwrap();
    let mut node = Running::start(dir.path());
    assert_eq!(node.service.till.due()[0].rows, 2);
    node.turn(1_000);
    assert!(node.service.till.due().is_empty());
    assert_eq!(node.charged(), (2, 8 * PRICE));
    // It ends after the segment is planned and before it is sent.
    node.call().unwrap();
    let plan = gateway::till::Plan {
        number: 1,
        count: 1,
        root: Hash(sha256(&[b"never sent"])),
        log_size: node.host.durable(),
    };
    node.service.till.plan(AssetId(0), plan).unwrap();
    node.stop();
    let mut node = Running::start(dir.path());
    node.turn(1_000);
    node.turn(1_000);
    assert_eq!(node.charged(), (3, 7 * PRICE));
    assert_eq!(node.call().unwrap().receipt.counter, 4);
    node.stop();
}

#[test]
fn an_older_spool_charges_nothing_twice_and_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let spool = dir.path().join("uses.spool");
    let mut node = Running::start(dir.path());
    node.turn(0);
    node.call().unwrap();
    node.stop();
    let older = std::fs::read(&spool).unwrap();
    let mut node = Running::start(dir.path());
    node.turn(1_000);
    assert_eq!(node.charged(), (1, 9 * PRICE));
    node.stop();
    std::fs::write(&spool, older).unwrap();
    let mut node = Running::start(dir.path());
    node.call().unwrap();
    let refused = node.service.poster.turn();
    assert!(refused.is_err(), "the log has the older use already");
    node.turn(1_000);
    assert_eq!(node.charged(), (2, 8 * PRICE));
    assert!(node.service.till.due().is_empty());
    node.stop();
}

#[test]
fn what_the_rules_charge_no_more_is_the_operators_loss() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let mut node = Running::start(dir.path());
    node.turn(0);
    node.call().unwrap();
    // The gateway was away until the allowance had ended.
    node.turn(3 * DAY_MS);
    assert!(node.service.till.due().is_empty());
    let uses = node
        .host
        .read(|state| state.asset(AssetId(0)).unwrap().uses);
    assert_eq!(uses, 0);
    assert_eq!(node.call().unwrap_err().code, "allowance_expired");
    node.stop();
}
