//! Reading everything again: damage is named while a copy may still exist, tiles are healed.
use std::collections::BTreeSet;
use std::sync::Arc;

use proof::merkle::Head;
use proof::{Checkpoint, Hash, note};

use crate::attachment::Attachments;
use crate::error::{Error, Result};
use crate::file;
use crate::files::Files;
use crate::inventory::Inventory;
use crate::journal::{Chunk, Walk};
use crate::object_walk;
use crate::place::Place;
use crate::public::CHECKPOINT;
use crate::publication;
use crate::tree::Tree;

/// A reading of all durable bytes of a store, while it goes on.
#[derive(Debug)]
pub struct Scrub {
    place: Place,
    files: Arc<dyn Files>,
    /// Entries that were durable when it was made.
    size: u64,
}

/// What a scrub has found; each damage is a sentence with the file's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Entries whose checksums, numbers and roots hold.
    pub entries: u64,
    /// Attachments that hash to their names.
    pub attachments: u64,
    /// Tiles and bundles that were missing or wrong, and were written again.
    pub healed: Vec<String>,
    /// What only a backup can repair.
    pub damaged: Vec<String>,
}

impl Scrub {
    pub(crate) fn new(place: &Place, size: u64) -> Self {
        Self {
            place: place.clone(),
            files: place.files(),
            size,
        }
    }

    /// A reading of a log in a bucket by whoever does not write it: its writer may go on.
    pub fn of_bucket(place: &Place) -> Result<Self> {
        let Some(bucket) = &place.bucket else {
            let why = "a directory is read by its one writer; hint: stop the node";
            return Err(Error::invalid(file::named("scrub", &place.dir), why));
        };
        let tail = object_walk::tail(&**bucket)?;
        let size = tail.batch()?.end_seq();
        Ok(Self::new(place, size))
    }

    /// Reads journal, tiles and attachments. An error means that it could not go on reading;
    /// damage is no error. Behind the first damage in the journal nothing of it is looked at.
    pub fn run(&self) -> Result<Scrubbed> {
        let mut found = Scrubbed::default();
        let held = self.read_attachments(&mut found)?;
        let signed = match self.signed() {
            Ok(signed) => signed,
            Err(error) => {
                found.damaged.push(error.to_string());
                None
            }
        };
        self.sweep(signed)?;
        let mut tree = Tree::default();
        let published = signed.map_or(0, |head| head.size).min(self.size);
        for limit in [published, self.size] {
            let read = self.read_journal(limit, published, &held, &mut tree, &mut found);
            if let Err(error) = read {
                found.damaged.push(error.to_string());
                return Ok(found);
            }
            let Some(signed) = signed.filter(|head| head.size == tree.size()) else {
                continue;
            };
            if tree.head() != signed {
                let what = "the entries of the journal do not lead to its root";
                found.damaged.push(format!("`{CHECKPOINT}`: {what}"));
                return Ok(found);
            }
            self.heal_edge(&tree, &mut found)?;
        }
        Ok(found)
    }

    fn signed(&self) -> Result<Option<Head>> {
        let Some(note) = self.files.read(CHECKPOINT)? else {
            return Ok(None);
        };
        let text = note::text_unverified(&note);
        let checkpoint = text.and_then(Checkpoint::parse);
        let checkpoint = checkpoint
            .map_err(|fault| Error::corrupt(format!("read `{CHECKPOINT}`"), fault.to_string()))?;
        Ok(Some(checkpoint.head))
    }

    /// Removes partial tiles that a crash has left beside their full ones.
    fn sweep(&self, signed: Option<Head>) -> Result<()> {
        let size = signed.map_or(0, |head| head.size);
        for (level, index) in Inventory::take(&*self.files, size)?.superseded {
            for prefix in publication::partial_prefixes(level, index) {
                publication::remove_all(&*self.files, &prefix)?;
            }
        }
        Ok(())
    }

    fn read_attachments(&self, found: &mut Scrubbed) -> Result<BTreeSet<Hash>> {
        let attachments = Attachments::new(Arc::clone(&self.files));
        let mut held = BTreeSet::new();
        for name in self.files.list("attachments/", "", usize::MAX)? {
            let mut hash = Hash::default();
            let digits = name.rsplit('/').next().unwrap_or_default();
            if hex::decode_to_slice(digits, &mut hash).is_err() {
                continue;
            }
            match attachments.read(&hash) {
                Ok(_) => found.attachments += 1,
                Err(error) => found.damaged.push(error.to_string()),
            }
            held.insert(hash);
        }
        Ok(held)
    }

    fn read_journal(
        &self,
        limit: u64,
        published: u64,
        held: &BTreeSet<Hash>,
        tree: &mut Tree,
        found: &mut Scrubbed,
    ) -> Result<()> {
        let mut walk = Walk::open(&self.place, tree.size())?;
        while let Some(chunk) = walk.advance(limit)? {
            grow(tree, &chunk)?;
            found.entries = tree.size();
            for record in &chunk.records {
                let mut hashes = record.attachments.iter();
                if let Some(hash) = hashes.find(|hash| !held.contains(*hash)) {
                    let name = Attachments::name(hash);
                    let what = format!("`{name}` of entry {} is missing", record.seq);
                    found.damaged.push(what);
                }
            }
            while let Some(file) = tree.full.pop_front() {
                if file.full_at <= published {
                    self.heal(&file.name, &file.bytes, found)?;
                }
            }
        }
        Ok(())
    }

    /// Holds the partial tiles of the published tree against the files.
    fn heal_edge(&self, tree: &Tree, found: &mut Scrubbed) -> Result<()> {
        for (name, bytes) in tree.partials() {
            // A newer checkpoint may have put the full one in its place meanwhile.
            let full = name.split_once(".p/").map_or("", |(full, _)| full);
            if self.files.read(full)?.is_none() {
                self.heal(&name, bytes, found)?;
            }
        }
        Ok(())
    }

    fn heal(&self, name: &str, bytes: &[u8], found: &mut Scrubbed) -> Result<()> {
        if self.files.read(name)?.is_some_and(|held| held == bytes) {
            return Ok(());
        }
        self.files.put(name, bytes)?;
        found.healed.push(name.to_owned());
        Ok(())
    }
}

fn grow(tree: &mut Tree, chunk: &Chunk) -> Result<()> {
    let first = tree.size();
    let entries = || chunk.records.iter().map(|record| record.entry.as_slice());
    let growth = tree.growth(entries());
    tree.absorb(entries(), growth)?;
    if tree.head() == chunk.head {
        return Ok(());
    }
    let doing = format!(
        "accept entries {first} to {} of the journal",
        tree.size() - 1
    );
    let why = "they do not lead to the root beside them; hint: restore it from a backup";
    Err(Error::corrupt(doing, why))
}
