// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Objections} from "../src/Objections.sol";
import {Pots} from "../src/Pots.sol";
import {Settlement} from "../src/Settlement.sol";
import {World} from "./World.sol";

/// @title Posting and finality; `Epochs.tree` names the branches
contract EpochsTest is World {
    function test_Post_RefusesAnyoneButThePoster() external {
        Epochs.Post memory next = nextPost(0, 0);
        bytes memory signature = signStatement(POSTER_KEY, statementOf(next));
        vm.prank(anyone);
        vm.expectRevert(Epochs.NotPoster.selector);
        settlement.post(next, signature);
    }

    function test_Post_RefusesAStatementThatThePosterDidNotSign() external {
        Epochs.Post memory next = nextPost(0, 0);
        bytes memory others = signStatement(BOB_KEY, statementOf(next));
        bytes memory own = signStatement(POSTER_KEY, statementOf(next));
        vm.startPrank(poster);
        vm.expectRevert(Epochs.StatementNotSigned.selector);
        settlement.post(next, others);
        vm.expectRevert(Epochs.StatementNotSigned.selector);
        settlement.post(next, "");
        next.dataHash = keccak256("other");
        vm.expectRevert(Epochs.StatementNotSigned.selector);
        settlement.post(next, own);
    }

    function test_Post_RefusesWithoutTheBond() external {
        uint64 id = post(0, 0);
        veto(id);
        pass(30 days);
        vm.prank(holder);
        settlement.withdrawBond();
        refusedPost(nextPost(0, 0), Objections.BondTooSmall.selector);
        bondUp(BOND);
        post(0, 0);
    }

    function test_Post_RefusesIdsOutOfOrder() external {
        Epochs.Post memory next = nextPost(0, 0);
        next.id = 2;
        refusedPost(next, Epochs.IdNotNext.selector);
        next.id = 0;
        refusedPost(next, Epochs.IdNotNext.selector);
        uint64 id = post(0, 0);
        veto(id);
        next.id = id;
        refusedPost(next, Epochs.IdNotNext.selector);
    }

    function test_Post_RefusesAnotherParent() external {
        post(0, 0);
        Epochs.Post memory next = nextPost(0, 0);
        next.parent = 0;
        refusedPost(next, Epochs.ParentNotHead.selector);
    }

    function test_Post_RefusesAFifthLiveEpoch() external {
        for (uint256 i; i < 4; ++i) {
            post(0, 0);
        }
        refusedPost(nextPost(0, 0), Epochs.TooManyUnfinalised.selector);
        settle(1);
        post(0, 0);
        same(settlement.unfinalised(), 4);
    }

    function test_Post_RefusesTheMarkOfAVeto() external {
        refusedPost(nextPost(bytes32(uint256(1)), 0), Epochs.RootReserved.selector);
    }

    function test_Post_RefusesTotalsThatFallOrPassTheInflow() external {
        refusedPost(nextPost(0, 1), Epochs.TotalAboveInflow.selector);
        fillPot(500);
        post(0, 500);
        refusedPost(nextPost(0, 499), Epochs.TotalFell.selector);
        refusedPost(nextPost(0, 501), Epochs.TotalAboveInflow.selector);
    }

    function test_Post_RefusesTotalsOfOtherTokens() external {
        Epochs.Post memory next = nextPost(0, 0);
        next.totals[0].token = address(7);
        refusedPost(next, Epochs.TotalsNotListed.selector);
        next.totals = new Epochs.Totals[](0);
        refusedPost(next, Epochs.TotalsNotListed.selector);
        next.totals = new Epochs.Totals[](2);
        (next.totals[0].token, next.totals[1].token) = (address(token), address(token));
        refusedPost(next, Epochs.TotalsNotListed.selector);
    }

    function test_Post_RefusesLogTimesThatFallOrRunAhead() external {
        Epochs.Post memory next = nextPost(0, 0);
        next.logTimeMs = uint64((block.timestamp + 600) * 1000 + 1);
        refusedPost(next, Epochs.LogTimeAhead.selector);
        next.logTimeMs -= 1;
        send(next);
        refusedPost(nextPost(0, 0), Epochs.LogTimeFell.selector);
    }

    function test_Finalize_WaitsForWindowAndParent() external {
        uint64 first = post(0, 0);
        pass(WINDOW / 2);
        uint64 second = post(0, 0);
        vm.expectRevert(abi.encodeWithSelector(Epochs.WindowRunning.selector, first));
        settlement.finalize(first);
        pass(WINDOW / 2);
        vm.expectRevert(abi.encodeWithSelector(Epochs.ParentNotFinal.selector, second));
        settlement.finalize(second);
        settlement.finalize(first);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotOpen.selector, first));
        settlement.finalize(first);
        vm.expectRevert(abi.encodeWithSelector(Epochs.WindowRunning.selector, second));
        settlement.finalize(second);
        pass(WINDOW / 2);
        settlement.finalize(second);
        same(settlement.finalId(), second);
        same(settlement.unfinalised(), 0);
    }

    function test_Finalize_RefusesWhatIsHaltedVetoedOrUnknown() external {
        uint64 id = post(0, 0);
        halt(id);
        pass(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotOpen.selector, id));
        settlement.finalize(id);
        rule(id, true);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotOpen.selector, id));
        settlement.finalize(id);
        vm.expectRevert(abi.encodeWithSelector(Epochs.NotOpen.selector, 9));
        settlement.finalize(9);
    }

    function test_Status_TellsEveryStage() external {
        is_(0, Epochs.Status.Final);
        is_(1, Epochs.Status.Unknown);
        uint64 id = post(0, 0);
        is_(id, Epochs.Status.Open);
        same(settlement.readyAt(id), block.timestamp + WINDOW);
        same(settlement.openUntil(id), block.timestamp + WINDOW);
        halt(id);
        is_(id, Epochs.Status.Halted);
        same(settlement.openUntil(id), 0);
        rule(id, false);
        settle(id);
        is_(id, Epochs.Status.Final);
        same(settlement.readyAt(id), 0);
        uint64 next = post(0, 0);
        veto(next);
        is_(next, Epochs.Status.Vetoed);
        same(settlement.readyAt(next), 0);
        same(settlement.head(), id);
    }

    /// The ring's slots are used again and again; every epoch keeps its own totals meanwhile.
    function test_Ring_KeepsTotalsApartOverManyEpochs() external {
        fillPot(1000);
        for (uint96 round = 1; round <= 20; ++round) {
            uint64 kept = post(bytes32(uint256(round) + 7), round * 10);
            uint64 dropped = post(bytes32(uint256(round) + 99), round * 10 + 5);
            same(settlement.totalOf(kept, address(token)), round * 10);
            same(settlement.totalOf(dropped, address(token)), round * 10 + 5);
            veto(dropped);
            same(settlement.totalOf(dropped, address(token)), 0);
            settle(kept);
            same(settlement.finalTotal(address(token)), round * 10);
            same(settlement.totalOf(kept, address(token)), round * 10);
            same(settlement.finalRoot(kept), bytes32(uint256(round) + 7));
            vm.expectRevert(abi.encodeWithSelector(Epochs.NotFinal.selector, dropped));
            settlement.finalRoot(dropped);
        }
    }

    function test_NoteInflow_IsForTheEscrowAlone() external {
        vm.expectRevert(Pots.NotEscrow.selector);
        settlement.noteInflow(address(token), 1);
        vm.startPrank(address(escrow));
        settlement.noteInflow(address(token), type(uint96).max);
        vm.expectRevert(Pots.InflowTooLarge.selector);
        settlement.noteInflow(address(token), 1);
    }

    function test_Deploy_RefusesWhatCouldNotWork() external {
        address[] memory none;
        address[] memory nine = new address[](9);
        address[] memory zero = new address[](1);
        address[] memory twice = new address[](2);
        address[] memory one = new address[](1);
        (twice[0], twice[1], one[0]) = (address(token), address(token), address(token));
        for (uint160 i; i < 9; ++i) {
            nine[i] = address(i + 1);
        }
        refusedDeploy(terms(address(token)), address(1), none);
        refusedDeploy(terms(address(1)), address(1), nine);
        refusedDeploy(terms(address(0)), address(1), zero);
        refusedDeploy(terms(address(token)), address(1), twice);
        refusedDeploy(terms(address(token)), address(0), one);
        refusedDeploy(terms(address(9)), address(1), one);
        Epochs.Terms memory wrong = terms(address(token));
        wrong.window = 0;
        refusedDeploy(wrong, address(1), one);
        wrong = terms(address(token));
        wrong.rulingTime = 0;
        refusedDeploy(wrong, address(1), one);
        wrong = terms(address(token));
        wrong.challengeBond = 0;
        refusedDeploy(wrong, address(1), one);
        vm.expectRevert(Pots.BadDeployment.selector);
        new Escrow(settlement, Escrow.EscrowTerms(debitor, 0, 0));
    }

    function refusedDeploy(Epochs.Terms memory wrong, address place, address[] memory tokens)
        private
    {
        Epochs.Roles memory right = roles();
        vm.expectRevert(Pots.BadDeployment.selector);
        new Settlement(right, wrong, place, tokens);
    }
}
