// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Pots} from "./Pots.sol";
import {Rotation} from "./Rotation.sol";
import {Signatures} from "./Signatures.sol";
import {Statements} from "./Statements.sol";

/// @title The life of epochs: posted, perhaps halted and vetoed, else final
/// @notice The operator posts one Merkle root per epoch, with the totals it pays, and signs it.
/// Roots wait for objections; a final one stays final for ever.
/// @dev Epochs that are neither final nor vetoed form one line, at most `MAX_UNFINALISED` long:
/// each post names the newest id that is not vetoed as its parent. So the descendants of an epoch
/// are all live epochs after it, and what is needed only while an epoch lives stands in a ring of
/// eight slots that are used again. For ever stays one word per epoch: its root, or the mark of a
/// veto.
abstract contract Epochs is Pots, Statements {
    uint256 public constant MAX_UNFINALISED = 4;
    /// @notice How far, in seconds, the log's time may run ahead of the chain's.
    uint256 public constant LOG_TIME_LEAD = 10 minutes;

    /// @dev Stands in the place of a vetoed root. Nobody knows a tree with this root.
    bytes32 private constant VETOED = bytes32(uint256(1));
    uint8 private constant RING = 7;

    /// @notice The keys of a deployment, each for one duty.
    /// @param poster posts epochs and signs statements; an account with a key of its own.
    /// @param guardian halts epochs and cancels rotations.
    /// @param arbiter rules on objections; its silence is a veto.
    /// @param rotator announces the operator's next keys.
    /// @param bondHolder takes the operator's bond back when it may leave.
    struct Roles {
        address poster;
        address guardian;
        address arbiter;
        address rotator;
        address bondHolder;
    }

    /// @notice What a deployment fixes for ever.
    /// @param window seconds between a post and its finality.
    /// @param rulingTime seconds the arbiter has after an objection.
    /// @param bondToken the token of all bonds; listed.
    /// @param bond what the operator must have bonded to post, in base units.
    /// @param challengeBond what a challenge costs whose author is wrong, in base units.
    /// @param logId the public log whose epochs these are, as in signed statements.
    struct Terms {
        uint48 window;
        uint48 rulingTime;
        address bondToken;
        uint96 bond;
        uint96 challengeBond;
        bytes32 logId;
    }

    /// @notice The sum over all accounts of the PAY lines in one token.
    struct Totals {
        address token;
        uint96 amount;
    }

    /// @notice An epoch to post.
    /// @param totals one for every listed token, ascending by address; none may fall below the
    /// parent's.
    /// @param checkpointRoot root of the public log, of `logSize` entries, from which this epoch is
    /// recomputed.
    /// @param logTimeMs the log's time that this epoch covers, in milliseconds.
    /// @param dataHash SHA-256 of the public file of leaves.
    struct Post {
        uint64 id;
        uint64 parent;
        bytes32 root;
        Totals[] totals;
        bytes32 checkpointRoot;
        uint64 logSize;
        uint64 logTimeMs;
        bytes32 dataHash;
    }

    enum Status {
        Unknown,
        Open,
        Halted,
        Vetoed,
        Final
    }

    /// @dev An epoch as long as it is not final; the slot of the newest final one keeps its id and
    /// log time.
    struct Live {
        uint64 id;
        uint64 logTimeMs;
        uint48 readyAt;
        uint48 haltedAt;
        bool ruled;
    }

    address public immutable guardian;
    address public immutable arbiter;
    /// @notice Seconds between a post and its finality.
    uint48 public immutable window;
    /// @notice Seconds the arbiter has after an objection. Silence is a veto.
    uint48 public immutable rulingTime;

    /// @notice The newest id ever posted. Ids are never used twice.
    uint64 public lastId;
    /// @dev Where the head stands in the ring, and how many epochs up to it are live.
    uint8 private _headAt;
    uint8 private _live;

    /// @notice The newest final id; 0 is genesis.
    uint64 public finalId;
    /// @notice The log time, in milliseconds, which the newest final epoch covers.
    uint64 public finalLogTimeMs;
    /// @notice The chain time at which an epoch last became final; the deployment's, before one
    /// has.
    uint48 public finalAt;
    /// @notice The chain time at which an epoch last became final or was vetoed.
    uint48 public settledAt;

    Live[8] private _ring;
    /// @dev Totals by place in the ring, and by pairs of tokens as in `Pots`.
    mapping(uint256 place => uint256[4]) private _ringTotals;
    mapping(uint64 id => bytes32) private _roots;

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
    event Vetoed(uint64 indexed id);
    event Finalized(uint64 indexed id);

    error NotPoster();
    error IdNotNext(uint64 expected);
    error ParentNotHead(uint64 expected);
    error TooManyUnfinalised();
    error RootReserved();
    error StatementNotSigned();
    error TotalsNotListed();
    error TotalFell(address token, uint96 parentTotal);
    error TotalAboveInflow(address token, uint256 inflow);
    error LogTimeFell(uint64 parentLogTimeMs);
    error LogTimeAhead(uint256 latestLogTimeMs);
    error NotOpen(uint64 id);
    error NotFinal(uint64 id);
    error WindowRunning(uint64 id);
    error ParentNotFinal(uint64 id);

    /// @param escrow_ deployed with this contract, so its address is computed beforehand.
    /// @param tokens_ ascending by address, 1 to `MAX_TOKENS`, no zero. Listed for ever.
    constructor(
        Roles memory roles,
        Terms memory terms,
        address escrow_,
        address[] memory tokens_
    )
        Pots(escrow_, tokens_)
        Rotation(roles.poster, roles.rotator, 2 * terms.window)
        Statements(terms.logId)
    {
        require(terms.window != 0 && terms.rulingTime != 0, BadDeployment());
        guardian = roles.guardian;
        arbiter = roles.arbiter;
        window = terms.window;
        rulingTime = terms.rulingTime;
        finalAt = settledAt = uint48(block.timestamp);
    }

    /// @notice Posts an epoch upon its parent and starts its window.
    /// @dev Totals are checked against the inflow here rather than at finality: inflow never falls,
    /// so the check holds from here on, and an epoch that can never become final can never block
    /// those behind it.
    /// @param signature the poster's, over the epoch's statement. It counts on every chain, so two
    /// different statements about one epoch convict the operator wherever it has bonded.
    function post(Post calldata epoch, bytes calldata signature) external {
        require(msg.sender == _key, NotPoster());
        require(epoch.id == lastId + 1, IdNotNext(lastId + 1));
        (uint8 headAt, uint8 live) = (_headAt, _live);
        Live storage parent = _ring[headAt];
        (uint64 parentId, uint64 parentLogTimeMs) = (parent.id, parent.logTimeMs);
        require(epoch.parent == parentId, ParentNotHead(parentId));
        require(live < MAX_UNFINALISED, TooManyUnfinalised());
        require(epoch.root != VETOED, RootReserved());
        require(epoch.logTimeMs >= parentLogTimeMs, LogTimeFell(parentLogTimeMs));
        uint256 latest = (block.timestamp + LOG_TIME_LEAD) * 1000;
        require(epoch.logTimeMs <= latest, LogTimeAhead(latest));
        _bonded();
        address signer = Signatures.signer(_statementOf(epoch), signature);
        require(signer == msg.sender, StatementNotSigned());
        uint8 place = (headAt + 1) & RING;
        _storeTotals(headAt, place, epoch.totals);
        _roots[epoch.id] = epoch.root;
        _ring[place] = Live(epoch.id, epoch.logTimeMs, uint48(block.timestamp) + window, 0, false);
        (lastId, _headAt, _live) = (epoch.id, place, live + 1);
        _announce(epoch);
    }

    /// @notice Makes epoch `id` final, for ever. Anyone may call.
    function finalize(uint64 id) external {
        uint256 place = _find(id);
        Live storage epoch = _ring[place];
        require(epoch.haltedAt == 0, NotOpen(id));
        require(_ring[(place + RING) & RING].id == finalId, ParentNotFinal(id));
        require(block.timestamp >= epoch.readyAt, WindowRunning(id));
        (finalId, finalLogTimeMs) = (id, epoch.logTimeMs);
        finalAt = settledAt = uint48(block.timestamp);
        --_live;
        for (uint256 pair; 2 * pair < _tokenCount; ++pair) {
            uint256 totals = _ringTotals[place][pair];
            _unpaid[pair] += totals - _finalTotals[pair];
            _finalTotals[pair] = totals;
        }
        emit Finalized(id);
    }

    /// @notice Where epoch `id` stands, its ancestors' halts included. Unknown for an id that was
    /// never posted.
    function status(uint64 id) public view returns (Status) {
        if (id == 0) return Status.Final;
        if (id > lastId) return Status.Unknown;
        if (_roots[id] == VETOED) return Status.Vetoed;
        if (id <= finalId) return Status.Final;
        return _halted(_find(id)) ? Status.Halted : Status.Open;
    }

    /// @notice The newest id that is not vetoed: the parent of the next post. 0 is genesis, which
    /// is final.
    function head() external view returns (uint64) {
        return _ring[_headAt].id;
    }

    /// @notice How many epochs are neither final nor vetoed.
    function unfinalised() external view returns (uint8) {
        return _live;
    }

    /// @notice The key that posts.
    function poster() external view returns (address) {
        return _key;
    }

    /// @notice The chain time at which the window of a live epoch ends; 0 for any other id.
    function readyAt(uint64 id) external view returns (uint48) {
        Status now_ = status(id);
        if (now_ != Status.Open && now_ != Status.Halted) return 0;
        return _ring[_find(id)].readyAt;
    }

    /// @notice The chain time until which the Escrow may debit for epoch `id`: the end of its
    /// window, or 0 if it is not open.
    function openUntil(uint64 id) external view returns (uint48) {
        (bool live, uint256 place) = _seek(id);
        return live && !_halted(place) ? _ring[place].readyAt : 0;
    }

    /// @notice The root of a final epoch, which pays for ever.
    function finalRoot(uint64 id) public view returns (bytes32 root) {
        root = _roots[id];
        require(id != 0 && id <= finalId && root != VETOED, NotFinal(id));
    }

    /// @notice What a live epoch, or the newest final one, declares as the sum of its PAY lines in
    /// `token`; 0 for any other id, whose totals stand in its event.
    function totalOf(uint64 id, address token) external view returns (uint96) {
        if (id == finalId) return finalTotal(token);
        (bool live, uint256 place) = _seek(id);
        return live ? _laneOf(_ringTotals[place], token) : 0;
    }

    function _statementOf(Post calldata epoch) private view returns (bytes32) {
        return statementDigest(
            Statement({
                epoch: epoch.id,
                root: epoch.root,
                checkpointRoot: epoch.checkpointRoot,
                logSize: epoch.logSize,
                logTimeMs: epoch.logTimeMs,
                dataHash: epoch.dataHash
            })
        );
    }

    /// @dev Refuses a post of an operator whose bond is not whole.
    function _bonded() internal view virtual;

    function _canceller() internal view override returns (address) {
        return guardian;
    }

    /// @dev The root of an epoch that was posted and not vetoed.
    function _standingRoot(uint64 id) internal view returns (bytes32 root) {
        root = _roots[id];
        require(id != 0 && id <= lastId && root != VETOED, NotOpen(id));
    }

    /// @dev The parent of an epoch that is not vetoed: the next lower id that is not. Ids between
    /// were vetoed before the epoch was posted.
    function _parentOf(uint64 id) internal view returns (uint64 parent) {
        parent = id - 1;
        while (parent != 0 && _roots[parent] == VETOED) --parent;
    }

    /// @dev The live epoch `id`; refuses any other.
    function _liveEpoch(uint64 id) internal view returns (Live storage) {
        return _ring[_find(id)];
    }

    /// @dev Vetoes epoch `id` and its descendants if it is live; the next post goes upon its
    /// parent.
    function _vetoIfLive(uint64 id) internal {
        (bool live, uint256 place) = _seek(id);
        if (!live) return;
        uint256 last = _headAt;
        uint8 left = _live;
        while (true) {
            uint64 vetoed = _ring[last].id;
            _roots[vetoed] = VETOED;
            emit Vetoed(vetoed);
            --left;
            if (last == place) break;
            last = (last + RING) & RING;
        }
        (_headAt, _live) = (uint8((place + RING) & RING), left);
        settledAt = uint48(block.timestamp);
    }

    function _announce(Post calldata epoch) private {
        emit Posted(
            epoch.id,
            epoch.parent,
            epoch.root,
            epoch.totals,
            epoch.checkpointRoot,
            epoch.logSize,
            epoch.logTimeMs,
            epoch.dataHash
        );
    }

    function _storeTotals(uint8 parentPlace, uint8 place, Totals[] calldata totals) private {
        require(totals.length == _tokenCount, TotalsNotListed());
        for (uint256 pair; 2 * pair < totals.length; ++pair) {
            (uint256 before, uint256 came) = (_ringTotals[parentPlace][pair], _inflows[pair]);
            uint256 word;
            for (uint256 i = 2 * pair; i < totals.length && i < 2 * pair + 2; ++i) {
                (address token, uint96 amount) = (totals[i].token, totals[i].amount);
                require(token == _tokenAt(i), TotalsNotListed());
                require(amount >= _lane(before, i), TotalFell(token, _lane(before, i)));
                require(amount <= _lane(came, i), TotalAboveInflow(token, _lane(came, i)));
                word |= uint256(amount) << _shift(i);
            }
            _ringTotals[place][pair] = word;
        }
    }

    function _find(uint64 id) private view returns (uint256) {
        (bool live, uint256 place) = _seek(id);
        require(live, NotOpen(id));
        return place;
    }

    /// @dev Where a live epoch stands in the ring: at most `MAX_UNFINALISED` steps from the head.
    function _seek(uint64 id) private view returns (bool, uint256 place) {
        place = _headAt;
        for (uint256 i = _live; i != 0; --i) {
            if (_ring[place].id == id) return (true, place);
            place = (place + RING) & RING;
        }
        return (false, 0);
    }

    /// @dev Whether the live epoch at this place, or a live ancestor, is halted.
    function _halted(uint256 place) private view returns (bool) {
        uint64 newestFinal = finalId;
        while (_ring[place].id != newestFinal) {
            if (_ring[place].haltedAt != 0) return true;
            place = (place + RING) & RING;
        }
        return false;
    }
}
