//! The documents of a data directory, as the rules ask for them.

use protocol::Hash;

/// Attachments first, then the sidecars that open seals. Both check what they read.
#[derive(Clone, Debug)]
pub struct StoredDocuments {
    attachments: store::attachment::Attachments,
    openings: store::opening::Openings,
}

impl StoredDocuments {
    /// Those beside a log.
    pub fn of(store: &store::Store) -> Self {
        Self {
            attachments: store.attachments(),
            openings: store.openings(),
        }
    }
}

impl ledger::Documents for StoredDocuments {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        // An unreadable document and an absent one lead to the same rejection: `missing_document`.
        let opening = || self.openings.read(&hash.0).ok().flatten();
        self.attachments.read(&hash.0).ok().or_else(opening)
    }
}
