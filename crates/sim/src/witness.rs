//! A witness that remembers, whatever happens to the log: the rules of C2SP tlog-witness.
use proof::merkle::Head;
use proof::note::VerifierKey;
use proof::witness::{self, AddCheckpoint, Refusal};

/// One log's latest tree, as it was cosigned last.
pub(crate) struct Witness {
    log_key: VerifierKey,
    known: Option<Head>,
}

impl Witness {
    pub fn new(log_key: VerifierKey) -> Self {
        let known = None;
        Self { log_key, known }
    }

    /// What a request from size zero is told.
    pub fn size(&self) -> u64 {
        self.known.map_or(0, |head| head.size)
    }

    /// Judges a request and remembers what it accepts, before anybody hears of it.
    pub fn add(&mut self, request: &AddCheckpoint) -> Result<(), Refusal> {
        let keys = std::slice::from_ref(&self.log_key);
        let accepted = witness::judge(self.known.as_ref(), keys, request)?;
        self.known = Some(accepted.head);
        Ok(())
    }
}
