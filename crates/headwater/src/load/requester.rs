//! Somebody who pays for work: plans, units, a deposit of test money, an open campaign.

use super::connection::Connection;
use super::member::{Member, submit};
use crate::client::SpaceTerms;
use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use protocol::{CampaignId, Command, codec};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use web::wire::Outcome;

/// How long a campaign may take until its first round runs.
const PATIENCE: Duration = Duration::from_secs(300);

/// A session that may open campaigns, on a connection of its own.
pub struct Requester {
    /// The session.
    pub member: Member,
    /// Open to the node.
    pub connection: Connection,
}

impl Requester {
    /// Logs in on a node with test money.
    pub fn join(address: &str, terms: SpaceTerms, name: (&str, u32)) -> Result<Self> {
        let mut connection = Connection::new(address);
        Ok(Self {
            member: Member::join(&mut connection, terms, name)?,
            connection,
        })
    }

    /// One request; any status but success is an error.
    pub fn ask(&mut self, request: (&str, &str), body: &Value) -> Result<Value> {
        let reply = self.member.ask(&mut self.connection, request, body)?;
        let (method, path) = request;
        reply.json().with_context(|| format!("{method} {path}"))
    }

    /// As much test money as the node gives at once; the number of the deposit.
    pub fn deposit(&mut self) -> Result<u64> {
        let given = self.ask(("POST", "/api/v1/me/deposits"), &json!({}))?;
        given["fund"].as_u64().context("no deposit was made")
    }

    /// A plan with these settings; its number.
    pub fn plan(&mut self, settings: &Value) -> Result<u64> {
        let plan = self.ask(("POST", "/api/v1/plans"), settings)?;
        plan["id"].as_u64().context("no plan was made")
    }

    /// Sends JSON Lines of units with `name` and `text`; says how many were taken, and how long the
    /// request took.
    pub fn import(&mut self, plan: u64, lines: &[u8]) -> Result<(u64, Duration)> {
        let path = format!("/api/v1/plans/{plan}/units?id=name&fields=text");
        let body = ("application/x-ndjson", lines);
        let start = Instant::now();
        let reply = self
            .member
            .send(&mut self.connection, ("PUT", &path), body)?;
        let took = start.elapsed();
        let said = reply.json().context("cannot import units")?;
        let tasks = said["tasks"].as_u64().context("no units were counted")?;
        Ok((tasks, took))
    }

    /// Signs the campaign, hands it in, and waits until tasks are given out.
    pub fn open(&mut self, plan: u64, fund: u64) -> Result<CampaignId> {
        let path = format!("/api/v1/plans/{plan}/prepare");
        let prepared = self.ask(("POST", &path), &json!({"fund": fund}))?;
        let command = prepared["command"].as_str().context("nothing to sign")?;
        let command = BASE64.decode(command);
        let command = command.map_err(|error| anyhow!("the command is no base64: {error}"))?;
        let command: Command = codec::decode(&command)
            .map_err(|error| anyhow!("the command does not decode: {error}"))?;
        let sent = self.member.person.sign(command, None);
        match submit(&mut self.connection, &sent)?? {
            Outcome::Accepted { .. } => {}
            refused => bail!("the campaign is refused: {refused:?}"),
        }
        let start = Instant::now();
        loop {
            let row = self.ask(("GET", &format!("/api/v1/plans/{plan}")), &Value::Null)?;
            if let Some(id) = row["campaign"].as_u64() {
                let path = format!("/api/v1/campaigns/{id}");
                let row = self.ask(("GET", &path), &Value::Null)?;
                if row["tasks_wanted"].as_u64() > Some(0) {
                    return Ok(CampaignId(u32::try_from(id)?));
                }
            }
            if start.elapsed() > PATIENCE {
                bail!("no round of plan {plan} has opened");
            }
            // The steward takes a turn every half second.
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}
