// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What the tests use of forge's cheat codes
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function etch(address target, bytes calldata code) external;
    function expectEmit() external;
    function expectPartialRevert(bytes4 selector) external;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    /// Where `block.timestamp` might be read once before the clock moves and used after.
    function getBlockTimestamp() external view returns (uint256);
    function getNonce(address account) external view returns (uint64);
    function getRecordedLogs() external returns (Log[] memory);
    function parseJson(string calldata json, string calldata key)
        external
        pure
        returns (bytes memory);
    function parseJsonAddress(string calldata json, string calldata key)
        external
        pure
        returns (address);
    function parseJsonBytes(string calldata json, string calldata key)
        external
        pure
        returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key)
        external
        pure
        returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key)
        external
        pure
        returns (bytes32[] memory);
    function parseJsonKeys(string calldata json, string calldata key)
        external
        pure
        returns (string[] memory);
    function parseJsonUint(string calldata json, string calldata key)
        external
        pure
        returns (uint256);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function prank(address sender) external;
    function recordLogs() external;
    function readFile(string calldata path) external view returns (string memory);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function startPrank(address sender) external;
    function stopPrank() external;
    function store(address target, bytes32 slot, bytes32 value) external;
    function toString(uint256 value) external pure returns (string memory);
    function warp(uint256 time) external;
}

/// @title A test: cheat codes and assertions
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error Unequal(bytes32 left, bytes32 right);
    error UnequalNumbers(uint256 left, uint256 right);
    error Untrue(string what);
    error Above(uint256 value, uint256 limit, string what);

    function same(uint256 left, uint256 right) internal pure {
        if (left != right) revert UnequalNumbers(left, right);
    }

    function same(address left, address right) internal pure {
        if (left != right) revert UnequalNumbers(uint160(left), uint160(right));
    }

    function same(bytes32 left, bytes32 right) internal pure {
        if (left != right) revert Unequal(left, right);
    }

    function holds(bool condition, string memory what) internal pure {
        if (!condition) revert Untrue(what);
    }

    function atMost(uint256 value, uint256 limit, string memory what) internal pure {
        if (value > limit) revert Above(value, limit, what);
    }

    /// A number from `least` to `most`, made of a fuzzed one.
    function between(uint256 number, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + number % (most - least + 1);
    }
}
