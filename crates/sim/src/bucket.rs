//! An object store in memory that loses answers, refuses and is late: the twin of real buckets.
//!
//! It is linearizable: a call takes effect at one moment, before it returns, after it has failed
//! (a timed-out request that lands later), or never.
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use store::Files;
use store::error::{Error, Result};
use store::files::Created;

use crate::fault::{Effect, Faults, Turn};
use crate::random::Random;

/// One machine's end of a bucket. Clones are the same end; [`SimBucket::end`] makes another.
#[derive(Clone)]
pub struct SimBucket {
    shared: Arc<Mutex<Shared>>,
    faults: Faults,
    /// Staged, and not sent before the next sync.
    staged: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

/// Every object of a bucket at one moment.
#[derive(Clone, Debug, Default)]
pub struct Objects(BTreeMap<String, Arc<Vec<u8>>>);

struct Shared {
    objects: Objects,
    late: Vec<Late>,
    random: Random,
}

/// A request whose sender was told that it timed out.
struct Late {
    /// Calls to the bucket until it lands.
    calls: u64,
    name: String,
    act: Act,
}

enum Act {
    Create(Vec<u8>),
    Put(Vec<u8>),
    Remove,
}

impl SimBucket {
    /// An empty bucket, seen from a machine.
    pub fn new(seed: u64, faults: Faults) -> Self {
        let shared = Shared {
            objects: Objects::default(),
            late: Vec::new(),
            random: Random::new(seed),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            faults,
            staged: Arc::default(),
        }
    }

    /// The same bucket from another machine.
    pub fn end(&self, faults: Faults) -> Self {
        Self {
            shared: self.shared.clone(),
            faults,
            staged: Arc::default(),
        }
    }

    /// The machine's process has ended: what it had staged is not sent any more.
    pub fn forget_staged(&self) {
        self.staged().clear();
    }

    /// Lets every request land that is on its way.
    pub fn land_all(&self) {
        let mut shared = self.shared();
        while !shared.late.is_empty() {
            shared.land();
        }
    }

    /// All objects as they stand.
    pub fn objects(&self) -> Objects {
        self.shared().objects.clone()
    }

    /// Puts these objects in place of all there are, and drops what was on its way.
    pub fn restore(&self, objects: &Objects) {
        let mut shared = self.shared();
        shared.objects = objects.clone();
        shared.late.clear();
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("one thread, and no panic inside")
    }

    fn staged(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.staged.lock().expect("one thread, and no panic inside")
    }

    fn turn(&self, verb: &str, name: &str) -> Result<Turn> {
        self.shared().land();
        let doing = format!("{verb} `{name}`");
        match self.faults.bucket_turn() {
            Ok((_, true)) => Err(Error::unavailable(doing, "the bucket denies access")),
            Ok((turn, _)) => Ok(turn),
            Err(ended) => Err(Error::unavailable(doing, ended.to_string())),
        }
    }

    fn change(&self, verb: &str, name: &str, act: Act) -> Result<Created> {
        let turn = self.turn(verb, name)?;
        let mut shared = self.shared();
        match turn {
            Turn::Works => return Ok(shared.objects.take(name, act)),
            Turn::Fails(Effect::Nothing | Effect::Part) => {}
            Turn::Fails(Effect::Whole) => {
                shared.objects.take(name, act);
            }
            Turn::Fails(Effect::Late) => {
                let calls = 1 + shared.random.long_below(12);
                let name = name.to_owned();
                shared.late.push(Late { calls, name, act });
            }
        }
        Err(lost(verb, name))
    }
}

fn lost(verb: &str, name: &str) -> Error {
    let why = io::Error::from(io::ErrorKind::TimedOut);
    Error::unavailable(format!("{verb} `{name}`"), why.to_string())
}

impl Shared {
    /// Lets requests land whose time has come.
    fn land(&mut self) {
        for late in &mut self.late {
            late.calls -= 1;
        }
        let landed = self.late.extract_if(.., |late| late.calls == 0);
        for Late { name, act, .. } in landed {
            self.objects.take(&name, act);
        }
    }
}

impl Objects {
    fn take(&mut self, name: &str, act: Act) -> Created {
        match act {
            Act::Create(_) if self.0.contains_key(name) => return Created::Exists,
            Act::Create(bytes) | Act::Put(bytes) => {
                self.0.insert(name.to_owned(), Arc::new(bytes));
            }
            Act::Remove => {
                self.0.remove(name);
            }
        }
        Created::New
    }
}

impl Files for SimBucket {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        self.change("create", name, Act::Create(bytes.to_vec()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.staged().remove(name);
        self.change("put", name, Act::Put(bytes.to_vec())).map(drop)
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if self.shared().random.chance(500_000) {
            return self.put(name, bytes);
        }
        self.turn("stage", name)?;
        self.staged().insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let staged = self.staged().clone();
        for (name, bytes) in staged {
            self.put(&name, &bytes)?;
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.turn("read", name)? {
            Turn::Works => {}
            Turn::Fails(_) => return Err(lost("read", name)),
        }
        if let Some(bytes) = self.staged().get(name) {
            return Ok(Some(bytes.clone()));
        }
        let shared = self.shared();
        Ok(shared.objects.0.get(name).map(|bytes| bytes.to_vec()))
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        match self.turn("list", prefix)? {
            Turn::Works => {}
            Turn::Fails(_) => return Err(lost("list", prefix)),
        }
        let shared = self.shared();
        let staged = self.staged();
        let mut names: Vec<&String> = shared.objects.0.keys().chain(staged.keys()).collect();
        names.retain(|name| name.starts_with(prefix) && name.as_str() > after);
        names.sort_unstable();
        names.dedup();
        Ok(names.into_iter().take(limit).cloned().collect())
    }

    /// Nobody waits for real: what is on its way comes nearer by one call.
    fn pause(&self, _tries: u32) {
        self.shared().land();
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.staged().remove(name);
        self.change("remove", name, Act::Remove).map(drop)
    }
}

impl fmt::Debug for SimBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimBucket")
    }
}
