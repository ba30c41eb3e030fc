// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Faults} from "../src/Faults.sol";
import {Leaves} from "../src/Leaves.sol";
import {Settlement} from "../src/Settlement.sol";
import {Tree} from "./Tree.sol";
import {World} from "./World.sol";

/// @title Ranges whose calldata is not what the compiler would write
/// @notice `payRange` reads rows without the compiler's checks, and lines are read so everywhere:
/// what is paid must follow from the tree alone, whatever the words say.
contract RangesTest is World {
    uint256 private constant ROWS = 4;
    bytes32 private constant ABOVE = keccak256("above");

    /// The honest calldata of a final epoch's range, of 100 to 103 units.
    function honest() private returns (bytes memory call) {
        fillPot(1_000);
        Settlement.Row[] memory rows = new Settlement.Row[](ROWS);
        bytes32[] memory hashes = new bytes32[](ROWS);
        for (uint256 i; i < ROWS; ++i) {
            rows[i] = Settlement.Row(account(i), pay(uint96(100 + i)));
            hashes[i] = leaf(account(i), pay(uint96(100 + i)));
        }
        bytes32 subtree =
            Tree.pair(Tree.pair(hashes[0], hashes[1]), Tree.pair(hashes[2], hashes[3]));
        bytes32[] memory path = new bytes32[](1);
        path[0] = ABOVE;
        uint64 id = post(Tree.pair(subtree, ABOVE), 406);
        settle(id);
        call = abi.encodeCall(Settlement.payRange, (id, rows, path));
    }

    function account(uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("account", i)))));
    }

    function send(bytes memory call) private returns (bool done) {
        (done,) = address(settlement).call(call);
    }

    function test_Rows_WithDirtyAccountsAndLinesAreRefused() external {
        bytes memory call = honest();
        // Behind the selector: id, two offsets, the number of rows and their offsets; then rows of
        // account, offset, number of lines, kind, token, cumulative.
        uint256 row = 4 + 32 * (3 + 1 + ROWS);
        uint256[4] memory words = [row, row + 3 * 32, row + 4 * 32, row + 5 * 32];
        for (uint256 i; i < words.length; ++i) {
            call[words[i]] = 0x01;
            holds(!send(call), "a dirty word");
            call[words[i]] = 0x00;
        }
        holds(send(call), "as the compiler writes it");
        same(claimed(account(0)), 100);
    }

    /// Any bit of the calldata may be another: nothing is paid that is not in the tree.
    function testFuzz_Rows_ABitOfCalldataIsAnother(uint256 bit) external {
        bytes memory call = honest();
        bit = bit % (call.length * 8);
        call[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        send(call);
        uint256 all;
        for (uint256 i; i < ROWS; ++i) {
            uint96 got = claimed(account(i));
            holds(got == 0 || got == 100 + i, "another sum");
            all += got;
        }
        same(settlement.paid(address(token)), all);
        holds(all == 0 || all == 406, "a range pays everybody or nobody");
    }

    /// A tree may hold a leaf with a word that its type has no room for. Such a line pays nothing,
    /// keeps no other line from paying, and convicts whoever has put it in the place of a line.
    function test_Lines_ThatNobodyCanReadAreLeftOut() external {
        for (uint256 place; place < 2; ++place) {
            for (uint256 word; word < 3; ++word) {
                setUp();
                unreadable(place, word);
            }
        }
    }

    function unreadable(uint256 place, uint256 word) private {
        fillPot(1_000);
        Leaves.Line[] memory lines = new Leaves.Line[](2);
        lines[0] = Leaves.Line(1, address(token), 100);
        lines[1] = Leaves.Line(2, address(token), 5);
        (bytes32 root, bytes32[] memory path) = twin(leaf(alice, lines));
        settle(post(root, 100));
        // The place of the line's word behind so many others, with a bit that no type has.
        uint256 byte_ = 32 * (3 * place + word) + (word == 0 ? 30 : 0);
        bytes memory encoded = abi.encode(block.chainid, address(settlement), alice, lines);
        encoded[32 * 5 + byte_] = 0x01;
        (root, path) = twin(keccak256(bytes.concat(keccak256(encoded))));
        uint64 id = post(root, 100);
        settle(id);
        bytes memory call = abi.encodeCall(Settlement.claim, (id, alice, lines, path));
        call[4 + 32 * 5 + byte_] = 0x01;
        holds(send(call), "the other lines pay");
        same(claimed(alice), place == 0 ? 0 : 100);
        Faults.LeafProof memory one = Faults.LeafProof(lines, path);
        call = abi.encodeCall(Faults.proveDecrease, (id, alice, one, one));
        call[4 + 32 * 7 + byte_] = 0x01;
        holds(send(call), "convicts");
        holds(settlement.convicted(id), "convicted");
    }
}
