// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {
    GovernorPreventLateQuorum
} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {Epochs} from "../src/Epochs.sol";
import {PoolGovernor} from "../src/pool/PoolGovernor.sol";
import {Pooled} from "./Pooled.sol";

/// @title The Governor of a pool; `PoolGovernor.tree` names the branches
contract PoolGovernorTest is Pooled {
    function tip() private {
        call(address(token), abi.encodeCall(token.mint, (carol, 5)));
    }

    // Deployment

    function test_Deploy_LeavesTheTimelockToTheGovernor() external view {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes32 admin = timelock.DEFAULT_ADMIN_ROLE();
        holds(timelock.hasRole(proposer, address(governor)), "the Governor proposes");
        holds(timelock.hasRole(timelock.CANCELLER_ROLE(), address(governor)), "and cancels");
        holds(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)), "anyone executes");
        holds(!timelock.hasRole(proposer, address(this)), "its deployer proposes nothing");
        holds(!timelock.hasRole(admin, address(this)), "its deployer is no admin");
        holds(!timelock.hasRole(admin, address(governor)), "the Governor is no admin");
        same(timelock.getMinDelay(), WAIT);
        same(address(timelock), vm.computeCreateAddress(address(governor), 1));
        same(address(governor.token()), address(votes));
        same(governor.clock(), votes.clock());
    }

    function test_Deploy_RefusesTermsThatCannotWork() external {
        PoolGovernor.GovernorTerms memory it = usual();
        it.votingPeriod = 0;
        vm.expectPartialRevert(IGovernor.GovernorInvalidVotingPeriod.selector);
        new PoolGovernor(votes, it);
        it = usual();
        it.quorumPercent = 101;
        vm.expectPartialRevert(
            GovernorVotesQuorumFraction.GovernorInvalidQuorumFraction.selector
        );
        new PoolGovernor(votes, it);
        it = usual();
        it.lateQuorumExtension = PERIOD + 1;
        vm.expectPartialRevert(
            GovernorPreventLateQuorum.GovernorPreventLateQuorumVoteExtensionTooLarge.selector
        );
        new PoolGovernor(votes, it);
    }

    // Proposals

    function test_Propose_AsksForVotesAndWaits() external {
        tip();
        mint(alice, 9);
        pass(1);
        vm.prank(alice);
        vm.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        governor.propose(targets, new uint256[](1), calls, "why");
        mint(alice, 10);
        pass(1);
        uint256 id = propose(alice);
        pass(DELAY);
        stands(id, IGovernor.ProposalState.Pending);
        pass(1);
        stands(id, IGovernor.ProposalState.Active);
    }

    function test_Propose_RefusesVotesOfThisSecond() external {
        tip();
        mint(alice, 100);
        vm.prank(alice);
        vm.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        governor.propose(targets, new uint256[](1), calls, "why");
    }

    function test_Cancel_IsTheProposersWhileItWaits() external {
        tip();
        mint(alice, 100);
        pass(1);
        uint256 id = propose(alice);
        vm.prank(bob);
        vm.expectPartialRevert(IGovernor.GovernorUnableToCancel.selector);
        governor.cancel(targets, new uint256[](1), calls, WHY);
        vm.prank(alice);
        governor.cancel(targets, new uint256[](1), calls, WHY);
        stands(id, IGovernor.ProposalState.Canceled);
        call(address(token), abi.encodeCall(token.mint, (carol, 6)));
        opened();
        vm.prank(alice);
        vm.expectPartialRevert(IGovernor.GovernorUnableToCancel.selector);
        governor.cancel(targets, new uint256[](2), calls, WHY);
    }

    // Votes

    function refused(address member, uint256 id, bytes4 why) private {
        vm.prank(member);
        vm.expectPartialRevert(why);
        governor.castVote(id, FOR);
    }

    function test_Vote_CountsOnceAndInItsTime() external {
        tip();
        mint(alice, 100);
        pass(1);
        uint256 id = propose(alice);
        refused(alice, id, IGovernor.GovernorUnexpectedProposalState.selector);
        pass(DELAY + 1);
        vote(alice, id, FOR);
        refused(alice, id, IGovernor.GovernorAlreadyCastVote.selector);
        pass(PERIOD);
        refused(bob, id, IGovernor.GovernorUnexpectedProposalState.selector);
        (uint256 against, uint256 for_, uint256 abstained) = governor.proposalVotes(id);
        same(against + abstained, 0);
        same(for_, 100);
    }

    function test_Vote_HasNothingOfEpochsThatAreNotFinal() external {
        tip();
        mint(alice, 100);
        (bytes32 root, bytes32[] memory path) = twin(leaf(bob, given(900)));
        uint64 epoch = post(root, 0);
        uint256 id = opened();
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, epoch));
        votes.mint(epoch, bob, given(900), path);
        veto(epoch);
        pass(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, epoch));
        votes.mint(epoch, bob, given(900), path);
        vote(bob, id, AGAINST);
        vote(alice, id, FOR);
        (uint256 against,,) = governor.proposalVotes(id);
        same(against, 0);
        pass(PERIOD);
        stands(id, IGovernor.ProposalState.Succeeded);
    }

    function test_Vote_TakesWhatAnyoneMintsBeforeTheSnapshot() external {
        tip();
        mint(alice, 100);
        (bytes32 root, bytes32[] memory path) = twin(leaf(bob, given(900)));
        uint64 epoch = post(root, 0);
        settle(epoch);
        uint256 id = propose(alice);
        vm.prank(anyone);
        votes.mint(epoch, bob, given(900), path);
        pass(DELAY + 1);
        vote(alice, id, FOR);
        vote(bob, id, AGAINST);
        pass(PERIOD);
        stands(id, IGovernor.ProposalState.Defeated);
    }

    function test_Vote_CountsNothingThatCameAfterTheSnapshot() external {
        tip();
        mint(alice, 100);
        (bytes32 root, bytes32[] memory path) = twin(leaf(bob, given(900)));
        uint64 epoch = post(root, 0);
        settle(epoch);
        uint256 id = opened();
        votes.mint(epoch, bob, given(900), path);
        pass(1);
        vote(bob, id, AGAINST);
        vote(alice, id, FOR);
        (uint256 against, uint256 for_,) = governor.proposalVotes(id);
        same(against, 0);
        same(for_, 100);
        same(governor.quorum(governor.proposalSnapshot(id)), 20);
        pass(PERIOD);
        stands(id, IGovernor.ProposalState.Succeeded);
    }

    function test_Vote_IsTheDelegatesOfTheSnapshot() external {
        tip();
        mint(alice, 100);
        mint(carol, 50);
        vm.prank(carol);
        votes.delegate(bob);
        uint256 id = opened();
        vote(carol, id, AGAINST);
        vm.prank(alice);
        votes.delegate(bob);
        pass(1);
        vote(alice, id, FOR);
        vote(bob, id, FOR);
        (uint256 against, uint256 for_,) = governor.proposalVotes(id);
        same(against, 0);
        same(for_, 150);
    }

    // Results

    function testFuzz_Result_IsWhatTheVotesSay(uint32[3] calldata held, uint256 quorum_) external {
        PoolGovernor.GovernorTerms memory it = usual();
        (it.quorumPercent, it.proposalThreshold) = (quorum_ % 101, 0);
        governor = new PoolGovernor(votes, it);
        tip();
        mint(alice, held[0]);
        mint(bob, held[1]);
        mint(carol, held[2]);
        mint(anyone, 1000);
        uint256 id = opened();
        vote(alice, id, FOR);
        vote(bob, id, AGAINST);
        vote(carol, id, ABSTAIN);
        uint256 supply = 1000 + uint256(held[0]) + held[1] + held[2];
        (uint256 against, uint256 for_, uint256 abstained) = governor.proposalVotes(id);
        same(supply, votes.getPastTotalSupply(governor.proposalSnapshot(id)));
        same(against + for_ + abstained, supply - 1000);
        pass(PERIOD + EXTENSION);
        bool enough = uint256(held[0]) + held[2] >= supply * it.quorumPercent / 100;
        bool passed = enough && held[0] > held[1];
        stands(
            id,
            passed ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated
        );
    }

    function test_Result_IsDefeatWhereNobodyHasVotes() external {
        PoolGovernor.GovernorTerms memory it = usual();
        it.proposalThreshold = 0;
        governor = new PoolGovernor(votes, it);
        tip();
        uint256 id = opened();
        vote(alice, id, FOR);
        pass(PERIOD);
        same(governor.quorum(governor.proposalSnapshot(id)), 0);
        stands(id, IGovernor.ProposalState.Defeated);
    }

    function test_Result_WaitsWhereTheQuorumComesLate() external {
        tip();
        mint(alice, 10);
        mint(bob, 40);
        mint(carol, 50);
        uint256 id = opened();
        vote(alice, id, FOR);
        pass(PERIOD - 1);
        same(governor.proposalDeadline(id), block.timestamp);
        vote(bob, id, FOR);
        same(governor.proposalDeadline(id), block.timestamp + EXTENSION);
        pass(EXTENSION);
        vote(carol, id, AGAINST);
        same(governor.proposalDeadline(id), block.timestamp);
        pass(1);
        stands(id, IGovernor.ProposalState.Defeated);
    }

    // What was decided

    function test_Execute_FollowsAPassedVoteAndTheDelay() external {
        tip();
        mint(alice, 100);
        uint256 id = opened();
        vote(alice, id, FOR);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        queue();
        pass(PERIOD);
        holds(governor.proposalNeedsQueuing(id), "it goes through the Timelock");
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute();
        queue();
        stands(id, IGovernor.ProposalState.Queued);
        pass(WAIT - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        execute();
        pass(1);
        execute();
        same(token.balanceOf(carol), 5);
        stands(id, IGovernor.ProposalState.Executed);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute();
        same(token.balanceOf(carol), 5);
    }

    function test_Execute_IsForAnyoneAndSchedulingIsNot() external {
        tip();
        mint(alice, 100);
        uint256[] memory values = new uint256[](1);
        vm.prank(alice);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        timelock.scheduleBatch(targets, values, calls, 0, 0, WAIT);
        uint256 id = opened();
        vote(alice, id, FOR);
        pass(PERIOD);
        queue();
        pass(WAIT);
        bytes32 salt = bytes20(address(governor)) ^ WHY;
        vm.prank(anyone);
        timelock.executeBatch(targets, values, calls, 0, salt);
        same(token.balanceOf(carol), 5);
        stands(id, IGovernor.ProposalState.Executed);
    }

    function test_Governor_TakesNoMoneyItself() external {
        (bool done,) = address(governor).call{value: 1}("");
        holds(!done, "the Timelock is where money goes");
        (done,) = address(timelock).call{value: 1}("");
        holds(done, "the Timelock takes it");
    }

    function test_Settings_AreTheMembers() external {
        vm.prank(address(timelock));
        vm.expectRevert();
        governor.setVotingDelay(7);
        vm.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
        governor.setVotingDelay(7);
        mint(alice, 100);
        address self = address(governor);
        call(self, abi.encodeCall(governor.setVotingDelay, (7)));
        call(self, abi.encodeCall(governor.setVotingPeriod, (2 days)));
        call(self, abi.encodeCall(governor.setProposalThreshold, (3)));
        call(self, abi.encodeCall(governor.updateQuorumNumerator, (50)));
        call(self, abi.encodeCall(governor.setLateQuorumVoteExtension, (8)));
        call(address(timelock), abi.encodeCall(timelock.updateDelay, (9)));
        decide();
        same(governor.votingDelay(), 7);
        same(governor.votingPeriod(), 2 days);
        same(governor.proposalThreshold(), 3);
        same(governor.quorumNumerator(), 50);
        same(governor.lateQuorumVoteExtension(), 8);
        same(timelock.getMinDelay(), 9);
    }
}
