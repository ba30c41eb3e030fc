//! Listings, grants and waivers take their places.

use crate::State;
use protocol::Event;

pub(super) fn apply(state: &mut State, time_ms: u64, event: &Event) {
    let first = u32::try_from(state.allowances.len()).expect("fewer than 2^32");
    let market = &mut state.sections.market;
    match event {
        Event::AssetListed { asset, listing } => {
            market.listings.insert(*asset, (**listing).clone());
            state.sections.compositions.list(*asset, first);
        }
        Event::GrantBought(grant) => market.buy(*grant),
        Event::GrantRevoked { grant, .. } => {
            market.grants[grant.index()].revoked_ms = Some(time_ms);
        }
        Event::WaiverOffered(waiver) => market.waivers.push(*waiver),
        Event::WaiverUsed { waiver, child } => {
            market.waivers[waiver.index()].used_by = Some(*child);
        }
        _ => {}
    }
}
