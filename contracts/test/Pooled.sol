// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Leaves} from "../src/Leaves.sol";
import {PoolVotes} from "../src/PoolVotes.sol";
import {PoolGovernor} from "../src/pool/PoolGovernor.sol";
import {World} from "./World.sol";

/// @title A pool with a Governor, and what its members do
abstract contract Pooled is World {
    uint48 internal constant DELAY = 1 hours;
    uint32 internal constant PERIOD = 3 days;
    uint48 internal constant EXTENSION = 1 days;
    uint256 internal constant WAIT = 2 days;
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;
    bytes32 internal constant WHY = keccak256("why");

    PoolVotes internal votes;
    PoolGovernor internal governor;
    TimelockController internal timelock;
    address internal carol = address(0xCA401);

    /// What a proposal does, call by call.
    address[] internal targets;
    bytes[] internal calls;

    function setUp() public virtual override {
        super.setUp();
        votes = new PoolVotes(settlement, "Pool votes", "POOL");
        governor = new PoolGovernor(votes, usual());
        timelock = TimelockController(payable(governor.timelock()));
    }

    function usual() internal pure returns (PoolGovernor.GovernorTerms memory) {
        return PoolGovernor.GovernorTerms(DELAY, PERIOD, EXTENSION, WAIT, 10, 20);
    }

    function given(uint96 amount) internal view returns (Leaves.Line[] memory) {
        return line(3, address(votes), amount);
    }

    function mint(address account, uint96 amount) internal {
        if (amount == 0) return;
        uint96 total = settlement.finalTotal(address(token));
        (uint64 epoch, bytes32[] memory path) = paid(account, given(amount), total);
        votes.mint(epoch, account, given(amount), path);
    }

    function call(address target, bytes memory input) internal {
        targets.push(target);
        calls.push(input);
    }

    function propose(address member) internal returns (uint256) {
        vm.prank(member);
        return governor.propose(targets, new uint256[](targets.length), calls, "why");
    }

    /// A proposal of alice's that is voted on from now.
    function opened() internal returns (uint256 id) {
        pass(1);
        id = propose(alice);
        pass(DELAY + 1);
    }

    function vote(address member, uint256 id, uint8 support) internal {
        vm.prank(member);
        governor.castVote(id, support);
    }

    function queue() internal {
        governor.queue(targets, new uint256[](targets.length), calls, WHY);
    }

    function execute() internal {
        governor.execute(targets, new uint256[](targets.length), calls, WHY);
    }

    /// All of a proposal's life, by alice's votes, and a clean sheet after it.
    function decide() internal {
        uint256 id = opened();
        vote(alice, id, FOR);
        pass(PERIOD);
        queue();
        pass(WAIT);
        execute();
        stands(id, IGovernor.ProposalState.Executed);
        (targets, calls) = (new address[](0), new bytes[](0));
    }

    function stands(uint256 id, IGovernor.ProposalState state) internal view {
        same(uint256(governor.state(id)), uint256(state));
    }
}
