//! A chain joins, deposits on it are told apart, and epochs are released on each for itself.

use crate::State;
use crate::chain::FIRST;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::chain::{Fact, Released};
use protocol::event::PurseId;
use protocol::{Amount, Event};

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::Chain(Fact::Joined(contracts)) => {
            let closed = state.epochs.len() as u64;
            state.sections.chains.join(contracts.clone(), closed);
        }
        Event::Chain(Fact::Holds(chain, fund)) => {
            if let Some(further) = state.sections.chains.known(*chain) {
                further.funds.push(*fund);
            }
        }
        Event::Chain(Fact::Released(released)) => release(state, released),
        Event::Chain(Fact::DebitsProven) => {
            let before = state.epochs.iter().flat_map(|epoch| &epoch.debits);
            state.sections.debits.begin(before.copied());
        }
        Event::Chain(Fact::Redeemed(chain, number)) => {
            state.sections.credits.note(*chain, *number);
        }
        _ => {}
    }
}

/// What is staged in the tokens of this chain is payable; the rest waits for its own chains.
fn release(state: &mut State, released: &Released) {
    let (id, chain, (from, until)) = (released.epoch, released.chain, released.tokens);
    let epoch = &mut state.epochs[id.index() - 1];
    if chain == FIRST {
        epoch.released = true;
    } else if let Some(further) = state.sections.chains.known(chain) {
        further.released = id.0;
    }
    let mut waiting = Vec::new();
    for (purse, payable) in core::mem::take(&mut epoch.staged) {
        if (from..until).contains(&state.book.purse(purse).token) {
            state.book.release(purse, payable);
        } else {
            waiting.push((purse, payable));
        }
    }
    epoch.staged = waiting;
}

/// What earlier epochs hold ready, where several chains release each for itself: epochs close
/// while one of them waits, which may be for good, and each would repeat what the last one holds.
/// Releases are in order, so that what an earlier epoch makes payable need not be said again.
pub(super) fn waiting(state: &State) -> BTreeMap<PurseId, Amount> {
    let several = !state.sections.chains.further().is_empty();
    let epochs = state.epochs.iter().filter(|_| several);
    epochs
        .flat_map(|epoch| epoch.staged.iter().copied())
        .collect()
}
