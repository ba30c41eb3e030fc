//! The start probe: a store that does not keep what a log in a bucket rests on is refused.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::disk::Disk as _;
use crate::error::{Error, Kind, Result};
use crate::files::{Created, Files};
use crate::system::SystemDisk;

const RACES: usize = 4;
const RACERS: usize = 8;

/// Creates names twice, lets racing creators meet, reads and lists what was written, and removes it
/// again. An error of kind `Invalid` names the promise that the store broke.
pub fn probe(files: &dyn Files) -> Result<()> {
    let mut unused = [0; 8];
    SystemDisk.random(&mut unused);
    let folder = format!("probe/{}", hex::encode(unused));
    let probed = promises(files, &folder);
    let removed = clean(files, &folder);
    // What the store does wrong matters more than what is left behind.
    probed.and(removed)
}

fn promises(files: &dyn Files, folder: &str) -> Result<()> {
    let name = format!("{folder}/a");
    if files.create(&name, b"first")? != Created::New {
        return Err(refused(
            "it says that a name which nobody has used is taken",
        ));
    }
    let again = files.create(&name, b"second")?;
    match (again, files.read(&name)?.as_deref()) {
        (Created::Exists, Some(b"first")) => {}
        (Created::New, _) => {
            let what = "it ignores the condition of a creation (`If-None-Match: *`): a name was \
                        created twice";
            return Err(refused(what));
        }
        (Created::Exists, _) => {
            return Err(refused("a creation that it refused has changed the object"));
        }
    }
    if files.read(&format!("{folder}/b"))?.is_some() {
        return Err(refused("it gives bytes for a name that nobody has used"));
    }
    for round in 0..RACES {
        race(files, &format!("{folder}/race-{round}"))?;
    }
    files.put(&name, b"third")?;
    if files.read(&name)?.as_deref() != Some(b"third") {
        return Err(refused("it gives old bytes after new ones were written"));
    }
    let names = files.list(&format!("{folder}/"), &name, RACES + 2)?;
    let expected: Vec<String> = (0..RACES).map(|n| format!("{folder}/race-{n}")).collect();
    if names != expected {
        return Err(refused(
            "it does not list what was written, in order, at once",
        ));
    }
    Ok(())
}

/// Exactly one of the racers may be told that it was first, and its bytes must be the ones kept.
fn race(files: &dyn Files, name: &str) -> Result<()> {
    let ready = AtomicUsize::new(0);
    let outcomes: Vec<Result<Created>> = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let ready = &ready;
                scope.spawn(move || {
                    // They set off together, once all are there.
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < RACERS {
                        thread::yield_now();
                    }
                    files.create(name, &[racer as u8])
                })
            })
            .collect();
        let joined = racers.into_iter().map(|racer| racer.join());
        joined
            .map(|outcome| outcome.expect("a racer does not panic"))
            .collect()
    });
    let mut winners = Vec::new();
    for (racer, outcome) in (0u8..).zip(outcomes) {
        match outcome {
            Ok(Created::New) => winners.push(racer),
            Ok(Created::Exists) => {}
            // A store may turn a racer away without an answer; who has won shows all the same.
            Err(error) if error.kind == Kind::Unavailable => {}
            Err(error) => return Err(error),
        }
    }
    let held = files.read(name)?;
    match winners.as_slice() {
        [winner] if held.as_deref() == Some(&[*winner]) => Ok(()),
        [_] => Err(refused(
            "it kept other bytes than those of the creator it called the first",
        )),
        [] => {
            let why = "of 8 creators of one name none was told that it was first; try again";
            Err(Error::unavailable("probe the store", why))
        }
        [..] => {
            let count = winners.len();
            let what = format!("it told {count} of {RACERS} racing creators that they were first");
            Err(refused(&what))
        }
    }
}

fn clean(files: &dyn Files, folder: &str) -> Result<()> {
    files.remove(&format!("{folder}/a"))?;
    (0..RACES).try_for_each(|round| files.remove(&format!("{folder}/race-{round}")))
}

fn refused(what: &str) -> Error {
    let why = format!(
        "{what}; two writers could then each take the other's place in the log, and acknowledged \
         entries would be lost or the log forked; hint: use a store that creates objects only if \
         they are absent, such as S3, Google Cloud Storage, Azure Blob Storage or Ceph, or a local \
         directory"
    );
    Error::invalid("use this store for a log", why)
}
