//! What an entry has changed: facts that `apply` and projections replay without deciding again.

mod book;

pub use book::{HoldId, Movement, PurseId, PurseOwner};

use crate::campaign::Spec;
use crate::command::{CreditDeposit, Genesis, TokenTotal, UsageTotal};
use crate::document::{ContributorScore, Outcome, UnitScore};
use crate::judging::{Evidence, Review, Suspension};
use crate::market::{AssetKind, Grant, Listing, Waiver};
use crate::operation::{EraseReason, Erasure};
use crate::passkey::PasskeyPoint;
use crate::service::{ComposeAsset, TokenPrices};
use crate::terms::{Demand, Terms};
use crate::{
    AccountId, Address, AllowanceId, Amount, AssetId, CampaignId, EpochId, GrantId, Hash, Ppm,
    Roles, Scope, SessionKey, TokenId, WaiverId,
};
use alloc::{boxed::Box, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// One fact. Events of an entry are applied in order and cannot fail.
#[expect(
    missing_docs,
    reason = "the sentence of a variant tells what its fields are"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The space exists; account 0 is its operator.
    SpaceOpened {
        genesis: Box<Genesis>,
        key: SessionKey,
    },
    /// A new account with its first session key and the commitment to its wallet.
    AccountOpened {
        key: SessionKey,
        scope: Scope,
        expires_ms: u64,
        binding: Hash,
    },
    /// The wallet behind an account is public now.
    WalletDisclosed { account: AccountId, wallet: Address },
    /// A deposit may be spent.
    DepositCredited(CreditDeposit),
    /// A campaign is funded and open.
    CampaignOpened {
        owner: AccountId,
        spec: Box<Spec>,
        digests: Vec<u64>,
    },
    /// Units are out for work.
    RoundOpened {
        campaign: CampaignId,
        first_unit: u32,
        unit_count: u32,
        gold_root: Hash,
    },
    /// A contributor has committed to work in the open round; nobody can read it yet.
    AnswersSealed {
        campaign: CampaignId,
        account: AccountId,
        nonce: u64,
        commitments: Vec<Hash>,
    },
    /// Another commitment stands in the place of a sealed answer.
    AnswerReplaced {
        campaign: CampaignId,
        entry: u64,
        field: u16,
        commitment: Hash,
    },
    /// A contributor's block began, with the holds for its pay and its deposit.
    BlockOpened {
        campaign: CampaignId,
        account: AccountId,
        pay: HoldId,
        deposit: HoldId,
    },
    /// Seals are opened; gold is known.
    RoundClosed {
        campaign: CampaignId,
        openings: Hash,
        answers: Vec<OpenedAnswer>,
        gold: Vec<(u32, u16)>,
    },
    /// What a round has opened is gone: its answers keep their places with nothing in them. What
    /// its gold has retired, by the digests of the units, stays so.
    RoundForgotten {
        campaign: CampaignId,
        round: u32,
        retired: Vec<u64>,
    },
    /// New consensus labels and reputations.
    ScoresPosted {
        campaign: CampaignId,
        scores: Hash,
        units: Vec<UnitScore>,
        contributors: Vec<ContributorScore>,
        closing: bool,
    },
    /// A block was released or rejected.
    BlockJudged {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        outcome: Outcome,
        valid: u16,
    },
    /// No more work; the label set exists.
    CampaignClosed {
        campaign: CampaignId,
        asset: AssetId,
    },
    /// Held and unspent money has returned to the deposit.
    CampaignSettled { campaign: CampaignId },
    /// What earlier campaigns have shown of a contributor counts in this one from here on.
    EvidenceTaken {
        campaign: CampaignId,
        account: AccountId,
        evidence: Evidence,
    },
    /// A contributor has set a stake aside with the first block.
    StakeHeld {
        campaign: CampaignId,
        account: AccountId,
        hold: HoldId,
    },
    /// The panel's fees for a block are set aside.
    FeesHeld {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        hold: HoldId,
    },
    /// The second reward of a block is set aside.
    BonusHeld {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        hold: HoldId,
    },
    /// What the newest scores find of gold and people.
    Reviewed {
        campaign: CampaignId,
        review: Box<Review>,
    },
    /// The panel has a rejected block before it: its contributor, gold or rejections call for it.
    AppealOpened {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        due_ms: u64,
        called: Option<Suspension>,
    },
    /// A member of the panel has spoken.
    VerdictGiven {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        by: AccountId,
        upheld: bool,
    },
    /// An appeal is over: by the panel's majority, or by its silence.
    AppealDecided {
        campaign: CampaignId,
        account: AccountId,
        block: u32,
        upheld: bool,
    },
    /// Units take no more answers in the open round.
    UnitsClosed {
        campaign: CampaignId,
        units: Vec<u32>,
        evidence: Hash,
    },
    /// An account seals no more answers in the open round.
    AccountPaused {
        campaign: CampaignId,
        account: AccountId,
        evidence: Hash,
    },
    /// An asset exists.
    AssetRegistered(Box<NewAsset>),
    /// What an owner asks beside the plain terms.
    AssetListed {
        asset: AssetId,
        listing: Box<Listing>,
    },
    /// An account has bought a licence; what it paid is the asset's gross.
    GrantBought(Grant),
    /// A grant allows nothing more.
    GrantRevoked { grant: GrantId, by: AccountId },
    /// An owner offers one account a lower floor.
    WaiverOffered(Waiver),
    /// A child was registered under a lower floor.
    WaiverUsed { waiver: WaiverId, child: AssetId },
    /// A payer has set money aside for uses of an asset.
    AllowanceGranted {
        asset: AssetId,
        payer: AccountId,
        hold: HoldId,
        expires_ms: u64,
    },
    /// An allowance has ended; the rest has returned.
    AllowanceEnded { allowance: AllowanceId },
    /// Uses were charged.
    SegmentPosted {
        asset: AssetId,
        rows_root: Hash,
        totals: Vec<UsageTotal>,
    },
    /// Part of an asset's revenue moved up to an ancestor, or into its own pool and owner.
    RoyaltyPaid {
        from: AssetId,
        to: RoyaltyTo,
        token: TokenId,
        amount: Amount,
    },
    /// An epoch's books are closed.
    EpochClosed {
        epoch: EpochId,
        root: Hash,
        leaves: u32,
        totals: Vec<TokenTotal>,
    },
    /// An epoch's money is on the settlement contract of a chain, or a further chain has changed.
    Chain(crate::chain::Fact),
    /// What the state was after so many entries, by the operator's word.
    StateRootPosted { size: u64, root: Hash },
    /// Whose word on the time counts from here on; what is over already by anybody's.
    WitnessesSet {
        keys: Vec<String>,
        quorum: u16,
        time_ms: u64,
    },
    /// A quorum of witnesses has seen the log at this size, at this time.
    WitnessNoted { size: u64, time_ms: u64 },
    /// Checkpoints from the next size on are signed by this key.
    LogKeyRotated { key: String },
    /// Another key runs the log.
    OperatorRotated { key: SessionKey },
    /// An account has one more session key; `by` is the key that lets it, or none for the wallet.
    KeyAdded {
        account: AccountId,
        key: SessionKey,
        scope: Scope,
        expires_ms: u64,
        by: Option<SessionKey>,
    },
    /// An account, or every one of which nothing else was said, has these roles and no other.
    RolesSet {
        account: Option<AccountId>,
        roles: Roles,
    },
    /// The gateway may serve an asset, at these prices beside the terms'.
    AssetServed {
        asset: AssetId,
        tokens: Option<TokenPrices>,
    },
    /// The gateway serves an asset no more; segments with earlier uses are taken until then.
    AssetWithdrawn { asset: AssetId, until_ms: u64 },
    /// What calls of an asset may use, for allowances that are granted from here on.
    AssetComposed(ComposeAsset),
    /// Receipts of uses are signed by this key.
    GatewaySet { key: SessionKey },
    /// The operator's part of revenue is announced.
    FeeAnnounced(crate::fee::SetFee),
    /// An account's passkey is public now.
    PasskeyDisclosed {
        account: AccountId,
        party: String,
        point: PasskeyPoint,
    },
    /// An account has named where it is paid: at once, or from a log time on after another address.
    PayoutBound {
        account: AccountId,
        wallet: Address,
        from_ms: Option<u64>,
    },
    /// The address stays as it is.
    PayoutCalledOff { account: AccountId },
    /// From the next epoch on an account is paid at another address, but for what was payable.
    PayoutMoved {
        account: AccountId,
        kept: Vec<TokenTotal>,
    },
    /// A session key signs nothing more.
    KeyRevoked { key: SessionKey },
    /// Something beside the log is gone for good.
    Erased { what: Erasure, reason: EraseReason },
    /// Votes and stakes.
    Line(crate::line::LineEvent),
    /// Money moved inside the book.
    Moved(Movement),
}

/// An answer after its round; `None` where it does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedAnswer {
    /// Who gave it.
    pub account: AccountId,
    /// Unit and label, where the opening was there, in range and no forbidden repetition.
    pub given: Option<(u32, u16)>,
}

/// An asset as it enters the state, with all it inherits worked out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAsset {
    /// Who answers for it and keeps the owner's part.
    pub owner: AccountId,
    /// What it is.
    pub kind: AssetKind,
    /// Name for people.
    pub title: String,
    /// SHA-256 of the content.
    pub content: Hash,
    /// What it may be used for, at what price, and what descendants owe.
    pub terms: Terms,
    /// Direct parents with the demand that was in force when the asset was registered.
    pub parents: Vec<(AssetId, Demand)>,
    /// Floors owed to ancestors, ascending, each once.
    pub floors: Vec<(AssetId, Ppm)>,
    /// Frozen shares of its contributors, ascending by account.
    pub shares: Vec<(AccountId, u32)>,
}

/// Who receives a part of an asset's revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RoyaltyTo {
    /// An ancestor's floor on the gross.
    Floor(AssetId),
    /// A direct parent's part of what is kept.
    Flow(AssetId),
    /// The asset's contributors together.
    Pool,
    /// The asset's owner.
    Owner(AccountId),
    /// Whom the operator's fee is for.
    Operator(AccountId),
}
