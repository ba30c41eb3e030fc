// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Statements} from "../src/Statements.sol";
import {TestToken} from "../src/TestToken.sol";
import {Test} from "./Vm.sol";
import {Tree} from "./Tree.sol";

/// @title A small economy: contracts, the keys of every role, short cuts
abstract contract World is Test {
    uint256 internal constant POSTER_KEY = 0xA1;
    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    uint48 internal constant WINDOW = 1 days;
    uint48 internal constant RULING = 3 days;
    uint96 internal constant BOND = 1000e6;
    uint96 internal constant CHALLENGE_BOND = 50e6;
    uint96 internal constant PLENTY = 1e15;
    bytes32 internal constant LOG = keccak256("log");
    bytes32 internal constant ACCOUNT = keccak256("account");

    address internal poster = vm.addr(POSTER_KEY);
    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);
    address internal guardian = address(0x6A);
    address internal arbiter = address(0xA4);
    address internal rotator = address(0x40);
    address internal holder = address(0x401D);
    address internal debitor = address(0xDE);
    address internal funder = address(0xF0);
    address internal anyone = address(0xA0);

    TestToken internal token;
    Settlement internal settlement;
    Escrow internal escrow;
    uint64 internal closes;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        closes = uint64(block.timestamp + 10 days);
        token = new TestToken();
        address[] memory tokens = new address[](1);
        tokens[0] = address(token);
        deploy(tokens, 0);
        bondUp(BOND);
    }

    function deploy(address[] memory tokens, uint48 grace) internal {
        for (uint256 i; i < tokens.length; ++i) {
            for (uint256 j = i + 1; j < tokens.length; ++j) {
                if (tokens[j] < tokens[i]) (tokens[i], tokens[j]) = (tokens[j], tokens[i]);
            }
        }
        token = TestToken(tokens[0]);
        address place = secondNext();
        settlement = new Settlement(roles(), terms(tokens[0]), place, tokens);
        escrow = new Escrow(settlement, Escrow.EscrowTerms(debitor, grace, 7 days));
        address[5] memory people = [funder, alice, bob, anyone, holder];
        for (uint256 t; t < tokens.length; ++t) {
            for (uint256 i; i < people.length; ++i) {
                TestToken(tokens[t]).mint(people[i], PLENTY);
                vm.startPrank(people[i]);
                approve(tokens[t], address(escrow));
                approve(tokens[t], address(settlement));
                vm.stopPrank();
            }
        }
    }

    /// Where this contract puts the one after the next that it creates.
    function secondNext() internal virtual returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
    }

    /// Some tokens return nothing.
    function approve(address of_, address spender) internal {
        (bool done,) =
            of_.call(abi.encodeCall(ERC20.approve, (spender, type(uint256).max)));
        holds(done, "approved");
    }

    function roles() internal view returns (Epochs.Roles memory) {
        return Epochs.Roles(poster, guardian, arbiter, rotator, holder);
    }

    function terms(address bondToken) internal pure returns (Epochs.Terms memory) {
        return Epochs.Terms(WINDOW, RULING, bondToken, BOND, CHALLENGE_BOND, LOG);
    }

    function bondUp(uint96 amount) internal {
        vm.prank(holder);
        settlement.addBond(amount);
    }

    // Epochs

    function nextPost(bytes32 root, uint96 total) internal view returns (Epochs.Post memory next) {
        address[] memory tokens = settlement.tokens();
        next.id = settlement.lastId() + 1;
        next.parent = settlement.head();
        next.root = root;
        next.totals = new Epochs.Totals[](tokens.length);
        for (uint256 i; i < tokens.length; ++i) {
            next.totals[i].token = tokens[i];
            next.totals[i].amount = i == 0 ? total : settlement.totalOf(next.parent, tokens[i]);
        }
        next.checkpointRoot = keccak256("checkpoint");
        next.logSize = 100;
        next.logTimeMs = uint64(block.timestamp * 1000);
        next.dataHash = keccak256("data");
    }

    function statementOf(Epochs.Post memory it)
        internal
        pure
        returns (Statements.Statement memory)
    {
        return Statements.Statement(
            it.id,
            it.root,
            it.checkpointRoot,
            it.logSize,
            it.logTimeMs,
            it.dataHash
        );
    }

    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signStatement(uint256 key, Statements.Statement memory statement)
        internal
        view
        returns (bytes memory)
    {
        return signed(key, settlement.statementDigest(statement));
    }

    function send(Epochs.Post memory it) internal returns (uint64) {
        bytes memory signature = signStatement(POSTER_KEY, statementOf(it));
        vm.prank(poster);
        settlement.post(it, signature);
        return it.id;
    }

    function refusedPost(Epochs.Post memory it, bytes4 refusal) internal {
        bytes memory signature = signStatement(POSTER_KEY, statementOf(it));
        vm.prank(poster);
        vm.expectPartialRevert(refusal);
        settlement.post(it, signature);
    }

    function post(bytes32 root, uint96 total) internal returns (uint64) {
        return send(nextPost(root, total));
    }

    function pass(uint256 time) internal virtual {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    function settle(uint64 id) internal {
        pass(WINDOW);
        settlement.finalize(id);
    }

    function halt(uint64 id) internal {
        vm.prank(guardian);
        settlement.halt(id, "wrong");
    }

    function rule(uint64 id, bool upheld) internal {
        vm.prank(arbiter);
        settlement.rule(id, upheld);
    }

    function veto(uint64 id) internal {
        halt(id);
        rule(id, true);
    }

    function challenge(uint64 id) internal {
        vm.prank(anyone);
        settlement.challenge(id, "wrong");
    }

    function is_(uint64 id, Epochs.Status status) internal view {
        same(uint256(settlement.status(id)), uint256(status));
    }

    // Leaves

    function line(uint8 kind, address of_, uint96 amount)
        internal
        pure
        returns (Leaves.Line[] memory lines)
    {
        lines = new Leaves.Line[](1);
        lines[0] = Leaves.Line(kind, of_, amount);
    }

    function pay(uint96 amount) internal view returns (Leaves.Line[] memory) {
        return line(1, address(token), amount);
    }

    function leaf(address account, Leaves.Line[] memory lines) internal view returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256(abi.encode(block.chainid, address(settlement), account, lines))
            )
        );
    }

    /// An account and its sum as a word of a range of one token.
    function row(address account, uint96 cumulative) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)) << 96 | cumulative);
    }

    /// A tree of two leaves; what the second holds matters to no one.
    function twin(bytes32 one) internal pure returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](1);
        path[0] = keccak256("twin");
        root = Tree.pair(one, path[0]);
    }

    // Money

    function deposit(uint96 amount) internal returns (uint64 id) {
        vm.prank(funder);
        id = escrow.open(address(token), amount, ACCOUNT, amount, closes);
    }

    function debit(uint64 epoch, uint64 id, uint96 amount) internal {
        vm.prank(debitor);
        escrow.debit(epoch, debits(id, amount));
    }

    function debits(uint64 id, uint96 amount) internal pure returns (Escrow.Debit[] memory list) {
        list = new Escrow.Debit[](1);
        list[0] = Escrow.Debit(id, amount);
    }

    function release(uint64 epoch) internal {
        escrow.release(epoch, settlement.tokens());
    }

    /// Brings this much into the pot, by a deposit and an epoch of its own.
    function fillPot(uint96 amount) internal {
        closes = uint64(block.timestamp + 10 days);
        uint64 id = deposit(amount);
        uint64 epoch = post(0, settlement.finalTotal(address(token)));
        debit(epoch, id, amount);
        settle(epoch);
        release(epoch);
    }

    /// A final epoch with one leaf, and the path to it.
    function paid(address account, Leaves.Line[] memory lines, uint96 total)
        internal
        returns (uint64 epoch, bytes32[] memory path)
    {
        bytes32 root;
        (root, path) = twin(leaf(account, lines));
        epoch = post(root, total);
        settle(epoch);
    }

    function claimed(address account) internal view returns (uint96) {
        return settlement.claimed(account, address(token));
    }
}
