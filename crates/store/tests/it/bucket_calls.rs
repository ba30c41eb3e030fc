//! How many requests a log in a bucket takes, and a reading of all of it beside its writer.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::files::Created;
use store::scrub::Scrub;
use store::{Bucket, Files, Kind, Place, Store};

use crate::{records, signer};

/// A bucket that counts what is asked of it one after the other.
#[derive(Debug)]
struct Counting {
    bucket: Bucket,
    calls: AtomicU64,
}

impl Counting {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            bucket: Bucket::reading("memory://log", []).unwrap(),
            calls: AtomicU64::new(0),
        })
    }

    fn count(&self) -> &Bucket {
        self.calls.fetch_add(1, Ordering::Relaxed);
        &self.bucket
    }

    fn taken(&self) -> u64 {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

type Result<T> = std::result::Result<T, store::Error>;

impl Files for Counting {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        self.count().create(name, bytes)
    }
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.count().put(name, bytes)
    }
    /// Does not wait for its file.
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.bucket.stage(name, bytes)
    }
    fn sync(&self) -> Result<()> {
        self.count().sync()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.count().read(name)
    }
    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        self.count().list(prefix, after, limit)
    }
    fn remove(&self, name: &str) -> Result<()> {
        self.count().remove(name)
    }
}

/// A store of so many entries, of which the first 300 are published.
fn filled(dir: &tempfile::TempDir, bucket: &Arc<Counting>, entries: u64) -> (Place, Store) {
    let place = Place::directory(dir.path()).with_bucket(bucket.clone());
    let mut store = Store::create(&place).unwrap();
    store.append(&records(0..300)).unwrap();
    store.publish(&signer()).unwrap();
    for first in (300..entries).step_by(2_560) {
        store
            .append(&records(first..entries.min(first + 2_560)))
            .unwrap();
    }
    (place, store)
}

#[test]
fn a_start_behind_many_unpublished_tiles_takes_few_requests() {
    let mut requests = Vec::new();
    for tiles in [20, 80] {
        let (dir, bucket) = (tempfile::tempdir().unwrap(), Counting::new());
        let (place, store) = filled(&dir, &bucket, tiles * 256 + 7);
        drop(store);
        bucket.taken();
        let (mut store, _) = Store::open(&place).unwrap();
        let begun = bucket.taken();
        let partial = "log/tile/0/001.p/44";
        assert!(bucket.bucket.read(partial).unwrap().is_some());
        store.publish(&signer()).unwrap();
        requests.push((begun, bucket.taken()));
        assert_eq!(bucket.bucket.read(partial).unwrap(), None);
        assert_eq!(
            bucket.bucket.list("log/tile/0/001.p/", "", 9).unwrap(),
            [""; 0]
        );
    }
    // Sixty tiles more are six batches more to read, and nothing more to publish.
    let [(few, published), (more, published_more)] = requests[..] else {
        unreachable!("two starts were counted")
    };
    assert!(more <= few + 12, "{few} and {more} requests to start");
    assert_eq!(published, published_more, "requests to publish");
    assert!(published <= 12, "{published} requests to publish");
}

#[test]
fn a_bucket_is_scrubbed_while_its_writer_goes_on() {
    let (dir, bucket) = (tempfile::tempdir().unwrap(), Counting::new());
    let (place, mut store) = filled(&dir, &bucket, 1_000);
    store.publish(&signer()).unwrap();
    let scrub = || Scrub::of_bucket(&place).unwrap().run().unwrap();
    let found = scrub();
    assert_eq!((found.entries, found.damaged), (1_000, vec![]));
    assert!(found.attachments > 0);
    bucket.put("log/tile/0/001", b"rotten").unwrap();
    bucket.remove("log/tile/entries/000").unwrap();
    let healed = ["log/tile/entries/000", "log/tile/0/001"];
    assert_eq!(scrub().healed, healed);
    assert_eq!(scrub().healed, [""; 0]);
    store.append(&records(1_000..1_001)).unwrap();
    let attachments = bucket.list("attachments/", "", 1).unwrap();
    bucket.put(&attachments[0], b"other").unwrap();
    let object = "journal/00000000000000000002";
    let mut bytes = bucket.read(object).unwrap().unwrap();
    bytes[200] ^= 1;
    bucket.put(object, &bytes).unwrap();
    let damaged = scrub().damaged.join("; ");
    assert!(damaged.contains(object), "{damaged}");
    assert!(damaged.contains(&attachments[0]), "{damaged}");
    let local = Place::directory(dir.path());
    assert_eq!(Scrub::of_bucket(&local).unwrap_err().kind, Kind::Invalid);
}

/// The directory of a node whose log is in a bucket is not an empty log.
#[test]
fn a_directory_without_its_bucket_is_no_log() {
    let (dir, bucket) = (tempfile::tempdir().unwrap(), Counting::new());
    let (place, store) = filled(&dir, &bucket, 301);
    drop(store);
    let local = Place::directory(dir.path());
    let to = dir.path().join("copy");
    let copied = store::backup::backup(&local, &to, store::backup::Secrets::Left);
    let refused = [
        Store::open(&local).err().unwrap(),
        copied.err().unwrap(),
        store::backup::backup(&place, &to, store::backup::Secrets::Left)
            .err()
            .unwrap(),
    ];
    for (error, word) in refused.iter().zip(["--store", "--store", "keep versions"]) {
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.to_string().contains(word), "{error}");
    }
}
