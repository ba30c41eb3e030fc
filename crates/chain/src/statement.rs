//! What the operator signs about an epoch: the same on every chain, so two of them convict it.

use alloy_primitives::B256;
use alloy_sol_types::{SolStruct, eip712_domain, sol};

use crate::settlement::Post;

sol! {
    /// As wallets and contracts name it.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Statement {
        /// The epoch's id.
        uint64 epoch;
        /// Root of the claim tree.
        bytes32 root;
        /// Root of the log from which the epoch is recomputed.
        bytes32 checkpointRoot;
        /// How many entries that log has.
        uint64 logSize;
        /// The log's time that the epoch covers, in unix milliseconds.
        uint64 logTimeMs;
        /// SHA-256 of the file of leaves, which gives every chain's totals.
        bytes32 dataHash;
    }
}

impl Statement {
    /// The statement that goes with a post.
    pub fn of(post: &Post) -> Statement {
        Statement {
            epoch: post.id,
            root: post.root.into(),
            checkpointRoot: post.checkpoint_root.into(),
            logSize: post.log_size,
            logTimeMs: post.log_time_ms,
            dataHash: post.data_hash.into(),
        }
    }

    /// The EIP-712 digest in the domain "Headwater operator", version "1", with the log as salt and
    /// neither chain nor contract.
    pub fn digest(&self, log_id: &[u8; 32]) -> [u8; 32] {
        let domain = eip712_domain! {
            name: "Headwater operator",
            version: "1",
            salt: B256::from(*log_id),
        };
        self.eip712_signing_hash(&domain).0
    }
}
