// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Payments} from "./Payments.sol";

/// @title Deposits: the budgets of campaigns
/// @notice Each deposit belongs to its funder until an epoch debits it. What is not debited goes
/// back to the funder after the deposit's close, with the operator or without.
abstract contract Deposits is Payments, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice How long after the close a refund needs no final epoch.
    uint256 public constant REFUND_DELAY = 30 days;

    /// @notice One deposit to open. `funder` is its owner: refunds go there and nowhere else.
    struct Opening {
        address funder;
        bytes32 account;
        uint96 amount;
        uint96 maxPerEpoch;
        uint64 closesAt;
    }

    /// @notice `available` is what is neither debited nor refunded, in base units; `closesAt` is in
    /// unix seconds.
    struct Deposit {
        address funder;
        uint96 amount;
        address token;
        uint96 available;
        uint96 maxPerEpoch;
        uint96 refunded;
        uint64 closesAt;
    }

    /// @notice Seconds between `close` and the refund, for debits by proof to come first.
    uint48 public immutable refundGrace;

    /// @notice The newest deposit's id. Ids are consecutive from 1.
    uint64 public lastId;

    mapping(uint64 id => Deposit) internal _deposits;
    /// @notice The chain time at which somebody noted that a final epoch covers the close.
    mapping(uint64 id => uint48) public closedAt;

    event Opened(
        uint64 indexed id,
        address indexed funder,
        bytes32 indexed account,
        address token,
        uint96 amount,
        uint96 maxPerEpoch,
        uint64 closesAt
    );
    event Closed(uint64 indexed id);
    event Refunded(uint64 indexed id, address indexed funder, uint96 amount);
    /// @notice Money for an account of the ledger that nobody can take back: royalties of sales,
    /// slashed stakes.
    event Received(
        bytes32 indexed account, address indexed token, address indexed from, uint96 amount
    );

    error FunderZero();
    error CapZero();
    error AlreadyClosed();
    error DepositUnknown(uint64 id);
    error NotClosed(uint64 id);
    error NothingToRefund(uint64 id);

    constructor(uint48 refundGrace_) {
        refundGrace = refundGrace_;
    }

    /// @notice Deposits `amount` of the caller's tokens; the caller is the funder.
    /// @param account the ledger's account that the money is credited to.
    /// @param maxPerEpoch the most that one epoch may debit: it bounds what a stolen debit key can
    /// take at once.
    /// @param closesAt unix seconds after which what is left goes back.
    function open(
        address token,
        uint96 amount,
        bytes32 account,
        uint96 maxPerEpoch,
        uint64 closesAt
    ) external nonReentrant returns (uint64) {
        return _open(token, Opening(msg.sender, account, amount, maxPerEpoch, closesAt));
    }

    /// @notice `open` with the allowance in the same transaction (EIP-2612). The caller is the
    /// funder, whoever is named. A permit that somebody else has used already does no harm.
    function openWithPermit(address token, Opening memory opening, Permit calldata permit)
        external
        nonReentrant
        returns (uint64)
    {
        _tryPermit(token, permit);
        opening.funder = msg.sender;
        return _open(token, opening);
    }

    /// @notice Opens a deposit with the funder's signed authorisation (EIP-3009); anyone may call.
    /// @dev Its nonce must be `authorizationNonce`, so whoever sends it can't change the deposit.
    function openWithAuthorization(
        address token,
        Opening calldata opening,
        Authorization calldata authorization
    ) external nonReentrant returns (uint64 id) {
        _listed(token);
        id = lastId + 1;
        lastId = id;
        _record(id, token, opening);
        bytes32 nonce = authorizationNonce(opening, authorization.salt);
        _receiveAuthorized(token, opening.funder, opening.amount, nonce, authorization);
    }

    /// @notice Opens many deposits with one transfer. The caller pays for all of them and gives
    /// each to the funder it names, who alone gets refunds: so a sponsor can fund many owners and
    /// keeps no hold on the money.
    /// @return first the id of the first deposit; the others follow consecutively.
    function openMany(address token, Opening[] calldata openings)
        external
        nonReentrant
        returns (uint64 first)
    {
        _listed(token);
        first = lastId + 1;
        uint256 sum;
        for (uint256 i; i < openings.length; ++i) {
            _record(first + uint64(i), token, openings[i]);
            sum += openings[i].amount;
        }
        lastId += uint64(openings.length);
        _receive(token, sum);
    }

    /// @notice Takes the caller's money for an account of the ledger, for good: it goes to the pot.
    function depositFor(bytes32 account, address token, uint96 amount) external nonReentrant {
        _listed(token);
        require(amount != 0, AmountZero());
        emit Received(account, token, msg.sender, amount);
        _receive(token, amount);
        _toPot(token, amount);
    }

    /// @notice Notes that a final epoch covers the close of a deposit, which starts the grace
    /// before its refund. Anyone may call.
    function close(uint64 id) external {
        require(_covered(id) && closedAt[id] == 0, NotClosed(id));
        closedAt[id] = uint48(block.timestamp);
        emit Closed(id);
    }

    /// @notice Pays the funder what no epoch has debited. Anyone may call, once the grace after
    /// `close` is over (at once, if there is none) or `REFUND_DELAY` after the close; again, if a
    /// veto has restored more since.
    function refund(uint64 id) external nonReentrant {
        Deposit storage deposit_ = _deposits[id];
        uint48 closed = closedAt[id];
        bool graced = refundGrace == 0
            ? _covered(id)
            : closed != 0 && block.timestamp >= uint256(closed) + refundGrace;
        bool late = block.timestamp >= deposit_.closesAt + REFUND_DELAY;
        require(deposit_.token != address(0), DepositUnknown(id));
        require(graced || late, NotClosed(id));
        uint96 amount = deposit_.available;
        require(amount != 0, NothingToRefund(id));
        deposit_.available = 0;
        deposit_.refunded += amount;
        emit Refunded(id, deposit_.funder, amount);
        IERC20(deposit_.token).safeTransfer(deposit_.funder, amount);
    }

    /// @notice The deposit as it stands; all zero for an unknown id.
    function deposit(uint64 id) external view returns (Deposit memory) {
        return _deposits[id];
    }

    /// @notice The nonce that an EIP-3009 authorisation must carry to open this deposit.
    function authorizationNonce(Opening calldata opening, bytes32 salt)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode("Headwater deposit", opening, salt));
    }

    function _open(address token, Opening memory opening) private returns (uint64 id) {
        _listed(token);
        id = lastId + 1;
        lastId = id;
        _record(id, token, opening);
        _receive(token, opening.amount);
    }

    function _covered(uint64 id) private view returns (bool) {
        Deposit storage deposit_ = _deposits[id];
        require(deposit_.token != address(0), DepositUnknown(id));
        return settlement.finalLogTimeMs() >= uint256(deposit_.closesAt) * 1000;
    }

    function _record(uint64 id, address token, Opening memory opening) private {
        require(opening.funder != address(0), FunderZero());
        require(opening.amount != 0, AmountZero());
        require(opening.maxPerEpoch != 0, CapZero());
        require(opening.closesAt > block.timestamp, AlreadyClosed());
        _deposits[id] = Deposit({
            funder: opening.funder,
            amount: opening.amount,
            token: token,
            available: opening.amount,
            maxPerEpoch: opening.maxPerEpoch,
            refunded: 0,
            closesAt: opening.closesAt
        });
        emit Opened(
            id,
            opening.funder,
            opening.account,
            token,
            opening.amount,
            opening.maxPerEpoch,
            opening.closesAt
        );
    }
}
