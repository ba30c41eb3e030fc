//! Bulletins: what each entry was, in a line, for whoever follows the log live.

use crate::Host;
use crate::projection::Decided;
use crate::shared::Shared;
use ledger::State;
use protocol::entry::Entry;
use protocol::{AccountId, CampaignId, Command, codec};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use view::projection::{subject, word};

/// Bulletins that are held in memory; older ones are read from the public log.
const HELD: usize = 16_384;

/// An entry in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// The entry's place in the log.
    pub index: u64,
    /// Log time, in milliseconds since 1970.
    pub time_ms: u64,
    /// The command as one word, such as `seal_answers`.
    pub kind: &'static str,
    /// The campaign that it is about.
    pub campaign: Option<CampaignId>,
    /// Whose it is; `None` for entries of the operator and those that open an account.
    pub account: Option<AccountId>,
}

impl Bulletin {
    /// As streams and webhooks tell it.
    pub fn shown(&self) -> serde_json::Value {
        serde_json::json!({
            "index": self.index,
            "time_ms": self.time_ms,
            "kind": self.kind,
            "campaign": self.campaign.map(|id| id.0),
            "account": self.account.map(|id| id.0),
        })
    }
}

/// The newest bulletins, in log order without gaps.
#[derive(Debug, Default)]
pub(crate) struct Board {
    held: Mutex<VecDeque<Bulletin>>,
}

impl Board {
    fn held(&self) -> MutexGuard<'_, VecDeque<Bulletin>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts up entries that have just been applied, the first at `index`.
    pub(crate) fn post(&self, index: u64, decided: &[Decided], state: &State) {
        let mut held = self.held();
        for (index, decided) in (index..).zip(decided) {
            if held.back().is_some_and(|last| last.index + 1 != index) {
                held.clear();
            }
            if held.len() == HELD {
                held.pop_front();
            }
            held.push_back(bulletin(index, &decided.entry, state));
        }
    }

    /// At most `most` bulletins from `from` on; `None` where the board begins later.
    fn from(&self, from: u64, most: usize) -> Option<Vec<Bulletin>> {
        let held = self.held();
        let skipped = from.checked_sub(held.front()?.index)?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        Some(held.iter().skip(skipped).take(most).cloned().collect())
    }
}

impl Host {
    /// The same as [`Host::bulletins`] without a disk; `None` where the entries are older than what
    /// is held in memory.
    pub fn posted(&self, from: u64, most: usize) -> Option<Vec<Bulletin>> {
        self.shared.board.from(from, most)
    }

    /// At most `most` bulletins from entry `from` on. They are there once the entry is applied, or
    /// for entries of before this process once they are published: an empty list says that there
    /// is nothing yet.
    ///
    /// # Errors
    /// Where the public log cannot be read.
    pub fn bulletins(&self, from: u64, most: usize) -> Result<Vec<Bulletin>, store::Error> {
        let Shared { board, public, .. } = &*self.shared;
        if let Some(found) = board.from(from, most) {
            return Ok(found);
        }
        let published = self.published();
        let end = from.saturating_add(most as u64).min(published);
        let mut found = Vec::new();
        for entry in public.entries(from..end, published) {
            let (index, bytes) = entry?;
            let entry: Entry = codec::decode(&bytes).map_err(|error| {
                let doing = format!("read entry {index}");
                store::Error::corrupt(doing, error.to_string())
            })?;
            found.push(self.read(|state| bulletin(index, &entry, state)));
        }
        Ok(found)
    }
}

fn bulletin(index: u64, entry: &Entry, state: &State) -> Bulletin {
    let submission = &entry.signed.submission;
    let campaign = match &submission.command {
        Command::OpenCampaign(spec) => opened(state, submission.account, spec),
        command => subject(command).0.map(CampaignId),
    };
    Bulletin {
        index,
        time_ms: entry.time_ms,
        kind: word(&submission.command),
        campaign,
        account: submission.account,
    }
}

/// The number that a campaign got: the newest of its owner that was opened with these terms.
fn opened(
    state: &State,
    owner: Option<AccountId>,
    spec: &protocol::campaign::Spec,
) -> Option<CampaignId> {
    let count = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
    let mut all = (0..count).rev().map(CampaignId);
    all.find(|id| {
        let campaign = state.campaign(*id);
        campaign.is_some_and(|it| Some(it.owner) == owner && it.spec == *spec)
    })
}
