//! What an account has in the Stake contract, as the log knows it.

use crate::draft::decimal;
use ledger::State;
use protocol::{AccountId, Amount};
use serde::Serialize;

/// A stake that no deposit holds: its owner puts it there and takes it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractStake {
    /// Address of the Stake contract, in hex.
    pub contract: String,
    /// Number of the token that is staked.
    pub token: u16,
    /// How long a part waits on its way out, in milliseconds.
    pub exit_ms: u64,
    /// Staked and not on its way out, in base units, like the sums below.
    #[serde(with = "decimal")]
    pub active_units: Amount,
    /// On its way out: it backs nothing new, and can still be slashed.
    #[serde(with = "decimal")]
    pub leaving_units: Amount,
    /// What campaigns count on until they are settled.
    #[serde(with = "decimal")]
    pub locked_units: Amount,
    /// Slashed by the ledger, and not taken by the contract yet.
    #[serde(with = "decimal")]
    pub due_units: Amount,
    /// Ever taken by the contract.
    #[serde(with = "decimal")]
    pub slashed_units: Amount,
}

impl ContractStake {
    /// An account's; without sums where its address is not known or has no stake, and `None` where
    /// the log names no Stake contract.
    pub fn of(state: &State, account: AccountId) -> Option<Self> {
        let stakes = &state.sections.lines.stakes;
        let terms = stakes.terms?;
        let wallet = state.account(account).and_then(|account| account.wallet);
        let stake = wallet.and_then(|wallet| stakes.wallets.get(&wallet));
        let stake = stake.copied().unwrap_or_default();
        Some(Self {
            contract: format!("0x{}", terms.contract),
            token: terms.token.0,
            exit_ms: terms.exit_ms,
            active_units: stake.active,
            leaving_units: stake.queued,
            locked_units: stake.locked,
            due_units: stake.due.checked_sub(stake.slashed).unwrap_or_default(),
            slashed_units: stake.slashed,
        })
    }
}
