//! `kill -9` of a serving node at moments that nobody chose: what it has acknowledged is there.
//!
//! The acknowledgements are kept in this process. After each kill the node starts again on the same
//! directory and every entry that it has acknowledged must stand at its index, byte for byte, and
//! now and then the private bodies and attachments are read back too. `HEADWATER_KILLS` sets how
//! often it is killed.

use crate::run::{headwater, text};
use crate::served::Served;
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::signature::{SessionKey, WalletKey};
use protocol::command::{AssetKind, OpenAccount, ParentList, RegisterAsset};
use protocol::document::Parents;
use protocol::entry::{Entry, Submission};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, Command, Hash, Ppm, Scope, Space, TokenId, WalletSignature, codec,
};
use sequencer::Offer;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use store::{Place, Store};
use web::wire::{Outcome, Outcomes, Sent};

const CLIENTS: u64 = 3;
/// Kills between two readings of everything from the journal.
const READ_EVERY: u64 = 20;

/// What was sent, and where it stands since the node has said so.
struct Acknowledged {
    index: u64,
    sent: Sent,
}

/// Somebody who sends, and sends again what was not answered.
struct Client {
    space: Space,
    number: u64,
    made: u64,
    publisher: Option<(SessionKey, u64)>,
    unanswered: Vec<Sent>,
}

#[test]
fn no_kill_takes_back_what_was_acknowledged() {
    let kills = std::env::var("HEADWATER_KILLS").map_or(200, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("node");
    let first = Served::start(&dir, &[]);
    let (space, log_key) = (first.space(), first.log_key.clone());
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(space, number))
        .collect();
    clients[0].publish(&first);
    first.kill();
    let mut kept: Vec<Acknowledged> = Vec::new();
    let mut random = Random(7);
    for kill in 1..=kills {
        let node = Served::start(&dir, &["--publish-every", "5"]);
        let last = kept.len().saturating_sub(20);
        for acknowledged in &kept[last..] {
            acknowledged.check(&node.entry(acknowledged.index));
        }
        kept.extend(load_and_kill(node, &mut clients, random.below(40)));
        if kill % READ_EVERY == 0 {
            read_back(&dir, &kept);
        }
    }
    let node = Served::start(&dir, &["--publish-every", "5"]);
    let last = kept
        .iter()
        .map(|acknowledged| acknowledged.index)
        .max()
        .unwrap();
    node.entry(last);
    node.stop();
    read_back(&dir, &kept);
    let verdict = headwater(["audit", text(&dir), "--log-key", &log_key]).good();
    assert!(verdict.contains("verified"), "{verdict}");
    assert!(
        kept.len() as u64 > kills,
        "only {} were acknowledged",
        kept.len()
    );
}

/// Lets all clients send until so many answers have come, then kills in the middle of the rest.
fn load_and_kill(node: Served, clients: &mut [Client], answers: u64) -> Vec<Acknowledged> {
    let (sender, receiver) = channel();
    let url = node.url("/api/v1/submit");
    std::thread::scope(|scope| {
        for client in clients.iter_mut() {
            let (url, sender) = (&url, sender.clone());
            scope.spawn(move || client.send_until_dead(url, &sender));
        }
        drop(sender);
        let mut kept: Vec<Acknowledged> = receiver.iter().take(answers as usize).collect();
        node.kill();
        kept.extend(receiver);
        kept
    })
}

/// Opens the directory as the next start would, and reads everything that lies behind the log.
fn read_back(dir: &Path, kept: &[Acknowledged]) {
    let (store, recovered) = Store::open(&Place::directory(dir)).unwrap();
    let stored: Result<Vec<_>, _> = store.entries(0..recovered.head.size).unwrap().collect();
    let stored = stored.unwrap();
    for acknowledged in kept {
        let stored = &stored[acknowledged.index as usize];
        acknowledged.check(&stored.entry);
        let body = acknowledged.sent.body.as_ref();
        let body = body.map_or_else(Vec::new, |body| body.to_vec());
        assert_eq!(stored.body.as_ref(), Some(&body));
        for attachment in acknowledged.sent.attachments.iter().flatten() {
            let hash = sha256(&[attachment]);
            assert!(stored.attachments.contains(&hash));
            assert_eq!(
                store.attachments().read(&hash).unwrap(),
                attachment.to_vec()
            );
        }
    }
}

impl Acknowledged {
    fn check(&self, entry: &[u8]) {
        let entry: Entry = codec::decode(entry).unwrap();
        assert_eq!(entry.seq, self.index);
        assert_eq!(codec::encode(&entry.signed), self.sent.signed.to_vec());
    }
}

impl Client {
    fn new(space: Space, number: u64) -> Self {
        Self {
            space,
            number,
            made: 0,
            publisher: None,
            unanswered: Vec::new(),
        }
    }

    /// Opens the log's first account, whose number is known: it can register assets.
    fn publish(&mut self, node: &Served) {
        let sent = self.open_account();
        let key = self.session(self.made - 1);
        let Outcomes { answers } = post(&node.url("/api/v1/submit"), &[sent]).unwrap();
        assert!(
            matches!(answers[..], [Outcome::Accepted { .. }]),
            "{answers:?}"
        );
        self.publisher = Some((key, 1));
    }

    fn send_until_dead(&mut self, url: &str, kept: &Sender<Acknowledged>) {
        loop {
            if self.unanswered.is_empty() {
                let count = 1 + self.made % 7;
                self.unanswered = (0..count).map(|_| self.next()).collect();
            }
            let Some(outcomes) = post(url, &self.unanswered) else {
                return;
            };
            assert_eq!(outcomes.answers.len(), self.unanswered.len());
            for (outcome, sent) in outcomes.answers.into_iter().zip(self.unanswered.drain(..)) {
                let Outcome::Accepted { index, .. } = outcome else {
                    panic!("refused: {outcome:?}")
                };
                kept.send(Acknowledged { index, sent }).unwrap();
            }
        }
    }

    fn next(&mut self) -> Sent {
        match self.publisher.take() {
            Some((key, nonce)) if self.made % 3 != 0 => {
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
        };
        let submission = Submission {
            space: self.space,
            account: Some(AccountId(1)),
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

/// `None` where the node is dead before it has answered.
fn post(url: &str, sent: &[Sent]) -> Option<Outcomes> {
    let client = http::Client::default();
    let answer = client
        .post(url, "application/cbor", web::wire::encode(sent), 1 << 24)
        .ok()?;
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    Some(serde_json::from_slice(&answer.body).unwrap())
}

/// Numbers that look random and are not (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)) % limit
    }
}
