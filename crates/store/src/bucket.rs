//! A bucket of an object store as a namespace of files: S3, Google Cloud Storage, Azure, memory.

mod connect;
mod failure;
mod runtime;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, PutPayloadMut,
};
use tokio::time;

use crate::error::{Error, Result};
use crate::files::{self, Content, Created, Files};
use crate::probe;
use runtime::Runtime;

/// Staged files that may be on their way at once.
const MAX_STAGED: usize = 64;
/// How much room a file takes at once that is made while it is written.
const BLOCK_BYTES: usize = 1 << 20;
/// Longest wait between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(3);

/// Objects under one prefix of a bucket. Every call blocks its thread and may be made from any,
/// also from one that runs asynchronous tasks.
pub struct Bucket {
    url: String,
    prefix: Path,
    /// Sends every request once: a creation that a client repeats by itself meets what its own
    /// first try has made, and takes that for somebody else's.
    once: Arc<dyn ObjectStore>,
    /// Repeats what may be repeated.
    patient: Arc<dyn ObjectStore>,
    runtime: Runtime,
    staged: Mutex<VecDeque<Staged>>,
}

/// A file on its way; its bytes are kept until it has arrived.
struct Staged {
    name: String,
    bytes: Vec<u8>,
    outcome: Receiver<Result<()>>,
}

impl Bucket {
    /// Names a bucket for reading: `s3://bucket/prefix`, `gs://bucket/prefix`,
    /// `az://container/prefix`, or `memory://` for one that this process forgets. Credentials and
    /// endpoint come from `settings`, which are environment variables as the three vendors' own
    /// tools name them. Nothing is sent yet.
    pub fn reading(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        connect::bucket(url, settings.into_iter().collect())
    }

    /// Names a bucket for writing, and probes first whether the store keeps what a log rests on:
    /// an error of kind `Invalid` says what it did instead.
    pub fn writing(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let bucket = Self::reading(url, settings)?;
        probe::probe(&bucket)?;
        Ok(bucket)
    }

    fn named(&self, verb: &str, name: &str) -> String {
        format!("{verb} `{name}` in `{}`", self.url)
    }

    /// Runs one operation on the bucket's own thread and waits for it.
    fn wait<T: Send + 'static>(
        &self,
        doing: String,
        operation: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> Result<T> {
        let waited = self.runtime.start(operation).recv();
        let outcome = waited.expect("the bucket's thread runs as long as the bucket");
        outcome.map_err(|source| failure::named(doing, source))
    }

    fn begin_put(&self, name: &str, bytes: &[u8]) -> Receiver<Result<()>> {
        let doing = self.named("write", name);
        let (store, path) = (self.patient.clone(), self.path(name));
        let payload = bytes.to_vec().into();
        self.runtime.start(async move {
            let put = store.put(&path, payload).await;
            put.map(|_| ())
                .map_err(|source| failure::named(doing, source))
        })
    }

    /// Waits for the oldest staged file. One that has not arrived is kept, so that a later sync
    /// sends it again.
    fn settle(&self, staged: &mut VecDeque<Staged>) -> Result<()> {
        let Some(oldest) = staged.pop_front() else {
            return Ok(());
        };
        let outcome = oldest.outcome.recv();
        let outcome = outcome.expect("the bucket's thread runs as long as the bucket");
        if outcome.is_err() {
            let outcome = self.begin_put(&oldest.name, &oldest.bytes);
            staged.push_back(Staged { outcome, ..oldest });
        }
        outcome
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }
}

impl Bucket {
    fn create_whole(&self, name: &str, payload: PutPayload) -> Result<Created> {
        files::check_name(name)?;
        let doing = self.named("create", name);
        let (store, path) = (self.once.clone(), self.path(name));
        let created = self.wait(doing.clone(), async move {
            let options = PutOptions::from(PutMode::Create);
            match store.put_opts(&path, payload, options).await {
                Ok(_) => Ok(Created::New),
                Err(object_store::Error::AlreadyExists { .. }) => Ok(Created::Exists),
                Err(other) => Err(other),
            }
        })?;
        // A conflict may also mean that another creation is under way and may yet fail (S3 says
        // so by the same status 409 as Azure uses for a name that is taken).
        if created == Created::Exists && self.read(name)?.is_none() {
            let why = "the store says that it exists, and then that it does not";
            return Err(Error::unavailable(doing, why));
        }
        Ok(created)
    }
}

/// A file in blocks that do not move while it grows.
struct Blocks(PutPayloadMut);

impl io::Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Files for Bucket {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        self.create_whole(name, bytes.to_vec().into())
    }

    fn create_from(&self, name: &str, content: Content<'_>) -> Result<Created> {
        let mut blocks = Blocks(PutPayloadMut::new().with_block_size(BLOCK_BYTES));
        let made = content(&mut blocks);
        made.map_err(|source| Error::io(self.named("make", name), source))?;
        self.create_whole(name, blocks.0.freeze())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        files::check_name(name)?;
        let put = self.begin_put(name, bytes).recv();
        put.expect("the bucket's thread runs as long as the bucket")
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        files::check_name(name)?;
        let mut staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner);
        if staged.len() >= MAX_STAGED {
            self.settle(&mut staged)?;
        }
        let outcome = self.begin_put(name, bytes);
        staged.push_back(Staged {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            outcome,
        });
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let mut staged = self.staged.lock().unwrap_or_else(PoisonError::into_inner);
        while !staged.is_empty() {
            self.settle(&mut staged)?;
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        files::check_name(name)?;
        let (store, path) = (self.patient.clone(), self.path(name));
        self.wait(self.named("read", name), async move {
            match store.get(&path).await {
                Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
                Err(error) if failure::is_absence(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        let doing = self.named("list", prefix);
        let store = self.patient.clone();
        let folder = match prefix.rsplit_once('/') {
            Some((folder, _)) => self.path(folder),
            None => self.prefix.clone(),
        };
        let offset = (after >= prefix && !after.is_empty()).then(|| self.path(after));
        let own = match self.prefix.as_ref() {
            "" => 0,
            root => root.len() + 1,
        };
        let (prefix, after) = (prefix.to_owned(), after.to_owned());
        let names = self.wait(doing.clone(), async move {
            let folder = (!folder.as_ref().is_empty()).then_some(&folder);
            let mut listed = match &offset {
                Some(offset) => store.list_with_offset(folder, offset),
                None => store.list(folder),
            };
            let mut names: Vec<String> = Vec::new();
            while names.len() < limit
                && let Some(object) = listed.next().await
            {
                let location = object?.location;
                let name = location.as_ref().get(own..).unwrap_or_default();
                if name.starts_with(&prefix) {
                    names.extend((name > after.as_str()).then(|| name.to_owned()));
                } else if name > prefix.as_str() {
                    break;
                }
            }
            Ok(names)
        })?;
        if !names.is_sorted() {
            let why = "the store does not list names in the order of their bytes";
            return Err(Error::invalid(doing, why));
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<()> {
        files::check_name(name)?;
        let (store, path) = (self.patient.clone(), self.path(name));
        self.wait(self.named("remove", name), async move {
            match store.delete(&path).await {
                Err(error) if failure::is_absence(&error) => Ok(()),
                other => other,
            }
        })
    }

    /// Longer each time: 12 seconds over 8 tries.
    fn pause(&self, tries: u32) {
        let wait = MAX_PAUSE.min(Duration::from_millis(50) * (1 << tries.min(6)));
        let waited = self.runtime.start(async move { time::sleep(wait).await });
        waited
            .recv()
            .expect("the bucket's thread runs as long as the bucket");
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.url).finish()
    }
}
