//! Votes that are given, stakes that are noted, locked and slashed.

use crate::State;
use crate::stake::Lock;
use crate::vote::Pool;
use alloc::collections::BTreeMap;
use protocol::line::LineEvent;

pub(super) fn apply(state: &mut State, event: &LineEvent) {
    let lines = &mut state.sections.lines;
    match event {
        LineEvent::VotesOpened(open) => lines.pools.push(Pool {
            asset: open.asset,
            contract: open.contract,
            given: BTreeMap::new(),
        }),
        LineEvent::VotesGiven { asset, given } => {
            let pool = lines.pools.iter_mut().find(|pool| pool.asset == *asset);
            let pool = pool.expect("a pool that was decided upon");
            pool.given.extend(given.iter().copied());
        }
        LineEvent::StakeNoted(note) => lines.stakes.note(note),
        LineEvent::StakeLocked {
            campaign,
            account,
            wallet,
            amount,
        } => {
            let (wallet, amount) = (*wallet, *amount);
            let lock = Lock { wallet, amount };
            lines.stakes.lock((*campaign, *account), lock);
        }
        LineEvent::StakeUnlocked {
            campaign,
            account,
            slashed,
        } => lines.stakes.unlock((*campaign, *account), *slashed),
    }
}
