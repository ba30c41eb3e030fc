//! Measures this disk and this store: `cargo run --release -p store --example measure [DIR]`.
use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proof::merkle::{self, Frontier};
use proof::note::Signer;
use store::snapshot::Snapshot;
use store::{Place, Record, Store};

const ENTRY_BYTES: usize = 256;
const MILLION: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    let dir = base.join(format!("headwater-measure-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    hash_rates();
    sync_times(&dir)?;
    for overwrite in [false, true] {
        raw_appends(&dir, overwrite)?;
    }
    for batch in [1, 100, 1000, 8000] {
        appends(&dir.join(format!("batch-{batch}")), batch)?;
    }
    a_million_entries(&dir.join("million"))?;
    fs::remove_dir_all(&dir)?;
    Ok(())
}

fn record(seq: u64, body_bytes: usize) -> Record {
    let mut entry = vec![0x5a; ENTRY_BYTES];
    entry[..8].copy_from_slice(&seq.to_be_bytes());
    Record {
        entry,
        body: vec![0xa5; body_bytes],
        attachments: Vec::new(),
    }
}

fn hash_rates() {
    let entry = [7; ENTRY_BYTES];
    let start = Instant::now();
    for _ in 0..MILLION {
        black_box(merkle::leaf_hash(black_box(&entry)));
    }
    rate("leaf hashes of 256 B", MILLION, start.elapsed());
    let mut frontier = Frontier::default();
    let start = Instant::now();
    for _ in 0..MILLION {
        frontier.append(merkle::leaf_hash(black_box(&entry)));
    }
    rate("leaf hashes and tree of 256 B", MILLION, start.elapsed());
    black_box(frontier.root());
}

fn sync_times(dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = File::create(dir.join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..300 {
        file.write_all(&[1; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort();
    let [middle, late, worst] = [times[150], times[297], times[299]];
    println!("fdatasync after 4 KiB: p50 {middle:?}, p99 {late:?}, max {worst:?}");
    Ok(())
}

/// What preallocation would bring: batches of 100 x 256 B appended, or written over zeros.
fn raw_appends(dir: &Path, overwrite: bool) -> Result<(), Box<dyn Error>> {
    let path = dir.join("raw");
    let bytes = vec![3; 100 * ENTRY_BYTES];
    fs::write(
        &path,
        if overwrite {
            vec![0; 300 * bytes.len()]
        } else {
            Vec::new()
        },
    )?;
    let mut file = File::options().write(true).open(&path)?;
    file.sync_all()?;
    let start = Instant::now();
    for _ in 0..300 {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    let what = if overwrite {
        "raw overwrites of 25 KiB"
    } else {
        "raw appends of 25 KiB"
    };
    rate(what, 300, start.elapsed());
    Ok(())
}

fn appends(dir: &Path, batch: u64) -> Result<(), Box<dyn Error>> {
    let mut store = Store::create(&Place::directory(dir))?;
    let rounds = (200_000 / batch).clamp(20, 500);
    let mut spent = Duration::ZERO;
    for round in 0..rounds {
        let records: Vec<Record> = (round * batch..(round + 1) * batch)
            .map(|seq| record(seq, 0))
            .collect();
        let start = Instant::now();
        store.append(&records)?;
        spent += start.elapsed();
    }
    rate(
        &format!("appended entries, batches of {batch}"),
        rounds * batch,
        spent,
    );
    Ok(())
}

fn a_million_entries(dir: &Path) -> Result<(), Box<dyn Error>> {
    let signer = Signer::from_seed("log.example/measure", &[1; 32])?;
    let mut store = Store::create(&Place::directory(dir))?;
    let mut publishing = Duration::ZERO;
    for first in (0..MILLION).step_by(8000) {
        let records: Vec<Record> = (first..first + 8000).map(|seq| record(seq, 128)).collect();
        store.append(&records)?;
        if first % 80_000 == 72_000 {
            let start = Instant::now();
            store.publish(&signer)?;
            publishing += start.elapsed();
        }
    }
    rate(
        "published entries, 80,000 a time",
        store.head().size,
        publishing,
    );
    store.snapshots().save(&Snapshot {
        log_size: MILLION - 8000,
        bytes: vec![1; 100 << 20],
    })?;
    drop(store);
    starts(dir, &signer)
}

/// How long a start takes, and how fast the log is read.
fn starts(dir: &Path, signer: &Signer) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let (mut store, _) = Store::open(&Place::directory(dir))?;
    let opening = start.elapsed();
    let size = store.head().size;
    println!("open at {size} entries, published to 960000: {opening:?}");
    let start = Instant::now();
    let found = store.snapshots().load(size)?;
    let snapshot = found.snapshot.ok_or("the snapshot was just saved")?;
    println!("load a snapshot of 100 MiB: {:?}", start.elapsed());
    let start = Instant::now();
    let tail = store.entries(snapshot.log_size..size)?.count();
    println!("read a tail of {tail} entries: {:?}", start.elapsed());
    let start = Instant::now();
    let read = store
        .entries(0..size)?
        .filter(|stored| stored.is_ok())
        .count();
    rate(
        "entries and bodies read and decrypted",
        read as u64,
        start.elapsed(),
    );
    store.publish(signer)?;
    let log = store.public();
    let start = Instant::now();
    let read = log
        .entries(0..size, size)
        .filter(|entry| entry.is_ok())
        .count();
    rate(
        "public entries read and hashed",
        read as u64,
        start.elapsed(),
    );
    drop(store);
    fs::remove_file(dir.join("log/tile/0/000"))?;
    let start = Instant::now();
    let (mut store, _) = Store::open(&Place::directory(dir))?;
    store.publish(signer)?;
    println!(
        "open and publish anew after a lost tile: {:?}",
        start.elapsed()
    );
    Ok(())
}

fn rate(what: &str, count: u64, spent: Duration) {
    let per_second = count as f64 / spent.as_secs_f64();
    println!("{what}: {per_second:.0}/s ({count} in {spent:?})");
}
