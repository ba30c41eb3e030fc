//! The spool's file: what many requests write at once becomes durable by one sync.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// Told once what was written is durable; dropped if it never will be.
pub type Written = oneshot::Receiver<()>;

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
        let file = replace(path, begin)?;
        let (jobs, received) = channel();
        let path = path.to_owned();
        let thread = std::thread::Builder::new().name("spool".to_owned());
        let thread = thread.spawn(move || run(file, &path, &received))?;
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

/// Ends with the last sender, or with the first error: then nothing more is durable, and everybody
/// who waits learns it.
fn run(mut file: File, path: &Path, jobs: &Receiver<Job>) {
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
                    let replaced = replace(path, &whole);
                    let outcome = replaced.map(|new| file = new);
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
        if file
            .write_all(&bytes)
            .and_then(|()| file.sync_data())
            .is_err()
        {
            return;
        }
        for told in waiting {
            // Whoever has gone need not be told.
            told.send(()).ok();
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let draft: PathBuf = path.with_extension("new");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    OpenOptions::new().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_there_in_its_order_and_a_new_file_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let spool = Spool::open(&path, b"a").unwrap();
        let told: Vec<_> = (b'b'..=b'f').map(|byte| spool.append(vec![byte])).collect();
        for told in told {
            told.blocking_recv().unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"abcdef");
        let last = spool.append(b"g".to_vec());
        spool.replace(b"x".to_vec()).recv().unwrap().unwrap();
        last.blocking_recv().unwrap();
        spool.append(b"y".to_vec()).blocking_recv().unwrap();
        drop(spool);
        assert_eq!(fs::read(&path).unwrap(), b"xy");
    }
}
