//! The audit's memory over a log of nothing but accounts, each entry made when it is asked for.

use crate::row::{Table, grouped};
use crate::world::{World, log_signer};
use audit::source::{ChainFacts, Named, ReadError};
use audit::{Options, Source};
use proof::hash::sha256;
use proof::merkle::{self, Frontier, Head};
use proof::tile::{self, Tile};
use protocol::command::OpenAccount;
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::{Command, Hash, Scope, SessionKey, Signature, Space, UsageRow, codec};
use std::fs;

/// The bench calls itself with this word and a number of accounts.
pub const CHILD: &str = "audit-of-accounts";

const MEGABYTE: f64 = 1e6;
/// Accounts that the goal is stated for.
const MANY: u64 = 1_000_000;

/// Peak memory at a million accounts, and what each of the second million adds.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (Some(one), Some(two)) = (peak_bytes(MANY)?, peak_bytes(2 * MANY)?) else {
        table.skip(
            "audit: peak memory",
            "this system has no `/proc/self/status`",
        );
        return Ok(());
    };
    let figure = format!("{:.0} MB", one / MEGABYTE);
    let measure = "audit: peak memory at 1,000,000 accounts";
    table.fact(measure, &figure, "<= 300 MB", one <= 300.0 * MEGABYTE);
    let each = (two - one) / MANY as f64;
    let figure = format!("{} B", grouped(each));
    let measure = "audit: peak memory of each account more";
    table.fact(measure, &figure, "<= 200 B", each <= 200.0);
    Ok(())
}

fn peak_bytes(accounts: u64) -> anyhow::Result<Option<f64>> {
    let child = std::process::Command::new(std::env::current_exe()?)
        .args([CHILD, &accounts.to_string()])
        .output()?;
    let said = String::from_utf8(child.stdout)?;
    anyhow::ensure!(
        child.status.success(),
        "the audit of accounts failed: {said}"
    );
    Ok(said.trim().parse().ok())
}

/// The child: audits so many accounts and prints the most bytes it has held.
pub fn audit(accounts: u64) -> anyhow::Result<()> {
    let log = Accounts::new(accounts + 1);
    let options = Options {
        signatures: false,
        threads: 1,
    };
    let key = log_signer().verifier().clone();
    audit::audit(&log, &key, options, &mut |_| ())
        .map_err(|fault| anyhow::anyhow!("not verified: {}", fault.what))?;
    println!(
        "{}",
        most_bytes().map_or("unknown".to_owned(), |it| it.to_string())
    );
    Ok(())
}

/// The most bytes that this process has held.
pub fn most_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// A log of a genesis and unsigned accounts. Only the hashes above its bundles are kept.
struct Accounts {
    size: u64,
    checkpoint: String,
    /// Roots of the full bundles, which tile level 1 is made of, and of 256 of those, and so on.
    upper: [Vec<[u8; 32]>; 7],
}

impl Accounts {
    fn new(size: u64) -> Self {
        let mut upper: [Vec<[u8; 32]>; 7] = Default::default();
        let mut tree = Frontier::default();
        for seq in 0..size {
            tree.append_with(merkle::leaf_hash(&entry(seq)), |level, _, hash| {
                if level > 0 && level.is_multiple_of(tile::HEIGHT) {
                    upper[usize::from(level / tile::HEIGHT) - 1].push(hash);
                }
            });
        }
        let root = tree.root();
        let signer = log_signer();
        let origin = signer.verifier().name().to_owned();
        let head = Head { size, root };
        let checkpoint = proof::Checkpoint { origin, head }.sign(&signer);
        let checkpoint = checkpoint.expect("the signer is the log");
        Self {
            size,
            checkpoint,
            upper,
        }
    }

    fn bundle(&self, tile: Tile) -> Vec<u8> {
        let mut bundle = Vec::new();
        for entry in self.entries(tile) {
            tile::push_entry(&mut bundle, &entry).expect("entries are small");
        }
        bundle
    }

    fn entries(&self, tile: Tile) -> impl Iterator<Item = Vec<u8>> {
        let first = tile.index * tile::WIDTH;
        (first..first + u64::from(tile.width)).map(entry)
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        match tile.level {
            0 => self
                .entries(tile)
                .flat_map(|entry| merkle::leaf_hash(&entry))
                .collect(),
            level => {
                let first = (tile.index * tile::WIDTH) as usize;
                let row = &self.upper[usize::from(level) - 1];
                row[first..first + usize::from(tile.width)].concat()
            }
        }
    }
}

/// Entry `seq`: what each submission holds follows from its number.
fn entry(seq: u64) -> Vec<u8> {
    let hash = |what: &[u8]| sha256(&[what, &seq.to_be_bytes()]);
    let (command, private) = match seq {
        0 => (World::genesis(), None),
        _ => {
            let open = OpenAccount {
                scope: Scope::WORK,
                expires_ms: crate::world::END_MS,
            };
            (Command::OpenAccount(open), Some(Hash(hash(b"binding"))))
        }
    };
    let submission = Submission {
        space: Space([7; 16]),
        account: None,
        key: SessionKey(hash(b"key")),
        nonce: 0,
        command,
        private,
    };
    codec::encode(&Entry {
        seq,
        time_ms: 1_767_603_600_000 + seq,
        rule: RULE_VERSION,
        signed: Signed {
            submission,
            signature: Signature([0; 64]),
        },
    })
}

impl Source for Accounts {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        if path == "checkpoint" {
            return Ok(Some(self.checkpoint.clone().into_bytes()));
        }
        let tiles = (0..8).flat_map(|level| tiles(level, self.size, path));
        let found = tiles.take(1).next();
        Ok(found.map(|(tile, bundle)| {
            if bundle {
                self.bundle(tile)
            } else {
                self.tile(tile)
            }
        }))
    }

    fn document(&self, _: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(None)
    }

    fn claims(&self, _: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(None)
    }

    fn usage_rows(&self, _: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        Ok(Vec::new())
    }

    fn chains(&self, _: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        Ok(Vec::new())
    }
}

/// The tile of a level that has this path, and whether the path is that of its bundle.
fn tiles(level: u8, size: u64, path: &str) -> Option<(Tile, bool)> {
    let digits: String = path.split(".p/").next()?.split('/').skip(2).collect();
    let index: u64 = digits.replace('x', "").parse().ok()?;
    let tile = tile::holding(level, index * tile::WIDTH, size)?;
    (tile.path() == path || level == 0 && tile.bundle_path() == path)
        .then(|| (tile, level == 0 && tile.bundle_path() == path))
}
