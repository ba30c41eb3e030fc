//! Somebody who joins with fresh keys and signs.

use ledger::commitment::{self, Binding};
use ledger::verify::{Delegation, sign};
use proof::hash::sha256;
use proof::signature::{SessionKey as Secret, WalletKey};
use protocol::command::{DiscloseWallet, OpenAccount};
use protocol::entry::Submission;
use protocol::{
    AccountId, Address, Command, Hash, Scope, SessionKey, Space, WalletSignature, codec,
};
use web::wire::Sent;

use crate::served::START_MS;

pub const EXPIRES_MS: u64 = START_MS + 90 * 24 * 3_600_000;

pub struct Person {
    space: Space,
    pub session: Secret,
    pub wallet: WalletKey,
    salt: Hash,
    scope: Scope,
}

impl Person {
    pub fn new(space: Space, name: &str) -> Self {
        let secret = sha256(&[name.as_bytes()]);
        Self {
            space,
            session: Secret::from_seed(&secret),
            wallet: WalletKey::from_secret(&secret).unwrap(),
            salt: Hash(secret),
            scope: Scope::WORK,
        }
    }

    /// Whose key may open campaigns too.
    pub fn requester(space: Space, name: &str) -> Self {
        Self {
            scope: Scope::WORK.and(Scope::REQUEST),
            ..Self::new(space, name)
        }
    }

    /// Whose key may do all that keys may.
    pub fn trader(space: Space, name: &str) -> Self {
        let scope = Scope::WORK.and(Scope::REQUEST);
        Self {
            scope: scope.and(Scope::PUBLISH).and(Scope::SPEND),
            ..Self::new(space, name)
        }
    }

    /// A command as it is handed in.
    pub fn asks(&self, account: u32, nonce: u64, command: Command) -> Sent {
        self.sign(Some(AccountId(account)), nonce, command, None)
    }

    /// The same wallet with another session key.
    pub fn with_session(&self, name: &str) -> Self {
        let other = Self::new(self.space, name);
        let secret = WalletKey::from_secret(&self.salt.0).unwrap();
        Self {
            wallet: secret,
            ..other
        }
    }

    fn binding(&self) -> Binding {
        let key = SessionKey(self.session.public());
        let delegation = Delegation {
            chain_id: chain_id(),
            space: self.space,
            key,
            scope: self.scope,
            expires_ms: EXPIRES_MS,
        };
        Binding {
            wallet: Address(self.wallet.address()),
            delegation: WalletSignature(self.wallet.sign(&delegation.digest())),
            salt: self.salt,
        }
    }

    pub fn join(&self) -> Sent {
        let (key, binding) = (SessionKey(self.session.public()), self.binding());
        let open = OpenAccount {
            scope: self.scope,
            expires_ms: EXPIRES_MS,
        };
        let private = Some(commitment::binding(self.space, key, &binding));
        let mut sent = self.sign(None, 0, Command::OpenAccount(open), private);
        sent.body = Some(codec::encode(&binding).into());
        sent
    }

    pub fn disclose(&self, account: u32, nonce: u64) -> Sent {
        let Binding {
            wallet,
            delegation,
            salt,
        } = self.binding();
        let command = Command::DiscloseWallet(DiscloseWallet {
            wallet,
            delegation,
            salt,
        });
        self.sign(Some(AccountId(account)), nonce, command, None)
    }

    fn sign(
        &self,
        account: Option<AccountId>,
        nonce: u64,
        command: Command,
        private: Option<Hash>,
    ) -> Sent {
        let submission = Submission {
            space: self.space,
            account,
            key: SessionKey(self.session.public()),
            nonce,
            command,
            private,
        };
        Sent {
            signed: codec::encode(&sign(submission, &self.session)).into(),
            body: None,
            attachments: None,
        }
    }
}

fn chain_id() -> u64 {
    chain::devnet::CHAIN_ID
}
