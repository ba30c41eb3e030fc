// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Trees of leaf hashes as `docs/spec/settlement.md` lays them out
library Tree {
    /// The nodes, the root first; sorts `leaves` in place. A tree without leaves has no nodes.
    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory nodes) {
        uint256 count = leaves.length;
        if (count == 0) return nodes;
        sort(leaves);
        nodes = new bytes32[](2 * count - 1);
        for (uint256 i; i < count; ++i) {
            nodes[2 * count - 2 - i] = leaves[i];
        }
        for (uint256 i = count - 1; i > 0; --i) {
            nodes[i - 1] = pair(nodes[2 * i - 1], nodes[2 * i]);
        }
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return leaves.length == 0 ? bytes32(0) : build(leaves)[0];
    }

    /// The siblings from a node up; the node is found by its hash.
    function proof(bytes32[] memory nodes, bytes32 node)
        internal
        pure
        returns (bytes32[] memory path)
    {
        uint256 place = nodes.length;
        for (uint256 i; i < nodes.length; ++i) {
            if (nodes[i] == node) place = i;
        }
        require(place != nodes.length, "no such node");
        bytes32[] memory all = new bytes32[](64);
        uint256 length;
        for (; place != 0; place = (place - 1) / 2) {
            all[length++] = nodes[place % 2 == 1 ? place + 1 : place - 1];
        }
        path = new bytes32[](length);
        for (uint256 i; i < length; ++i) {
            path[i] = all[i];
        }
    }

    function pair(bytes32 one, bytes32 other) internal pure returns (bytes32) {
        return one < other
            ? keccak256(bytes.concat(one, other))
            : keccak256(bytes.concat(other, one));
    }

    function sort(bytes32[] memory hashes) internal pure {
        for (uint256 i = 1; i < hashes.length; ++i) {
            bytes32 hash = hashes[i];
            uint256 place = i;
            for (; place > 0 && hashes[place - 1] > hash; --place) {
                hashes[place] = hashes[place - 1];
            }
            hashes[place] = hash;
        }
    }
}
