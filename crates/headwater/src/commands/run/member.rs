//! Somebody of the demo's crowd: keys that follow from the node's secret, and what they sign.

use anyhow::Result;
use ledger::commitment::{self, AnswerPlace, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::signature::{SessionKey as Secret, WalletKey};
use protocol::command::{DiscloseWallet, OpenAccount, SealAnswers};
use protocol::document::AnswerOpening;
use protocol::entry::Submission;
use protocol::{
    AccountId, Address, CampaignId, Command, Hash, Scope, SessionKey, Space, WalletSignature, codec,
};
use sequencer::Offer;

/// When the keys of the crowd end: far away, on a full second.
const EXPIRES_MS: u64 = 4_102_444_800_000;

/// One of the crowd.
pub struct Member {
    space: Space,
    session: Secret,
    binding: Binding,
    scope: Scope,
    account: Option<AccountId>,
    nonce: u64,
}

impl Member {
    /// The member with this number, who has not joined as far as is known.
    pub fn new(log: (Space, u64), secret: &[u8; 32], number: u32) -> Result<Self> {
        Self::with(log, secret, number, Scope::WORK.and(Scope::REQUEST))
    }

    /// The same with a key that may do something else.
    pub fn with(
        (space, chain_id): (Space, u64),
        secret: &[u8; 32],
        number: u32,
        scope: Scope,
    ) -> Result<Self> {
        let secret = sha256(&[secret, &number.to_be_bytes()]);
        let session = Secret::from_seed(&sha256(&[b"session\0", &secret]));
        let wallet = WalletKey::from_secret(&sha256(&[b"wallet\0", &secret]))?;
        let delegation = Delegation {
            chain_id,
            space,
            key: SessionKey(session.public()),
            scope,
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
            scope,
            account: None,
            nonce: 0,
        })
    }

    /// Learns from the state what this key has done; false if it has not joined.
    pub fn find(&mut self, state: &ledger::State) -> bool {
        let Some(key) = state.key(&SessionKey(self.session.public())) else {
            return false;
        };
        self.account = Some(key.account);
        let last = key.nonces.iter().map(|used| used.nonce).max();
        self.nonce = last.map_or(0, |last| last + 1);
        true
    }

    /// The account, once it is known.
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Where earnings go.
    pub fn wallet(&self) -> Address {
        self.binding.wallet
    }

    /// A secret for one purpose.
    pub fn secret(&self, purpose: &[u8]) -> [u8; 32] {
        sha256(&[b"purpose\0", &self.binding.salt.0, purpose])
    }

    /// Opens the account.
    pub fn join(&mut self) -> Offer {
        let key = SessionKey(self.session.public());
        let private = commitment::binding(self.space, key, &self.binding);
        let command = Command::OpenAccount(OpenAccount {
            scope: self.scope,
            expires_ms: EXPIRES_MS,
        });
        let mut offer = self.signed(command, Some(private));
        offer.body = codec::encode(&self.binding);
        offer
    }

    /// Says where to pay.
    pub fn disclose(&mut self) -> Offer {
        let Binding {
            wallet,
            delegation,
            salt,
        } = self.binding.clone();
        self.sign(Command::DiscloseWallet(DiscloseWallet {
            wallet,
            delegation,
            salt,
        }))
    }

    /// The command under the next nonce, with nothing beside it.
    pub fn sign(&mut self, command: Command) -> Offer {
        self.signed(command, None)
    }

    /// Seals one answer.
    pub fn seal(&mut self, campaign: CampaignId, unit: u32, label: u16) -> Offer {
        let place = AnswerPlace {
            space: self.space,
            account: self.account.unwrap_or(AccountId(0)),
            nonce: self.nonce,
            field: 0,
        };
        let opening = AnswerOpening {
            unit,
            label,
            salt: Hash(sha256(&[&self.binding.salt.0, &self.nonce.to_be_bytes()])),
            text: None,
        };
        let commitments = vec![commitment::answer(place, &opening)];
        let mut offer = self.sign(Command::SealAnswers(SealAnswers {
            campaign,
            commitments,
        }));
        offer.body = codec::encode(&vec![opening]);
        offer
    }

    fn signed(&mut self, command: Command, private: Option<Hash>) -> Offer {
        let nonce = self.nonce;
        self.nonce += 1;
        let submission = Submission {
            space: self.space,
            account: self.account,
            key: SessionKey(self.session.public()),
            nonce,
            command,
            private,
        };
        ledger::verify::sign(submission, &self.session).into()
    }
}
