//! The spool's file: what many requests write at once becomes durable by one sync.
//!
//! Zeros stand behind what is written, in which no record is read: a file that does not grow with
//! each write becomes durable sooner, as its length need not.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Told once what was written is durable; dropped if it never will be.
pub type Written = oneshot::Receiver<()>;

/// By how much the file grows at once.
const AHEAD_BYTES: u64 = 1 << 20;

enum Job {
    Append(Vec<u8>, oneshot::Sender<()>),
    /// A new file in the place of the old one.
    Replace(Vec<u8>, Sender<io::Result<()>>),
}

/// Writes in a thread of its own.
#[derive(Debug)]
pub struct Spool {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Spool {
    /// Begins the file anew with what stands for all before.
    pub fn open(path: &Path, begin: &[u8]) -> io::Result<Self> {
        let roll = Roll::replace(path, begin)?;
        let (jobs, received) = channel();
        let path = path.to_owned();
        let thread = std::thread::Builder::new().name("spool".to_owned());
        let thread = thread.spawn(move || run(roll, &path, &received))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Queues bytes behind all that were queued before.
    pub fn append(&self, bytes: Vec<u8>) -> Written {
        let (told, written) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            // Where the thread has ended, the sender is dropped and the receiver says so.
            jobs.send(Job::Append(bytes, told)).ok();
        }
        written
    }

    /// Puts a new file in the place of the old one, once all is written that was queued before;
    /// the answer comes when it is there, or the sender is dropped where it never will be.
    pub fn replace(&self, bytes: Vec<u8>) -> Receiver<io::Result<()>> {
        let (told, written) = channel();
        if let Some(jobs) = &self.jobs {
            jobs.send(Job::Replace(bytes, told)).ok();
        }
        written
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// What is written, and room behind it.
struct Roll {
    file: File,
    /// Where the next bytes come.
    at: u64,
    end: u64,
}

impl Roll {
    /// Puts a file in the place of another one.
    fn replace(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let draft: PathBuf = path.with_extension("new");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        let at = bytes.len() as u64;
        let mut roll = Self { file, at, end: at };
        roll.grow(AHEAD_BYTES)?;
        roll.file.sync_all()?;
        fs::rename(&draft, path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(roll)
    }

    fn grow(&mut self, bytes: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        io::copy(&mut io::repeat(0).take(bytes), &mut self.file)?;
        self.end += bytes;
        self.file.seek(SeekFrom::Start(self.at)).map(drop)
    }

    /// Durable on return.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let after = self.at + bytes.len() as u64;
        if after > self.end {
            self.grow(after - self.end + AHEAD_BYTES)?;
        }
        self.file.write_all(bytes)?;
        self.at = after;
        self.file.sync_data()
    }
}

/// Ends with the last sender, or with the first error: then nothing more is durable, and everybody
/// who waits learns it.
fn run(mut roll: Roll, path: &Path, jobs: &Receiver<Job>) {
    let mut held = None;
    loop {
        let first = held.take().map_or_else(|| jobs.recv(), Ok);
        let Ok(first) = first else { return };
        let (mut bytes, mut waiting) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Append(more, told) => {
                    bytes.extend(more);
                    waiting.push(told);
                    next = jobs.try_recv().ok();
                }
                // All that came before it is written first.
                replaces @ Job::Replace(..) if !waiting.is_empty() => held = Some(replaces),
                Job::Replace(whole, told) => {
                    let replaced = Roll::replace(path, &whole);
                    let outcome = replaced.map(|new| roll = new);
                    let broken = outcome.is_err();
                    told.send(outcome).ok();
                    if broken {
                        return;
                    }
                }
            }
        }
        if waiting.is_empty() {
            continue;
        }
        if roll.append(&bytes).is_err() {
            return;
        }
        for told in waiting {
            // Whoever has gone need not be told.
            told.send(()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file but for the zeros at its end, of which there are some.
    fn written(path: &Path) -> Vec<u8> {
        let mut bytes = fs::read(path).unwrap();
        let length = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert!(bytes.len() > length);
        bytes.truncate(length);
        bytes
    }

    #[test]
    fn all_is_there_in_its_order_and_a_new_file_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let spool = Spool::open(&path, b"a").unwrap();
        let told: Vec<_> = (b'b'..=b'f').map(|byte| spool.append(vec![byte])).collect();
        for told in told {
            told.blocking_recv().unwrap();
        }
        assert_eq!(written(&path), b"abcdef");
        // More than there was room for.
        let long = vec![b'l'; 3 * AHEAD_BYTES as usize];
        spool.append(long.clone()).blocking_recv().unwrap();
        spool.append(b"m".to_vec()).blocking_recv().unwrap();
        assert_eq!(written(&path), [b"abcdef", &long[..], b"m"].concat());
        let last = spool.append(b"g".to_vec());
        spool.replace(b"x".to_vec()).recv().unwrap().unwrap();
        last.blocking_recv().unwrap();
        spool.append(b"y".to_vec()).blocking_recv().unwrap();
        drop(spool);
        assert_eq!(written(&path), b"xy");
    }
}
