//! Addresses that pay call by call: the log knows them by accounts with keys of the node.

use crate::{Error, Keyring};
use ledger::State;
use ledger::commitment::{self, Binding};
use ledger::verify::{self, Delegation};
use proof::hash::sha256;
use proof::signature::{SessionKey as Secret, WalletKey};
use protocol::command::OpenAccount;
use protocol::entry::Submission;
use protocol::{
    AccountId, Address, Command, Hash, Scope, SessionKey, Space, WalletSignature, codec,
};
use sequencer::Offer;

/// Duty of the wallet that payments are made to: it opens deposits of them and keeps nothing.
pub const PAYMENTS: &str = "payments";
/// When the keys of such accounts end: far away, on a full second.
const EXPIRES_MS: u64 = 4_102_444_800_000;

/// A paying address as an account. The node acts for it, within what its payments have brought:
/// the key may spend and nothing else, and what is not used goes back to the address by contract.
pub struct Payer {
    space: Space,
    session: Secret,
    binding: Binding,
}

impl Payer {
    /// The same account for the same address at every start.
    pub fn new(
        (space, chain_id): (Space, u64),
        keys: &Keyring,
        address: [u8; 20],
    ) -> Result<Self, Error> {
        let secret = sha256(&[&keys.secret("payers"), &address]);
        let session = Secret::from_seed(&sha256(&[b"session\0", &secret]));
        let wallet = WalletKey::from_secret(&sha256(&[b"wallet\0", &secret]));
        let wallet = wallet.map_err(|fault| Error::Corrupt(fault.to_string()))?;
        let delegation = Delegation {
            chain_id,
            space,
            key: SessionKey(session.public()),
            scope: Scope::SPEND,
            expires_ms: EXPIRES_MS,
        };
        let binding = Binding {
            wallet: Address(wallet.address()),
            delegation: WalletSignature(wallet.sign(&delegation.digest())),
            salt: Hash(sha256(&[b"salt\0", &secret])),
        };
        Ok(Self {
            space,
            session,
            binding,
        })
    }

    /// The account, if the log has it.
    pub fn account(&self, state: &State) -> Option<AccountId> {
        Some(state.key(&self.key())?.account)
    }

    /// A nonce that the key has not used.
    pub fn next_nonce(&self, state: &State) -> u64 {
        let key = state.key(&self.key());
        let last = key.and_then(|key| key.nonces.iter().map(|used| used.nonce).max());
        last.map_or(0, |last| last + 1)
    }

    /// Opens the account.
    pub fn opening(&self) -> Offer {
        let command = Command::OpenAccount(OpenAccount {
            scope: Scope::SPEND,
            expires_ms: EXPIRES_MS,
        });
        let private = commitment::binding(self.space, self.key(), &self.binding);
        let mut offer = self.signed(None, 0, (command, Some(private)));
        offer.body = codec::encode(&self.binding);
        offer
    }

    /// Signs for the account with its key; `nonce` is one that the key has not used.
    pub fn sign(&self, account: AccountId, nonce: u64, command: Command) -> Offer {
        self.signed(Some(account), nonce, (command, None))
    }

    fn signed(
        &self,
        account: Option<AccountId>,
        nonce: u64,
        (command, private): (Command, Option<Hash>),
    ) -> Offer {
        let submission = Submission {
            space: self.space,
            account,
            key: self.key(),
            nonce,
            command,
            private,
        };
        verify::sign(submission, &self.session).into()
    }

    fn key(&self) -> SessionKey {
        SessionKey(self.session.public())
    }
}
