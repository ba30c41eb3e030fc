//! Keys, witnesses, posted roots and tombstones.

use crate::State;
use crate::decide::OPERATOR;
use crate::keys::Key;
use crate::operation::{LogKey, StateRoot, Tombstone, WitnessedTime};
use crate::ring::AddedKey;
use protocol::Event;

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::StateRootPosted { size, root } => {
            let (size, root) = (*size, *root);
            state.posted_root = Some(StateRoot { size, root });
        }
        Event::WitnessesSet { .. } | Event::WitnessNoted { .. } => apply_witness(state, event),
        Event::LogKeyRotated { key } => state.log_keys.push(LogKey {
            key: key.clone(),
            since: state.size + 1,
        }),
        Event::OperatorRotated { key } => state.accounts.set_key(OPERATOR, key),
        Event::KeyAdded {
            account,
            key,
            scope,
            expires_ms,
            by,
        } => {
            let (key, by) = (*key, *by);
            let known = Key::new(*account, *scope, *expires_ms);
            state.accounts.keys_mut().insert(key, known);
            let added = state.added.entry(*account).or_default();
            added.push(AddedKey { key, by });
        }
        Event::KeyRevoked { key } => {
            let key = state.accounts.keys_mut().known_mut(key);
            key.expect("a key that was decided upon").revoked = true;
        }
        Event::RolesSet { account, roles } => match account {
            Some(account) => {
                state.given.accounts.insert(*account, *roles);
            }
            None => state.given.everybody = Some(*roles),
        },
        Event::Erased { what, reason } => {
            let (seq, reason) = (state.size, *reason);
            state.erased.insert(*what, Tombstone { seq, reason });
        }
        _ => {}
    }
}

fn apply_witness(state: &mut State, event: &Event) {
    match event {
        Event::WitnessesSet {
            keys,
            quorum,
            time_ms,
        } => {
            let size = state.witnessed.as_ref().map_or(0, |before| before.size);
            state.witnessed = Some(WitnessedTime {
                keys: keys.clone(),
                quorum: *quorum,
                size,
                time_ms: *time_ms,
            });
        }
        Event::WitnessNoted { size, time_ms } => {
            let witnessed = state.witnessed.as_mut().expect("witnesses are set");
            witnessed.size = *size;
            witnessed.time_ms = *time_ms;
        }
        _ => {}
    }
}
