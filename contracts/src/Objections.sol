// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Epochs} from "./Epochs.sol";

/// @title What the one who rules on objections may do
/// @notice A multisig, a Governor or an adapter of an optimistic oracle can be the arbiter: it needs
/// nothing but the power to call.
interface IArbitrable {
    /// @notice Ends an objection to epoch `id`: upheld, the epoch is vetoed.
    function rule(uint64 id, bool upheld) external;
}

/// @title Objections to epochs, and the bonds behind them
/// @notice The guardian halts for nothing; anybody may challenge with a bond. The arbiter rules on
/// the epoch as a whole, whatever reason was given; its silence is a veto, which delays and takes
/// nothing. The operator's bond backs its roots: whoever convicts it gets 30 % of the bond, and the
/// rest makes good what a false root has cost.
/// @dev All bonds are in one listed token. Payments are pulled with `collect`, so that a token that
/// refuses somebody holds up nobody else.
abstract contract Objections is Epochs, ReentrancyGuardTransient, IArbitrable {
    using SafeERC20 for IERC20;

    /// @notice The share of a slashed bond for whoever proved the fault, in per cent. Below a half,
    /// so that an operator that convicts itself loses most of it.
    uint256 public constant REWARD_PERCENT = 30;
    /// @notice How long the bond stays after the last epoch is settled.
    uint256 public constant BOND_EXIT_DELAY = 30 days;

    struct Challenge {
        address challenger;
        uint96 bond;
    }

    address public immutable bondToken;
    address public immutable bondHolder;
    /// @notice What must be bonded to post, and what a challenge costs whose author is wrong.
    uint96 public immutable requiredBond;
    uint96 public immutable challengeBond;

    /// @notice The operator's bond, in base units.
    uint96 public bond;
    /// @notice Slashed and forfeited bonds, which make good shortfalls and nothing else.
    uint96 public fund;
    /// @notice The challenge of an epoch, while its bond stands here.
    mapping(uint64 id => Challenge) public challenges;
    /// @notice What an account may collect in the bond token.
    mapping(address account => uint96) public owed;

    event Halted(uint64 indexed id, string reason);
    event Challenged(uint64 indexed id, address indexed challenger, uint96 bond, string reason);
    event Ruled(uint64 indexed id, bool upheld);
    event Bonded(address indexed from, uint96 amount);
    event BondWithdrawn(uint96 amount);
    event BondSlashed(address indexed prover, uint96 reward, uint96 toFund);
    event ChallengeForfeited(uint64 indexed id, uint96 amount);
    event ShortfallCovered(uint96 fromFund, uint96 fromBond);
    event Collected(address indexed account, uint96 amount);

    error NotGuardian();
    error NotArbiter();
    error NotBondHolder();
    error NotHalted(uint64 id);
    error WindowOver(uint64 id);
    error AlreadyRuled(uint64 id);
    error RulingOver(uint64 id);
    error RulingRunning(uint64 id);
    error NotVetoed(uint64 id);
    error NothingOwed();
    error BondTooSmall(uint96 required);
    error BondLocked();
    error CoverTooLarge(uint96 available);
    error ReceivedOther(uint256 received, uint256 expected);

    constructor(Roles memory roles, Terms memory terms) {
        require(allowed(terms.bondToken) && terms.challengeBond != 0, BadDeployment());
        bondToken = terms.bondToken;
        bondHolder = roles.bondHolder;
        requiredBond = terms.bond;
        challengeBond = terms.challengeBond;
    }

    /// @notice Stops epoch `id`, and with it every epoch posted upon it, until the arbiter rules.
    function halt(uint64 id, string calldata reason) external {
        require(msg.sender == guardian, NotGuardian());
        _halt(id);
        emit Halted(id, reason);
    }

    /// @notice Stops epoch `id` as `halt` does, for anybody who bonds. The bond comes back if the
    /// epoch is vetoed, by whomever and for whatever; it goes to the fund if the arbiter lets the
    /// epoch stand.
    function challenge(uint64 id, string calldata reason) external nonReentrant {
        _halt(id);
        challenges[id] = Challenge(msg.sender, challengeBond);
        emit Challenged(id, msg.sender, challengeBond, reason);
        _receive(challengeBond);
    }

    /// @inheritdoc IArbitrable
    /// @notice An upheld challenge also slashes the operator's bond, as a proven fault does. Not
    /// upheld, the epoch's window goes on as if it had never been halted, and it cannot be halted
    /// again.
    function rule(uint64 id, bool upheld) external {
        require(msg.sender == arbiter, NotArbiter());
        Live storage epoch = _haltedEpoch(id);
        require(block.timestamp < uint256(epoch.haltedAt) + rulingTime, RulingOver(id));
        emit Ruled(id, upheld);
        Challenge memory made = challenges[id];
        if (upheld) {
            _vetoIfLive(id);
            if (made.challenger == address(0)) return;
            _returnChallenge(id);
            _slashBond(made.challenger);
        } else {
            (epoch.haltedAt, epoch.ruled) = (0, true);
            if (made.challenger == address(0)) return;
            delete challenges[id];
            fund += made.bond;
            emit ChallengeForfeited(id, made.bond);
        }
    }

    /// @notice Vetoes epoch `id` and its descendants when the arbiter stayed silent. Anyone may
    /// call.
    function lapse(uint64 id) external {
        Live storage epoch = _haltedEpoch(id);
        require(block.timestamp >= uint256(epoch.haltedAt) + rulingTime, RulingRunning(id));
        _vetoIfLive(id);
    }

    /// @notice Gives the challenger of a vetoed epoch the bond back, to be collected. Anyone may
    /// call.
    function reclaim(uint64 id) external {
        require(status(id) == Status.Vetoed, NotVetoed(id));
        require(challenges[id].challenger != address(0), NothingOwed());
        _returnChallenge(id);
    }

    /// @notice Adds to the operator's bond. Anyone may; only the bond's holder gets it back.
    function addBond(uint96 amount) external nonReentrant {
        bond += amount;
        emit Bonded(msg.sender, amount);
        _receive(amount);
    }

    /// @notice Gives the bond back, once no epoch is live and the last was settled 30 days ago:
    /// until then it answers for faults that are found late.
    function withdrawBond() external nonReentrant {
        require(msg.sender == bondHolder, NotBondHolder());
        bool idle = this.unfinalised() == 0;
        require(idle && block.timestamp >= settledAt + BOND_EXIT_DELAY, BondLocked());
        uint96 amount = bond;
        bond = 0;
        emit BondWithdrawn(amount);
        IERC20(bondToken).safeTransfer(msg.sender, amount);
    }

    /// @notice Makes good a shortfall that a false root has left, from the fund first and the
    /// operator's bond second. The money can go nowhere but into the pot, where the ledger's next
    /// totals may use it.
    function cover(uint96 amount) external {
        require(msg.sender == arbiter, NotArbiter());
        uint96 fromFund = amount < fund ? amount : fund;
        uint96 fromBond = amount - fromFund;
        require(fromBond <= bond, CoverTooLarge(fund + bond));
        (fund, bond) = (fund - fromFund, bond - fromBond);
        emit ShortfallCovered(fromFund, fromBond);
        _noteInflow(bondToken, amount);
    }

    /// @notice Pays an account what it is owed of bonds and rewards. Anyone may call.
    function collect(address account) external nonReentrant {
        uint96 amount = owed[account];
        require(amount != 0, NothingOwed());
        owed[account] = 0;
        emit Collected(account, amount);
        IERC20(bondToken).safeTransfer(account, amount);
    }

    /// @dev Takes the whole bond: the operator must bond anew to post again.
    function _slashBond(address prover) internal {
        uint96 taken = bond;
        uint96 reward = uint96(uint256(taken) * REWARD_PERCENT / 100);
        (bond, fund) = (0, fund + taken - reward);
        owed[prover] += reward;
        emit BondSlashed(prover, reward, taken - reward);
    }

    function _bonded() internal view override {
        require(requiredBond == 0 || bond >= requiredBond, BondTooSmall(requiredBond));
    }

    function _halt(uint64 id) private {
        Live storage epoch = _liveEpoch(id);
        require(epoch.haltedAt == 0, NotOpen(id));
        require(!epoch.ruled, AlreadyRuled(id));
        require(block.timestamp < epoch.readyAt, WindowOver(id));
        epoch.haltedAt = uint48(block.timestamp);
    }

    function _haltedEpoch(uint64 id) private view returns (Live storage epoch) {
        require(status(id) == Status.Halted, NotHalted(id));
        epoch = _liveEpoch(id);
        require(epoch.haltedAt != 0, NotHalted(id));
    }

    function _returnChallenge(uint64 id) private {
        Challenge memory made = challenges[id];
        delete challenges[id];
        owed[made.challenger] += made.bond;
    }

    function _receive(uint96 amount) private {
        uint256 before = IERC20(bondToken).balanceOf(address(this));
        IERC20(bondToken).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(bondToken).balanceOf(address(this)) - before;
        require(received == amount, ReceivedOther(received, amount));
    }
}
