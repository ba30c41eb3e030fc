//! The documents of a data directory, as the rules ask for them.

use protocol::operation::Erasure;
use protocol::{Command, Hash};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Files, Stored};

/// Attachments first, then the sidecars that open seals. Both check what they read.
#[derive(Clone, Debug)]
pub struct StoredDocuments {
    attachments: store::attachment::Attachments,
    openings: store::opening::Openings,
    /// Sidecars that later entries say are gone.
    erased: Arc<BTreeSet<Hash>>,
}

impl StoredDocuments {
    /// Those beside a log, all of which are there as far as is known.
    pub fn of(files: &Arc<dyn Files>) -> Self {
        Self {
            attachments: store::attachment::Attachments::new(Arc::clone(files)),
            openings: store::opening::Openings::new(Arc::clone(files)),
            erased: Arc::default(),
        }
    }

    /// The same, for a replay that passes the place of what these entries have erased later.
    pub fn without_erased(
        self,
        entries: impl Iterator<Item = Result<Stored, store::Error>>,
    ) -> Result<Self, store::Error> {
        let mut erased = BTreeSet::new();
        for stored in entries {
            if let Some(Command::Erase(erase)) = command(&stored?.entry)
                && let Erasure::Openings(hash) = erase.what
            {
                erased.insert(hash);
            }
        }
        Ok(Self {
            erased: Arc::new(erased),
            ..self
        })
    }
}

fn command(entry: &[u8]) -> Option<Command> {
    let entry: protocol::entry::Entry = protocol::codec::decode(entry).ok()?;
    Some(entry.signed.submission.command)
}

impl ledger::Documents for StoredDocuments {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        // An unreadable document and an absent one lead to the same rejection: `missing_document`.
        let opening = || self.openings.read(&hash.0).ok().flatten();
        self.attachments.read(&hash.0).ok().or_else(opening)
    }

    fn erased(&self, hash: &Hash) -> bool {
        self.erased.contains(hash)
    }
}

impl view::projection::Documents for StoredDocuments {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        ledger::Documents::document(self, hash)
    }
}
