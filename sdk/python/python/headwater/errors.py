"""What a node says no with: every error has a stable code and words for people."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

__all__ = ["BadContent", "BadReceipt", "Problem", "Rejected", "Unreachable"]

#: What to do next, by code; the words of those that are not here say it themselves.
HINTS = {
    "budget_exceeded": "make a key with a larger budget: `Market.model_key(budget_units=..)`",
    "content_of_others": "register the same file from the account that has uploaded it",
    "grant_expired": "buy another licence: `Asset.buy(purpose)`",
    "grant_missing": "buy a licence first: `Asset.buy(purpose)`",
    "grant_revoked": "buy another licence: `Asset.buy(purpose)`",
    "insufficient_credit": "set more money aside for it: `Asset.allow(units)`",
    "invalid_api_key": "make a key: `Market.model_key()`; it is shown once",
    "licence_denied": "buy what the terms offer: `Asset.buy(purpose)`, or call for another purpose",
    "model_not_found": "`Models.list()` has what is in service",
    "no_faucet": "money is real here: deposit into the Escrow contract, then name `fund`",
    "not_displayed": "buy a licence first: `Asset.buy(purpose)`",
    "not_listed": "its owner lists it first: `Asset.list_at(prices=..)`",
    "out_of_scope": "the account was opened with fewer rights: use another wallet",
    "payment_invalid": "nothing was paid: `detail` says why; `Purse.balance()` and `Purse.credit()` "
    "say what there is",
    "payment_not_signed": "nothing was paid: pay a node on the chain and in the token of the purse",
    "payment_required": "make a key, or pay call by call: `Models(.., purse=Purse(..))`",
    "payment_returns": "what is left of it goes back to its payer: pay anew",
    "payment_used": "it pays for no further call: pay anew",
    "price_above_limit": "raise `most_units`, or ask for less",
    "purpose_required": "say what the call is for: `Models(.., purpose=..)`",
    "settlement_unknown": "send the same payment again, never another: `payment=problem.payment`",
    "unknown_allowance": "set money aside first: `Asset.allow(units)`",
    "unknown_purpose": "name one of `Asset.state()['terms']['purposes']`",
}


class Problem(Exception):
    """An answer that is no success, as RFC 9457 writes it.

    ``status``: the code of HTTP, int. ``code``: stable, in snake_case, such as ``bad_plan``.
    ``detail``: one sentence, what is wrong and where. ``hint``: what to do next, or None where the
    detail says it. ``retry_after_s``: seconds after which the same request may succeed, or None.
    ``receipts``: texts of the receipts of what was paid although the call has failed.
    ``payment``: a payment of a :class:`~headwater.Purse` that was made for the call and still pays
    for the next try, ``Models.chat(.., payment=problem.payment)``, or None. ``payment_told``: what
    x402 says of it, or None.

    >>> str(Problem(429, "budget_exceeded", "the key has spent it"))
    'budget_exceeded: the key has spent it'
    >>> Problem(403, "unknown_purpose", "asset 3").hint
    "name one of `Asset.state()['terms']['purposes']`"
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        retry_after_s: Optional[float] = None,
        receipts: Sequence[str] = (),
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = HINTS.get(code)
        self.retry_after_s = retry_after_s
        self.receipts = list(receipts)
        self.payment: Optional[str] = None
        self.payment_told: Optional[Dict[str, Any]] = None


class Rejected(Problem):
    """A rule of the log said no, or its desk. ``refusal`` is the log's signed word, to keep, or
    None where no rule was asked."""

    def __init__(self, code: str, detail: str, refusal: Optional[str] = None) -> None:
        super().__init__(200, code, detail)
        self.refusal = refusal


class Unreachable(Exception):
    """No answer came, however often it was asked for. ``reason`` is the last error; ``payment`` as
    of :class:`Problem`."""

    def __init__(self, url: str, reason: Any) -> None:
        super().__init__(f"{url} does not answer: {reason}")
        self.url = url
        self.reason = reason
        self.payment: Optional[str] = None


class BadReceipt(Exception):
    """A receipt that does not say what it should: keep it, signed it convicts the gateway.

    ``detail``: one sentence. ``answer``: the :class:`~headwater.Answer` that it came with, which is
    paid, or None. ``hint``: what to do next.
    """

    hint = "keep the receipt and hold it against the log: `headwater verify FILE --against DIR`"

    def __init__(self, why: str, answer: Any = None) -> None:
        super().__init__(f"bad_receipt: {why}")
        self.code = "bad_receipt"
        self.detail = why
        self.answer = answer


class BadContent(Exception):
    """Bytes that are not those of which the log has the SHA-256."""

    hint = "ask another copy for them, or tell the asset's owner: nothing here was kept"

    def __init__(self, why: str) -> None:
        super().__init__(f"bad_content: {why}")
        self.code = "bad_content"
        self.detail = why
