// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Escrow} from "../src/Escrow.sol";
import {Settlement} from "../src/Settlement.sol";
import {Suite} from "../src/Suite.sol";
import {World} from "./World.sol";

/// @title Deployment at known addresses; `Suite.tree` names the branches
contract SuiteTest is World {
    function suiteTerms() private view returns (Suite.SuiteTerms memory it) {
        (it.roles, it.terms) = (roles(), terms(address(token)));
        it.escrow = Escrow.EscrowTerms(debitor, 1 days, 7 days);
        it.tokens = settlement.tokens();
    }

    function suite(bytes32 salt) private returns (Suite) {
        bytes32 hash = keccak256(abi.encode(suiteTerms()));
        return new Suite{salt: salt}(
            keccak256(type(Settlement).creationCode), keccak256(type(Escrow).creationCode), hash
        );
    }

    function test_Deploy_PutsBothWhereItSaidInOrderAndOnce() external {
        Suite made = suite(0);
        Suite.SuiteTerms memory it = suiteTerms();
        bytes memory first = type(Settlement).creationCode;
        bytes memory second = type(Escrow).creationCode;
        vm.expectRevert(Suite.OutOfOrder.selector);
        made.deployEscrow(second, it);
        vm.expectRevert(Suite.OtherCode.selector);
        made.deploySettlement(second, it);
        it.roles.poster = bob;
        vm.expectRevert(Suite.OtherTerms.selector);
        made.deploySettlement(first, it);
        it.roles.poster = poster;
        made.deploySettlement(first, it);
        vm.expectRevert(Suite.OutOfOrder.selector);
        made.deploySettlement(first, it);
        vm.expectRevert(Suite.OtherCode.selector);
        made.deployEscrow(first, it);
        it.roles.poster = bob;
        vm.expectRevert(Suite.OtherTerms.selector);
        made.deployEscrow(second, it);
        it.roles.poster = poster;
        made.deployEscrow(second, it);
        vm.expectRevert(Suite.OutOfOrder.selector);
        made.deployEscrow(second, it);
        same(Settlement(made.settlement()).escrow(), made.escrow());
        same(address(Escrow(made.escrow()).settlement()), made.settlement());
        same(Escrow(made.escrow()).refundGrace(), 1 days);
        same(Settlement(made.settlement()).poster(), poster);
    }

    function test_Deploy_RefusesTermsThatCannotWork() external {
        Suite.SuiteTerms memory it = suiteTerms();
        it.terms.window = 0;
        bytes32 hash = keccak256(abi.encode(it));
        Suite made = new Suite(
            keccak256(type(Settlement).creationCode), keccak256(type(Escrow).creationCode), hash
        );
        vm.expectRevert(Suite.CreationFailed.selector);
        made.deploySettlement(type(Settlement).creationCode, it);
    }
}
