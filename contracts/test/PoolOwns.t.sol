// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Leaves} from "../src/Leaves.sol";
import {Registry} from "../src/Registry.sol";
import {Stake} from "../src/Stake.sol";
import {Pooled} from "./Pooled.sol";

/// @title What a pool's Timelock owns and does in these contracts; `PoolOwns.tree` names the branches
contract PoolOwnsTest is Pooled {
    function setUp() public override {
        super.setUp();
        mint(alice, 100);
    }

    function allow(address spender, uint256 amount) private {
        call(address(token), abi.encodeCall(token.approve, (spender, amount)));
    }

    function test_Timelock_IsPaidByClaimsAndPays() external {
        fillPot(500);
        Leaves.Line[] memory lines = pay(500);
        (uint64 epoch, bytes32[] memory path) = paid(address(timelock), lines, 500);
        vm.prank(anyone);
        settlement.claim(epoch, address(timelock), lines, path);
        same(token.balanceOf(address(timelock)), 500);
        call(address(token), abi.encodeCall(token.transfer, (carol, 300)));
        decide();
        same(token.balanceOf(carol), 300);
        same(token.balanceOf(address(timelock)), 200);
    }

    function test_Timelock_FundsAndIsRefunded() external {
        token.mint(address(timelock), 1000);
        uint64 until = uint64(block.timestamp + 30 days);
        allow(address(escrow), 1000);
        call(
            address(escrow),
            abi.encodeCall(escrow.open, (address(token), 1000, ACCOUNT, 400, until))
        );
        decide();
        uint64 id = escrow.lastId();
        same(escrow.deposit(id).funder, address(timelock));
        uint64 epoch = post(0, 0);
        debit(epoch, id, 400);
        settle(epoch);
        vm.warp(until + 30 days);
        vm.prank(anyone);
        escrow.refund(id);
        same(token.balanceOf(address(timelock)), 600);
    }

    function test_Timelock_Stakes() external {
        Stake stake = new Stake(escrow, token, 10 days);
        token.mint(address(timelock), 50);
        allow(address(stake), 50);
        call(address(stake), abi.encodeCall(stake.stake, (50)));
        call(address(stake), abi.encodeCall(stake.requestExit, (50)));
        decide();
        same(token.balanceOf(address(stake)), 50);
        pass(70 days);
        call(address(stake), abi.encodeCall(stake.withdrawUnproven, ()));
        decide();
        same(token.balanceOf(address(timelock)), 50);
    }

    function test_Timelock_OwnsATokenOfAnAsset() external {
        Registry registry = new Registry(escrow);
        bytes32 manifest = keccak256("manifest");
        bytes32 asset = keccak256(
            bytes.concat(
                keccak256(
                    abi.encode(
                        block.chainid, address(registry), address(timelock), manifest, uint16(500)
                    )
                )
            )
        );
        (bytes32 root, bytes32[] memory path) = twin(asset);
        uint64 epoch = post(root, 0);
        settle(epoch);
        registry.mint(epoch, address(timelock), manifest, 500, path);
        same(registry.ownerOf(uint256(manifest)), address(timelock));
        call(
            address(registry),
            abi.encodeCall(
                registry.transferFrom, (address(timelock), carol, uint256(manifest))
            )
        );
        decide();
        same(registry.ownerOf(uint256(manifest)), carol);
    }
}
