// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Epochs} from "./Epochs.sol";
import {Settlement} from "./Settlement.sol";

/// @title Budgets and prepaid credit
/// @notice Each deposit belongs to its funder until an epoch debits it. A debit waits for its
/// epoch: once the epoch is final, anyone may release the money to the Settlement; if the epoch is
/// vetoed, anyone may restore it to the budget. What is not debited goes back to the funder after
/// the deposit's close, with the operator or without.
/// @dev For each token the balance equals the sum over deposits of amount - released - refunded.
contract Escrow is ReentrancyGuardTransient {
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

    struct Debit {
        uint64 id;
        uint96 amount;
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

    Settlement public immutable settlement;
    address public immutable debitor;

    /// @notice The newest deposit's id. Ids are consecutive from 1.
    uint64 public lastId;

    mapping(uint64 id => Deposit) internal _deposits;
    /// @notice What an epoch has debited from a deposit. A veto returns it; release leaves it as a
    /// record.
    mapping(uint64 epoch => mapping(uint64 id => uint96)) public debited;
    /// @notice What an epoch has debited in a token and not yet released or restored.
    mapping(uint64 epoch => mapping(address token => uint256)) public pending;

    event Opened(
        uint64 indexed id,
        address indexed funder,
        bytes32 indexed account,
        address token,
        uint96 amount,
        uint96 maxPerEpoch,
        uint64 closesAt
    );
    event Debited(uint64 indexed epoch, uint64 indexed id, uint96 amount);
    event Released(uint64 indexed epoch, address indexed token, uint256 amount);
    event Restored(uint64 indexed epoch, uint64 indexed id, uint96 amount);
    event Refunded(uint64 indexed id, address indexed funder, uint96 amount);

    error BadDeployment();
    error NotDebitor();
    error TokenNotListed(address token);
    error FunderZero();
    error AmountZero();
    error CapZero();
    error AlreadyClosed();
    error ReceivedOther(uint256 received, uint256 expected);
    error DepositUnknown(uint64 id);
    error EpochNotOpen(uint64 epoch);
    error EpochNotFinal(uint64 epoch);
    error EpochNotVetoed(uint64 epoch);
    error BudgetExceeded(uint64 id, uint96 available);
    error EpochCapExceeded(uint64 id, uint96 maxPerEpoch);
    error NotClosed(uint64 id);
    error NothingToRefund(uint64 id);

    /// @param settlement_ deployed before this contract and already naming it.
    constructor(Settlement settlement_, address debitor_) {
        require(settlement_.escrow() == address(this), BadDeployment());
        settlement = settlement_;
        debitor = debitor_;
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
    ) external nonReentrant returns (uint64 id) {
        require(settlement.allowed(token), TokenNotListed(token));
        id = lastId + 1;
        lastId = id;
        _record(id, token, Opening(msg.sender, account, amount, maxPerEpoch, closesAt));
        _receive(token, amount);
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
        require(settlement.allowed(token), TokenNotListed(token));
        first = lastId + 1;
        uint256 sum;
        for (uint256 i; i < openings.length; ++i) {
            _record(first + uint64(i), token, openings[i]);
            sum += openings[i].amount;
        }
        lastId += uint64(openings.length);
        _receive(token, sum);
    }

    /// @notice Takes what epoch `epoch` owes out of budgets. The money stays here until the epoch
    /// is final.
    /// @dev Only while the epoch's window runs, so that whoever may halt the epoch sees its debits.
    function debit(uint64 epoch, Debit[] calldata debits) external {
        require(msg.sender == debitor, NotDebitor());
        require(settlement.status(epoch) == Epochs.Status.Open, EpochNotOpen(epoch));
        require(block.timestamp < settlement.readyAt(epoch), EpochNotOpen(epoch));
        for (uint256 i; i < debits.length; ++i) {
            (uint64 id, uint96 amount) = (debits[i].id, debits[i].amount);
            Deposit storage deposit_ = _deposits[id];
            (address token, uint96 available) = (deposit_.token, deposit_.available);
            require(token != address(0), DepositUnknown(id));
            require(amount != 0, AmountZero());
            require(amount <= available, BudgetExceeded(id, available));
            uint96 before = debited[epoch][id];
            uint96 cap = deposit_.maxPerEpoch;
            require(before <= cap && amount <= cap - before, EpochCapExceeded(id, cap));
            deposit_.available = available - amount;
            debited[epoch][id] = before + amount;
            pending[epoch][token] += amount;
            emit Debited(epoch, id, amount);
        }
    }

    /// @notice Moves what a final epoch has debited to the Settlement's pot and accounts it there.
    /// Anyone may call; a token with nothing pending is passed over.
    function release(uint64 epoch, address[] calldata tokens) external nonReentrant {
        require(settlement.status(epoch) == Epochs.Status.Final, EpochNotFinal(epoch));
        for (uint256 i; i < tokens.length; ++i) {
            address token = tokens[i];
            uint256 amount = pending[epoch][token];
            if (amount == 0) continue;
            pending[epoch][token] = 0;
            IERC20(token).safeTransfer(address(settlement), amount);
            settlement.noteInflow(token, amount);
            emit Released(epoch, token, amount);
        }
    }

    /// @notice Returns what a vetoed epoch has debited to the budgets. Anyone may call, in any
    /// number of parts.
    function restore(uint64 epoch, uint64[] calldata ids) external {
        require(settlement.status(epoch) == Epochs.Status.Vetoed, EpochNotVetoed(epoch));
        for (uint256 i; i < ids.length; ++i) {
            uint64 id = ids[i];
            uint96 amount = debited[epoch][id];
            if (amount == 0) continue;
            debited[epoch][id] = 0;
            Deposit storage deposit_ = _deposits[id];
            pending[epoch][deposit_.token] -= amount;
            deposit_.available += amount;
            emit Restored(epoch, id, amount);
        }
    }

    /// @notice Pays the funder what no epoch has debited. Anyone may call, once a final epoch
    /// covers the close or `REFUND_DELAY` after it; again, if a veto has restored more since.
    function refund(uint64 id) external nonReentrant {
        Deposit storage deposit_ = _deposits[id];
        require(deposit_.token != address(0), DepositUnknown(id));
        uint256 closesAt = deposit_.closesAt;
        bool covered = settlement.finalLogTimeMs() >= closesAt * 1000;
        require(covered || block.timestamp >= closesAt + REFUND_DELAY, NotClosed(id));
        uint96 amount = deposit_.available;
        require(amount != 0, NothingToRefund(id));
        deposit_.available = 0;
        deposit_.refunded += amount;
        IERC20(deposit_.token).safeTransfer(deposit_.funder, amount);
        emit Refunded(id, deposit_.funder, amount);
    }

    /// @notice The deposit as it stands; all zero for an unknown id.
    function deposit(uint64 id) external view returns (Deposit memory) {
        return _deposits[id];
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

    /// @dev Refuses tokens that take a fee on the way: the ledger credits what was announced.
    function _receive(address token, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        require(received == amount, ReceivedOther(received, amount));
    }
}
