// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Escrow} from "./Escrow.sol";
import {Leaves} from "./Leaves.sol";
import {Settlement} from "./Settlement.sol";

/// @title Stakes of contributors
/// @notice Stake leaves by one path only: a lot is taken out of the active stake, waits in the
/// account's queue, and is withdrawn after the newest final epoch's slash line was applied. Until
/// then all of it can be slashed. Slashes are lines of the epoch's tree, so they have the same
/// window and the same recomputation as pay, and no key of their own. What is slashed goes into the
/// Escrow, and by the ledger to the contributors of the label set that the work was done for.
/// @dev The balance equals the sum over accounts of active stake and lots.
contract Stake is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Without a final epoch for so long the exit is free of proofs and of its delay.
    uint256 public constant SILENCE = 60 days;
    /// @notice The most lots that may wait: a slash walks them all, so they must be few.
    uint256 public constant MAX_LOTS = 16;
    /// @notice The ledger's account that slashed stakes are credited to.
    bytes32 public constant REPAIR = keccak256("Headwater repair");

    /// @notice A part of a stake on its way out; `readyAt` in unix seconds.
    struct Lot {
        uint96 amount;
        uint48 readyAt;
    }

    /// @notice `queued` is the sum of the lots from `next` on.
    struct Account {
        uint96 active;
        uint96 queued;
        uint32 next;
        uint96 slashed;
        Lot[] lots;
    }

    Settlement public immutable settlement;
    Escrow public immutable escrow;
    IERC20 public immutable token;
    /// @notice Seconds a lot waits: the longest campaign, its appeals, an epoch and a dispute.
    uint48 public immutable exitDelay;

    mapping(address account => Account) internal _accounts;

    event Staked(address indexed account, uint96 amount);
    event ExitRequested(address indexed account, uint256 lot, uint96 amount, uint48 readyAt);
    event Withdrawn(address indexed account, uint256 lot, uint96 amount);
    event Slashed(address indexed account, uint64 indexed epoch, uint96 amount);

    error BadDeployment();
    error AmountZero();
    error StakeTooSmall(uint96 active);
    error TooManyLots();
    error NoLot();
    error LotWaits(uint48 readyAt);
    error EpochNotNewest(uint64 newest);
    error ProofNeeded();
    error ReceivedOther(uint256 received, uint256 expected);

    constructor(Escrow escrow_, IERC20 token_, uint48 exitDelay_) {
        (escrow, settlement, token) = (escrow_, escrow_.settlement(), token_);
        exitDelay = exitDelay_;
        bool longEnough = exitDelay_ >= settlement.window() + settlement.rulingTime();
        require(longEnough && settlement.allowed(address(token_)), BadDeployment());
    }

    /// @notice Adds to the caller's active stake.
    function stake(uint96 amount) external nonReentrant {
        require(amount != 0, AmountZero());
        _accounts[msg.sender].active += amount;
        emit Staked(msg.sender, amount);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, ReceivedOther(received, amount));
    }

    /// @notice Puts part of the caller's active stake at the end of its queue. Each request is a lot
    /// with a delay of its own: later stakes and requests change nothing about it.
    function requestExit(uint96 amount) external {
        require(amount != 0, AmountZero());
        Account storage account = _accounts[msg.sender];
        require(amount <= account.active, StakeTooSmall(account.active));
        require(account.lots.length - account.next < MAX_LOTS, TooManyLots());
        account.active -= amount;
        account.queued += amount;
        uint48 readyAt = uint48(block.timestamp) + exitDelay;
        account.lots.push(Lot(amount, readyAt));
        emit ExitRequested(msg.sender, account.lots.length - 1, amount, readyAt);
    }

    /// @notice Applies what an epoch says was ever slashed of an account. Anyone may call, with any
    /// final epoch: the amounts are cumulative.
    function slash(
        uint64 epoch,
        address account,
        Leaves.Line[] calldata lines,
        bytes32[] calldata proof
    ) external nonReentrant {
        settlement.verify(epoch, account, lines, proof);
        _slash(epoch, account, lines);
    }

    /// @notice Withdraws the caller's oldest lot, after the account's slash line of the newest final
    /// epoch was applied.
    function withdraw(uint64 epoch, Leaves.Line[] calldata lines, bytes32[] calldata proof)
        external
        nonReentrant
    {
        uint64 newest = settlement.finalId();
        require(epoch == newest, EpochNotNewest(newest));
        settlement.verify(epoch, msg.sender, lines, proof);
        _slash(epoch, msg.sender, lines);
        _withdraw(0);
    }

    /// @notice Withdraws the caller's oldest lot without a proof: at any time if no epoch has become
    /// final for 60 days, otherwise 60 days after the lot was ready, in which anyone could have
    /// slashed it. So an operator that leaves an account out of its trees can't keep the stake.
    function withdrawUnproven() external nonReentrant {
        bool silent = block.timestamp >= settlement.finalAt() + SILENCE;
        if (silent) _release();
        _withdraw(silent ? 0 : SILENCE);
    }

    /// @notice An account's active stake, the sum of its lots, and all that was ever slashed.
    function staked(address account)
        external
        view
        returns (uint96 active, uint96 queued, uint96 slashed)
    {
        Account storage it = _accounts[account];
        return (it.active, it.queued, it.slashed);
    }

    /// @notice The lots that wait, oldest first.
    function lots(address account) external view returns (Lot[] memory waiting) {
        Account storage it = _accounts[account];
        waiting = new Lot[](it.lots.length - it.next);
        for (uint256 i; i < waiting.length; ++i) {
            waiting[i] = it.lots[it.next + i];
        }
    }

    /// @dev In a silence the whole stake becomes one lot that is ready.
    function _release() private {
        Account storage account = _accounts[msg.sender];
        uint96 amount = account.active + account.queued;
        (account.active, account.queued) = (0, amount);
        account.next = uint32(account.lots.length);
        account.lots.push(Lot(amount, uint48(block.timestamp)));
        emit ExitRequested(msg.sender, account.next, amount, uint48(block.timestamp));
    }

    /// @dev Pays the oldest lot, or what slashes have left of it. A lot that slashes took whole is
    /// passed.
    function _withdraw(uint256 extraDelay) private {
        Account storage account = _accounts[msg.sender];
        uint256 count = account.lots.length;
        uint32 next = account.next;
        while (next < count && account.lots[next].amount == 0) ++next;
        require(next < count, NoLot());
        Lot memory lot = account.lots[next];
        require(block.timestamp >= lot.readyAt, LotWaits(lot.readyAt));
        require(block.timestamp >= lot.readyAt + extraDelay, ProofNeeded());
        account.lots[next].amount = 0;
        account.next = next + 1;
        account.queued -= lot.amount;
        emit Withdrawn(msg.sender, next, lot.amount);
        token.safeTransfer(msg.sender, lot.amount);
    }

    /// @dev Takes from the active stake first and from the newest lots next. What the stake can't
    /// cover stays due: a later stake is slashed for it.
    function _slash(uint64 epoch, address owner, Leaves.Line[] calldata lines) private {
        Account storage account = _accounts[owner];
        uint96 due = _cumulative(lines);
        if (due <= account.slashed) return;
        due -= account.slashed;
        uint96 taken = due < account.active ? due : account.active;
        account.active -= taken;
        for (uint256 i = account.lots.length; i > account.next && taken < due; --i) {
            Lot storage lot = account.lots[i - 1];
            uint96 part = lot.amount < due - taken ? lot.amount : due - taken;
            lot.amount -= part;
            account.queued -= part;
            taken += part;
        }
        if (taken == 0) return;
        account.slashed += taken;
        emit Slashed(owner, epoch, taken);
        token.forceApprove(address(escrow), taken);
        escrow.depositFor(REPAIR, address(token), taken);
    }

    function _cumulative(Leaves.Line[] calldata lines) private view returns (uint96 most) {
        for (uint256 i; i < lines.length; ++i) {
            bool ours = lines[i].kind == Leaves.SLASH && lines[i].token == address(token);
            if (ours && lines[i].cumulative > most) most = lines[i].cumulative;
        }
    }
}
