//! Commands that keep the log itself: state roots, witnesses, keys that come and go, erasure.

use crate::command::DiscloseWallet;
use crate::passkey::Assertion;
use crate::{AccountId, Hash, Roles, Scope, SessionKey, Signature, Space, WalletSignature};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// See [`crate::Command::PostStateRoot`]. A fact to `decide`, which has no older state to hash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PostStateRoot {
    /// After how many entries: a multiple of the space's interval, above the last one posted.
    #[n(0)]
    pub size: u64,
    /// Name and version of the bytes that were hashed (`docs/spec/state.md`).
    #[n(1)]
    pub layout: String,
    /// Root of the state in that layout.
    #[n(2)]
    pub root: Hash,
}

/// See [`crate::Command::SetWitnesses`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetWitnesses {
    /// Cosigners as C2SP verifier keys, `name+id+base64`; 1 to 32, ascending, no name twice.
    #[n(0)]
    pub keys: Vec<String>,
    /// How many of them must have signed a checkpoint that is noted; at least 1.
    #[n(1)]
    pub quorum: u16,
}

/// See [`crate::Command::NoteWitness`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoteWitness {
    /// The checkpoint as a C2SP signed note, with the log's signature and those of witnesses.
    #[n(0)]
    pub checkpoint: String,
}

/// See [`crate::Command::RotateLogKey`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RotateLogKey {
    /// The new key as a C2SP verifier key of the same name, never used by this log before.
    #[n(0)]
    pub key: String,
}

/// See [`crate::Command::RotateOperator`]. Signed by the old key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RotateOperator {
    /// The key that runs the log from the next entry on.
    #[n(0)]
    pub key: SessionKey,
    /// Its Ed25519 signature over [`handover_bytes`]: nobody is made operator unasked.
    #[n(1)]
    pub possession: Signature,
}

/// See [`crate::Command::AddKey`]. The submission is signed by the new key and names the account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AddKey {
    /// What the new key may do; never the operator's right.
    #[n(0)]
    pub scope: Scope,
    /// Log time in milliseconds after which it signs nothing more.
    #[n(1)]
    pub expires_ms: u64,
    /// Who lets it.
    #[n(2)]
    pub authority: Authority,
}

/// Who stands behind a key that joins an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Authority {
    /// The account's wallet, once it is disclosed: its EIP-712 signature over the delegation, as
    /// for the first key. Any scope, any expiry in whole seconds.
    #[n(0)]
    Wallet(#[n(0)] WalletSignature),
    /// A key of the account: its Ed25519 signature over [`addition_bytes`]. Scope and expiry stay
    /// within its own, so that nothing is handed on that the wallet has not delegated.
    #[n(1)]
    Key(#[n(0)] SessionKey, #[n(1)] Signature),
    /// The wallet, which this entry discloses as [`crate::Command::DiscloseWallet`] does: what the
    /// account's binding opens to, and the wallet's EIP-712 signature over the new delegation. The
    /// way back for a holder who has no key of the account any more.
    #[n(2)]
    Disclosed(#[n(0)] DiscloseWallet, #[n(1)] WalletSignature),
    /// The passkey that the account's commitment opens to, over the SHA-256 of
    /// [`addition_bytes`]. Any scope, any expiry, as for a wallet.
    #[n(3)]
    Passkey(#[n(0)] Assertion),
}

/// See [`crate::Command::SetRoles`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetRoles {
    /// Whose; left out, of every account of which nothing else was said.
    #[n(0)]
    pub account: Option<AccountId>,
    /// All of them; what the account had before counts no more.
    #[n(1)]
    pub roles: Roles,
}

/// See [`crate::Command::Erase`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Erase {
    /// What is deleted.
    #[n(0)]
    pub what: Erasure,
    /// Why, for whoever audits.
    #[n(1)]
    pub reason: EraseReason,
    /// For the openings of a campaign under a method, so that their gold stays retired.
    #[n(2)]
    pub gold: Option<ErasedGold>,
}

/// Which units of a round were gold, and nothing of their labels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ErasedGold {
    /// The campaign's units document, by which they are known again.
    #[n(0)]
    pub units: Hash,
    /// Their places in the round, ascending, from 0.
    #[n(1)]
    pub places: Vec<u32>,
}

/// Something beside the log that can be deleted without breaking its hashes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
pub enum Erasure {
    /// The sidecar with the openings of a round, by its SHA-256; its campaign must be settled.
    #[n(0)]
    Openings(#[n(0)] Hash),
    /// The private body of the entry with this number; answers in it must not await opening.
    #[n(1)]
    Body(#[n(0)] u64),
}

/// Why something is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum EraseReason {
    /// Whom it concerns has asked for it.
    #[n(0)]
    Request,
    /// A court or an authority has ordered it.
    #[n(1)]
    Order,
    /// It was kept as long as was promised.
    #[n(2)]
    Retention,
    /// It should never have been taken in.
    #[n(3)]
    Content,
}

/// What the next operator key signs: `headwater/operator/v1`, zero, space, old key, new key.
pub fn handover_bytes(space: Space, old: SessionKey, new: SessionKey) -> Vec<u8> {
    [b"headwater/operator/v1\0", &space.0[..], &old.0, &new.0].concat()
}

/// What a key signs to let another one join its account: `headwater/key/v1`, zero, space, account
/// (4 bytes, big end first), the new key, scope (one byte), expiry (8 bytes, big end first).
pub fn addition_bytes(space: Space, account: AccountId, new: SessionKey, add: &AddKey) -> Vec<u8> {
    [
        b"headwater/key/v1\0",
        &space.0[..],
        &account.0.to_be_bytes(),
        &new.0,
        &[add.scope.bits()],
        &add.expires_ms.to_be_bytes(),
    ]
    .concat()
}
