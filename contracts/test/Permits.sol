// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payments} from "../src/Payments.sol";
import {World} from "./World.sol";

/// @title Signed allowances and transfers of the test token
abstract contract Permits is World {
    bytes32 private constant PERMIT = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    bytes32 internal constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function tokenDigest(bytes32 hash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash));
    }

    function permitOf(uint256 key, address spender, uint256 value)
        internal
        view
        returns (Payments.Permit memory it)
    {
        address owner = vm.addr(key);
        (it.value, it.deadline) = (value, block.timestamp + 1 hours);
        uint256 nonce = token.nonces(owner);
        bytes32 hash = keccak256(abi.encode(PERMIT, owner, spender, value, nonce, it.deadline));
        (it.v, it.r, it.s) = vm.sign(key, tokenDigest(hash));
    }

    function authorizationOf(uint256 key, uint256 value, bytes32 nonce, bytes32 salt)
        internal
        view
        returns (Payments.Authorization memory it)
    {
        (it.validAfter, it.validBefore) = (block.timestamp - 1, block.timestamp + 1 hours);
        it.salt = salt;
        bytes32 hash = keccak256(
            abi.encode(
                RECEIVE,
                vm.addr(key),
                address(escrow),
                value,
                it.validAfter,
                it.validBefore,
                nonce
            )
        );
        (it.v, it.r, it.s) = vm.sign(key, tokenDigest(hash));
    }
}
