//! Measures a log in a bucket: `cargo run --release -p store --example bucket s3://bucket/prefix`.
use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use store::{Bucket, Files, Place, Record, Store};

const ENTRY_BYTES: usize = 256;
/// Entries that a writer takes at most at once, as the node does.
const MAX_BATCH: usize = 8000;
const RUN: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args()
        .nth(1)
        .ok_or("name a bucket: s3://bucket/prefix")?;
    let base = env::temp_dir().join(format!("headwater-bucket-{}", std::process::id()));
    fs::create_dir_all(&base)?;
    let url = format!("{}/{}", url.trim_end_matches('/'), std::process::id());
    let start = Instant::now();
    let bucket: Arc<dyn Files> = Arc::new(Bucket::writing(&url, env::vars())?);
    println!("start probe: {:.0} ms", milliseconds(start.elapsed()));
    for (bytes, count) in [(1024, 300), (ENTRY_BYTES * MAX_BATCH, 40)] {
        latency(&*bucket, bytes, count)?;
    }
    let place = Place::directory(&base).with_bucket(bucket);
    let mut store = Store::create(&place)?;
    for clients in [1, 16, 256] {
        let (entries, arrived) = mpsc::sync_channel(clients);
        let waiting = thread::spawn(move || clients_that_wait(clients, &entries));
        adaptive(
            &mut store,
            &format!("{clients} clients, one entry each"),
            &arrived,
        )?;
        drop(arrived);
        waiting.join().map_err(|_| "a client failed")?;
    }
    let (entries, arrived) = mpsc::sync_channel(4 * MAX_BATCH);
    let flood = thread::spawn(move || while entries.send(None).is_ok() {});
    adaptive(&mut store, "as many as are taken", &arrived)?;
    drop(arrived);
    flood.join().map_err(|_| "a client failed")?;
    let start = Instant::now();
    let size = store.head().size;
    drop(store);
    Store::open(&place)?;
    let took = milliseconds(start.elapsed());
    println!("start behind {size} unpublished entries: {took:.0} ms");
    fs::remove_dir_all(&base)?;
    Ok(())
}

fn latency(bucket: &dyn Files, bytes: usize, count: usize) -> Result<(), Box<dyn Error>> {
    let content = vec![0x5a; bytes];
    let mut times = Vec::new();
    for at in 0..count {
        let start = Instant::now();
        bucket.create(&format!("latency/{bytes}-{at}"), &content)?;
        times.push(start.elapsed());
    }
    println!("create of {bytes} B: {}", quantiles(times));
    Ok(())
}

/// Whom to tell that an entry is durable, if anybody waits for it.
type Arrival = Option<mpsc::Sender<()>>;

/// Clients that each send an entry and wait for it before they send the next.
fn clients_that_wait(clients: usize, entries: &mpsc::SyncSender<Arrival>) {
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                loop {
                    let (done, durable) = mpsc::channel();
                    if entries.send(Some(done)).is_err() || durable.recv().is_err() {
                        break;
                    }
                }
            });
        }
    });
}

/// The window of a batch is the creation before it: what has arrived meanwhile goes along.
fn adaptive(
    store: &mut Store,
    load: &str,
    arrived: &Receiver<Arrival>,
) -> Result<(), Box<dyn Error>> {
    let (begun, mut times, mut entries) = (Instant::now(), Vec::new(), 0);
    while begun.elapsed() < RUN {
        let mut batch = vec![arrived.recv()?];
        batch.extend(arrived.try_iter().take(MAX_BATCH - 1));
        let record = Record {
            entry: vec![0x5a; ENTRY_BYTES],
            ..Record::default()
        };
        let start = Instant::now();
        store.append(&vec![record; batch.len()])?;
        times.push(start.elapsed());
        entries += batch.len();
        for done in batch.iter().flatten() {
            // A client that has gone needs no answer.
            done.send(()).ok();
        }
    }
    let (seconds, batches) = (begun.elapsed().as_secs_f64(), times.len());
    println!(
        "{load}: {:.0} entries/s in {:.0} batches/s of {} entries; append {}",
        entries as f64 / seconds,
        batches as f64 / seconds,
        entries / batches,
        quantiles(times)
    );
    Ok(())
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| milliseconds(times[(times.len() as f64 * share) as usize]);
    format!("p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
