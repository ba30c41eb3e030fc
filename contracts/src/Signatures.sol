// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {
    SignatureChecker
} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Who signed
/// @notice A key's own signature first, a contract's word (ERC-1271) second: an account that has
/// delegated to code by EIP-7702 keeps signing with its key, whatever that code understands.
library Signatures {
    /// @notice Whether `account` signed `digest`, as a key or as a contract.
    function valid(address account, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        (address key, ECDSA.RecoverError fault,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (fault == ECDSA.RecoverError.NoError && key == account) return true;
        return account.code.length != 0
            && SignatureChecker.isValidERC1271SignatureNow(account, digest, signature);
    }

    /// @notice The key that signed `digest`; zero if the signature is malformed.
    function signer(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        (address key, ECDSA.RecoverError fault,) = ECDSA.tryRecoverCalldata(digest, signature);
        return fault == ECDSA.RecoverError.NoError ? key : address(0);
    }

    /// @notice `signer` for a signature in memory.
    function recovered(bytes32 digest, bytes memory signature) internal pure returns (address) {
        (address key, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, signature);
        return fault == ECDSA.RecoverError.NoError ? key : address(0);
    }
}
