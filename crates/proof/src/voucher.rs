//! Vouchers of prepaid credit in an Escrow, and keys that a payer lends: what is signed (EIP-712).

use crate::Fault;
use crate::authorization::word;
use crate::hash::{Hash, keccak256};
use crate::signature::recover;

const DOMAIN_TYPE: &[u8] =
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const VOUCHER_TYPE: &[u8] = b"Voucher(address payer,address token,address key,uint96 cumulative)";
const SPEND_KEY_TYPE: &[u8] =
    b"SpendKey(address payer,address token,address key,uint96 cap,uint64 expiresAt)";

/// The Escrow's name in its EIP-712 domain.
pub const NAME: &str = "Headwater Escrow";
/// The version there.
pub const VERSION: &str = "1";

/// By which an Escrow's signatures mean nothing at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscrowDomain {
    /// Number of the chain.
    pub chain_id: u64,
    /// The contract.
    pub escrow: [u8; 20],
}

/// All that a key has ever spent of a payer's credit; the newest takes the place of all before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Whose credit.
    pub payer: [u8; 20],
    /// The ERC-20 contract.
    pub token: [u8; 20],
    /// Who signs: the payer, or a key that it has lent.
    pub key: [u8; 20],
    /// Base units, below 2^96.
    pub cumulative: u128,
}

/// A key that a payer lends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendKey {
    /// Whose credit.
    pub payer: [u8; 20],
    /// The ERC-20 contract.
    pub token: [u8; 20],
    /// Address of the key.
    pub key: [u8; 20],
    /// The most that it may ever spend, in base units below 2^96.
    pub cap: u128,
    /// The last second in which its vouchers are redeemed, in unix time.
    pub expires_at_s: u64,
}

/// A key with the payer's signature for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lent {
    /// What is signed.
    pub key: SpendKey,
    /// r, s and v.
    pub signature: [u8; 65],
}

/// A voucher with all that redeems it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What is signed.
    pub voucher: Voucher,
    /// r, s and v.
    pub signature: [u8; 65],
    /// Where the key is not the payer's own.
    pub lent: Option<Lent>,
}

impl EscrowDomain {
    fn digest(&self, message: &Hash) -> Hash {
        let separator = keccak256(&[
            &keccak256(&[DOMAIN_TYPE]),
            &keccak256(&[NAME.as_bytes()]),
            &keccak256(&[VERSION.as_bytes()]),
            &word(&self.chain_id.to_be_bytes()),
            &word(&self.escrow),
        ]);
        keccak256(&[&[0x19, 0x01], &separator, message])
    }
}

impl Voucher {
    /// What its key signs.
    pub fn digest(&self, domain: &EscrowDomain) -> Hash {
        domain.digest(&keccak256(&[
            &keccak256(&[VOUCHER_TYPE]),
            &word(&self.payer),
            &word(&self.token),
            &word(&self.key),
            &word(&self.cumulative.to_be_bytes()),
        ]))
    }
}

impl SpendKey {
    /// What the payer signs.
    pub fn digest(&self, domain: &EscrowDomain) -> Hash {
        domain.digest(&keccak256(&[
            &keccak256(&[SPEND_KEY_TYPE]),
            &word(&self.payer),
            &word(&self.token),
            &word(&self.key),
            &word(&self.cap.to_be_bytes()),
            &word(&self.expires_at_s.to_be_bytes()),
        ]))
    }
}

impl Signed {
    /// Whether an Escrow redeems it, as far as bytes say: its key has signed it, and is the payer's
    /// own, or the payer has signed for it, with a cap that is not passed.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn verify(&self, domain: &EscrowDomain) -> Result<(), Fault> {
        let voucher = &self.voucher;
        let fault = |rule| Fault::new("voucher", rule);
        if recover(&voucher.digest(domain), &self.signature)? != voucher.key {
            return Err(fault("its key must have signed it"));
        }
        let is_own = voucher.key == voucher.payer;
        let (key, signature) = match &self.lent {
            None if is_own => return Ok(()),
            None => return Err(fault("a key that is not the payer's must be lent")),
            Some(_) if is_own => return Err(fault("the payer's own key is not lent")),
            Some(lent) => (&lent.key, &lent.signature),
        };
        let named = (key.payer, key.token, key.key);
        if named != (voucher.payer, voucher.token, voucher.key) {
            return Err(fault("the lent key must be the voucher's"));
        }
        if voucher.cumulative > key.cap {
            return Err(fault("a lent key spends at most its cap"));
        }
        match recover(&key.digest(domain), signature)? == key.payer {
            true => Ok(()),
            false => Err(fault("the payer must have signed for the lent key")),
        }
    }
}
