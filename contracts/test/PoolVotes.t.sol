// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Leaves} from "../src/Leaves.sol";
import {PoolVotes} from "../src/PoolVotes.sol";
import {Settlement} from "../src/Settlement.sol";
import {World} from "./World.sol";

/// @title Votes of a pool; `PoolVotes.tree` names the branches
contract PoolVotesTest is World {
    PoolVotes private votes;

    function setUp() public override {
        super.setUp();
        votes = new PoolVotes(settlement, "Pool votes", "POOL");
    }

    function given(uint96 amount) private view returns (Leaves.Line[] memory) {
        return line(3, address(votes), amount);
    }

    function mint(address account, uint96 amount) private {
        (uint64 epoch, bytes32[] memory path) = paid(account, given(amount), 0);
        votes.mint(epoch, account, given(amount), path);
    }

    function test_Mint_GivesTheDifferenceAndDelegatesOnce() external {
        mint(alice, 100);
        same(votes.getVotes(alice), 100);
        vm.prank(alice);
        votes.delegate(bob);
        mint(alice, 150);
        same(votes.balanceOf(alice), 150);
        same(votes.getVotes(bob), 150);
        (uint64 epoch, bytes32[] memory path) = paid(alice, given(120), 0);
        vm.expectRevert(PoolVotes.NothingToMint.selector);
        votes.mint(epoch, alice, given(120), path);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        votes.mint(epoch, alice, given(900), path);
    }

    function test_Mint_CountsItsOwnLinesOnly() external {
        Leaves.Line[] memory lines = new Leaves.Line[](2);
        lines[0] = Leaves.Line(1, address(votes), 9);
        lines[1] = Leaves.Line(3, address(token), 9);
        (uint64 epoch, bytes32[] memory path) = paid(alice, lines, 0);
        vm.expectRevert(PoolVotes.NothingToMint.selector);
        votes.mint(epoch, alice, lines, path);
    }

    function test_Mint_TakesFinalEpochsOnly() external {
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, given(100)));
        uint64 epoch = post(root, 0);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, epoch));
        votes.mint(epoch, alice, given(100), path);
        halt(epoch);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, epoch));
        votes.mint(epoch, alice, given(100), path);
        rule(epoch, true);
        pass(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, epoch));
        votes.mint(epoch, alice, given(100), path);
        same(votes.totalSupply(), 0);
    }

    function test_Transfer_IsRefused() external {
        mint(alice, 100);
        vm.startPrank(alice);
        vm.expectRevert(PoolVotes.NotTransferable.selector);
        votes.transfer(bob, 1);
        votes.approve(bob, 100);
        vm.stopPrank();
        vm.prank(bob);
        vm.expectRevert(PoolVotes.NotTransferable.selector);
        votes.transferFrom(alice, bob, 1);
    }

    function test_Clock_CountsSeconds() external view {
        same(votes.clock(), block.timestamp);
        same(keccak256(bytes(votes.CLOCK_MODE())), keccak256("mode=timestamp"));
    }
}
