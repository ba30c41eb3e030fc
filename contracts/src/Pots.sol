// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What came into the pot, what may leave it, and what has left
/// @notice The tokens are listed for ever at deployment.
abstract contract Pots {
    uint256 public constant MAX_TOKENS = 8;

    /// @dev One slot, so that a claim pays for one. A token that is not listed has no total and so
    /// is never paid.
    struct Pot {
        uint96 paid;
        uint96 finalTotal;
    }

    /// @dev One slot, so that a post pays for one.
    struct Listing {
        bool listed;
        uint96 inflow;
    }

    address public immutable escrow;
    uint256 internal immutable _tokenCount;

    /// @dev Ascending.
    address[] internal _tokens;
    mapping(address token => Pot) internal _pots;
    mapping(address token => Listing) internal _listings;

    event InflowNoted(address indexed token, uint256 amount);

    error BadDeployment();
    error NotEscrow();
    error InflowTooLarge();

    /// @param tokens_ ascending by address, 1 to `MAX_TOKENS`, no zero.
    constructor(address escrow_, address[] memory tokens_) {
        require(tokens_.length != 0 && tokens_.length <= MAX_TOKENS, BadDeployment());
        require(escrow_ != address(0), BadDeployment());
        address previous;
        for (uint256 i; i < tokens_.length; ++i) {
            require(tokens_[i] > previous, BadDeployment());
            previous = tokens_[i];
            _listings[previous].listed = true;
        }
        (escrow, _tokenCount, _tokens) = (escrow_, tokens_.length, tokens_);
    }

    /// @notice Accounts money that the Escrow has just moved into the pot.
    function noteInflow(address token, uint256 amount) external {
        require(msg.sender == escrow, NotEscrow());
        _noteInflow(token, amount);
    }

    /// @notice The tokens this contract pays, ascending by address.
    function tokens() external view returns (address[] memory) {
        return _tokens;
    }

    /// @notice Whether this contract pays `token`.
    function allowed(address token) public view returns (bool) {
        return _listings[token].listed;
    }

    /// @notice What the Escrow has ever released into the pot, and what bonds have made good, in
    /// base units.
    function inflow(address token) external view returns (uint256) {
        return _listings[token].inflow;
    }

    /// @notice What all accounts together have ever been paid.
    function paid(address token) external view returns (uint96) {
        return _pots[token].paid;
    }

    /// @notice The total of the newest final epoch: `paid` never passes it.
    function finalTotal(address token) external view returns (uint96) {
        return _pots[token].finalTotal;
    }

    function _noteInflow(address token, uint256 amount) internal {
        Listing storage listing = _listings[token];
        uint256 sum = listing.inflow + amount;
        require(sum <= type(uint96).max, InflowTooLarge());
        listing.inflow = uint96(sum);
        emit InflowNoted(token, amount);
    }
}
