//! Bugs to plant, so that a test can show that the simulator finds them; nothing else sets one.
//!
//! They stand between the store and its ports, in what the simulated process does, or between what
//! the ledger decides and what it applies: product code has no switches.
pub(crate) mod rules;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ledger::State;
use store::disk::Append;
use store::error::Result;
use store::files::Created;
use store::{Disk, Files, Kind};

/// One mistake that somebody could make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The journal is written and not synced.
    JournalUnsynced,
    /// An error of the journal's sync is taken for success.
    SyncErrorIgnored,
    /// New names are not synced.
    NamesUnsynced,
    /// Whole files take their name before their bytes are durable.
    FilesUnsynced,
    /// Tiles are not synced before their checkpoint is in place.
    TilesUnsynced,
    /// A second process may lock what is locked.
    LockIgnored,
    /// Journal objects are put, whether or not there is one.
    FenceSkipped,
    /// An object that is there already is taken for one's own.
    NonceNotRead,
    /// A lost answer is taken for success.
    LostAnswerIgnored,
    /// The last hash of a full tile is cut off.
    TileTooShort,
    /// Tiles of higher levels are left out.
    HigherTilesMissing,
    /// A head is signed when its batch is taken, not when it is durable.
    SignedEarly,
    /// Clients are answered before their batch is durable.
    AnsweredEarly,
    /// A batch that was decided behind one that has failed is made durable all the same.
    GoesOnBehindFailure,
    /// A start ends with the snapshot and does not read the journal behind it.
    SnapshotWithoutTail,
    /// A snapshot does not keep the nonces.
    NoncesForgotten,
    /// A follower is fed from the batch in hand.
    FollowerFedEarly,
    /// A start does not ask the witness whether the log was longer before.
    RollbackAccepted,
    /// A slash takes the lock twice.
    SlashTwice,
    /// Whoever has a lock is slashed when it ends.
    SlashOfAll,
    /// A lock stays when its campaign is settled.
    LockKept,
    /// A stake backs a campaign that ends after the stake may have left.
    LockTooLong,
    /// A stake backs more than there is of it.
    LockUncovered,
    /// What is on its way out of a stake counts as active.
    LeavingCounts,
    /// What the contract has slashed is credited twice.
    RepaidTwice,
    /// Addresses that a slash is due of have no lines of pay.
    PayWithheld,
    /// A slash line of nothing is left out.
    SlashUnpublished,
    /// All votes of an asset go to the address that got the first.
    VotesMoved,
    /// A deposit on a further chain counts as one on the first.
    CreditedElsewhere,
    /// A release on one chain is one on all.
    ReleasedEverywhere,
    /// A tree leaves out what its epoch debits of a deposit.
    DebitUnshown,
    /// An allowance ends, and what is left of it does not go back.
    AllowanceKept,
    /// What a call has used of others stays revenue of the asset that was called.
    ComposedKept,
    /// Calls may use every older asset, whatever was declared.
    ComposedAll,
    /// The gateway forgets what a call has spent, and lets it spend the most again.
    CallOverspends,
    /// It is not kept which vouchers are noted.
    RedemptionForgotten,
    /// A voucher that was redeemed on a further chain counts as one on the first.
    RedeemedElsewhere,
    /// An allowance is charged to the credit that was opened first, whoever has it.
    CreditOfAnother,
    /// Uses take the double out of credit.
    CreditChargedTwice,
    /// What credit has paid is debited from a deposit of the payer, too.
    CreditDebited,
    /// The operator notes what a voucher says in all, not what it has moved since the last one.
    NotedInAll,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 41] = [
        Self::JournalUnsynced,
        Self::SyncErrorIgnored,
        Self::NamesUnsynced,
        Self::FilesUnsynced,
        Self::TilesUnsynced,
        Self::LockIgnored,
        Self::FenceSkipped,
        Self::NonceNotRead,
        Self::LostAnswerIgnored,
        Self::TileTooShort,
        Self::HigherTilesMissing,
        Self::SignedEarly,
        Self::AnsweredEarly,
        Self::GoesOnBehindFailure,
        Self::SnapshotWithoutTail,
        Self::NoncesForgotten,
        Self::FollowerFedEarly,
        Self::RollbackAccepted,
        Self::SlashTwice,
        Self::SlashOfAll,
        Self::LockKept,
        Self::LockTooLong,
        Self::LockUncovered,
        Self::LeavingCounts,
        Self::RepaidTwice,
        Self::PayWithheld,
        Self::SlashUnpublished,
        Self::VotesMoved,
        Self::CreditedElsewhere,
        Self::ReleasedEverywhere,
        Self::DebitUnshown,
        Self::AllowanceKept,
        Self::ComposedKept,
        Self::ComposedAll,
        Self::CallOverspends,
        Self::RedemptionForgotten,
        Self::RedeemedElsewhere,
        Self::CreditOfAnother,
        Self::CreditChargedTwice,
        Self::CreditDebited,
        Self::NotedInAll,
    ];

    /// True for one of the ledger: what it decides is changed before it is applied.
    pub(crate) fn is_of_rules(self) -> bool {
        matches!(
            self,
            Self::SlashTwice
                | Self::SlashOfAll
                | Self::LockKept
                | Self::LockTooLong
                | Self::LockUncovered
                | Self::LeavingCounts
                | Self::RepaidTwice
                | Self::VotesMoved
                | Self::CreditedElsewhere
                | Self::ReleasedEverywhere
                | Self::AllowanceKept
                | Self::ComposedKept
                | Self::ComposedAll
                | Self::RedemptionForgotten
                | Self::RedeemedElsewhere
                | Self::CreditOfAnother
                | Self::CreditChargedTwice
                | Self::CreditDebited
        )
    }
}

/// The disk with its bug, or as it is.
pub(crate) fn disk(bug: Option<Bug>, disk: Arc<dyn Disk>) -> Arc<dyn Disk> {
    match bug {
        Some(bug) => Arc::new(BadDisk { bug, disk }),
        None => disk,
    }
}

/// The files with their bug, or as they are.
pub(crate) fn files(bug: Option<Bug>, files: Arc<dyn Files>) -> Arc<dyn Files> {
    match bug {
        Some(bug) => Arc::new(BadFiles { bug, files }),
        None => files,
    }
}

/// A state as it comes back from a snapshot.
pub(crate) fn restored(bug: Option<Bug>, mut state: State) -> State {
    if bug == Some(Bug::NoncesForgotten) {
        for key in state.accounts.keys_mut().values_mut() {
            key.nonces = Default::default();
        }
    }
    state
}

#[derive(Debug)]
struct BadDisk {
    bug: Bug,
    disk: Arc<dyn Disk>,
}

impl Disk for BadDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.disk.read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(path, bytes)
    }

    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>> {
        let (bug, file) = (self.bug, self.disk.append(path, new)?);
        Ok(Box::new(BadAppend { bug, file }))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        match self.bug {
            Bug::FilesUnsynced => Ok(()),
            _ => self.disk.sync(path),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.names(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        match self.bug {
            Bug::NamesUnsynced => Ok(()),
            _ => self.disk.sync_dir(dir),
        }
    }

    fn sync_all(&self, root: &Path) -> io::Result<()> {
        match self.bug {
            Bug::TilesUnsynced => Ok(()),
            _ => self.disk.sync_all(root),
        }
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn fmt::Debug + Send + Sync>>> {
        match self.bug {
            Bug::LockIgnored => Ok(Some(Box::new(()))),
            _ => self.disk.lock(path),
        }
    }

    fn random(&self, bytes: &mut [u8]) {
        self.disk.random(bytes);
    }
}

#[derive(Debug)]
struct BadAppend {
    bug: Bug,
    file: Box<dyn Append>,
}

impl Append for BadAppend {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.bug {
            Bug::JournalUnsynced => Ok(()),
            Bug::SyncErrorIgnored => self.file.sync().or(Ok(())),
            _ => self.file.sync(),
        }
    }
}

#[derive(Debug)]
struct BadFiles {
    bug: Bug,
    files: Arc<dyn Files>,
}

impl Files for BadFiles {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created> {
        match self.bug {
            Bug::FenceSkipped => self.files.put(name, bytes).map(|()| Created::New),
            Bug::NonceNotRead => self.files.create(name, bytes).map(|_| Created::New),
            Bug::LostAnswerIgnored => match self.files.create(name, bytes) {
                Err(error) if error.kind == Kind::Unavailable => Ok(Created::New),
                created => created,
            },
            _ => self.files.create(name, bytes),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.files.put(name, bytes)
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let is_tile = name.starts_with("log/tile/") && !name.contains("entries");
        let is_full = bytes.len() == 8_192;
        match self.bug {
            Bug::TileTooShort if is_tile && is_full => {
                self.files.stage(name, &bytes[..bytes.len() - 32])
            }
            Bug::HigherTilesMissing if is_tile && !name.starts_with("log/tile/0/") => Ok(()),
            _ => self.files.stage(name, bytes),
        }
    }

    fn sync(&self) -> Result<()> {
        self.files.sync()
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.files.read(name)
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        self.files.list(prefix, after, limit)
    }

    fn pause(&self, tries: u32) {
        self.files.pause(tries);
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.files.remove(name)
    }
}
