// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Credit} from "../src/Credit.sol";
import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Stake} from "../src/Stake.sol";
import {Staked} from "./Stake.t.sol";
import {Tree} from "./Tree.sol";

/// @title Whatever anyone does, one step at a time
/// @notice The poster here is hostile half of the time: its leaves may sum to more than its totals.
/// Accounts are three; each epoch's tree gives each one leaf with a pay line, and the first, who
/// stakes, a slash line.
contract Handler is Staked {
    struct Made {
        uint96[3] pay;
        uint96 slash;
        bytes32[3] leaves;
    }

    address[3] internal people;
    mapping(uint64 id => Made) private _made;
    mapping(uint64 id => bool) public wasVetoed;
    /// What epochs that are vetoed by now ever paid; must stay 0.
    uint256 public paidByVetoed;
    /// Whether what somebody was paid ever fell.
    bool public claimedFell;
    /// How many ranges of one token have paid somebody.
    uint256 public plainRanges;
    uint256 public disputesRuled;
    uint256 public challengesRuled;
    uint96 private _drawn;
    uint64[2][] private _disputes;

    constructor() {
        setUp();
        people = [alice, bob, address(0xCAFE)];
    }

    modifier step(uint256 time) {
        pass(time % 8 hours);
        uint96[3] memory before = _paidOut();
        uint96 paid_ = settlement.paid(address(token));
        _;
        uint96[3] memory after_ = _paidOut();
        for (uint256 i; i < 3; ++i) {
            if (after_[i] < before[i]) claimedFell = true;
        }
        if (settlement.paid(address(token)) < paid_) claimedFell = true;
    }

    function doDeposit(uint256 time, uint96 amount, uint96 cap) external step(time) {
        vm.prank(funder);
        uint64 until = uint64(block.timestamp + 3 days);
        uint96 most = uint96(between(cap, 1, 1e6));
        escrow.open(address(token), uint96(between(amount, 1, 1e6)), ACCOUNT, most, until);
    }

    function doPost(uint256 time, uint96[3] calldata more, uint96 slash_, bool honest)
        external
        step(time)
    {
        uint64 parent = settlement.head();
        Made memory made = _made[parent];
        uint96 room = uint96(settlement.inflow(address(token)));
        room -= settlement.totalOf(parent, address(token));
        uint96 sum;
        for (uint256 i; i < 3; ++i) {
            uint96 part = uint96(between(more[i], 0, honest ? room / 3 : 1e6));
            made.pay[i] += part;
            sum += part;
        }
        made.slash += uint96(between(slash_, 0, 100));
        uint96 total = settlement.totalOf(parent, address(token));
        total += sum > room ? room : sum;
        for (uint256 i; i < 3; ++i) {
            made.leaves[i] = leaf(people[i], linesOf(made, i));
        }
        bytes32 root = Tree.pair(made.leaves[0], Tree.pair(made.leaves[1], made.leaves[2]));
        if (settlement.unfinalised() == 4) return;
        if (settlement.bond() < BOND) bondUp(BOND - settlement.bond());
        uint64 id = post(root, total);
        _made[id] = made;
    }

    function doDebit(uint256 time, uint64 id, uint96 amount, uint8 back) external step(time) {
        uint64 last = settlement.lastId();
        if (last == 0 || escrow.lastId() == 0) return;
        uint64 epoch = uint64(between(back, last > 3 ? last - 3 : 1, last));
        id = uint64(between(id, 1, escrow.lastId()));
        vm.prank(debitor);
        try escrow.debit(epoch, debits(id, uint96(between(amount, 1, 1e5)))) {} catch {}
    }

    function doObject(uint256 time, uint8 back, uint8 how) external step(time) {
        uint64 id = _live(back);
        if (how % 4 == 0) halt_(id);
        if (how % 4 == 1) try this.challengeAs(id) {} catch {}
        if (how % 4 == 2) try settlement.lapse(id) {} catch {}
        for (uint64 each = id; each <= settlement.lastId() && how % 4 == 3; ++each) {
            (address challenger,) = settlement.challenges(each);
            vm.prank(arbiter);
            try settlement.rule(each, how % 8 == 3) {
                if (challenger != address(0)) ++challengesRuled;
            } catch {}
        }
        for (uint64 each = 1; each <= settlement.lastId(); ++each) {
            if (settlement.status(each) == Epochs.Status.Vetoed) wasVetoed[each] = true;
        }
    }

    function doFinalize(uint256 time, uint8 back) external step(time) {
        pass(uint256(back) * 30 minutes);
        try settlement.finalize(settlement.finalId() + 1) {} catch {}
        try settlement.finalize(_live(back)) {} catch {}
    }

    function doMove(uint256 time, uint64 id, uint8 how) external step(time) {
        uint64 epoch = uint64(between(id, 1, settlement.lastId() + 1));
        uint64[] memory ids = new uint64[](1);
        ids[0] = uint64(between(id, 1, escrow.lastId() + 1));
        if (how % 7 == 0) try this.releaseOf(epoch) {} catch {}
        if (how % 7 == 1) try escrow.restore(epoch, ids) {} catch {}
        if (how % 7 == 2) try escrow.refund(ids[0]) {} catch {}
        if (how % 7 == 3) try escrow.collect(funder, address(token)) {} catch {}
        if (how % 7 == 4) try settlement.collect(anyone) {} catch {}
        if (how % 7 == 5) try settlement.reclaim(epoch) {} catch {}
        if (how % 7 == 6) {
            vm.prank(arbiter);
            try settlement.cover(uint96(id % 1e4)) {} catch {}
        }
    }

    function doDispute(uint256 time, uint96 granted, uint8 how) external step(time) {
        uint64 last = settlement.lastId();
        uint64 from = last > 3 ? last - 3 : 1;
        for (uint64 epoch = from; epoch <= last && how % 2 == 0; ++epoch) {
            for (uint64 each = 1; each <= escrow.lastId(); ++each) {
                if (escrow.debited(epoch, each) == 0) continue;
                vm.prank(funder);
                try escrow.dispute(epoch, each) {
                    _disputes.push([epoch, each]);
                } catch {}
            }
        }
        for (uint256 i; i < _disputes.length && how % 2 == 1; ++i) {
            uint64[2] memory one = _disputes[i];
            (uint96 amount,,) = escrow.disputes(one[0], one[1]);
            if (amount == 0) continue;
            vm.prank(arbiter);
            uint96 part = uint96(between(granted, 0, amount));
            bool silent = how % 4 == 1;
            try escrow.ruleDispute(one[0], one[1], silent ? amount + 1 : part) {
                ++disputesRuled;
            } catch {}
            try escrow.lapseDispute(one[0], one[1]) {} catch {}
        }
    }

    function doClaim(uint256 time, uint64 id, uint8 who, uint8 how) external step(time) {
        uint64 epoch = uint64(between(id, 1, settlement.lastId() + 1));
        Made memory made = _made[epoch];
        uint96 before = settlement.paid(address(token));
        if (how % 4 == 0) _payPlain(epoch, made);
        if (how % 4 == 1) _payRange(epoch, made, 0, 1);
        if (how % 4 == 2) _payRange(epoch, made, 1, 2);
        if (how % 4 == 3) {
            uint256 i = who % 3;
            bytes32[] memory path = pathOf(made, i);
            try settlement.claim(epoch, people[i], linesOf(made, i), path) {} catch {}
        }
        uint96 got = settlement.paid(address(token)) - before;
        if (how % 4 == 0 && got != 0) ++plainRanges;
        if (wasVetoed[epoch]) paidByVetoed += got;
    }

    function doCredit(uint256 time, uint96 amount, uint8 how) external step(time) {
        amount = uint96(between(amount, 1, 1e5));
        if (how % 4 == 0) {
            vm.prank(alice);
            escrow.addCredit(address(token), amount);
        } else if (how % 4 == 1) {
            _drawn += amount / 4;
            Credit.Voucher memory it = Credit.Voucher(alice, address(token), alice, _drawn);
            bytes memory by = signed(ALICE_KEY, escrow.voucherDigest(it));
            try escrow.redeem(it, by) {} catch {}
        } else if (how % 4 == 2) {
            vm.prank(alice);
            escrow.announceWithdrawal(address(token), amount);
        } else {
            vm.prank(alice);
            try escrow.withdraw(address(token)) {} catch {}
        }
    }

    function doStake(uint256 time, uint96 amount, uint8 how, uint64 id) external step(time) {
        amount = uint96(between(amount, 1, 1000));
        uint64 epoch = uint64(between(id, 1, settlement.lastId() + 1));
        Made memory made = _made[epoch];
        if (how % 4 == 0) put(amount);
        if (how % 4 == 1) try this.exitAs(amount) {} catch {}
        if (how % 4 == 2) {
            try stake.slash(epoch, alice, linesOf(made, 0), pathOf(made, 0)) {} catch {}
        }
        if (how % 4 == 3) {
            uint64 newest = settlement.finalId();
            Made memory last = _made[newest];
            vm.prank(alice);
            try stake.withdraw(newest, linesOf(last, 0), pathOf(last, 0)) {} catch {}
        }
    }

    // What the steps are made of

    /// Pays the range of those whose leaves are one pay line.
    function _payPlain(uint64 epoch, Made memory made) private {
        bytes32[] memory rows = new bytes32[](2);
        (rows[0], rows[1]) = (row(people[1], made.pay[1]), row(people[2], made.pay[2]));
        bytes32[] memory up = new bytes32[](1);
        up[0] = made.leaves[0];
        try settlement.payRangeOf(epoch, address(token), rows, up) {} catch {}
    }

    function _payRange(uint64 epoch, Made memory made, uint256 from, uint256 count) private {
        Settlement.Row[] memory rows = new Settlement.Row[](count);
        for (uint256 i; i < count; ++i) {
            rows[i] = Settlement.Row(people[from + i], linesOf(made, from + i));
        }
        bytes32[] memory up = new bytes32[](1);
        up[0] = from == 0 ? Tree.pair(made.leaves[1], made.leaves[2]) : made.leaves[0];
        try settlement.payRange(epoch, rows, up) {} catch {}
    }

    function challengeAs(uint64 id) external {
        challenge(id);
    }

    function releaseOf(uint64 id) external {
        release(id);
    }

    function exitAs(uint96 amount) external {
        exit(amount);
    }

    function halt_(uint64 id) private {
        vm.prank(guardian);
        try settlement.halt(id, "") {} catch {}
    }

    function linesOf(Made memory made, uint256 i)
        private
        view
        returns (Leaves.Line[] memory lines)
    {
        lines = new Leaves.Line[](i == 0 ? 2 : 1);
        lines[0] = Leaves.Line(1, address(token), made.pay[i]);
        if (i == 0) lines[1] = Leaves.Line(2, address(token), made.slash);
    }

    function pathOf(Made memory made, uint256 i) private pure returns (bytes32[] memory path) {
        path = new bytes32[](i == 0 ? 1 : 2);
        if (i == 0) {
            path[0] = Tree.pair(made.leaves[1], made.leaves[2]);
        } else {
            (path[0], path[1]) = (made.leaves[3 - i], made.leaves[0]);
        }
    }

    function _live(uint8 back) private view returns (uint64) {
        uint64 last = settlement.lastId();
        return uint64(between(back, last > 3 ? last - 3 : 0, last));
    }

    function _paidOut() private view returns (uint96[3] memory out) {
        for (uint256 i; i < 3; ++i) {
            out[i] = settlement.claimed(people[i], address(token));
        }
    }

    // What must hold

    function parts() external view returns (Settlement, Escrow, Stake) {
        return (settlement, escrow, stake);
    }

    function claimedByAll() external view returns (uint256 sum) {
        for (uint256 i; i < 3; ++i) {
            sum += settlement.claimed(people[i], address(token));
        }
    }

    /// All that the Escrow must hold: budgets, pending and disputed debits, bonds, credit.
    function escrowed() external view returns (uint256 sum) {
        address of_ = address(token);
        for (uint64 id = 1; id <= escrow.lastId(); ++id) {
            sum += escrow.deposit(id).available;
        }
        for (uint256 i; i < _disputes.length; ++i) {
            (uint96 amount, uint96 bond,) = escrow.disputes(_disputes[i][0], _disputes[i][1]);
            sum += uint256(amount) + bond;
        }
        for (uint64 epoch = 1; epoch <= settlement.lastId(); ++epoch) {
            sum += escrow.pending(epoch, of_);
        }
        sum += escrow.owed(funder, of_) + escrow.credit(alice, of_).balance;
    }

    /// All that the Settlement must hold: the pot, the operator's bond, the fund, challenges.
    function settled() external view returns (uint256 sum) {
        address of_ = address(token);
        sum = settlement.inflow(of_) - settlement.paid(of_);
        sum += uint256(settlement.bond()) + settlement.fund() + settlement.owed(anyone);
        for (uint64 epoch = 1; epoch <= settlement.lastId(); ++epoch) {
            (, uint96 bond) = settlement.challenges(epoch);
            sum += bond;
        }
    }
}
