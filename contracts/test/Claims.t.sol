// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Epochs} from "../src/Epochs.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {BlockingToken, ReenteringToken, SilentToken} from "./tokens/HostileTokens.sol";
import {Tree} from "./Tree.sol";
import {World} from "./World.sol";

/// @title A wallet contract that says yes to one digest
contract SmartWallet is IERC1271 {
    bytes32 public approved;

    function approve(bytes32 digest) external {
        approved = digest;
    }

    function isValidSignature(bytes32 hash, bytes memory) external view returns (bytes4) {
        return hash == approved ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title Claims; `Claims.tree` names the branches
contract ClaimsTest is World {
    bytes32 private constant CLAIM_TO =
        keccak256("ClaimTo(address account,address to,uint64 epoch,uint256 deadline)");

    function setUp() public override {
        super.setUp();
        fillPot(10_000);
    }

    function test_Claim_PaysTheDifferenceOfAnyFinalEpoch() external {
        (uint64 first, bytes32[] memory path1) = paid(alice, pay(100), 100);
        (uint64 second, bytes32[] memory path2) = paid(alice, pay(150), 150);
        uint256 before = token.balanceOf(alice);
        settlement.claim(first, alice, pay(100), path1);
        settlement.claim(second, alice, pay(150), path2);
        settlement.claim(first, alice, pay(100), path1);
        settlement.claim(second, alice, pay(150), path2);
        same(token.balanceOf(alice) - before, 150);
        same(settlement.paid(address(token)), 150);
    }

    function test_Claim_RefusesEpochsThatAreNotFinal() external {
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, pay(1)));
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        settlement.claim(0, alice, pay(1), path);
        uint64 id = post(root, 1);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        settlement.claim(id, alice, pay(1), path);
        veto(id);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        settlement.claim(id, alice, pay(1), path);
    }

    function test_Claim_RefusesOtherLeavesAndDirtyProofs() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(101), path);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, bob, pay(100), path);
        bytes32[] memory longer = new bytes32[](2);
        longer[0] = path[0];
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(100), longer);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(100), new bytes32[](0));
        path[0] = ~path[0];
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(100), path);
    }

    /// Bits beyond a field's type are refused, wherever in the calldata they stand.
    function test_Claim_RefusesDirtyWords() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        bytes memory good = abi.encodeCall(Settlement.claim, (id, alice, pay(100), path));
        uint256 words = (good.length - 4) / 32;
        for (uint256 i; i < words; ++i) {
            bytes memory dirty = bytes.concat(good);
            dirty[4 + 32 * i] = dirty[4 + 32 * i] ^ 0x80;
            (bool passed,) = address(settlement).call(dirty);
            holds(!passed, "a dirty word passed");
        }
        same(claimed(alice), 0);
        (bool clean,) = address(settlement).call(good);
        holds(clean, "the clean call");
    }

    function testFuzz_Claim_RefusesEveryFlippedBitOfAProof(uint256 depth, uint256 bit) external {
        depth = between(depth, 1, 7);
        bytes32[] memory hashes = new bytes32[](2 ** depth);
        for (uint256 i = 1; i < hashes.length; ++i) {
            hashes[i] = keccak256(abi.encode(i));
        }
        bytes32 own = leaf(alice, pay(100));
        hashes[0] = own;
        bytes32[] memory nodes = Tree.build(hashes);
        bytes32[] memory path = Tree.proof(nodes, own);
        uint64 id = post(nodes[0], 100);
        settle(id);
        bit = between(bit, 0, 256 * depth - 1);
        path[bit / 256] ^= bytes32(1 << (bit % 256));
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(100), path);
        path[bit / 256] ^= bytes32(1 << (bit % 256));
        settlement.claim(id, alice, pay(100), path);
        same(claimed(alice), 100);
    }

    function test_Claim_RefusesNineLines() external {
        Leaves.Line[] memory nine = new Leaves.Line[](9);
        (uint64 id, bytes32[] memory path) = paid(alice, nine, 0);
        vm.expectRevert(Settlement.TooManyLines.selector);
        settlement.claim(id, alice, nine, path);
        Settlement.Row[] memory rows = new Settlement.Row[](1);
        rows[0] = Settlement.Row(alice, nine);
        vm.expectRevert(Settlement.TooManyLines.selector);
        settlement.payRange(id, rows, path);
    }

    function test_Claim_PassesOtherKindsAndUnlistedTokens() external {
        Leaves.Line[] memory lines = new Leaves.Line[](4);
        lines[0] = Leaves.Line(1, address(token), 100);
        lines[1] = Leaves.Line(1, address(0xBAD), 100);
        lines[2] = Leaves.Line(2, address(token), 500);
        lines[3] = Leaves.Line(3, address(token), 500);
        (uint64 id, bytes32[] memory path) = paid(alice, lines, 1000);
        vm.expectEmit();
        emit Settlement.PaymentFailed(id, alice, address(0xBAD), 100);
        settlement.claim(id, alice, lines, path);
        same(claimed(alice), 100);
        same(settlement.claimed(alice, address(0xBAD)), 0);
    }

    function test_Claim_NeverPaysBeyondTheFinalTotal() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(5000), 100);
        settlement.claim(id, alice, pay(5000), path);
        same(claimed(alice), 0);
        settle(post(0, 5000));
        settlement.claim(id, alice, pay(5000), path);
        same(claimed(alice), 5000);
    }

    function test_ClaimMany_IsNotStoppedByWhoClaimedFirst() external {
        bytes32 a = leaf(alice, pay(10));
        bytes32 b = leaf(bob, pay(20));
        uint64 id = post(Tree.pair(a, b), 30);
        settle(id);
        Settlement.Claim[] memory claims = new Settlement.Claim[](2);
        claims[0] = Settlement.Claim(alice, pay(10), new bytes32[](1));
        claims[1] = Settlement.Claim(bob, pay(20), new bytes32[](1));
        (claims[0].proof[0], claims[1].proof[0]) = (b, a);
        settlement.claim(id, alice, pay(10), claims[0].proof);
        settlement.claimMany(id, claims);
        same(claimed(alice), 10);
        same(claimed(bob), 20);
        claims[1].account = alice;
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claimMany(id, claims);
    }

    // claimTo

    function redirect(uint256 key, address account, address to, uint64 id)
        private
        view
        returns (Settlement.Redirection memory)
    {
        uint256 deadline = block.timestamp + 30 days;
        bytes memory signature = signed(key, digest(account, to, id, deadline));
        return Settlement.Redirection(to, deadline, signature);
    }

    function digest(address account, address to, uint64 id, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Headwater Settlement"),
                keccak256("1"),
                block.chainid,
                address(settlement)
            )
        );
        bytes32 hash = keccak256(abi.encode(CLAIM_TO, account, to, id, deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, hash));
    }

    function test_ClaimTo_PaysWhereTheAccountSigned() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        Settlement.Redirection memory way = redirect(ALICE_KEY, alice, address(0x70), id);
        vm.expectEmit();
        emit Settlement.Redirected(id, alice, address(0x70));
        settlement.claimTo(id, alice, way, pay(100), path);
        same(token.balanceOf(address(0x70)), 100);
        same(claimed(alice), 100);
        settlement.claimTo(id, alice, way, pay(100), path);
        same(token.balanceOf(address(0x70)), 100);
    }

    function test_ClaimTo_RefusesOtherSignaturesPlacesAndTimes() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        (uint64 later, bytes32[] memory path2) = paid(alice, pay(150), 150);
        Settlement.Redirection memory way = redirect(ALICE_KEY, alice, address(0x70), id);
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(later, alice, way, pay(150), path2);
        way.to = address(0x71);
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(id, alice, way, pay(100), path);
        way.to = address(0);
        vm.expectRevert(Settlement.ToZero.selector);
        settlement.claimTo(id, alice, way, pay(100), path);
        way = redirect(BOB_KEY, alice, address(0x70), id);
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(id, alice, way, pay(100), path);
        way = redirect(ALICE_KEY, alice, address(0x70), id);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claimTo(id, alice, way, pay(101), path);
        pass(30 days + 1);
        vm.expectRevert(Settlement.SignatureExpired.selector);
        settlement.claimTo(id, alice, way, pay(100), path);
    }

    function test_ClaimTo_IsOneChainsAndOneContracts() external {
        (uint64 id, bytes32[] memory path) = paid(alice, pay(100), 100);
        Settlement.Redirection memory way = redirect(ALICE_KEY, alice, address(0x70), id);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(id, alice, way, pay(100), path);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(id, alice, pay(100), path);
        vm.chainId(chain);
        Settlement here = settlement;
        address[] memory tokens = settlement.tokens();
        deploy(tokens, 0);
        bondUp(BOND);
        fillPot(1000);
        bytes32 foreign = keccak256(
            bytes.concat(
                keccak256(abi.encode(block.chainid, address(here), alice, pay(100)))
            )
        );
        (bytes32 root,) = twin(foreign);
        uint64 there = post(root, 100);
        settle(there);
        vm.expectPartialRevert(Settlement.ProofInvalid.selector);
        settlement.claim(there, alice, pay(100), path);
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(there, alice, way, pay(100), path);
    }

    function test_ClaimTo_AsksTheKeyFirstAndTheContractSecond() external {
        SmartWallet wallet = new SmartWallet();
        (uint64 id, bytes32[] memory path) = paid(address(wallet), pay(100), 100);
        uint256 deadline = block.timestamp + 1;
        Settlement.Redirection memory way = Settlement.Redirection(bob, deadline, "any");
        vm.expectRevert(Settlement.SignatureInvalid.selector);
        settlement.claimTo(id, address(wallet), way, pay(100), path);
        wallet.approve(digest(address(wallet), bob, id, deadline));
        settlement.claimTo(id, address(wallet), way, pay(100), path);
        same(claimed(address(wallet)), 100);
        // An account that has delegated (EIP-7702) to code that knows no signatures.
        (uint64 next, bytes32[] memory path2) = paid(alice, pay(50), 150);
        vm.etch(alice, hex"00");
        Settlement.Redirection memory own = redirect(ALICE_KEY, alice, bob, next);
        settlement.claimTo(next, alice, own, pay(50), path2);
        same(claimed(alice), 50);
    }

    // payRange

    function range(uint256 count)
        private
        view
        returns (Settlement.Row[] memory rows, bytes32[] memory nodes, bytes32[] memory path)
    {
        uint256 all = count * 4;
        bytes32[] memory hashes = new bytes32[](all);
        address[] memory accounts = new address[](all);
        for (uint256 i; i < all; ++i) {
            accounts[i] = address(uint160(0x10000 + i));
            hashes[i] = leaf(accounts[i], pay(uint96(i + 1)));
        }
        nodes = Tree.build(bytes32[](abi.decode(abi.encode(hashes), (bytes32[]))));
        // The first subtree of `count` leaves: node `2^k - 1` at depth 2 holds the last leaves.
        uint256 from = 3;
        uint256 width = 1;
        while (width < count) (from, width) = (2 * from + 1, width * 2);
        rows = new Settlement.Row[](count);
        for (uint256 i; i < count; ++i) {
            for (uint256 j; j < all; ++j) {
                if (hashes[j] != nodes[from + i]) continue;
                rows[i] = Settlement.Row(accounts[j], pay(uint96(j + 1)));
            }
        }
        path = Tree.proof(nodes, nodes[3]);
    }

    function test_PayRange_PaysEverySizeOfSubtree() external {
        for (uint256 count = 1; count <= 16; count *= 2) {
            (Settlement.Row[] memory rows, bytes32[] memory nodes, bytes32[] memory path) =
                range(count);
            uint64 id = post(nodes[0], 10_000);
            settle(id);
            settlement.payRange(id, rows, path);
            for (uint256 i; i < count; ++i) {
                same(claimed(rows[i].account), rows[i].lines[0].cumulative);
            }
            settlement.payRange(id, rows, path);
        }
    }

    function test_PayRange_RefusesOtherRows() external {
        (Settlement.Row[] memory rows, bytes32[] memory nodes, bytes32[] memory path) = range(8);
        uint64 id = post(nodes[0], 10_000);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        settlement.payRange(id, rows, path);
        settle(id);
        vm.expectRevert(Settlement.RangeNotAPowerOfTwo.selector);
        settlement.payRange(id, new Settlement.Row[](0), path);
        vm.expectRevert(Settlement.RangeNotAPowerOfTwo.selector);
        settlement.payRange(id, new Settlement.Row[](3), path);
        (rows[0], rows[7]) = (rows[7], rows[0]);
        vm.expectRevert(Settlement.RangeInvalid.selector);
        settlement.payRange(id, rows, path);
        (rows[0], rows[7]) = (rows[7], rows[0]);
        rows[3].lines[0].cumulative += 1;
        vm.expectRevert(Settlement.RangeInvalid.selector);
        settlement.payRange(id, rows, path);
    }

    function test_ForceInclude_IsNotedOnce() external {
        post(0, 0);
        settlement.forceInclude(keccak256("entry"));
        same(settlement.forced(keccak256("entry")), settlement.lastId() + 1);
        vm.expectRevert(Settlement.AlreadyForced.selector);
        settlement.forceInclude(keccak256("entry"));
    }

    // Hostile tokens

    function test_PayRange_SkipsWhomATokenRefuses() external {
        BlockingToken blocking = new BlockingToken();
        world(address(blocking));
        bytes32 a = leaf(alice, pay(10));
        bytes32 b = leaf(bob, pay(20));
        bytes32 root = Tree.pair(a, b);
        Settlement.Row[] memory rows = new Settlement.Row[](2);
        rows[0] = Settlement.Row(alice, pay(10));
        rows[1] = Settlement.Row(bob, pay(20));
        uint64 id = post(root, 30);
        settle(id);
        blocking.setBlocked(alice, true);
        settlement.payRange(id, rows, new bytes32[](0));
        same(claimed(alice), 0);
        same(claimed(bob), 20);
        blocking.setBlocked(alice, false);
        settlement.payRange(id, rows, new bytes32[](0));
        same(claimed(alice), 10);
    }

    function test_Claim_WorksWithATokenThatReturnsNothing() external {
        world(address(new SilentToken()));
        (uint64 id, bytes32[] memory path) = paid(address(0x99), pay(10), 10);
        settlement.claim(id, address(0x99), pay(10), path);
        same(token.balanceOf(address(0x99)), 10);
    }

    function test_Claim_InsideAClaimIsRefused() external {
        ReenteringToken again = new ReenteringToken();
        world(address(again));
        (uint64 id, bytes32[] memory path) = paid(alice, pay(10), 10);
        again.arm(
            address(settlement), abi.encodeCall(Settlement.claim, (id, alice, pay(10), path))
        );
        uint256 before = token.balanceOf(alice);
        settlement.claim(id, alice, pay(10), path);
        holds(again.reached() && !again.succeeded(), "re-entered");
        same(token.balanceOf(alice) - before, 10);
    }

    function world(address hostile) private {
        address[] memory tokens = new address[](1);
        tokens[0] = hostile;
        deploy(tokens, 0);
        bondUp(BOND);
        fillPot(1000);
    }
}
