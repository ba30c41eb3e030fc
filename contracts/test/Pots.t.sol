// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Leaves} from "../src/Leaves.sol";
import {TestToken} from "../src/TestToken.sol";
import {BlockingToken} from "./tokens/HostileTokens.sol";
import {World} from "./World.sol";

/// @title A token that makes epochs final while it refuses a transfer
contract FinalizingToken is BlockingToken {
    address private _target;
    bytes private _call;

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function transfer(address, uint256) public override returns (bool) {
        if (_target == address(0)) return true;
        (bool done,) = _target.call(_call);
        // What it did stands; only the word of success is withheld.
        return !done;
    }
}

/// @title Eight tokens, two to a word; `Pots.tree` names the branches
contract PotsTest is World {
    address[] private _list;

    function setUp() public override {
        super.setUp();
        address[] memory tokens = new address[](8);
        for (uint256 i; i < 8; ++i) {
            tokens[i] = address(new TestToken());
        }
        deploy(tokens, 0);
        bondUp(BOND);
        _list = settlement.tokens();
    }

    function fill(uint96[8] memory amounts) private {
        for (uint256 i; i < 8; ++i) {
            TestToken(_list[i]).mint(funder, amounts[i]);
            vm.prank(funder);
            if (amounts[i] != 0) escrow.depositFor(ACCOUNT, _list[i], amounts[i]);
            same(settlement.inflow(_list[i]), amounts[i]);
        }
    }

    function closed(bytes32 root, uint96[8] memory totals) private returns (uint64 id) {
        Epochs.Post memory next = nextPost(root, 0);
        for (uint256 i; i < 8; ++i) {
            next.totals[i] = Epochs.Totals(_list[i], totals[i]);
        }
        id = send(next);
        for (uint256 i; i < 8; ++i) {
            same(settlement.totalOf(id, _list[i]), totals[i]);
        }
        settle(id);
    }

    function testFuzz_Lanes_NeverTouchEachOther(uint96[8] memory most, uint96[8] memory part)
        external
    {
        // Extremes stand side by side, whatever else is drawn.
        (most[0], most[1], most[2], most[3]) = (type(uint96).max, 1, 0, type(uint96).max);
        Leaves.Line[] memory lines = new Leaves.Line[](8);
        for (uint256 i; i < 8; ++i) {
            part[i] = uint96(between(part[i], 0, most[i]));
            lines[i] = Leaves.Line(1, _list[i], part[i]);
        }
        fill(most);
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, lines));
        uint64 id = closed(root, most);
        settlement.claim(id, alice, lines, path);
        for (uint256 i; i < 8; ++i) {
            same(settlement.claimed(alice, _list[i]), part[i]);
            same(settlement.paid(_list[i]), part[i]);
            same(settlement.finalTotal(_list[i]), most[i]);
            lines[i].cumulative = most[i];
        }
        (root, path) = twin(leaf(alice, lines));
        id = closed(root, most);
        settlement.claim(id, alice, lines, path);
        for (uint256 i; i < 8; ++i) {
            same(settlement.claimed(alice, _list[i]), most[i]);
            same(settlement.paid(_list[i]), most[i]);
        }
    }

    /// One token after the other by ranges of that token: each payment moves its own lane alone.
    function test_Lanes_OfRangesNeverTouchEachOther() external {
        uint96 all = type(uint96).max;
        uint96[8] memory most = [all, 1, all, all, 2, all, all, 3];
        fill(most);
        for (uint256 i; i < 8; ++i) {
            bytes32[] memory rows = new bytes32[](1);
            rows[0] = row(alice, most[i]);
            uint64 id = closed(leaf(alice, line(1, _list[i], most[i])), most);
            settlement.payRangeOf(id, _list[i], rows, new bytes32[](0));
            for (uint256 each; each < 8; ++each) {
                uint96 due = each <= i ? most[each] : 0;
                same(settlement.claimed(alice, _list[each]), due);
                same(settlement.paid(_list[each]), due);
            }
        }
    }

    function test_Lists_KnowTheirTokensAndNoOthers() external view {
        for (uint256 i; i < 8; ++i) {
            holds(settlement.allowed(_list[i]), "listed");
        }
        holds(!settlement.allowed(address(0)), "zero");
        holds(!settlement.allowed(address(this)), "another");
        same(settlement.inflow(address(this)), 0);
        same(settlement.claimed(alice, address(0)), 0);
        same(settlement.PAY(), 1);
        same(settlement.leafHash(alice, pay(5)), leaf(alice, pay(5)));
    }

    /// Finality in the middle of a refused transfer adds to what may be paid; taking the mark back
    /// must not undo that.
    function test_Pay_KeepsWhatFinalityAddedDuringARefusedTransfer() external {
        FinalizingToken odd = new FinalizingToken();
        address[] memory tokens = new address[](1);
        tokens[0] = address(odd);
        deploy(tokens, 0);
        bondUp(BOND);
        fillPot(1000);
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        uint64 next = post(0, 700);
        pass(WINDOW);
        odd.arm(address(settlement), abi.encodeCall(Epochs.finalize, (next)));
        settlement.claim(id, alice, pay(100), path);
        is_(next, Epochs.Status.Final);
        same(settlement.paid(address(odd)), 0);
        same(claimed(alice), 0);
        same(settlement.finalTotal(address(odd)), 700);
        odd.arm(address(0), "");
        settlement.claim(id, alice, pay(100), path);
        same(claimed(alice), 100);
        same(settlement.paid(address(odd)), 100);
    }
}
