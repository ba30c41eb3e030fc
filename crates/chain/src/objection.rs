//! What anybody may hold against a posted epoch: proofs of faults, bonded challenges, their ends.

use alloy_primitives::U256;
use alloy_sol_types::SolCall;

use crate::contract::{Faults, Settlement, Statements, TestToken};
use crate::settlement::{Claim, Post, lines};
use crate::{Error, Statement};

/// A statement with the signature under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub statement: Statement,
    /// r, s and v.
    pub signature: Vec<u8>,
}

impl Signed {
    /// The statement in the calldata of a post; `None` where it is another call.
    pub fn in_post(calldata: &[u8]) -> Option<Signed> {
        let call = Settlement::postCall::abi_decode(calldata).ok()?;
        let post = Post {
            id: call.epoch.id,
            parent: call.epoch.parent,
            root: call.epoch.root.into(),
            totals: Vec::new(),
            checkpoint_root: call.epoch.checkpointRoot.into(),
            log_size: call.epoch.logSize,
            log_time_ms: call.epoch.logTimeMs,
            data_hash: call.epoch.dataHash.into(),
        };
        Some(Signed {
            statement: Statement::of(&post),
            signature: call.signature.to_vec(),
        })
    }

    /// The question to a Settlement for the EIP-712 digest that was signed.
    pub fn digest_call(&self) -> Vec<u8> {
        let statement = plain(&self.statement);
        Settlement::statementDigestCall { statement }.abi_encode()
    }
}

/// Where two logs part: the leaf hashes of one index, each with its RFC 6962 path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Number of the entry.
    pub index: u64,
    /// Its leaf hash in the log of the first statement, and the path from there to that root.
    pub one: ([u8; 32], Vec<[u8; 32]>),
    /// The same in the log of the second.
    pub other: ([u8; 32], Vec<[u8; 32]>),
}

/// A call to the Settlement that stops an epoch, or that follows from one having been stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// An account's line is lower than in the declared parent.
    Decrease {
        /// The epoch.
        id: u64,
        /// The leaf in its tree.
        now: Claim,
        /// The account's leaf in the parent's.
        before: Claim,
    },
    /// An account has two different leaves in one tree.
    Duplicate {
        /// The epoch.
        id: u64,
        /// One leaf.
        one: Claim,
        /// Another leaf of the same account.
        other: Claim,
    },
    /// Two different statements with one epoch id.
    Equivocation {
        /// One of them.
        one: Signed,
        /// The other.
        other: Signed,
    },
    /// Two statements whose logs hold different entries at one index.
    Fork {
        /// One of them.
        one: Signed,
        /// The other.
        other: Signed,
        /// Where they differ.
        at: Fork,
    },
    /// Stops an epoch until the arbiter rules, at the price of a bond.
    Challenge {
        /// The epoch.
        id: u64,
        /// Why, for the arbiter and everybody else.
        reason: String,
    },
    /// Vetoes an epoch on whose halt nobody ruled in time.
    Lapse {
        /// The epoch.
        id: u64,
    },
    /// Gives the bond of a vetoed epoch's challenge back, to be collected.
    Reclaim {
        /// The epoch.
        id: u64,
    },
    /// Pays an account what it is owed of bonds and rewards.
    Collect {
        /// The account.
        account: [u8; 20],
    },
}

impl Objection {
    /// What the Settlement is called with. An amount over 2^96 - 1 in a leaf is `Invalid`.
    pub fn calldata(&self) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Decrease { id, now, before } => Settlement::proveDecreaseCall {
                id: *id,
                account: now.leaf.account.into(),
                now_: leaf_proof(now)?,
                before: leaf_proof(before)?,
            }
            .abi_encode(),
            Self::Duplicate { id, one, other } => Settlement::proveDuplicateCall {
                id: *id,
                account: one.leaf.account.into(),
                one: leaf_proof(one)?,
                other: leaf_proof(other)?,
            }
            .abi_encode(),
            Self::Equivocation { one, other } => Settlement::proveEquivocationCall {
                one: plain(&one.statement),
                signatureOfOne: one.signature.clone().into(),
                other: plain(&other.statement),
                signatureOfOther: other.signature.clone().into(),
            }
            .abi_encode(),
            Self::Fork { one, other, at } => Settlement::proveForkCall {
                one: plain(&one.statement),
                signatureOfOne: one.signature.clone().into(),
                other: plain(&other.statement),
                signatureOfOther: other.signature.clone().into(),
                fork: fork(at),
            }
            .abi_encode(),
            Self::Challenge { id, reason } => {
                let (id, reason) = (*id, reason.clone());
                Settlement::challengeCall { id, reason }.abi_encode()
            }
            Self::Lapse { id } => Settlement::lapseCall { id: *id }.abi_encode(),
            Self::Reclaim { id } => Settlement::reclaimCall { id: *id }.abi_encode(),
            Self::Collect { account } => {
                let account = (*account).into();
                Settlement::collectCall { account }.abi_encode()
            }
        })
    }
}

/// What an ERC-20 token is called with to let `spender` take up to `amount` base units.
pub fn approval(spender: [u8; 20], amount: u128) -> Vec<u8> {
    let (spender, value) = (spender.into(), U256::from(amount));
    TestToken::approveCall { spender, value }.abi_encode()
}

fn leaf_proof(claim: &Claim) -> Result<Faults::LeafProof, Error> {
    Ok(Faults::LeafProof {
        lines: lines(&claim.leaf)?,
        proof: claim.proof.iter().map(Into::into).collect(),
    })
}

fn plain(statement: &Statement) -> Statements::Statement {
    Statements::Statement {
        epoch: statement.epoch,
        root: statement.root,
        checkpointRoot: statement.checkpointRoot,
        logSize: statement.logSize,
        logTimeMs: statement.logTimeMs,
        dataHash: statement.dataHash,
    }
}

fn fork(at: &Fork) -> Faults::Fork {
    let path = |path: &[[u8; 32]]| path.iter().map(Into::into).collect();
    Faults::Fork {
        index: at.index,
        leafOfOne: at.one.0.into(),
        pathOfOne: path(&at.one.1),
        leafOfOther: at.other.0.into(),
        pathOfOther: path(&at.other.1),
    }
}
