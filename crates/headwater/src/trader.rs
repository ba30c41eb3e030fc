//! Somebody whose keys are in a file, and whose requests to a node they sign.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::{Answer, Request, Site};
use node::Clock as _;
use node::clock::SystemClock;
use proof::hash::sha256;
use protocol::{AccountId, Command, Scope, codec};
use serde_json::Value;
use store::{Disk as _, SystemDisk};
use web::wire::{Outcome, Sent};

use crate::client::{self, Person};

/// Most bytes of an answer that is read into memory.
const ANSWER_BYTES: u64 = 1 << 20;

/// An account at a node.
pub struct Trader {
    site: Site,
    person: Person,
}

impl Trader {
    /// Reads the secret of a file, or draws one and keeps it there, and opens the account that
    /// follows from it where there is none yet.
    pub fn open(url: &str, keys: &Path) -> Result<Self> {
        let site = Site::new(url)?;
        let secret = secret(keys)?;
        let scope = Scope::WORK.and(Scope::REQUEST);
        let scope = scope.and(Scope::PUBLISH).and(Scope::SPEND);
        let mut person = Person::of(client::terms(&site)?, secret, scope)?;
        person.count_from(SystemClock.now_ms().saturating_mul(1_000));
        let mut trader = Self { site, person };
        let mut me = trader.send("GET", "api/v1/me", None, ANSWER_BYTES)?;
        if !me.is_success() {
            let opening = trader.person.opening();
            let index = trader.submit(opening)?;
            // Waits until the entry has taken effect.
            let path = format!("api/v1/accounts/0?at_least={index}&wait=30000");
            trader.site.get(&path, ANSWER_BYTES)?;
            me = trader.send("GET", "api/v1/me", None, ANSWER_BYTES)?;
        }
        let account = read(&me)?["account"].as_u64();
        let account = account.and_then(|id| u32::try_from(id).ok());
        let account = account.context("the node names no account")?;
        trader.person.is_account(AccountId(account));
        Ok(trader)
    }

    /// The number of the account.
    pub fn account(&self) -> Result<AccountId> {
        self.person.account().context("the account is not open")
    }

    /// Names the wallet of the key file as the one that is paid.
    pub fn disclose(&mut self) -> Result<u64> {
        let signers = self.ask("GET", "api/v1/me/signers", None)?;
        let expires_ms = signers["signers"][0]["expires_ms"].as_u64();
        let expires_ms = expires_ms.context("the node names no key of the account")?;
        let command = self.person.disclosure(expires_ms);
        self.hand_in(command)
    }

    /// Asks the API and reads its JSON.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(|body| body.to_string().into_bytes());
        let answer = self.send(method, path, body, ANSWER_BYTES)?;
        read(&answer)
    }

    /// Puts bytes on the node; the SHA-256 by which they are known, and how many rows they have.
    pub fn upload(&self, bytes: Vec<u8>) -> Result<(String, u64)> {
        let digest = hex::encode(sha256(&[&bytes]));
        let answer = self.send("PUT", "api/v1/contents", Some(bytes), ANSWER_BYTES)?;
        let told = read(&answer)?;
        ensure!(told["sha256"] == *digest, "the node has kept other bytes");
        Ok((digest, told["lines"].as_u64().unwrap_or(0)))
    }

    /// Signs what the node has drawn up and hands it in; the entry's number.
    pub fn enter(&mut self, drawn: &Value) -> Result<u64> {
        let command = drawn["command"]
            .as_str()
            .context("the node has drawn nothing up")?;
        let command = BASE64.decode(command).context("the command is no base64")?;
        let command: Command = codec::decode(&command).map_err(|error| anyhow!("{error}"))?;
        self.hand_in(command)
    }

    /// Signs a command and hands it in; the entry's number.
    pub fn hand_in(&mut self, command: Command) -> Result<u64> {
        let sent = self.person.asks(command);
        self.submit(sent)
    }

    fn submit(&self, sent: Sent) -> Result<u64> {
        match client::submit(&self.site, &[sent])?.remove(0) {
            Outcome::Accepted { index, .. } => Ok(index),
            Outcome::Rejected { code, message, .. } | Outcome::Denied { code, message, .. } => {
                bail!("the node refuses it: {code}: {message}")
            }
        }
    }

    /// Asks with the signature of the session key; an answer of whatever status.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        limit: u64,
    ) -> Result<Answer> {
        let url = self.site.url(path);
        let bytes = body.as_deref().unwrap_or_default();
        let mut nonce = [0; 16];
        SystemDisk.random(&mut nonce);
        let now_s = SystemClock.now_ms() / 1_000;
        let headers = self
            .person
            .signs((method, &url, bytes), now_s, &hex::encode(nonce));
        let asked = Request {
            method,
            headers: &headers,
            body,
        };
        Ok(self.site.ask(path, asked, limit)?)
    }
}

/// The JSON of a success; else the node's words.
fn read(answer: &Answer) -> Result<Value> {
    if !answer.is_success() {
        let reason = answer.reason().unwrap_or_default();
        bail!("the node answers {}: {reason}", answer.status);
    }
    serde_json::from_slice(&answer.body).context("the node's answer is no JSON")
}

fn secret(path: &Path) -> Result<[u8; 32]> {
    let shown = path.display();
    let mut secret = [0; 32];
    if path.exists() {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read `{shown}`"))?;
        let read = hex::decode_to_slice(text.trim(), &mut secret);
        read.with_context(|| format!("`{shown}` is not 64 hex digits"))?;
        return Ok(secret);
    }
    SystemDisk.random(&mut secret);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    let mut file = file.with_context(|| format!("cannot make `{shown}`"))?;
    std::io::Write::write_all(&mut file, hex::encode(secret).as_bytes())?;
    Ok(secret)
}
