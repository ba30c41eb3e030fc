// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Leaves} from "./Leaves.sol";
import {LogProof} from "./LogProof.sol";
import {Objections} from "./Objections.sol";
import {Signatures} from "./Signatures.sol";
import {MerkleProofLib} from "solady/src/utils/MerkleProofLib.sol";

/// @title Faults of the operator that prove themselves
/// @notice No arbiter is asked: two leaves, or two signatures, that cannot both be honest convict.
/// A proven fault vetoes the epoch if it is not final yet, and slashes the operator's bond, once
/// for each epoch. Anyone may prove, also after finality as long as the bond stands.
abstract contract Faults is Objections {
    /// @notice A leaf of some account and its path to a root.
    struct LeafProof {
        Leaves.Line[] lines;
        bytes32[] proof;
    }

    /// @notice Two different entries at one place of the log, under two signed checkpoints.
    struct Fork {
        uint64 index;
        bytes32 leafOfOne;
        bytes32[] pathOfOne;
        bytes32 leafOfOther;
        bytes32[] pathOfOther;
    }

    /// @notice Whether a fault of this epoch was proven.
    mapping(uint64 id => bool) public convicted;

    event FaultProven(uint64 indexed id, address indexed prover, string fault);

    error AlreadyConvicted(uint64 id);
    error NoFault();
    error NotInEpoch(uint64 id);
    error NotAStatement();
    error NotInLog();

    /// @notice Proves that a line of an account is lower in epoch `id` than in its parent. Only the
    /// declared parent counts: a correction after a veto repeats nothing of what was vetoed.
    function proveDecrease(
        uint64 id,
        address account,
        LeafProof calldata now_,
        LeafProof calldata before
    ) external {
        _inEpoch(id, account, now_);
        _inEpoch(_parentOf(id), account, before);
        require(_falls(before.lines, now_.lines), NoFault());
        _convict(id, "decrease");
    }

    /// @notice Proves that an account has two different leaves in one tree.
    function proveDuplicate(
        uint64 id,
        address account,
        LeafProof calldata one,
        LeafProof calldata other
    ) external {
        bytes32 leaf = _inEpoch(id, account, one);
        require(leaf != _inEpoch(id, account, other), NoFault());
        _convict(id, "duplicate");
    }

    /// @notice Proves that the operator signed two different statements about one epoch, on
    /// whichever chains they were posted, if at all.
    function proveEquivocation(
        Statement calldata one,
        bytes calldata signatureOfOne,
        Statement calldata other,
        bytes calldata signatureOfOther
    ) external {
        bytes32 digest = _stated(one, signatureOfOne);
        bool differ = digest != _stated(other, signatureOfOther);
        require(one.epoch == other.epoch && differ, NoFault());
        _convict(one.epoch, "equivocation");
    }

    /// @notice Proves that two signed logs hold different entries at one index. Logs of unequal
    /// size fork as well as those of equal size.
    function proveFork(
        Statement calldata one,
        bytes calldata signatureOfOne,
        Statement calldata other,
        bytes calldata signatureOfOther,
        Fork calldata fork
    ) external {
        _stated(one, signatureOfOne);
        _stated(other, signatureOfOther);
        require(fork.leafOfOne != fork.leafOfOther, NoFault());
        _inLog(one, fork.index, fork.leafOfOne, fork.pathOfOne);
        _inLog(other, fork.index, fork.leafOfOther, fork.pathOfOther);
        bool ordered = one.epoch < other.epoch;
        _convict(ordered ? other.epoch : one.epoch, "fork");
        _vetoIfLive(ordered ? one.epoch : other.epoch);
    }

    function _convict(uint64 id, string memory fault) private {
        require(!convicted[id], AlreadyConvicted(id));
        convicted[id] = true;
        emit FaultProven(id, msg.sender, fault);
        _vetoIfLive(id);
        _slashBond(msg.sender);
    }

    function _inEpoch(uint64 id, address account, LeafProof calldata leaf)
        private
        view
        returns (bytes32 hash)
    {
        hash = Leaves.ofAccount(address(this), account, leaf.lines);
        bool included = MerkleProofLib.verifyCalldata(leaf.proof, _standingRoot(id), hash);
        require(included, NotInEpoch(id));
    }

    /// @dev A line that a later leaf leaves out has fallen to zero, and so has one that nobody can
    /// read. Where a leaf names a line twice the larger counts, as it does for a claim.
    function _falls(Leaves.Line[] calldata before, Leaves.Line[] calldata now_)
        private
        pure
        returns (bool)
    {
        for (uint256 i; i < before.length; ++i) {
            (uint256 kind, address token, uint96 cumulative) = Leaves.lineAt(before, i);
            if (cumulative > _most(now_, kind, token)) return true;
        }
        return false;
    }

    function _most(Leaves.Line[] calldata lines, uint256 kind, address token)
        private
        pure
        returns (uint96 most)
    {
        for (uint256 i; i < lines.length; ++i) {
            (uint256 kind_, address token_, uint96 cumulative) = Leaves.lineAt(lines, i);
            if (kind_ == kind && token_ == token && cumulative > most) most = cumulative;
        }
    }

    function _stated(Statement calldata statement, bytes calldata signature)
        private
        view
        returns (bytes32 digest)
    {
        digest = statementDigest(statement);
        require(wasKey[Signatures.signer(digest, signature)], NotAStatement());
    }

    function _inLog(
        Statement calldata statement,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) private pure {
        (bytes32 root, uint64 size) = (statement.checkpointRoot, statement.logSize);
        require(LogProof.includes(root, size, index, leaf, path), NotInLog());
    }
}
