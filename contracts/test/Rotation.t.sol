// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Rotation} from "../src/Rotation.sol";
import {Settlement} from "../src/Settlement.sol";
import {Statements} from "../src/Statements.sol";
import {World} from "./World.sol";

/// @title Keys of the operator; `Rotation.tree` names the branches
contract RotationTest is World {
    function test_Rotation_TakesTwoWindowsAndCanBeCancelled() external {
        vm.expectRevert(Rotation.NotRotator.selector);
        settlement.announceKey(bob);
        vm.startPrank(rotator);
        vm.expectRevert(Rotation.KeyZero.selector);
        settlement.announceKey(address(0));
        settlement.announceKey(bob);
        vm.stopPrank();
        pass(2 * WINDOW - 1);
        vm.expectPartialRevert(Rotation.RotationWaits.selector);
        settlement.rotateKey();
        vm.expectRevert(Rotation.NotCanceller.selector);
        settlement.cancelKey();
        vm.prank(guardian);
        settlement.cancelKey();
        vm.expectRevert(Rotation.NoRotation.selector);
        settlement.rotateKey();
        vm.prank(guardian);
        vm.expectRevert(Rotation.NoRotation.selector);
        settlement.cancelKey();
    }

    function test_Rotation_OfThePosterKeepsOldStatementsAccountable() external {
        Epochs.Post memory old = nextPost(0, 0);
        send(old);
        vm.prank(rotator);
        settlement.announceKey(bob);
        pass(2 * WINDOW);
        settlement.rotateKey();
        same(settlement.poster(), bob);
        refusedPost(nextPost(0, 0), Epochs.NotPoster.selector);
        Epochs.Post memory next = nextPost(0, 0);
        bytes memory signature = signStatement(BOB_KEY, statementOf(next));
        vm.prank(bob);
        settlement.post(next, signature);
        Statements.Statement memory one = statementOf(old);
        Statements.Statement memory other = statementOf(old);
        other.dataHash = keccak256("other");
        settlement.proveEquivocation(
            one, signStatement(POSTER_KEY, one), other, signStatement(BOB_KEY, other)
        );
        is_(next.id, Epochs.Status.Vetoed);
    }

    function test_Rotation_OfTheDebitorIsTheEscrowsOwn() external {
        uint64 id = deposit(10);
        vm.prank(rotator);
        escrow.announceKey(bob);
        vm.prank(guardian);
        escrow.cancelKey();
        vm.prank(rotator);
        escrow.announceKey(bob);
        pass(2 * WINDOW);
        escrow.rotateKey();
        same(escrow.debitor(), bob);
        uint64 epoch = post(0, 0);
        vm.prank(debitor);
        vm.expectRevert(Escrow.NotDebitor.selector);
        escrow.debit(epoch, debits(id, 1));
        vm.prank(bob);
        escrow.debit(epoch, debits(id, 1));
        same(settlement.poster(), poster);
    }

    function test_Rotation_RefusesAContractWithoutAKey() external {
        Epochs.Roles memory none = roles();
        none.poster = address(0);
        Epochs.Terms memory right = terms(address(token));
        address[] memory tokens = settlement.tokens();
        vm.expectRevert(Rotation.KeyZero.selector);
        new Settlement(none, right, address(1), tokens);
    }
}
