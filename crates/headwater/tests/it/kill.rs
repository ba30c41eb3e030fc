//! `kill -9` of a serving node at moments that nobody chose: what it has acknowledged is there.
//!
//! The acknowledgements are kept in this process. After each kill the node starts again on the same
//! directory, and what it has acknowledged must stand at its index, byte for byte, with the private
//! bodies and attachments behind it. Some starts are killed before they have come to serve, some
//! lives end well, so that the next one begins with a snapshot. `HEADWATER_KILLS` says how often.

use crate::clients::{Acknowledged, Client, clients, read_back};
use crate::run::{headwater, text};
use crate::served::Process;
use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use store::Place;

const CLIENTS: u64 = 3;
/// Most answers that come before a kill.
const ANSWERS: u64 = 40;
/// Every so many lives one is killed while it starts.
const STARTING_EVERY: u64 = 5;
/// About as many calls that read or write as a start makes.
const CALLS: u64 = 60;
/// A start that needs fewer is killed after so long.
const STARTED: Duration = Duration::from_secs(1);
/// Kills between two readings of what lies behind the log, each after a life that ended well.
const READ_EVERY: u64 = 25;
/// The shortest period, so that kills meet publications too.
const OFTEN: &[&str] = &["--publish-every", "10"];

#[test]
fn no_kill_takes_back_what_was_acknowledged() {
    let kills = std::env::var("HEADWATER_KILLS").map_or(200, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("node");
    let place = Place::directory(&dir);
    let first = Process::node(&dir, OFTEN);
    let log_key = first.told("log key").to_owned();
    let mut clients = clients(&first, CLIENTS);
    first.kill();
    let (mut kept, mut read, mut random) = (Vec::new(), 0, Random(7));
    for kill in 1..=kills {
        if kill % STARTING_EVERY == 0 {
            kill_starting(&dir, random.below(CALLS));
        }
        let node = Process::node(&dir, OFTEN);
        check_last(&node, &kept);
        kept.extend(load_and_kill(node, &mut clients, random.below(ANSWERS)));
        if kill % READ_EVERY == 0 {
            let node = Process::node(&dir, OFTEN);
            assert_eq!(node.stop(), Some(0));
            read_back(&place, &kept[read..]);
            read = kept.len();
        }
    }
    let node = Process::node(&dir, OFTEN);
    check_last(&node, &kept);
    assert_eq!(node.stop(), Some(0));
    read_back(&place, &kept);
    check_unique(&kept);
    let verdict = headwater(["audit", text(&dir), "--log-key", &log_key]).good();
    assert!(verdict.contains("verified"), "{verdict}");
    crate::sql::same_as_rebuilt(&dir);
    assert!(
        kept.len() as u64 > kills,
        "{} were acknowledged",
        kept.len()
    );
    println!(
        "{kills} kills, {} acknowledged entries, all there",
        kept.len()
    );
}

/// The last acknowledgements, over HTTP; all of them are read from the journal at the end.
fn check_last(node: &Process, kept: &[Acknowledged]) {
    for acknowledged in &kept[kept.len().saturating_sub(8)..] {
        acknowledged.check(&node.entry(acknowledged.index));
    }
}

/// No index was given to two submissions.
fn check_unique(kept: &[Acknowledged]) {
    let mut at: HashMap<u64, &[u8]> = HashMap::new();
    for Acknowledged { index, sent, .. } in kept {
        let other = at.insert(*index, &sent.signed);
        assert!(other.is_none(), "entry {index} was given away twice");
    }
}

/// Lets all clients send until so many answers have come, then kills in the middle of the rest.
fn load_and_kill(node: Process, clients: &mut [Client], answers: u64) -> Vec<Acknowledged> {
    let (sender, receiver) = channel();
    let address = node.told("address").to_owned();
    std::thread::scope(|scope| {
        for client in clients {
            let (address, sender) = (&address, sender.clone());
            scope.spawn(move || client.send_until_dead(address, &sender));
        }
        drop(sender);
        let mut kept: Vec<Acknowledged> = receiver.iter().take(answers as usize).collect();
        node.kill();
        kept.extend(receiver);
        kept
    })
}

/// Kills a start after so many calls of the system that read or write.
fn kill_starting(dir: &Path, calls: u64) {
    let mut node = Process::spawn(&["run", "--data", text(dir)]);
    let io = format!("/proc/{}/io", node.id());
    let done = || -> u64 {
        let counts = std::fs::read_to_string(&io).unwrap_or_default();
        let count = |name| counts.lines().find_map(|line| line.strip_prefix(name));
        let calls = ["syscr: ", "syscw: "].into_iter().filter_map(count);
        calls.map(|count| count.parse::<u64>().unwrap()).sum()
    };
    let start = Instant::now();
    // Where there is no such file, it is killed at once.
    while Path::new(&io).exists() && done() < calls && start.elapsed() < STARTED {
        assert!(!node.is_over(), "{:?}", node.ended());
    }
    node.kill();
}

/// Numbers that look random and are not (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)) % limit
    }
}
