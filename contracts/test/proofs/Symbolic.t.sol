// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Leaves} from "../../src/Leaves.sol";
import {Staked} from "../Stake.t.sol";

/// @title Nothing, at a place that tells the next ones
contract Place {}

/// @title Bounds of claim, refund and slash for every amount: proven by halmos, sampled by forge
/// @notice `FOUNDRY_PROFILE=proofs halmos`; `AUDIT.md` says what is proven, and within what.
contract SymbolicTest is Staked {
    /// All that anybody has here, in base units.
    uint96 private constant MOST = PLENTY / 4;

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

    /// The prover knows no `getBlockTimestamp`, and reads the time anew each time.
    function pass(uint256 time) internal override {
        vm.warp(block.timestamp + time);
    }

    /// A final epoch whose tree is one leaf: its path is empty, which keeps hashes out of the prover.
    function sole(Leaves.Line[] memory lines, uint96 total) private returns (uint64 epoch) {
        epoch = post(leaf(alice, lines), total);
        settle(epoch);
    }

    function claim(uint64 epoch, uint96 amount) private {
        settlement.claim(epoch, alice, pay(amount), new bytes32[](0));
    }

    function slashBy(uint96 amount) private {
        uint64 epoch = sole(slashing(amount), 0);
        stake.slash(epoch, alice, slashing(amount), new bytes32[](0));
    }

    function check_Claim_PaysOnceAndWithinTheTotal(uint96 amount, uint96 total) external {
        vm.assume(total <= MOST);
        fillPot(MOST);
        uint64 epoch = sole(pay(amount), total);
        uint256 before = token.balanceOf(alice);
        claim(epoch, amount);
        claim(epoch, amount);
        uint256 got = token.balanceOf(alice) - before;
        assert(got == (amount <= total ? amount : 0));
        assert(claimed(alice) == got);
        assert(settlement.paid(address(token)) == got);
    }

    function check_PayRangeOf_PaysOnceAndWithinTheTotal(uint96 amount, uint96 total) external {
        vm.assume(total <= MOST);
        fillPot(MOST);
        uint64 epoch = sole(pay(amount), total);
        bytes32[] memory rows = new bytes32[](1);
        rows[0] = row(alice, amount);
        uint256 before = token.balanceOf(alice);
        settlement.payRangeOf(epoch, address(token), rows, new bytes32[](0));
        settlement.payRangeOf(epoch, address(token), rows, new bytes32[](0));
        uint256 got = token.balanceOf(alice) - before;
        assert(got == (amount <= total ? amount : 0));
        assert(claimed(alice) == got);
        assert(settlement.paid(address(token)) == got);
    }

    /// Whichever is claimed first: what an older epoch says is paid is part of what a newer one says.
    function check_Claim_OfTwoEpochsPaysTheNewer(uint96 one, uint96 two, bool oldFirst) external {
        vm.assume(one <= two && two <= MOST);
        fillPot(MOST);
        uint64 first = sole(pay(one), one);
        uint64 second = sole(pay(two), two);
        uint256 before = token.balanceOf(alice);
        if (oldFirst) claim(first, one);
        claim(second, two);
        if (!oldFirst) claim(first, one);
        assert(token.balanceOf(alice) - before == two);
        assert(claimed(alice) == two);
    }

    function check_Refund_IsWhatNoEpochDebited(uint96 amount, uint96 taken) external {
        vm.assume(amount > 0 && amount <= MOST && taken > 0 && taken < amount);
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
        vm.assume(staked > 0 && staked <= MOST && leaving > 0 && leaving <= staked);
        put(staked);
        exit(leaving);
        slashBy(line_);
        (uint96 active, uint96 queued, uint96 slashed) = stake.staked(alice);
        assert(slashed == (line_ < staked ? line_ : staked));
        assert(uint256(active) + queued + slashed == staked);
        assert(token.balanceOf(address(stake)) == uint256(active) + queued);
    }

    /// A line is a sum: what was taken is not taken again.
    function check_Slash_OfTwoEpochsTakesTheNewer(uint96 staked, uint96 one, uint96 two) external {
        vm.assume(staked > 0 && staked <= MOST && one <= two);
        put(staked);
        slashBy(one);
        slashBy(two);
        (uint96 active,, uint96 slashed) = stake.staked(alice);
        assert(slashed == (two < staked ? two : staked));
        assert(active == staked - slashed);
        assert(token.balanceOf(address(stake)) == active);
    }

    // The same, sampled, where halmos is not installed.

    function testFuzz_Claim(uint96 amount, uint96 total) external {
        this.check_Claim_PaysOnceAndWithinTheTotal(amount % (2 * MOST), total % MOST);
    }

    function testFuzz_PayRangeOf(uint96 amount, uint96 total) external {
        this.check_PayRangeOf_PaysOnceAndWithinTheTotal(amount % (2 * MOST), total % MOST);
    }

    function testFuzz_ClaimOfTwo(uint96 one, uint96 two, bool oldFirst) external {
        two %= MOST;
        this.check_Claim_OfTwoEpochsPaysTheNewer(uint96(between(one, 0, two)), two, oldFirst);
    }

    function testFuzz_Refund(uint96 amount, uint96 taken) external {
        amount = uint96(between(amount, 2, MOST));
        this.check_Refund_IsWhatNoEpochDebited(amount, uint96(between(taken, 1, amount - 1)));
    }

    function testFuzz_Slash(uint96 staked, uint96 leaving, uint96 line_) external {
        staked = uint96(between(staked, 1, MOST));
        leaving = uint96(between(leaving, 1, staked));
        this.check_Slash_IsBoundedByStakeAndLine(staked, leaving, line_ % (2 * MOST));
    }

    function testFuzz_SlashOfTwo(uint96 staked, uint96 one, uint96 two) external {
        staked = uint96(between(staked, 1, MOST));
        two %= 2 * MOST;
        this.check_Slash_OfTwoEpochsTakesTheNewer(staked, uint96(between(one, 0, two)), two);
    }
}
