//! A machine: a disk, perhaps an end of a bucket, the faults of both, and the process on it.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::{Disk, Files, Place};

use crate::bucket::SimBucket;
use crate::disk::SimDisk;
use crate::fault::Faults;
use crate::planted::{self, Bug};
use crate::random::Random;
use crate::writer::Writer;

const DIR: &str = "/log";

/// Where the process runs that writes the log, or may come to write it.
pub(crate) struct Machine {
    pub name: char,
    pub disk: SimDisk,
    pub bucket: Option<SimBucket>,
    pub faults: Faults,
    /// What its clock shows beyond the true time, in milliseconds.
    pub skew_ms: i64,
    /// True while its disk is nearly full.
    pub is_full: bool,
    /// True once another machine has taken the log over, and until it is started again.
    pub is_replaced: bool,
    pub writer: Option<Writer>,
}

impl Machine {
    pub fn new(name: char, random: &mut Random, bucket: Option<&SimBucket>) -> Self {
        let faults = Faults::new(random.bits());
        let disk = SimDisk::new(random.bits(), faults.clone());
        Self {
            name,
            bucket: bucket.map(|bucket| bucket.end(faults.clone())),
            disk,
            faults,
            skew_ms: 0,
            is_full: false,
            is_replaced: false,
            writer: None,
        }
    }

    /// The place as the log's process uses it, bugs included.
    pub fn place(&self, bug: Option<Bug>) -> Place {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let bucket = self.bucket.clone();
        let bucket = bucket.map(|bucket| Arc::new(bucket) as Arc<dyn Files>);
        Place {
            disk: planted::disk(bug, disk),
            dir: PathBuf::from(DIR),
            bucket: bucket.map(|bucket| planted::files(bug, bucket)),
        }
    }

    /// The place as readers use it, who meet no faults.
    pub fn outside(&self) -> Place {
        let faults = Faults::new(0);
        let end = self
            .bucket
            .as_ref()
            .map(|bucket| bucket.end(faults.clone()));
        Place {
            disk: Arc::new(self.disk.seen_with(faults)),
            dir: PathBuf::from(DIR),
            bucket: end.map(|end| Arc::new(end) as Arc<dyn Files>),
        }
    }

    /// The place as a power cut would leave it now that loses everything it can: a copy.
    pub fn durable(&self) -> Place {
        let faults = Faults::new(0);
        let disk = SimDisk::new(0, faults.clone());
        disk.restore(&self.disk.durable());
        let bucket = self.bucket.as_ref().map(|bucket| {
            let copy = SimBucket::new(0, faults);
            copy.restore(&bucket.objects());
            Arc::new(copy) as Arc<dyn Files>
        });
        Place {
            disk: Arc::new(disk),
            dir: PathBuf::from(DIR),
            bucket,
        }
    }

    /// The process ends, with or without the power; it can be started again.
    pub fn stop(&mut self, power_cut: bool) {
        self.writer = None;
        if power_cut {
            self.disk.cut_power();
        } else {
            self.disk.kill();
        }
        if let Some(bucket) = &self.bucket {
            bucket.forget_staged();
        }
        self.faults.revive();
    }

    /// Whether no log was ever created here: its last step writes the file `format`.
    pub fn disk_is_blank(&self) -> bool {
        let disk = self.disk.seen_with(Faults::new(0));
        disk.read(&Path::new(DIR).join("format")).is_err()
    }

    /// What its clock shows.
    pub fn now_ms(&self, true_ms: u64) -> u64 {
        true_ms.saturating_add_signed(self.skew_ms)
    }
}
