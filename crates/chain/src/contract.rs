//! The contracts as Rust types, made from the committed artefacts.
#![expect(
    clippy::too_many_arguments,
    reason = "a post has eight, and the macro spreads them"
)]

use alloy_primitives::{B256, LogData};
use alloy_sol_types::{SolEvent, SolInterface, sol};

use crate::devnet::Log;

sol!(Settlement, "../../contracts/artifacts/Settlement.json");
sol!(Escrow, "../../contracts/artifacts/Escrow.json");
sol!(TestToken, "../../contracts/artifacts/TestToken.json");

/// The custom error in the output of a reverted call; for one that no contract here declares, its
/// selector in hex, and for plain `require` and compiler checks `Error` and `Panic`.
pub(crate) fn revert_name(output: &[u8]) -> String {
    let Some(selector) = output.first_chunk::<4>() else {
        return "no reason".into();
    };
    let names = [
        Settlement::SettlementErrors::name_by_selector(*selector),
        Escrow::EscrowErrors::name_by_selector(*selector),
        TestToken::TestTokenErrors::name_by_selector(*selector),
        crate::stake::Stake::StakeErrors::name_by_selector(*selector),
        crate::votes::PoolVotes::PoolVotesErrors::name_by_selector(*selector),
        alloy_sol_types::GenericContractError::valid_selector(*selector).then_some(
            match *selector {
                [0x08, ..] => "Error",
                _ => "Panic",
            },
        ),
    ];
    let known = names.into_iter().flatten().next();
    known.map_or_else(|| format!("0x{}", hex::encode(selector)), str::to_owned)
}

/// The event of this type in a log, if it is one.
pub(crate) fn event<E: SolEvent>(log: &Log) -> Option<E> {
    if log.topics.first() != Some(&E::SIGNATURE_HASH.0) {
        return None;
    }
    let topics = log.topics.iter().copied().map(B256::from).collect();
    E::decode_log_data(&LogData::new(topics, log.payload.clone().into())?).ok()
}
