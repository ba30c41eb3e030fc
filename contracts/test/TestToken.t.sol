// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestToken} from "../src/TestToken.sol";
import {Permits} from "./Permits.sol";

/// @title Authorised transfers of the devnet's money; `TestToken.tree` names the branches
contract TestTokenTest is Permits {
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function test_Receive_IsForThePayeeAlone() external {
        (uint8 v, bytes32 r, bytes32 s) = sign(RECEIVE, bob, 5, 0, type(uint256).max, "a");
        vm.expectRevert(TestToken.NotPayee.selector);
        token.receiveWithAuthorization(alice, bob, 5, 0, type(uint256).max, "a", v, r, s);
        vm.prank(bob);
        token.receiveWithAuthorization(alice, bob, 5, 0, type(uint256).max, "a", v, r, s);
        same(token.balanceOf(bob), PLENTY + 5);
    }

    function test_Transfer_HoldsToItsTimesNonceAndSigner() external {
        uint256 now_ = vm.getBlockTimestamp();
        (uint8 v, bytes32 r, bytes32 s) = sign(TRANSFER, bob, 5, now_, now_ + 10, "b");
        vm.expectRevert(TestToken.AuthorizationNotYetValid.selector);
        token.transferWithAuthorization(alice, bob, 5, now_, now_ + 10, "b", v, r, s);
        pass(1);
        vm.expectRevert(TestToken.AuthorizationNotSigned.selector);
        token.transferWithAuthorization(alice, bob, 6, now_, now_ + 10, "b", v, r, s);
        token.transferWithAuthorization(alice, bob, 5, now_, now_ + 10, "b", v, r, s);
        vm.expectRevert(TestToken.AuthorizationUsedBefore.selector);
        token.transferWithAuthorization(alice, bob, 5, now_, now_ + 10, "b", v, r, s);
        pass(9);
        (v, r, s) = sign(TRANSFER, bob, 5, now_, now_ + 10, "c");
        vm.expectRevert(TestToken.AuthorizationExpired.selector);
        token.transferWithAuthorization(alice, bob, 5, now_, now_ + 10, "c", v, r, s);
        vm.expectRevert(TestToken.AuthorizationNotSigned.selector);
        token.transferWithAuthorization(alice, bob, 5, 0, now_ + 99, "d", 9, r, s);
        holds(token.authorizationState(alice, "b"), "used");
        same(token.decimals(), 6);
    }

    function sign(
        bytes32 kind,
        address to,
        uint256 value,
        uint256 from,
        uint256 until,
        bytes32 nonce
    ) private view returns (uint8, bytes32, bytes32) {
        bytes32 hash = keccak256(abi.encode(kind, alice, to, value, from, until, nonce));
        return vm.sign(ALICE_KEY, tokenDigest(hash));
    }
}
