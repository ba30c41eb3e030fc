//! A small space: a developer with a model, a user who pays for calls, and their deposits.

use chain::escrow::Opening;
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use node::{Keyring, Node, meter};
use proof::hash::sha256;
use protocol::command::{DiscloseWallet, GrantAllowance, OpenAccount};
use protocol::entry::{Signed, Submission};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::usage::UsageRow;
use protocol::{
    AccountId, Address, Amount, AssetId, Command, FundId, Hash, Ppm, Scope, SessionKey, Signature,
    Space, TokenId, WalletSignature, codec,
};
use sequencer::Offer;
use std::path::Path;
use store::Place;

pub const START_MS: u64 = 1_767_603_600_000;
pub const DAY_MS: u64 = 24 * 3_600_000;
/// When the deposits close.
pub const CLOSES_MS: u64 = START_MS + 20 * DAY_MS;
pub const PRICE: u128 = 2_000;

/// Somebody with a wallet and a session key; the account's number is known beforehand.
pub struct Person {
    pub account: AccountId,
    pub wallet: [u8; 20],
    space: Space,
    session: proof::signature::SessionKey,
    binding: Binding,
    scope: Scope,
    nonce: u64,
}

impl Person {
    pub fn new(space: Space, account: u32, scope: Scope) -> Self {
        Self::upon(chain::devnet::CHAIN_ID, space, account, scope)
    }

    /// Of a log whose first chain has this number.
    pub fn upon(chain_id: u64, space: Space, account: u32, scope: Scope) -> Self {
        let secret = sha256(&[b"person", &account.to_be_bytes()]);
        let session = proof::signature::SessionKey::from_seed(&secret);
        let wallet = proof::signature::WalletKey::from_secret(&secret).unwrap();
        let key = SessionKey(session.public());
        let expires_ms = START_MS + 90 * DAY_MS;
        let delegation = Delegation {
            chain_id,
            space,
            key,
            scope,
            expires_ms,
        };
        let binding = Binding {
            wallet: Address(wallet.address()),
            delegation: WalletSignature(wallet.sign(&delegation.digest())),
            salt: Hash(secret),
        };
        let (account, wallet) = (AccountId(account), wallet.address());
        Self {
            account,
            wallet,
            space,
            session,
            binding,
            scope,
            nonce: 0,
        }
    }

    /// Whoever holds this key of an account, from a nonce on.
    pub fn with_key(
        (space, account): (Space, AccountId),
        session: proof::signature::SessionKey,
        nonce: u64,
    ) -> Self {
        let own = Self::new(space, account.0, Scope::WORK);
        Self {
            session,
            nonce,
            ..own
        }
    }

    pub fn join(&mut self) -> Offer {
        let key = SessionKey(self.session.public());
        let expires_ms = START_MS + 90 * DAY_MS;
        let mut offer = self.offer(
            None,
            Command::OpenAccount(OpenAccount {
                scope: self.scope,
                expires_ms,
            }),
        );
        offer.signed.submission.private = Some(commitment::binding(self.space, key, &self.binding));
        offer.body = codec::encode(&self.binding);
        self.seal(offer)
    }

    pub fn sign(&mut self, command: Command) -> Offer {
        let offer = self.offer(Some(self.account), command);
        self.seal(offer)
    }

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

    /// The nonce of the next command.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    pub fn space(&self) -> Space {
        self.space
    }

    /// The next command takes the last nonce again.
    pub fn rewind(&mut self) {
        self.nonce -= 1;
    }

    fn offer(&mut self, account: Option<AccountId>, command: Command) -> Offer {
        let (space, key, nonce) = (self.space, SessionKey(self.session.public()), self.nonce);
        self.nonce += 1;
        let submission = Submission {
            space,
            account,
            key,
            nonce,
            command,
            private: None,
        };
        let signed = Signed {
            submission,
            signature: Signature([0; 64]),
        };
        Offer {
            signed,
            body: Vec::new(),
            attachments: Vec::new(),
        }
    }

    fn seal(&self, mut offer: Offer) -> Offer {
        let bytes = offer.signed.submission.signing_bytes();
        offer.signed.signature = Signature(self.session.sign(&bytes));
        offer
    }
}

/// The developer is account 1, the user account 2, with deposits 1 and 2.
pub struct World {
    pub node: Node,
    pub developer: Person,
    pub user: Person,
}

pub fn amount(units: u128) -> Amount {
    Amount::new(units).unwrap()
}

impl World {
    /// Everybody has joined; nothing is deposited.
    pub fn new(dir: &Path) -> Self {
        let keys = Keyring::from_seed(b"node tests");
        let space = keys.space();
        let node = Node::create(dir, keys, START_MS).unwrap();
        let developer = Person::new(space, 1, Scope::PUBLISH.and(Scope::REQUEST));
        let user = Person::new(space, 2, Scope::SPEND);
        let mut world = Self {
            node,
            developer,
            user,
        };
        let offers = vec![world.developer.join(), world.user.join()];
        world.accept(offers);
        world
    }

    /// The process ends without a word and the directory is opened again.
    pub fn crash(self, dir: &Path) -> Self {
        self.crash_in(&Place::directory(dir))
    }

    /// The same, where the directory is opened on another disk.
    pub fn crash_in(self, place: &Place) -> Self {
        let Self {
            node,
            developer,
            user,
        } = self;
        drop(node);
        Self {
            node: Node::open_in(place).unwrap().node,
            developer,
            user,
        }
    }

    pub fn accept(&mut self, offers: Vec<Offer>) {
        for answer in self.node.submit(offers).unwrap() {
            answer.unwrap();
        }
    }

    /// The Escrow contract takes a million units for each; the ledger does not know yet.
    pub fn deposit(&mut self) {
        self.deposit_capped(1_000_000);
    }

    /// The same where an epoch debits at most so much of each.
    pub fn deposit_capped(&mut self, max_per_epoch: u128) {
        self.deposit_of(1_000_000, max_per_epoch);
    }

    /// The same of another amount.
    pub fn deposit_of(&mut self, amount: u128, max_per_epoch: u128) {
        let opening = |person: &Person| Opening {
            funder: person.wallet,
            account: node::deposit::account_reference(person.account),
            amount,
            max_per_epoch,
            closes_at_s: CLOSES_MS / 1_000,
        };
        let openings = [opening(&self.developer), opening(&self.user)];
        let faucet = self.node.keys().wallet("faucet");
        let token = self.node.chain().deployment.token();
        let chain = self.node.chain_mut();
        chain
            .mint(&faucet, token, faucet.address(), 2 * amount)
            .unwrap();
        chain.approve(&faucet, token, 2 * amount).unwrap();
        chain.open_deposits(&faucet, token, &openings).unwrap();
    }

    /// The developer's model is called `uses` times by the user, who pays out of deposit 2.
    pub fn calls(&mut self, uses: u32) {
        let offer = self.developer.sign(Command::RegisterAsset(asset()));
        self.accept(vec![offer]);
        let grant = GrantAllowance {
            asset: AssetId(0),
            fund: FundId(2),
            cap_units: amount(PRICE * u128::from(uses)),
            expires_ms: CLOSES_MS - ledger::state::SETTLING_MS - 1,
        };
        let offer = self.user.sign(Command::GrantAllowance(grant));
        self.accept(vec![offer]);
        let time_ms = self.node.now_ms();
        let row = |number: u32| UsageRow {
            receipt: sha256(&[&number.to_be_bytes()]),
            allowance: 0,
            purpose: 0,
            time_ms,
            amount_units: PRICE,
            input: [0; 32],
            output: [0; 32],
            tokens: None,
        };
        let segment = meter::segment(AssetId(0), 0, (0..uses).map(row).collect())
            .unwrap()
            .unwrap();
        let mut offer = self.developer.sign(Command::PostSegment(segment.command));
        offer.attachments = vec![segment.rows];
        let disclosed = self.developer.disclose();
        self.accept(vec![offer, disclosed]);
    }
}

pub fn asset() -> RegisterAsset {
    RegisterAsset {
        kind: AssetKind::Model,
        title: "model".to_owned(),
        content: Hash([1; 32]),
        terms: terms(),
        parents: ParentList::Inline(Vec::new()),
        listing: None,
    }
}

pub fn terms() -> Terms {
    Terms {
        purposes: vec!["research".to_owned()],
        token: TokenId(0),
        price_units: amount(PRICE),
        demand: Demand::Floor(Ppm::ZERO),
        contributors_share: Ppm::ZERO,
        expires_ms: None,
    }
}
