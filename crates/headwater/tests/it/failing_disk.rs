//! A disk that is full, fails at the sync or dies: the node ends with a reason and loses nothing.

use crate::clients::{Acknowledged, Client, clients, read_back};
use crate::run::{headwater, text};
use crate::served::Process;
use crate::small_disk::SmallDisk;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use store::Place;

/// The end of a test in which the node does not notice its disk.
const PATIENCE: Duration = Duration::from_secs(20);
const MIB: u64 = 1 << 20;
const OFTEN: &[&str] = &["--publish-every", "10"];

/// A node on a small disk, the clients of it, and what they have heard.
struct Bench {
    disk: SmallDisk,
    dir: PathBuf,
    clients: Vec<Client>,
    kept: Vec<Acknowledged>,
    log_key: String,
}

impl Bench {
    fn new(disk: SmallDisk) -> (Self, Process) {
        let dir = disk.dir.join("node");
        let node = Process::node(&dir, OFTEN);
        let bench = Self {
            disk,
            dir,
            clients: clients(&node, 3),
            kept: Vec::new(),
            log_key: node.told("log key").to_owned(),
        };
        (bench, node)
    }

    /// Lets all clients send until they get no answers, and does something to the disk meanwhile.
    fn load(&mut self, node: Process, meanwhile: impl FnOnce(&mut SmallDisk)) -> String {
        let (sender, receiver) = channel();
        let address = node.told("address").to_owned();
        let (kept, node) = std::thread::scope(|scope| {
            // Dropped where the test fails, so that the clients come to an end.
            let node = node;
            for client in &mut self.clients {
                let (address, sender) = (&address, sender.clone());
                scope.spawn(move || client.send_until_dead(address, &sender));
            }
            drop(sender);
            let mut kept: Vec<Acknowledged> = receiver.iter().take(50).collect();
            meanwhile(&mut self.disk);
            let start = Instant::now();
            for acknowledged in receiver {
                kept.push(acknowledged);
                assert!(start.elapsed() < PATIENCE, "it takes more on such a disk");
            }
            (kept, node)
        });
        assert!(kept.len() >= 50, "only {} were acknowledged", kept.len());
        self.kept.extend(kept);
        node.failed()
    }

    /// The next start has everything, takes more, and the whole log verifies.
    fn goes_on(mut self) {
        let before = self.kept.len();
        let node = Process::node(&self.dir, OFTEN);
        let entries: u64 = node.told("entries").parse().unwrap();
        let last = self.kept.iter().map(|it| it.index).max().unwrap();
        assert!(
            entries > last,
            "{entries} entries, number {last} was acknowledged"
        );
        for client in &mut self.clients {
            self.kept.extend(client.send(node.told("address")).unwrap());
        }
        assert!(self.kept.len() > before);
        let last = self.kept.last().unwrap();
        last.check(&node.entry(last.index));
        assert_eq!(node.stop(), Some(0));
        read_back(&Place::directory(&self.dir), &self.kept);
        self.audit();
        println!("{} acknowledged entries, all there", self.kept.len());
    }

    fn audit(&self) {
        let verdict = headwater(["audit", text(&self.dir), "--log-key", &self.log_key]).good();
        assert!(verdict.contains("verified"), "{verdict}");
    }
}

#[test]
fn a_full_disk_ends_the_node_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::make(folder.path(), 24 * MIB, 64 * MIB) else {
        return;
    };
    let (mut bench, node) = Bench::new(disk);
    let said = bench.load(node, |disk| disk.fill(MIB / 2));
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("free space on the disk"), "{said}");
    // What is published can be read and checked.
    bench.audit();
    bench.disk.make_room();
    bench.goes_on();
}

#[test]
fn a_start_on_a_full_disk_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::make(folder.path(), 24 * MIB, 64 * MIB) else {
        return;
    };
    disk.fill(0);
    let dir = disk.dir.join("node");
    let said = Process::spawn(&["run", "--data", text(&dir)]).failed();
    assert!(said.contains("hint: free space on the disk"), "{said}");
    disk.make_room();
    assert_eq!(Process::node(&dir, OFTEN).stop(), Some(0));
}

/// The write has succeeded, the sync after it has not: nobody knows what the disk holds.
#[test]
fn a_failed_sync_ends_the_node_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::make(folder.path(), 64 * MIB, 12 * MIB) else {
        return;
    };
    let (mut bench, node) = Bench::new(disk);
    let said = bench.load(node, |disk| disk.starve(0));
    let words = [
        "No space left on device",
        "Input/output error",
        "Read-only file system",
    ];
    assert!(words.iter().any(|words| said.contains(words)), "{said}");
    bench.disk.make_room();
    bench.disk.mount_again();
    bench.goes_on();
}

#[test]
fn a_dying_disk_ends_the_node_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::dying(folder.path(), 64 * MIB) else {
        return;
    };
    let (mut bench, node) = Bench::new(disk);
    let said = bench.load(node, SmallDisk::fail);
    // What fails first: the sync itself, or something after the system has given the disk up.
    let words = ["Input/output error", "Read-only file system"];
    assert!(words.iter().any(|words| said.contains(words)), "{said}");
    bench.disk.mount_again();
    bench.goes_on();
}
