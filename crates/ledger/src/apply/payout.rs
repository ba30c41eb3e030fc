//! Passkeys that are disclosed, and the addresses that they name.

use crate::State;
use crate::payout::{Announced, Kept};
use protocol::Event;

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::PasskeyDisclosed {
            account,
            party,
            point,
        } => {
            let payouts = &mut state.sections.payouts;
            payouts.disclose(*account, party.clone(), *point);
        }
        Event::PayoutBound {
            account,
            wallet,
            from_ms,
        } => {
            let payout = state.sections.payouts.known(*account);
            payout.named += 1;
            payout.announced = from_ms.map(|from_ms| Announced {
                wallet: *wallet,
                from_ms,
            });
            if from_ms.is_none() {
                state.accounts.set_wallet(*account, *wallet);
            }
        }
        Event::PayoutCalledOff { account } => {
            state.sections.payouts.known(*account).announced = None;
        }
        Event::PayoutMoved { account, kept } => {
            let payout = state.sections.payouts.known(*account);
            let next = payout.announced.take();
            let next = next.expect("an address that was decided upon").wallet;
            let before = state.accounts.set_wallet(*account, next);
            payout.kept.push(Kept {
                wallet: before.expect("an address that was decided upon"),
                sums: kept.clone(),
            });
        }
        _ => {}
    }
}
