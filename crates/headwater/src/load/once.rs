//! A campaign that wants one answer for each unit, worked on by many while the node is killed.
//!
//! What is held against the log afterwards: nothing that was acknowledged is missing, no unit is
//! answered twice, and no task was told to two people.

use super::member::Member;
use super::play::{Acknowledged, Play, Played};
use super::process::Process;
use super::requester::Requester;
use crate::client;
use anyhow::{Context as _, Result, bail};
use protocol::document::AnswerOpening;
use protocol::entry::Entry;
use protocol::{CampaignId, Command, codec};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use store::{Place, Store};

/// Money that pays for everything, and one proxy, so that each client logs in from an address of
/// its own.
pub const SETTINGS: &[&str] = &["--faucet", "1000000000000", "--proxies", "1"];
/// Tasks that a client holds at a time.
const AHEAD: usize = 10;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// The program.
    pub binary: &'a Path,
    /// Where the node is made.
    pub dir: &'a Path,
    /// Units, each for one answer.
    pub units: u32,
    /// Contributors who work at the same time.
    pub clients: u32,
    /// How often the node is killed on the way, at equal distances.
    pub kills: u32,
}

/// What the log says of it.
pub struct Verdict {
    /// What the clients have seen.
    pub played: Played,
    /// Units with an answer in the log.
    pub answered: usize,
    /// Units with more than one.
    pub answered_twice: usize,
    /// Acknowledged answers that are not in the log as they were sent.
    pub lost: usize,
    /// Tasks that were told to two people.
    pub given_twice: usize,
}

impl Once<'_> {
    /// Plays to the end of the campaign and reads the log.
    pub fn run(&self) -> Result<Verdict> {
        let port = Process::port()?;
        let node = Process::start(self.binary, self.dir, port, SETTINGS)?;
        let address = node.address.clone();
        let terms = client::terms(&http::Site::new(&node.url())?)?;
        let mut requester = Requester::join(&address, terms, ("once", 0))?;
        let campaign = open(&mut requester, self.units)?;
        let mut clients = Vec::new();
        for number in 1..=self.clients {
            let name = format!("once {number}");
            let member = Member::join(&mut requester.connection, terms, (&name, number))?;
            clients.push(vec![member]);
        }
        let count = AtomicU64::new(0);
        let play = Play {
            address: &address,
            campaign,
            ahead: AHEAD,
            answers: u64::MAX,
            until: None,
            patient: true,
            count: &count,
        };
        let over = AtomicBool::new(false);
        let (played, node) = std::thread::scope(|scope| -> Result<_> {
            let playing = scope.spawn(|| {
                let played = play.run(&mut clients);
                over.store(true, Ordering::Release);
                played
            });
            let (node, kills) = self.kill_on_the_way(node, (&count, &over), port)?;
            let played = playing.join();
            // Why clients have ended early comes before that they have.
            let played = played.unwrap_or_else(|_| bail!("a client has panicked"))?;
            if kills < self.kills {
                bail!("the work ended after {kills} of {} kills", self.kills);
            }
            Ok((played, node))
        })?;
        node.stop()?;
        self.read(campaign, played)
    }

    /// The node that runs at the end, and how often one was killed before the work was over.
    fn kill_on_the_way(
        &self,
        mut node: Process,
        (count, over): (&AtomicU64, &AtomicBool),
        port: u16,
    ) -> Result<(Process, u32)> {
        for kill in 1..=self.kills {
            let after = u64::from(self.units) * u64::from(kill) / u64::from(self.kills + 1);
            while count.load(Ordering::Relaxed) < after {
                if over.load(Ordering::Acquire) {
                    return Ok((node, kill - 1));
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
            node.kill()?;
            node = Process::start(self.binary, self.dir, port, SETTINGS)?;
        }
        Ok((node, self.kills))
    }

    fn read(&self, campaign: CampaignId, played: Played) -> Result<Verdict> {
        let (store, recovered) = Store::open(&Place::directory(self.dir))?;
        let mut sent: BTreeMap<u64, &Acknowledged> = BTreeMap::new();
        for one in &played.acknowledged {
            sent.insert(one.index, one);
        }
        let (mut answers, mut kept) = (BTreeMap::<u32, usize>::new(), 0);
        for stored in store.entries(0..recovered.head.size)? {
            let stored = stored?;
            let entry: Entry = codec::decode(&stored.entry)
                .with_context(|| format!("entry {} does not decode", stored.seq))?;
            let Command::SealAnswers(sealed) = &entry.signed.submission.command else {
                continue;
            };
            if sealed.campaign != campaign {
                continue;
            }
            let body = stored.body.unwrap_or_default();
            let openings: Vec<AnswerOpening> = codec::decode(&body).context("a sealed answer")?;
            for opening in &openings {
                *answers.entry(opening.unit).or_default() += 1;
            }
            if let Some(one) = sent.get(&stored.seq) {
                let same = codec::encode(&entry.signed) == one.sent.signed.to_vec();
                kept += usize::from(same && openings.iter().any(|it| it.unit == one.unit));
            }
        }
        Ok(Verdict {
            answered: answers.len(),
            answered_twice: answers.values().filter(|count| **count > 1).count(),
            lost: played.acknowledged.len() - kept,
            given_twice: played.given_twice(),
            played,
        })
    }
}

/// A campaign of so many short texts, one answer each, without hidden checks.
pub fn open(requester: &mut Requester, units: u32) -> Result<CampaignId> {
    let fund = requester.deposit()?;
    let plan = requester.plan(&json!({
        "title": "which of two", "classes": ["even", "odd"], "price_units": "100",
        "overlap": 1, "gold_ppm": 0, "appeal_hours": 0,
    }))?;
    let mut lines = String::new();
    for unit in 0..units {
        lines.push_str(&format!(
            "{{\"name\": \"u{unit}\", \"text\": \"text {unit}\"}}\n"
        ));
    }
    let (taken, _) = requester.import(plan, lines.as_bytes())?;
    if taken != u64::from(units) {
        bail!("{taken} of {units} units were taken");
    }
    requester.open(plan, fund)
}
