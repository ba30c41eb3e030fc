// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Leaves} from "../src/Leaves.sol";
import {Objections} from "../src/Objections.sol";
import {Pots} from "../src/Pots.sol";
import {Settlement} from "../src/Settlement.sol";
import {Stake} from "../src/Stake.sol";
import {Statements} from "../src/Statements.sol";
import {Staked} from "./Stake.t.sol";

/// @title The thirteen rules about money, one test each; `Review.tree` names them
contract ReviewTest is Staked {
    function restored(uint64 epoch, uint64 id) private {
        uint64[] memory ids = new uint64[](1);
        ids[0] = id;
        escrow.restore(epoch, ids);
    }

    function test_A1_AVetoCoversDescendantsAndOneCorrectionGoesOnTheLastFinal() external {
        fillPot(1000);
        uint64 good = settlement.finalId();
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, pay(900)));
        uint64 wrong = post(root, 900);
        uint64 repeats = post(root, 900);
        uint64 again = post(root, 900);
        veto(wrong);
        is_(repeats, Epochs.Status.Vetoed);
        is_(again, Epochs.Status.Vetoed);
        pass(10 * WINDOW);
        vm.expectPartialRevert(Epochs.NotOpen.selector);
        settlement.finalize(again);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        settlement.claim(again, alice, pay(900), path);
        Epochs.Post memory next = nextPost(0, 0);
        same(next.parent, good);
        same(next.id, again + 1);
        (uint64 corrected, bytes32[] memory right) = paid(alice, pay(10), 10);
        settlement.claim(corrected, alice, pay(10), right);
        same(claimed(alice), 10);
    }

    function test_A2_OnlyReleasedMoneyIsInTotals() external {
        uint64 id = deposit(500);
        uint64 epoch = post(0, 0);
        debit(epoch, id, 500);
        refusedPost(nextPost(0, 500), Epochs.TotalAboveInflow.selector);
        // A transfer past the books is not inflow either.
        token.mint(address(settlement), 1000);
        refusedPost(nextPost(0, 1), Epochs.TotalAboveInflow.selector);
        settle(epoch);
        refusedPost(nextPost(0, 500), Epochs.TotalAboveInflow.selector);
        vm.prank(address(0x12345));
        release(epoch);
        post(0, 500);
        uint64 vetoed = post(0, 500);
        uint64 other = deposit(50);
        debit(vetoed, other, 50);
        veto(vetoed);
        restored(vetoed, other);
        same(escrow.deposit(other).available, 50);
    }

    function test_A3_AShortfallIsMetFromFundAndBondAndBlocksNobody() external {
        fillPot(1000);
        // A theft that nobody saw: the thief's line is final and paid.
        (uint64 stolen, bytes32[] memory path) = paid(bob, pay(1000), 1000);
        settlement.claim(stolen, bob, pay(1000), path);
        refusedPost(nextPost(0, 1100), Epochs.TotalAboveInflow.selector);
        vm.prank(arbiter);
        settlement.cover(100);
        bondUp(100);
        (uint64 next, bytes32[] memory path2) = paid(alice, pay(100), 1100);
        settlement.claim(next, alice, pay(100), path2);
        same(claimed(alice), 100);
    }

    function test_A4_TwoStatementsConvictOnEveryChainWithABond() external {
        Settlement here = settlement;
        Epochs.Post memory one = nextPost(0, 0);
        send(one);
        address[] memory tokens = settlement.tokens();
        vm.chainId(777);
        deploy(tokens, 0);
        bondUp(BOND);
        Epochs.Post memory other = nextPost(keccak256("elsewhere"), 0);
        send(other);
        Statements.Statement memory a = statementOf(one);
        Statements.Statement memory b = statementOf(other);
        bytes memory byA = signStatement(POSTER_KEY, a);
        bytes memory byB = signStatement(POSTER_KEY, b);
        here.proveEquivocation(a, byA, b, byB);
        settlement.proveEquivocation(a, byA, b, byB);
        same(here.bond(), 0);
        same(settlement.bond(), 0);
    }

    function test_A5_OnlyPayLinesOfListedTokensPay() external {
        fillPot(1000);
        Leaves.Line[] memory lines = new Leaves.Line[](8);
        for (uint8 i; i < 8; ++i) {
            bool junk = i % 2 == 0;
            lines[i] = Leaves.Line(i / 2 + 1, junk ? address(0x1) : address(token), 10);
        }
        (uint64 id, bytes32[] memory path) = paid(alice, lines, 1000);
        settlement.claim(id, alice, lines, path);
        same(claimed(alice), 10);
    }

    function test_A6_NothingIsPaidToAnAddressWithoutALine() external {
        fillPot(1000);
        (uint64 id, bytes32[] memory path) = paid(alice, pay(10), 10);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, address(0), pay(10), path);
        same(token.balanceOf(address(settlement)), BOND + 1000);
    }

    function test_A7_DepositsAreNumberedByTheContract() external {
        same(deposit(1), 1);
        same(deposit(1), 2);
        vm.prank(funder);
        vm.expectRevert();
        escrow.open(address(token), 0, ACCOUNT, 1, closes);
        same(deposit(1), 3);
    }

    function test_A8_AnOperatorThatConvictsItselfLosesMostOfItsBond() external {
        Epochs.Post memory own = nextPost(0, 0);
        send(own);
        Statements.Statement memory one = statementOf(own);
        Statements.Statement memory other = statementOf(own);
        other.logSize += 1;
        bytes memory a = signStatement(POSTER_KEY, one);
        bytes memory b = signStatement(POSTER_KEY, other);
        vm.prank(poster);
        settlement.proveEquivocation(one, a, other, b);
        same(settlement.owed(poster), BOND * 30 / 100);
        same(settlement.fund(), BOND * 70 / 100);
        bondUp(BOND);
        pass(29 days);
        vm.prank(holder);
        vm.expectRevert(Objections.BondLocked.selector);
        settlement.withdrawBond();
    }

    function test_A9_AStakeStaysUntilItsSlashIsAppliedAndIsFreeInSilence() external {
        put(100);
        exit(100);
        pass(DELAY);
        vm.prank(alice);
        vm.expectRevert(Stake.ProofNeeded.selector);
        stake.withdrawUnproven();
        (uint64 epoch, bytes32[] memory path) = paid(alice, slashing(99), 0);
        vm.prank(alice);
        stake.withdraw(epoch, slashing(99), path);
        same(token.balanceOf(alice), PLENTY - 99);
        put(50);
        pass(60 days);
        vm.prank(alice);
        stake.withdrawUnproven();
        same(token.balanceOf(alice), PLENTY - 99);
    }

    function test_A10_WorkersArePaidThoughTheOperatorStallsAndAThiefIsNot() external {
        uint64 id = deposit(1000);
        bytes32 inner =
            keccak256(abi.encode(block.chainid, address(escrow), id, uint96(300)));
        (bytes32 root, bytes32[] memory path) = twin(keccak256(bytes.concat(inner)));
        uint64 epoch = post(root, 0);
        // A thief with the debit key takes all it can; the funder disputes.
        debit(epoch, id, 1000);
        vm.prank(funder);
        escrow.dispute(epoch, id);
        settle(epoch);
        pass(RULING);
        escrow.debitByProof(epoch, id, 300, path);
        escrow.lapseDispute(epoch, id);
        same(settlement.inflow(address(token)), 300);
        vm.warp(closes + 30 days);
        uint256 before = token.balanceOf(funder);
        escrow.refund(id);
        same(token.balanceOf(funder) - before, 700);
    }

    function test_A11_CreditLeavesOnlyAfterItsNotice() external {
        vm.startPrank(alice);
        escrow.addCredit(address(token), 100);
        escrow.announceWithdrawal(address(token), 100);
        pass(escrow.creditNotice() - 1);
        vm.expectRevert();
        escrow.withdraw(address(token));
        pass(1);
        escrow.withdraw(address(token));
        same(token.balanceOf(alice), PLENTY);
    }

    function test_A12_MoneyForAnAssetBelongsToItsAccountInTheLedger() external {
        vm.prank(funder);
        escrow.depositFor(keccak256("asset"), address(token), 9);
        same(settlement.inflow(address(token)), 9);
        same(token.balanceOf(address(escrow)), 0);
    }

    function test_A13_LogTimeIsTheChainsToTenMinutes() external {
        Epochs.Post memory next = nextPost(0, 0);
        next.logTimeMs = uint64((block.timestamp + 10 minutes) * 1000 + 1);
        refusedPost(next, Epochs.LogTimeAhead.selector);
    }

    /// What a thief of each key alone can take; `docs/guide/contracts.md` tells it in words.
    function test_Keys_NoneAloneTakesMoney() external {
        fillPot(1000);
        uint64 id = deposit(500);
        address[4] memory thieves = [guardian, arbiter, rotator, holder];
        for (uint256 i; i < 4; ++i) {
            Epochs.Post memory next = nextPost(0, 0);
            bytes memory signature = signStatement(POSTER_KEY, statementOf(next));
            vm.startPrank(thieves[i]);
            vm.expectRevert(Epochs.NotPoster.selector);
            settlement.post(next, signature);
            vm.expectRevert(Escrow.NotDebitor.selector);
            escrow.debit(1, debits(id, 1));
            vm.expectRevert(Pots.NotEscrow.selector);
            settlement.noteInflow(address(token), 1);
            vm.stopPrank();
        }
        (bytes32 root,) = twin(leaf(bob, pay(1000)));
        uint64 wrong = post(root, 1000);
        challenge(wrong);
        rule(wrong, true);
        same(settlement.paid(address(token)), 0);
        holds(settlement.owed(anyone) > CHALLENGE_BOND, "the challenger was not paid");
    }
}
