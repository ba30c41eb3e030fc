//! Calls of contracts, and what they would use, without changing anything.

use alloy_primitives::{Bytes, TxKind, U256};
use revm::context::TxEnv;
use revm::context::result::ExecutionResult;
use serde_json::{Value, json};

use super::given::{Given, array, bytes, number, quantity};
use super::{Fault, MOST_GAS};
use crate::devnet::CHAIN_ID;
use crate::{Devnet, execution};

/// `eth_call`.
pub(super) fn call(devnet: &Devnet, given: &Given) -> Result<Value, Fault> {
    given.present(1, devnet)?;
    let result = run(devnet, asked(given)?)?;
    match result {
        ExecutionResult::Success { output, .. } => {
            Ok(json!(format!("0x{}", hex::encode(output.into_data()))))
        }
        failed => Err(fault(&failed)),
    }
}

/// `eth_estimateGas`: the first of three limits that is enough. A call hands on 63 of 64 parts of
/// its gas, so what was used may be too little.
pub(super) fn estimate(devnet: &Devnet, given: &Given) -> Result<Value, Fault> {
    given.present(1, devnet)?;
    let asked = asked(given)?;
    let whole = run(devnet, asked.clone())?;
    if !whole.is_success() {
        return Err(fault(&whole));
    }
    let spent = whole.gas().total_gas_spent();
    for limit in [spent, spent + spent / 32 + 5_000] {
        let tried = TxEnv {
            gas_limit: limit.min(asked.gas_limit),
            ..asked.clone()
        };
        // A limit below the floor for its calldata (EIP-7623) is refused rather than used up.
        if run(devnet, tried).is_ok_and(|ran| ran.is_success()) {
            return Ok(quantity(limit.min(asked.gas_limit)));
        }
    }
    Ok(quantity(asked.gas_limit))
}

fn run(devnet: &Devnet, environment: TxEnv) -> Result<ExecutionResult, Fault> {
    let ran = execution::simulate(devnet.state(), devnet.next_moment(), environment);
    ran.map_err(|error| Fault::new(-32_000, error.to_string()))
}

fn fault(result: &ExecutionResult) -> Fault {
    match result {
        ExecutionResult::Revert { output, .. } => Fault::reverted(output),
        ExecutionResult::Halt { reason, .. } => {
            Fault::new(-32_000, format!("execution halted: {reason:?}"))
        }
        ExecutionResult::Success { .. } => Fault::new(-32_603, "no failure"),
    }
}

/// The transaction that a call stands for. Fees are left out: nothing costs anything here.
fn asked(given: &Given) -> Result<TxEnv, Fault> {
    let fields = given.at(0).as_object();
    let fields = fields.ok_or_else(|| Fault::params("a call is an object"))?;
    let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let data = match (field("input"), field("data")) {
        (Some(input), Some(data)) if input != data => {
            return Err(Fault::params("`input` and `data` differ"));
        }
        (input, data) => input.or(data).map_or(Ok(Vec::new()), bytes)?,
    };
    let to = field("to").map(array::<20>).transpose()?;
    let from = field("from").map(array::<20>).transpose()?;
    let gas = field("gas").map(number).transpose()?;
    let value = field("value").map(number).transpose()?;
    Ok(TxEnv {
        caller: from.unwrap_or_default().into(),
        kind: to.map_or(TxKind::Create, |to| TxKind::Call(to.into())),
        data: Bytes::from(data),
        value: U256::from(value.unwrap_or(0)),
        gas_limit: gas.unwrap_or(MOST_GAS).min(MOST_GAS),
        chain_id: Some(CHAIN_ID),
        ..TxEnv::default()
    })
}
