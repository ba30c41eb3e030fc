//! What an account may ask of the log: signed, decided, and an entry or nothing.

use crate::campaign::Spec;
use crate::judging::{Appeal, CloseUnits, PauseAccount, Verdict};
use crate::market::{BuyGrant, ListAsset, RegisterAsset, WaiveFloor};
use crate::operation::{
    AddKey, Erase, NoteWitness, PostStateRoot, RotateLogKey, RotateOperator, SetRoles, SetWitnesses,
};
use crate::{
    AccountId, Address, AllowanceId, Amount, AssetId, CampaignId, EpochId, FundId, GrantId, Hash,
    Scope, SessionKey, TokenId, WalletSignature,
};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Every kind of entry (`docs/spec/entry.md` numbers them).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Command {
    /// The first entry: what the space is and where it settles.
    #[n(0)]
    Genesis(#[n(0)] Genesis),
    /// Opens an account for the session key that signs; the wallet behind it stays a commitment.
    #[n(1)]
    OpenAccount(#[n(0)] OpenAccount),
    /// Discloses the wallet behind an account, by its holder, so that it can be paid on chain.
    #[n(2)]
    DiscloseWallet(#[n(0)] DiscloseWallet),
    /// Operator: a deposit has become final on chain.
    #[n(3)]
    CreditDeposit(#[n(0)] CreditDeposit),
    /// Opens a funded campaign.
    #[n(4)]
    OpenCampaign(#[n(0)] Spec),
    /// Operator: a round of work begins; which units are gold is committed beforehand.
    #[n(5)]
    OpenRound(#[n(0)] OpenRound),
    /// Sealed answers of one contributor.
    #[n(6)]
    SealAnswers(#[n(0)] SealAnswers),
    /// Operator: the round is over and its seals are opened.
    #[n(7)]
    CloseRound(#[n(0)] CloseRound),
    /// Operator: the outcome of `ledger::score`, which anyone can run again.
    #[n(8)]
    PostScores(#[n(0)] PostScores),
    /// Requester or operator: no more rounds; accepted work becomes a label set.
    #[n(9)]
    CloseCampaign(#[n(0)] CampaignId),
    /// Operator: appeals are over; what is still held or unspent returns to the deposit.
    #[n(10)]
    ReturnHeld(#[n(0)] CampaignId),
    /// Registers an asset with its parents and terms.
    #[n(11)]
    RegisterAsset(#[n(0)] RegisterAsset),
    /// Payer: sets money aside for uses of one asset.
    #[n(12)]
    GrantAllowance(#[n(0)] GrantAllowance),
    /// Owner of an asset: a segment of metered uses.
    #[n(13)]
    PostSegment(#[n(0)] PostSegment),
    /// Operator: revenue flows up the lineage, the claim tree is fixed.
    #[n(14)]
    CloseEpoch(#[n(0)] CloseEpoch),
    /// Operator: an epoch is final on chain and its debits have been released.
    #[n(15)]
    NoteRelease(#[n(0)] EpochId),
    /// Operator: the Escrow contract has paid unspent money back to the funder.
    #[n(16)]
    NoteRefund(#[n(0)] crate::chain::NoteRefund),
    /// Operator: the root of the state after so many entries, which an audit computes again.
    #[n(17)]
    PostStateRoot(#[n(0)] PostStateRoot),
    /// Operator: whose word on the time the log goes by from here on.
    #[n(18)]
    SetWitnesses(#[n(0)] SetWitnesses),
    /// Operator: a checkpoint that witnesses have cosigned, so that log time may go on.
    #[n(19)]
    NoteWitness(#[n(0)] NoteWitness),
    /// Operator: checkpoints that hold this entry are signed by another key of the same name.
    #[n(20)]
    RotateLogKey(#[n(0)] RotateLogKey),
    /// Operator: hands the log over to a new key; the old one signs nothing more.
    #[n(21)]
    RotateOperator(#[n(0)] RotateOperator),
    /// Another session key for an account, which signs this entry itself.
    #[n(22)]
    AddKey(#[n(0)] AddKey),
    /// A session key of the same account, and all that it has added, sign nothing more.
    #[n(23)]
    RevokeKey(#[n(0)] SessionKey),
    /// Operator: something beside the log is deleted for good; this tombstone says so.
    #[n(24)]
    Erase(#[n(0)] Erase),
    /// Contributor: the panel shall look at a rejected block again.
    #[n(25)]
    Appeal(#[n(0)] Appeal),
    /// Member of a panel: what becomes of an appealed block.
    #[n(26)]
    GiveVerdict(#[n(0)] Verdict),
    /// Operator: units of the open round are sure enough and take no more answers.
    #[n(27)]
    CloseUnits(#[n(0)] CloseUnits),
    /// Operator: an account seals no more answers in the open round.
    #[n(28)]
    PauseAccount(#[n(0)] PauseAccount),
    /// Contributor: another answer takes the place of a sealed one while its round runs.
    #[n(29)]
    ReplaceAnswer(#[n(0)] crate::undo::ReplaceAnswer),
    /// Operator: the roles of an account, or of every account that has none of its own.
    #[n(30)]
    SetRoles(#[n(0)] SetRoles),
    /// Pays for a licence: an account may use an asset for a purpose from here on.
    #[n(31)]
    BuyGrant(#[n(0)] BuyGrant),
    /// Owner of the asset, or who holds the grant: later uses stop, the trace stays.
    #[n(32)]
    RevokeGrant(#[n(0)] GrantId),
    /// Owner of an asset: sells one account a lower floor for one child.
    #[n(33)]
    WaiveFloor(#[n(0)] WaiveFloor),
    /// Owner of an asset that has no listing: what is asked for it from here on.
    #[n(34)]
    ListAsset(#[n(0)] ListAsset),
    /// Owner of an asset: the operator's gateway may serve it and posts its uses.
    #[n(36)]
    ServeAsset(#[n(0)] crate::service::ServeAsset),
    /// Owner of an asset: the gateway serves it no more.
    #[n(37)]
    WithdrawAsset(#[n(0)] AssetId),
    /// Operator: the key by which the gateway signs receipts.
    #[n(38)]
    SetGateway(#[n(0)] crate::service::SetGateway),
    /// Holder of a passkey: where the account is paid on chain.
    #[n(40)]
    BindPayout(#[n(0)] crate::passkey::BindPayout),
    /// The account: an announced change of the address is called off.
    #[n(41)]
    CallOffPayout(#[n(0)] u32),
    /// Operator: its part of all revenue, from a time on.
    #[n(48)]
    SetFee(#[n(0)] crate::fee::SetFee),
    /// Owner of an asset: what a call of it may use, paid by whoever calls it.
    #[n(49)]
    ComposeAsset(#[n(0)] crate::service::ComposeAsset),
    /// Operator: a chain beside the first one joins, or what has become final there.
    #[n(51)]
    FurtherChain(#[n(0)] crate::chain::FurtherChain),
    /// Operator: where the contributors of an asset get votes.
    #[n(52)]
    OpenVotes(#[n(0)] crate::line::OpenVotes),
    /// Operator: what the Stake contract holds of an address.
    #[n(53)]
    NoteStake(#[n(0)] crate::line::NoteStake),
    /// Operator: from the next close on, trees hold a leaf for each deposit that the epoch debits.
    #[n(54)]
    ProveDebits,
    /// Operator: uses of an asset on an account's credit, or what a voucher has brought.
    #[n(55)]
    Credit(#[n(0)] crate::credit::Credit),
}

/// The space, its operator and the contracts it settles by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Genesis {
    /// CAIP-2 chain number of the `eip155` namespace.
    #[n(0)]
    pub chain_id: u64,
    /// The Settlement contract.
    #[n(1)]
    pub settlement: Address,
    /// The Escrow contract.
    #[n(2)]
    pub escrow: Address,
    /// ERC-20 contracts in the order of their [`TokenId`].
    #[n(3)]
    pub tokens: Vec<Address>,
    /// The log's first key as a C2SP verifier key, `name+id+base64`; its name is the log's origin.
    #[n(4)]
    pub log_key: String,
    /// A state root may be posted for every size of the log that is a multiple of this; none if 0.
    #[n(5)]
    pub state_every: u32,
}

/// [`Genesis::state_every`] of a space that has no reason for another.
pub const STATE_EVERY: u32 = 65_536;

/// See [`Command::OpenAccount`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenAccount {
    /// What the session key may do.
    #[n(0)]
    pub scope: Scope,
    /// Log time in milliseconds after which the key signs nothing more; whole seconds.
    #[n(1)]
    pub expires_ms: u64,
}

/// See [`Command::DiscloseWallet`]. Opens the commitment that `OpenAccount` carried.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DiscloseWallet {
    /// The wallet that is paid.
    #[n(0)]
    pub wallet: Address,
    /// Its EIP-712 signature over the delegation of the session key.
    #[n(1)]
    pub delegation: WalletSignature,
    /// The salt of the commitment.
    #[n(2)]
    pub salt: Hash,
}

/// See [`Command::CreditDeposit`]. Facts of the Escrow contract, audited against the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct CreditDeposit {
    /// The contract's number, consecutive from 1.
    #[n(0)]
    pub fund: FundId,
    /// Whose it is in the ledger.
    #[n(1)]
    pub account: AccountId,
    /// What was deposited.
    #[n(2)]
    pub token: TokenId,
    /// How much, in base units.
    #[n(3)]
    pub amount_units: Amount,
    /// Most that may be debited for one epoch.
    #[n(4)]
    pub epoch_cap_units: Amount,
    /// Log time in milliseconds after which nothing new may be charged to it.
    #[n(5)]
    pub closes_ms: u64,
}

/// See [`Command::OpenRound`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenRound {
    /// Whose next units go out for work.
    #[n(0)]
    pub campaign: CampaignId,
    /// First unit of the round: where the last round ended.
    #[n(1)]
    pub first_unit: u32,
    /// How many units.
    #[n(2)]
    pub unit_count: u32,
    /// RFC 6962 root over one salted leaf per unit: gold or not, and the known label.
    #[n(3)]
    pub gold_root: Hash,
}

/// See [`Command::SealAnswers`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealAnswers {
    /// Which campaign; its open round is meant.
    #[n(0)]
    pub campaign: CampaignId,
    /// One salted commitment per answer, 1 to 1,000, in the order in which they were given.
    #[n(1)]
    pub commitments: Vec<Hash>,
}

/// See [`Command::CloseRound`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CloseRound {
    /// Which campaign; its open round is meant.
    #[n(0)]
    pub campaign: CampaignId,
    /// SHA-256 of the sidecar ([`crate::document::Openings`]).
    #[n(1)]
    pub openings: Hash,
}

/// See [`Command::PostScores`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PostScores {
    /// Whose answers were scored.
    #[n(0)]
    pub campaign: CampaignId,
    /// Name and version of the algorithm; a version never changes its meaning.
    #[n(1)]
    pub algorithm: String,
    /// SHA-256 over the table that was scored.
    #[n(2)]
    pub input: Hash,
    /// Attachment with the result ([`crate::document::Scores`]).
    #[n(3)]
    pub scores: Hash,
    /// True for the last scores of a campaign: what is still held is rejected.
    #[n(4)]
    pub closing: bool,
}

/// See [`Command::GrantAllowance`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GrantAllowance {
    /// The asset whose uses may be charged.
    #[n(0)]
    pub asset: AssetId,
    /// The payer's deposit.
    #[n(1)]
    pub fund: FundId,
    /// Most that may be charged, in base units of the asset's token; set aside at once.
    #[n(2)]
    pub cap_units: Amount,
    /// Log time in milliseconds after which the rest returns to the deposit.
    #[n(3)]
    pub expires_ms: u64,
}

/// See [`Command::PostSegment`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PostSegment {
    /// The asset that was used.
    #[n(0)]
    pub asset: AssetId,
    /// The asset's n-th segment, from 0: no use is charged twice.
    #[n(1)]
    pub number: u32,
    /// RFC 6962 root over the rows, sorted by receipt id.
    #[n(2)]
    pub rows_root: Hash,
    /// Attachment with the rows, a Parquet file (`docs/spec/segment.md`).
    #[n(3)]
    pub rows: Hash,
    /// Sums over the rows, ordered by allowance, then purpose.
    #[n(4)]
    pub totals: Vec<UsageTotal>,
}

/// How often one payer used an asset for one purpose, and what that cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct UsageTotal {
    /// Who pays.
    #[n(0)]
    pub allowance: AllowanceId,
    /// Position of the purpose in the asset's terms.
    #[n(1)]
    pub purpose: u16,
    /// Number of uses.
    #[n(2)]
    pub uses: u32,
    /// The sum of the rows' amounts.
    #[n(3)]
    pub amount_units: Amount,
    /// Sum of the rows' input tokens; none where rows have no counts.
    #[n(4)]
    pub input_tokens: Option<u64>,
    /// Sum of the rows' output tokens; none where rows have no counts.
    #[n(5)]
    pub output_tokens: Option<u64>,
}

/// See [`Command::CloseEpoch`]. `decide` computes all of it again and refuses what differs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CloseEpoch {
    /// Consecutive from 1.
    #[n(0)]
    pub epoch: EpochId,
    /// Root of the claim tree (`docs/spec/settlement.md`).
    #[n(1)]
    pub root: Hash,
    /// How many wallets have a line in it.
    #[n(2)]
    pub leaves: u32,
    /// Cumulative PAY total per token, ordered by token.
    #[n(3)]
    pub totals: Vec<TokenTotal>,
}

/// A sum in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct TokenTotal {
    /// What kind of money the sum is of.
    #[n(0)]
    pub token: TokenId,
    /// The sum in its base units.
    #[n(1)]
    pub amount_units: Amount,
}
