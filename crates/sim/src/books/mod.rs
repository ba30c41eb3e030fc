//! The ledger once more beside the process: what each promised entry may change, and what it must.
//!
//! Each check keeps books of its own, made of the commands alone, and holds the state after an
//! entry against them. A rule that decides wrongly is wrong in every replay; here it shows.
mod credit;
mod lines;
mod money;
mod stakes;
mod uses;

use std::collections::BTreeMap;

use ledger::claims::{self, Statement};
use ledger::{Documents, State};
use proof::hash::sha256;
use protocol::{AccountId, Address, Command, Entry, EpochId, Hash};
use sequencer::Record;

use crate::client::people::SPACE;
use crate::planted::{Bug, rules};
use crate::truth::Violation;
use credit::Credits;
pub(crate) use credit::Redemptions;
use lines::{FILES, Lines};
use money::Money;
use stakes::Stakes;
use uses::Uses;

/// How often something was seen that a run is meant to see.
pub(crate) type Seen = BTreeMap<&'static str, u64>;

/// Everything that follows from the entries that are promised.
pub(crate) struct Books {
    bug: Option<Bug>,
    pub state: State,
    /// The public files of leaves, by epoch from 1.
    pub claims: Vec<Vec<u8>>,
    pub seen: Seen,
    wallets: Wallets,
    money: Money,
    stakes: Stakes,
    credits: Credits,
    lines: Lines,
    uses: Uses,
}

/// Which wallet has signed for an account, since it was disclosed.
type Wallets = BTreeMap<AccountId, Address>;

/// An entry, and the state after it.
struct After<'a> {
    entry: &'a Entry,
    command: &'a Command,
    asker: Option<AccountId>,
    attachments: &'a [Vec<u8>],
    state: &'a State,
    wallets: &'a Wallets,
}

/// The documents that came with an entry.
pub(crate) struct Attached<'a>(pub &'a [Vec<u8>]);

impl Documents for Attached<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        let mut all = self.0.iter();
        all.find(|bytes| sha256(&[bytes]) == hash.0).cloned()
    }
}

impl Books {
    pub fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            state: State::new(SPACE),
            claims: Vec::new(),
            seen: Seen::new(),
            wallets: Wallets::new(),
            money: Money::default(),
            stakes: Stakes::default(),
            credits: Credits::default(),
            lines: Lines::default(),
            uses: Uses::default(),
        }
    }

    /// One more entry is promised.
    pub fn enter(&mut self, entry: &Entry, record: &Record) -> Result<(), Violation> {
        let documents = Attached(&record.attachments);
        let events = rules::decide(self.bug, &self.state, entry, &documents);
        let events = events.map_err(|rejection| {
            let what = format!("entry {}: {rejection}", entry.seq);
            Violation::new("replay equals live", what)
        })?;
        let submission = &entry.signed.submission;
        let statement = self.statement(&submission.command)?;
        ledger::apply::apply(&mut self.state, entry, &events);
        if let (Some(account), Command::DiscloseWallet(it)) =
            (submission.account, &submission.command)
        {
            self.wallets.insert(account, it.wallet);
        }
        let after = After {
            entry,
            command: &submission.command,
            asker: submission.account,
            attachments: &record.attachments,
            state: &self.state,
            wallets: &self.wallets,
        };
        self.money.enter(&after, &mut self.seen)?;
        self.stakes.enter(&after, &mut self.seen)?;
        self.credits.enter(&after, &mut self.seen)?;
        self.uses.enter(&after, &mut self.seen)?;
        self.lines.enter(&after, &mut self.seen)?;
        if let Some((file, statement)) = statement {
            self.money.published(&statement, &mut self.seen)?;
            self.lines
                .published(&after, &file, &self.stakes, &mut self.seen)?;
            self.claims.push(file);
        }
        Ok(())
    }

    /// What the log has noted of vouchers, by chain.
    pub fn redemptions(&self) -> &Redemptions {
        &self.credits.noted
    }

    /// What a close publishes: the leaves of the state before it, as everybody reads them.
    fn statement(&self, command: &Command) -> Result<Option<(Vec<u8>, Statement)>, Violation> {
        if !matches!(command, Command::CloseEpoch(_)) {
            return Ok(None);
        }
        let epoch = EpochId(self.state.epochs.len() as u64 + 1);
        let statement = claims::statement(&self.state);
        let mut statement = statement.map_err(|it| Violation::new(FILES, it))?;
        rules::publish(self.bug, &self.state, &mut statement);
        Ok(Some((statement.file(epoch), statement)))
    }
}

/// Counts something that was seen.
fn saw(seen: &mut Seen, what: &'static str) {
    *seen.entry(what).or_default() += 1;
}
