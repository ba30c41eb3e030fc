//! An operator with a log and a chain, honest until told otherwise: two models, one payer, epochs.

use crate::directory::{self, Directory};
use chain::deployment::Terms as Deployed;
use chain::escrow::{Debit, Opening};
use chain::settlement::{Claim, Post, Total};
use chain::{Chain, Wallet};
use ledger::claims::Statement;
use ledger::commitment::Binding;
use ledger::{Documents, State};
use proof::claim::{Leaf, Tree};
use proof::hash::sha256;
use proof::merkle;
use proof::signature::SessionKey;
use protocol::command::{CreditDeposit, Genesis, GrantAllowance, PostSegment, UsageTotal};
use protocol::entry::{self, Entry, Signed, Submission};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, AllowanceId, Amount, AssetId, Command, EpochId, FundId, Hash, Ppm, Scope,
    Signature, Space, TokenId, UsageRow, codec,
};
use std::collections::BTreeMap;

pub const SPACE: Space = Space([7; 16]);
pub const WINDOW_S: u64 = 3_600;
pub const RULING_S: u64 = 7_200;
const START_S: u64 = 1_800_000_000;
pub const FAR_MS: u64 = 1_900_000_000_000;
const DEPOSIT: u128 = 1_000_000;
const USE_PRICE: u128 = 1_000;
/// Owners of the two models, and who pays for their uses.
const OWNERS: [u32; 2] = [1, 2];
const PAYER: u32 = 3;

pub fn wallet(seed: u8) -> Wallet {
    Wallet::new(&[seed; 32]).unwrap()
}

pub struct Operator {
    pub chain: Chain,
    pub directory: Directory,
    pub state: State,
    pub entries: Vec<Vec<u8>>,
    pub keys: Vec<SessionKey>,
    pub bindings: Vec<Option<Binding>>,
    documents: BTreeMap<Hash, Vec<u8>>,
    segments: [u32; 2],
    time_ms: u64,
    pub place: tempfile::TempDir,
}

struct Kept<'a>(&'a BTreeMap<Hash, Vec<u8>>);

impl Documents for Kept<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0.get(hash).cloned()
    }
}

impl Operator {
    /// An operator whose first two epochs are final, and whose third is due: both owners have a
    /// line in the second and a higher one in the third.
    pub fn in_business() -> Operator {
        let mut operator = Operator::new();
        for id in 1..=2 {
            operator.work();
            let (statement, file) = operator.close();
            let post = operator.honest_post(&statement, &file);
            operator.post(&post);
            operator.debit_all(id);
            operator.settle(id);
        }
        operator.work();
        operator
    }

    /// Contracts, a log, three accounts, two models, one deposit.
    pub fn new() -> Operator {
        let place = tempfile::tempdir().unwrap();
        let terms = Deployed {
            poster: wallet(2).address(),
            guardian: wallet(3).address(),
            arbiter: wallet(4).address(),
            debitor: wallet(5).address(),
            window_s: WINDOW_S,
            ruling_s: RULING_S,
        };
        let chain = Chain::open(place.path(), &wallet(1), &terms, START_S).unwrap();
        let mut operator = Operator {
            chain,
            directory: Directory::default(),
            state: State::new(SPACE),
            entries: Vec::new(),
            keys: vec![SessionKey::from_seed(&[1; 32])],
            bindings: vec![None],
            documents: BTreeMap::new(),
            segments: [0, 0],
            time_ms: START_S * 1_000,
            place,
        };
        operator.open_log();
        operator.open_deposit();
        operator.offer();
        operator
    }

    fn open_log(&mut self) {
        let at = &self.chain.deployment;
        let genesis = Genesis {
            chain_id: chain::devnet::CHAIN_ID,
            settlement: Address(at.settlement),
            escrow: Address(at.escrow),
            tokens: at.tokens.iter().copied().map(Address).collect(),
            log_key: directory::signer().verifier().to_string(),
            state_every: 0,
        };
        let key = self.keys[0].clone();
        self.push_as(None, &key, Command::Genesis(genesis), None);
        for owner in OWNERS {
            self.open_account(Scope::PUBLISH, owner);
        }
        self.open_account(Scope::SPEND, PAYER);
        for owner in OWNERS {
            self.disclose(owner);
        }
    }

    fn open_deposit(&mut self) {
        let (payer, token) = (wallet(6), self.token());
        self.chain
            .mint(&payer, token, payer.address(), DEPOSIT)
            .unwrap();
        self.chain.approve(&payer, token, DEPOSIT).unwrap();
        let mut account = [0; 32];
        account[28..].copy_from_slice(&PAYER.to_be_bytes());
        let opening = Opening {
            funder: payer.address(),
            account,
            amount: DEPOSIT,
            max_per_epoch: DEPOSIT,
            closes_at_s: FAR_MS / 1_000,
        };
        let id = self.chain.open_deposit(&payer, token, &opening).unwrap();
        let amount = Amount::new(DEPOSIT).unwrap();
        let credit = CreditDeposit {
            fund: FundId(id),
            account: AccountId(PAYER),
            token: TokenId(0),
            amount_units: amount,
            epoch_cap_units: amount,
            closes_ms: FAR_MS,
        };
        self.push(0, Command::CreditDeposit(credit));
    }

    fn offer(&mut self) {
        for (asset, owner) in (0..).zip(OWNERS) {
            let terms = Terms {
                purposes: vec!["inference".to_owned()],
                token: TokenId(0),
                price_units: Amount::new(USE_PRICE).unwrap(),
                demand: Demand::Flow(Ppm::ZERO),
                contributors_share: Ppm::ZERO,
                expires_ms: None,
            };
            let model = RegisterAsset {
                kind: AssetKind::Model,
                title: format!("model {asset}"),
                content: Hash([asset as u8 + 1; 32]),
                terms,
                parents: ParentList::Inline(Vec::new()),
                listing: None,
            };
            self.push(owner, Command::RegisterAsset(model));
            let allowance = GrantAllowance {
                asset: AssetId(asset),
                fund: FundId(1),
                cap_units: Amount::new(DEPOSIT / 2).unwrap(),
                expires_ms: FAR_MS - ledger::state::SETTLING_MS - 1,
            };
            self.push(PAYER, Command::GrantAllowance(allowance));
        }
    }

    /// Some uses of both models.
    pub fn work(&mut self) {
        self.uses(0, 8);
        self.uses(1, 4);
    }

    fn uses(&mut self, model: usize, count: u8) {
        let number = self.segments[model];
        self.segments[model] += 1;
        let row = |place: u8| UsageRow {
            receipt: sha256(&[b"use", &[model as u8, place], &number.to_be_bytes()]),
            allowance: model as u32,
            purpose: 0,
            time_ms: self.time_ms - 1_000,
            amount_units: USE_PRICE,
            input: [place; 32],
            output: [model as u8; 32],
            tokens: None,
        };
        let mut rows: Vec<UsageRow> = (0..count).map(row).collect();
        rows.sort_unstable();
        let leaves: Vec<_> = rows
            .iter()
            .map(|row| merkle::leaf_hash(&row.bytes()))
            .collect();
        let file: Vec<u8> = rows.iter().flat_map(UsageRow::bytes).collect();
        let hash = Hash(sha256(&[&file]));
        self.directory
            .put(&format!("documents/{hash}"), file.clone());
        self.documents.insert(hash, file);
        let total = UsageTotal {
            allowance: AllowanceId(model as u32),
            purpose: 0,
            uses: u32::from(count),
            amount_units: Amount::new(USE_PRICE * u128::from(count)).unwrap(),
            input_tokens: None,
            output_tokens: None,
        };
        let segment = PostSegment {
            asset: AssetId(model as u32),
            number,
            rows_root: Hash(merkle::root(&leaves)),
            rows: hash,
            totals: vec![total],
        };
        self.push(OWNERS[model], Command::PostSegment(segment));
    }

    /// Closes an epoch in the log, and publishes the log and the file of leaves.
    pub fn close(&mut self) -> (Statement, Vec<u8>) {
        let id = EpochId(self.state.epochs.len() as u64 + 1);
        let statement = ledger::claims::statement(&self.state).unwrap();
        let file = statement.file(id);
        self.push(0, Command::CloseEpoch(statement.closing(id)));
        self.directory
            .put(&format!("claims/{id}.json"), file.clone());
        self.publish();
        (statement, file)
    }

    pub fn publish(&self) -> merkle::Head {
        self.directory.publish(&self.entries)
    }

    /// The post that the log bears out, of the epoch that was closed last.
    pub fn honest_post(&self, statement: &Statement, file: &[u8]) -> Post {
        let epoch = self.state.epochs.last().unwrap();
        let totals = statement.totals.iter().map(|total| Total {
            token: self.token(),
            amount: total.amount_units.units(),
        });
        let hashes: Vec<_> = self
            .entries
            .iter()
            .map(|it| merkle::leaf_hash(it))
            .collect();
        Post {
            id: self.chain.last_id().unwrap() + 1,
            parent: self.chain.head().unwrap(),
            root: epoch.root.0,
            totals: totals.collect(),
            checkpoint_root: merkle::root(&hashes),
            log_size: self.entries.len() as u64,
            log_time_ms: epoch.time_ms,
            data_hash: sha256(&[file]),
        }
    }

    /// The same post with other leaves, whose file is published; and the claims of these leaves.
    pub fn with_leaves(&self, honest: &Post, leaves: Vec<Leaf>) -> (Post, Vec<Claim>) {
        let domain = self.chain.deployment.domain();
        let hashes = leaves.iter().map(|leaf| leaf.hash(&domain).unwrap());
        let tree = Tree::new(hashes.collect());
        let statement = Statement {
            further: Vec::new(),
            debits: vec![proof::claim::Debits::default()],
            domain,
            leaves: leaves.clone(),
            tree: tree.clone(),
            totals: Vec::new(),
        };
        let file = statement.file(EpochId(honest.id));
        let post = Post {
            root: tree.root(),
            data_hash: sha256(&[&file]),
            ..honest.clone()
        };
        self.directory
            .put(&format!("claims/{}.json", honest.id), file);
        (post, claims(&leaves, &tree))
    }

    pub fn post(&mut self, post: &Post) {
        self.chain.post(&wallet(2), post).unwrap();
    }

    /// Debits what the ledger owes for an epoch.
    pub fn debit_all(&mut self, id: u64) {
        let epoch = self.state.epoch(EpochId(id)).unwrap();
        let debits = epoch.debits.iter().map(|(fund, amount)| Debit {
            id: fund.0,
            amount: amount.units(),
        });
        let debits: Vec<Debit> = debits.collect();
        self.chain.debit(&wallet(5), id, &debits).unwrap();
    }

    /// Lets the window pass, makes the epoch final, and notes the release.
    pub fn settle(&mut self, id: u64) {
        self.chain.devnet.advance(WINDOW_S);
        self.chain.finalize(&wallet(7), id).unwrap();
        let token = self.token();
        self.chain.release(&wallet(7), id, &[token]).unwrap();
        self.push(0, Command::NoteRelease(EpochId(id)));
        self.publish();
    }

    pub fn token(&self) -> [u8; 20] {
        self.chain.deployment.token()
    }

    pub fn push(&mut self, account: u32, command: Command) {
        let key = self.keys[account as usize].clone();
        self.push_as(Some(account), &key, command, None);
    }

    pub fn push_as(
        &mut self,
        account: Option<u32>,
        key: &SessionKey,
        command: Command,
        private: Option<Hash>,
    ) {
        let submission = Submission {
            space: SPACE,
            account: account.map(AccountId),
            key: protocol::SessionKey(key.public()),
            nonce: self.entries.len() as u64,
            command,
            private,
        };
        let signature = Signature(key.sign(&submission.signing_bytes()));
        self.time_ms = (self.time_ms + 1).max(self.chain.devnet.time_s() * 1_000);
        let entry = Entry {
            seq: self.entries.len() as u64,
            time_ms: self.time_ms,
            rule: entry::RULE_VERSION,
            signed: Signed {
                submission,
                signature,
            },
        };
        let events = ledger::decide(&self.state, &entry, &Kept(&self.documents)).unwrap();
        ledger::apply::apply(&mut self.state, &entry, &events);
        self.entries.push(codec::encode(&entry));
    }
}

/// The claims of leaves, by their tree.
pub fn claims(leaves: &[Leaf], tree: &Tree) -> Vec<Claim> {
    let leaves = leaves.iter().enumerate();
    let claim = |(place, leaf): (usize, &Leaf)| Claim {
        leaf: leaf.clone(),
        proof: tree.proof(place).unwrap(),
    };
    leaves.map(claim).collect()
}
