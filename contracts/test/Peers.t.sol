// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Stake} from "../src/Stake.sol";
import {Staked} from "./Stake.t.sol";
import {BlockingToken} from "./tokens/HostileTokens.sol";
import {Tree} from "./Tree.sol";

/// @title Known failures of other systems, each tried here; `Peers.tree` names them
contract PeersTest is Staked {
    /// Sapien SAP-1: topping up a position shortened a running cooldown.
    function test_Sap1_ToppingUpShortensNoCooldown() external {
        put(100);
        exit(100);
        uint48 ready = stake.lots(alice)[0].readyAt;
        pass(DELAY / 2);
        put(900);
        exit(1);
        same(stake.lots(alice)[0].readyAt, ready);
        same(stake.lots(alice)[1].readyAt, block.timestamp + DELAY);
    }

    /// Sapien SAP-2, 5 and 6: weighted averages of old and new amounts shortened locks. Small
    /// additions move nothing,
    function test_Sap2_AddingMovesNoOtherLot() external {
        put(1000);
        exit(1000);
        uint48 ready = stake.lots(alice)[0].readyAt;
        for (uint256 i; i < 10; ++i) {
            pass(1 hours);
            put(1);
            exit(1);
        }
        same(stake.lots(alice)[0].readyAt, ready);
        for (uint256 i = 1; i <= 10; ++i) {
            same(stake.lots(alice)[i].readyAt, ready + i * 1 hours);
        }
    }

    /// Sapien SAP-3: an early exit escaped the slash that was coming.
    function test_Sap3_NoExitEscapesASlash() external {
        put(100);
        exit(100);
        pass(DELAY);
        slash(80);
        withdraw(80);
        same(token.balanceOf(alice), PLENTY - 80);
    }

    /// Sapien SAP-4: money in its cooldown counted twice.
    function test_Sap4_NothingCountsTwice() external {
        put(100);
        exit(60);
        is_(40, 60, 0);
        vm.prank(alice);
        vm.expectPartialRevert(Stake.StakeTooSmall.selector);
        stake.requestExit(41);
        slash(100);
        is_(0, 0, 100);
    }

    /// every lot waits its whole delay,
    function test_Sap5_EveryLotWaitsItsWholeDelay() external {
        put(3);
        for (uint256 i; i < 3; ++i) {
            exit(1);
            same(stake.lots(alice)[i].readyAt, block.timestamp + DELAY);
            pass(1 days);
        }
    }

    /// and an early lot does not get the age of another.
    function test_Sap6_ALaterLotIsNotPaidAheadOfAnEarlierOne() external {
        put(1000);
        exit(999);
        pass(DELAY - WINDOW - 1);
        exit(1);
        (uint64 epoch, bytes32[] memory path) = paid(alice, slashing(0), 0);
        vm.prank(alice);
        vm.expectPartialRevert(Stake.LotWaits.selector);
        stake.withdraw(epoch, slashing(0), path);
        pass(1);
        vm.prank(alice);
        stake.withdraw(epoch, slashing(0), path);
        is_(0, 1, 0);
    }

    /// 1inch and Morpho: a claim in flight failed, or was lost, when the root changed.
    function test_StaleProof_OfAnOldRootStillPays() external {
        fillPot(1000);
        (uint64 first, bytes32[] memory path1) = paid(alice, pay(100), 100);
        (uint64 second, bytes32[] memory path2) = paid(alice, pay(250), 250);
        settlement.claim(first, alice, pay(100), path1);
        settlement.claim(second, alice, pay(250), path2);
        settlement.claim(first, alice, pay(100), path1);
        same(claimed(alice), 250);
        uint64 wrong = post(keccak256("roll"), 300);
        settlement.claim(second, alice, pay(250), path2);
        veto(wrong);
        settlement.claim(second, alice, pay(250), path2);
        pass(3650 days);
        settlement.claim(second, alice, pay(250), path2);
    }

    /// Ocean: the gas of a lock, a claim or an exit grew with how many were open.
    function test_LockScan_GasDoesNotGrowWithWhatIsOpen() external {
        uint64 epoch = post(0, 0);
        uint64 first = deposit(100);
        uint256 few = debitGas(epoch, first);
        for (uint256 i; i < 300; ++i) {
            deposit(100);
        }
        uint256 many = debitGas(epoch, first + 300);
        atMost(many, few, "a debit among 300 deposits costs more than the first");
        settle(epoch);
        put(1000);
        for (uint256 i; i < 16; ++i) {
            exit(1);
        }
        (uint64 id, bytes32[] memory path) = paid(alice, slashing(1000), 0);
        uint256 gas = gasleft();
        stake.slash(id, alice, slashing(1000), path);
        atMost(gas - gasleft(), 350_000, "a slash through all lots");
    }

    function debitGas(uint64 epoch, uint64 id) private returns (uint256 gas) {
        vm.prank(debitor);
        gas = gasleft();
        escrow.debit(epoch, debits(id, 1));
        gas -= gasleft();
    }

    /// 0xSplits: more than 1,000 recipients locked the money for good, as one call had to pay all.
    function test_SplitsLock_FourThousandRecipientsAreEachPaidAlone() external {
        fillPot(10_000);
        uint256 count = 4096;
        bytes32[] memory level = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            level[i] = leaf(address(uint160(0x10000 + i)), pay(1));
        }
        // Any full binary tree of sorted pairs does: the contract sees paths only.
        bytes32[][] memory levels = new bytes32[][](13);
        levels[0] = level;
        for (uint256 k = 1; k <= 12; ++k) {
            levels[k] = new bytes32[](count >> k);
            for (uint256 i; i < count >> k; ++i) {
                levels[k][i] = Tree.pair(levels[k - 1][2 * i], levels[k - 1][2 * i + 1]);
            }
        }
        uint64 id = post(levels[12][0], uint96(count));
        settle(id);
        bytes32[] memory path = new bytes32[](12);
        for (uint256 k; k < 12; ++k) {
            path[k] = levels[k][(1234 >> k) ^ 1];
        }
        uint256 gas = gasleft();
        settlement.claim(id, address(0x10000 + 1234), pay(1), path);
        atMost(gas - gasleft(), 120_000, "one claim of 4,096");
        Settlement.Row[] memory rows = new Settlement.Row[](256);
        bytes32[] memory up = new bytes32[](4);
        for (uint256 i; i < 256; ++i) {
            rows[i] = Settlement.Row(address(uint160(0x10000 + i)), pay(1));
        }
        for (uint256 k; k < 4; ++k) {
            up[k] = levels[8 + k][1];
        }
        gas = gasleft();
        settlement.payRange(id, rows, up);
        atMost(gas - gasleft(), 16_777_216, "a range of 256 within one transaction");
        same(claimed(address(0x10000 + 255)), 1);
    }

    /// Story: a batch claim failed as a whole if one token of it had nothing, or one refused.
    function test_Batch_OneRefusedTokenStopsNoOther() external {
        BlockingToken blocking = new BlockingToken();
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(blocking), address(token));
        deploy(tokens, 0);
        bondUp(BOND);
        vm.startPrank(funder);
        escrow.depositFor(ACCOUNT, tokens[0], 100);
        escrow.depositFor(ACCOUNT, tokens[1], 100);
        vm.stopPrank();
        tokens = settlement.tokens();
        Leaves.Line[] memory lines = new Leaves.Line[](2);
        (lines[0], lines[1]) = (Leaves.Line(1, tokens[0], 60), Leaves.Line(1, tokens[1], 40));
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, lines));
        vm.warp(block.timestamp + 1);
        uint64 id = bothPosted(root);
        blocking.setBlocked(alice, true);
        settlement.claim(id, alice, lines, path);
        bool first = tokens[0] == address(blocking);
        same(settlement.claimed(alice, address(blocking)), 0);
        same(settlement.claimed(alice, tokens[first ? 1 : 0]), first ? 40 : 60);
    }

    function bothPosted(bytes32 root) private returns (uint64 id) {
        Epochs.Post memory next = nextPost(root, 100);
        next.totals[1].amount = 100;
        id = send(next);
        settle(id);
    }
}
