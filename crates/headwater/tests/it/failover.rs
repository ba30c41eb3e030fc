//! Processes on one bucket: the writer is killed or put to sleep, and a standby takes over.
//!
//! A reader answers all the while. It needs a bucket; `cargo xtask test` starts one.

use crate::clients::{Acknowledged, Client, clients, read_back};
use crate::run::{headwater, text};
use crate::served::Process;
use std::env;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use store::{Bucket, Place};

/// URL of a bucket that the test may write to, for example `s3://log/prefix`.
const BUCKET: &str = "HEADWATER_TEST_BUCKET";
/// Far more than a takeover may take: the end of a test in which none comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries of a client whom nobody answers.
const PAUSE: Duration = Duration::from_millis(10);

#[test]
fn a_standby_takes_over_from_a_writer_that_dies_or_sleeps() {
    let Ok(bucket) = env::var(BUCKET) else {
        println!("skipped: `{BUCKET}` names no bucket");
        return;
    };
    let url = format!("{bucket}/failover-{}", std::process::id());
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
    let node = |dir: &Path, role: &[&str]| {
        let args = ["--store", &url, "--publish-every", "200"];
        Process::node(dir, &[&args, role].concat())
    };
    let first = node(&a, &[]);
    let log_key = first.told("log key").to_owned();
    let (clients, space) = (clients(&first, 3), first.space());
    refuses_without_keys(&b, &url);
    copy_keys(&a, &b);
    let second = node(&b, &["--standby"]);
    let reader = node(&c, &["--read-only"]);
    assert!(reader.told("node").ends_with(", opened"));
    let kept = thread::scope(|scope| {
        let mut load = Load::new(&[&first, &second]);
        for client in clients {
            let (world, sender) = (Arc::clone(&load.world), load.sender.clone());
            scope.spawn(move || send_to_whoever_answers(client, &world, &sender));
        }
        let (world, site) = (Arc::clone(&load.world), reader.site());
        let reads = scope.spawn(move || read_all_the_while(&site, &world));
        load.hear(&first, 200);
        first.kill();
        load.hear(&second, 1);
        load.say_downtime("kill -9", 0);

        let third = node(&a, &["--standby"]);
        load.world.add(&third);
        load.hear(&second, 200);
        second.signal("-STOP");
        load.hear(&third, 1);
        load.say_downtime("SIGSTOP", 1);
        second.signal("-CONT");
        halts(second, Client::new(space, 9));
        load.hear(&third, 200);
        let kept = load.finish();
        println!(
            "{} reads, each after what was acknowledged",
            reads.join().unwrap()
        );
        assert_eq!(third.stop(), Some(0));
        kept
    });
    assert!(c.join("view.sqlite.lock").exists(), "made in a new folder");
    assert_eq!(reader.stop(), Some(0));
    let place = Place::directory(&a);
    let bucket = Bucket::writing(&url, env::vars()).unwrap();
    read_back(&place.with_bucket(Arc::new(bucket)), &kept);
    let verdict = headwater(["audit", &url, "--log-key", &log_key]).good();
    assert!(verdict.contains("verified"), "{verdict}");
    println!("{} acknowledged entries, all there", kept.len());
}

/// A standby without the keys could only stop the writer, and not take its place.
fn refuses_without_keys(dir: &Path, url: &str) {
    let bare = ["run", "--data", text(dir), "--store", url, "--standby"];
    let said = Process::spawn(&bare).failed();
    assert!(
        said.contains("hint: copy both from the writer's directory"),
        "{said}"
    );
}

/// What an operator copies to a standby.
fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    let [keys, format] = ["keys", "format"].map(|name| from.join(name));
    let copied = std::process::Command::new("cp")
        .args(["-a", text(&keys), text(&format), text(to)])
        .status();
    assert!(copied.unwrap().success());
}

/// Once it goes on, a writer that was replaced ends by itself and answers nobody.
#[track_caller]
fn halts(mut writer: Process, mut late: Client) {
    let address = writer.told("address").to_owned();
    let start = Instant::now();
    while !writer.is_over() {
        assert!(
            late.send(&address).is_none(),
            "it acknowledges after the fence"
        );
        assert!(start.elapsed() < PATIENCE, "it goes on");
        thread::park_timeout(PAUSE);
    }
    let said = writer.failed();
    assert!(said.contains("another writer has taken over"), "{said}");
    println!("the old writer: {said}");
}

/// What the threads of the test have in common.
struct World {
    addresses: Mutex<Vec<String>>,
    /// Index of the newest acknowledged entry.
    newest: AtomicU64,
    is_over: AtomicBool,
}

impl World {
    fn add(&self, node: &Process) {
        let address = node.told("address").to_owned();
        self.addresses.lock().unwrap().push(address);
    }

    fn address(&self, turn: usize) -> String {
        let addresses = self.addresses.lock().unwrap();
        addresses[turn % addresses.len()].clone()
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Acquire)
    }
}

/// Ends the threads, also where the test fails.
struct End(Arc<World>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

/// The acknowledgements as they come in.
struct Load {
    world: Arc<World>,
    end: End,
    sender: Sender<Acknowledged>,
    receiver: Receiver<Acknowledged>,
    kept: Vec<Acknowledged>,
}

impl Load {
    fn new(nodes: &[&Process]) -> Self {
        let world = World {
            addresses: Mutex::default(),
            newest: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        };
        for node in nodes {
            world.add(node);
        }
        let (sender, receiver) = channel();
        let world = Arc::new(world);
        Self {
            end: End(Arc::clone(&world)),
            world,
            sender,
            receiver,
            kept: Vec::new(),
        }
    }

    /// Waits for so many acknowledgements of a node.
    #[track_caller]
    fn hear(&mut self, node: &Process, mut count: usize) {
        let (address, start) = (node.told("address"), Instant::now());
        while count > 0 {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let acknowledged = self.receiver.recv_timeout(left).expect("nobody answers");
            count -= usize::from(acknowledged.by == address);
            self.kept.push(acknowledged);
        }
    }

    /// From the last word of a writer to the first of the next.
    fn say_downtime(&self, how: &str, old: usize) {
        let [old, new] = [old, old + 1].map(|number| self.world.address(number));
        let of = |by| {
            self.kept
                .iter()
                .filter(move |kept| kept.by == by)
                .map(|kept| kept.at)
        };
        let (last, first) = (of(old).max().unwrap(), of(new).min().unwrap());
        assert!(last < first, "two writers acknowledge at one time");
        let downtime = first.duration_since(last).as_secs_f64();
        println!("{how}: {downtime:.2} s from the last acknowledgement to the next");
    }

    fn finish(self) -> Vec<Acknowledged> {
        let Self {
            end,
            sender,
            receiver,
            mut kept,
            ..
        } = self;
        drop((end, sender));
        kept.extend(receiver);
        kept
    }
}

fn send_to_whoever_answers(mut client: Client, world: &World, kept: &Sender<Acknowledged>) {
    let mut turn = 0;
    while world.goes_on() {
        let Some(answered) = client.send(&world.address(turn)) else {
            turn += 1;
            thread::park_timeout(PAUSE);
            continue;
        };
        for acknowledged in answered {
            world.newest.fetch_max(acknowledged.index, Ordering::AcqRel);
            kept.send(acknowledged).unwrap();
        }
    }
}

/// Asks for what has been acknowledged last, and counts the answers.
fn read_all_the_while(site: &http::Site, world: &World) -> u64 {
    let mut reads = 0;
    while world.goes_on() {
        let newest = world.newest.load(Ordering::Acquire);
        let path = format!("api/v1/accounts/0?at_least={newest}&wait=20000");
        let answer = site.get(&path, 1 << 20).unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{said}");
        let through: u64 = answer.header("applied-through").unwrap().parse().unwrap();
        assert!(through > newest, "{through} entries, asked for {newest}");
        reads += 1;
    }
    reads
}
