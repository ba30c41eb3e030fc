// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Deposits} from "../src/Deposits.sol";
import {Epochs} from "../src/Epochs.sol";
import {Registry} from "../src/Registry.sol";
import {RoyaltySplitter} from "../src/RoyaltySplitter.sol";
import {World} from "./World.sol";

/// @title Assets as tokens; `Registry.tree` names the branches
contract RegistryTest is World {
    bytes32 private constant MANIFEST = keccak256("manifest");
    Registry private registry;

    function setUp() public override {
        super.setUp();
        registry = new Registry(escrow);
    }

    function known(address owner, uint16 bps) private returns (uint64 epoch, bytes32[] memory path) {
        bytes32 asset = keccak256(
            bytes.concat(
                keccak256(abi.encode(block.chainid, address(registry), owner, MANIFEST, bps))
            )
        );
        bytes32 root;
        (root, path) = twin(asset);
        epoch = post(root, settlement.finalTotal(address(token)));
    }

    function test_Mint_GivesTheTokenToTheOwnerOfAFinalEpoch() external {
        (uint64 epoch, bytes32[] memory path) = known(alice, 500);
        vm.expectPartialRevert(Epochs.NotFinal.selector);
        registry.mint(epoch, alice, MANIFEST, 500, path);
        settle(epoch);
        vm.expectRevert(Registry.ProofInvalid.selector);
        registry.mint(epoch, bob, MANIFEST, 500, path);
        vm.expectRevert(Registry.ProofInvalid.selector);
        registry.mint(epoch, alice, MANIFEST, 501, path);
        RoyaltySplitter splitter = registry.mint(epoch, alice, MANIFEST, 500, path);
        same(registry.ownerOf(uint256(MANIFEST)), alice);
        (address receiver, uint256 share) = registry.royaltyInfo(uint256(MANIFEST), 1000);
        same(receiver, address(splitter));
        same(share, 50);
        vm.expectRevert();
        registry.mint(epoch, alice, MANIFEST, 500, path);
        vm.prank(alice);
        registry.transferFrom(alice, bob, uint256(MANIFEST));
        vm.expectRevert();
        registry.mint(epoch, alice, MANIFEST, 500, path);
        same(registry.ownerOf(uint256(MANIFEST)), bob);
    }

    function test_Mint_ToAContractThatKnowsNoTokens() external {
        (uint64 epoch, bytes32[] memory path) = known(address(token), 0);
        settle(epoch);
        registry.mint(epoch, address(token), MANIFEST, 0, path);
        same(registry.balanceOf(address(token)), 1);
    }

    function test_Mint_RefusesRoyaltiesOverTheWhole() external {
        (uint64 epoch, bytes32[] memory path) = known(alice, 10_001);
        settle(epoch);
        vm.expectRevert();
        registry.mint(epoch, alice, MANIFEST, 10_001, path);
    }

    function test_Royalties_GoToTheAssetInTheLedger() external {
        (uint64 epoch, bytes32[] memory path) = known(alice, 500);
        settle(epoch);
        RoyaltySplitter splitter = registry.mint(epoch, alice, MANIFEST, 500, path);
        vm.expectRevert(RoyaltySplitter.NothingHere.selector);
        splitter.forward(address(token));
        token.mint(address(splitter), 70);
        vm.expectEmit();
        emit Deposits.Received(MANIFEST, address(token), address(splitter), 70);
        splitter.forward(address(token));
        same(settlement.inflow(address(token)), 70);
        token.mint(address(splitter), uint256(type(uint96).max) + 5);
        vm.expectRevert();
        splitter.forward(address(token));
    }

    function test_Interfaces_AreSaid() external view {
        holds(registry.supportsInterface(type(IERC721).interfaceId), "ERC-721");
        holds(registry.supportsInterface(type(IERC2981).interfaceId), "ERC-2981");
        holds(!registry.supportsInterface(0xffffffff), "none");
    }
}
