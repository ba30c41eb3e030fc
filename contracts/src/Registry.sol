// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {MerkleProofLib} from "solady/src/utils/MerkleProofLib.sol";
import {Escrow} from "./Escrow.sol";
import {Leaves} from "./Leaves.sol";
import {RoyaltySplitter} from "./RoyaltySplitter.sol";
import {Settlement} from "./Settlement.sol";

/// @title Assets of the ledger as tokens
/// @notice An asset lives in the log at no cost; whoever wants the token proves the asset's leaf in
/// a final epoch. The token's id is the hash of the manifest. From the mint on the ledger follows
/// the token's owner, by final transfers only. Royalties of sales go to the asset's splitter: they
/// belong to its lineage, never to the owner alone.
contract Registry is ERC721, ERC2981 {
    Settlement public immutable settlement;
    Escrow public immutable escrow;

    event Minted(
        uint256 indexed tokenId, address indexed owner, uint64 indexed epoch, address splitter
    );

    error ProofInvalid();

    constructor(Escrow escrow_) ERC721("Headwater assets", "HWA") {
        (escrow, settlement) = (escrow_, escrow_.settlement());
    }

    /// @notice Mints the token of an asset to the owner that the epoch names. Anyone may call.
    /// @dev Not `_safeMint`: a stranger could otherwise hand control to the owner's contract in the
    /// middle of a mint, and an owner that is a contract need not know of this call.
    /// @param manifest hash of the asset's manifest, and the token's id.
    /// @param royaltyBps share of a sale for the splitter, in basis points.
    function mint(
        uint64 epoch,
        address owner,
        bytes32 manifest,
        uint16 royaltyBps,
        bytes32[] calldata proof
    ) external returns (RoyaltySplitter splitter) {
        bytes32 leaf = Leaves.ofAsset(address(this), owner, manifest, royaltyBps);
        bytes32 root = settlement.finalRoot(epoch);
        require(MerkleProofLib.verifyCalldata(proof, root, leaf), ProofInvalid());
        uint256 tokenId = uint256(manifest);
        _mint(owner, tokenId);
        splitter = new RoyaltySplitter{salt: manifest}(escrow, manifest);
        _setTokenRoyalty(tokenId, address(splitter), royaltyBps);
        emit Minted(tokenId, owner, epoch, address(splitter));
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, ERC2981)
        returns (bool)
    {
        return super.supportsInterface(interfaceId);
    }
}
