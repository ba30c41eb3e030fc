// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Epochs} from "./Epochs.sol";

/// @title The pot, and the claims that final roots pay from it
/// @notice Each leaf holds everything one account was ever owed, so an older root only pays less
/// and every final root stays claimable for ever. The pot holds only what the Escrow has released;
/// campaign budgets never stand here. Nobody can take money out but by a claim.
contract Settlement is Epochs, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice The only kind of line this contract pays. Other kinds may stand in a leaf and are
    /// passed over.
    uint8 public constant PAY = 1;
    uint256 public constant MAX_LINES = 8;

    /// @notice One cumulative amount, in base units, of one kind and token. Leaves keep lines
    /// ascending by token.
    struct Line {
        uint8 kind;
        address token;
        uint96 cumulative;
    }

    /// @notice A leaf and the path from it to the root.
    struct Claim {
        address account;
        Line[] lines;
        bytes32[] proof;
    }

    /// @notice What an account has ever been paid, in base units.
    mapping(address account => mapping(address token => uint96)) public claimed;

    event Claimed(uint64 indexed id, address indexed account, address indexed token, uint96 amount);
    /// @notice A line could not be paid and stays claimable, for any final id, by anyone.
    event PaymentFailed(
        uint64 indexed id, address indexed account, address indexed token, uint96 amount
    );

    error NotFinal(uint64 id);
    error TooManyLines();
    error ProofInvalid(address account);

    constructor(
        address poster_,
        address guardian_,
        address arbiter_,
        address escrow_,
        uint48 window_,
        uint48 rulingTime_,
        address[] memory tokens_
    ) Epochs(poster_, guardian_, arbiter_, escrow_, window_, rulingTime_, tokens_) {}

    /// @notice Pays the account of a leaf what it was not paid yet. Anyone may call; the money goes
    /// to the account.
    function claim(uint64 id, address account, Line[] calldata lines, bytes32[] calldata proof)
        external
        nonReentrant
    {
        _claim(id, _finalRoot(id), account, lines, proof);
    }

    /// @notice Claims for many accounts of one epoch. A line that was already paid is passed over,
    /// so nobody can make a batch fail by claiming first.
    function claimMany(uint64 id, Claim[] calldata claims) external nonReentrant {
        bytes32 root = _finalRoot(id);
        for (uint256 i; i < claims.length; ++i) {
            _claim(id, root, claims[i].account, claims[i].lines, claims[i].proof);
        }
    }

    /// @notice The hash that stands in the tree for an account's lines on this chain and contract.
    function leafHash(address account, Line[] calldata lines) public view returns (bytes32) {
        bytes memory leaf = abi.encode(block.chainid, address(this), account, lines);
        return keccak256(bytes.concat(keccak256(leaf)));
    }

    function _claim(
        uint64 id,
        bytes32 root,
        address account,
        Line[] calldata lines,
        bytes32[] calldata proof
    ) private {
        require(lines.length <= MAX_LINES, TooManyLines());
        bytes32 leaf = leafHash(account, lines);
        require(MerkleProof.verifyCalldata(proof, root, leaf), ProofInvalid(account));
        for (uint256 i; i < lines.length; ++i) {
            if (lines[i].kind == PAY) _pay(id, account, lines[i].token, lines[i].cumulative);
        }
    }

    /// @dev The line is marked before the transfer and unmarked if the token refuses it; the guard
    /// keeps a token that calls back from seeing the time between. Units beyond the final total are
    /// never paid.
    function _pay(uint64 id, address account, address token, uint96 cumulative) private {
        uint96 before = claimed[account][token];
        if (cumulative <= before) return;
        uint96 amount = cumulative - before;
        Pot storage pot = _pots[token];
        (uint96 paidBefore, uint96 limit) = (pot.paid, pot.finalTotal);
        if (!pot.allowed || amount > limit - paidBefore) {
            emit PaymentFailed(id, account, token, amount);
            return;
        }
        claimed[account][token] = cumulative;
        pot.paid = paidBefore + amount;
        if (IERC20(token).trySafeTransfer(account, amount)) {
            emit Claimed(id, account, token, amount);
        } else {
            claimed[account][token] = before;
            pot.paid = paidBefore;
            emit PaymentFailed(id, account, token, amount);
        }
    }

    function _finalRoot(uint64 id) private view returns (bytes32) {
        require(id != 0 && _epochs[id].status == Status.Final, NotFinal(id));
        return _epochs[id].root;
    }
}
