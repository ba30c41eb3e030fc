//! Measures an audit of 200,000 small entries: `cargo run --release -p audit --example speed`.

use audit::{ChainFacts, Options, ReadError, Source};
use proof::merkle::{self, Head};
use proof::note::Signer;
use proof::signature::SessionKey;
use proof::tile::{self, Tile};
use protocol::command::{CreditDeposit, Genesis, OpenAccount};
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::{
    AccountId, Address, Amount, Command, FundId, Hash, Scope, Signature, Space, TokenId, UsageRow,
    codec,
};
use std::collections::BTreeMap;
use std::time::Instant;

const ENTRIES: u64 = 200_000;
const SPACE: Space = Space([7; 16]);
const TOKEN: Address = Address([3; 20]);

struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    facts: ChainFacts,
}

impl Source for Memory {
    fn checkpoint(&self) -> Result<Vec<u8>, ReadError> {
        Ok(self.files["checkpoint"].clone())
    }
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
    fn chain(&self) -> Result<ChainFacts, ReadError> {
        Ok(self.facts.clone())
    }
}

fn main() {
    let signer = Signer::from_seed("speed.example/log", &[9; 32]).expect("a good name");
    let memory = memory(&signer);
    let bytes: usize = memory.files.values().map(Vec::len).sum();
    println!("{ENTRIES} entries, {} bytes of files", bytes);
    for (signatures, threads) in [(false, 1), (true, 1), (true, 2)] {
        let options = Options {
            signatures,
            threads,
        };
        let start = Instant::now();
        let report = audit::audit(&memory, signer.verifier(), options, &mut |_| ());
        let seconds = start.elapsed().as_secs_f64();
        let report = report.expect("the log is honest");
        println!(
            "signatures {:6}, threads {threads}: {seconds:.2} s, {:.0} entries/s",
            report.signatures_checked,
            ENTRIES as f64 / seconds
        );
    }
}

/// One genesis and many accounts and deposits, alternating.
fn memory(signer: &Signer) -> Memory {
    let operator = SessionKey::from_seed(&[1; 32]);
    let mut facts = ChainFacts {
        chain_id: 1,
        tokens: vec![TOKEN.0],
        ..ChainFacts::default()
    };
    let (settlement, escrow) = (Address([0; 20]), Address([0; 20]));
    let genesis = Genesis {
        chain_id: 1,
        settlement,
        escrow,
        tokens: vec![TOKEN],
    };
    let mut entries = vec![entry(0, &operator, None, Command::Genesis(genesis))];
    for seq in 1..ENTRIES {
        entries.push(if seq % 2 == 1 {
            let mut seed = [2; 32];
            seed[..8].copy_from_slice(&seq.to_be_bytes());
            let open = OpenAccount {
                scope: Scope::WORK,
                expires_ms: 1_900_000_000_000,
            };
            entry(
                seq,
                &SessionKey::from_seed(&seed),
                None,
                Command::OpenAccount(open),
            )
        } else {
            let deposit = deposit(seq / 2);
            facts.deposits.push(deposit);
            let amount = Amount::new(deposit.amount).expect("below the cap");
            let credit = CreditDeposit {
                fund: FundId(deposit.id),
                account: AccountId(deposit.account),
                token: TokenId(0),
                amount_units: amount,
                epoch_cap_units: amount,
                closes_ms: deposit.closes_ms,
            };
            entry(
                seq,
                &operator,
                Some(AccountId(0)),
                Command::CreditDeposit(credit),
            )
        });
    }
    Memory {
        files: files(&entries, signer),
        facts,
    }
}

fn deposit(id: u64) -> audit::source::Deposit {
    audit::source::Deposit {
        id,
        account: 1,
        token: TOKEN.0,
        amount: 1_000_000,
        epoch_cap: 1_000_000,
        closes_ms: 1_900_000_000_000,
        refunded: 0,
    }
}

fn entry(seq: u64, key: &SessionKey, account: Option<AccountId>, command: Command) -> Vec<u8> {
    let submission = Submission {
        space: SPACE,
        account,
        key: protocol::SessionKey(key.public()),
        nonce: seq,
        private: matches!(command, Command::OpenAccount(_)).then_some(Hash([4; 32])),
        command,
    };
    let signature = Signature(key.sign(&submission.signing_bytes()));
    let signed = Signed {
        submission,
        signature,
    };
    codec::encode(&Entry {
        seq,
        time_ms: 1_700_000_000_000 + seq,
        rule: RULE_VERSION,
        signed,
    })
}

fn files(entries: &[Vec<u8>], signer: &Signer) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut hashes: Vec<_> = entries.iter().map(|it| merkle::leaf_hash(it)).collect();
    let head = Head {
        size: ENTRIES,
        root: merkle::root(&hashes),
    };
    let tile = |level, index: usize, width: usize| Tile {
        level,
        index: index as u64,
        width: width as u16,
    };
    for (index, part) in entries.chunks(256).enumerate() {
        let mut bundle = Vec::new();
        for entry in part {
            tile::push_entry(&mut bundle, entry).expect("entries are small");
        }
        files.insert(tile(0, index, part.len()).bundle_path(), bundle);
    }
    for level in 0..8 {
        for (index, part) in hashes.chunks(256).enumerate() {
            files.insert(tile(level, index, part.len()).path(), part.concat());
        }
        hashes = hashes.chunks_exact(256).map(merkle::root).collect();
    }
    let origin = signer.verifier().name().to_owned();
    let checkpoint = proof::Checkpoint { origin, head };
    let note = checkpoint.sign(signer).expect("the signer is the log");
    files.insert("checkpoint".to_owned(), note.into_bytes());
    files
}
