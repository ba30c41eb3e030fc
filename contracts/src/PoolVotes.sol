// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {Leaves} from "./Leaves.sol";
import {Settlement} from "./Settlement.sol";

/// @title The votes of one pool's members
/// @notice Votes are lines of the epoch's tree, minted to the account they are for. They cannot be
/// transferred, so they cannot be bought. A stock Governor and Timelock decide with them.
contract PoolVotes is ERC20Votes {
    Settlement public immutable settlement;

    /// @notice What was ever minted to an account.
    mapping(address account => uint96) public minted;

    error NotTransferable();
    error NothingToMint();

    constructor(Settlement settlement_, string memory name_, string memory symbol_)
        ERC20(name_, symbol_)
        EIP712(name_, "1")
    {
        settlement = settlement_;
    }

    /// @notice Mints the votes that a final epoch gives an account beyond those it has. Anyone may
    /// call. An account that has never delegated votes for itself.
    function mint(
        uint64 epoch,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) external {
        settlement.verify(epoch, account, lines, proof);
        (uint96 most, uint96 before) = (0, minted[account]);
        for (uint256 i; i < lines.length; ++i) {
            bool ours = lines[i].kind == Leaves.VOTE && lines[i].token == address(this);
            if (ours && lines[i].cumulative > most) most = lines[i].cumulative;
        }
        require(most > before, NothingToMint());
        minted[account] = most;
        if (before == 0 && delegates(account) == address(0)) _delegate(account, account);
        _mint(account, most - before);
    }

    /// @notice Unix seconds (ERC-6372): blocks come at other paces on other chains.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice How `clock` counts, as ERC-6372 words it.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @dev Mints only.
    function _update(address from, address to, uint256 value) internal override {
        require(from == address(0), NotTransferable());
        super._update(from, to, value);
    }
}
