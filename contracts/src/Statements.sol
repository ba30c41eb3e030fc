// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rotation} from "./Rotation.sol";

/// @title What the operator signs about an epoch
/// @notice The domain names the log and neither chain nor contract: one statement counts on every
/// chain, so two different ones about an epoch convict the operator wherever it has bonded.
abstract contract Statements is Rotation {
    bytes32 private constant STATEMENT = keccak256(
        "Statement(uint64 epoch,bytes32 root,bytes32 checkpointRoot,uint64 logSize,uint64 logTimeMs,bytes32 dataHash)"
    );
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,bytes32 salt)");

    /// @param root of the claim tree.
    /// @param checkpointRoot root of the log of `logSize` entries.
    /// @param logTimeMs the log's time that the epoch covers, in milliseconds.
    /// @param dataHash SHA-256 of the file of leaves, which gives every chain's totals.
    struct Statement {
        uint64 epoch;
        bytes32 root;
        bytes32 checkpointRoot;
        uint64 logSize;
        uint64 logTimeMs;
        bytes32 dataHash;
    }

    bytes32 private immutable _statementDomain;

    /// @param logId the public log whose epochs are stated, such as the hash of its origin.
    constructor(bytes32 logId) {
        _statementDomain =
            keccak256(abi.encode(DOMAIN, keccak256("Headwater operator"), keccak256("1"), logId));
    }

    /// @notice The EIP-712 digest of a statement.
    function statementDigest(Statement memory statement) public view returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(STATEMENT, statement));
        return keccak256(abi.encodePacked(hex"1901", _statementDomain, hash));
    }
}
