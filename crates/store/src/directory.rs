//! A directory as a namespace of whole files: each is written aside and then takes its name.
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Append, Disk};
use crate::error::{Error, Result};
use crate::file;
use crate::files::{self, Content, Created, Files};
use crate::system::SystemDisk;

/// Where files stand until they are whole; all that is in it after a crash is waste.
const ASIDE: &str = "tmp";
/// Most bytes in memory of a file that is written or read piece by piece.
const PIECE_BYTES: usize = 1 << 20;

/// A directory on one file system, whose names are paths below it.
#[derive(Clone, Debug)]
pub struct Directory {
    disk: Arc<dyn Disk>,
    root: PathBuf,
}

impl Directory {
    /// A directory of a disk; it is made when the first file is written.
    pub fn new(disk: Arc<dyn Disk>, root: PathBuf) -> Self {
        Self { disk, root }
    }

    /// A directory of this machine.
    pub fn at(root: &Path) -> Self {
        Self::new(Arc::new(SystemDisk), root.to_owned())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Removes what a crash has left half written. Only its one writer may do this.
    pub(crate) fn clear_aside(&self) -> Result<()> {
        let aside = self.root.join(ASIDE);
        for name in file::names(&*self.disk, &aside)? {
            let path = aside.join(name);
            self.disk
                .remove(&path)
                .map_err(|source| Error::io(file::named("remove", &path), source))?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        files::check_name(name)?;
        Ok(self.root.join(name))
    }

    fn write_aside(&self, bytes: &[u8]) -> Result<PathBuf> {
        self.aside(|path| self.disk.write(path, bytes))
    }

    /// Has a file written under a name that nobody else has, so that racing writers do not meet.
    fn aside(&self, write: impl Fn(&Path) -> io::Result<()>) -> Result<PathBuf> {
        let mut name = [0; 8];
        self.disk.random(&mut name);
        let path = self.root.join(ASIDE).join(hex::encode(name));
        let written = self.with_parent(&path, || write(&path));
        written.inspect_err(|_| self.drop_aside(&path))?;
        Ok(path)
    }

    /// Writes a new file piece by piece, and makes its bytes durable.
    fn fill(&self, path: &Path, content: Content<'_>) -> io::Result<()> {
        let mut file = self.disk.append(path, true)?;
        let mut out = BufWriter::with_capacity(PIECE_BYTES, Pieces(&mut *file));
        content(&mut out)?;
        out.flush()?;
        drop(out);
        file.sync()
    }

    /// What stays aside only takes room, until the next start.
    fn drop_aside(&self, aside: &Path) {
        self.disk.remove(aside).ok();
    }

    /// Runs a step that needs the directory of a path, which may vanish while it is empty.
    fn with_parent<T>(&self, path: &Path, step: impl Fn() -> io::Result<T>) -> Result<T> {
        let mut made = step();
        for _ in 0..3 {
            match &made {
                Err(source) if source.kind() == io::ErrorKind::NotFound => {
                    file::create_dir(&*self.disk, parent(path))?;
                    made = step();
                }
                _ => break,
            }
        }
        made.map_err(|source| Error::io(file::named("write", path), source))
    }

    /// Lets a written file take its name by a rename.
    fn place(&self, aside: &Path, path: &Path) -> Result<()> {
        let placed = self.with_parent(path, || self.disk.rename(aside, path));
        placed.inspect_err(|_| self.drop_aside(aside))
    }

    /// Lets a durable file take its name, unless there is one of that name.
    fn place_new(&self, aside: &Path, path: &Path) -> Result<Created> {
        let linked = self.with_parent(path, || match self.disk.link(aside, path) {
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(Created::Exists),
            linked => linked.map(|()| Created::New),
        });
        self.drop_aside(aside);
        let created = linked?;
        file::sync_dir(&*self.disk, parent(path))?;
        Ok(created)
    }

    fn sync_aside(&self, aside: &Path) -> Result<()> {
        self.disk.sync(aside).map_err(|source| {
            self.drop_aside(aside);
            Error::io(file::named("sync", aside), source)
        })
    }

    /// Adds the names below `dir` (empty, or with a `/` at its end) that are wanted.
    fn walk(&self, dir: &str, wanted: &Wanted<'_>, found: &mut Vec<String>) -> Result<()> {
        for name in file::names(&*self.disk, &self.root.join(dir))? {
            let name = format!("{dir}{name}");
            if found.len() >= wanted.limit {
                return Ok(());
            }
            if !name.ends_with('/') {
                if name.starts_with(wanted.prefix) && *name > *wanted.after {
                    found.push(name);
                }
            } else if wanted.may_be_below(&name) {
                self.walk(&name, wanted, found)?;
            }
        }
        Ok(())
    }
}

impl Files for Directory {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        let path = self.path(name)?;
        let held = file::read_optional(&*self.disk, &path)?;
        if held.is_some() {
            file::sync_dir(&*self.disk, parent(&path))?;
            return Ok(Created::Exists);
        }
        let aside = self.write_aside(bytes)?;
        self.sync_aside(&aside)?;
        self.place_new(&aside, &path)
    }

    fn create_from(&self, name: &str, content: Content<'_>) -> Result<Created> {
        let path = self.path(name)?;
        let aside = self.aside(|aside| self.fill(aside, content))?;
        self.place_new(&aside, &path)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name)?;
        let aside = self.write_aside(bytes)?;
        self.sync_aside(&aside)?;
        self.place(&aside, &path)?;
        file::sync_dir(&*self.disk, parent(&path))
    }

    /// Where a file has these bytes already, a signed checkpoint may need it: then the new one is
    /// synced before it takes the name. It cannot be left alone either, for what reads well may
    /// stand in the system's memory only, after a sync that has failed.
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(name)?;
        let held = self.disk.read(&path);
        let aside = self.write_aside(bytes)?;
        if held.is_ok_and(|held| held == bytes) {
            self.sync_aside(&aside)?;
        }
        self.place(&aside, &path)
    }

    fn sync(&self) -> Result<()> {
        self.disk
            .sync_all(&self.root)
            .map_err(|source| Error::io(file::named("sync", &self.root), source))
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        file::read_optional(&*self.disk, &self.path(name)?)
    }

    fn each_piece(&self, name: &str, take: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let path = self.path(name)?;
        let mut offset = 0;
        loop {
            let piece = file::optional(self.disk.read_piece(&path, offset, PIECE_BYTES));
            let piece = piece.map_err(|source| Error::io(file::named("read", &path), source))?;
            let Some(piece) = piece else {
                return Ok(false);
            };
            take(&piece);
            offset += piece.len() as u64;
            if piece.len() < PIECE_BYTES {
                return Ok(true);
            }
        }
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        let mut found = Vec::new();
        if let Some((dir, _)) = prefix.rsplit_once('/') {
            files::check_name(dir)?;
        }
        let start = prefix.rfind('/').map_or(0, |slash| slash + 1);
        let wanted = Wanted {
            prefix,
            after,
            limit,
        };
        self.walk(&prefix[..start], &wanted, &mut found)?;
        Ok(found)
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name)?;
        let removed = file::optional(self.disk.remove(&path));
        let removed = removed.map_err(|source| Error::io(file::named("remove", &path), source))?;
        if removed.is_some() {
            file::sync_dir(&*self.disk, parent(&path))?;
            // A directory goes with its last file; one that still has some refuses.
            self.disk.remove(parent(&path)).ok();
        }
        Ok(())
    }
}

/// A growing file as what bytes are written to.
struct Pieces<'a>(&'a mut dyn Append);

impl io::Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a listing asks for.
struct Wanted<'a> {
    prefix: &'a str,
    after: &'a str,
    limit: usize,
}

impl Wanted<'_> {
    /// Whether a directory, named with its `/`, can hold a wanted name.
    fn may_be_below(&self, dir: &str) -> bool {
        let aside = dir.strip_suffix('/') == Some(ASIDE);
        let in_prefix = dir.starts_with(self.prefix) || self.prefix.starts_with(dir);
        let in_range = *dir > *self.after || self.after.starts_with(dir);
        !aside && in_prefix && in_range
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().expect("a name stands below the root")
}
