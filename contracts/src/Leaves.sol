// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The leaves of an epoch's tree
/// @notice Every leaf names its chain and the contract it is good for, and is hashed twice, so that
/// a leaf is never mistaken for a node of the tree, nor for a leaf of another contract.
library Leaves {
    /// @notice Money that the Settlement transfers.
    uint8 internal constant PAY = 1;
    /// @notice What the Stake contract takes from an account's stake.
    uint8 internal constant SLASH = 2;
    /// @notice Votes that a PoolVotes contract mints; the line's token is that contract.
    uint8 internal constant VOTE = 3;
    uint256 internal constant MAX_LINES = 8;

    /// @notice One cumulative amount, in base units, of one kind and token. A leaf keeps its lines
    /// strictly ascending by kind and token.
    struct Line {
        uint8 kind;
        address token;
        uint96 cumulative;
    }

    /// @notice `keccak(keccak(abi.encode(chainId, settlement, account, lines)))`.
    /// @dev Lines are hashed as they came: a bit beyond a type gives another hash, and makes a line
    /// that `lineAt` does not see.
    function ofAccount(address settlement, address account, Line[] calldata lines)
        internal
        view
        returns (bytes32 leaf)
    {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := mul(lines.length, 0x60)
            mstore(start, chainid())
            mstore(add(start, 0x20), settlement)
            mstore(add(start, 0x40), account)
            mstore(add(start, 0x60), 0x80)
            mstore(add(start, 0x80), lines.length)
            calldatacopy(add(start, 0xa0), lines.offset, size)
            mstore(0x00, keccak256(start, add(0xa0, size)))
            leaf := keccak256(0x00, 0x20)
        }
    }

    /// @notice The leaves of accounts that have one line each, of kind PAY and of `token`: the hashes
    /// of `ofAccount`.
    /// @param rows as `paymentAt` reads them.
    /// @dev What is hashed is laid out once. Leaves differ in two of its words.
    function ofPayments(address settlement, address token, bytes32[] calldata rows)
        internal
        view
        returns (bytes32[] memory leaves)
    {
        leaves = new bytes32[](rows.length);
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, chainid())
            mstore(add(start, 0x20), settlement)
            mstore(add(start, 0x60), 0x80)
            mstore(add(start, 0x80), 1)
            mstore(add(start, 0xa0), PAY)
            mstore(add(start, 0xc0), token)
            let from := rows.offset
            let to := add(leaves, 0x20)
            for { let end := add(from, shl(5, rows.length)) } lt(from, end) {} {
                let row := calldataload(from)
                mstore(add(start, 0x40), shr(96, row))
                mstore(add(start, 0xe0), and(row, 0xffffffffffffffffffffffff))
                mstore(0x00, keccak256(start, 0x100))
                mstore(to, keccak256(0x00, 0x20))
                from := add(from, 0x20)
                to := add(to, 0x20)
            }
        }
    }

    /// @dev Row `i`, which is there, without the compiler's check of `i`: the account is the upper
    /// 160 bits, its cumulative amount the lower 96, so that every word is a row.
    function paymentAt(bytes32[] calldata rows, uint256 i)
        internal
        pure
        returns (address account, uint96 cumulative)
    {
        assembly ("memory-safe") {
            let row := calldataload(add(rows.offset, shl(5, i)))
            account := shr(96, row)
            cumulative := and(row, 0xffffffffffffffffffffffff)
        }
    }

    /// @dev Line `i`, which is there. One with a word that its type has no room for is no line: its
    /// kind is 0, which is nobody's. So nobody is paid by it, and whoever hides a line that way has
    /// left it out.
    function lineAt(Line[] calldata lines, uint256 i)
        internal
        pure
        returns (uint256 kind, address token, uint96 cumulative)
    {
        assembly ("memory-safe") {
            let place := add(lines.offset, mul(i, 0x60))
            kind := calldataload(place)
            token := calldataload(add(place, 0x20))
            cumulative := calldataload(add(place, 0x40))
            if or(shr(8, kind), or(shr(160, token), shr(96, cumulative))) {
                kind := 0
                token := 0
                cumulative := 0
            }
        }
    }

    /// @notice All that a deposit was ever charged by the ledger:
    /// `keccak(keccak(abi.encode(chainId, escrow, id, cumulative)))`.
    function ofDebit(address escrow, uint64 id, uint96 cumulative) internal view returns (bytes32) {
        bytes32 once = keccak256(abi.encode(block.chainid, escrow, id, cumulative));
        return keccak256(bytes.concat(once));
    }

    /// @notice An asset, its owner and its royalty on sales, in basis points:
    /// `keccak(keccak(abi.encode(chainId, registry, owner, manifest, royaltyBps)))`.
    function ofAsset(address registry, address owner, bytes32 manifest, uint16 royaltyBps)
        internal
        view
        returns (bytes32)
    {
        bytes memory asset = abi.encode(block.chainid, registry, owner, manifest, royaltyBps);
        return keccak256(bytes.concat(keccak256(asset)));
    }
}
