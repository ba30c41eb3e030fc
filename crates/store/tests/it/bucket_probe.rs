//! Stores that do not keep their word: the probe refuses each and says what it did.
use std::sync::Barrier;

use store::error::Result;
use store::files::Created;
use store::{Bucket, Files, Kind, probe};

/// One way to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    /// Each creation is told that it was the first and overwrites, as stores do that do not know
    /// the condition.
    NoCondition,
    /// Looks first and writes later: right for one creator, wrong for racing ones.
    LookThenWrite,
    /// Refuses the second creation, and takes its bytes.
    RefuseAndOverwrite,
    /// Lists nothing of what was just written.
    LateListing,
    /// Reads what was there before the last write.
    StaleReads,
}

#[derive(Debug)]
struct Liar {
    bucket: Bucket,
    lie: Lie,
    pair: Barrier,
}

impl Files for Liar {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        match self.lie {
            Lie::NoCondition => self.bucket.put(name, bytes).map(|()| Created::New),
            Lie::LookThenWrite => {
                let taken = self.bucket.read(name)?.is_some();
                // Two racers have looked before either writes.
                if name.contains("/race-") {
                    self.pair.wait();
                }
                if taken {
                    return Ok(Created::Exists);
                }
                self.bucket.put(name, bytes).map(|()| Created::New)
            }
            Lie::RefuseAndOverwrite => {
                let created = self.bucket.create(name, bytes)?;
                self.bucket.put(name, bytes).map(|()| created)
            }
            Lie::LateListing | Lie::StaleReads => self.bucket.create(name, bytes),
        }
    }
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        match self.lie {
            Lie::StaleReads => Ok(()),
            _ => self.bucket.put(name, bytes),
        }
    }
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.bucket.stage(name, bytes)
    }
    fn sync(&self) -> Result<()> {
        self.bucket.sync()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.bucket.read(name)
    }
    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        match self.lie {
            Lie::LateListing => Ok(Vec::new()),
            _ => self.bucket.list(prefix, after, limit),
        }
    }
    fn remove(&self, name: &str) -> Result<()> {
        self.bucket.remove(name)
    }
}

#[test]
fn every_lie_is_found_named_and_cleaned_up_after() {
    for (lie, said) in [
        (Lie::NoCondition, "ignores the condition of a creation"),
        (Lie::LookThenWrite, "racing creators that they were first"),
        (
            Lie::RefuseAndOverwrite,
            "that it refused has changed the object",
        ),
        (Lie::LateListing, "does not list what was written"),
        (
            Lie::StaleReads,
            "gives old bytes after new ones were written",
        ),
    ] {
        let liar = Liar {
            bucket: Bucket::reading("memory://log", []).unwrap(),
            lie,
            pair: Barrier::new(2),
        };
        let error = probe::probe(&liar).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{lie:?}");
        let text = error.to_string();
        assert!(text.contains(said), "{lie:?}: {text}");
        assert!(text.contains("lost or the log forked"), "{text}");
        assert_eq!(
            liar.bucket.list("probe/", "", 9).unwrap(),
            [""; 0],
            "{lie:?}"
        );
    }
}
