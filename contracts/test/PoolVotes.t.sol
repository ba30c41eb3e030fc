// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {
    GovernorCountingSimple
} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {
    GovernorTimelockControl
} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Leaves} from "../src/Leaves.sol";
import {PoolVotes} from "../src/PoolVotes.sol";
import {Settlement} from "../src/Settlement.sol";
import {World} from "./World.sol";

/// @title A pool's Governor, of stock parts
contract PoolGovernor is
    Governor,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    constructor(IVotes votes, TimelockController timelock)
        Governor("Pool")
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(20)
        GovernorTimelockControl(timelock)
    {}

    function votingDelay() public pure override returns (uint256) {
        return 1 hours;
    }

    function votingPeriod() public pure override returns (uint256) {
        return 3 days;
    }

    function state(uint256 id)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(id);
    }

    function proposalNeedsQueuing(uint256 id)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(id);
    }

    function _queueOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 description
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(id, targets, values, calls, description);
    }

    function _executeOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 description
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(id, targets, values, calls, description);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 description
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calls, description);
    }

    function _executor()
        internal
        view
        override(Governor, GovernorTimelockControl)
        returns (address)
    {
        return super._executor();
    }
}

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

    function test_Transfer_IsRefused() external {
        mint(alice, 100);
        vm.prank(alice);
        vm.expectRevert(PoolVotes.NotTransferable.selector);
        votes.transfer(bob, 1);
    }

    function test_Governor_DecidesWithThem() external {
        mint(alice, 100);
        mint(bob, 30);
        address[] memory open = new address[](1);
        TimelockController timelock =
            new TimelockController(1 days, new address[](0), open, address(this));
        PoolGovernor governor = new PoolGovernor(votes, timelock);
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        address[] memory targets = new address[](1);
        targets[0] = address(token);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(token.mint, (address(0x77), 5));
        uint256[] memory values = new uint256[](1);
        pass(1);
        vm.prank(alice);
        uint256 id = governor.propose(targets, values, calls, "why");
        pass(1 hours + 1);
        vm.prank(alice);
        governor.castVote(id, 1);
        vm.prank(bob);
        governor.castVote(id, 0);
        pass(3 days);
        governor.queue(targets, values, calls, keccak256("why"));
        pass(1 days);
        governor.execute(targets, values, calls, keccak256("why"));
        same(token.balanceOf(address(0x77)), 5);
        same(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Executed));
        same(keccak256(bytes(votes.CLOCK_MODE())), keccak256("mode=timestamp"));
    }
}
