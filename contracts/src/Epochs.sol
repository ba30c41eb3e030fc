// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The life of epochs: posted, perhaps halted and vetoed, else final
/// @notice The operator posts one Merkle root per epoch, with the totals it pays. Roots wait for
/// objections; a final one stays final for ever.
/// @dev Epochs that are neither final nor vetoed form one line, at most `MAX_UNFINALISED` long:
/// each post names the newest id that is not vetoed as its parent. So the descendants of an epoch
/// are all live epochs after it.
abstract contract Epochs {
    uint256 public constant MAX_TOKENS = 8;
    uint256 public constant MAX_UNFINALISED = 4;
    /// @notice How far, in seconds, the log's time may run ahead of the chain's.
    uint256 public constant LOG_TIME_LEAD = 10 minutes;

    /// @notice The sum over all accounts of the PAY lines in one token.
    struct Totals {
        address token;
        uint96 amount;
    }

    enum Status {
        Unknown,
        Open,
        Halted,
        Vetoed,
        Final
    }

    /// @dev `status` never holds Halted: a halt is `haltedAt != 0`, and `status(id)` looks at
    /// ancestors too.
    struct Epoch {
        bytes32 root;
        uint64 parent;
        uint64 logTimeMs;
        uint48 readyAt;
        uint48 haltedAt;
        bool ruled;
        Status status;
    }

    /// @dev One slot, so that a claim pays for one: the allow-list, what was paid, and the newest
    /// final total.
    struct Pot {
        bool allowed;
        uint96 paid;
        uint96 finalTotal;
    }

    address public immutable poster;
    address public immutable guardian;
    address public immutable arbiter;
    address public immutable escrow;
    /// @notice Seconds between a post and its finality.
    uint48 public immutable window;
    /// @notice Seconds the arbiter has after a halt. Silence is a veto.
    uint48 public immutable rulingTime;

    /// @notice The newest id ever posted. Ids are never used twice.
    uint64 public lastId;
    /// @notice The newest id that is not vetoed: the parent of the next post. 0 is genesis, which
    /// is final.
    uint64 public head;
    /// @notice The log time, in milliseconds, which the newest final epoch covers.
    uint64 public finalLogTimeMs;
    /// @notice How many epochs are neither final nor vetoed.
    uint8 public unfinalised;

    /// @dev The allow-list, ascending; it never changes.
    address[] internal _tokens;
    mapping(uint64 id => Epoch) internal _epochs;
    mapping(uint64 id => mapping(address token => uint96)) internal _totals;
    mapping(address token => Pot) internal _pots;
    /// @notice What the Escrow has ever released into the pot, in base units.
    mapping(address token => uint256) public inflow;

    event Posted(
        uint64 indexed id,
        uint64 indexed parent,
        bytes32 root,
        Totals[] totals,
        bytes32 checkpointRoot,
        uint64 logSize,
        uint64 logTimeMs,
        bytes32 dataHash
    );
    event Halted(uint64 indexed id, string reason);
    event Ruled(uint64 indexed id, bool upheld);
    event Vetoed(uint64 indexed id);
    event Finalized(uint64 indexed id);
    event InflowNoted(address indexed token, uint256 amount);

    error NotPoster();
    error NotGuardian();
    error NotArbiter();
    error NotEscrow();
    error BadDeployment();
    error IdNotNext(uint64 expected);
    error ParentNotHead(uint64 expected);
    error TooManyUnfinalised();
    error TotalsNotListed();
    error TotalFell(address token, uint96 parentTotal);
    error TotalAboveInflow(address token, uint256 inflow);
    error LogTimeFell(uint64 parentLogTimeMs);
    error LogTimeAhead(uint256 latestLogTimeMs);
    error NotOpen(uint64 id);
    error NotHalted(uint64 id);
    error WindowOver(uint64 id);
    error WindowRunning(uint64 id);
    error AlreadyRuled(uint64 id);
    error RulingOver(uint64 id);
    error RulingRunning(uint64 id);
    error ParentNotFinal(uint64 id);

    /// @param tokens_ ascending by address, 1 to `MAX_TOKENS`, no zero. Listed for ever.
    /// @param escrow_ deployed after this contract, so its address is computed beforehand.
    constructor(
        address poster_,
        address guardian_,
        address arbiter_,
        address escrow_,
        uint48 window_,
        uint48 rulingTime_,
        address[] memory tokens_
    ) {
        require(tokens_.length != 0 && tokens_.length <= MAX_TOKENS, BadDeployment());
        require(escrow_ != address(0) && window_ != 0 && rulingTime_ != 0, BadDeployment());
        poster = poster_;
        guardian = guardian_;
        arbiter = arbiter_;
        escrow = escrow_;
        window = window_;
        rulingTime = rulingTime_;
        address previous;
        for (uint256 i; i < tokens_.length; ++i) {
            require(tokens_[i] > previous, BadDeployment());
            previous = tokens_[i];
            _pots[previous].allowed = true;
        }
        _tokens = tokens_;
        _epochs[0].status = Status.Final;
    }

    /// @notice Posts the root of epoch `id` upon its parent and starts its window.
    /// @dev Totals are checked against the inflow here rather than at finality: inflow never falls,
    /// so the check holds from here on, and an epoch that can never become final can never block
    /// those behind it.
    /// @param totals one for every listed token, ascending by address; none may fall below the
    /// parent's.
    /// @param checkpointRoot root of the public log, of `logSize` entries, from which this epoch is
    /// recomputed.
    /// @param logTimeMs the log's time that this epoch covers, in milliseconds.
    /// @param dataHash SHA-256 of the public file of leaves.
    function post(
        uint64 id,
        uint64 parent,
        bytes32 root,
        Totals[] calldata totals,
        bytes32 checkpointRoot,
        uint64 logSize,
        uint64 logTimeMs,
        bytes32 dataHash
    ) external {
        require(msg.sender == poster, NotPoster());
        require(id == lastId + 1, IdNotNext(lastId + 1));
        require(parent == head, ParentNotHead(head));
        require(unfinalised < MAX_UNFINALISED, TooManyUnfinalised());
        uint64 parentLogTimeMs = _epochs[parent].logTimeMs;
        require(logTimeMs >= parentLogTimeMs, LogTimeFell(parentLogTimeMs));
        uint256 latest = (block.timestamp + LOG_TIME_LEAD) * 1000;
        require(logTimeMs <= latest, LogTimeAhead(latest));
        _storeTotals(id, parent, totals);
        _epochs[id] = Epoch({
            root: root,
            parent: parent,
            logTimeMs: logTimeMs,
            readyAt: uint48(block.timestamp) + window,
            haltedAt: 0,
            ruled: false,
            status: Status.Open
        });
        (lastId, head, unfinalised) = (id, id, unfinalised + 1);
        emit Posted(id, parent, root, totals, checkpointRoot, logSize, logTimeMs, dataHash);
    }

    /// @notice Stops epoch `id`, and with it every epoch posted upon it, until the arbiter rules.
    function halt(uint64 id, string calldata reason) external {
        require(msg.sender == guardian, NotGuardian());
        Epoch storage epoch = _epochs[id];
        require(epoch.status == Status.Open && epoch.haltedAt == 0, NotOpen(id));
        require(!epoch.ruled, AlreadyRuled(id));
        require(block.timestamp < epoch.readyAt, WindowOver(id));
        epoch.haltedAt = uint48(block.timestamp);
        emit Halted(id, reason);
    }

    /// @notice Ends the halt of epoch `id`. An upheld halt vetoes it and its descendants; otherwise
    /// its window goes on as if it had never been halted, and it cannot be halted again.
    function rule(uint64 id, bool upheld) external {
        require(msg.sender == arbiter, NotArbiter());
        Epoch storage epoch = _halted(id);
        require(block.timestamp < uint256(epoch.haltedAt) + rulingTime, RulingOver(id));
        epoch.haltedAt = 0;
        epoch.ruled = true;
        emit Ruled(id, upheld);
        if (upheld) _vetoBackTo(epoch.parent);
    }

    /// @notice Vetoes epoch `id` and its descendants when the arbiter stayed silent. Anyone may
    /// call.
    function lapse(uint64 id) external {
        Epoch storage epoch = _halted(id);
        require(block.timestamp >= uint256(epoch.haltedAt) + rulingTime, RulingRunning(id));
        _vetoBackTo(epoch.parent);
    }

    /// @notice Makes epoch `id` final, for ever. Anyone may call.
    function finalize(uint64 id) external {
        Epoch storage epoch = _epochs[id];
        require(epoch.status == Status.Open && epoch.haltedAt == 0, NotOpen(id));
        require(_epochs[epoch.parent].status == Status.Final, ParentNotFinal(id));
        require(block.timestamp >= epoch.readyAt, WindowRunning(id));
        epoch.status = Status.Final;
        (finalLogTimeMs, unfinalised) = (epoch.logTimeMs, unfinalised - 1);
        for (uint256 i; i < _tokens.length; ++i) {
            address token = _tokens[i];
            _pots[token].finalTotal = _totals[id][token];
        }
        emit Finalized(id);
    }

    /// @notice Accounts money that the Escrow has just moved into the pot.
    function noteInflow(address token, uint256 amount) external {
        require(msg.sender == escrow, NotEscrow());
        inflow[token] += amount;
        emit InflowNoted(token, amount);
    }

    /// @notice Where epoch `id` stands, its ancestors' halts included. Unknown for an id that was
    /// never posted.
    function status(uint64 id) public view returns (Status) {
        Status own = _epochs[id].status;
        if (own != Status.Open) return own;
        while (_epochs[id].status == Status.Open) {
            if (_epochs[id].haltedAt != 0) return Status.Halted;
            id = _epochs[id].parent;
        }
        return Status.Open;
    }

    /// @notice The chain time at which the window of epoch `id` ends.
    function readyAt(uint64 id) external view returns (uint48) {
        return _epochs[id].readyAt;
    }

    /// @notice What epoch `id` declares as the sum of its PAY lines in `token`.
    function totalOf(uint64 id, address token) external view returns (uint96) {
        return _totals[id][token];
    }

    /// @notice The tokens this contract pays, ascending by address.
    function tokens() external view returns (address[] memory) {
        return _tokens;
    }

    /// @notice Whether this contract pays `token`.
    function allowed(address token) external view returns (bool) {
        return _pots[token].allowed;
    }

    /// @notice What all accounts together have ever been paid.
    function paid(address token) external view returns (uint96) {
        return _pots[token].paid;
    }

    /// @notice The total of the newest final epoch: `paid` never passes it.
    function finalTotal(address token) external view returns (uint96) {
        return _pots[token].finalTotal;
    }

    function _storeTotals(uint64 id, uint64 parent, Totals[] calldata totals) private {
        require(totals.length == _tokens.length, TotalsNotListed());
        for (uint256 i; i < totals.length; ++i) {
            (address token, uint96 amount) = (totals[i].token, totals[i].amount);
            require(token == _tokens[i], TotalsNotListed());
            uint96 parentTotal = _totals[parent][token];
            require(amount >= parentTotal, TotalFell(token, parentTotal));
            if (amount == 0) continue;
            require(amount <= inflow[token], TotalAboveInflow(token, inflow[token]));
            _totals[id][token] = amount;
        }
    }

    /// @dev Walks the line of live epochs from the head back to `parent`, which stays: at most
    /// `MAX_UNFINALISED` steps.
    function _vetoBackTo(uint64 parent) private {
        uint64 live = head;
        uint8 count = unfinalised;
        while (live != parent) {
            _epochs[live].status = Status.Vetoed;
            emit Vetoed(live);
            live = _epochs[live].parent;
            --count;
        }
        (head, unfinalised) = (parent, count);
    }

    function _halted(uint64 id) private view returns (Epoch storage epoch) {
        epoch = _epochs[id];
        require(epoch.status == Status.Open && epoch.haltedAt != 0, NotHalted(id));
    }
}
