//! A simulated file that stays open to grow, and dies with the process that opened it.
use std::fmt;
use std::io;

use store::disk::Append;

use super::SimDisk;

pub(super) struct SimAppend {
    disk: SimDisk,
    node: u64,
    boots: u64,
}

impl SimAppend {
    pub(super) fn new(disk: SimDisk, node: u64, boots: u64) -> Self {
        Self { disk, node, boots }
    }

    fn check(&self) -> io::Result<()> {
        if self.disk.platter().boots == self.boots {
            return Ok(());
        }
        Err(io::Error::other("the process has ended"))
    }
}

impl Append for SimAppend {
    fn length(&self) -> io::Result<u64> {
        self.check()?;
        self.disk
            .look(|tree| Ok(tree.file(self.node)?.current().len() as u64))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check()?;
        self.disk.write_node(self.node, bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.check()?;
        self.disk.change(|platter| {
            platter.tree.file_mut(self.node)?.cut(length as usize);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.check()?;
        self.disk.sync_node(|_| Ok(self.node))
    }
}

impl fmt::Debug for SimAppend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimAppend({})", self.node)
    }
}
