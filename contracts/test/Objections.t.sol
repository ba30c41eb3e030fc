// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Objections} from "../src/Objections.sol";
import {FeeToken} from "./tokens/HostileTokens.sol";
import {World} from "./World.sol";

/// @title Objections and bonds; `Objections.tree` names the branches
contract ObjectionsTest is World {
    function test_Halt_IsForTheGuardianInTheWindowOnce() external {
        uint64 id = post(0, 0);
        vm.expectRevert(Objections.NotGuardian.selector);
        settlement.halt(id, "");
        halt(id);
        vm.startPrank(guardian);
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.halt(id, "");
        vm.stopPrank();
        rule(id, false);
        vm.startPrank(guardian);
        vm.expectPartialRevert(Objections.AlreadyRuled.selector);
        settlement.halt(id, "");
        vm.stopPrank();
        uint64 next = post(0, 0);
        pass(WINDOW);
        vm.startPrank(guardian);
        vm.expectPartialRevert(Objections.WindowOver.selector);
        settlement.halt(next, "");
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.halt(9, "");
    }

    function test_Challenge_TakesTheBondAndHalts() external {
        uint64 id = post(0, 0);
        uint256 before = token.balanceOf(anyone);
        challenge(id);
        is_(id, Epochs.Status.Halted);
        same(before - token.balanceOf(anyone), CHALLENGE_BOND);
        (address challenger, uint96 bond) = settlement.challenges(id);
        same(challenger, anyone);
        same(bond, CHALLENGE_BOND);
        vm.prank(anyone);
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.challenge(id, "again");
    }

    function test_Challenge_UpheldReturnsTheBondAndRewardsFromTheOperators() external {
        uint64 id = post(0, 0);
        uint64 child = post(0, 0);
        challenge(id);
        rule(id, true);
        is_(id, Epochs.Status.Vetoed);
        is_(child, Epochs.Status.Vetoed);
        same(settlement.owed(anyone), CHALLENGE_BOND + BOND * 30 / 100);
        same(settlement.fund(), BOND - BOND * 30 / 100);
        same(settlement.bond(), 0);
        uint256 before = token.balanceOf(anyone);
        settlement.collect(anyone);
        same(token.balanceOf(anyone) - before, CHALLENGE_BOND + BOND * 30 / 100);
        vm.expectRevert(Objections.NothingOwed.selector);
        settlement.collect(anyone);
        refusedPost(nextPost(0, 0), Objections.BondTooSmall.selector);
    }

    function test_Challenge_DismissedForfeitsTheBondToTheFund() external {
        uint64 id = post(0, 0);
        challenge(id);
        rule(id, false);
        is_(id, Epochs.Status.Open);
        same(settlement.fund(), CHALLENGE_BOND);
        same(settlement.owed(anyone), 0);
        same(settlement.bond(), BOND);
        settle(id);
    }

    function test_Challenge_SilenceVetoesAndReturnsTheBond() external {
        uint64 id = post(0, 0);
        challenge(id);
        pass(RULING - 1);
        vm.expectPartialRevert(Objections.RulingRunning.selector);
        settlement.lapse(id);
        vm.expectPartialRevert(Objections.NotVetoed.selector);
        settlement.reclaim(id);
        pass(1);
        vm.prank(arbiter);
        vm.expectPartialRevert(Objections.RulingOver.selector);
        settlement.rule(id, false);
        settlement.lapse(id);
        is_(id, Epochs.Status.Vetoed);
        settlement.reclaim(id);
        same(settlement.owed(anyone), CHALLENGE_BOND);
        same(settlement.bond(), BOND);
        vm.expectRevert(Objections.NothingOwed.selector);
        settlement.reclaim(id);
    }

    function test_Challenge_OfADescendantOfAVetoComesBack() external {
        uint64 id = post(0, 0);
        uint64 child = post(0, 0);
        challenge(child);
        veto(id);
        settlement.reclaim(child);
        same(settlement.owed(anyone), CHALLENGE_BOND);
    }

    function test_Rule_IsForTheArbiterOnHaltedEpochs() external {
        uint64 id = post(0, 0);
        uint64 child = post(0, 0);
        vm.expectRevert(Objections.NotArbiter.selector);
        settlement.rule(id, true);
        vm.startPrank(arbiter);
        vm.expectPartialRevert(Objections.NotHalted.selector);
        settlement.rule(id, true);
        vm.stopPrank();
        halt(id);
        vm.startPrank(arbiter);
        vm.expectPartialRevert(Objections.NotHalted.selector);
        settlement.rule(child, true);
        vm.expectPartialRevert(Objections.NotHalted.selector);
        settlement.rule(9, true);
    }

    function test_Veto_TakesNothingFromTheOperatorIfTheGuardianHalted() external {
        veto(post(0, 0));
        same(settlement.bond(), BOND);
    }

    function test_Bond_IsNotTakenInATokenWithAFee() external {
        address[] memory tokens = new address[](1);
        tokens[0] = address(new FeeToken());
        deploy(tokens, 0);
        vm.prank(holder);
        vm.expectPartialRevert(Objections.ReceivedOther.selector);
        settlement.addBond(1000);
        same(settlement.bond(), 0);
    }

    function test_Bond_LeavesThirtyDaysAfterTheLastEpochIsSettled() external {
        vm.expectRevert(Objections.NotBondHolder.selector);
        settlement.withdrawBond();
        uint64 id = post(0, 0);
        pass(40 days);
        vm.startPrank(holder);
        vm.expectRevert(Objections.BondLocked.selector);
        settlement.withdrawBond();
        settlement.finalize(id);
        pass(30 days - 1);
        vm.expectRevert(Objections.BondLocked.selector);
        settlement.withdrawBond();
        pass(1);
        uint256 before = token.balanceOf(holder);
        settlement.withdrawBond();
        same(token.balanceOf(holder) - before, BOND);
        same(settlement.bond(), 0);
    }

    function test_Cover_TakesTheFundFirstAndGoesIntoThePotOnly() external {
        uint64 id = post(0, 0);
        challenge(id);
        rule(id, false);
        vm.expectRevert(Objections.NotArbiter.selector);
        settlement.cover(1);
        vm.startPrank(arbiter);
        vm.expectPartialRevert(Objections.CoverTooLarge.selector);
        settlement.cover(BOND + CHALLENGE_BOND + 1);
        uint256 before = token.balanceOf(address(settlement));
        settlement.cover(CHALLENGE_BOND + 7);
        vm.stopPrank();
        same(settlement.fund(), 0);
        same(settlement.bond(), BOND - 7);
        same(settlement.inflow(address(token)), CHALLENGE_BOND + 7);
        same(token.balanceOf(address(settlement)), before);
        settle(id);
        bondUp(7);
        (uint64 epoch, bytes32[] memory path) = paid(alice, pay(20), 20);
        settlement.claim(epoch, alice, pay(20), path);
        same(claimed(alice), 20);
    }
}
