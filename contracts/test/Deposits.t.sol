// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deposits} from "../src/Deposits.sol";
import {Payments} from "../src/Payments.sol";
import {TestToken} from "../src/TestToken.sol";
import {FeeToken} from "./tokens/HostileTokens.sol";
import {Permits} from "./Permits.sol";

/// @title Deposits and refunds; `Deposits.tree` names the branches
contract DepositsTest is Permits {
    function opening(address of_, uint96 amount) private view returns (Deposits.Opening memory) {
        return Deposits.Opening(of_, ACCOUNT, amount, amount, closes);
    }

    function refusedOpen(address of_, uint96 amount, uint96 cap, uint64 at_, bytes4 refusal)
        private
    {
        vm.prank(funder);
        vm.expectPartialRevert(refusal);
        escrow.open(of_, amount, ACCOUNT, cap, at_);
    }

    function test_Open_NumbersDepositsAndRefusesBadOnes() external {
        same(deposit(5), 1);
        same(deposit(6), 2);
        refusedOpen(address(9), 1, 1, closes, Payments.TokenNotListed.selector);
        refusedOpen(address(token), 0, 1, closes, Payments.AmountZero.selector);
        refusedOpen(address(token), 1, 0, closes, Deposits.CapZero.selector);
        uint64 now_ = uint64(block.timestamp);
        refusedOpen(address(token), 1, 1, now_, Deposits.AlreadyClosed.selector);
        same(escrow.lastId(), 2);
        same(escrow.deposit(2).amount, 6);
        same(escrow.deposit(2).funder, funder);
    }

    function test_OpenMany_GivesEachToItsFunder() external {
        Deposits.Opening[] memory two = new Deposits.Opening[](2);
        (two[0], two[1]) = (opening(alice, 3), opening(bob, 4));
        vm.prank(funder);
        same(escrow.openMany(address(token), two), 1);
        same(escrow.deposit(2).funder, bob);
        two[0].funder = address(0);
        vm.prank(funder);
        vm.expectRevert(Deposits.FunderZero.selector);
        escrow.openMany(address(token), two);
        vm.prank(funder);
        vm.expectPartialRevert(Payments.TokenNotListed.selector);
        escrow.openMany(address(9), two);
    }

    function test_Open_RefusesATokenThatTakesAFee() external {
        address[] memory tokens = new address[](1);
        tokens[0] = address(new FeeToken());
        deploy(tokens, 0);
        refusedOpen(tokens[0], 1000, 1000, closes, Payments.ReceivedOther.selector);
    }

    function test_OpenWithPermit_WorksAlsoIfThePermitWasUsedBefore() external {
        vm.prank(alice);
        token.approve(address(escrow), 0);
        Payments.Permit memory permit = permitOf(ALICE_KEY, address(escrow), 50);
        token.permit(
            alice, address(escrow), permit.value, permit.deadline, permit.v, permit.r, permit.s
        );
        vm.prank(alice);
        uint64 id = escrow.openWithPermit(address(token), opening(bob, 50), permit);
        same(escrow.deposit(id).funder, alice);
        permit = permitOf(ALICE_KEY, address(escrow), 60);
        vm.prank(alice);
        escrow.openWithPermit(address(token), opening(alice, 60), permit);
        vm.prank(bob);
        token.approve(address(escrow), 0);
        vm.prank(bob);
        vm.expectRevert();
        escrow.openWithPermit(address(token), opening(bob, 60), permit);
    }

    function test_OpenWithAuthorization_OpensWhatWasSignedAndNothingElse() external {
        Deposits.Opening memory signed_ = opening(alice, 70);
        Payments.Authorization memory it = authorizationOf(
            ALICE_KEY, 70, escrow.authorizationNonce(signed_, "salt"), "salt"
        );
        Deposits.Opening memory other = opening(alice, 70);
        other.account = keccak256("thief");
        vm.expectRevert(TestToken.AuthorizationNotSigned.selector);
        escrow.openWithAuthorization(address(token), other, it);
        other = opening(bob, 70);
        vm.expectRevert(TestToken.AuthorizationNotSigned.selector);
        escrow.openWithAuthorization(address(token), other, it);
        vm.expectPartialRevert(Payments.TokenNotListed.selector);
        escrow.openWithAuthorization(address(9), signed_, it);
        uint64 id = escrow.openWithAuthorization(address(token), signed_, it);
        same(escrow.deposit(id).funder, alice);
        vm.expectRevert(TestToken.AuthorizationUsedBefore.selector);
        escrow.openWithAuthorization(address(token), signed_, it);
    }

    function test_DepositFor_GoesToThePot() external {
        vm.startPrank(funder);
        vm.expectRevert(Payments.AmountZero.selector);
        escrow.depositFor(ACCOUNT, address(token), 0);
        vm.expectPartialRevert(Payments.TokenNotListed.selector);
        escrow.depositFor(ACCOUNT, address(9), 1);
        vm.expectEmit();
        emit Deposits.Received(ACCOUNT, address(token), funder, 8);
        escrow.depositFor(ACCOUNT, address(token), 8);
        same(settlement.inflow(address(token)), 8);
        same(token.balanceOf(address(escrow)), 0);
    }

    function test_Refund_NeedsAFinalEpochOverTheCloseOrThirtyDays() external {
        uint64 id = deposit(100);
        vm.expectPartialRevert(Deposits.DepositUnknown.selector);
        escrow.refund(9);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.refund(id);
        vm.warp(closes);
        uint64 epoch = post(0, 0);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.refund(id);
        settle(epoch);
        uint256 before = token.balanceOf(funder);
        vm.prank(anyone);
        escrow.refund(id);
        same(token.balanceOf(funder) - before, 100);
        vm.expectPartialRevert(Deposits.NothingToRefund.selector);
        escrow.refund(id);
    }

    function test_Refund_NeedsNobodyAfterThirtyDays() external {
        uint64 id = deposit(100);
        vm.warp(closes + 30 days - 1);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.refund(id);
        pass(1);
        escrow.refund(id);
        same(escrow.deposit(id).refunded, 100);
    }

    function test_Refund_WaitsForTheGraceAfterClose() external {
        address[] memory tokens = settlement.tokens();
        deploy(tokens, 2 days);
        bondUp(BOND);
        uint64 id = deposit(100);
        vm.expectPartialRevert(Deposits.DepositUnknown.selector);
        escrow.close(9);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.close(id);
        vm.warp(closes);
        settle(post(0, 0));
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.refund(id);
        escrow.close(id);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.close(id);
        pass(2 days - 1);
        vm.expectPartialRevert(Deposits.NotClosed.selector);
        escrow.refund(id);
        pass(1);
        escrow.refund(id);
        same(escrow.deposit(id).available, 0);
    }

    function testFuzz_Refund_GivesBackWhatNoEpochDebited(uint96 amount, uint96 taken) external {
        amount = uint96(between(amount, 1, PLENTY));
        taken = uint96(between(taken, 1, amount));
        uint64 id = deposit(amount);
        uint64 epoch = post(0, 0);
        debit(epoch, id, taken);
        settle(epoch);
        vm.warp(closes + 30 days);
        uint256 before = token.balanceOf(funder);
        if (taken == amount) vm.expectPartialRevert(Deposits.NothingToRefund.selector);
        escrow.refund(id);
        same(token.balanceOf(funder) - before, amount - taken);
        release(epoch);
        same(token.balanceOf(address(escrow)), 0);
    }
}
