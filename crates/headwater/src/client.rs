//! Somebody with a wallet and a session key who speaks to a node over HTTP.

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use ledger::commitment::{self, AnswerPlace, Binding};
use ledger::verify::Delegation;
use proof::hash::sha256;
use proof::signature::{SessionKey as Secret, WalletKey};
use protocol::command::{DiscloseWallet, OpenAccount, SealAnswers};
use protocol::document::AnswerOpening;
use protocol::entry::Submission;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, CampaignId, Command, Hash, Ppm, Scope, SessionKey, Space, TokenId,
    WalletSignature, codec,
};
use web::wire::{self, Outcome, Outcomes, Sent};

/// Most bytes of an answer to submissions.
const MAX_ANSWER_BYTES: u64 = 16 << 20;
const HOUR_MS: u64 = 3_600_000;

/// What a node says of its space, as far as signing needs it.
#[derive(Clone, Copy, Debug)]
pub struct SpaceTerms {
    /// The log that commands are signed for.
    pub space: Space,
    /// The chain that wallets sign delegations for.
    pub chain_id: u64,
    /// The log's time when it was asked, in milliseconds since 1970.
    pub time_ms: u64,
}

/// One account's keys and its next nonce.
#[derive(Clone)]
pub struct Person {
    terms: SpaceTerms,
    session: Secret,
    wallet: WalletKey,
    secret: [u8; 32],
    scope: Scope,
    account: Option<AccountId>,
    nonce: u64,
}

/// Asks a node what is needed to sign.
pub fn terms(site: &http::Site) -> Result<SpaceTerms> {
    let read = |path: &str| -> Result<serde_json::Value> {
        let body = site.get(path, 1 << 20)?.body;
        serde_json::from_slice(&body).with_context(|| format!("`{path}` is no JSON"))
    };
    let (about, head) = (read("api/v1/space")?, read("api/v1/head")?);
    let mut space = [0; 16];
    let digits = about["space"].as_str().context("the node names no space")?;
    hex::decode_to_slice(digits, &mut space).context("the node's space is not 32 hex digits")?;
    Ok(SpaceTerms {
        space: Space(space),
        chain_id: about["genesis"]["chain_id"]
            .as_u64()
            .context("the node names no chain")?,
        time_ms: head["time_ms"].as_u64().context("the node names no time")?,
    })
}

/// Sends submissions and gives the answers, one for each. A busy node is asked again every 50 ms:
/// sent twice is entered once.
pub fn submit(site: &http::Site, sent: &[Sent]) -> Result<Vec<Outcome>> {
    let (body, kind) = (wire::encode(sent), "application/cbor");
    let answer = loop {
        let answer = site.post("api/v1/submit", kind, body.clone(), MAX_ANSWER_BYTES)?;
        if answer.status != 503 || !String::from_utf8_lossy(&answer.body).contains("\"busy\"") {
            break answer;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    };
    if !answer.is_success() {
        let reason = answer.reason().unwrap_or_default();
        bail!("the node answers {}: {reason}", answer.status);
    }
    let outcomes: Outcomes =
        serde_json::from_slice(&answer.body).context("the node's answer is no JSON")?;
    ensure!(
        outcomes.answers.len() == sent.len(),
        "the node has not answered everything"
    );
    Ok(outcomes.answers)
}

impl Person {
    /// Somebody whose keys follow from a name, and whose session key publishes assets.
    pub fn new(terms: SpaceTerms, name: &str) -> Result<Self> {
        Self::with_scope(terms, name, Scope::PUBLISH)
    }

    /// The same with a session key that may do something else.
    pub fn with_scope(terms: SpaceTerms, name: &str, scope: Scope) -> Result<Self> {
        let secret = sha256(&[b"headwater/client/v1\0", name.as_bytes()]);
        Self::of(terms, secret, scope)
    }

    /// Somebody whose keys follow from a secret, with what the session key may do.
    pub fn of(terms: SpaceTerms, secret: [u8; 32], scope: Scope) -> Result<Self> {
        Ok(Self {
            terms,
            session: Secret::from_seed(&sha256(&[b"session\0", &secret])),
            wallet: WalletKey::from_secret(&sha256(&[b"wallet\0", &secret]))?,
            secret,
            scope,
            account: None,
            nonce: 0,
        })
    }

    /// The account in the log, once it is known.
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Says which account the key has opened.
    pub fn is_account(&mut self, account: AccountId) {
        self.account = Some(account);
    }

    /// The wallet's address.
    pub fn wallet(&self) -> [u8; 20] {
        self.wallet.address()
    }

    /// The wallet's signature of a text, as `personal_sign` makes it (EIP-191).
    pub fn sign_in(&self, message: &str) -> [u8; 65] {
        self.wallet.sign(&proof::siwe::digest(message))
    }

    /// Signs from this nonce on: all of an earlier use of the keys must be lower.
    pub fn count_from(&mut self, nonce: u64) {
        self.nonce = nonce;
    }

    /// A signed command.
    pub fn asks(&mut self, command: Command) -> Sent {
        self.sign(command, None)
    }

    /// The headers by which a node knows who asks: method, URL and body under the session key
    /// (`docs/spec/login.md`, RFC 9421). The nonce is used once.
    pub fn signs(
        &self,
        (method, url, body): (&str, &str, &[u8]),
        now_s: u64,
        nonce: &str,
    ) -> Vec<(&'static str, String)> {
        let key = SessionKey(self.session.public());
        let digest = format!("sha-256=:{}:", BASE64.encode(sha256(&[body])));
        let params = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");created={now_s};nonce=\"{nonce}\";\
             keyid=\"{key}\";alg=\"ed25519\""
        );
        let base = format!(
            "\"@method\": {method}\n\"@target-uri\": {url}\n\"content-digest\": {digest}\n\
             \"@signature-params\": {params}"
        );
        let signature = BASE64.encode(self.session.sign(base.as_bytes()));
        vec![
            ("signature-input", format!("hw={params}")),
            ("signature", format!("hw=:{signature}:")),
            ("content-digest", digest),
        ]
    }

    /// Opens an account and learns its number.
    pub fn join(&mut self, site: &http::Site) -> Result<Outcome> {
        let outcome = submit(site, &[self.opening()])?.remove(0);
        let Outcome::Accepted { index, .. } = &outcome else {
            bail!("the node refuses the account: {outcome:?}");
        };
        let path = format!("api/v1/entry/{index}?wait=30000");
        site.get(&path, 1 << 20)?;
        let key = SessionKey(self.session.public()).to_string();
        // One after the other: whoever joins this way does so at a node with few accounts.
        let mut number: u32 = 0;
        loop {
            let path = format!("api/v1/accounts/{number}?at_least={index}&wait=10000");
            let body = site.get(&path, 1 << 20)?.body;
            let account: serde_json::Value = serde_json::from_slice(&body)?;
            if account["key"] == *key {
                self.account = Some(AccountId(number));
                return Ok(outcome);
            }
            number += 1;
        }
    }

    /// What the account's opening is bound to: the wallet, and its word for the session key.
    fn binding(&self, expires_ms: u64) -> Binding {
        let delegation = Delegation {
            chain_id: self.terms.chain_id,
            space: self.terms.space,
            key: SessionKey(self.session.public()),
            scope: self.scope,
            expires_ms,
        };
        Binding {
            wallet: Address(self.wallet.address()),
            delegation: WalletSignature(self.wallet.sign(&delegation.digest())),
            salt: Hash(sha256(&[b"salt\0", &self.secret])),
        }
    }

    /// Names the wallet as the one that is paid; `expires_ms` is that of the session key.
    pub fn disclosure(&self, expires_ms: u64) -> Command {
        let Binding {
            wallet,
            delegation,
            salt,
        } = self.binding(expires_ms);
        Command::DiscloseWallet(DiscloseWallet {
            wallet,
            delegation,
            salt,
        })
    }

    /// The signed command that opens the account, with its private body.
    pub fn opening(&mut self) -> Sent {
        let SpaceTerms { space, time_ms, .. } = self.terms;
        let (key, scope) = (SessionKey(self.session.public()), self.scope);
        let expires_ms = (time_ms / HOUR_MS + 24 * 30) * HOUR_MS;
        let binding = self.binding(expires_ms);
        let private = Some(commitment::binding(space, key, &binding));
        let command = Command::OpenAccount(OpenAccount { scope, expires_ms });
        let mut sent = self.sign(command, private);
        sent.body = Some(codec::encode(&binding).into());
        sent
    }

    /// The signed command that registers an asset of its own: the cheapest one that changes
    /// something.
    pub fn registration(&mut self, title: &str) -> Sent {
        let terms = Terms {
            purposes: vec!["research".to_owned()],
            token: TokenId(0),
            price_units: Amount::ZERO,
            demand: Demand::Floor(Ppm::ZERO),
            contributors_share: Ppm::ZERO,
            expires_ms: None,
        };
        let asset = RegisterAsset {
            kind: AssetKind::Dataset,
            title: title.to_owned(),
            content: Hash(sha256(&[title.as_bytes()])),
            terms,
            parents: ParentList::Inline(Vec::new()),
            listing: None,
        };
        self.sign(Command::RegisterAsset(asset), None)
    }

    /// Seals one answer to a unit.
    pub fn seal(&mut self, campaign: CampaignId, unit: u32, label: u16) -> Sent {
        let place = AnswerPlace {
            space: self.terms.space,
            account: self.account.unwrap_or(AccountId(0)),
            nonce: self.nonce,
            field: 0,
        };
        let opening = AnswerOpening {
            unit,
            label,
            salt: Hash(sha256(&[
                b"answer\0",
                &self.secret,
                &self.nonce.to_be_bytes(),
            ])),
            text: None,
        };
        let commitments = vec![commitment::answer(place, &opening)];
        let sealed = SealAnswers {
            campaign,
            commitments,
        };
        let mut sent = self.sign(Command::SealAnswers(sealed), None);
        sent.body = Some(codec::encode(&vec![opening]).into());
        sent
    }

    /// The command under the next nonce, with the commitment to its private body.
    pub fn sign(&mut self, command: Command, private: Option<Hash>) -> Sent {
        let nonce = self.nonce;
        self.nonce += 1;
        let submission = Submission {
            space: self.terms.space,
            account: self.account,
            key: SessionKey(self.session.public()),
            nonce,
            command,
            private,
        };
        let signed = ledger::verify::sign(submission, &self.session);
        Sent {
            signed: codec::encode(&signed).into(),
            body: None,
            attachments: None,
        }
    }
}
