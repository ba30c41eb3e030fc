//! The log of a turn: read on, read anew after a fault that may have passed, and held to its past.

use crate::alert::Outcome;
use crate::judge;
use crate::watcher::Watcher;
use audit::{Audit, Fault};
use chain::watched::{Look, Seen};
use std::io;

impl Watcher<'_> {
    /// Reads what the log has more, or all of it again after a fault that may have passed.
    pub(crate) fn read_log(&mut self) -> io::Result<()> {
        let checkpoint = self.source.file("checkpoint").ok().flatten();
        if let Some((fault, under)) = &self.broken {
            if judge::convicts(fault) && *under == checkpoint {
                return Ok(());
            }
            if !is_silence(fault) {
                let (trust, options) = (self.trust.clone(), self.settings.options);
                self.audit = Audit::new(self.source, trust, options).computing_claims();
                self.verdicts.clear();
                self.right.clear();
            }
            self.broken = None;
        }
        let read = self.audit.advance(&mut |_| ());
        match read.and_then(|_| self.goes_on()) {
            Ok(()) => {
                if let Err(error) = self.memory.keep(self.source, self.audit.head()) {
                    let what = format!("the hashes of the log cannot be kept: {error}");
                    self.warn_once("log_not_kept", None, what)?;
                }
            }
            Err(fault) => {
                let code = if judge::convicts(&fault) {
                    "log_false"
                } else {
                    "log_unreadable"
                };
                let what = format!("the log does not verify: {fault}");
                self.warn_once(code, None, what)?;
                self.broken = Some((fault, checkpoint));
            }
        }
        Ok(())
    }

    /// Reads the log once more where the chain is ahead of it: an epoch may have been closed and
    /// posted since it was read.
    pub(crate) fn catch_up(&mut self, look: &Look) -> io::Result<()> {
        let size = self.audit.head().size;
        let ahead = |seen: &Seen| seen.post.log_size > size;
        match self.broken.is_none() && look.epochs.iter().any(ahead) {
            true => self.read_log(),
            false => Ok(()),
        }
    }

    /// Of a log that does not verify something is always unchecked, at least its debits.
    pub(crate) fn unread(&self) -> Outcome {
        match self.broken {
            Some(_) => Outcome::Unchecked,
            None => Outcome::Agree,
        }
    }

    /// The log must begin with the one that was verified last, in an earlier life too.
    fn goes_on(&self) -> Result<(), Fault> {
        let Some(kept) = self.memory.head() else {
            return Ok(());
        };
        let fault = |code, what: String| Fault {
            at: None,
            file: Some("log/checkpoint".to_owned()),
            what,
            code,
            evidence: Vec::new(),
        };
        let (size, now) = (kept.size, self.audit.head().size);
        match self.audit.root_at(size)? {
            Some(root) if root == kept.root => Ok(()),
            Some(_) => {
                let what = format!("the log is not the one whose {size} entries were verified");
                Err(fault("fork", what))
            }
            None => {
                let what = format!("the log went back from {size} to {now} entries");
                Err(fault("rollback", what))
            }
        }
    }
}

fn is_silence(fault: &Fault) -> bool {
    fault.code == "unreadable" && fault.file.as_deref() == Some("log/checkpoint")
}
