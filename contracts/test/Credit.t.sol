// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Credit} from "../src/Credit.sol";
import {Payments} from "../src/Payments.sol";
import {TestToken} from "../src/TestToken.sol";
import {Permits} from "./Permits.sol";

/// @title Prepaid credit and vouchers; `Credit.tree` names the branches
contract CreditTest is Permits {
    function setUp() public override {
        super.setUp();
        vm.prank(alice);
        escrow.addCredit(address(token), 1000);
    }

    function voucher(address key, uint96 cumulative) private view returns (Credit.Voucher memory) {
        return Credit.Voucher(alice, address(token), key, cumulative);
    }

    function sign(uint256 key, Credit.Voucher memory it) private view returns (bytes memory) {
        return signed(key, escrow.voucherDigest(it));
    }

    function lent(uint96 cap) private view returns (Credit.SpendKey memory it, bytes memory by) {
        uint64 expires = uint64(block.timestamp + 1 days);
        it = Credit.SpendKey(alice, address(token), bob, cap, expires);
        by = signed(ALICE_KEY, escrow.spendKeyDigest(it));
    }

    function balance() private view returns (uint96) {
        return escrow.credit(alice, address(token)).balance;
    }

    function test_Redeem_PaysTheDifferenceIntoThePot() external {
        bytes memory first = sign(ALICE_KEY, voucher(alice, 100));
        bytes memory second = sign(ALICE_KEY, voucher(alice, 250));
        escrow.redeem(voucher(alice, 100), first);
        same(settlement.inflow(address(token)), 100);
        vm.expectRevert(Credit.NothingToRedeem.selector);
        escrow.redeem(voucher(alice, 100), first);
        escrow.redeem(voucher(alice, 250), second);
        vm.expectRevert(Credit.NothingToRedeem.selector);
        escrow.redeem(voucher(alice, 100), first);
        same(settlement.inflow(address(token)), 250);
        same(token.balanceOf(address(settlement)), BOND + 250);
        same(balance(), 750);
    }

    function test_Redeem_RefusesOthersSignaturesAndKeys() external {
        bytes memory foreign = sign(BOB_KEY, voucher(alice, 100));
        vm.expectRevert(Credit.VoucherNotSigned.selector);
        escrow.redeem(voucher(alice, 100), foreign);
        bytes memory own = sign(ALICE_KEY, voucher(alice, 100));
        vm.expectRevert(Credit.VoucherNotSigned.selector);
        escrow.redeem(voucher(alice, 101), own);
        vm.expectRevert(Credit.KeyOther.selector);
        escrow.redeem(voucher(bob, 100), foreign);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        vm.expectRevert(Credit.VoucherNotSigned.selector);
        escrow.redeem(voucher(alice, 100), own);
        vm.chainId(chain);
        deploy(settlement.tokens(), 0);
        vm.prank(alice);
        escrow.addCredit(address(token), 1000);
        vm.expectRevert(Credit.VoucherNotSigned.selector);
        escrow.redeem(voucher(alice, 100), own);
    }

    function test_Redeem_PaysWhatIsThereAndTheRestLater() external {
        bytes memory own = sign(ALICE_KEY, voucher(alice, 1500));
        escrow.redeem(voucher(alice, 1500), own);
        same(settlement.inflow(address(token)), 1000);
        vm.expectRevert(Credit.NothingToRedeem.selector);
        escrow.redeem(voucher(alice, 1500), own);
        vm.prank(alice);
        escrow.addCredit(address(token), 700);
        escrow.redeem(voucher(alice, 1500), own);
        same(balance(), 200);
    }

    function test_RedeemByKey_KeepsTheCapAndTheExpiry() external {
        (Credit.SpendKey memory key, bytes memory by) = lent(300);
        bytes memory within = sign(BOB_KEY, voucher(bob, 300));
        bytes memory beyond = sign(BOB_KEY, voucher(bob, 301));
        vm.expectPartialRevert(Credit.CapExceeded.selector);
        escrow.redeemByKey(voucher(bob, 301), beyond, key, by);
        key.cap = 400;
        vm.expectRevert(Credit.KeyNotSigned.selector);
        escrow.redeemByKey(voucher(bob, 301), beyond, key, by);
        key.cap = 300;
        vm.expectRevert(Credit.VoucherNotSigned.selector);
        escrow.redeemByKey(voucher(bob, 299), within, key, by);
        vm.expectRevert(Credit.KeyOther.selector);
        escrow.redeemByKey(voucher(alice, 300), within, key, by);
        escrow.redeemByKey(voucher(bob, 300), within, key, by);
        same(balance(), 700);
        pass(1 days + 1);
        vm.expectRevert(Credit.KeyExpired.selector);
        escrow.redeemByKey(voucher(bob, 300), within, key, by);
    }

    function test_Withdraw_NeedsNoticeAndVouchersComeFirst() external {
        vm.startPrank(alice);
        vm.expectRevert(Credit.NothingToWithdraw.selector);
        escrow.withdraw(address(token));
        escrow.announceWithdrawal(address(token), 900);
        pass(7 days - 1);
        vm.expectPartialRevert(Credit.NoticeRunning.selector);
        escrow.withdraw(address(token));
        vm.stopPrank();
        escrow.redeem(voucher(alice, 300), sign(ALICE_KEY, voucher(alice, 300)));
        pass(1);
        uint256 before = token.balanceOf(alice);
        vm.startPrank(alice);
        escrow.withdraw(address(token));
        same(token.balanceOf(alice) - before, 700);
        vm.expectRevert(Credit.NothingToWithdraw.selector);
        escrow.withdraw(address(token));
    }

    function test_AddCredit_ByPermitAndByAuthorization() external {
        vm.startPrank(alice);
        vm.expectPartialRevert(Payments.TokenNotListed.selector);
        escrow.addCredit(address(9), 1);
        vm.expectRevert(Payments.AmountZero.selector);
        escrow.addCredit(address(token), 0);
        token.approve(address(escrow), 0);
        Payments.Permit memory permit = permitOf(ALICE_KEY, address(escrow), 50);
        escrow.addCreditWithPermit(address(token), 50, permit);
        vm.stopPrank();
        bytes32 nonce = escrow.creditNonce(alice, "salt");
        Payments.Authorization memory it = authorizationOf(ALICE_KEY, 70, nonce, "salt");
        vm.expectRevert(TestToken.AuthorizationNotSigned.selector);
        escrow.addCreditWithAuthorization(bob, address(token), 70, it);
        escrow.addCreditWithAuthorization(alice, address(token), 70, it);
        same(balance(), 1120);
    }

    function testFuzz_Redeem_NeverTakesMoreThanWasSignedOrIsThere(uint96[8] calldata cumulative)
        external
    {
        uint96 most;
        for (uint256 i; i < 8; ++i) {
            uint96 amount = uint96(between(cumulative[i], 0, 2000));
            if (amount > most) most = amount;
            bytes memory own = sign(ALICE_KEY, voucher(alice, amount));
            try escrow.redeem(voucher(alice, amount), own) {} catch {}
            uint96 taken = most > 1000 ? 1000 : most;
            same(settlement.inflow(address(token)), taken);
            same(balance(), 1000 - taken);
        }
    }
}
