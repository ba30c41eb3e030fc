// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProofLib} from "solady/src/utils/MerkleProofLib.sol";
import {Epochs} from "./Epochs.sol";
import {Faults} from "./Faults.sol";
import {Leaves} from "./Leaves.sol";
import {Objections} from "./Objections.sol";
import {Signatures} from "./Signatures.sol";

/// @title The pot, and the claims that final roots pay from it
/// @notice Each leaf holds everything one account was ever owed, so an older root only pays less
/// and every final root stays claimable for ever. The pot holds only what the Escrow has released;
/// campaign budgets never stand here. Nobody can take money out but by a claim.
contract Settlement is EIP712, Faults {
    using SafeERC20 for IERC20;

    /// @notice The only kind of line this contract pays. Other kinds may stand in a leaf and are
    /// passed over.
    uint8 public constant PAY = Leaves.PAY;
    uint256 public constant MAX_LINES = Leaves.MAX_LINES;

    bytes32 private constant CLAIM_TO =
        keccak256("ClaimTo(address account,address to,uint64 epoch,uint256 deadline)");

    /// @notice A leaf and the path from it to the root.
    struct Claim {
        address account;
        Leaves.Line[] lines;
        bytes32[] proof;
    }

    /// @notice A leaf without a path.
    struct Row {
        address account;
        Leaves.Line[] lines;
    }

    /// @notice Where an account wants its claim of one epoch to go.
    struct Redirection {
        address to;
        uint256 deadline;
        bytes signature;
    }

    /// @dev What an account has ever been paid, by pairs of tokens as in `Pots`.
    mapping(address account => uint256[4]) private _claimed;
    /// @notice Entries that somebody asked the log to include, by hash: the newest epoch then. An
    /// epoch two later that is final without the entry is at fault.
    mapping(bytes32 entryHash => uint64 epoch) public forced;

    event Claimed(uint64 indexed id, address indexed account, address indexed token, uint96 amount);
    /// @notice A line could not be paid and stays claimable, for any final id, by anyone.
    event PaymentFailed(
        uint64 indexed id, address indexed account, address indexed token, uint96 amount
    );
    /// @notice Precedes the payments of a claim that its account sends elsewhere.
    event Redirected(uint64 indexed id, address indexed account, address indexed to);
    event InclusionForced(bytes32 indexed entryHash, address indexed sender, uint64 epoch);

    error TooManyLines();
    error ProofInvalid(address account);
    error RangeNotAPowerOfTwo();
    error RangeInvalid();
    error SignatureExpired();
    error SignatureInvalid();
    error ToZero();
    error AlreadyForced();

    constructor(
        Roles memory roles,
        Terms memory terms,
        address escrow_,
        address[] memory tokens_
    ) EIP712("Headwater Settlement", "1") Epochs(roles, terms, escrow_, tokens_)
        Objections(roles, terms)
    {}

    /// @notice Pays the account of a leaf what it was not paid yet. Anyone may call; the money goes
    /// to the account.
    function claim(
        uint64 id,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) external nonReentrant {
        _claim(id, finalRoot(id), account, lines, proof);
    }

    /// @notice Claims for many accounts of one epoch. A line that was already paid is passed over,
    /// so nobody can make a batch fail by claiming first.
    function claimMany(uint64 id, Claim[] calldata claims) external nonReentrant {
        bytes32 root = finalRoot(id);
        for (uint256 i; i < claims.length; ++i) {
            _claim(id, root, claims[i].account, claims[i].lines, claims[i].proof);
        }
    }

    /// @notice Claims for an account and pays elsewhere, as the account has signed. Anyone may call
    /// with the signature. It holds for one epoch and so for one leaf, which cannot be paid twice.
    function claimTo(
        uint64 id,
        address account,
        Redirection calldata redirection,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) external nonReentrant {
        address to = redirection.to;
        require(to != address(0), ToZero());
        require(block.timestamp <= redirection.deadline, SignatureExpired());
        bytes32 hash = keccak256(abi.encode(CLAIM_TO, account, to, id, redirection.deadline));
        bool valid = Signatures.valid(account, _hashTypedDataV4(hash), redirection.signature);
        require(valid, SignatureInvalid());
        _verify(finalRoot(id), account, lines, proof);
        emit Redirected(id, account, to);
        _payLines(id, account, to, lines);
    }

    /// @notice Pays all leaves of one full subtree, 1, 2, 4, 8 and so on of them, with one path for
    /// all. Who is paid already, or refused by the token, is passed over.
    /// @param rows in the order of the tree, where neighbours are siblings.
    /// @param path from the subtree's root up.
    function payRange(uint64 id, Row[] calldata rows, bytes32[] calldata path)
        external
        nonReentrant
    {
        _fullSubtree(id, _leavesOf(rows), path);
        for (uint256 i; i < rows.length; ++i) {
            (address account, Leaves.Line[] calldata lines) = _row(rows, i);
            _payLines(id, account, account, lines);
        }
    }

    /// @notice `payRange` for less gas, where every leaf of the subtree has one line, all of kind
    /// PAY and of one token.
    /// @param rows as of `payRange`, each an account, the upper 160 bits, and its cumulative amount,
    /// the lower 96.
    function payRangeOf(
        uint64 id,
        address token,
        bytes32[] calldata rows,
        bytes32[] calldata path
    ) external nonReentrant {
        _fullSubtree(id, Leaves.ofPayments(address(this), token, rows), path);
        uint256 index = _indexOf(token);
        for (uint256 i; i < rows.length; ++i) {
            (address account, uint96 cumulative) = Leaves.paymentAt(rows, i);
            _pay(id, account, account, token, index, cumulative);
        }
    }

    /// @notice Asks, where everyone sees it, that the log include the entry with this hash.
    function forceInclude(bytes32 entryHash) external {
        require(forced[entryHash] == 0, AlreadyForced());
        // Never 0, so that the first epochs can be told from no request.
        uint64 epoch = lastId + 1;
        forced[entryHash] = epoch;
        emit InclusionForced(entryHash, msg.sender, epoch);
    }

    /// @notice What an account has ever been paid, in base units.
    function claimed(address account, address token) external view returns (uint96) {
        return _laneOf(_claimed[account], token);
    }

    /// @notice The hash that stands in the tree for an account's lines on this chain and contract.
    function leafHash(address account, Leaves.Line[] calldata lines)
        public
        view
        returns (bytes32)
    {
        return Leaves.ofAccount(address(this), account, lines);
    }

    /// @notice Refuses lines that a final epoch does not hold for the account. For contracts that
    /// act on lines of other kinds.
    function verify(
        uint64 id,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) external view {
        _verify(finalRoot(id), account, lines, proof);
    }

    function _claim(
        uint64 id,
        bytes32 root,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) private {
        _verify(root, account, lines, proof);
        _payLines(id, account, account, lines);
    }

    function _verify(
        bytes32 root,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) private view {
        require(lines.length <= MAX_LINES, TooManyLines());
        bytes32 leaf = leafHash(account, lines);
        require(MerkleProofLib.verifyCalldata(proof, root, leaf), ProofInvalid(account));
    }

    function _payLines(uint64 id, address account, address to, Leaves.Line[] calldata lines)
        private
    {
        unchecked {
            for (uint256 i; i < lines.length; ++i) {
                (uint256 kind, address token, uint96 cumulative) = Leaves.lineAt(lines, i);
                if (kind == PAY) _pay(id, account, to, token, _indexOf(token), cumulative);
            }
        }
    }

    /// @dev The line is marked before the transfer and unmarked if the token refuses it; the guard
    /// keeps a token that calls back from claiming in between.
    /// @param index the token's place in the list, as of `_indexOf`: looked up once for a range.
    function _pay(
        uint64 id,
        address account,
        address to,
        address token,
        uint256 index,
        uint96 cumulative
    ) private {
        (uint256 due, bool marked) = _mark(account, index, cumulative);
        if (due == 0) return;
        if (marked) {
            if (IERC20(token).trySafeTransfer(to, due)) {
                emit Claimed(id, account, token, uint96(due));
                return;
            }
            _unmark(account, index, due);
        }
        emit PaymentFailed(id, account, token, uint96(due));
    }

    /// @dev What is due to an account, counted as paid if it can be. Units beyond the final total
    /// are never paid; a token that is not listed has no total. It has one end, so that the compiler
    /// can put it into `_pay`.
    function _mark(address account, uint256 index, uint96 cumulative)
        private
        returns (uint256 due, bool marked)
    {
        if (index == MAX_TOKENS) {
            due = cumulative;
        } else {
            Word storage done = _wordOf(_claimed[account], index);
            Word storage unpaid = _wordOf(_unpaid, index);
            (uint256 paid_, uint256 left) = (done.lanes, unpaid.lanes);
            uint256 before = _lane(paid_, index);
            // A lane never falls below zero, nor passes what it has room for.
            unchecked {
                if (cumulative > before) {
                    due = cumulative - before;
                    if (due <= _lane(left, index)) {
                        uint256 laned = due << _shift(index);
                        // Nothing is called between the reads and these writes.
                        (done.lanes, unpaid.lanes) = (paid_ + laned, left - laned);
                        marked = true;
                    }
                }
            }
        }
    }

    /// @dev Takes a mark back from what stands now, as finality may have come in between.
    function _unmark(address account, uint256 index, uint256 due) private {
        uint256 laned = due << _shift(index);
        _wordOf(_claimed[account], index).lanes -= laned;
        _wordOf(_unpaid, index).lanes += laned;
    }

    /// @dev Refuses leaves that are not all of one subtree of a final epoch, in its order. They are
    /// overwritten with nodes.
    function _fullSubtree(uint64 id, bytes32[] memory leaves, bytes32[] calldata path)
        private
        view
    {
        uint256 count = leaves.length;
        require(count != 0 && count & (count - 1) == 0, RangeNotAPowerOfTwo());
        for (; count != 1; count >>= 1) {
            _halve(leaves, count);
        }
        require(MerkleProofLib.verifyCalldata(path, finalRoot(id), leaves[0]), RangeInvalid());
    }

    function _leavesOf(Row[] calldata rows) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](rows.length);
        for (uint256 i; i < rows.length; ++i) {
            (address account, Leaves.Line[] calldata lines) = _row(rows, i);
            require(lines.length <= MAX_LINES, TooManyLines());
            leaves[i] = Leaves.ofAccount(address(this), account, lines);
        }
    }

    /// @dev Row `i`, which is there, without the compiler's checks of offsets: wherever they lead,
    /// what stands there is hashed, and the path proves the hash.
    function _row(Row[] calldata rows, uint256 i)
        private
        pure
        returns (address account, Leaves.Line[] calldata lines)
    {
        assembly ("memory-safe") {
            let row := add(rows.offset, calldataload(add(rows.offset, shl(5, i))))
            account := calldataload(row)
            if shr(160, account) { revert(0, 0) }
            let list := add(row, calldataload(add(row, 0x20)))
            lines.length := calldataload(list)
            lines.offset := add(list, 0x20)
        }
    }

    /// @dev Puts the parents of the first `count` nodes, an even number of them, in their place.
    /// Each pair is hashed smaller first, as everywhere in the tree.
    function _halve(bytes32[] memory nodes, uint256 count) private pure {
        assembly ("memory-safe") {
            let from := add(nodes, 0x20)
            let to := from
            for { let end := add(from, shl(5, count)) } lt(from, end) { from := add(from, 0x40) } {
                let one := mload(from)
                let other := mload(add(from, 0x20))
                let place := shl(5, gt(one, other))
                mstore(place, one)
                mstore(xor(place, 0x20), other)
                mstore(to, keccak256(0x00, 0x40))
                to := add(to, 0x20)
            }
        }
    }
}
