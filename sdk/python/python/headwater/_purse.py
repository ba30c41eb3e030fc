"""A wallet that pays for single calls (x402, `docs/operate/x402.md`): no account, no key."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, TypeVar

from ._chain import Chain
from ._headwater import Wallet
from ._http import Http, told_in
from ._wallet import secret
from .errors import Problem, Unreachable

#: The chain that every node brings; money that is worth something is on other ones.
EMBEDDED = 412_348
#: Longest time for which a transfer is signed, in seconds.
LONGEST_S = 3_600
EXACT, CREDIT = "exact", "escrow-credit"
#: What a voucher is refused with whose sum is not the next one.
NOT_NEXT = ("invalid_escrow_credit_cumulative_low", "invalid_escrow_credit_cumulative_high")

T = TypeVar("T")
#: Sends a call with further headers: headers of the answer, and the answer.
Ask = Callable[[Mapping[str, str]], Tuple[Mapping[str, str], T]]


class Purse:
    """Pays for the calls of :class:`~headwater.Models`: ``Models(url, purse=purse)``.

    ``key``: a wallet's secret, which stays in this process. ``most_units``: the most that one call
    may cost, in base units; a node that asks for more gets nothing (``price_above_limit``).
    ``scheme``: ``exact``, a transfer for each call, or ``escrow-credit``, a voucher for each on
    money that was put into the Escrow by :meth:`add_credit`. ``lent``: what :meth:`lend` of
    somebody else's purse has given for this key; it spends their credit.

    Signed is only what counts on the chain ``chain_id`` for the node's first token, which ``token``
    pins: what a node asks for beside that is refused (``payment_not_signed``). No voucher is more
    than one price above the last. Where a key stands is asked of the node when the purse is new,
    and its word is then taken; ``signed_units`` says how far one has come, to begin with there.
    Calls on credit go one at a time; give each process a key of its own.
    """

    def __init__(
        self,
        url: str,
        key: Any,
        most_units: int,
        scheme: str = EXACT,
        lent: Optional[Mapping[str, Any]] = None,
        signed_units: Optional[int] = None,
        chain_id: int = EMBEDDED,
        token: Optional[str] = None,
    ) -> None:
        if scheme not in (EXACT, CREDIT):
            raise ValueError(f"`{scheme}` is none of {EXACT}, {CREDIT}")
        if lent is not None and scheme != CREDIT:
            raise ValueError(f"a lent key spends credit: its `scheme` is {CREDIT}")
        self._http = Http(url, 120.0, 6)
        self._wallet = Wallet(secret(key))
        self._most, self._scheme, self._lent = int(most_units), scheme, lent
        self._chain_id, self._token = chain_id, token
        self._genesis: Optional[Dict[str, Any]] = None
        #: The highest sum that was signed here, and where the node says that the key stands.
        self._signed = None if signed_units is None else int(signed_units)
        self._stands: Optional[Dict[str, int]] = None
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Purse({self.address}, {self._scheme})"

    @property
    def address(self) -> str:
        """The wallet's address, ``0x`` and 40 hex digits."""
        return self._wallet.address

    @property
    def signed_units(self) -> Optional[int]:
        """All that this key has ever signed vouchers for; None as long as nobody knows."""
        return self._signed

    # Money on the node's chain

    def balance(self) -> int:
        """What the wallet has in the token, in base units."""
        return self._chain().ask(self._at("token"), "balanceOf(address)", self.address)[0]

    def mint(self, units: int) -> str:
        """Makes test money where the node lets everybody (``--faucet``); the transaction's hash."""
        return self._chain().send(
            self._at("token"), "mint(address,uint256)", self.address, int(units)
        )

    def credit(self) -> Dict[str, int]:
        """What the payer has in the Escrow: ``balance_units`` that no voucher has taken out,
        ``leaving_units`` that notice was given of, ``leaves_at_s`` (seconds since 1970)."""
        found = self._chain().ask(
            self._at("escrow"), "credit(address,address)", self._payer(), self._at("token")
        )
        return dict(zip(("balance_units", "leaving_units", "leaves_at_s"), found))

    def add_credit(self, units: int) -> str:
        """Puts money of the wallet into the Escrow for calls by voucher; the transaction's hash."""
        chain, escrow = self._chain(), self._at("escrow")
        chain.send(self._at("token"), "approve(address,uint256)", escrow, int(units))
        return chain.send(escrow, "addCredit(address,uint96)", self._at("token"), int(units))

    def announce_withdrawal(self, units: int) -> str:
        """Gives notice of credit: it pays for no call from then on, and leaves in seven days."""
        return self._chain().send(
            self._at("escrow"), "announceWithdrawal(address,uint96)", self._at("token"), int(units)
        )

    def withdraw(self) -> str:
        """Takes out what notice was given of, as far as vouchers have left it."""
        return self._chain().send(self._at("escrow"), "withdraw(address)", self._at("token"))

    def lend(self, key: str, cap_units: int, days: float = 1) -> Dict[str, Any]:
        """Lends the key with this address so much of one's credit in all, for so many days: what
        its ``Purse(.., lent=..)`` takes. The key pays until an hour before that."""
        cap, ends = int(cap_units), int(time.time() + days * 86_400)
        signature = self._wallet.lend(self._domain(), self._at("token"), key, (cap, ends))
        return {
            "payer": self.address, "key": key, "cap": str(cap), "expiresAt": str(ends),
            "signature": signature,
        }

    # Payments

    def pay(self, ask: Ask[T], payment: Optional[str] = None) -> Tuple[Mapping[str, str], T]:
        """Sends a call with a payment: ``payment``, one that was made before and has paid for
        nothing, or a new one for what the node says that the call costs at most."""
        if payment is not None:
            with self._lock:
                # How far its key has come then is asked again.
                self._stands = None
                return self._shown(ask, payment)
        try:
            return ask({})
        except Problem as problem:
            if problem.code != "payment_required" or problem.payment_told is None:
                raise
            required = problem.payment_told
        offer = self._offer(required)
        if self._scheme == EXACT:
            return self._shown(ask, _header(required, offer, self._transfer(offer)))
        with self._lock:
            return self._drawn(ask, required, offer)

    def _shown(self, ask: Ask[T], payment: str) -> Tuple[Mapping[str, str], T]:
        try:
            return ask({"payment-signature": payment})
        except (Problem, Unreachable) as failed:
            # Refused, it is good for nothing; used, for nothing more.
            code = failed.code if isinstance(failed, Problem) else ""
            if not code.startswith("payment_"):
                failed.payment = payment
            raise

    def _drawn(
        self, ask: Ask[T], required: Mapping[str, Any], offer: Mapping[str, Any]
    ) -> Tuple[Mapping[str, str], T]:
        """Pays by a voucher. Where the node knows better how far the key has come, again."""
        tries = 3
        while True:
            tries -= 1
            cumulative, known = self._next(int(offer["amount"])), self._stands is not None
            if self._signed is not None:
                self._signed = max(self._signed, cumulative)
            try:
                headers, answer = self._shown(
                    ask, _header(required, offer, self._voucher(cumulative))
                )
            except Unreachable:
                # Whether it was kept the node says with the next call.
                self._stands = None
                raise
            except Problem as problem:
                self._learn(_standing(problem.payment_told))
                told = (problem.payment_told or {}).get("error")
                asks_again = told in NOT_NEXT if known else self._stands is not None
                is_told = problem.code in ("payment_invalid", "payment_used")
                if not (asks_again and is_told and tries):
                    raise
                continue
            self._signed = max(self._signed or 0, cumulative)
            self._learn(_standing(told_in(headers)))
            return headers, answer

    def _next(self, price: int) -> int:
        """The sum to sign: all that was served, what calls hold that run, and this one's price."""
        if self._stands is None:
            # Nobody signs a price on a guess: this one tells where the key stands.
            return 1 if self._signed is None else self._signed + 1
        served, held, signed = (self._stands[it] for it in ("served", "held", "signed"))
        return max(served + held + price, signed + 1)

    def _learn(self, stands: Optional[Dict[str, int]]) -> None:
        """Takes the node's word of how far the key has come, unless it is more than was signed."""
        if stands is None:
            return
        if self._signed is None:
            # One unit was signed to ask this.
            self._signed = max(stands["signed"], 1)
        if stands["signed"] > self._signed or stands["served"] + stands["held"] > stands["signed"]:
            raise _refused(
                f"the node says that {stands['signed']} units were signed and {stands['served']} "
                f"served, and this purse has signed {self._signed}: another program uses the key, "
                "or it is not so"
            )
        self._stands = stands

    def _offer(self, required: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the node asks for by this purse's scheme, if that is something to sign."""
        offers = [it for it in required.get("accepts") or [] if it.get("scheme") == self._scheme]
        if not offers:
            raise _refused(f"the node does not offer `{self._scheme}`")
        offer = offers[0]
        wanted = [("network", f"eip155:{self._chain_id}"), ("asset", self._at("token"))]
        if self._scheme == CREDIT:
            wanted.append(("payTo", self._at("escrow")))
        for name, own in wanted:
            if str(offer.get(name)).lower() != own.lower():
                raise _refused(f"the node wants `{name}` {offer.get(name)}, which is not {own}")
        if int(offer["amount"]) > self._most:
            words = f"the call may cost {offer['amount']} units, at most {self._most} are paid"
            raise Problem(402, "price_above_limit", words)
        return offer

    def _transfer(self, offer: Mapping[str, Any]) -> Dict[str, Any]:
        value, nonce = int(offer["amount"]), secrets.token_bytes(32)
        ends = int(time.time()) + min(int(offer["maxTimeoutSeconds"]), LONGEST_S)
        token = (offer["extra"]["name"], offer["extra"]["version"], self._chain_id, offer["asset"])
        signature = self._wallet.transfer(token, (offer["payTo"], value, ends, nonce))
        return {
            "signature": signature,
            "authorization": {
                "from": self.address, "to": offer["payTo"], "value": str(value),
                "validAfter": "0", "validBefore": str(ends), "nonce": "0x" + nonce.hex(),
            },
        }

    def _voucher(self, cumulative: int) -> Dict[str, Any]:
        payer, token = self._payer(), self._at("token")
        payload: Dict[str, Any] = {
            "voucher": {
                "payer": payer, "token": token, "key": self.address, "cumulative": str(cumulative),
            },
            "signature": self._wallet.voucher(self._domain(), payer, token, cumulative),
        }
        if self._lent is not None:
            names = ("cap", "expiresAt", "signature")
            payload["spendKey"] = {name: self._lent[name] for name in names}
        return payload

    # Where the money is

    def _payer(self) -> str:
        return self.address if self._lent is None else str(self._lent["payer"])

    def _domain(self) -> Tuple[int, str]:
        return (self._chain_id, self._at("escrow"))

    def _chain(self) -> Chain:
        return Chain(self._http, self._wallet, self._chain_id)

    def _at(self, name: str) -> str:
        """The address of the token or the Escrow."""
        if self._genesis is None:
            genesis = self._http.json("GET", "/api/v1/space")["genesis"]
            tokens: List[str] = genesis["tokens"]
            if int(genesis["chain_id"]) != self._chain_id:
                raise _refused(
                    f"the node is on chain {genesis['chain_id']}, and this purse signs for "
                    f"{self._chain_id}"
                )
            if self._token is not None and self._token.lower() != tokens[0].lower():
                raise _refused(f"the node's token is {tokens[0]}, not {self._token}")
            self._genesis = {"token": tokens[0], "escrow": genesis["escrow"]}
        return str(self._genesis[name])


def _standing(told: Optional[Mapping[str, Any]]) -> Optional[Dict[str, int]]:
    """How far a key has come, out of what x402 says; None where it does not say that."""
    told = told or {}
    offers = [it for it in told.get("accepts") or [] if it.get("scheme") == CREDIT]
    extra = offers[0].get("extra") if offers else told.get("extra")
    try:
        served, signed = int(extra["served"]), int(extra["signed"])
        return {"served": served, "signed": signed, "held": int(extra.get("held", 0))}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _header(
    required: Mapping[str, Any], offer: Mapping[str, Any], payload: Mapping[str, Any]
) -> str:
    sent = {
        "x402Version": 2, "resource": required.get("resource"), "accepted": offer,
        "payload": payload,
    }
    return base64.b64encode(json.dumps(sent).encode()).decode()


def _refused(words: str) -> Problem:
    return Problem(402, "payment_not_signed", words)
