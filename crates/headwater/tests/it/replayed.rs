//! A small data set, the directory that its replay leaves, and copies of it.

use crate::run::{headwater, text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with the tables in `tiny` and the directory of a node in `node`.
pub struct Replayed {
    pub folder: TempDir,
    pub log_key: String,
}

/// Workers answer every unit: the first are right but for one answer in `4 + worker`, the last
/// always says no.
pub fn tables(folder: &Path, units: u32, workers: u32) -> [PathBuf; 2] {
    let truth = |unit: u32| (unit * 7).is_multiple_of(3);
    let word = |yes: bool| if yes { "yes" } else { "no" };
    let (mut answers, mut gold) = ("task,worker,label\n".to_owned(), "task,label\n".to_owned());
    for unit in 0..units {
        for worker in 0..workers {
            let slips = (unit * 5 + worker).is_multiple_of(4 + worker) && worker > 0;
            let label = worker + 1 < workers && truth(unit) != slips;
            writeln!(answers, "u{unit},w{worker},{}", word(label)).expect("memory takes all");
        }
        writeln!(gold, "u{unit},{}", word(truth(unit))).expect("memory takes all");
    }
    let folder = folder.join("tiny");
    fs::create_dir_all(&folder).expect("a temporary folder");
    let paths = [folder.join("answers.csv"), folder.join("gold.csv")];
    for (path, table) in paths.iter().zip([answers, gold]) {
        fs::write(path, table).expect("a temporary folder");
    }
    paths
}

/// The arguments of a replay with half of the gold hidden.
pub fn arguments<'a>(dir: &'a Path, [answers, gold]: &'a [PathBuf; 2]) -> Vec<&'a str> {
    let mut args = vec!["replay", "--data", text(dir), "--answers", text(answers)];
    args.extend(["--gold", text(gold), "--gold-share", "0.5", "--calls", "30"]);
    args
}

impl Replayed {
    /// Replays 40 units and 6 workers.
    pub fn new(seed: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tables = tables(folder.path(), 40, 6);
        let dir = folder.path().join("node");
        let args = arguments(&dir, &tables)
            .into_iter()
            .chain(["--seed", seed, "--json"]);
        let report = headwater(args).json();
        assert_eq!(report["audit"], "verified");
        let log_key = report["log_key"].as_str().expect("a text").to_owned();
        Self { folder, log_key }
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("node")
    }

    /// The audit of a directory by this one's log key.
    pub fn audit(&self, dir: &Path) -> crate::run::Ran {
        headwater(["audit", text(dir), "--log-key", &self.log_key])
    }
}

/// Every file under a folder, by its path in it.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_owned();
                files.insert(text(&name).to_owned(), fs::read(&path).unwrap_or_default());
            }
        }
    }
    files
}

/// Writes files under a folder.
pub fn write_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
        fs::write(path, bytes).expect("a temporary folder");
    }
}
