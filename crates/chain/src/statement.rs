//! What the operator signs about an epoch: the same on every chain, so two of them convict it.

use alloy_primitives::{B256, keccak256};
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
        keccak256(self.message(log_id)).0
    }

    /// What the digest is the hash of: `0x1901`, the domain's hash, the statement's.
    pub fn message(&self, log_id: &[u8; 32]) -> [u8; 66] {
        let domain = eip712_domain! {
            name: "Headwater operator",
            version: "1",
            salt: B256::from(*log_id),
        };
        let mut message = [0; 66];
        message[..2].copy_from_slice(&[0x19, 0x01]);
        message[2..34].copy_from_slice(&domain.separator().0);
        message[34..].copy_from_slice(&self.eip712_hash_struct().0);
        message
    }
}
