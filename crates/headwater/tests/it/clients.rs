//! Somebody who sends to nodes that die, sends again what was not answered, and keeps the answers.

use crate::served::Process;
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::OpenAccount;
use protocol::document::Parents;
use protocol::entry::{Entry, Submission};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, Command, Hash, Ppm, Scope, Space, TokenId, WalletSignature, codec,
};
use sequencer::Offer;
use std::sync::mpsc::Sender;
use std::time::Instant;
use store::{Place, Store};
use web::wire::{Outcome, Outcomes, Sent};

/// The first account of a log that has none but its operator's.
const FIRST: AccountId = AccountId(1);

/// What was sent, and where it stands since the node has said so.
pub struct Acknowledged {
    pub index: u64,
    pub sent: Sent,
    /// Address of the node that has said so.
    pub by: String,
    pub at: Instant,
}

pub struct Client {
    space: Space,
    number: u64,
    made: u64,
    publisher: Option<(SessionKey, u64)>,
    unanswered: Vec<Sent>,
    http: http::Client,
}

/// Clients of a new node; the first of them has the log's first account and registers assets.
pub fn clients(node: &Process, count: u64) -> Vec<Client> {
    let space = node.space();
    let mut clients: Vec<Client> = (0..count)
        .map(|number| Client::new(space, number))
        .collect();
    clients[0].publish(&node.site());
    clients
}

/// Opens a log as the next start would, and reads everything that lies behind it.
pub fn read_back(place: &Place, kept: &[Acknowledged]) {
    let (store, recovered) = Store::open(place).unwrap();
    let first = kept.iter().map(|acknowledged| acknowledged.index).min();
    let first = first.unwrap_or(recovered.head.size);
    let stored: Result<Vec<_>, _> = store.entries(first..recovered.head.size).unwrap().collect();
    let stored = stored.unwrap();
    for acknowledged in kept {
        let Some(stored) = stored.get((acknowledged.index - first) as usize) else {
            panic!("entry {} was acknowledged and is lost", acknowledged.index)
        };
        acknowledged.check(&stored.entry);
        let body = acknowledged.sent.body.as_ref();
        let body = body.map_or_else(Vec::new, |body| body.to_vec());
        assert_eq!(stored.body.as_ref(), Some(&body));
        for attachment in acknowledged.sent.attachments.iter().flatten() {
            let hash = sha256(&[attachment]);
            let read = store.attachments().read(&hash).unwrap();
            assert_eq!(read, attachment.to_vec());
        }
    }
}

impl Acknowledged {
    /// Holds an entry's bytes against what was sent.
    pub fn check(&self, entry: &[u8]) {
        let entry: Entry = codec::decode(entry).unwrap();
        assert_eq!(entry.seq, self.index);
        assert_eq!(codec::encode(&entry.signed), self.sent.signed.to_vec());
    }
}

impl Client {
    pub fn new(space: Space, number: u64) -> Self {
        let patience = http::Settings {
            attempts: 1,
            connect_ms: 1_000,
            request_ms: 2_000,
            ..http::Settings::default()
        };
        Self {
            space,
            number,
            made: 0,
            publisher: None,
            unanswered: Vec::new(),
            http: http::Client::new(patience),
        }
    }

    fn publish(&mut self, site: &http::Site) {
        self.unanswered = vec![self.open_account()];
        let key = self.session(self.made - 1);
        let answered = self.send(site.base()).unwrap();
        assert_eq!(answered.len(), 1);
        self.publisher = Some((key, 1));
    }

    /// Sends on and on, and ends with the first request that has no answer.
    pub fn send_until_dead(&mut self, address: &str, kept: &Sender<Acknowledged>) {
        while let Some(answered) = self.send(address) {
            for acknowledged in answered {
                // Whoever has heard enough needs no more.
                kept.send(acknowledged).ok();
            }
        }
    }

    /// One request: what had no answer before, or something new. `None` where it has no answer.
    pub fn send(&mut self, address: &str) -> Option<Vec<Acknowledged>> {
        if self.unanswered.is_empty() {
            let count = 1 + self.made % 7;
            self.unanswered = (0..count).map(|_| self.next()).collect();
        }
        let outcomes = self.post(address)?;
        let at = Instant::now();
        assert_eq!(outcomes.len(), self.unanswered.len());
        let pairs = outcomes.into_iter().zip(self.unanswered.drain(..));
        let kept = pairs.map(|(outcome, sent)| match outcome {
            Outcome::Accepted { index, .. } => Acknowledged {
                index,
                sent,
                by: address.to_owned(),
                at,
            },
            Outcome::Rejected { message, .. } | Outcome::Denied { message, .. } => {
                panic!("refused: {message}")
            }
        });
        Some(kept.collect())
    }

    /// `None` where the node is dead before it has answered, or says that it does not write.
    fn post(&self, address: &str) -> Option<Vec<Outcome>> {
        let body = web::wire::encode(&self.unanswered);
        let url = format!("{address}/api/v1/submit");
        let answer = self
            .http
            .post(&url, "application/cbor", body, 1 << 24)
            .ok()?;
        let said = String::from_utf8_lossy(&answer.body);
        match answer.status {
            200 => {
                let outcomes: Outcomes = serde_json::from_str(&said).unwrap();
                Some(outcomes.answers)
            }
            421 | 503 => None,
            status => panic!("{status}: {said}"),
        }
    }

    fn next(&mut self) -> Sent {
        match self.publisher.take() {
            Some((key, nonce)) if !self.made.is_multiple_of(3) => {
                let sent = self.register(&key, nonce);
                self.publisher = Some((key, nonce + 1));
                sent
            }
            publisher => {
                self.publisher = publisher;
                self.open_account()
            }
        }
    }

    fn session(&self, made: u64) -> SessionKey {
        let seed = [self.number.to_be_bytes(), made.to_be_bytes()].concat();
        SessionKey::from_seed(&sha256(&[b"session", &seed]))
    }

    /// An entry with a private body: the wallet behind the account.
    fn open_account(&mut self) -> Sent {
        let session = self.session(self.made);
        let key = protocol::SessionKey(session.public());
        let wallet = WalletKey::from_secret(&sha256(&[b"wallet", &key.0])).unwrap();
        self.made += 1;
        let (space, scope, expires_ms) = (self.space, Scope::PUBLISH, 4_000_000_000_000);
        let delegation = Delegation {
            chain_id: chain::devnet::CHAIN_ID,
            space,
            key,
            scope,
            expires_ms,
        };
        let binding = Binding {
            wallet: Address(wallet.address()),
            delegation: WalletSignature(wallet.sign(&delegation.digest())),
            salt: Hash(sha256(&[b"salt", &key.0])),
        };
        let submission = Submission {
            space,
            account: None,
            key,
            nonce: 0,
            command: Command::OpenAccount(OpenAccount { scope, expires_ms }),
            private: Some(commitment::binding(space, key, &binding)),
        };
        let mut offer = Offer::from(ledger::verify::sign(submission, &session));
        offer.body = codec::encode(&binding);
        sent(offer)
    }

    /// An entry with an attachment: the list of a thing's parents, which is empty.
    fn register(&mut self, session: &SessionKey, nonce: u64) -> Sent {
        self.made += 1;
        let list = codec::encode(&Parents { assets: Vec::new() });
        let asset = RegisterAsset {
            kind: AssetKind::Dataset,
            title: format!("data set {nonce}"),
            content: Hash(sha256(&[&nonce.to_be_bytes()])),
            terms: Terms {
                purposes: vec!["train".to_owned()],
                token: TokenId(0),
                price_units: Amount::new(1).unwrap(),
                demand: Demand::Floor(Ppm::ZERO),
                contributors_share: Ppm::ZERO,
                expires_ms: None,
            },
            parents: ParentList::Attached(Hash(sha256(&[&list]))),
            listing: None,
        };
        let submission = Submission {
            space: self.space,
            account: Some(FIRST),
            key: protocol::SessionKey(session.public()),
            nonce,
            command: Command::RegisterAsset(asset),
            private: None,
        };
        let mut offer = Offer::from(ledger::verify::sign(submission, session));
        offer.attachments = vec![list];
        sent(offer)
    }
}

fn sent(offer: Offer) -> Sent {
    let some = |bytes: Vec<u8>| (!bytes.is_empty()).then(|| bytes.into());
    let attachments: Vec<_> = offer.attachments.into_iter().map(Into::into).collect();
    Sent {
        signed: codec::encode(&offer.signed).into(),
        body: some(offer.body),
        attachments: (!attachments.is_empty()).then_some(attachments),
    }
}
