//! Audited entries a second on one core, without and with signatures, and the audit's memory.

use crate::accounts;
use crate::clock::{Spent, best_of, time};
use crate::row::{Goal, Table};
use crate::world::{DEPOSIT, END_MS, TOKEN, World, enter, log_signer};
use audit::source::{ChainFacts, Deposit, Named, ReadError};
use audit::{Options, Source};
use ledger::State;
use proof::merkle::{self, Head};
use proof::note::Signer;
use proof::signature::{self, SessionKey};
use proof::tile::{self, Tile};
use protocol::{Entry, Space, UsageRow, codec};
use std::collections::BTreeMap;

const ENTRIES: u64 = 200_000;
const PAYERS: u32 = 1_000;

/// A log of signed grants in memory.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let entries = log();
    let memory = Memory {
        files: files(&entries, &log_signer()),
        facts: facts(),
    };
    let goal = Goal::Rate(1e6);
    let (size, spent) = memory.audit(5, false, 1)?;
    table.rate("audit: entries, without signatures", size, spent, goal);
    let crypto = verify(&entries);
    let measure = "audit: raw Ed25519 `verify_strict`, key and signature from bytes";
    table.rate(measure, size, crypto, Goal::None);
    let (size, spent) = memory.audit(1, true, 1)?;
    let goal = Goal::Rate(0.8 * size as f64 / crypto.cpu_s);
    table.rate("audit: entries, with signatures", size, spent, goal);
    let (size, spent) = memory.audit(1, true, 2)?;
    let measure = "audit: entries, with signatures, two threads (wall time says it)";
    table.rate(measure, size, spent, Goal::None);
    accounts::measure(table)
}

/// The signatures alone, as `proof` checks them.
fn verify(entries: &[Vec<u8>]) -> Spent {
    let signed: Vec<_> = entries
        .iter()
        .map(|bytes| {
            let entry: Entry = codec::decode(bytes).expect("the world encodes");
            let signing = entry.signing_bytes_in(bytes);
            let signed = entry.signed;
            (signed.submission.key.0, signing, signed.signature.0)
        })
        .collect();
    let (all, spent) = time(|| {
        let mut signed = signed.iter();
        signed.all(|(key, bytes, signature)| signature::verify(key, bytes, signature).is_ok())
    });
    assert!(all, "the world signs");
    spent
}

fn log() -> Vec<Vec<u8>> {
    let world = World::new(SessionKey::from_seed(&[1; 32]), PAYERS, true);
    let mut state = State::new(Space([7; 16]));
    let genesis = world.sign(&state, &world.operator, (None, 0), World::genesis());
    let mut entries = vec![enter(&mut state, genesis)];
    entries.extend(world.setup(&mut state));
    for number in 0..ENTRIES - entries.len() as u64 {
        let signed = world.grant(&state, number);
        entries.push(enter(&mut state, signed));
    }
    entries
}

fn facts() -> ChainFacts {
    let deposit = |payer: u32| Deposit {
        id: u64::from(payer),
        account: payer,
        token: TOKEN.0,
        amount: DEPOSIT,
        epoch_cap: DEPOSIT,
        closes_ms: END_MS,
        refunded: 0,
    };
    ChainFacts {
        chain_id: 1,
        settlement: [1; 20],
        escrow: [2; 20],
        tokens: vec![TOKEN.0],
        deposits: (1..=PAYERS).map(deposit).collect(),
        ..ChainFacts::default()
    }
}

fn files(entries: &[Vec<u8>], signer: &Signer) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut hashes: Vec<_> = entries
        .iter()
        .map(|entry| merkle::leaf_hash(entry))
        .collect();
    let head = Head {
        size: entries.len() as u64,
        root: merkle::root(&hashes),
    };
    let tile = |level, index: usize, width: usize| Tile {
        level,
        index: index as u64,
        width: width as u16,
    };
    for (index, part) in entries.chunks(tile::WIDTH as usize).enumerate() {
        let mut bundle = Vec::new();
        for entry in part {
            tile::push_entry(&mut bundle, entry).expect("entries are small");
        }
        files.insert(tile(0, index, part.len()).bundle_path(), bundle);
    }
    for level in 0..8 {
        for (index, part) in hashes.chunks(tile::WIDTH as usize).enumerate() {
            files.insert(tile(level, index, part.len()).path(), part.concat());
        }
        hashes = hashes
            .chunks_exact(tile::WIDTH as usize)
            .map(merkle::root)
            .collect();
    }
    let origin = signer.verifier().name().to_owned();
    let note = proof::Checkpoint { origin, head }
        .sign(signer)
        .expect("the signer is the log");
    files.insert("checkpoint".to_owned(), note.into_bytes());
    files
}

struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    facts: ChainFacts,
}

impl Memory {
    fn audit(
        &self,
        times: usize,
        signatures: bool,
        threads: usize,
    ) -> anyhow::Result<(u64, Spent)> {
        let options = Options {
            signatures,
            threads,
        };
        let key = log_signer().verifier().clone();
        let (report, spent) = best_of(times, || audit::audit(self, &key, options, &mut |_| ()));
        let report = report.map_err(|fault| anyhow::anyhow!("not verified: {}", fault.what))?;
        Ok((report.log_size, spent))
    }
}

impl Source for Memory {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.files.get(path).cloned())
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
        Ok(vec![self.facts.clone()])
    }
}
