//! What wallets ask of a chain: blocks and transactions by hash, and what stands at an address.

use alloy_primitives::{Address, U256};
use revm::DatabaseRef as _;

use super::{Devnet, Log};
use crate::{Error, execution};

impl Devnet {
    /// Hash of the block at a height; zero at genesis and beyond the newest.
    pub fn block_hash(&self, height: u64) -> [u8; 32] {
        let hashes = &self.state.cache.block_hashes;
        let hash = hashes.get(&U256::from(height));
        hash.map_or([0; 32], |hash| hash.0)
    }

    /// Height of the block with a hash.
    pub fn block_of(&self, hash: [u8; 32]) -> Option<u64> {
        let place = self.places.get(&hash).copied();
        place.filter(|height| self.block_hash(*height) == hash)
    }

    /// Height of the block that holds a transaction.
    pub fn transaction_of(&self, hash: [u8; 32]) -> Option<u64> {
        let height = self.places.get(&hash).copied()?;
        let place = usize::try_from(height.checked_sub(1)?).ok()?;
        (self.receipts.get(place)?.tx_hash == hash).then_some(height)
    }

    /// The transaction of a block, as it was sent.
    pub fn raw(&self, height: u64) -> Option<&[u8]> {
        let place = usize::try_from(height.checked_sub(1)?).ok()?;
        self.raws.get(place).map(Vec::as_slice)
    }

    /// The events that a transaction would leave in the next block, without taking it; none if it
    /// would revert.
    pub(crate) fn preview(&self, raw: &[u8]) -> Result<Vec<Log>, Error> {
        let sent = execution::decode(raw)?;
        let moment = self.next_moment();
        let outcome = execution::run(&self.state, moment, sent.environment)?;
        Ok(super::receipt(sent.hash, moment, outcome.result).logs)
    }

    /// What an address holds of the chain's own money, which nothing here needs.
    pub fn balance(&self, address: [u8; 20]) -> U256 {
        let account = self.state.basic_ref(address.into());
        let account = account.expect("memory does not fail");
        account.map_or(U256::ZERO, |account| account.balance)
    }

    /// The code at an address; empty where there is none.
    pub fn code(&self, address: [u8; 20]) -> Vec<u8> {
        let account = self.state.basic_ref(address.into());
        let account = account.expect("memory does not fail");
        let Some(account) = account else {
            return Vec::new();
        };
        let code = self.state.code_by_hash_ref(account.code_hash);
        let code = code.expect("memory does not fail");
        code.original_byte_slice().to_vec()
    }

    /// A word of a contract's storage.
    pub fn storage(&self, address: [u8; 20], slot: U256) -> U256 {
        let value = self.state.storage_ref(Address::from(address), slot);
        value.expect("memory does not fail")
    }
}
