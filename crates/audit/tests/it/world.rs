//! A space in the making: signs, decides, applies, and keeps what a node would publish.

use crate::twin::{self, Directory};
use audit::source::Deposit;
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use ledger::{Documents, State};
use proof::hash::sha256;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::{CreditDeposit, DiscloseWallet, OpenAccount};
use protocol::entry::{Entry, Signed, Submission};
use protocol::operation::PostStateRoot;
use protocol::{
    AccountId, Address, Amount, Command, FundId, Hash, Scope, Signature, Space, TokenId,
    WalletSignature, codec, entry,
};
use std::collections::BTreeMap;

pub const CHAIN: u64 = 31_337;
pub const SPACE: Space = Space([7; 16]);
pub const TOKEN: Address = Address([0x31; 20]);
pub const FAR_MS: u64 = 1_900_000_000_000;

/// What a dishonest operator does once, in a log that is signed with the right key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    None,
    PaidFarmer,
    ChangedLabel,
    ChangedReputation,
    WrongRoot,
    InflatedDeposit,
    DroppedRow,
    DroppedRowAndLeaf,
    DuplicateReceipt,
    UnsortedRows,
    WrongPrice,
    LateRow,
    ChangedGold,
    ThinGold,
    Unopened,
    BadSignature,
    ForgedAnswers,
    WrongNumber,
    TimeBackwards,
    LongEncoding,
    EarlyRelease,
    WrongStateRoot,
    /// None, in a campaign under `headwater-pay@2`.
    Judged,
    ClosedUnsure,
    PausedUnproven,
    OtherEvidence,
    SlashedHonest,
    /// None, in a judged campaign where answers have texts and some are replaced.
    Replaced,
    /// The answer that was replaced is opened, not the one in its place.
    OpenedOld,
    /// An answer is opened with words that nobody has said.
    ChangedText,
    /// An answer is replaced after a fact that rests on it.
    ReplacedLate,
}

impl Lie {
    /// Whether answers have texts, and some are replaced.
    pub fn replaces(self) -> bool {
        matches!(
            self,
            Self::Replaced | Self::OpenedOld | Self::ChangedText | Self::ReplacedLate
        )
    }

    /// Whether it is told of a campaign under `headwater-pay@2`.
    pub fn judged(self) -> bool {
        let facts = matches!(self, Self::ClosedUnsure | Self::PausedUnproven);
        facts
            || self.replaces()
            || matches!(
                self,
                Self::Judged | Self::OtherEvidence | Self::SlashedHonest
            )
    }
}

pub struct World {
    pub state: State,
    pub entries: Vec<Vec<u8>>,
    pub directory: Directory,
    pub keys: Vec<SessionKey>,
    pub bindings: Vec<Option<Binding>>,
    pub time_ms: u64,
    pub lie: Lie,
    /// True once an entry stands in the log that no honest sequencer would take.
    pub over: bool,
    /// Root of the state after 500 entries.
    root: Option<Hash>,
    documents: BTreeMap<Hash, Vec<u8>>,
}

impl Documents for World {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.documents.get(hash).cloned()
    }
}

impl World {
    pub fn new(lie: Lie) -> Self {
        Self {
            state: State::new(SPACE),
            entries: Vec::new(),
            directory: Directory::default(),
            keys: vec![SessionKey::from_seed(&[1; 32])],
            bindings: vec![None],
            time_ms: 1_700_000_000_000,
            lie,
            over: false,
            root: None,
            documents: BTreeMap::new(),
        }
    }

    /// Puts a document beside the log; `path` names its folder.
    pub fn keep(&mut self, bytes: Vec<u8>, path: impl Fn(&[u8; 32]) -> String) -> Hash {
        let hash = Hash(sha256(&[&bytes]));
        self.directory.files.insert(path(&hash.0), bytes.clone());
        self.documents.insert(hash, bytes);
        hash
    }

    /// The nonce that the next entry will carry.
    pub fn nonce(&self) -> u64 {
        self.entries.len() as u64
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
        if self.over {
            return;
        }
        let submission = Submission {
            space: SPACE,
            account: account.map(AccountId),
            key: protocol::SessionKey(key.public()),
            nonce: self.nonce(),
            command,
            private,
        };
        let signature = Signature(key.sign(&submission.signing_bytes()));
        self.time_ms += 1_000;
        let (seq, time_ms) = (self.entries.len() as u64, self.time_ms);
        let signed = Signed {
            submission,
            signature,
        };
        let entry = Entry {
            seq,
            time_ms,
            rule: entry::RULE_VERSION,
            signed,
        };
        match ledger::decide(&self.state, &entry, self) {
            Ok(events) => ledger::apply::apply(&mut self.state, &entry, &events),
            Err(rejection) if self.lie == Lie::None => {
                panic!("{rejection}: {:?}", entry.signed.submission.command)
            }
            Err(_) => self.over = true,
        }
        self.entries.push(codec::encode(&entry));
        if self.entries.len() == 500 {
            self.root = Some(self.state.root());
        }
    }

    /// The operator says what the state was after 500 entries.
    pub fn post_state_root(&mut self) {
        let Some(mut root) = self.root else { return };
        root.0[7] ^= u8::from(self.lie == Lie::WrongStateRoot);
        let layout = self.state.layout().to_owned();
        let post = PostStateRoot {
            size: 500,
            layout,
            root,
        };
        self.push(0, Command::PostStateRoot(post));
    }

    /// Writes an entry again, as no honest sequencer would have taken it, and ends the log with it.
    pub fn falsify(&mut self, change: impl FnOnce(&mut Entry)) {
        let last = self.entries.pop().unwrap();
        let mut entry: Entry = codec::decode(&last).unwrap();
        change(&mut entry);
        self.entries.push(codec::encode(&entry));
        self.over = true;
    }

    pub fn open_account(&mut self, scope: Scope, seed: u8) -> u32 {
        let account = self.keys.len() as u32;
        let mut secret = sha256(&[b"session", &account.to_be_bytes(), &[seed]]);
        let key = SessionKey::from_seed(&secret);
        secret[0] ^= 0x55;
        let wallet = WalletKey::from_secret(&secret).unwrap();
        let delegation = Delegation {
            chain_id: CHAIN,
            space: SPACE,
            key: protocol::SessionKey(key.public()),
            scope,
            expires_ms: FAR_MS,
        };
        let binding = Binding {
            wallet: Address(wallet.address()),
            delegation: WalletSignature(wallet.sign(&delegation.digest())),
            salt: Hash([seed; 32]),
        };
        let private = commitment::binding(SPACE, delegation.key, &binding);
        let command = Command::OpenAccount(OpenAccount {
            scope,
            expires_ms: FAR_MS,
        });
        self.push_as(None, &key, command, Some(private));
        self.keys.push(key);
        self.bindings.push(Some(binding));
        account
    }

    pub fn disclose(&mut self, account: u32) {
        let binding = self.bindings[account as usize].clone().unwrap();
        let disclosure = DiscloseWallet {
            wallet: binding.wallet,
            delegation: binding.delegation,
            salt: binding.salt,
        };
        self.push(account, Command::DiscloseWallet(disclosure));
    }

    /// A deposit on chain, and its credit in the log.
    pub fn deposit(&mut self, account: u32, units: u128) -> FundId {
        let id = self.directory.facts.deposits.len() as u64 + 1;
        self.directory.facts.deposits.push(Deposit {
            id,
            account,
            token: TOKEN.0,
            amount: units,
            epoch_cap: units,
            closes_ms: FAR_MS,
            refunded: 0,
        });
        let inflated = u128::from(self.lie == Lie::InflatedDeposit && id == 2);
        let credit = CreditDeposit {
            fund: FundId(id),
            account: AccountId(account),
            token: TokenId(0),
            amount_units: Amount::new(units + inflated).unwrap(),
            epoch_cap_units: Amount::new(units).unwrap(),
            closes_ms: FAR_MS,
        };
        self.push(0, Command::CreditDeposit(credit));
        FundId(id)
    }

    /// Publishes the log as it now is.
    pub fn directory(mut self) -> Directory {
        let entries = std::mem::take(&mut self.entries);
        self.directory.publish(&entries, &twin::signer(99));
        self.directory
    }
}
