//! Assets go into service and out of it; what the operator names for the gateway and takes.

use crate::State;
use crate::composition::Composition;
use crate::service::Served;
use protocol::Event;

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::AssetServed { asset, tokens } => {
            let first = u32::try_from(state.allowances.len()).expect("fewer than 2^32");
            let service = state
                .sections
                .service
                .assets
                .entry(*asset)
                .or_insert(Served {
                    tokens: *tokens,
                    first_allowance: first,
                    until_ms: None,
                });
            service.until_ms = None;
        }
        Event::AssetWithdrawn { asset, until_ms } => {
            let service = state.sections.service.assets.get_mut(asset);
            service.expect("an asset that is in service").until_ms = Some(*until_ms);
        }
        Event::AssetComposed(compose) => {
            let composition = Composition {
                first_allowance: u32::try_from(state.allowances.len()).expect("fewer than 2^32"),
                components: compose.components.clone(),
                most_units: compose.most_units,
            };
            let compositions = &mut state.sections.compositions;
            compositions.declare(compose.asset, composition);
        }
        Event::GatewaySet { key } => state.sections.service.keys.push((state.size, *key)),
        Event::FeeAnnounced(set) => state.sections.fees.announce(set),
        _ => {}
    }
}
