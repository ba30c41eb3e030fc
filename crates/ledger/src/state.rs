//! Everything that the entries so far have made: plain values with dense ids, nothing hidden.

use crate::accounts::{Account, Accounts};
use crate::book::Book;
use crate::conduct::Practice;
use crate::keys::Key;
use crate::operation::{LogKey, StateRoot, Tombstone, WitnessedTime};
use crate::ring::AddedKey;
use crate::role::GivenRoles;
use crate::section::Sections;
use crate::work::Campaign;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::command::{CreditDeposit, Genesis, TokenTotal};
use protocol::event::{HoldId, NewAsset, PurseId};
use protocol::operation::Erasure;
use protocol::{
    AccountId, Amount, AssetId, CampaignId, EpochId, FundId, Hash, Ppm, SessionKey, Space, TokenId,
};
use serde::{Deserialize, Serialize};

/// How long before a deposit closes, in milliseconds, nothing new may count on it: 7 days, in which
/// the last work is scored, its epoch closed, debited and final before the contract may refund.
pub const SETTLING_MS: u64 = 7 * 24 * 3_600_000;

/// The state of a space. Equal logs give equal states, byte for byte ([`State::to_bytes`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The log it belongs to.
    pub space: Space,
    /// Where it settles; `None` before the first entry.
    pub genesis: Option<Genesis>,
    /// Entries applied.
    pub size: u64,
    /// Log time of the last entry, milliseconds since 1970.
    pub time_ms: u64,
    /// With their session keys.
    pub accounts: Accounts,
    /// All money.
    pub book: Book,
    /// By [`FundId`] less one.
    pub funds: Vec<CreditDeposit>,
    /// The deposits of each account in each token, oldest first, for block deposits.
    pub deposits: BTreeMap<(AccountId, TokenId), Vec<FundId>>,
    /// By [`CampaignId`].
    pub campaigns: Vec<Campaign>,
    /// By [`AssetId`].
    pub assets: Vec<Asset>,
    /// By [`protocol::AllowanceId`].
    pub allowances: Vec<Allowance>,
    /// By [`EpochId`] less one.
    pub epochs: Vec<Epoch>,
    /// What gold has shown of a contributor in a skill, across campaigns.
    pub skills: BTreeMap<(AccountId, alloc::string::String), Skill>,
    /// Session keys that have joined accounts later, each account's in the order of their entries.
    pub added: BTreeMap<AccountId, Vec<AddedKey>>,
    /// The log's own keys, the newest last; empty before the first entry.
    pub log_keys: Vec<LogKey>,
    /// The newest root of an earlier state that was posted.
    pub posted_root: Option<StateRoot>,
    /// Whose word on the time counts, and what it was; `None` while nobody's does.
    pub witnessed: Option<WitnessedTime>,
    /// What beside the log is gone for good.
    pub erased: BTreeMap<Erasure, Tombstone>,
    /// What campaigns with a method have shown; stands behind the first layout of the bytes.
    #[serde(skip)]
    pub practice: Practice,
    /// Roles that the operator has given; stand behind that, from the first of them on.
    #[serde(skip)]
    pub given: GivenRoles,
    /// What later kinds of commands have made; stands behind that.
    #[serde(skip)]
    pub sections: Sections,
}

/// An asset with the revenue rules that were frozen when it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// What was registered.
    pub registered: NewAsset,
    /// Sum of the contributors' shares, at least 1 if there are any.
    pub total_shares: u32,
    /// Segments posted so far.
    pub segments: u32,
    /// Uses charged so far.
    pub uses: u64,
    /// Base units charged so far.
    pub charged_units: Amount,
    /// Royalties received from descendants so far, by token.
    pub received: BTreeMap<TokenId, Amount>,
}

/// Money that a payer has set aside for one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// What may be used for it.
    pub asset: AssetId,
    /// Who pays.
    pub payer: AccountId,
    /// The pending transfer to the asset.
    pub hold: HoldId,
    /// Log time in milliseconds after which it ends.
    pub expires_ms: u64,
    /// True once the rest has returned.
    pub ended: bool,
}

/// A closed epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// Root of the claim tree.
    pub root: Hash,
    /// How many wallets have a line.
    pub leaves: u32,
    /// Cumulative totals by token.
    pub totals: Vec<TokenTotal>,
    /// What the Escrow contracts must debit for this epoch, each from its own deposits.
    pub debits: Vec<(FundId, Amount)>,
    /// What earnings and pools will be payable when the debits are released, on each chain its own.
    pub staged: Vec<(PurseId, Amount)>,
    /// Size of the log with the closing entry.
    pub log_size: u64,
    /// Log time of the closing entry.
    pub time_ms: u64,
    /// True once the debits are released on the first chain.
    pub released: bool,
}

/// What a contributor has shown in a skill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// Reputation after the last scores: the lower 5 % bound of the chance to be right.
    pub reputation: Ppm,
    /// Gold answers seen in closed campaigns.
    pub gold_seen: u32,
    /// Of these, right.
    pub gold_right: u32,
    /// Blocks released in closed campaigns.
    pub released: u32,
    /// Blocks rejected in closed campaigns.
    pub rejected: u32,
}

impl State {
    /// The state before the first entry.
    pub fn new(space: Space) -> Self {
        Self {
            space,
            genesis: None,
            size: 0,
            time_ms: 0,
            accounts: Accounts::default(),
            book: Book::default(),
            funds: Vec::new(),
            deposits: BTreeMap::new(),
            campaigns: Vec::new(),
            assets: Vec::new(),
            allowances: Vec::new(),
            epochs: Vec::new(),
            skills: BTreeMap::new(),
            added: BTreeMap::new(),
            log_keys: Vec::new(),
            posted_root: None,
            witnessed: None,
            erased: BTreeMap::new(),
            practice: Practice::default(),
            given: GivenRoles::default(),
            sections: Sections::default(),
        }
    }

    /// The account, or `None` where the number is not in use.
    pub fn account(&self, id: AccountId) -> Option<Account> {
        self.accounts.get(id)
    }

    /// The session key, or `None` if it has not joined an account.
    pub fn key(&self, key: &SessionKey) -> Option<&Key> {
        self.accounts.keys().get(key)
    }

    /// The campaign, or `None` where the number is not in use.
    pub fn campaign(&self, id: CampaignId) -> Option<&Campaign> {
        self.campaigns.get(id.index())
    }

    /// All campaigns with their numbers.
    pub fn numbered_campaigns(&self) -> impl Iterator<Item = (CampaignId, &Campaign)> {
        (0u32..).map(CampaignId).zip(&self.campaigns)
    }

    /// The asset, or `None` where the number is not in use.
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets.get(id.index())
    }

    /// The deposit, or `None` where the contract's number is unknown.
    pub fn fund(&self, id: FundId) -> Option<&CreditDeposit> {
        id.index()
            .checked_sub(1)
            .and_then(|index| self.funds.get(index))
    }

    /// True if what begins now and needs `more_ms` until it is charged can still be debited from
    /// the deposit. False where there is no such deposit.
    pub fn lasts(&self, id: FundId, now_ms: u64, more_ms: u64) -> bool {
        let end_ms = now_ms.saturating_add(more_ms).saturating_add(SETTLING_MS);
        self.fund(id).is_some_and(|fund| end_ms < fund.closes_ms)
    }

    /// The closed epoch, or `None` before it closes.
    pub fn epoch(&self, id: EpochId) -> Option<&Epoch> {
        id.index()
            .checked_sub(1)
            .and_then(|index| self.epochs.get(index))
    }
}
