//! Contracts that are wallets: whether one stands behind a signature (ERC-1271, ERC-6492).
//!
//! The contract is asked in a copy of the state that is thrown away, within a limit of gas. One
//! that reverts, runs out of it or answers anything but the magic value has not signed.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolValue, sol};
use revm::context::result::ExecutionResult;
use revm::database::CacheDB;
use revm::{DatabaseCommit, DatabaseRef};

use crate::endpoint::At;
use crate::error::ErrorKind;
use crate::execution::{self, Call, Moment, State};
use crate::{Devnet, Endpoint, Error};

/// Most gas of a contract's answer: what a multisig of many owners needs, several times over.
const ANSWER_GAS: u64 = 3_000_000;
/// Most gas to deploy a wallet, as ERC-6492 lets one do for the answer alone.
const DEPLOY_GAS: u64 = 8_000_000;
/// Most bytes of a signature; a transaction's worth of calldata would be no signature.
const MOST_BYTES: usize = 32_768;
/// The end of a signature that carries how to deploy its wallet.
const SUFFIX: [u8; 32] = [
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
    0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92,
];

sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

impl Devnet {
    /// Whether the contract at `wallet` takes `signature` for its own over `digest`, as the chain
    /// stands: deployed (ERC-1271), or deployed for the answer as the signature says (ERC-6492).
    /// Nothing on the chain changes.
    ///
    /// # Errors
    /// `Invalid` where the EVM refuses the question itself.
    pub fn wallet_accepts(
        &self,
        wallet: [u8; 20],
        digest: [u8; 32],
        signature: &[u8],
    ) -> Result<bool, Error> {
        if signature.len() > MOST_BYTES {
            return Ok(false);
        }
        let (state, moment) = (self.state(), self.next_moment());
        let mut state = CacheDB::new(state);
        let Some(wrapped) = signature.strip_suffix(&SUFFIX) else {
            return accepts(&state, moment, wallet, (digest, signature));
        };
        // The factory, its calldata, and the signature for the wallet once it stands.
        let parts = <(Address, Bytes, Bytes)>::abi_decode_params_validate(wrapped);
        let Ok((factory, calldata, inner)) = parts else {
            return Ok(false);
        };
        if accepts(&state, moment, wallet, (digest, &inner))? {
            return Ok(true);
        }
        let call = Call {
            to: factory,
            calldata,
            gas: DEPLOY_GAS,
        };
        let deployed = execution::call(&state, moment, call)?;
        if !deployed.result.is_success() {
            return Ok(false);
        }
        state.commit(deployed.state);
        accepts(&state, moment, wallet, (digest, &inner))
    }
}

impl Endpoint {
    /// Whether the contract at `wallet` takes `signature` for its own over `digest` (ERC-1271), as
    /// another's chain stands. One that is not deployed yet has not signed.
    ///
    /// # Errors
    /// `Unavailable` where the server is away.
    pub fn wallet_accepts(
        &self,
        wallet: [u8; 20],
        digest: [u8; 32],
        signature: &[u8],
    ) -> Result<bool, Error> {
        if signature.len() > MOST_BYTES {
            return Ok(false);
        }
        match self.call(wallet, &question(digest, signature), At::Latest) {
            Ok(answer) => Ok(is_magic(&answer)),
            Err(error) if error.kind == ErrorKind::Invalid => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn question(digest: [u8; 32], signature: &[u8]) -> Vec<u8> {
    let call = isValidSignatureCall {
        hash: digest.into(),
        signature: signature.to_vec().into(),
    };
    call.abi_encode()
}

fn is_magic(answer: &[u8]) -> bool {
    let mut magic = [0; 32];
    magic[..4].copy_from_slice(&isValidSignatureCall::SELECTOR);
    answer.first_chunk() == Some(&magic)
}

/// Asks the contract, if there is one.
fn accepts(
    state: &CacheDB<&State>,
    moment: Moment,
    wallet: [u8; 20],
    (digest, signature): ([u8; 32], &[u8]),
) -> Result<bool, Error> {
    let wallet = Address::from(wallet);
    let account = state.basic_ref(wallet).expect("memory does not fail");
    if account.is_none_or(|account| account.is_empty_code_hash()) {
        return Ok(false);
    }
    let call = Call {
        to: wallet,
        calldata: question(digest, signature).into(),
        gas: ANSWER_GAS,
    };
    Ok(match execution::call(state, moment, call)?.result {
        ExecutionResult::Success { output, .. } => is_magic(output.data()),
        ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => false,
    })
}
