// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Inclusion in the public log
/// @notice Verification of RFC 6962 inclusion proofs, by the algorithm of RFC 9162, 2.1.3.2.
library LogProof {
    /// @notice Whether the entry with this leaf hash stands at `index` of the log of `size` entries
    /// under `root`.
    /// @dev Index and size fix the shape of the path, so a node can't be passed off as a leaf.
    function includes(
        bytes32 root,
        uint64 size,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) internal pure returns (bool) {
        if (index >= size) return false;
        (uint64 node, uint64 last) = (index, size - 1);
        bytes32 hash = leaf;
        for (uint256 i; i < path.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = _node(path[i], hash);
                while (node & 1 == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            } else {
                hash = _node(hash, path[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && hash == root;
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
