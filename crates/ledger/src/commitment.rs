//! Salted commitments: what is hidden now and can be opened, but not changed, later.
//!
//! Every commitment is SHA-256 over a domain string, the place it stands in, a 32-byte salt and a
//! body padded to 256 bytes, so that neither its value nor its length can be guessed.

use alloc::string::String;
use alloc::vec::Vec;
use protocol::document::{AnswerOpening, GoldOpening};
use protocol::passkey::PasskeyBinding;
use protocol::{AccountId, Address, CampaignId, Hash, SessionKey, Space, WalletSignature, codec};

const BODY_BYTES: usize = 256;

/// The place of an answer: no commitment can be moved to another account, entry or position.
#[derive(Clone, Copy, Debug)]
pub struct AnswerPlace {
    /// The log.
    pub space: Space,
    /// Who answers.
    pub account: AccountId,
    /// Nonce of the entry.
    pub nonce: u64,
    /// Position in the entry's list.
    pub field: u16,
}

/// Hides an answer until its round ends; a text that goes with it stands for its SHA-256.
pub fn answer(place: AnswerPlace, opening: &AnswerOpening) -> Hash {
    let body = padded(match &opening.text {
        None => codec::encode(&(opening.unit, opening.label)),
        Some(text) => {
            let text = Hash(proof::hash::sha256(&[text.as_bytes()]));
            codec::encode(&(opening.unit, opening.label, text))
        }
    });
    Hash(proof::hash::sha256(&[
        b"headwater/answer/v1\0",
        &place.space.0,
        &place.account.0.to_be_bytes(),
        &place.nonce.to_be_bytes(),
        &place.field.to_be_bytes(),
        &opening.salt.0,
        &body,
    ]))
}

/// Hides which units are gold until the round ends.
pub fn gold(space: Space, campaign: CampaignId, unit: u32, opening: &GoldOpening) -> Hash {
    let body = padded(codec::encode(&opening.label));
    Hash(proof::hash::sha256(&[
        b"headwater/gold/v1\0",
        &space.0,
        &campaign.0.to_be_bytes(),
        &unit.to_be_bytes(),
        &opening.salt.0,
        &body,
    ]))
}

/// RFC 6962 root over the gold commitments of consecutive units from `first_unit`.
pub fn gold_root(space: Space, campaign: CampaignId, first: u32, openings: &[GoldOpening]) -> Hash {
    let commitments = (first..).zip(openings);
    let commitments = commitments.map(|(unit, opening)| gold(space, campaign, unit, opening));
    let leaves = commitments.map(|gold| proof::merkle::leaf_hash(&gold.0));
    Hash(proof::merkle::root(&leaves.collect::<Vec<_>>()))
}

/// The private body of `OpenAccount`: the wallet behind a session key.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Binding {
    /// The address that is paid on chain and whose key signed the delegation.
    #[n(0)]
    pub wallet: Address,
    /// Its EIP-712 signature over the delegation.
    #[n(1)]
    pub delegation: WalletSignature,
    /// 32 fresh random bytes.
    #[n(2)]
    pub salt: Hash,
}

/// Hides the wallet behind a session key until its holder discloses it.
pub fn binding(space: Space, key: SessionKey, binding: &Binding) -> Hash {
    let body = padded(codec::encode(&(binding.wallet, binding.delegation)));
    Hash(proof::hash::sha256(&[
        b"headwater/binding/v1\0",
        &space.0,
        &key.0,
        &binding.salt.0,
        &body,
    ]))
}

/// Hides the passkey behind a session key until its holder uses it in the log.
pub fn passkey(space: Space, key: SessionKey, binding: &PasskeyBinding) -> Hash {
    let party = Hash(proof::hash::sha256(&[binding.party.as_bytes()]));
    let body = padded(codec::encode(&(party, binding.point)));
    Hash(proof::hash::sha256(&[
        b"headwater/passkey/v1\0",
        &space.0,
        &key.0,
        &binding.salt.0,
        &body,
    ]))
}

/// The private body of an appeal or a verdict: what somebody has to say. It stands beside the log
/// and can be erased; the log knows its commitment alone.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Statement {
    /// In words.
    #[n(0)]
    pub text: String,
    /// 32 fresh random bytes.
    #[n(1)]
    pub salt: Hash,
}

/// Hides a statement; bound to who makes it and to the entry's nonce.
pub fn statement(space: Space, account: AccountId, nonce: u64, said: &Statement) -> Hash {
    Hash(proof::hash::sha256(&[
        b"headwater/statement/v1\0",
        &space.0,
        &account.0.to_be_bytes(),
        &nonce.to_be_bytes(),
        &said.salt.0,
        said.text.as_bytes(),
    ]))
}

fn padded(mut body: Vec<u8>) -> Vec<u8> {
    debug_assert!(body.len() <= BODY_BYTES, "bodies are small by their types");
    body.resize(BODY_BYTES, 0);
    body
}
