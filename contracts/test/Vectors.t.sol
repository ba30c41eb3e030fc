// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Credit} from "../src/Credit.sol";
import {Epochs} from "../src/Epochs.sol";
import {Escrow} from "../src/Escrow.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Signatures} from "../src/Signatures.sol";
import {Statements} from "../src/Statements.sol";
import {Tree} from "./Tree.sol";
import {World} from "./World.sol";

/// @title Hashes of leaves, with calldata
contract LeafReader {
    function ofAccount(address settlement, address account, Leaves.Line[] calldata lines)
        external
        view
        returns (bytes32)
    {
        return Leaves.ofAccount(settlement, account, lines);
    }

    function ofDebit(address escrow, uint64 id, uint96 cumulative) external view returns (bytes32) {
        return Leaves.ofDebit(escrow, id, cumulative);
    }

    function ofAsset(address registry, address owner, bytes32 manifest, uint16 bps)
        external
        view
        returns (bytes32)
    {
        return Leaves.ofAsset(registry, owner, manifest, bps);
    }

    function signer(bytes32 digest, bytes calldata signature) external pure returns (address) {
        return Signatures.signer(digest, signature);
    }
}

/// @title The shared vectors, which Rust and the reference libraries agree on
contract VectorsTest is World {
    LeafReader private reader = new LeafReader();
    string private file;

    function setUp() public override {
        super.setUp();
        file = vm.readFile("../vectors/settlement.json");
        vm.chainId(vm.parseJsonUint(file, ".domain.chain_id"));
    }

    function number(string memory text, string memory key) private pure returns (uint256) {
        return vm.parseJsonUint(text, key);
    }

    function lineOf(string memory text, string memory key)
        private
        pure
        returns (Leaves.Line memory)
    {
        return Leaves.Line(
            uint8(number(text, string.concat(key, ".kind"))),
            vm.parseJsonAddress(text, string.concat(key, ".token")),
            uint96(number(text, string.concat(key, ".cumulative")))
        );
    }

    function nth(string memory key, uint256 index) private pure returns (string memory) {
        return string.concat(key, "[", vm.toString(index), "]");
    }

    function lineList(string memory text, string memory key, uint8 kind)
        private
        view
        returns (Leaves.Line[] memory lines)
    {
        uint256 count;
        while (vm.keyExistsJson(text, nth(key, count))) ++count;
        lines = new Leaves.Line[](count);
        for (uint256 i; i < count; ++i) {
            lines[i] = lineOf(text, nth(key, i));
            if (kind != 0) same(lines[i].kind, kind);
        }
    }

    function test_Leaves_OfAccountsAreTheReferenceLibrarys() external view {
        address of_ = vm.parseJsonAddress(file, ".domain.settlement");
        bytes32 root = vm.parseJsonBytes32(file, ".root");
        bytes32[] memory hashes = new bytes32[](5);
        for (uint256 i; i < 5; ++i) {
            string memory key = nth(".leaves", i);
            Leaves.Line[] memory lines = lineList(file, string.concat(key, ".lines"), 0);
            address account = vm.parseJsonAddress(file, string.concat(key, ".account"));
            hashes[i] = reader.ofAccount(of_, account, lines);
            same(hashes[i], vm.parseJsonBytes32(file, string.concat(key, ".hash")));
        }
        bytes32[] memory nodes = Tree.build(hashes);
        same(nodes[0], root);
        for (uint256 i; i < 5; ++i) {
            string memory key = nth(".leaves", i);
            bytes32 hash = vm.parseJsonBytes32(file, string.concat(key, ".hash"));
            bytes32[] memory path = vm.parseJsonBytes32Array(file, string.concat(key, ".proof"));
            same(keccak256(abi.encode(path)), keccak256(abi.encode(Tree.proof(nodes, hash))));
        }
    }

    function test_Leaves_OfDebitsAndAssetsAreTheReferenceLibrarys() external view {
        address escrow_ = vm.parseJsonAddress(file, ".domain.escrow");
        address registry = vm.parseJsonAddress(file, ".domain.registry");
        for (uint256 i; i < 3; ++i) {
            string memory key = nth(".debits", i);
            uint64 id = uint64(number(file, string.concat(key, ".id")));
            uint96 cumulative = uint96(number(file, string.concat(key, ".cumulative")));
            bytes32 hash = vm.parseJsonBytes32(file, string.concat(key, ".hash"));
            same(reader.ofDebit(escrow_, id, cumulative), hash);
            key = nth(".assets", i);
            address owner = vm.parseJsonAddress(file, string.concat(key, ".owner"));
            bytes32 manifest = vm.parseJsonBytes32(file, string.concat(key, ".manifest"));
            uint16 bps = uint16(number(file, string.concat(key, ".royalty_bps")));
            hash = vm.parseJsonBytes32(file, string.concat(key, ".hash"));
            same(reader.ofAsset(registry, owner, manifest, bps), hash);
        }
    }

    function test_Digests_AreTheReferenceLibrarys() external {
        // The contracts' code at the vectors' addresses: their domains are their own.
        Epochs.Terms memory its = terms(address(token));
        its.logId = vm.parseJsonBytes32(file, ".domain.log_id");
        address place = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        Settlement from = new Settlement(roles(), its, place, settlement.tokens());
        Escrow other = new Escrow(from, Escrow.EscrowTerms(debitor, 0, 0));
        vm.etch(vm.parseJsonAddress(file, ".domain.escrow"), address(other).code);
        string memory key = ".digests[0].message";
        Statements.Statement memory statement = Statements.Statement(
            uint64(number(file, string.concat(key, ".epoch"))),
            vm.parseJsonBytes32(file, string.concat(key, ".root")),
            vm.parseJsonBytes32(file, string.concat(key, ".checkpointRoot")),
            uint64(number(file, string.concat(key, ".logSize"))),
            uint64(number(file, string.concat(key, ".logTimeMs"))),
            vm.parseJsonBytes32(file, string.concat(key, ".dataHash"))
        );
        agrees(0, from.statementDigest(statement));
        Escrow there = Escrow(vm.parseJsonAddress(file, ".domain.escrow"));
        agrees(2, there.voucherDigest(voucher(".digests[2].message")));
        agrees(3, there.spendKeyDigest(spendKey(".digests[3].message")));
    }

    function agrees(uint256 index, bytes32 digest) private view {
        string memory key = nth(".digests", index);
        same(digest, vm.parseJsonBytes32(file, string.concat(key, ".digest")));
        bytes memory signature = vm.parseJsonBytes(file, string.concat(key, ".signature"));
        same(reader.signer(digest, signature), vm.parseJsonAddress(file, ".signer"));
    }

    function voucher(string memory key) private view returns (Credit.Voucher memory) {
        return Credit.Voucher(
            vm.parseJsonAddress(file, string.concat(key, ".payer")),
            vm.parseJsonAddress(file, string.concat(key, ".token")),
            vm.parseJsonAddress(file, string.concat(key, ".key")),
            uint96(number(file, string.concat(key, ".cumulative")))
        );
    }

    function spendKey(string memory key) private view returns (Credit.SpendKey memory) {
        return Credit.SpendKey(
            vm.parseJsonAddress(file, string.concat(key, ".payer")),
            vm.parseJsonAddress(file, string.concat(key, ".token")),
            vm.parseJsonAddress(file, string.concat(key, ".key")),
            uint96(number(file, string.concat(key, ".cap"))),
            uint64(number(file, string.concat(key, ".expiresAt")))
        );
    }

    /// The trees that hold pay only, of up to 33 leaves.
    function test_Trees_OfEverySizeAreTheReferenceLibrarys() external {
        string memory trees = vm.readFile("../vectors/claim_tree.json");
        address of_ = vm.parseJsonAddress(trees, ".domain.contract");
        vm.chainId(number(trees, ".domain.chain_id"));
        uint8[9] memory sizes = [1, 2, 3, 4, 5, 7, 8, 13, 33];
        for (uint256 t; t < 9; ++t) {
            string memory tree = nth(".trees", t);
            bytes32[] memory hashes = new bytes32[](sizes[t]);
            for (uint256 i; i < sizes[t]; ++i) {
                string memory key = nth(string.concat(tree, ".leaves"), i);
                Leaves.Line[] memory lines = lineList(trees, string.concat(key, ".lines"), 1);
                address account = vm.parseJsonAddress(trees, string.concat(key, ".account"));
                hashes[i] = reader.ofAccount(of_, account, lines);
                same(hashes[i], vm.parseJsonBytes32(trees, string.concat(key, ".hash")));
            }
            same(Tree.root(hashes), vm.parseJsonBytes32(trees, string.concat(tree, ".root")));
        }
    }
}
