// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Money for devnets
/// @notice An ERC-20 with six decimals that anybody may mint. Never deploy it where a token is
/// worth anything.
contract TestToken is ERC20 {
    constructor() ERC20("Headwater test dollar", "tUSD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Makes `amount` base units for `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
