//! One transaction through the EVM: from raw bytes to what it changes.

use std::convert::Infallible;

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope, Typed2718};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use revm::context::result::{ExecutionResult, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::hardfork::SpecId;
use revm::{DatabaseRef, ExecuteEvm, MainBuilder, MainContext};

use crate::Error;
use crate::devnet::{CHAIN_ID, GAS_CAP};

pub(crate) type State = CacheDB<EmptyDB>;

/// The height and the time, in unix seconds, that a transaction sees.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub number: u64,
    pub time_s: u64,
}

/// A decoded transaction with its sender.
pub(crate) struct Sent {
    pub hash: [u8; 32],
    pub environment: TxEnv,
}

/// Decodes an envelope and recovers its sender. Blobs, and transactions that other chains would
/// take, are refused.
pub(crate) fn decode(raw: &[u8]) -> Result<Sent, Error> {
    let refuse = |why: &str| Error::invalid(format!("cannot take the transaction: {why}"));
    let tx =
        TxEnvelope::decode_2718_exact(raw).map_err(|_| refuse("it is no EIP-2718 envelope"))?;
    if tx.is_eip4844() {
        return Err(refuse("this chain has no blobs"));
    }
    if tx.chain_id() != Some(CHAIN_ID) {
        return Err(refuse(&format!("it is not signed for chain `{CHAIN_ID}`")));
    }
    let caller = tx
        .recover_signer()
        .map_err(|_| refuse("its signature is not valid"))?;
    let environment = TxEnv::builder()
        .tx_type(Some(tx.ty()))
        .caller(caller)
        .gas_limit(tx.gas_limit())
        .gas_price(tx.max_fee_per_gas())
        .gas_priority_fee(tx.max_priority_fee_per_gas())
        .kind(tx.kind())
        .value(tx.value())
        .data(tx.input().clone())
        .nonce(tx.nonce())
        .chain_id(Some(CHAIN_ID))
        .access_list(tx.access_list().cloned().unwrap_or_default())
        .authorization_list_signed(tx.authorization_list().unwrap_or_default().to_vec())
        .build()
        .map_err(|error| refuse(&format!("{error:?}")))?;
    Ok(Sent {
        hash: tx.tx_hash().0,
        environment,
    })
}

/// Runs a transaction and returns its outcome with the changes it makes, which are not yet made.
pub(crate) fn run(
    state: &State,
    moment: Moment,
    environment: TxEnv,
) -> Result<ResultAndState, Error> {
    let context = Context::mainnet()
        .with_ref_db(state)
        .with_cfg(rules())
        .with_block(block(moment));
    context
        .build_mainnet()
        .transact(environment)
        .map_err(|error| Error::invalid(format!("cannot take the transaction: {error}")))
}

/// A question to a contract, from the zero address and at no price.
pub(crate) struct Call {
    pub to: Address,
    pub calldata: Bytes,
    /// Most that the answer may use.
    pub gas: u64,
}

/// Asks a contract without changing anything.
pub(crate) fn ask(
    state: &State,
    moment: Moment,
    to: [u8; 20],
    calldata: Vec<u8>,
) -> Result<ExecutionResult, Error> {
    let call = Call {
        to: to.into(),
        calldata: calldata.into(),
        gas: GAS_CAP,
    };
    Ok(self::call(state, moment, call)?.result)
}

/// Asks a contract; what the call would change comes back and is not yet made.
pub(crate) fn call(
    state: &impl DatabaseRef<Error = Infallible>,
    moment: Moment,
    call: Call,
) -> Result<ResultAndState, Error> {
    let mut rules = rules();
    rules.disable_nonce_check = true;
    let environment = TxEnv {
        caller: Address::ZERO,
        kind: TxKind::Call(call.to),
        data: call.calldata,
        gas_limit: call.gas,
        chain_id: Some(CHAIN_ID),
        ..TxEnv::default()
    };
    let context = Context::mainnet()
        .with_ref_db(state)
        .with_cfg(rules)
        .with_block(block(moment));
    let asked = context.build_mainnet().transact(environment);
    asked.map_err(|error| Error::invalid(format!("cannot ask the chain: {error}")))
}

/// Runs a transaction that nobody has signed, as a wallet asks for it before it signs.
pub(crate) fn simulate(
    state: &State,
    moment: Moment,
    environment: TxEnv,
) -> Result<ExecutionResult, Error> {
    let mut rules = rules();
    rules.disable_nonce_check = true;
    let context = Context::mainnet()
        .with_ref_db(state)
        .with_cfg(rules)
        .with_block(block(moment));
    let ran = context.build_mainnet().transact(environment);
    let ran = ran.map_err(|error| Error::invalid(format!("cannot run the call: {error}")))?;
    Ok(ran.result)
}

/// The rules of Osaka, under which one transaction may use at most [`GAS_CAP`] (EIP-7825).
fn rules() -> CfgEnv {
    CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID)
}

fn block(moment: Moment) -> BlockEnv {
    BlockEnv {
        number: U256::from(moment.number),
        timestamp: U256::from(moment.time_s),
        gas_limit: GAS_CAP,
        basefee: 0,
        ..BlockEnv::default()
    }
}
