//! Why a rule said no: one stable code each, the same in command line, API and log.

use alloc::string::{String, ToString};
use core::fmt;

macro_rules! rejections {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $sentence:literal;)*) => {
        /// A broken rule. Rejected commands never enter the log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rejection { $($(#[doc = $doc])+ $name,)* }

        impl Rejection {
            /// Stable snake_case code for programs.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// All codes, for documents and exhaustive tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl fmt::Display for Rejection {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $sentence,)* })
            }
        }
    };
}

rejections! {
    /// The bytes are not an entry or submission.
    Malformed = "malformed", "the bytes are not a command of this version";
    /// The encoded entry exceeds what a log bundle holds.
    TooLarge = "too_large",
        "the command is larger than 65,535 bytes; put its lists into an attachment";
    /// The Ed25519 signature does not verify under the named session key.
    BadSignature = "bad_signature", "the signature does not fit the session key";
    /// The submission names another log.
    WrongSpace = "wrong_space", "the command was signed for another space";
    /// Entry number, time or rule version do not continue the log.
    OutOfOrder = "out_of_order", "the entry does not continue the log";
    /// The key has used this nonce for something else.
    NonceReused = "nonce_reused", "this nonce has been used for another command";
    /// The nonce is older than the 64 that are remembered for the key.
    NonceTooOld = "nonce_too_old", "this nonce is older than the last 64 of the key";
    /// No account holds the session key, or it holds another account.
    UnknownKey = "unknown_key", "the session key is not delegated to this account";
    /// The delegation of the session key has expired.
    KeyExpired = "key_expired", "the delegation of the session key has expired";
    /// The delegation does not cover the command.
    OutOfScope = "out_of_scope", "the session key may not do this";
    /// The session key already opened an account.
    KeyExists = "key_exists", "the session key has an account already";
    /// The log has a first entry already, or lacks one.
    GenesisMisplaced = "genesis_misplaced", "the genesis stands first, and only there";
    /// The opened binding does not match the commitment or the wallet's signature.
    BindingMismatch = "binding_mismatch",
        "wallet, signature and salt do not open the account's commitment";
    /// The wallet has been disclosed before.
    AlreadyDisclosed = "already_disclosed", "the account's wallet is known already";
    /// The operator alone may do this.
    NotOperator = "not_operator", "only the operator may do this";
    /// The account does not own the campaign, asset or deposit.
    NotOwner = "not_owner", "the account does not own this";
    /// No such account.
    UnknownAccount = "unknown_account", "there is no such account";
    /// No such token in the genesis.
    UnknownToken = "unknown_token", "the space does not trade in this token";
    /// No such deposit.
    UnknownFund = "unknown_fund", "there is no such deposit";
    /// Deposits are numbered consecutively by the contract.
    DepositOutOfOrder = "deposit_out_of_order", "deposits are credited in the contract's order";
    /// The deposit is past its closing time.
    FundClosed = "fund_closed", "the deposit is closed for new charges";
    /// The purse holds less than what is asked.
    InsufficientFunds = "insufficient_funds", "there is not enough money for this";
    /// The deposit's debits for this epoch would exceed its cap.
    EpochCapReached = "epoch_cap_reached", "the deposit's cap for this epoch is reached";
    /// A sum would exceed 2^96 - 1 base units.
    AmountTooLarge = "amount_too_large", "an amount exceeds the supply cap of 2^96 - 1 units";
    /// An amount that must not be zero is.
    AmountZero = "amount_zero", "an amount is zero";
    /// A list is empty, too long, unsorted, or has something twice.
    BadList = "bad_list", "a list is empty, too long, unsorted or repeats itself";
    /// A number or text is outside its documented range.
    OutOfRange = "out_of_range", "a value is outside its range";
    /// No such campaign.
    UnknownCampaign = "unknown_campaign", "there is no such campaign";
    /// The campaign is closed, or not closed yet.
    CampaignState = "campaign_state", "the campaign is not in the right state for this";
    /// No round is open, or one is.
    RoundState = "round_state", "the campaign's round is not in the right state for this";
    /// The campaign's budget can't cover another answer.
    BudgetExhausted = "budget_exhausted", "the campaign's budget is used up";
    /// The account's deposit can't cover the block deposit.
    DepositShort = "deposit_short", "the account has too little on deposit for another block";
    /// An attachment or sidecar is missing.
    MissingDocument = "missing_document", "a document that the command names is missing";
    /// A document is not what the command says.
    BadDocument = "bad_document", "a document does not decode or does not fit the command";
    /// An opening does not match its commitment.
    OpeningMismatch = "opening_mismatch", "an opened value does not match its commitment";
    /// The scores are not of the input that the ledger holds, or incomplete.
    ScoreMismatch = "score_mismatch", "the scores do not fit the campaign's answers";
    /// The algorithm is unknown to this version.
    UnknownAlgorithm = "unknown_algorithm", "the scoring algorithm is unknown";
    /// No such asset.
    UnknownAsset = "unknown_asset", "there is no such asset";
    /// A parent's terms have expired, or don't allow derivatives.
    TermsExpired = "terms_expired", "the terms of the asset have expired";
    /// Floors of all ancestors exceed the whole.
    DemandTooHigh = "demand_too_high", "the ancestors' demands exceed the child's revenue";
    /// The purpose is not in the asset's terms.
    UnknownPurpose = "unknown_purpose", "the terms do not allow this purpose";
    /// No such allowance, or one for another asset.
    UnknownAllowance = "unknown_allowance", "there is no such allowance for this asset";
    /// The allowance has expired or is used up.
    AllowanceExhausted = "allowance_exhausted", "the allowance is expired or used up";
    /// Segments are numbered consecutively per asset.
    SegmentOutOfOrder = "segment_out_of_order", "segments are posted in order";
    /// Sums of a segment do not follow from the price.
    SegmentMismatch = "segment_mismatch", "the sums of the segment do not follow from the price";
    /// Epochs are closed and released in order.
    EpochOutOfOrder = "epoch_out_of_order", "epochs are closed and released in order";
    /// The root or totals differ from the ledger's.
    EpochMismatch = "epoch_mismatch", "root or totals differ from the ledger's";
    /// Appeals are still possible.
    AppealsOpen = "appeals_open", "appeals are still possible";
    /// The size is no multiple of the space's interval, beyond the log, or not above the last one.
    StateRootOutOfOrder = "state_root_out_of_order",
        "state roots are posted in order, at multiples of the space's interval";
    /// The layout of the state is unknown to this version.
    UnknownLayout = "unknown_layout", "the layout of the state is unknown";
    /// A text is no C2SP verifier key of the kind that is wanted here.
    BadKey = "bad_key", "a key does not read as `name+id+base64` of the right kind";
    /// A key of another name than the log's.
    OtherOrigin = "other_origin", "the key is not of this log's name";
    /// The log has signed with this key before.
    LogKeyUsed = "log_key_used", "the log has used this key before";
    /// Log time may be at most ten minutes later than what a quorum of witnesses has seen.
    AheadOfWitnesses = "ahead_of_witnesses",
        "the time is more than ten minutes ahead of the witnesses";
    /// The log has no witnesses yet.
    NoWitnesses = "no_witnesses", "the log has set no witnesses yet";
    /// The note is not a checkpoint that the log's key of that size has signed.
    BadCheckpoint = "bad_checkpoint", "the checkpoint is not one that this log has signed";
    /// The checkpoint is larger than the log, or not larger than the last one that was noted.
    CheckpointOutOfOrder = "checkpoint_out_of_order",
        "the checkpoint is of a size that is noted already or not reached yet";
    /// Too few of the log's witnesses have signed the checkpoint.
    QuorumShort = "quorum_short", "fewer witnesses than the quorum have signed the checkpoint";
    /// The session key has been revoked.
    KeyRevoked = "key_revoked", "the session key has been revoked";
    /// A key revokes itself and what it has added; one of the wallet's, what was there before.
    KeyOutranked = "key_outranked", "this key may not revoke that one";
    /// The operator has not given the account the role that this needs.
    RoleMissing = "role_missing", "the operator has not given this account that role";
    /// The operator's account is owner for good, and nobody becomes owner or operator unnamed.
    RoleFixed = "role_fixed", "the operator's own roles stay, and no rule for all gives them away";
    /// The key that runs the log can only be rotated.
    OperatorKey = "operator_key", "the operator's key is rotated, not added or revoked";
    /// An account has at most 16 keys that still sign, besides its first.
    TooManyKeys = "too_many_keys", "the account has 16 more keys already; revoke one of them";
    /// The wallet that should stand behind the key is not disclosed.
    WalletHidden = "wallet_hidden", "the account's wallet is not disclosed yet";
    /// No such entry, or no closed round has such a sidecar.
    NothingToErase = "nothing_to_erase", "there is nothing of this name to erase";
    /// A tombstone says so already.
    AlreadyErased = "already_erased", "this has been erased already";
    /// The campaign has named nobody who decides appeals.
    NoPanel = "no_panel", "the campaign has no panel to appeal to";
    /// Only a rejected block can be appealed, and only by who worked it.
    NotRejected = "not_rejected", "there is no rejected block of this number";
    /// The time for appeals, or for verdicts, has passed.
    AppealsOver = "appeals_over", "the time for this has passed";
    /// The block has been appealed before.
    AlreadyAppealed = "already_appealed", "this block has been appealed already";
    /// No appeal of this block waits for verdicts.
    UnknownAppeal = "unknown_appeal", "no appeal of this block is open";
    /// The account is not a member of the campaign's panel.
    NotOnPanel = "not_on_panel", "only members of the campaign's panel give verdicts";
    /// The member has spoken on this appeal before.
    AlreadyJudged = "already_judged", "this member of the panel has given a verdict already";
    /// Whoever decides appeals does not work in the same campaign.
    PanelMember = "panel_member", "members of a campaign's panel do not work in it";
    /// The account was paused in this round.
    AccountPaused = "account_paused", "the account seals no more answers in this round";
    /// Gold of a round does not show every class equally often.
    GoldUnbalanced = "gold_unbalanced", "the gold does not show all classes equally often";
    /// A unit that was gold in an earlier round of its requester is gold again.
    GoldRetired = "gold_retired", "a unit that was gold before cannot be gold again";
    /// There is no such answer of the account in the open round.
    UnknownAnswer = "unknown_answer", "the open round has no such answer of this account";
    /// A fact of the round rests on the answer.
    AnswerUsed = "answer_used", "a decision in this round rests on the answer already";
    /// A campaign's second reward is in the token of its price.
    BonusToken = "bonus_token", "the second reward is of the same token as the price";
    /// The gateway serves the asset, or still posts what it has served.
    AssetInService = "asset_in_service", "the asset is in service with the gateway already";
    /// The gateway does not serve the asset.
    NotInService = "not_in_service", "the asset is not in service with the gateway";
    /// An asset that was in service once comes back at the same prices.
    PricesFixed = "prices_fixed",
        "an asset that was in service comes back at the same prices; register a new version";
    /// An allowance from before the asset had prices for tokens does not pay for them.
    PricesUnknown = "prices_unknown",
        "the allowance was granted before the asset had prices for tokens; grant another";
    /// A parent's terms have no such purpose as making this child of it.
    PurposeForbidden = "purpose_forbidden", "the terms of a parent do not allow what is made of it";
    /// A parent asks for a licence, and the account has bought none for what is made of it.
    GrantMissing = "grant_missing", "a parent asks for a grant that the account has not bought";
    /// The only grants that would allow it have expired.
    GrantExpired = "grant_expired", "the grant has expired";
    /// The only grants that would allow it were revoked.
    GrantRevoked = "grant_revoked", "the grant was revoked";
    /// No such grant.
    UnknownGrant = "unknown_grant", "there is no such grant";
    /// The listing names who may buy, and the account is not among them.
    NotOffered = "not_offered", "the asset is not offered to this account";
    /// The terms promise buyers that grants stay.
    NotRevocable = "not_revocable", "the terms do not let the owner revoke grants";
    /// The child offers a parent less than the parent's terms demand.
    ShareTooLow = "share_too_low", "the share offered to a parent is below what it demands";
    /// The asset would be its own ancestor.
    LineageCycle = "lineage_cycle", "an asset cannot be built on itself";
    /// The sum that the buyer agreed to is not what the listing asks.
    PriceMismatch = "price_mismatch", "the sum does not follow from the listing";
    /// The asset has no listing, so that there is nothing to buy.
    NotListed = "not_listed", "the asset has no listing";
    /// A listing is frozen once it is there.
    AlreadyListed = "already_listed", "the asset has a listing already";
    /// No such waiver for this account, or it is used, expired, or of no ancestor.
    UnknownWaiver = "unknown_waiver", "there is no such waiver for this account and its asset";
    /// The account's commitment is to no passkey, or to another one.
    NoPasskey = "no_passkey", "the account was not opened with this passkey";
    /// What the passkey has signed is not what is asked for here.
    BadAssertion = "bad_assertion", "the passkey has not signed this";
    /// Addresses of an account are numbered from 0.
    PayoutOutOfOrder = "payout_out_of_order", "the payout address is not the account's next one";
    /// No other address waits to take the place of the account's own.
    NothingAnnounced = "nothing_announced", "no change of the payout address is announced";
    /// An asset's votes and the contract that mints them belong together for good.
    VotesOpen = "votes_open", "the asset has votes already, or the contract mints another's";
    /// Other terms than the first note's, a sum that fell, or more slashed than is due.
    StakeMismatch = "stake_mismatch", "the note does not follow from what is known of the stake";
    /// The log settles on a chain with this number already, or on as many chains as it may.
    ChainExists = "chain_exists",
        "the log settles on this chain already, or on as many as it can";
    /// No such chain beside the first.
    UnknownChain = "unknown_chain", "the log does not settle on this chain";
    /// It was said before, and holds for good.
    DebitsProven = "debits_proven", "trees hold what epochs debit already";
}

impl Rejection {
    /// Code and sentence in one line, as the command line prints it.
    pub fn line(self) -> String {
        let mut line = self.code().to_string();
        line.push_str(": ");
        line.push_str(&self.to_string());
        line
    }
}

impl core::error::Error for Rejection {}
