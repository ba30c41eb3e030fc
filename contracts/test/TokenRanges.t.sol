// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "../src/Epochs.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {FinalizingToken} from "./Pots.t.sol";
import {BlockingToken, ReenteringToken, SilentToken} from "./tokens/HostileTokens.sol";
import {Tree} from "./Tree.sol";
import {Vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @title A token that looks, in the middle of each transfer, at what the pot has counted
contract LookingToken is BlockingToken {
    uint256[2][] public seen;
    Settlement private _pot;

    function look(Settlement pot) external {
        _pot = pot;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (msg.sender == address(_pot)) {
            seen.push([_pot.paid(address(this)), _pot.claimed(to, address(this))]);
        }
        return super.transfer(to, amount);
    }
}

/// @title Ranges of one token; `TokenRanges.tree` names the branches
contract TokenRangesTest is World {
    bytes32 private constant ABOVE = keccak256("above");

    function setUp() public override {
        super.setUp();
        fillPot(10_000);
    }

    function world(address hostile) private {
        address[] memory tokens = new address[](1);
        tokens[0] = hostile;
        deploy(tokens, 0);
        bondUp(BOND);
        fillPot(10_000);
    }

    function account(uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("account", i)))));
    }

    /// The root of a full subtree, whose leaves are overwritten.
    function folded(bytes32[] memory hashes) private pure returns (bytes32) {
        for (uint256 count = hashes.length; count > 1; count /= 2) {
            for (uint256 i; i < count / 2; ++i) {
                hashes[i] = Tree.pair(hashes[2 * i], hashes[2 * i + 1]);
            }
        }
        return hashes[0];
    }

    /// A final epoch over these leaves and one node made up, with its path.
    function settledOver(bytes32[] memory hashes, uint96 total)
        private
        returns (uint64 id, bytes32[] memory path)
    {
        path = new bytes32[](1);
        path[0] = ABOVE;
        id = post(Tree.pair(folded(hashes), ABOVE), total);
        settle(id);
    }

    /// The rows of accounts that are owed these amounts in a token, and their leaves.
    function owing(address of_, uint96[] memory amounts)
        private
        view
        returns (bytes32[] memory rows, bytes32[] memory hashes)
    {
        rows = new bytes32[](amounts.length);
        hashes = new bytes32[](amounts.length);
        for (uint256 i; i < amounts.length; ++i) {
            rows[i] = row(account(i), amounts[i]);
            hashes[i] = leaf(account(i), line(1, of_, amounts[i]));
        }
    }

    /// A final epoch that owes so many accounts 100, 101, 102 and so on.
    function range(uint256 count)
        private
        returns (uint64 id, bytes32[] memory rows, bytes32[] memory path)
    {
        uint96[] memory amounts = new uint96[](count);
        uint96 total;
        for (uint256 i; i < count; ++i) {
            amounts[i] = uint96(100 + i);
            total += amounts[i];
        }
        bytes32[] memory hashes;
        (rows, hashes) = owing(address(token), amounts);
        (id, path) = settledOver(hashes, total);
    }

    function test_PayRangeOf_PaysEverySizeOfSubtreeOnce() external {
        for (uint256 count = 1; count <= 16; count *= 2) {
            (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(count);
            for (uint256 twice; twice < 2; ++twice) {
                settlement.payRangeOf(id, address(token), rows, path);
                for (uint256 i; i < count; ++i) {
                    same(claimed(account(i)), 100 + i);
                    same(token.balanceOf(account(i)), 100 + i);
                }
                same(settlement.paid(address(token)), settlement.finalTotal(address(token)));
            }
        }
    }

    function test_PayRangeOf_TellsEachPayment() external {
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(2);
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit();
            emit Settlement.Claimed(id, account(i), address(token), uint96(100 + i));
        }
        settlement.payRangeOf(id, address(token), rows, path);
    }

    function test_PayRangeOf_RefusesWhatIsNotTheTrees() external {
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(4);
        address of_ = address(token);
        bytes4 invalid = Settlement.RangeInvalid.selector;
        (rows[0], rows[3]) = (rows[3], rows[0]);
        refused(invalid, id, of_, rows, path);
        (rows[0], rows[3]) = (rows[3], rows[0]);
        refused(invalid, id, address(this), rows, path);
        refused(invalid, id, address(0), rows, path);
        refused(invalid, id, of_, rows, new bytes32[](0));
        refused(invalid, id - 1, of_, rows, path);
        path[0] = ~ABOVE;
        refused(invalid, id, of_, rows, path);
        path[0] = ABOVE;
        refused(invalid, id, of_, new bytes32[](4), path);
        bytes4 uneven = Settlement.RangeNotAPowerOfTwo.selector;
        refused(uneven, id, of_, new bytes32[](0), path);
        refused(uneven, id, of_, new bytes32[](3), path);
        uint64 open = post(Tree.pair(folded(new bytes32[](1)), ABOVE), 406);
        refused(Epochs.NotFinal.selector, open, of_, rows, path);
        refused(Epochs.NotFinal.selector, 0, of_, rows, path);
        settlement.payRangeOf(id, of_, rows, path);
    }

    function refused(
        bytes4 why,
        uint64 id,
        address of_,
        bytes32[] memory rows,
        bytes32[] memory path
    ) private {
        vm.expectPartialRevert(why);
        settlement.payRangeOf(id, of_, rows, path);
    }

    /// Leaves of no line, two lines, and one of another kind are for `payRange`.
    function test_PayRangeOf_CannotPayOtherLeaves() external {
        Leaves.Line[][4] memory leaves;
        leaves[0] = new Leaves.Line[](0);
        leaves[1] = new Leaves.Line[](2);
        (leaves[1][0], leaves[1][1]) = (pay(100)[0], line(2, address(token), 5)[0]);
        leaves[2] = line(0, address(token), 100);
        leaves[3] = line(2, address(token), 100);
        bytes32[] memory rows = new bytes32[](1);
        rows[0] = row(alice, 100);
        bytes32[] memory hashes = new bytes32[](1);
        Settlement.Row[] memory general = new Settlement.Row[](1);
        for (uint256 i; i < 4; ++i) {
            hashes[0] = leaf(alice, leaves[i]);
            (uint64 id, bytes32[] memory path) = settledOver(hashes, 100);
            refused(Settlement.RangeInvalid.selector, id, address(token), rows, path);
            same(claimed(alice), i > 1 ? 100 : 0);
            general[0] = Settlement.Row(alice, leaves[i]);
            settlement.payRange(id, general, path);
            same(claimed(alice), i > 0 ? 100 : 0);
        }
    }

    /// Every word is a row, so that nothing but the path keeps another bit from being paid.
    function test_Words_NoBitOfCalldataMayBeAnother() external {
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(4);
        bytes memory call =
            abi.encodeCall(Settlement.payRangeOf, (id, address(token), rows, path));
        for (uint256 bit; bit < 8 * call.length; ++bit) {
            bytes1 mask = bytes1(uint8(1 << (bit % 8)));
            call[bit / 8] ^= mask;
            (bool done,) = address(settlement).call(call);
            holds(!done, "another bit was taken");
            call[bit / 8] ^= mask;
        }
        same(settlement.paid(address(token)), 0);
        (bool clean,) = address(settlement).call(call);
        holds(clean, "as it was");
        same(settlement.paid(address(token)), 406);
    }

    function test_PayRangeOf_PassesWhoIsPaidAlreadyAndZero() external {
        uint96[] memory amounts = new uint96[](4);
        (amounts[0], amounts[1], amounts[3]) = (40, 50, 70);
        (bytes32[] memory rows, bytes32[] memory hashes) = owing(address(token), amounts);
        bytes32[] memory proof = new bytes32[](3);
        (proof[0], proof[1], proof[2]) = (hashes[1], Tree.pair(hashes[2], hashes[3]), ABOVE);
        (uint64 id, bytes32[] memory path) = settledOver(hashes, 160);
        settlement.claim(id, account(0), pay(40), proof);
        vm.recordLogs();
        settlement.payRangeOf(id, address(token), rows, path);
        // Two transfers of the token's and two payments of ours.
        same(vm.getRecordedLogs().length, 4);
        for (uint256 i; i < 4; ++i) {
            same(claimed(account(i)), amounts[i]);
            same(token.balanceOf(account(i)), amounts[i]);
        }
        // What an older epoch says is part of what was paid.
        amounts[1] = 60;
        (rows, hashes) = owing(address(token), amounts);
        (uint64 next, bytes32[] memory way) = settledOver(hashes, 170);
        settlement.payRangeOf(next, address(token), rows, way);
        amounts[1] = 50;
        (rows,) = owing(address(token), amounts);
        settlement.payRangeOf(id, address(token), rows, path);
        same(claimed(account(1)), 60);
    }

    function test_PayRangeOf_NeverPaysBeyondTheFinalTotal() external {
        uint96[] memory amounts = new uint96[](4);
        (amounts[0], amounts[1], amounts[2], amounts[3]) = (100, 500, 20, 80);
        (bytes32[] memory rows, bytes32[] memory hashes) = owing(address(token), amounts);
        (uint64 id, bytes32[] memory path) = settledOver(hashes, 200);
        vm.expectEmit();
        emit Settlement.PaymentFailed(id, account(1), address(token), 500);
        settlement.payRangeOf(id, address(token), rows, path);
        same(claimed(account(1)), 0);
        same(settlement.paid(address(token)), 200);
        settle(post(0, 700));
        settlement.payRangeOf(id, address(token), rows, path);
        same(claimed(account(1)), 500);
        same(settlement.paid(address(token)), 700);
    }

    function test_PayRangeOf_OfATokenThatIsNotListedFails() external {
        uint96[] memory amounts = new uint96[](2);
        amounts[1] = 9;
        (bytes32[] memory rows, bytes32[] memory hashes) = owing(address(0xBAD), amounts);
        (uint64 id, bytes32[] memory path) = settledOver(hashes, 100);
        vm.recordLogs();
        settlement.payRangeOf(id, address(0xBAD), rows, path);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1);
        same(logs[0].topics[0], Settlement.PaymentFailed.selector);
        same(logs[0].topics[2], bytes32(uint256(uint160(account(1)))));
        same(settlement.claimed(account(1), address(0xBAD)), 0);
    }

    // Hostile tokens

    function test_PayRangeOf_SkipsWhomATokenRefuses() external {
        BlockingToken blocking = new BlockingToken();
        world(address(blocking));
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(4);
        blocking.setBlocked(account(2), true);
        vm.expectEmit();
        emit Settlement.PaymentFailed(id, account(2), address(token), 102);
        settlement.payRangeOf(id, address(token), rows, path);
        same(claimed(account(2)), 0);
        same(settlement.paid(address(token)), 304);
        blocking.setBlocked(account(2), false);
        settlement.payRangeOf(id, address(token), rows, path);
        same(claimed(account(2)), 102);
        same(settlement.paid(address(token)), 406);
    }

    function test_PayRangeOf_WorksWithATokenThatReturnsNothing() external {
        world(address(new SilentToken()));
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(2);
        settlement.payRangeOf(id, address(token), rows, path);
        same(token.balanceOf(account(1)), 101);
    }

    function test_PayRangeOf_InsideAPaymentIsRefused() external {
        ReenteringToken again = new ReenteringToken();
        world(address(again));
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(2);
        again.arm(
            address(settlement),
            abi.encodeCall(Settlement.payRangeOf, (id, address(token), rows, path))
        );
        settlement.payRangeOf(id, address(token), rows, path);
        holds(again.reached() && !again.succeeded(), "re-entered");
        same(token.balanceOf(account(0)), 100);
        same(token.balanceOf(account(1)), 101);
        same(settlement.paid(address(token)), 201);
    }

    /// A payment is counted before its transfer, and the next one's is not.
    function test_PayRangeOf_ShowsATokenSumsThatAddUp() external {
        LookingToken looking = new LookingToken();
        world(address(looking));
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(4);
        looking.look(settlement);
        settlement.payRangeOf(id, address(token), rows, path);
        uint256 sum;
        for (uint256 i; i < 4; ++i) {
            sum += 100 + i;
            same(looking.seen(i, 0), sum);
            same(looking.seen(i, 1), 100 + i);
        }
    }

    function test_PayRangeOf_KeepsWhatFinalityAddedDuringARefusedTransfer() external {
        FinalizingToken odd = new FinalizingToken();
        world(address(odd));
        (uint64 id, bytes32[] memory rows, bytes32[] memory path) = range(2);
        uint64 next = post(0, 700);
        pass(WINDOW);
        odd.arm(address(settlement), abi.encodeCall(Epochs.finalize, (next)));
        settlement.payRangeOf(id, address(token), rows, path);
        // The first was refused; at the second nothing was left to make final.
        is_(next, Epochs.Status.Final);
        same(claimed(account(0)), 0);
        same(claimed(account(1)), 101);
        same(settlement.paid(address(token)), 101);
        odd.arm(address(0), "");
        settlement.payRangeOf(id, address(token), rows, path);
        same(settlement.paid(address(token)), 201);
    }

    // Against `payRange`

    /// What four accounts hold and are told, after some claims and a range, either way.
    function ended(bool general, uint96[4] memory first, uint96[4] memory then, uint8 block_)
        private
        returns (bytes32)
    {
        BlockingToken blocking = new BlockingToken();
        world(address(blocking));
        blocking.setBlocked(account(block_ % 8), true);
        uint96[] memory amounts = new uint96[](4);
        Settlement.Row[] memory lines = new Settlement.Row[](4);
        bytes32[] memory rows;
        bytes32[] memory hashes;
        uint96 total;
        bytes32 told;
        for (uint256 round; round < 2; ++round) {
            for (uint256 i; i < 4; ++i) {
                amounts[i] += round == 0 ? first[i] : then[i];
                lines[i] = Settlement.Row(account(i), pay(amounts[i]));
            }
            (rows, hashes) = owing(address(token), amounts);
            total += round == 0 ? first[0] + first[1] : 3 * then[2];
            (uint64 id, bytes32[] memory path) = settledOver(hashes, total);
            vm.recordLogs();
            if (general) settlement.payRange(id, lines, path);
            else settlement.payRangeOf(id, address(token), rows, path);
            told = keccak256(bytes.concat(told, toldBy(vm.getRecordedLogs())));
        }
        for (uint256 i; i < 4; ++i) {
            (uint256 has, uint256 counts) = (token.balanceOf(account(i)), claimed(account(i)));
            told = keccak256(abi.encode(told, has, counts));
        }
        return keccak256(abi.encode(told, settlement.paid(address(token))));
    }

    /// The Settlement's events, without the token, which is another in each world.
    function toldBy(Vm.Log[] memory logs) private view returns (bytes32 told) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(settlement)) continue;
            bytes32[] memory topics = logs[i].topics;
            told = keccak256(abi.encode(told, topics[0], topics[1], topics[2], logs[i].data));
        }
    }

    function testFuzz_PayRangeOf_EndsWherePayRangeDoes(
        uint96[4] memory first,
        uint96[4] memory then,
        uint8 block_
    ) external {
        for (uint256 i; i < 4; ++i) {
            (first[i], then[i]) = (first[i] % 1000, then[i] % 1000);
        }
        same(ended(true, first, then, block_), ended(false, first, then, block_));
    }
}
