// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Leaves} from "../src/Leaves.sol";
import {Staked} from "./Stake.t.sol";

/// @title Nothing, at a place that tells the next ones
contract Place {}

/// @title Bounds that hold for every amount: sampled by forge, and in a form that halmos takes
/// @notice `halmos --contract SymbolicTest`; `AUDIT.md` says how far that has come.
contract SymbolicTest is Staked {
    /// The prover does not know what address a key gives, and would ask of each whether it is the
    /// address of a contract. Nobody signs here but the poster.
    constructor() {
        (alice, bob) = (address(0xA11CE), address(0xB0B));
    }

    /// The prover numbers what is created from `0xaaaa0000` on.
    function secondNext() internal override returns (address) {
        uint160 place = uint160(address(new Place()));
        return place >> 32 == 0 ? address(place + 2) : super.secondNext();
    }

    /// The prover knows no `getBlockTimestamp`, and the older pipeline reads the time anew each time.
    function pass(uint256 time) internal override {
        vm.warp(block.timestamp + time);
    }

    /// A final epoch whose tree is one leaf: its path is empty, which keeps hashes out of the prover.
    function sole(Leaves.Line[] memory lines, uint96 total) private returns (uint64 epoch) {
        epoch = post(leaf(alice, lines), total);
        settle(epoch);
    }

    function check_Claim_PaysOnceAndWithinTheTotal(uint96 amount, uint96 total) external {
        fillPot(1e9);
        vm.assume(total <= 1e9);
        uint64 epoch = sole(pay(amount), total);
        bytes32[] memory path = new bytes32[](0);
        uint256 before = token.balanceOf(alice);
        settlement.claim(epoch, alice, pay(amount), path);
        settlement.claim(epoch, alice, pay(amount), path);
        uint256 got = token.balanceOf(alice) - before;
        assert(got == (amount <= total ? amount : 0));
        assert(claimed(alice) == got);
        assert(settlement.paid(address(token)) == got);
    }

    function check_Refund_IsWhatNoEpochDebited(uint96 amount, uint96 taken) external {
        vm.assume(amount > 0 && amount <= 1e9 && taken > 0 && taken < amount);
        uint64 id = deposit(amount);
        uint64 epoch = post(0, 0);
        debit(epoch, id, taken);
        settle(epoch);
        vm.warp(closes + 30 days);
        uint256 before = token.balanceOf(funder);
        escrow.refund(id);
        assert(token.balanceOf(funder) - before == amount - taken);
        assert(token.balanceOf(address(escrow)) == taken);
    }

    function check_Slash_IsBoundedByStakeAndLine(uint96 staked, uint96 leaving, uint96 line_)
        external
    {
        vm.assume(staked > 0 && staked <= 1e9 && leaving > 0 && leaving <= staked);
        put(staked);
        exit(leaving);
        uint64 epoch = sole(slashing(line_), 0);
        stake.slash(epoch, alice, slashing(line_), new bytes32[](0));
        (uint96 active, uint96 queued, uint96 slashed) = stake.staked(alice);
        assert(slashed == (line_ < staked ? line_ : staked));
        assert(uint256(active) + queued + slashed == staked);
        assert(token.balanceOf(address(stake)) == uint256(active) + queued);
    }

    // The same, sampled, where halmos is not installed.

    function testFuzz_Claim(uint96 amount, uint96 total) external {
        this.check_Claim_PaysOnceAndWithinTheTotal(amount % 2e9, total % 1e9);
    }

    function testFuzz_Refund(uint96 amount, uint96 taken) external {
        amount = uint96(between(amount, 2, 1e9));
        this.check_Refund_IsWhatNoEpochDebited(amount, uint96(between(taken, 1, amount - 1)));
    }

    function testFuzz_Slash(uint96 staked, uint96 leaving, uint96 line_) external {
        staked = uint96(between(staked, 1, 1e9));
        leaving = uint96(between(leaving, 1, staked));
        this.check_Slash_IsBoundedByStakeAndLine(staked, leaving, line_ % 2e9);
    }
}
