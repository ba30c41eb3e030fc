// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title An operator's hot key that can be exchanged, slowly and in the open
/// @notice A rotator announces the next key; it counts only after `rotationDelay`, so everyone has
/// that long to see it, and the guardian can cancel it. Neither of them can act as the key.
abstract contract Rotation {
    address public immutable rotator;
    /// @notice Seconds from the announcement of a key until it may take over.
    uint48 public immutable rotationDelay;

    /// @notice The announced key; zero if none is.
    address public nextKey;
    /// @notice The chain time from which the announced key may take over.
    uint48 public nextKeyAt;
    /// @notice Whether an address is the key or ever was.
    mapping(address key => bool) public wasKey;
    /// @dev Last of this contract, so that what a user of the key reads with it shares its slot.
    address internal _key;

    event RotationAnnounced(address indexed next, uint48 from);
    event RotationCancelled(address indexed next);
    event Rotated(address indexed previous, address indexed next);

    error NotRotator();
    error NotCanceller();
    error NoRotation();
    error RotationWaits(uint48 from);
    error KeyZero();

    constructor(address key_, address rotator_, uint48 delay_) {
        require(key_ != address(0), KeyZero());
        (_key, rotator, rotationDelay) = (key_, rotator_, delay_);
        wasKey[key_] = true;
    }

    /// @notice Announces the next key. A later announcement replaces it and waits anew.
    function announceKey(address next) external {
        require(msg.sender == rotator, NotRotator());
        require(next != address(0), KeyZero());
        uint48 from = uint48(block.timestamp) + rotationDelay;
        (nextKey, nextKeyAt) = (next, from);
        emit RotationAnnounced(next, from);
    }

    /// @notice Cancels the announced key; the guardian or the rotator may.
    function cancelKey() external {
        require(msg.sender == rotator || msg.sender == _canceller(), NotCanceller());
        require(nextKey != address(0), NoRotation());
        emit RotationCancelled(nextKey);
        (nextKey, nextKeyAt) = (address(0), 0);
    }

    /// @notice Makes the announced key the key, once its time has come. Anyone may call.
    function rotateKey() external {
        require(nextKey != address(0), NoRotation());
        require(block.timestamp >= nextKeyAt, RotationWaits(nextKeyAt));
        emit Rotated(_key, nextKey);
        _key = nextKey;
        wasKey[_key] = true;
        (nextKey, nextKeyAt) = (address(0), 0);
    }

    function _canceller() internal view virtual returns (address);
}
