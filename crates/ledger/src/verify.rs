//! What can be said of a submission from its bytes alone; stateless, so it runs on every core.

use crate::commitment::{self, Binding};
use protocol::entry::{MAX_ENTRY_BYTES, Signed};
use protocol::{Command, Rejection, Space, codec};

/// A submission whose Ed25519 signature holds under the key it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Signed);

impl Verified {
    /// The submission and its signature.
    pub fn signed(&self) -> &Signed {
        &self.0
    }

    /// Takes the word of a log that was verified before it was written, such as one's own journal.
    pub fn trusted(signed: Signed) -> Self {
        Self(signed)
    }
}

/// Decodes and checks a client's submission: size, encoding, signature.
pub fn verify(bytes: &[u8]) -> Result<Verified, Rejection> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Rejection::TooLarge);
    }
    let signed: Signed = codec::decode(bytes).map_err(|_| Rejection::Malformed)?;
    verify_signed(signed)
}

/// Checks the signature of a submission that is decoded already.
pub fn verify_signed(signed: Signed) -> Result<Verified, Rejection> {
    let submission = &signed.submission;
    let bytes = submission.signing_bytes();
    if !proof::signature::verify_strict(&submission.key.0, &bytes, &signed.signature.0) {
        return Err(Rejection::BadSignature);
    }
    Ok(Verified(signed))
}

/// What the sequencer checks of an account's private body before it enters: the commitment opens
/// and the wallet did sign this delegation. Auditors repeat it when the wallet is disclosed.
pub fn verify_binding(
    signed: &Signed,
    binding: &Binding,
    chain_id: u64,
) -> Result<(), Rejection> {
    let submission = &signed.submission;
    let Command::OpenAccount(open) = &submission.command else {
        return Err(Rejection::Malformed);
    };
    let expected = commitment::binding(submission.space, submission.key, binding);
    if submission.private != Some(expected) {
        return Err(Rejection::BindingMismatch);
    }
    let delegation = Delegation {
        chain_id,
        space: submission.space,
        key: submission.key,
        scope: open.scope,
        expires_ms: open.expires_ms,
    };
    delegation.check(binding)
}

/// What a wallet signs once per session.
#[derive(Clone, Copy, Debug)]
pub struct Delegation {
    /// The chain the space settles on.
    pub chain_id: u64,
    /// The log.
    pub space: Space,
    /// The key that may act.
    pub key: protocol::SessionKey,
    /// What it may do.
    pub scope: protocol::Scope,
    /// Until when, log time in milliseconds.
    pub expires_ms: u64,
}

impl Delegation {
    /// The EIP-712 digest that the wallet signs.
    pub fn digest(&self) -> [u8; 32] {
        let mut space = [0; 32];
        space[..16].copy_from_slice(&self.space.0);
        proof::eip712::delegation_digest(
            self.chain_id,
            &space,
            &self.key.0,
            &self.scope.text(),
            self.expires_ms,
        )
    }

    /// Does the wallet's signature in `binding` cover this delegation?
    pub fn check(&self, binding: &Binding) -> Result<(), Rejection> {
        match proof::signature::recover(&self.digest(), &binding.delegation.0) {
            Some(wallet) if wallet == binding.wallet.0 => Ok(()),
            _ => Err(Rejection::BindingMismatch),
        }
    }
}
