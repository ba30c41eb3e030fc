// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What came into the pot, what may leave it, and what has left
/// @notice The tokens are listed for ever at deployment.
/// @dev Amounts of two neighbours in the list share a word, in lanes of 96 bits: a claim of four
/// tokens touches two words of each kind. Lanes never carry into each other, as no amount passes
/// 2^96 - 1 and no lane is taken more from than it holds.
abstract contract Pots {
    uint256 public constant MAX_TOKENS = 8;

    uint256 internal constant LANE = 96;

    /// @dev One word of a list of pairs, to hold on to.
    struct Word {
        uint256 lanes;
    }

    address public immutable escrow;
    uint256 internal immutable _tokenCount;
    /// @dev The list, ascending, in the code and not in storage: reading it costs next to nothing.
    address private immutable _token0;
    address private immutable _token1;
    address private immutable _token2;
    address private immutable _token3;
    address private immutable _token4;
    address private immutable _token5;
    address private immutable _token6;
    address private immutable _token7;

    /// @dev What final totals still allow to pay, by pairs of tokens.
    uint256[4] internal _unpaid;
    /// @dev The totals of the newest final epoch, by pairs of tokens.
    uint256[4] internal _finalTotals;
    /// @dev What ever came in, by pairs of tokens.
    uint256[4] internal _inflows;

    event InflowNoted(address indexed token, uint256 amount);

    error BadDeployment();
    error NotEscrow();
    error InflowTooLarge();

    /// @param tokens_ ascending by address, 1 to `MAX_TOKENS`, no zero.
    constructor(address escrow_, address[] memory tokens_) {
        require(tokens_.length != 0 && tokens_.length <= MAX_TOKENS, BadDeployment());
        require(escrow_ != address(0), BadDeployment());
        address[8] memory list;
        address previous;
        for (uint256 i; i < tokens_.length; ++i) {
            require(tokens_[i] > previous, BadDeployment());
            previous = tokens_[i];
            list[i] = previous;
        }
        (escrow, _tokenCount) = (escrow_, tokens_.length);
        (_token0, _token1, _token2, _token3) = (list[0], list[1], list[2], list[3]);
        (_token4, _token5, _token6, _token7) = (list[4], list[5], list[6], list[7]);
    }

    /// @notice Accounts money that the Escrow has just moved into the pot.
    function noteInflow(address token, uint256 amount) external {
        require(msg.sender == escrow, NotEscrow());
        _noteInflow(token, amount);
    }

    /// @notice The tokens this contract pays, ascending by address.
    function tokens() external view returns (address[] memory list) {
        list = new address[](_tokenCount);
        for (uint256 i; i < list.length; ++i) {
            list[i] = _tokenAt(i);
        }
    }

    /// @notice Whether this contract pays `token`.
    function allowed(address token) public view returns (bool) {
        return _indexOf(token) < _tokenCount;
    }

    /// @notice What the Escrow has ever released into the pot, and what bonds have made good, in
    /// base units.
    function inflow(address token) external view returns (uint256) {
        return _laneOf(_inflows, token);
    }

    /// @notice What all accounts together have ever been paid.
    function paid(address token) external view returns (uint96) {
        return _laneOf(_finalTotals, token) - _laneOf(_unpaid, token);
    }

    /// @notice The total of the newest final epoch: `paid` never passes it.
    function finalTotal(address token) public view returns (uint96) {
        return _laneOf(_finalTotals, token);
    }

    function _noteInflow(address token, uint256 amount) internal {
        uint256 index = _indexOf(token);
        uint256 sum = uint256(_lane(_inflows[index >> 1], index)) + amount;
        require(sum <= type(uint96).max, InflowTooLarge());
        _inflows[index >> 1] += amount << _shift(index);
        emit InflowNoted(token, amount);
    }

    function _tokenAt(uint256 index) internal view returns (address) {
        if (index == 0) return _token0;
        if (index == 1) return _token1;
        if (index == 2) return _token2;
        if (index == 3) return _token3;
        if (index == 4) return _token4;
        if (index == 5) return _token5;
        return index == 6 ? _token6 : _token7;
    }

    /// @dev The place of a token in the list; `MAX_TOKENS` if it has none. Unused places hold zero,
    /// which is no token.
    function _indexOf(address token) internal view returns (uint256) {
        if (token == address(0)) return MAX_TOKENS;
        if (token == _token0) return 0;
        if (token == _token1) return 1;
        if (token == _token2) return 2;
        if (token == _token3) return 3;
        if (token == _token4) return 4;
        if (token == _token5) return 5;
        if (token == _token6) return 6;
        return token == _token7 ? 7 : MAX_TOKENS;
    }

    function _shift(uint256 index) internal pure returns (uint256) {
        unchecked {
            return (index & 1) * LANE;
        }
    }

    /// @dev The word of the pair that this index, below `MAX_TOKENS`, belongs to: without the
    /// compiler's check of the index, once for all that is read and written there.
    function _wordOf(uint256[4] storage words, uint256 index)
        internal
        pure
        returns (Word storage word)
    {
        assembly ("memory-safe") {
            word.slot := add(words.slot, shr(1, index))
        }
    }

    /// @dev The amount of the token with this index in its pair's word.
    function _lane(uint256 word, uint256 index) internal pure returns (uint96) {
        return uint96(word >> _shift(index));
    }

    function _laneOf(uint256[4] storage words, address token) internal view returns (uint96) {
        uint256 index = _indexOf(token);
        return index == MAX_TOKENS ? 0 : _lane(_wordOf(words, index).lanes, index);
    }
}
