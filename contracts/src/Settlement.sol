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
        bytes32 subtree = _subtree(rows);
        require(MerkleProofLib.verifyCalldata(path, finalRoot(id), subtree), RangeInvalid());
        for (uint256 i; i < rows.length; ++i) {
            (address account, Leaves.Line[] calldata lines) = _row(rows, i);
            _payLines(id, account, account, lines);
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
                if (kind == PAY) _pay(id, account, to, token, cumulative);
            }
        }
    }

    /// @dev The line is marked before the transfer and unmarked if the token refuses it; the guard
    /// keeps a token that calls back from claiming in between, and the mark is taken back from what
    /// stands then, as finality may have come in between. Units beyond the final total are never
    /// paid; a token that is not listed has no total.
    function _pay(uint64 id, address account, address to, address token, uint96 cumulative)
        private
    {
        uint256 index = _indexOf(token);
        if (index == MAX_TOKENS) {
            if (cumulative != 0) emit PaymentFailed(id, account, token, cumulative);
            return;
        }
        uint256[4] storage done = _claimed[account];
        (uint256 paid_, uint256 unpaid) = (done[index >> 1], _unpaid[index >> 1]);
        uint96 before = _lane(paid_, index);
        if (cumulative <= before) return;
        uint96 amount = cumulative - before;
        if (amount > _lane(unpaid, index)) {
            emit PaymentFailed(id, account, token, amount);
            return;
        }
        uint256 laned = uint256(amount) << _shift(index);
        // Nothing is called between the reads and these writes.
        (done[index >> 1], _unpaid[index >> 1]) = (paid_ + laned, unpaid - laned);
        if (IERC20(token).trySafeTransfer(to, amount)) {
            emit Claimed(id, account, token, amount);
        } else {
            done[index >> 1] -= laned;
            _unpaid[index >> 1] += laned;
            emit PaymentFailed(id, account, token, amount);
        }
    }

    function _subtree(Row[] calldata rows) private view returns (bytes32) {
        uint256 count = rows.length;
        require(count != 0 && count & (count - 1) == 0, RangeNotAPowerOfTwo());
        bytes32[] memory nodes = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            (address account, Leaves.Line[] calldata lines) = _row(rows, i);
            require(lines.length <= MAX_LINES, TooManyLines());
            nodes[i] = Leaves.ofAccount(address(this), account, lines);
        }
        for (; count != 1; count >>= 1) {
            _halve(nodes, count);
        }
        return nodes[0];
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
