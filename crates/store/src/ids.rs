//! Which ids the entries of a log have named, each with its entry.
//!
//! Memory does not grow with them: all but the newest stand sorted in files.
//!
//! All of it follows from the log and can be deleted: what is missing is added again from there.

mod run;

use crate::{Disk, Error, error::Result};
use run::{Found, Run};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// When ids leave memory, and when files become one.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Ids in memory before they are written, some 40 bytes each.
    pub young: usize,
    /// A file of up to so many times as many takes in what comes next, and so on up: every level
    /// has one file, so that few are asked.
    pub growth: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            young: 1 << 17,
            growth: 32,
        }
    }
}

/// The ids that a log's entries have named.
#[derive(Debug)]
pub struct Ids {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    space: [u8; 16],
    shape: Shape,
    /// Named by the entries from `start` on.
    young: BTreeMap<u128, u64>,
    start: u64,
    /// Neighbours in the log, the oldest first.
    runs: Vec<Arc<Run>>,
    writing: Option<Writing>,
    /// Ids in memory before another try, after one that failed.
    patience: usize,
}

/// What a thread is making a file of: ids that were young, and the last of the files.
#[derive(Debug)]
struct Writing {
    frozen: Arc<Vec<Found>>,
    entries: Range<u64>,
    takes: usize,
    thread: JoinHandle<Result<Run>>,
}

impl Ids {
    /// Opens the files in a directory that only this process writes, and makes it if it is not
    /// there. Files of another space, damaged ones and those of entries from `size` on are deleted:
    /// what they hold must be added again, from the entry [`Ids::end`] on.
    pub fn open(
        (disk, dir): (&Arc<dyn Disk>, &Path),
        space: [u8; 16],
        size: u64,
        shape: Shape,
    ) -> Result<Self> {
        let doing = || format!("open the index `{}`", dir.display());
        match disk.create_dir(dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.map_err(|source| Error::io(doing(), source))?,
        }
        let mut named = Vec::new();
        let names = disk.names(dir);
        for name in names.map_err(|source| Error::io(doing(), source))? {
            match run::entries_of(&name) {
                Some(entries) if entries.end <= size => named.push((entries, dir.join(name))),
                _ => remove(&**disk, &dir.join(name))?,
            }
        }
        // The widest first: it has taken in the others, whose removal a crash may have cut short.
        named.sort_by_key(|(entries, _)| (entries.start, u64::MAX - entries.end));
        let mut runs: Vec<Arc<Run>> = Vec::new();
        for (entries, path) in named {
            let end = runs.last().map_or(0, |run| run.entries().end);
            let run = (entries.start == end).then(|| Run::open(&**disk, &path, (space, entries)));
            match run {
                Some(Ok(run)) => runs.push(Arc::new(run)),
                _ => remove(&**disk, &path)?,
            }
        }
        Ok(Self {
            disk: Arc::clone(disk),
            dir: dir.to_owned(),
            space,
            shape,
            young: BTreeMap::new(),
            start: runs.last().map_or(0, |run| run.entries().end),
            runs,
            writing: None,
            patience: shape.young,
        })
    }

    /// Forgets everything, after a file that does not read.
    pub fn clear(&mut self) -> Result<()> {
        self.wait();
        let runs = std::mem::take(&mut self.runs);
        self.young.clear();
        (self.start, self.patience) = (0, self.shape.young);
        runs.iter()
            .try_for_each(|run| remove(&*self.disk, run.path()))
    }

    /// The first entry whose ids no file holds.
    pub fn end(&self) -> u64 {
        self.start
    }

    /// One of these ids, which ascend, with the entry that has named it; `None` if all are new.
    ///
    /// # Errors
    /// [`crate::Kind::Corrupt`] for a file that is not as it was written.
    pub fn find<'a>(
        &self,
        ids: impl Iterator<Item = &'a [u8; 16]> + Clone,
    ) -> Result<Option<([u8; 16], u64)>> {
        let frozen = self.writing.as_ref().map_or(&[][..], |it| &it.frozen);
        for id in ids.clone() {
            let key = u128::from_be_bytes(*id);
            let old = frozen.binary_search_by_key(&key, |found| found.0);
            let old = old.ok().map(|at| frozen[at].1);
            if let Some(entry) = self.young.get(&key).copied().or(old) {
                return Ok(Some((*id, entry)));
            }
        }
        for run in &self.runs {
            let mut reading = run.reading();
            for id in ids.clone() {
                if let Some(entry) = reading.find(u128::from_be_bytes(*id))? {
                    return Ok(Some((*id, entry)));
                }
            }
        }
        Ok(None)
    }

    /// Notes the ids that an entry names.
    pub fn add<'a>(&mut self, entry: u64, ids: impl Iterator<Item = &'a [u8; 16]>) {
        self.young
            .extend(ids.map(|id| (u128::from_be_bytes(*id), entry)));
    }

    /// Moves ids out of memory if there are many, in a thread. All that were added are of entries
    /// before `size`, which are durable. What cannot be written stays in memory for now.
    pub fn settle(&mut self, size: u64) {
        let done = self.writing.as_ref().map(|it| it.thread.is_finished());
        if done == Some(true) {
            self.wait();
        }
        if self.writing.is_some() || self.young.len() < self.patience {
            return;
        }
        let frozen: Arc<Vec<Found>> =
            Arc::new(std::mem::take(&mut self.young).into_iter().collect());
        let mut count = frozen.len() as u64;
        let mut from = self.runs.len();
        while let Some(before) = from.checked_sub(1).map(|before| &self.runs[before])
            && self.level(before.count()) == self.level(count)
        {
            (count, from) = (count + before.count(), from - 1);
        }
        let taken = self.runs[from..].to_vec();
        let entries = self.start..size;
        let all = taken.first().map_or(self.start, |run| run.entries().start)..size;
        let (disk, dir, space) = (Arc::clone(&self.disk), self.dir.clone(), self.space);
        let ids = Arc::clone(&frozen);
        let write = move || Run::write((&*disk, &dir), (space, all), &taken, &ids);
        self.writing = Some(Writing {
            frozen,
            entries,
            takes: self.runs.len() - from,
            thread: std::thread::spawn(write),
        });
        self.start = size;
    }

    /// How often a file of so many ids has outgrown its level.
    fn level(&self, count: u64) -> u32 {
        let first = self.shape.young as u64 * self.shape.growth;
        (count / first)
            .checked_ilog(self.shape.growth)
            .map_or(0, |level| level + 1)
    }

    /// Waits until what is being written is written, or has failed to be.
    pub fn wait(&mut self) {
        let Some(writing) = self.writing.take() else {
            return;
        };
        match writing.thread.join() {
            Ok(Ok(run)) => {
                let taken = self.runs.split_off(self.runs.len() - writing.takes);
                self.runs.push(Arc::new(run));
                self.patience = self.shape.young;
                for run in taken {
                    // What stays is deleted at the next start.
                    let _ = remove(&*self.disk, run.path());
                }
            }
            Ok(Err(_)) | Err(_) => {
                self.young.extend(writing.frozen.iter().copied());
                self.start = writing.entries.start;
                self.patience = self.young.len() + self.shape.young;
            }
        }
    }
}

impl Drop for Ids {
    fn drop(&mut self) {
        self.wait();
    }
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<()> {
    let doing = || format!("remove `{}`, which is no part of the index", path.display());
    match disk.remove(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| Error::io(doing(), source)),
    }
}
