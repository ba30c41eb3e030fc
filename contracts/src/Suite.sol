// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Epochs} from "./Epochs.sol";
import {Escrow} from "./Escrow.sol";

/// @title One Settlement and one Escrow at addresses that follow from what they are
/// @notice The two name each other, so neither address can be computed from its own code. This
/// contract's can: deployed by the deterministic factory (CREATE2) it stands at the same address on
/// every chain for the same code and terms, and so do the first two contracts that it creates.
contract Suite {
    /// @notice `keccak256` of the creation codes and of the ABI-encoded terms.
    bytes32 public immutable settlementCode;
    bytes32 public immutable escrowCode;
    bytes32 public immutable termsHash;
    /// @notice Where the two contracts stand, or will.
    address public immutable settlement;
    address public immutable escrow;

    /// @notice All that the two contracts fix for ever.
    struct SuiteTerms {
        Epochs.Roles roles;
        Epochs.Terms terms;
        Escrow.EscrowTerms escrow;
        address[] tokens;
    }

    event Deployed(address indexed place);

    error OtherCode();
    error OtherTerms();
    error OutOfOrder();
    error CreationFailed();

    constructor(bytes32 settlementCode_, bytes32 escrowCode_, bytes32 termsHash_) {
        (settlementCode, escrowCode, termsHash) = (settlementCode_, escrowCode_, termsHash_);
        settlement = _created(0x01);
        escrow = _created(0x02);
    }

    /// @notice Creates the Settlement. Anyone may call: the code and the terms are the ones that
    /// this contract's address stands for.
    function deploySettlement(bytes calldata code, SuiteTerms calldata terms) external {
        require(keccak256(code) == settlementCode, OtherCode());
        require(keccak256(abi.encode(terms)) == termsHash, OtherTerms());
        require(settlement.code.length == 0, OutOfOrder());
        bytes memory arguments = abi.encode(terms.roles, terms.terms, escrow, terms.tokens);
        _create(bytes.concat(code, arguments));
    }

    /// @notice Creates the Escrow, after the Settlement. Anyone may call.
    function deployEscrow(bytes calldata code, SuiteTerms calldata terms) external {
        require(keccak256(code) == escrowCode, OtherCode());
        require(keccak256(abi.encode(terms)) == termsHash, OtherTerms());
        require(settlement.code.length != 0 && escrow.code.length == 0, OutOfOrder());
        _create(bytes.concat(code, abi.encode(settlement, terms.escrow)));
    }

    function _create(bytes memory code) private {
        address place;
        assembly ("memory-safe") {
            place := create(0, add(code, 0x20), mload(code))
        }
        require(place != address(0), CreationFailed());
        emit Deployed(place);
    }

    /// @dev The address of this contract's creation with this nonce below 0x80: the last 20 bytes
    /// of `keccak256(rlp([this, nonce]))`.
    function _created(bytes1 nonce) private view returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(hex"d694", address(this), nonce));
        return address(uint160(uint256(hash)));
    }
}
