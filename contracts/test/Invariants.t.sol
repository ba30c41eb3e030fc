// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Escrow} from "../src/Escrow.sol";
import {Settlement} from "../src/Settlement.sol";
import {Stake} from "../src/Stake.sol";
import {TestToken} from "../src/TestToken.sol";
import {Handler} from "./Handler.sol";
import {Test} from "./Vm.sol";

/// @title What holds after any steps of anyone; `Invariants.tree` names them
contract InvariantsTest is Test {
    Handler private handler;
    Settlement private settlement;
    Escrow private escrow;
    Stake private stake;
    TestToken private token;

    function setUp() external {
        handler = new Handler();
        (settlement, escrow, stake) = handler.parts();
        token = TestToken(settlement.tokens()[0]);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// Steps only: the handler's own short cuts are not for the fuzzer.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory steps = new bytes4[](10);
        steps[0] = Handler.doDeposit.selector;
        steps[1] = Handler.doPost.selector;
        steps[2] = Handler.doDebit.selector;
        steps[3] = Handler.doObject.selector;
        steps[4] = Handler.doFinalize.selector;
        steps[5] = Handler.doMove.selector;
        steps[6] = Handler.doDispute.selector;
        steps[7] = Handler.doClaim.selector;
        steps[8] = Handler.doCredit.selector;
        steps[9] = Handler.doStake.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), steps);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_WhateverAnyoneDoes() external view {
        _all();
    }

    /// A walk of the same steps that is long enough to reach what the invariants are about.
    function test_Steps_ReachPaymentsVetoesDisputesSlashesAndVouchers() external {
        for (uint256 i; i < 900; ++i) {
            uint256 n = uint256(keccak256(abi.encode(i)));
            uint96 amount = uint96(n >> 40);
            uint8 how = uint8(n >> 16);
            uint64 id = uint64(n >> 24);
            if (n % 10 == 0) handler.doDeposit(n >> 8, amount, uint96(n >> 20));
            if (n % 10 == 1) handler.doPost(n >> 8, [amount, amount / 2, 7], amount, how > 60);
            if (n % 10 == 2) handler.doDebit(n >> 8, id, amount, how);
            if (n % 10 == 3) handler.doObject(n >> 8, uint8(n >> 9), how);
            if (n % 10 == 4) handler.doFinalize(n >> 8, how);
            if (n % 10 == 5) handler.doMove(n >> 8, id, how);
            if (n % 10 == 6) handler.doDispute(n >> 8, amount, how);
            if (n % 10 == 7) handler.doClaim(n >> 8, id, how, uint8(n >> 48));
            if (n % 10 == 8) handler.doCredit(n >> 8, amount, how);
            if (n % 10 == 9) handler.doStake(n >> 8, amount, how, id);
            if (i % 100 == 99) _all();
        }
        address of_ = address(token);
        (,, uint96 slashed) = stake.staked(vm.addr(0xA11CE));
        address alice = vm.addr(0xA11CE);
        holds(settlement.paid(of_) > 0, "nobody was paid");
        holds(handler.plainRanges() > 0, "no range of one token has paid");
        holds(slashed > 0, "nobody was slashed");
        holds(escrow.redeemed(alice, of_, alice) > 0, "no voucher was redeemed");
        (uint256 vetoed, uint256 finals) = (0, 0);
        for (uint64 id = 1; id <= settlement.lastId(); ++id) {
            if (uint256(settlement.status(id)) == 3) ++vetoed;
            if (uint256(settlement.status(id)) == 4) ++finals;
        }
        holds(vetoed > 3 && finals > 3, "too few epochs ended");
        holds(handler.disputesRuled() > 0, "no dispute was ruled on");
        holds(handler.challengesRuled() > 0, "no challenge was ruled on");
    }

    function _all() private view {
        _paidIsWithinFinalTotalsAndInflow();
        _claimsSumToWhatWasPaidAndNeverFall();
        _theSettlementHoldsPotBondsAndFund();
        _theEscrowHoldsBudgetsDebitsBondsAndCredit();
        _theStakeHoldsActiveStakeAndLots();
        _nothingBuiltOnAVetoedRootPays();
        _aVetoIsForEver();
    }

    function _paidIsWithinFinalTotalsAndInflow() private view {
        uint256 paid = settlement.paid(address(token));
        uint256 total = settlement.finalTotal(address(token));
        atMost(paid, total, "paid over the final total");
        atMost(total, settlement.inflow(address(token)), "total over the inflow");
    }

    function _claimsSumToWhatWasPaidAndNeverFall() private view {
        same(handler.claimedByAll(), settlement.paid(address(token)));
        holds(!handler.claimedFell(), "what was paid fell");
    }

    function _theSettlementHoldsPotBondsAndFund() private view {
        same(token.balanceOf(address(settlement)), handler.settled());
    }

    function _theEscrowHoldsBudgetsDebitsBondsAndCredit() private view {
        same(token.balanceOf(address(escrow)), handler.escrowed());
    }

    function _theStakeHoldsActiveStakeAndLots() private view {
        (uint96 active, uint96 queued,) = stake.staked(vm.addr(0xA11CE));
        same(token.balanceOf(address(stake)), uint256(active) + queued);
        Stake.Lot[] memory lots = stake.lots(vm.addr(0xA11CE));
        uint256 sum;
        for (uint256 i; i < lots.length; ++i) {
            sum += lots[i].amount;
        }
        same(sum, queued);
    }

    function _nothingBuiltOnAVetoedRootPays() private view {
        same(handler.paidByVetoed(), 0);
    }

    function _aVetoIsForEver() private view {
        for (uint64 id = 1; id <= settlement.lastId(); ++id) {
            if (handler.wasVetoed(id)) same(uint256(settlement.status(id)), 3);
        }
    }
}
