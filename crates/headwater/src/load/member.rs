//! Somebody with a wallet who logs in as a browser does, and then works or has work done.

use super::connection::{Connection, Reply};
use crate::client::{Person, SpaceTerms};
use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::Clock as _;
use node::clock::SystemClock;
use protocol::{AccountId, CampaignId, Scope};
use serde_json::{Value, json};
use std::io;
use std::net::Ipv4Addr;
use web::wire::{self, Outcome, Outcomes, Sent};

/// A person with a session: its cookie, and the token that belongs to it.
pub struct Member {
    /// Whose keys sign.
    pub person: Person,
    headers: String,
}

/// A task as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its place in the round.
    pub task: u32,
    /// Its units in the ledger.
    pub units: Vec<u32>,
}

/// What became of a request for tasks.
pub enum Lease {
    /// These are held now; none where nothing is left.
    Given(Vec<Given>),
    /// No round runs any more.
    Over,
}

impl Member {
    /// Logs in with the wallet and opens the account, as one click does. `number` draws the address
    /// that a proxy before the node would name, since logins are limited by address.
    pub fn join(
        connection: &mut Connection,
        terms: SpaceTerms,
        (name, number): (&str, u32),
    ) -> Result<Self> {
        let scope = Scope::WORK.and(Scope::REQUEST);
        let mut person = Person::with_scope(terms, name, scope)?;
        let from = Ipv4Addr::from_bits(0x0a00_0000 | (number & 0x00ff_ffff));
        let proxied = format!("x-forwarded-for: {from}\r\n");
        let asked = connection.ask(("POST", "/api/v1/login/nonce"), &proxied, ("", b""))?;
        let challenge = asked.json().context("cannot begin a login")?;
        let browser = asked.cookie("hw-login").context("no cookie was set")?;
        let message = message(&challenge, &person)?;
        let opening = person.opening();
        let body = opening.body.context("an account has a private body")?;
        let entered = json!({
            "message": message,
            "signature": format!("0x{}", hex::encode(person.sign_in(&message))),
            "account": {
                "signed": BASE64.encode(&*opening.signed),
                "body": BASE64.encode(&*body),
            },
        });
        let headers = format!("{proxied}cookie: hw-login={browser}\r\n");
        let request = ("POST", "/api/v1/login/wallet");
        let (kind, bytes) = self::body(&entered);
        let reply = connection.ask(request, &headers, (kind, &bytes))?;
        let said = reply.json().context("cannot log in")?;
        let account = said["account"].as_u64().context("no account was opened")?;
        person.is_account(AccountId(u32::try_from(account)?));
        let session = reply.cookie("hw").context("no session was begun")?;
        let csrf = said["csrf"].as_str().context("the session has no token")?;
        let headers =
            format!("cookie: hw={session}\r\nhw-csrf: {csrf}\r\nsec-fetch-site: same-origin\r\n");
        Ok(Self { person, headers })
    }

    /// The number of the account.
    pub fn account(&self) -> AccountId {
        self.person.account().unwrap_or(AccountId(0))
    }

    /// One request in this session.
    pub fn ask(
        &self,
        connection: &mut Connection,
        request: (&str, &str),
        body: &Value,
    ) -> io::Result<Reply> {
        let (kind, bytes) = self::body(body);
        connection.ask(request, &self.headers, (kind, &bytes))
    }

    /// The same with bytes of some kind.
    pub fn send(
        &self,
        connection: &mut Connection,
        request: (&str, &str),
        body: (&str, &[u8]),
    ) -> io::Result<Reply> {
        connection.ask(request, &self.headers, body)
    }

    /// Takes tasks until so many are held.
    pub fn lease(
        &self,
        connection: &mut Connection,
        campaign: CampaignId,
        count: usize,
    ) -> io::Result<Result<Lease>> {
        let path = format!("/api/v1/campaigns/{}/leases", campaign.0);
        let reply = self.ask(connection, ("POST", &path), &json!({"count": count}))?;
        Ok(leased(&reply))
    }

    /// A sealed answer, signed and not sent.
    pub fn answer(&mut self, campaign: CampaignId, unit: u32, label: u16) -> Sent {
        self.person.seal(campaign, unit, label)
    }
}

/// Hands one submission in; the same one may be handed in again.
pub fn submit(connection: &mut Connection, sent: &Sent) -> io::Result<Result<Outcome>> {
    let body = wire::encode(std::slice::from_ref(sent));
    let request = ("POST", "/api/v1/submit");
    let reply = connection.ask(request, "", ("application/cbor", &body))?;
    Ok(submitted(&reply))
}

fn submitted(reply: &Reply) -> Result<Outcome> {
    if reply.status != 200 {
        let said = String::from_utf8_lossy(&reply.body);
        bail!("the node answers {}: {said}", reply.status);
    }
    let mut outcomes: Outcomes = serde_json::from_slice(&reply.body)?;
    outcomes.answers.pop().context("one answer for one entry")
}

fn leased(reply: &Reply) -> Result<Lease> {
    if reply.status == 409 && reply.body.windows(10).any(|part| part == b"\"no_round\"") {
        return Ok(Lease::Over);
    }
    let said = reply.json()?;
    let rows = said["tasks"].as_array().context("no tasks are told")?;
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let given = rows.iter().map(|row| {
        let units = row["units"].as_array()?;
        let units: Option<Vec<u32>> = units.iter().map(|unit| number(&unit["unit"])).collect();
        Some(Given {
            task: number(&row["task"])?,
            units: units?,
        })
    });
    let given: Option<Vec<Given>> = given.collect();
    given
        .map(Lease::Given)
        .ok_or_else(|| anyhow!("the node tells no numbers of tasks"))
}

/// A body of JSON with its kind; nothing for null.
fn body(value: &Value) -> (&'static str, Vec<u8>) {
    match value {
        Value::Null => ("", Vec::new()),
        value => ("application/json", value.to_string().into_bytes()),
    }
}

/// The sign-in message of EIP-4361 for a challenge of the node.
fn message(challenge: &Value, person: &Person) -> Result<String> {
    let text = |name: &str| {
        let found = challenge[name].as_str();
        found.with_context(|| format!("the challenge has no `{name}`"))
    };
    let (domain, uri) = (text("domain")?, text("uri")?);
    let (statement, nonce) = (text("statement")?, text("nonce")?);
    let chain = challenge["chains"][0].as_u64();
    let chain = chain.context("the challenge names no chain")?;
    let address = proof::siwe::checksummed(&person.wallet());
    let issued = node::export::iso(SystemClock.now_ms());
    Ok(format!(
        "{domain} wants you to sign in with your Ethereum account:\n{address}\n\n\
         {statement}\n\nURI: {uri}\nVersion: 1\nChain ID: {chain}\nNonce: {nonce}\n\
         Issued At: {issued}"
    ))
}
