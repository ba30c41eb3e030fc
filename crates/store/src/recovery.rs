//! What a start reads from the journal: every batch is checked, and the tree grows by it.
use std::mem;

use proof::merkle::Head;

use crate::error::{Error, Result};
use crate::files::Files;
use crate::frame::Batch;
use crate::publication;
use crate::tree::Tree;

/// Full tiles that may wait in memory while the journal is walked.
const MAX_WAITING_TILES: usize = 1024;

/// Takes the durable batches, in order, from the tree's size on or from before it.
pub(crate) struct Replay<'a> {
    pub tree: &'a mut Tree,
    /// The newest head that was ever signed: at its size the tree must have its root.
    pub signed: Head,
    /// Where full tiles go that pile up.
    pub files: &'a dyn Files,
    /// Whether tiles were written that are not yet durable.
    pub staged: bool,
}

impl Replay<'_> {
    /// Adds to the tree what it lacks of a batch, after checking that it leads to the batch's root.
    /// `damaged` says where a batch stands that does not.
    pub(crate) fn take(
        &mut self,
        batch: &Batch<'_>,
        damaged: impl FnOnce(&str) -> Error,
    ) -> Result<()> {
        self.grow(batch).map_err(|what| damaged(&what))?;
        if self.tree.full.len() > MAX_WAITING_TILES {
            publication::flush(self.files, self.tree)?;
            self.staged = true;
        }
        Ok(())
    }

    /// Called with the entry that follows the last batch: nothing that was signed may be missing.
    pub(crate) fn finish(&mut self, next_seq: u64) -> Result<()> {
        if self.tree.size() < self.signed.size || next_seq < self.tree.size() {
            let why = format!(
                "it ends before entry {next_seq}, but a checkpoint over {} entries was signed; \
                 hint: restore the newest journal, the log must not be signed twice with \
                 different entries",
                self.signed.size
            );
            return Err(Error::corrupt("use the journal", why));
        }
        match mem::take(&mut self.staged) {
            true => self.files.sync(),
            false => Ok(()),
        }
    }

    fn grow(&mut self, batch: &Batch<'_>) -> std::result::Result<(), String> {
        let (tree, signed) = (&mut *self.tree, self.signed);
        let old_size = tree.size();
        if batch.end_seq() <= old_size {
            return Ok(());
        }
        let known = old_size.saturating_sub(batch.first_seq) as usize;
        let entries = || batch.records[known..].iter().map(|record| record.entry);
        let growth = tree.growth(entries());
        if growth.root() != batch.root {
            return Err(format!(
                "entries {old_size} and on do not lead to the root in their batch"
            ));
        }
        tree.absorb(entries(), growth)
            .map_err(|error| error.to_string())?;
        if old_size < signed.size && signed.size <= tree.size() && tree.head() != signed {
            return Err(format!(
                "the entries before {} do not lead to the signed root",
                signed.size
            ));
        }
        Ok(())
    }
}
