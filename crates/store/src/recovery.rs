//! What a start reads from the journal: whole batches, the torn end of the last one, damage.
use std::fs;
use std::path::Path;

use proof::merkle::Head;

use crate::error::{Error, Result};
use crate::file;
use crate::frame::Batch;
use crate::segment::{Batches, HEADER_BYTES, Segment};
use crate::tree::Tree;

/// Full tiles that may wait in memory while the journal is walked.
const MAX_WAITING_TILES: usize = 1024;

/// How far the journal reaches, and where it goes on.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// The segment to append to, with the length of its whole batches; `None` in an empty journal.
    pub last: Option<(Segment, u64)>,
    /// Bytes of an unfinished batch at the end, which nobody was told of.
    pub torn_bytes: u64,
}

/// Walks the journal from the tree's size on, checks every batch, and grows the tree by the entries
/// it lacks; `flush` is called when full tiles pile up. At the signed size the tree must have its
/// root.
pub(crate) fn replay(
    journal: &Path,
    signed: &Head,
    tree: &mut Tree,
    mut flush: impl FnMut(&mut Tree) -> Result<()>,
) -> Result<Tail> {
    let segments = Segment::list(journal)?;
    let mut tail = Tail::default();
    let start = segments
        .iter()
        .rposition(|segment| segment.first_seq <= tree.size())
        .unwrap_or(0);
    let mut next_seq = segments
        .get(start)
        .map_or(0, |segment| segment.first_seq.min(tree.size()));
    for (at, segment) in segments.iter().enumerate().skip(start) {
        if segment.first_seq != next_seq {
            let what = format!("it must begin with entry {next_seq}; a segment is missing");
            return Err(segment.damaged(0, &what));
        }
        let bytes = file::read(&segment.path)?;
        let last = at + 1 == segments.len();
        if last && bytes.len() <= HEADER_BYTES && segment.mark(&bytes).is_err() {
            // It was being created when the process died; nothing can have been written to it.
            tail.torn_bytes = bytes.len() as u64;
            fs::remove_file(&segment.path)
                .map_err(|source| Error::io(file::named("remove", &segment.path), source))?;
            break;
        }
        let mut batches = Batches::of(segment, &bytes)?;
        while let Some(batch) = advance(segment, &mut batches, last)? {
            let offset = batches.offset - batch.length;
            if batch.first_seq != next_seq {
                return Err(segment.damaged(offset, "the batch does not follow the one before it"));
            }
            next_seq = batch.end_seq();
            grow(tree, &batch, signed).map_err(|what| segment.damaged(offset, &what))?;
            if tree.full.len() > MAX_WAITING_TILES {
                flush(tree)?;
            }
        }
        tail.torn_bytes = (bytes.len() - batches.offset) as u64;
        tail.last = Some((segment.clone(), batches.offset as u64));
    }
    if tree.size() < signed.size || next_seq < tree.size() {
        let why = format!(
            "it ends before entry {next_seq}, but a checkpoint over {} entries was signed; hint: \
             restore the newest journal, the log must not be signed twice with different entries",
            signed.size
        );
        return Err(Error::corrupt(file::named("use the journal", journal), why));
    }
    Ok(tail)
}

/// The next whole batch; a damaged end of the last segment counts as its end.
fn advance<'a>(
    segment: &Segment,
    batches: &mut Batches<'a>,
    last: bool,
) -> Result<Option<Batch<'a>>> {
    match batches.advance() {
        Ok(batch) => Ok(batch),
        Err(_) if last && !batches.more_follow() => Ok(None),
        Err(what) => Err(segment.damaged(batches.offset, what)),
    }
}

/// Adds to the tree what it lacks of a batch, after checking that it leads to the batch's root.
fn grow(tree: &mut Tree, batch: &Batch<'_>, signed: &Head) -> std::result::Result<(), String> {
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
    if old_size < signed.size && signed.size <= tree.size() && tree.head() != *signed {
        return Err(format!(
            "the entries before {} do not lead to the signed root",
            signed.size
        ));
    }
    Ok(())
}
