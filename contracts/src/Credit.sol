// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Payments} from "./Payments.sol";
import {Signatures} from "./Signatures.sol";

/// @title Prepaid credit for metered use
/// @notice A payer puts money in and signs vouchers for all that was ever used; whoever holds the
/// newest one redeems it into the pot, and nowhere else. The payer takes the rest out after a
/// notice that is long enough for what is already served.
abstract contract Credit is EIP712, Payments, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 private constant VOUCHER =
        keccak256("Voucher(address payer,address token,address key,uint96 cumulative)");
    bytes32 private constant SPEND_KEY =
        keccak256("SpendKey(address payer,address token,address key,uint96 cap,uint64 expiresAt)");

    /// @notice All that `key` has ever spent of the payer's credit. The payer is its own key, or
    /// lends one.
    struct Voucher {
        address payer;
        address token;
        address key;
        uint96 cumulative;
    }

    /// @notice A key that the payer lends, with the most it may ever spend.
    struct SpendKey {
        address payer;
        address token;
        address key;
        uint96 cap;
        uint64 expiresAt;
    }

    /// @notice `leaving` was announced to be withdrawn from `leavesAt` on, in unix seconds.
    struct Account {
        uint96 balance;
        uint96 leaving;
        uint48 leavesAt;
    }

    /// @notice Seconds between the notice and the withdrawal: at least a gateway's lease, its
    /// upload's grace, an epoch and a window together.
    uint48 public immutable creditNotice;

    mapping(address payer => mapping(address token => Account)) internal _credits;
    /// @notice What was ever redeemed of a key's vouchers, in base units.
    mapping(address payer => mapping(address token => mapping(address key => uint96)))
        public redeemed;

    event CreditAdded(address indexed payer, address indexed token, uint96 amount);
    event WithdrawalAnnounced(
        address indexed payer, address indexed token, uint96 amount, uint48 from
    );
    event CreditWithdrawn(address indexed payer, address indexed token, uint96 amount);
    event Redeemed(
        address indexed payer, address indexed token, address indexed key, uint96 amount
    );

    error NoticeRunning(uint48 until);
    error NothingToWithdraw();
    error NothingToRedeem();
    error VoucherNotSigned();
    error KeyNotSigned();
    error KeyOther();
    error KeyExpired();
    error CapExceeded(uint96 cap);

    constructor(uint48 creditNotice_) {
        creditNotice = creditNotice_;
    }

    /// @notice Adds the caller's money to its credit.
    function addCredit(address token, uint96 amount) external nonReentrant {
        _add(msg.sender, token, amount);
        _receive(token, amount);
    }

    /// @notice `addCredit` with the allowance in the same transaction (EIP-2612).
    function addCreditWithPermit(address token, uint96 amount, Permit calldata permit)
        external
        nonReentrant
    {
        _tryPermit(token, permit);
        _add(msg.sender, token, amount);
        _receive(token, amount);
    }

    /// @notice Adds to a payer's credit with its signed authorisation (EIP-3009); anyone may call.
    function addCreditWithAuthorization(
        address payer,
        address token,
        uint96 amount,
        Authorization calldata authorization
    ) external nonReentrant {
        _add(payer, token, amount);
        bytes32 nonce = creditNonce(payer, authorization.salt);
        _receiveAuthorized(token, payer, amount, nonce, authorization);
    }

    /// @notice Gives notice that the caller will withdraw up to `amount`. A later notice replaces
    /// it and runs anew; vouchers are redeemed meanwhile as before.
    function announceWithdrawal(address token, uint96 amount) external {
        Account storage account = _credits[msg.sender][token];
        uint48 from = uint48(block.timestamp) + creditNotice;
        (account.leaving, account.leavesAt) = (amount, from);
        emit WithdrawalAnnounced(msg.sender, token, amount, from);
    }

    /// @notice Pays the caller what it gave notice of, as far as vouchers have left it.
    function withdraw(address token) external nonReentrant {
        Account storage account = _credits[msg.sender][token];
        require(block.timestamp >= account.leavesAt, NoticeRunning(account.leavesAt));
        (uint96 amount, uint96 balance) = (account.leaving, account.balance);
        if (amount > balance) amount = balance;
        require(amount != 0, NothingToWithdraw());
        (account.balance, account.leaving) = (balance - amount, 0);
        emit CreditWithdrawn(msg.sender, token, amount);
        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @notice Redeems a voucher that the payer itself has signed. Anyone may call.
    function redeem(Voucher calldata voucher, bytes calldata signature) external nonReentrant {
        require(voucher.key == voucher.payer, KeyOther());
        _redeem(voucher, signature);
    }

    /// @notice Redeems a voucher of a key that the payer has lent. Anyone may call, until the key
    /// expires.
    function redeemByKey(
        Voucher calldata voucher,
        bytes calldata signature,
        SpendKey calldata key,
        bytes calldata payerSignature
    ) external nonReentrant {
        bool same = key.payer == voucher.payer && key.token == voucher.token;
        require(same && key.key == voucher.key, KeyOther());
        require(block.timestamp <= key.expiresAt, KeyExpired());
        require(voucher.cumulative <= key.cap, CapExceeded(key.cap));
        bool signed = Signatures.valid(key.payer, spendKeyDigest(key), payerSignature);
        require(signed, KeyNotSigned());
        _redeem(voucher, signature);
    }

    /// @notice A payer's credit in a token, and what it gave notice of.
    function credit(address payer, address token) external view returns (Account memory) {
        return _credits[payer][token];
    }

    /// @notice The EIP-712 digest of a voucher.
    function voucherDigest(Voucher calldata voucher) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(VOUCHER, voucher)));
    }

    /// @notice The EIP-712 digest by which a payer lends a key.
    function spendKeyDigest(SpendKey calldata key) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SPEND_KEY, key)));
    }

    /// @notice The nonce that an EIP-3009 authorisation must carry to add to a payer's credit.
    function creditNonce(address payer, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode("Headwater credit", payer, salt));
    }

    function _add(address payer, address token, uint96 amount) private {
        _listed(token);
        require(amount != 0, AmountZero());
        _credits[payer][token].balance += amount;
        emit CreditAdded(payer, token, amount);
    }

    /// @dev Pays what the credit holds; the rest can be redeemed when there is more.
    function _redeem(Voucher calldata voucher, bytes calldata signature) private {
        (address payer, address token) = (voucher.payer, voucher.token);
        bool signed = Signatures.valid(voucher.key, voucherDigest(voucher), signature);
        require(signed, VoucherNotSigned());
        uint96 before = redeemed[payer][token][voucher.key];
        Account storage account = _credits[payer][token];
        uint96 due = voucher.cumulative > before ? voucher.cumulative - before : 0;
        if (due > account.balance) due = account.balance;
        require(due != 0, NothingToRedeem());
        account.balance -= due;
        redeemed[payer][token][voucher.key] = before + due;
        emit Redeemed(payer, token, voucher.key, due);
        _toPot(token, due);
    }
}
