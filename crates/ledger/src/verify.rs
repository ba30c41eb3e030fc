//! What can be said of a submission from its bytes alone; stateless, so it runs on every core.

use crate::commitment::{self, Binding};
use proof::signature::SessionKey;
use protocol::entry::{MAX_ENTRY_BYTES, Signed, Submission};
use protocol::passkey::PasskeyBinding;
use protocol::{Address, Command, Rejection, Signature, Space, WalletSignature, codec};

/// Decodes and checks a client's submission: size, encoding, signature.
pub fn verify(bytes: &[u8]) -> Result<Signed, Rejection> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Rejection::TooLarge);
    }
    let signed: Signed = codec::decode(bytes).map_err(|_| Rejection::Malformed)?;
    verify_signed(&signed)?;
    Ok(signed)
}

/// Signs a submission with the session key that it names: what a client does before it sends.
pub fn sign(submission: Submission, key: &SessionKey) -> Signed {
    let signature = Signature(key.sign(&submission.signing_bytes()));
    Signed {
        submission,
        signature,
    }
}

/// Checks the signature of a submission that is decoded already.
pub fn verify_signed(signed: &Signed) -> Result<(), Rejection> {
    let bytes = signed.submission.signing_bytes();
    proof::signature::verify(&signed.submission.key.0, &bytes, &signed.signature.0)
        .map_err(|_| Rejection::BadSignature)
}

/// What the sequencer checks of an account's private body before it enters: the commitment opens
/// and the wallet did sign this delegation. Auditors repeat it when the wallet is disclosed.
pub fn verify_binding(signed: &Signed, binding: &Binding, chain_id: u64) -> Result<(), Rejection> {
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

/// The same for an account that is opened with a passkey: the commitment opens to a key of the
/// curve. That its holder has it shows when it signs; until then nothing rests on it.
pub fn verify_passkey(signed: &Signed, binding: &PasskeyBinding) -> Result<(), Rejection> {
    let submission = &signed.submission;
    let expected = commitment::passkey(submission.space, submission.key, binding);
    if submission.private == Some(expected) && crate::decide::sound(binding) {
        Ok(())
    } else {
        Err(Rejection::BindingMismatch)
    }
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
    /// Until when, log time in milliseconds; whole seconds, as the wallet signs seconds.
    pub expires_ms: u64,
}

impl Delegation {
    /// The EIP-712 digest that the wallet signs.
    pub fn digest(&self) -> [u8; 32] {
        let mut space = [0; 32];
        space[..16].copy_from_slice(&self.space.0);
        let delegation = proof::eip712::Delegation {
            space,
            session_key: self.key.0,
            scope: &self.scope.text(),
            expires_at: self.expires_ms / 1_000,
        };
        proof::eip712::delegation_digest(self.chain_id, &delegation)
    }

    /// Does the wallet's signature in `binding` cover this delegation?
    pub fn check(&self, binding: &Binding) -> Result<(), Rejection> {
        self.signed_by(binding.wallet, &binding.delegation)
    }

    /// Has this wallet signed the delegation?
    pub fn signed_by(&self, wallet: Address, signature: &WalletSignature) -> Result<(), Rejection> {
        match proof::signature::recover(&self.digest(), &signature.0) {
            Ok(signer) if signer == wallet.0 => Ok(()),
            _ => Err(Rejection::BindingMismatch),
        }
    }
}
