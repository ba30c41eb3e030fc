//! A fresh node with a requester who has money, and contributors who have logged in.

use crate::binary;
use anyhow::{Result, ensure};
use headwater::client::{self, SpaceTerms};
use headwater::load::once::SETTINGS;
use headwater::load::{Member, Process, Requester};
use protocol::CampaignId;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// A running node and who pays there.
pub struct Site {
    /// Its process.
    pub node: Process,
    /// What is signed for.
    pub terms: SpaceTerms,
    /// Who opens campaigns.
    pub requester: Requester,
    joined: u32,
}

/// An import, and what it has cost.
pub struct Imported {
    /// The plan that has them.
    pub plan: u64,
    /// How long the request took.
    pub took: Duration,
    /// Most bytes in memory on the way.
    pub peak_bytes: u64,
}

/// Some of the words that texts are made of.
const WORDS: [&str; 20] = [
    "river", "market", "signal", "token", "quiet", "amber", "model", "label", "worker", "harbor",
    "lumen", "stone", "north", "paper", "engine", "garden", "cloud", "metric", "answer", "window",
];

impl Site {
    /// Makes a node in a directory.
    pub fn start(dir: &Path) -> Result<Self> {
        let node = Process::start(binary(), dir, Process::port()?, SETTINGS)?;
        Self::of(node)
    }

    /// Takes a node over that runs.
    pub fn of(node: Process) -> Result<Self> {
        let terms = client::terms(&http::Site::new(&node.url())?)?;
        let requester = Requester::join(&node.address, terms, ("requester", 0))?;
        Ok(Self {
            node,
            terms,
            requester,
            joined: 0,
        })
    }

    /// Contributors for so many clients, some for each.
    pub fn crowd(&mut self, clients: usize, each: usize) -> Result<Vec<Vec<Member>>> {
        let mut crowd = Vec::new();
        for _ in 0..clients {
            let mut members = Vec::new();
            for _ in 0..each {
                self.joined += 1;
                let name = format!("contributor {}", self.joined);
                let connection = &mut self.requester.connection;
                members.push(Member::join(connection, self.terms, (&name, self.joined))?);
            }
            crowd.push(members);
        }
        Ok(crowd)
    }

    /// Sends so many texts of `words` words as JSON Lines into a new plan.
    pub fn import(&mut self, rows: u32, words: usize) -> Result<Imported> {
        let plan = self.requester.plan(&settings())?;
        let body = lines(rows, words);
        self.node.forget_peak();
        let (taken, took) = self.requester.import(plan, body.as_bytes())?;
        ensure!(
            taken == u64::from(rows),
            "{taken} of {rows} rows were taken"
        );
        Ok(Imported {
            plan,
            took,
            peak_bytes: self.node.peak_bytes().unwrap_or(0),
        })
    }

    /// Pays for a plan and opens it.
    pub fn open(&mut self, plan: u64) -> Result<CampaignId> {
        let fund = self.requester.deposit()?;
        self.requester.open(plan, fund)
    }
}

fn settings() -> Value {
    json!({
        "title": "sentiment", "classes": ["even", "odd"], "price_units": "100",
        "overlap": 1, "gold_ppm": 0, "appeal_hours": 0,
    })
}

/// The texts of the peer's script: a number and some words.
fn lines(rows: u32, words: usize) -> String {
    let mut random = quality::random::Random::new(7, 0x1e);
    let mut text = String::new();
    for row in 0..rows {
        write!(text, "{{\"name\": \"u{row}\", \"text\": \"#{row}").expect("into memory");
        for _ in 0..words {
            text.push(' ');
            text.push_str(WORDS[random.below(WORDS.len() as u32) as usize]);
        }
        text.push_str("\"}\n");
    }
    text
}
