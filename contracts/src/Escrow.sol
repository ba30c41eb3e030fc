// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProofLib} from "solady/src/utils/MerkleProofLib.sol";
import {Credit} from "./Credit.sol";
import {Deposits} from "./Deposits.sol";
import {Epochs} from "./Epochs.sol";
import {Leaves} from "./Leaves.sol";
import {Payments} from "./Payments.sol";
import {Rotation} from "./Rotation.sol";
import {Settlement} from "./Settlement.sol";

/// @title Budgets and prepaid credit
/// @notice A debit waits for its epoch: once the epoch is final, anyone may release the money to
/// the Settlement; if the epoch is vetoed, anyone may restore it to the budget. A funder may
/// dispute a debit with a bond. What a final epoch says a deposit owes can be debited by anyone,
/// with the operator or without.
/// @dev For each token the balance equals the sum of what deposits have available, of pending and
/// disputed debits, of dispute bonds, of what is owed, and of credit.
contract Escrow is Deposits, Credit, Rotation {
    using SafeERC20 for IERC20;

    /// @notice A dispute's bond, in per cent of the disputed debit.
    uint256 public constant DISPUTE_PERCENT = 5;

    /// @notice What an Escrow fixes for ever, with seconds as its unit of time.
    struct EscrowTerms {
        address debitor;
        uint48 refundGrace;
        uint48 creditNotice;
    }

    struct Debit {
        uint64 id;
        uint96 amount;
    }

    /// @notice A disputed debit, held until it is ruled on, and the bond of the funder.
    struct Dispute {
        uint96 amount;
        uint96 bond;
        uint48 rulingEnds;
    }

    /// @notice What an epoch has debited from a deposit. A veto returns it, a dispute holds it;
    /// release leaves it as a record.
    mapping(uint64 epoch => mapping(uint64 id => uint96)) public debited;
    /// @notice What an epoch has debited in a token and not yet released or restored.
    mapping(uint64 epoch => mapping(address token => uint256)) public pending;
    mapping(uint64 epoch => mapping(uint64 id => Dispute)) public disputes;
    /// @notice The most that a final epoch was shown to have charged a deposit in all.
    mapping(uint64 id => uint96) public proven;
    /// @notice Dispute bonds to be collected.
    mapping(address account => mapping(address token => uint96)) public owed;

    event Debited(uint64 indexed epoch, uint64 indexed id, uint96 amount);
    event DebitedByProof(uint64 indexed epoch, uint64 indexed id, uint96 amount);
    event Released(uint64 indexed epoch, address indexed token, uint256 amount);
    event Restored(uint64 indexed epoch, uint64 indexed id, uint96 amount);
    event Disputed(uint64 indexed epoch, uint64 indexed id, uint96 amount, uint96 bond);
    event DisputeRuled(uint64 indexed epoch, uint64 indexed id, uint96 granted);
    event Collected(address indexed account, address indexed token, uint96 amount);

    error NotDebitor();
    error NotArbiter();
    error NotFunder();
    error EpochNotOpen(uint64 epoch);
    error EpochNotFinal(uint64 epoch);
    error EpochNotVetoed(uint64 epoch);
    error BudgetExceeded(uint64 id, uint96 available);
    error EpochCapExceeded(uint64 id, uint96 maxPerEpoch);
    error InDispute(uint64 id);
    error NothingDebited(uint64 id);
    error NoDispute(uint64 id);
    error RulingRunning(uint48 until);
    error GrantTooLarge(uint96 disputed);
    error ProofInvalid(uint64 id);
    error NothingOwed();

    constructor(Settlement settlement_, EscrowTerms memory terms)
        EIP712("Headwater Escrow", "1")
        Payments(settlement_)
        Deposits(terms.refundGrace)
        Credit(terms.creditNotice)
        Rotation(terms.debitor, settlement_.rotator(), 2 * settlement_.window())
    {}

    /// @notice The key that debits.
    function debitor() external view returns (address) {
        return _key;
    }

    /// @notice Takes what epoch `epoch` owes out of budgets. The money stays here until the epoch
    /// is final.
    /// @dev Only while the epoch's window runs, so that whoever may halt the epoch sees its debits.
    function debit(uint64 epoch, Debit[] calldata debits) external {
        require(msg.sender == _key, NotDebitor());
        _openEpoch(epoch);
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
            require(before != 0 || disputes[epoch][id].amount == 0, InDispute(id));
            deposit_.available = available - amount;
            debited[epoch][id] = before + amount;
            pending[epoch][token] += amount;
            emit Debited(epoch, id, amount);
        }
    }

    /// @notice Takes what a final epoch says that a deposit owes in all and no debit has taken:
    /// workers are paid though the operator stalls, or its debit key is lost. Anyone may call. The
    /// cap per epoch holds here too; what is over it can be shown with another epoch.
    /// @param cumulative all that the ledger ever charged the deposit, as in the epoch's tree.
    function debitByProof(uint64 epoch, uint64 id, uint96 cumulative, bytes32[] calldata proof)
        external
        nonReentrant
    {
        Deposit storage deposit_ = _deposits[id];
        require(deposit_.token != address(0), DepositUnknown(id));
        bytes32 leaf = Leaves.ofDebit(address(this), id, cumulative);
        bytes32 root = settlement.finalRoot(epoch);
        require(MerkleProofLib.verifyCalldata(proof, root, leaf), ProofInvalid(id));
        if (cumulative > proven[id]) proven[id] = cumulative;
        uint96 standing = _standing(deposit_);
        uint96 due = cumulative > standing ? cumulative - standing : 0;
        uint96 left = deposit_.maxPerEpoch - debited[epoch][id] - disputes[epoch][id].amount;
        if (due > left) due = left;
        if (due > deposit_.available) due = deposit_.available;
        if (due == 0) return;
        deposit_.available -= due;
        debited[epoch][id] += due;
        emit DebitedByProof(epoch, id, due);
        _toPot(deposit_.token, due);
    }

    /// @notice Moves what a final epoch has debited to the Settlement's pot and accounts it there.
    /// Anyone may call; a token with nothing pending is passed over.
    function release(uint64 epoch, address[] calldata tokens) external nonReentrant {
        _finalEpoch(epoch);
        for (uint256 i; i < tokens.length; ++i) {
            address token = tokens[i];
            uint256 amount = pending[epoch][token];
            if (amount == 0) continue;
            pending[epoch][token] = 0;
            emit Released(epoch, token, amount);
            _toPot(token, amount);
        }
    }

    /// @notice Returns what a vetoed epoch has debited to the budgets, and the bonds of disputes.
    /// Anyone may call, in any number of parts.
    function restore(uint64 epoch, uint64[] calldata ids) external {
        bool vetoed = settlement.status(epoch) == Epochs.Status.Vetoed;
        require(vetoed, EpochNotVetoed(epoch));
        for (uint256 i; i < ids.length; ++i) {
            uint64 id = ids[i];
            Deposit storage deposit_ = _deposits[id];
            uint96 amount = debited[epoch][id];
            pending[epoch][deposit_.token] -= amount;
            debited[epoch][id] = 0;
            Dispute memory held = disputes[epoch][id];
            if (held.amount != 0) {
                delete disputes[epoch][id];
                owed[deposit_.funder][deposit_.token] += held.bond;
                amount += held.amount;
            }
            if (amount == 0) continue;
            deposit_.available += amount;
            emit Restored(epoch, id, amount);
        }
    }

    /// @notice Holds back what an open epoch debits from the caller's deposit, at a bond. The bond
    /// is lost if the arbiter grants the whole debit, and comes back otherwise.
    function dispute(uint64 epoch, uint64 id) external nonReentrant {
        Deposit storage deposit_ = _deposits[id];
        require(msg.sender == deposit_.funder, NotFunder());
        uint48 until = _openEpoch(epoch);
        uint96 amount = debited[epoch][id];
        require(amount != 0, NothingDebited(id));
        uint96 bond = uint96(uint256(amount) * DISPUTE_PERCENT / 100 + 1);
        debited[epoch][id] = 0;
        pending[epoch][deposit_.token] -= amount;
        disputes[epoch][id] = Dispute(amount, bond, until + settlement.rulingTime());
        emit Disputed(epoch, id, amount, bond);
        _receive(deposit_.token, bond);
    }

    /// @notice The arbiter grants part of a disputed debit, or all or nothing of it, once the epoch
    /// is final. The rest returns to the budget.
    function ruleDispute(uint64 epoch, uint64 id, uint96 granted) external nonReentrant {
        require(msg.sender == settlement.arbiter(), NotArbiter());
        _finalEpoch(epoch);
        _settle(epoch, id, granted, granted == disputes[epoch][id].amount);
    }

    /// @notice Ends a dispute on which nobody ruled: only what a final epoch was shown to have
    /// charged is paid, so a stolen debit key gains nothing by silence. Anyone may call.
    function lapseDispute(uint64 epoch, uint64 id) external nonReentrant {
        _finalEpoch(epoch);
        Dispute memory held = disputes[epoch][id];
        require(block.timestamp >= held.rulingEnds, RulingRunning(held.rulingEnds));
        uint96 elsewhere = _standing(_deposits[id]) - held.amount;
        uint96 granted = proven[id] > elsewhere ? proven[id] - elsewhere : 0;
        if (granted > held.amount) granted = held.amount;
        _settle(epoch, id, granted, false);
    }

    /// @notice Pays an account the dispute bonds that came back. Anyone may call.
    function collect(address account, address token) external nonReentrant {
        uint96 amount = owed[account][token];
        require(amount != 0, NothingOwed());
        owed[account][token] = 0;
        emit Collected(account, token, amount);
        IERC20(token).safeTransfer(account, amount);
    }

    function _settle(uint64 epoch, uint64 id, uint96 granted, bool forfeited) private {
        Deposit storage deposit_ = _deposits[id];
        Dispute memory held = disputes[epoch][id];
        require(held.amount != 0, NoDispute(id));
        require(granted <= held.amount, GrantTooLarge(held.amount));
        delete disputes[epoch][id];
        deposit_.available += held.amount - granted;
        debited[epoch][id] += granted;
        if (!forfeited) owed[deposit_.funder][deposit_.token] += held.bond;
        emit DisputeRuled(epoch, id, granted);
        uint256 toPot = forfeited ? uint256(granted) + held.bond : granted;
        if (toPot != 0) _toPot(deposit_.token, toPot);
    }

    /// @dev All that was debited and not given back, disputed debits included.
    function _standing(Deposit storage deposit_) private view returns (uint96) {
        return deposit_.amount - deposit_.available - deposit_.refunded;
    }

    function _openEpoch(uint64 epoch) private view returns (uint48 until) {
        until = settlement.openUntil(epoch);
        require(block.timestamp < until, EpochNotOpen(epoch));
    }

    function _finalEpoch(uint64 epoch) private view {
        bool isFinal = settlement.status(epoch) == Epochs.Status.Final;
        require(isFinal, EpochNotFinal(epoch));
    }

    function _canceller() internal view override returns (address) {
        return settlement.guardian();
    }
}
