// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Settlement} from "./Settlement.sol";

/// @title The part of EIP-3009 that a contract may rely on
/// @notice Only the payee can use the authorisation, so nobody can spend it ahead of the call that
/// it was meant for.
interface IReceiveWithAuthorization {
    /// @notice Moves `value` from `from` to `to`, which must be the caller.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}

/// @title How money comes into the Escrow, and its one way into the pot
abstract contract Payments {
    using SafeERC20 for IERC20;

    /// @notice An EIP-2612 permit of the caller for this contract.
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice An EIP-3009 authorisation for this contract. Its nonce is a hash of what the money
    /// is for, with `salt` to tell two of the same apart.
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        bytes32 salt;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    Settlement public immutable settlement;

    error BadDeployment();
    error TokenNotListed(address token);
    error AmountZero();
    error ReceivedOther(uint256 received, uint256 expected);

    /// @param settlement_ deployed with this contract and already naming it.
    constructor(Settlement settlement_) {
        require(settlement_.escrow() == address(this), BadDeployment());
        settlement = settlement_;
    }

    function _listed(address token) internal view {
        require(settlement.allowed(token), TokenNotListed(token));
    }

    /// @dev Refuses tokens that take a fee on the way: the ledger credits what was announced.
    function _receive(address token, uint256 amount) internal {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        _received(token, before, amount);
    }

    function _receiveAuthorized(
        address token,
        address from,
        uint96 amount,
        bytes32 nonce,
        Authorization calldata it
    ) internal {
        uint256 before = IERC20(token).balanceOf(address(this));
        IReceiveWithAuthorization(token)
            .receiveWithAuthorization(
                from,
                address(this),
                amount,
                it.validAfter,
                it.validBefore,
                nonce,
                it.v,
                it.r,
                it.s
            );
        _received(token, before, amount);
    }

    /// @dev A permit may have been used by whoever saw it first; then the allowance stands already,
    /// and if it does not, the transfer says so.
    function _tryPermit(address token, Permit calldata it) internal {
        try IERC20Permit(token)
            .permit(msg.sender, address(this), it.value, it.deadline, it.v, it.r, it.s) {}
            catch {}
    }

    function _toPot(address token, uint256 amount) internal {
        IERC20(token).safeTransfer(address(settlement), amount);
        settlement.noteInflow(token, amount);
    }

    function _received(address token, uint256 before, uint256 amount) private view {
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        require(received == amount, ReceivedOther(received, amount));
    }
}
