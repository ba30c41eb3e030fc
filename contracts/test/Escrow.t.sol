// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deposits} from "../src/Deposits.sol";
import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Leaves} from "../src/Leaves.sol";
import {Payments} from "../src/Payments.sol";
import {World} from "./World.sol";

/// @title Debits, proofs and disputes; `Escrow.tree` names the branches
contract EscrowTest is World {
    uint64 private id;

    function setUp() public override {
        super.setUp();
        id = deposit(1000);
    }

    function available() private view returns (uint96) {
        return escrow.deposit(id).available;
    }

    function refusedDebit(uint64 epoch, uint64 of_, uint96 amount, bytes4 refusal) private {
        vm.prank(debitor);
        vm.expectPartialRevert(refusal);
        escrow.debit(epoch, debits(of_, amount));
    }

    function test_Debit_IsForTheDebitorInTheWindowWithinBudgetAndCap() external {
        vm.prank(funder);
        uint64 capped = escrow.open(address(token), 100, ACCOUNT, 10, closes);
        uint64 epoch = post(0, 0);
        vm.expectRevert(Escrow.NotDebitor.selector);
        escrow.debit(epoch, debits(id, 1));
        refusedDebit(9, id, 1, Escrow.EpochNotOpen.selector);
        refusedDebit(epoch, 9, 1, Deposits.DepositUnknown.selector);
        refusedDebit(epoch, id, 0, Payments.AmountZero.selector);
        refusedDebit(epoch, id, 1001, Escrow.BudgetExceeded.selector);
        refusedDebit(epoch, capped, 11, Escrow.EpochCapExceeded.selector);
        debit(epoch, capped, 6);
        refusedDebit(epoch, capped, 5, Escrow.EpochCapExceeded.selector);
        debit(epoch, capped, 4);
        uint64 child = post(0, 0);
        halt(epoch);
        refusedDebit(epoch, id, 1, Escrow.EpochNotOpen.selector);
        refusedDebit(child, id, 1, Escrow.EpochNotOpen.selector);
        rule(epoch, false);
        debit(child, id, 1);
        pass(WINDOW);
        refusedDebit(child, id, 1, Escrow.EpochNotOpen.selector);
    }

    function test_Release_MovesWhatAFinalEpochDebitedOnce() external {
        uint64 epoch = post(0, 0);
        debit(epoch, id, 300);
        address[] memory tokens = settlement.tokens();
        vm.expectPartialRevert(Escrow.EpochNotFinal.selector);
        escrow.release(epoch, tokens);
        settle(epoch);
        release(epoch);
        release(epoch);
        same(settlement.inflow(address(token)), 300);
        same(token.balanceOf(address(escrow)), 700);
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        vm.expectPartialRevert(Escrow.EpochNotVetoed.selector);
        escrow.restore(epoch, ids);
    }

    function test_Restore_ReturnsWhatAVetoedEpochDebitedOnce() external {
        uint64 epoch = post(0, 0);
        debit(epoch, id, 300);
        same(available(), 700);
        veto(epoch);
        uint64[] memory ids = new uint64[](2);
        (ids[0], ids[1]) = (id, id);
        escrow.restore(epoch, ids);
        same(available(), 1000);
        same(escrow.pending(epoch, address(token)), 0);
    }

    // Proofs

    function owing(uint96 cumulative) private returns (uint64 epoch, bytes32[] memory path) {
        bytes32 debt = keccak256(
            bytes.concat(
                keccak256(abi.encode(block.chainid, address(escrow), id, cumulative))
            )
        );
        bytes32 root;
        (root, path) = twin(debt);
        epoch = post(root, settlement.finalTotal(address(token)));
    }

    function test_DebitByProof_TakesWhatNoDebitTook() external {
        (uint64 epoch, bytes32[] memory path) = owing(300);
        debit(epoch, id, 100);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        escrow.debitByProof(epoch, id, 300, path);
        settle(epoch);
        vm.expectPartialRevert(Escrow.ProofInvalid.selector);
        escrow.debitByProof(epoch, id, 301, path);
        vm.expectPartialRevert(Deposits.DepositUnknown.selector);
        escrow.debitByProof(epoch, 9, 300, path);
        escrow.debitByProof(epoch, id, 300, path);
        escrow.debitByProof(epoch, id, 300, path);
        same(available(), 700);
        same(settlement.inflow(address(token)), 200);
        release(epoch);
        same(settlement.inflow(address(token)), 300);
        same(escrow.proven(id), 300);
    }

    function test_DebitByProof_KeepsCapAndBudget() external {
        vm.prank(funder);
        id = escrow.open(address(token), 100, ACCOUNT, 40, closes);
        (uint64 epoch, bytes32[] memory path) = owing(150);
        settle(epoch);
        escrow.debitByProof(epoch, id, 150, path);
        same(available(), 60);
        (uint64 next, bytes32[] memory path2) = owing(150);
        settle(next);
        escrow.debitByProof(next, id, 150, path2);
        (uint64 last, bytes32[] memory path3) = owing(150);
        settle(last);
        escrow.debitByProof(last, id, 150, path3);
        same(available(), 0);
        same(settlement.inflow(address(token)), 100);
    }

    // Disputes

    function disputed(uint96 amount) private returns (uint64 epoch) {
        epoch = post(0, 0);
        debit(epoch, id, amount);
        vm.prank(funder);
        escrow.dispute(epoch, id);
    }

    function ruleDispute(uint64 epoch, uint96 granted) private {
        vm.prank(arbiter);
        escrow.ruleDispute(epoch, id, granted);
    }

    function test_Dispute_IsTheFundersInTheWindowAndHoldsTheDebit() external {
        uint64 epoch = post(0, 0);
        vm.expectRevert(Escrow.NotFunder.selector);
        escrow.dispute(epoch, id);
        vm.prank(funder);
        vm.expectPartialRevert(Escrow.NothingDebited.selector);
        escrow.dispute(epoch, id);
        debit(epoch, id, 400);
        vm.prank(funder);
        escrow.dispute(epoch, id);
        (uint96 amount, uint96 bond,) = escrow.disputes(epoch, id);
        same(amount, 400);
        same(bond, 21);
        same(escrow.pending(epoch, address(token)), 0);
        refusedDebit(epoch, id, 1, Escrow.InDispute.selector);
        vm.prank(arbiter);
        vm.expectPartialRevert(Escrow.EpochNotFinal.selector);
        escrow.ruleDispute(epoch, id, 0);
        settle(epoch);
        vm.expectRevert(Escrow.NotArbiter.selector);
        escrow.ruleDispute(epoch, id, 0);
        vm.prank(arbiter);
        vm.expectPartialRevert(Escrow.GrantTooLarge.selector);
        escrow.ruleDispute(epoch, id, 401);
        vm.prank(funder);
        vm.expectPartialRevert(Escrow.EpochNotOpen.selector);
        escrow.dispute(epoch, id);
    }

    function test_Dispute_RulingSplitsAndReturnsTheBond() external {
        uint64 epoch = disputed(400);
        settle(epoch);
        ruleDispute(epoch, 150);
        same(available(), 850);
        same(settlement.inflow(address(token)), 150);
        same(escrow.owed(funder, address(token)), 21);
        uint256 before = token.balanceOf(funder);
        escrow.collect(funder, address(token));
        same(token.balanceOf(funder) - before, 21);
        vm.expectRevert(Escrow.NothingOwed.selector);
        escrow.collect(funder, address(token));
        vm.prank(arbiter);
        vm.expectPartialRevert(Escrow.NoDispute.selector);
        escrow.ruleDispute(epoch, id, 0);
    }

    function test_Dispute_GrantedWholeForfeitsTheBondToThePot() external {
        uint64 epoch = disputed(400);
        settle(epoch);
        ruleDispute(epoch, 400);
        same(settlement.inflow(address(token)), 421);
        same(escrow.owed(funder, address(token)), 0);
        same(available(), 600);
    }

    function test_Dispute_SilencePaysOnlyWhatIsProven() external {
        (uint64 epoch, bytes32[] memory path) = owing(150);
        debit(epoch, id, 400);
        vm.prank(funder);
        escrow.dispute(epoch, id);
        settle(epoch);
        escrow.debitByProof(epoch, id, 150, path);
        same(settlement.inflow(address(token)), 0);
        vm.expectPartialRevert(Escrow.RulingRunning.selector);
        escrow.lapseDispute(epoch, id);
        pass(RULING);
        escrow.lapseDispute(epoch, id);
        same(settlement.inflow(address(token)), 150);
        same(available(), 850);
        same(escrow.owed(funder, address(token)), 21);
    }

    function test_Dispute_SilencePaysNoMoreThanTheDebit() external {
        vm.prank(funder);
        id = escrow.open(address(token), 1000, ACCOUNT, 500, closes);
        (uint64 epoch, bytes32[] memory path) = owing(900);
        debit(epoch, id, 400);
        vm.prank(funder);
        escrow.dispute(epoch, id);
        settle(epoch);
        escrow.debitByProof(epoch, id, 900, path);
        same(settlement.inflow(address(token)), 100);
        pass(RULING);
        escrow.lapseDispute(epoch, id);
        same(settlement.inflow(address(token)), 500);
        same(available(), 500);
    }

    function test_Dispute_SilenceWithoutAProofPaysNothing() external {
        uint64 epoch = disputed(400);
        settle(epoch);
        pass(RULING);
        escrow.lapseDispute(epoch, id);
        same(settlement.inflow(address(token)), 0);
        same(available(), 1000);
    }

    function test_Dispute_OfAVetoedEpochIsRestoredWithItsBond() external {
        uint64 epoch = disputed(400);
        veto(epoch);
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        escrow.restore(epoch, ids);
        escrow.restore(epoch, ids);
        same(available(), 1000);
        same(escrow.owed(funder, address(token)), 21);
        vm.expectPartialRevert(Escrow.EpochNotFinal.selector);
        escrow.lapseDispute(epoch, id);
    }
}
