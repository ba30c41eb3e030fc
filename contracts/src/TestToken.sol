// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Signatures} from "./Signatures.sol";

/// @title Money for devnets
/// @notice An ERC-20 with six decimals that anybody may mint, with permits (EIP-2612) and
/// authorised transfers (EIP-3009). Never deploy it where a token is worth anything.
contract TestToken is ERC20Permit {
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    /// @notice Whether an authorisation's nonce is used (EIP-3009).
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);

    error NotPayee();
    error AuthorizationNotYetValid();
    error AuthorizationExpired();
    error AuthorizationUsedBefore();
    error AuthorizationNotSigned();

    constructor() ERC20("Headwater test dollar", "tUSD") ERC20Permit("Headwater test dollar") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Makes `amount` base units for `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Moves money as `from` has signed; only the payee may call (EIP-3009).
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
    ) external {
        require(to == msg.sender, NotPayee());
        bytes32 hash =
            keccak256(abi.encode(RECEIVE, from, to, value, validAfter, validBefore, nonce));
        _authorize(from, nonce, validAfter, validBefore);
        _signed(from, hash, abi.encodePacked(r, s, v));
        _transfer(from, to, value);
    }

    /// @notice Moves money as `from` has signed; anyone may call (EIP-3009).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 hash =
            keccak256(abi.encode(TRANSFER, from, to, value, validAfter, validBefore, nonce));
        _authorize(from, nonce, validAfter, validBefore);
        _signed(from, hash, abi.encodePacked(r, s, v));
        _transfer(from, to, value);
    }

    function _authorize(address from, bytes32 nonce, uint256 validAfter, uint256 validBefore)
        private
    {
        require(block.timestamp > validAfter, AuthorizationNotYetValid());
        require(block.timestamp < validBefore, AuthorizationExpired());
        require(!authorizationState[from][nonce], AuthorizationUsedBefore());
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
    }

    function _signed(address from, bytes32 hash, bytes memory signature) private view {
        address key = Signatures.recovered(_hashTypedDataV4(hash), signature);
        require(key == from, AuthorizationNotSigned());
    }
}
