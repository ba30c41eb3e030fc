// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Faults} from "../src/Faults.sol";
import {Leaves} from "../src/Leaves.sol";
import {LogProof} from "../src/LogProof.sol";
import {Statements} from "../src/Statements.sol";
import {Tree} from "./Tree.sol";
import {World} from "./World.sol";

/// @title The inclusion proof of the library, with calldata
contract LogReader {
    function includes(
        bytes32 root,
        uint64 size,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) external pure returns (bool) {
        return LogProof.includes(root, size, index, leaf, path);
    }
}

/// @title Faults that prove themselves; `Faults.tree` names the branches
contract FaultsTest is World {
    LogReader private reader = new LogReader();

    function setUp() public override {
        super.setUp();
        fillPot(1000);
    }

    function proof(Leaves.Line[] memory lines, bytes32[] memory path)
        private
        pure
        returns (Faults.LeafProof memory)
    {
        return Faults.LeafProof(lines, path);
    }

    /// An epoch whose tree is one leaf and its twin.
    function holding(Leaves.Line[] memory lines, uint96 total)
        private
        returns (uint64 id, Faults.LeafProof memory held)
    {
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, lines));
        id = post(root, total);
        held = proof(lines, path);
    }

    function convicts(uint64 id) private view {
        holds(settlement.convicted(id), "convicted");
        same(settlement.owed(address(this)), BOND * 30 / 100);
        same(settlement.fund(), BOND - BOND * 30 / 100);
        same(settlement.bond(), 0);
    }

    function test_Decrease_VetoesAndSlashes() external {
        (uint64 first, Faults.LeafProof memory before) = holding(pay(100), 100);
        settle(first);
        (uint64 second, Faults.LeafProof memory after_) = holding(pay(99), 100);
        uint64 child = post(0, 100);
        settlement.proveDecrease(second, alice, after_, before);
        convicts(second);
        is_(second, Epochs.Status.Vetoed);
        is_(child, Epochs.Status.Vetoed);
        is_(first, Epochs.Status.Final);
    }

    function test_Decrease_SeesALineThatIsLeftOutAndEveryKind() external {
        Leaves.Line[] memory both = new Leaves.Line[](2);
        both[0] = Leaves.Line(1, address(token), 100);
        both[1] = Leaves.Line(2, address(token), 5);
        (uint64 first, Faults.LeafProof memory before) = holding(both, 100);
        (uint64 second, Faults.LeafProof memory after_) = holding(pay(100), 100);
        settlement.proveDecrease(second, alice, after_, before);
        convicts(second);
        is_(first, Epochs.Status.Open);
    }

    function test_Decrease_RefusesRisesAndOtherLeaves() external {
        (, Faults.LeafProof memory before) = holding(pay(100), 100);
        (uint64 second, Faults.LeafProof memory after_) = holding(pay(100), 100);
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveDecrease(second, alice, after_, before);
        after_.lines[0].cumulative = 99;
        vm.expectPartialRevert(Faults.NotInEpoch.selector);
        settlement.proveDecrease(second, alice, after_, before);
        vm.expectPartialRevert(Faults.NotInEpoch.selector);
        settlement.proveDecrease(second, bob, before, before);
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.proveDecrease(9, alice, after_, before);
    }

    /// A correction repeats nothing of what was vetoed: only the declared parent counts.
    function test_Decrease_AgainstAVetoedEpochIsNone() external {
        (uint64 first, Faults.LeafProof memory low) = holding(pay(10), 10);
        (uint64 wrong, Faults.LeafProof memory high) = holding(pay(900), 900);
        veto(wrong);
        (uint64 corrected, Faults.LeafProof memory right) = holding(pay(20), 20);
        vm.expectPartialRevert(Faults.NotInEpoch.selector);
        settlement.proveDecrease(corrected, alice, right, high);
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveDecrease(corrected, alice, right, low);
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.proveDecrease(wrong, alice, high, low);
        settle(first);
        settle(corrected);
    }

    function test_Decrease_OfAFinalEpochSlashesOnly() external {
        (uint64 first, Faults.LeafProof memory before) = holding(pay(100), 100);
        settle(first);
        (uint64 second, Faults.LeafProof memory after_) = holding(pay(99), 100);
        settle(second);
        settlement.proveDecrease(second, alice, after_, before);
        convicts(second);
        is_(second, Epochs.Status.Final);
        vm.expectPartialRevert(Faults.AlreadyConvicted.selector);
        settlement.proveDecrease(second, alice, after_, before);
    }

    function test_Duplicate_VetoesAndSlashes() external {
        bytes32 one = leaf(alice, pay(100));
        bytes32 other = leaf(alice, pay(101));
        uint64 id = post(Tree.pair(one, other), 201);
        bytes32[] memory toOne = new bytes32[](1);
        bytes32[] memory toOther = new bytes32[](1);
        (toOne[0], toOther[0]) = (other, one);
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveDuplicate(id, alice, proof(pay(100), toOne), proof(pay(100), toOne));
        settlement.proveDuplicate(id, alice, proof(pay(100), toOne), proof(pay(101), toOther));
        convicts(id);
        is_(id, Epochs.Status.Vetoed);
    }

    function test_Equivocation_NeedsTwoStatementsOfOnePoster() external {
        Epochs.Post memory honest = nextPost(0, 0);
        uint64 id = send(honest);
        Statements.Statement memory one = statementOf(honest);
        Statements.Statement memory other = statementOf(honest);
        bytes memory signature = signStatement(POSTER_KEY, one);
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveEquivocation(one, signature, other, signature);
        other.root = keccak256("another");
        bytes memory foreign = signStatement(BOB_KEY, other);
        vm.expectRevert(Faults.NotAStatement.selector);
        settlement.proveEquivocation(one, signature, other, foreign);
        bytes memory second = signStatement(POSTER_KEY, other);
        other.epoch = id + 1;
        bytes memory later = signStatement(POSTER_KEY, other);
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveEquivocation(one, signature, other, later);
        other.epoch = id;
        settlement.proveEquivocation(one, signature, other, second);
        convicts(id);
        is_(id, Epochs.Status.Vetoed);
        vm.expectPartialRevert(Faults.AlreadyConvicted.selector);
        settlement.proveEquivocation(one, signature, other, second);
    }

    /// A log of `size` entries; leaf hashes and RFC 6962 tree made by the recursive definition.
    function hashOf(uint256 from, uint256 to, uint256 salt) private pure returns (bytes32) {
        if (to - from == 1) {
            // The second log differs from entry 3 on.
            uint256 word = from < 3 ? from : from + salt;
            return sha256(abi.encodePacked(bytes1(0x00), word));
        }
        uint256 split = 1;
        while (split * 2 < to - from) split *= 2;
        bytes32 left = hashOf(from, from + split, salt);
        bytes32 right = hashOf(from + split, to, salt);
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function pathOf(uint256 index, uint256 from, uint256 to, uint256 salt)
        private
        pure
        returns (bytes32[] memory path)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 split = 1;
        while (split * 2 < to - from) split *= 2;
        bool left = index < from + split;
        bytes32[] memory below = left
            ? pathOf(index, from, from + split, salt)
            : pathOf(index, from + split, to, salt);
        path = new bytes32[](below.length + 1);
        for (uint256 i; i < below.length; ++i) {
            path[i] = below[i];
        }
        path[below.length] =
            left ? hashOf(from + split, to, salt) : hashOf(from, from + split, salt);
    }

    function test_LogProof_AcceptsEveryEntryOfEverySmallLogAndNothingElse() external view {
        for (uint64 size = 1; size <= 17; ++size) {
            bytes32 root = hashOf(0, size, 0);
            for (uint64 index; index < size; ++index) {
                bytes32 entry = hashOf(index, index + 1, 0);
                bytes32[] memory path = pathOf(index, 0, size, 0);
                holds(reader.includes(root, size, index, entry, path), "included");
                holds(!reader.includes(root, size, index, ~entry, path), "another entry");
                holds(!reader.includes(root, size, size, entry, path), "beyond the end");
                bytes32[] memory longer = new bytes32[](path.length + 1);
                for (uint256 i; i < path.length; ++i) {
                    longer[i] = path[i];
                }
                holds(!reader.includes(root, size, index, entry, longer), "a longer path");
                if (size > 1) {
                    uint64 other = (index + 1) % size;
                    holds(!reader.includes(root, size, other, entry, path), "another place");
                    holds(!reader.includes(root, 1, 0, entry, path), "another size");
                }
            }
        }
    }

    function test_Fork_OfUnequalSizesVetoesBothEpochs() external {
        (Epochs.Post memory one, bytes memory signatureOfOne) = logged(5, 0);
        uint64 first = send(one);
        (Epochs.Post memory other, bytes memory signatureOfOther) = logged(9, 100);
        uint64 second = send(other);
        Faults.Fork memory fork = Faults.Fork(
            4, hashOf(4, 5, 0), pathOf(4, 0, 5, 0), hashOf(4, 5, 100), pathOf(4, 0, 9, 100)
        );
        Statements.Statement memory a = statementOf(one);
        Statements.Statement memory b = statementOf(other);
        fork.leafOfOther = fork.leafOfOne;
        vm.expectRevert(Faults.NoFault.selector);
        settlement.proveFork(a, signatureOfOne, b, signatureOfOther, fork);
        fork.leafOfOther = ~fork.leafOfOne;
        vm.expectRevert(Faults.NotInLog.selector);
        settlement.proveFork(a, signatureOfOne, b, signatureOfOther, fork);
        fork.leafOfOther = hashOf(4, 5, 100);
        vm.expectRevert(Faults.NotAStatement.selector);
        settlement.proveFork(a, signatureOfOther, b, signatureOfOther, fork);
        settlement.proveFork(b, signatureOfOther, a, signatureOfOne, flipped(fork));
        convicts(second);
        is_(first, Epochs.Status.Vetoed);
        is_(second, Epochs.Status.Vetoed);
    }

    function test_Fork_OfALogThatGrewIsNone() external {
        (Epochs.Post memory one, bytes memory signatureOfOne) = logged(5, 0);
        send(one);
        (Epochs.Post memory other, bytes memory signatureOfOther) = logged(9, 0);
        send(other);
        Statements.Statement memory a = statementOf(one);
        Statements.Statement memory b = statementOf(other);
        for (uint64 index; index < 5; ++index) {
            bytes32 entry = hashOf(index, index + 1, 0);
            Faults.Fork memory fork = Faults.Fork(
                index, entry, pathOf(index, 0, 5, 0), entry, pathOf(index, 0, 9, 0)
            );
            vm.expectRevert(Faults.NoFault.selector);
            settlement.proveFork(a, signatureOfOne, b, signatureOfOther, fork);
        }
    }

    function logged(uint64 size, uint256 salt)
        private
        view
        returns (Epochs.Post memory next, bytes memory signature)
    {
        next = nextPost(0, 0);
        (next.checkpointRoot, next.logSize) = (hashOf(0, size, salt), size);
        signature = signStatement(POSTER_KEY, statementOf(next));
    }

    function flipped(Faults.Fork memory it) private pure returns (Faults.Fork memory) {
        return
            Faults.Fork(it.index, it.leafOfOther, it.pathOfOther, it.leafOfOne, it.pathOfOne);
    }
}
