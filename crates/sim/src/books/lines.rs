//! Published leaves: no line ever falls or goes, and votes stay where they were given.
use std::collections::{BTreeMap, BTreeSet};

use ledger::State;
use proof::claim::file::{self, Part};
use proof::claim::{LineKind, MOST_LINES};
use protocol::line::OpenVotes;
use protocol::{AccountId, Address, AssetId, Command};

use super::stakes::Stakes;
use super::{After, Seen, saw};
use crate::truth::{Violation, hold};

pub(super) const FILES: &str = "claim files";
const NEVER_FALL: &str = "no line ever falls";
const SLASHED: &str = "slash lines say what was lost";
const VOTES: &str = "votes stay where they were given";

/// A line by its chain, address, kind and token.
type Place = (usize, [u8; 20], LineKind, [u8; 20]);

/// What commands have said of votes, and what was published.
#[derive(Default)]
pub(super) struct Lines {
    /// Assets whose contributors vote, and where, in the order of opening.
    pools: Vec<(AssetId, Address)>,
    given: BTreeMap<(AssetId, AccountId), Address>,
    published: BTreeMap<Place, u128>,
}

impl Lines {
    pub fn enter(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        match after.command {
            Command::OpenVotes(open) => {
                self.open(open, after.state)?;
                saw(seen, "votes opened");
            }
            Command::CloseEpoch(_) => self.give(after, seen)?,
            _ => {}
        }
        self.hold_given(after.state)
    }

    fn open(&mut self, open: &OpenVotes, state: &State) -> Result<(), Violation> {
        let asset = state.asset(open.asset);
        let shared = asset.is_some_and(|asset| asset.total_shares > 0);
        let mut pools = self.pools.iter();
        let taken = pools.any(|(asset, at)| *asset == open.asset || *at == open.contract);
        hold(shared && !taken, VOTES, || {
            format!("votes of asset {} are opened", open.asset)
        })?;
        self.pools.push((open.asset, open.contract));
        Ok(())
    }

    /// A close gives every contributor whose wallet is known its votes there, as long as a leaf
    /// has room: first come, first served.
    fn give(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        let tokens = after.state.genesis.as_ref().map_or(0, |it| it.tokens.len());
        let most = MOST_LINES.saturating_sub(tokens + 1);
        let mut held: BTreeMap<Address, BTreeSet<AssetId>> = BTreeMap::new();
        for ((asset, _), wallet) in &self.given {
            held.entry(*wallet).or_default().insert(*asset);
        }
        for (asset, _) in &self.pools {
            for (account, _) in shares(after.state, *asset) {
                let place = (*asset, *account);
                let wallet = after.wallets.get(account);
                let Some(wallet) = wallet.filter(|_| !self.given.contains_key(&place)) else {
                    continue;
                };
                let own = held.entry(*wallet).or_default();
                if own.contains(asset) || own.len() < most {
                    own.insert(*asset);
                    self.given.insert(place, *wallet);
                    saw(seen, "votes given");
                }
            }
        }
        Ok(())
    }

    /// Who has votes where is what these books say, and nothing else.
    fn hold_given(&self, state: &State) -> Result<(), Violation> {
        let pools = &state.sections.lines.pools;
        let known = pools.iter().flat_map(|pool| {
            let given = pool.given.iter();
            given.map(|(account, wallet)| ((pool.asset, *account), *wallet))
        });
        let mut count = 0;
        for (place, wallet) in known {
            count += 1;
            hold(self.given.get(&place) == Some(&wallet), VOTES, || {
                format!(
                    "account {} has votes of asset {} at {wallet}",
                    place.1, place.0
                )
            })?;
        }
        hold(count == self.given.len(), VOTES, || {
            format!("{count} contributors of {} have votes", self.given.len())
        })
    }

    /// A file of leaves goes on from the one before, and has all slash and vote lines there are.
    pub fn published(
        &mut self,
        after: &After<'_>,
        bytes: &[u8],
        stakes: &Stakes,
        seen: &mut Seen,
    ) -> Result<(), Violation> {
        let parts = file::read(bytes);
        let parts = parts.ok_or_else(|| Violation::new(FILES, "one does not read"))?;
        let lines = lines(&parts)?;
        for (place, before) in &self.published {
            let now = lines.get(place);
            hold(now.is_some_and(|now| now >= before), NEVER_FALL, || {
                let (chain, account, kind, _) = place;
                let account = Address(*account);
                format!("the {kind:?} line of {account} on chain {chain} was {before}, now {now:?}")
            })?;
        }
        self.hold_slashes(after.state, stakes, &lines)?;
        self.hold_votes(after.state, &lines)?;
        for (_, _, kind, _) in lines.keys() {
            saw(seen, published(*kind));
        }
        self.published = lines;
        Ok(())
    }

    fn hold_slashes(
        &self,
        state: &State,
        stakes: &Stakes,
        lines: &BTreeMap<Place, u128>,
    ) -> Result<(), Violation> {
        let token = stakes.token().and_then(|token| state.token(token));
        let due = stakes.due().map(|(wallet, due)| {
            let place = (
                0,
                wallet.0,
                LineKind::Slash,
                token.map_or([0; 20], |token| token.0),
            );
            (place, due)
        });
        let due: BTreeMap<Place, u128> = due.collect();
        hold_kind(LineKind::Slash, SLASHED, lines, &due)
    }

    /// One vote for each share, at the address that got them.
    fn hold_votes(&self, state: &State, lines: &BTreeMap<Place, u128>) -> Result<(), Violation> {
        let mut votes: BTreeMap<Place, u128> = BTreeMap::new();
        for ((asset, account), wallet) in &self.given {
            let pool = self.pools.iter().find(|(of, _)| of == asset);
            let mut shares = shares(state, *asset).iter();
            let share = shares.find(|(of, _)| of == account);
            if let (Some((_, contract)), Some((_, share))) = (pool, share) {
                let place = (0, wallet.0, LineKind::Vote, contract.0);
                *votes.entry(place).or_default() += u128::from(*share);
            }
        }
        hold_kind(LineKind::Vote, VOTES, lines, &votes)
    }
}

/// All lines of one kind are those that there must be.
fn hold_kind(
    kind: LineKind,
    promise: &'static str,
    lines: &BTreeMap<Place, u128>,
    must: &BTreeMap<Place, u128>,
) -> Result<(), Violation> {
    let own = lines.iter().filter(|(place, _)| place.2 == kind);
    let wrong = own
        .clone()
        .find(|(place, sum)| must.get(*place) != Some(sum));
    hold(
        own.count() == must.len() && wrong.is_none(),
        promise,
        || format!("{wrong:?} is published, {} lines are due", must.len()),
    )
}

fn lines(parts: &[Part]) -> Result<BTreeMap<Place, u128>, Violation> {
    let mut lines = BTreeMap::new();
    for (chain, part) in parts.iter().enumerate() {
        for leaf in &part.leaves {
            hold(leaf.lines.len() <= MOST_LINES, FILES, || {
                format!("a leaf has {} lines", leaf.lines.len())
            })?;
            for line in &leaf.lines {
                let place = (chain, leaf.account, line.kind, line.token);
                lines.insert(place, line.cumulative);
            }
        }
    }
    Ok(lines)
}

fn shares(state: &State, asset: AssetId) -> &[(AccountId, u32)] {
    let asset = state.asset(asset);
    asset.map_or(&[][..], |asset| &asset.registered.shares)
}

fn published(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Pay => "pay line published",
        LineKind::Slash => "slash line published",
        LineKind::Vote => "vote line published",
    }
}
