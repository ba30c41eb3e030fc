// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deposits} from "../src/Deposits.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Stake} from "../src/Stake.sol";
import {FeeToken, ReenteringToken} from "./tokens/HostileTokens.sol";
import {World} from "./World.sol";

/// @title A world with stakes
abstract contract Staked is World {
    uint48 internal constant DELAY = 10 days;
    Stake internal stake;

    function setUp() public virtual override {
        super.setUp();
        stake = new Stake(escrow, token, DELAY);
        vm.prank(alice);
        token.approve(address(stake), type(uint256).max);
    }

    function put(uint96 amount) internal {
        vm.prank(alice);
        stake.stake(amount);
    }

    function exit(uint96 amount) internal {
        vm.prank(alice);
        stake.requestExit(amount);
    }

    function slashing(uint96 amount) internal view returns (Leaves.Line[] memory) {
        return line(2, address(token), amount);
    }

    function slash(uint96 amount) internal {
        (uint64 epoch, bytes32[] memory path) =
            paid(alice, slashing(amount), settlement.finalTotal(address(token)));
        stake.slash(epoch, alice, slashing(amount), path);
    }

    function withdraw(uint96 slashed) internal {
        (uint64 epoch, bytes32[] memory path) =
            paid(alice, slashing(slashed), settlement.finalTotal(address(token)));
        vm.prank(alice);
        stake.withdraw(epoch, slashing(slashed), path);
    }

    function is_(uint96 active, uint96 queued, uint96 slashed) internal view {
        (uint96 a, uint96 q, uint96 s) = stake.staked(alice);
        same(a, active);
        same(q, queued);
        same(s, slashed);
        same(token.balanceOf(address(stake)), uint256(active) + queued);
    }
}

/// @title Stakes; `Stake.tree` names the branches
contract StakeTest is Staked {
    function test_Deploy_RefusesAShortDelayAndUnlistedTokens() external {
        vm.expectRevert(Stake.BadDeployment.selector);
        new Stake(escrow, token, WINDOW + RULING - 1);
        FeeToken other = new FeeToken();
        vm.expectRevert(Stake.BadDeployment.selector);
        new Stake(escrow, other, DELAY);
    }

    function test_Stake_RefusesNothingAndFees() external {
        vm.expectRevert(Stake.AmountZero.selector);
        stake.stake(0);
        FeeToken fee = new FeeToken();
        address[] memory tokens = new address[](1);
        tokens[0] = address(fee);
        deploy(tokens, 0);
        Stake taking = new Stake(escrow, fee, DELAY);
        vm.startPrank(alice);
        fee.approve(address(taking), 1000);
        vm.expectPartialRevert(Stake.ReceivedOther.selector);
        taking.stake(1000);
    }

    function test_Exit_IsOneQueueOfLotsWithTheirOwnDelays() external {
        put(100);
        vm.startPrank(alice);
        vm.expectRevert(Stake.AmountZero.selector);
        stake.requestExit(0);
        vm.expectPartialRevert(Stake.StakeTooSmall.selector);
        stake.requestExit(101);
        vm.stopPrank();
        exit(30);
        pass(1 days);
        exit(20);
        put(5);
        is_(55, 50, 0);
        Stake.Lot[] memory lots = stake.lots(alice);
        same(lots.length, 2);
        same(lots[0].amount, 30);
        same(lots[1].readyAt, block.timestamp + DELAY);
        pass(DELAY - 1 days - WINDOW);
        withdraw(0);
        is_(55, 20, 0);
        (uint64 epoch, bytes32[] memory path) = paid(alice, slashing(0), 0);
        vm.warp(lots[1].readyAt - 1);
        vm.prank(alice);
        vm.expectPartialRevert(Stake.LotWaits.selector);
        stake.withdraw(epoch, slashing(0), path);
        pass(1);
        vm.prank(alice);
        stake.withdraw(epoch, slashing(0), path);
        is_(55, 0, 0);
        vm.prank(alice);
        vm.expectRevert(Stake.NoLot.selector);
        stake.withdraw(epoch, slashing(0), path);
    }

    function test_Exit_HasAtMostSixteenLots() external {
        put(100);
        for (uint256 i; i < 16; ++i) {
            exit(1);
        }
        vm.prank(alice);
        vm.expectRevert(Stake.TooManyLots.selector);
        stake.requestExit(1);
        pass(DELAY);
        withdraw(0);
        exit(1);
    }

    function test_Withdraw_NeedsTheNewestFinalEpoch() external {
        put(100);
        exit(100);
        (uint64 old, bytes32[] memory path) = paid(alice, slashing(0), 0);
        pass(DELAY);
        (uint64 newest, bytes32[] memory path2) = paid(alice, slashing(40), 0);
        vm.startPrank(alice);
        vm.expectPartialRevert(Stake.EpochNotNewest.selector);
        stake.withdraw(old, slashing(0), path);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        stake.withdraw(newest, slashing(0), path2);
        uint256 before = token.balanceOf(alice);
        stake.withdraw(newest, slashing(40), path2);
        same(token.balanceOf(alice) - before, 60);
        same(settlement.inflow(address(token)), 40);
    }

    function test_Slash_TakesActiveStakeFirstThenTheNewestLots() external {
        put(100);
        exit(30);
        exit(20);
        slash(55);
        is_(0, 45, 55);
        slash(70);
        is_(0, 30, 70);
        slash(60);
        is_(0, 30, 70);
        slash(500);
        is_(0, 0, 100);
        same(settlement.inflow(address(token)), 100);
        put(1000);
        slash(500);
        is_(600, 0, 500);
    }

    function test_Slash_OfNothingStakedStaysDue() external {
        slash(10);
        is_(0, 0, 0);
        put(4);
        slash(10);
        is_(0, 0, 4);
    }

    function test_Slash_CountsItsOwnKindAndTokenOnly() external {
        put(100);
        Leaves.Line[] memory lines = new Leaves.Line[](3);
        lines[0] = Leaves.Line(1, address(token), 50);
        lines[1] = Leaves.Line(2, address(9), 50);
        lines[2] = Leaves.Line(3, address(token), 50);
        (uint64 epoch, bytes32[] memory path) = paid(alice, lines, 0);
        stake.slash(epoch, alice, lines, path);
        is_(100, 0, 0);
    }

    function test_Slash_IsCreditedToTheLedgersAccount() external {
        put(100);
        (uint64 epoch, bytes32[] memory path) = paid(alice, slashing(7), 0);
        vm.expectEmit();
        emit Deposits.Received(stake.REPAIR(), address(token), address(stake), 7);
        stake.slash(epoch, alice, slashing(7), path);
    }

    function test_WithdrawUnproven_WaitsSixtyDaysMore() external {
        put(100);
        exit(60);
        pass(DELAY);
        settle(post(0, 0));
        vm.startPrank(alice);
        vm.expectRevert(Stake.ProofNeeded.selector);
        stake.withdrawUnproven();
        vm.stopPrank();
        pass(59 days);
        settle(post(0, 0));
        vm.prank(alice);
        stake.withdrawUnproven();
        is_(40, 0, 0);
    }

    function test_WithdrawUnproven_IsFreeAfterSixtyDaysOfSilence() external {
        put(100);
        exit(60);
        settle(post(0, 0));
        pass(60 days - 1);
        vm.startPrank(alice);
        vm.expectRevert(Stake.ProofNeeded.selector);
        stake.withdrawUnproven();
        pass(1);
        stake.withdrawUnproven();
        vm.stopPrank();
        is_(0, 0, 0);
        vm.prank(bob);
        vm.expectRevert(Stake.NoLot.selector);
        stake.withdrawUnproven();
    }

    function testFuzz_Slash_NeverTakesMoreThanIsDueOrThere(uint96[6] calldata numbers) external {
        uint96 in_;
        uint96 most;
        uint96 out_;
        for (uint256 i; i < 6; ++i) {
            uint96 amount = uint96(between(numbers[i], 1, 1000));
            if (i % 2 == 0) {
                put(amount);
                in_ += amount;
                exit(amount / 2 + 1);
            } else {
                slash(amount);
                if (amount > most) most = amount;
            }
            (uint96 active, uint96 queued, uint96 slashed) = stake.staked(alice);
            atMost(slashed, most, "slashed more than was due");
            same(uint256(active) + queued + slashed + out_, in_);
            same(token.balanceOf(address(stake)), uint256(active) + queued);
            Stake.Lot[] memory lots = stake.lots(alice);
            uint256 sum;
            for (uint256 j; j < lots.length; ++j) {
                sum += lots[j].amount;
            }
            same(sum, queued);
        }
    }

    function test_Withdraw_CountsAnExitInItsMiddleOnce() external {
        ReenteringToken calling = new ReenteringToken();
        address[] memory tokens = new address[](1);
        tokens[0] = address(calling);
        deploy(tokens, 0);
        bondUp(BOND);
        stake = new Stake(escrow, calling, DELAY);
        // The token stakes itself, as it calls back in its own name.
        alice = address(calling);
        calling.mint(alice, 100);
        vm.prank(alice);
        calling.approve(address(stake), 100);
        put(100);
        exit(40);
        pass(DELAY);
        calling.arm(address(stake), abi.encodeCall(stake.requestExit, (5)));
        withdraw(30);
        holds(calling.succeeded(), "the exit went through in the middle");
        is_(25, 5, 30);
    }
}
