// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Escrow} from "./Escrow.sol";

/// @title Where the royalties of one asset's sales arrive
/// @notice Whatever ERC-20 money stands here goes to the asset's account in the ledger, and from
/// there down the lineage like any other revenue. It takes no native coin.
contract RoyaltySplitter {
    using SafeERC20 for IERC20;

    Escrow public immutable escrow;
    /// @notice The asset, as its token id.
    bytes32 public immutable asset;

    error NothingHere();

    constructor(Escrow escrow_, bytes32 asset_) {
        (escrow, asset) = (escrow_, asset_);
    }

    /// @notice Sends on what has arrived in a listed token. Anyone may call.
    function forward(address token) external {
        uint256 amount = IERC20(token).balanceOf(address(this));
        require(amount != 0, NothingHere());
        if (amount > type(uint96).max) amount = type(uint96).max;
        IERC20(token).forceApprove(address(escrow), amount);
        // The cast cannot truncate: the amount was capped above.
        escrow.depositFor(asset, token, uint96(amount));
    }
}
