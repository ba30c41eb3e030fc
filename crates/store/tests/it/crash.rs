//! A writer killed at any moment loses nothing that it has acknowledged.
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use store::{Place, Store};

use crate::{check, records, signer};

const KILLS: u64 = 30;
/// Where the child writes; without it, the child's part does nothing.
const CHILD_DIR: &str = "HEADWATER_CRASH_TEST_DIR";

/// The child: appends and publishes for ever, and tells its parent what is durable.
#[test]
fn child() {
    let Some(dir) = env::var_os(CHILD_DIR).map(PathBuf::from) else {
        return;
    };
    let (mut store, _) = Store::open(&Place::directory(&dir)).unwrap();
    let mut out = io::stdout();
    loop {
        let size = store.head().size;
        let chance = size.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59;
        let count = [1, 3000, 40, 7, 3000, 300, 2, 3000][chance as usize % 8];
        let head = store.append(&records(size..size + count)).unwrap();
        writeln!(out, "\nacknowledged {}", head.size).unwrap();
        if chance >= 24 {
            let checkpoint = store.publish(&signer()).unwrap();
            writeln!(out, "\nsigned {}", checkpoint.head.size).unwrap();
        }
    }
}

#[test]
fn no_acknowledged_entry_is_lost_by_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::create(&Place::directory(dir.path())).unwrap());
    let (mut torn, mut grown) = (0, 0);
    for round in 0..KILLS {
        let (acknowledged, signed) = run_and_kill(dir.path(), round);
        let (store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert!(
            recovered.head.size >= acknowledged,
            "round {round}: acknowledged entries are lost"
        );
        assert!(
            recovered.head.size >= signed,
            "round {round}: signed entries are lost"
        );
        torn += u64::from(recovered.torn_bytes > 0);
        grown += u64::from(recovered.head.size > acknowledged);
        if let Ok(checkpoint) = store.public().checkpoint(signer().verifier()) {
            assert!(checkpoint.head.size >= signed && checkpoint.head.size <= recovered.head.size);
        }
        if round % 5 == 4 {
            check(&store);
        }
    }
    println!("{KILLS} kills: {torn} torn batches cut, {grown} unacknowledged batches found whole");
}

/// Starts the child, kills it after some acknowledgements and a little work beyond, and gives the
/// last sizes that it acknowledged and signed.
fn run_and_kill(dir: &Path, round: u64) -> (u64, u64) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let (mut acknowledged, mut signed) = (0, 0);
    let mut read = |line: &str| match line.split_once(' ') {
        Some(("acknowledged", size)) => acknowledged = size.parse().unwrap(),
        Some(("signed", size)) => signed = size.parse().unwrap(),
        _ => {}
    };
    for line in lines.by_ref().take(6 + 2 * (round % 9) as usize) {
        read(&line);
    }
    // A busy wait of a length that differs from round to round moves the kill through the writes.
    (0..round * 997_331 % 20_000_000).for_each(|step| {
        std::hint::black_box(step);
    });
    child.kill().unwrap();
    child.wait().unwrap();
    lines.for_each(|line| read(&line));
    (acknowledged, signed)
}
