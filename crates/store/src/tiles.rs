//! Publishing: tiles and bundles made durable first, then the signed checkpoint over them.
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use proof::merkle::Head;
use proof::note::{self, Signer};
use proof::{Checkpoint, tile};

use crate::error::{Error, Result};
use crate::file;
use crate::tree::Tree;

/// Writes a log directory. Its files stand behind the journal, from which all can be written again.
#[derive(Debug)]
pub(crate) struct Publisher {
    log: PathBuf,
    /// Head of the checkpoint on disk, `None` where tiles must be written whatever it says.
    published: Option<Head>,
    made: BTreeSet<PathBuf>,
}

/// What a log directory holds at a start.
pub(crate) struct Published {
    pub publisher: Publisher,
    /// The tree as far as it is published, or an empty one where its files are not whole.
    pub tree: Tree,
    /// The newest head that was ever signed; an empty tree's before the first.
    pub signed: Head,
    /// Why the tiles must be written again, if they must.
    pub notice: Option<String>,
}

impl Publisher {
    /// Starts on a log directory without a checkpoint.
    pub(crate) fn create(log: PathBuf) -> Self {
        Self {
            log,
            published: None,
            made: BTreeSet::new(),
        }
    }

    /// Reads the checkpoint and the tree's right edge, and looks whether all tiles are there.
    pub(crate) fn open(log: PathBuf) -> Result<Published> {
        let mut publisher = Self::create(log);
        let path = publisher.log.join("checkpoint");
        let Some(note) = file::read_optional(&path)? else {
            let tree = Tree::default();
            let signed = tree.head();
            return Ok(Published {
                publisher,
                tree,
                signed,
                notice: None,
            });
        };
        let text = note::text_unverified(&note);
        let signed = text.and_then(Checkpoint::parse).map_err(|fault| {
            let why =
                format!("{fault}; hint: restore it from a backup or a copy of the public log");
            Error::corrupt(file::named("read", &path), why)
        })?;
        let signed = signed.head;
        let loaded = publisher.check_presence(signed.size);
        match loaded.and_then(|()| Tree::load(&publisher.log, &signed)) {
            Ok(tree) => {
                publisher.published = Some(signed);
                Ok(Published {
                    publisher,
                    tree,
                    signed,
                    notice: None,
                })
            }
            Err(error) => {
                let notice = Some(format!("tiles are written again from the journal: {error}"));
                Ok(Published {
                    publisher,
                    tree: Tree::default(),
                    signed,
                    notice,
                })
            }
        }
    }

    /// Writes what is new since the last checkpoint, makes it durable, and puts a checkpoint signed
    /// by the log's key in place. The journal must be durable up to the tree's size.
    pub(crate) fn publish(&mut self, tree: &mut Tree, signer: &Signer) -> Result<Checkpoint> {
        let checkpoint = Checkpoint {
            origin: signer.verifier().name().to_owned(),
            head: tree.head(),
        };
        if self.published == Some(checkpoint.head) {
            return Ok(checkpoint);
        }
        let note = checkpoint.sign(signer)?;
        self.write_full(tree)?;
        for (path, bytes) in tree.partials() {
            self.write(&path, bytes)?;
        }
        self.sync()?;
        file::replace(&self.log.join("checkpoint"), note.as_bytes())?;
        if let Some(old) = self.published.replace(checkpoint.head) {
            self.drop_superseded(old.size, checkpoint.head.size);
        }
        Ok(checkpoint)
    }

    /// Writes the full tiles that await it; durable only after the next checkpoint.
    pub(crate) fn write_full(&mut self, tree: &mut Tree) -> Result<()> {
        while let Some((path, bytes)) = tree.full.front() {
            self.write(path, bytes)?;
            tree.full.pop_front();
        }
        Ok(())
    }

    /// A tile that the signed checkpoint needs can come up again with the same bytes: it is left
    /// alone, so that neither a reader nor a kill ever meets it half written.
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.log.join(path);
        if fs::read(&path).is_ok_and(|held| held == bytes) {
            return Ok(());
        }
        let failed = |source| Error::io(file::named("write", &path), source);
        let parent = path.parent().expect("a tile's path has directories");
        if !self.made.contains(parent) {
            fs::create_dir_all(parent).map_err(failed)?;
            self.made.insert(parent.to_owned());
        }
        let beside = path.with_added_extension("new");
        let mut file = File::create(&beside).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        if cfg!(not(target_os = "linux")) {
            file.sync_all().map_err(failed)?;
        }
        fs::rename(&beside, &path).map_err(failed)
    }

    /// Makes all written tiles durable at once: one sync of the file system costs less than
    /// thousands of single files.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> Result<()> {
        let synced = File::open(&self.log)
            .and_then(|log| rustix::fs::syncfs(log).map_err(std::io::Error::from));
        synced.map_err(|source| Error::io(file::named("sync", &self.log), source))
    }

    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> Result<()> {
        self.made.iter().try_for_each(|dir| file::sync_dir(dir))
    }

    /// Removes partial tiles whose full tile is published.
    fn drop_superseded(&mut self, old_size: u64, new_size: u64) {
        for level in 0..8 {
            let Some(old) = tile::partial(level, old_size) else {
                continue;
            };
            let now = tile::holding(level, old.index * tile::WIDTH, new_size);
            if now.is_none_or(|now| u64::from(now.width) < tile::WIDTH) {
                continue;
            }
            let mut paths = vec![old.path()];
            if level == 0 {
                paths.push(old.bundle_path());
            }
            for path in paths {
                let path = self.log.join(path);
                let partials = path
                    .parent()
                    .expect("a partial tile stands in a `.p` directory");
                // What stays behind only takes room.
                fs::remove_dir_all(partials).ok();
                self.made.remove(partials);
            }
        }
    }

    fn check_presence(&self, size: u64) -> Result<()> {
        for tile in tile::growth(0, size) {
            let bundle = (tile.level == 0).then(|| tile.bundle_path());
            for path in [Some(tile.path()), bundle].into_iter().flatten() {
                let path = self.log.join(path);
                if !path.exists() {
                    return Err(Error::corrupt(file::named("find", &path), "it is missing"));
                }
            }
        }
        Ok(())
    }
}
