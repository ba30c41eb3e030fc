"""Models and tables of a node's gateway: asked with a key, each answer with a signed receipt."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from contextlib import ExitStack
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ._answer import Answer, Stream, whole
from ._headwater import gateway_key as key_in
from ._http import Http, json_of, told_in
from ._node import API
from ._proof import check_proof
from ._purse import Purse
from ._receipt import Receipt, read_receipt
from ._tree import Use, read_call
from .errors import BadReceipt, Problem, Unreachable

#: What is asked of a chat: one text, or messages with ``role`` and ``content``.
Messages = Union[str, Sequence[Mapping[str, Any]]]
#: Hex digits of a receipt's id.
ID_DIGITS = 64


class Models:
    """What a node's gateway serves, asked with a key of :meth:`Market.model_key` (``hw_m_...``).

    ``purpose`` says what all calls are for, where a model's terms allow several. Each answer's
    receipt is checked before it is given back: signed by the gateway's key, for these bytes of the
    question and of the answer. ``gateway_key`` (64 hex digits) is that key; without it the node
    names it, and proves by the log's key that the log does. ``log_key`` pins the log's key; without
    it that one too is the node's word.

    A call that has no answer is sent again under the same idempotency key, so it is paid once.
    In the place of a key a ``purse`` pays for each call by itself: no account is needed.
    """

    def __init__(
        self,
        url: str,
        key: Optional[str] = None,
        purpose: Optional[str] = None,
        gateway_key: Optional[str] = None,
        log_key: Optional[str] = None,
        timeout_s: float = 600.0,
        purse: Optional[Purse] = None,
    ) -> None:
        if key is not None and purse is not None:
            raise ValueError("calls are paid by a key or by a purse, not by both")
        self._http = Http(url, timeout_s, 6)
        self._key, self._purpose, self._purse = key, purpose, purse
        self._named, self._log_key = gateway_key, log_key
        self._pinned = gateway_key is not None

    def __repr__(self) -> str:
        return f"Models({self._http.url!r})"

    def list(self) -> List[Dict[str, Any]]:
        """What is in service: ``id`` (its name), and below ``headwater`` the asset, prices in base
        units as text, purposes, and what it uses."""
        return self._http.json("GET", "/v1/models")["data"]

    # Calls

    def chat(self, model: Any, messages: Messages, **settings: Any) -> Answer:
        """Asks a model; ``settings`` are those of OpenAI's API (``max_tokens``, ``seed`` ..).

        ``model`` is a name or the number of an asset. :class:`Answer.text` has what it says.
        Further settings of every call: ``most_units``, the most that it may cost, and ``once``, an
        idempotency key of one's own, under which the same question is paid once; of a purse's,
        ``payment``, one that was made for a call which came to nothing.
        """
        return self._call("chat/completions", model, {"messages": _messages(messages), **settings})

    def complete(self, model: Any, prompt: str, **settings: Any) -> Answer:
        """Goes on with a text."""
        return self._call("completions", model, {"prompt": prompt, **settings})

    def classify(self, model: Any, texts: Union[str, Sequence[str]], **settings: Any) -> Answer:
        """Says the class of each text: :class:`Answer.labels`."""
        return self._call("classify", model, {"input": _texts(texts), **settings})

    def embed(self, model: Any, texts: Union[str, Sequence[str]], **settings: Any) -> Answer:
        """Makes a point of each text: :class:`Answer.vectors`, of shape (texts, dimensions)."""
        return self._call("embeddings", model, {"input": _texts(texts), **settings})

    def respond(self, model: Any, input: Any, **settings: Any) -> Answer:
        """Asks a model in the words of OpenAI's responses (``instructions``, ``tools`` ..): what
        it is asked is a text or a list of items. :class:`Answer.text` has what it says,
        ``document`` all of its ``output``. Built-in models have no such route
        (``route_not_supported``)."""
        return self._call("responses", model, {"input": input, **settings})

    def rows(
        self,
        asset: Any,
        where: Optional[Mapping[str, Any]] = None,
        start: int = 0,
        limit: int = 100,
        **settings: Any,
    ) -> Answer:
        """Buys rows of a data set or label set: those from ``start`` on whose columns have the
        values of ``where``, 1 to 1,000. :class:`Answer.rows`, and ``.next`` for the page after."""
        asked = {"where": dict(where or {}), "from": int(start), "limit": int(limit)}
        return self._call("rows", asset, {**asked, **settings})

    def stream(self, model: Any, messages: Messages, **settings: Any) -> Stream:
        """The same as :meth:`chat`, piece by piece: iterate for texts, then look at ``.answer``.

        It is asked when the iteration begins, and once: who stops early pays for what has come.
        """
        asked = {"messages": _messages(messages), **settings}
        return self._stream("chat/completions", model, asked)

    def stream_response(self, model: Any, input: Any, **settings: Any) -> Stream:
        """The same as :meth:`respond`, piece by piece, as :meth:`stream` is."""
        return self._stream("responses", model, {"input": input, **settings})

    # What was used

    def usage(self) -> Dict[str, Any]:
        """What the key has spent: ``spent_units`` and ``budget_units`` (int, or None)."""
        said = self._ask("/v1/usage")
        for name in ("spent_units", "budget_units"):
            said[name] = None if said[name] is None else int(said[name])
        return said

    def composed(self) -> List[Use]:
        """The key's newest composed calls, also those that failed, each a tree of receipts that the
        gateway's key has signed and whose own fees sum to its price; else ``BadReceipt`` is raised.

        The node remembers up to 32 of a key, as long as it runs.
        """
        rows = self._ask("/v1/receipts")["data"]
        return [self.uses([*(row.get("children") or []), row["receipt"]]) for row in rows]

    def uses(self, receipts: Any) -> Use:
        """Receipts of one call as a tree, held against the gateway's key: those of a failed call,
        ``problem.receipts``, or of a file, as :func:`headwater.read_call` takes them."""
        return self._held(lambda key: read_call(receipts, key))

    def proof(self, receipt: Union[Receipt, str], timeout_s: float = 0.0) -> Dict[str, Any]:
        """Where the log has a use: its row, the path to the segment's root, and the entry.

        All of it is held against the log's key before it is given back, and the row against the
        receipt, where that is given and not just its id: else ``BadReceipt`` is raised. Waits for
        up to ``timeout_s`` seconds; raises ``not_found`` while no segment has it.
        """
        which = receipt.text if isinstance(receipt, Receipt) else receipt
        own = receipt if isinstance(receipt, Receipt) else None
        if own is None and len(which) != ID_DIGITS:
            own = read_receipt(which)
        end = time.monotonic() + timeout_s
        while True:
            try:
                told = self._http.json("GET", f"/v1/receipts/{which}", repeat=False)
                break
            except Problem as problem:
                left = end - time.monotonic()
                if problem.code != "not_found" or left <= 0:
                    raise
                time.sleep(min(1.0, left))
        if own is None and told["row"]["receipt"] != which:
            raise BadReceipt("the node has answered with another use")
        check_proof(told, *self._entry(told["segment"]["entry"]), own)
        return told

    @property
    def gateway_key(self) -> str:
        """The key that signs receipts, 64 hex digits."""
        if self._named is None:
            self._named = self._look()
        return self._named

    # Requests

    def _call(self, route: str, model: Any, settings: Dict[str, Any]) -> Answer:
        # Before anything is paid: without the key no receipt could be checked.
        self.gateway_key
        headers, payment = self._headers(settings), settings.pop("payment", None)
        headers["idempotency-key"] = str(settings.pop("once", None) or secrets.token_urlsafe(24))
        sent = json.dumps({"model": _name(model), **settings}).encode()
        body = ("application/json", sent)

        def ask(more: Mapping[str, str]) -> Tuple[Dict[str, str], bytes]:
            credential: Callable[..., Mapping[str, str]] = lambda *_: {**headers, **more}
            return self._http.ask("POST", f"/v1/{route}", body, None, credential, repeat=True)

        told, came = self._paid(ask, payment)
        answer = whole(told, came)
        self._check(answer, sent, came)
        return answer

    def _stream(self, route: str, model: Any, settings: Dict[str, Any]) -> Stream:
        # As for a call: before anything is paid.
        self.gateway_key
        headers, payment = self._headers(settings), settings.pop("payment", None)
        sent = json.dumps({"model": _name(model), **settings, "stream": True}).encode()
        paid: Dict[str, Any] = {}

        def lines() -> Iterator[bytes]:
            with ExitStack() as stack:

                def ask(more: Mapping[str, str]) -> Tuple[Dict[str, str], Any]:
                    body = ("application/json", sent)
                    credential: Callable[..., Mapping[str, str]] = lambda *_: {**headers, **more}
                    asked = self._http.stream("POST", f"/v1/{route}", body, credential=credential)
                    return stack.enter_context(asked)

                told, response = self._paid(ask, payment)
                paid["told"] = told_in(told)
                try:
                    yield from response
                except (OSError, http.client.HTTPException) as error:
                    raise Unreachable(self._http.url, error) from error

        def check(answer: Answer, came: bytes) -> None:
            answer.payment = paid["told"]
            self._check(answer, sent, came)

        return Stream(lines(), check)

    def _paid(self, ask: Callable[..., Any], payment: Optional[str]) -> Any:
        if self._purse is not None:
            return self._purse.pay(ask, payment)
        if payment is not None:
            raise ValueError("a payment is shown by a purse: `Models(.., purse=..)`")
        return ask({})

    def _ask(self, path: str) -> Any:
        headers = self._headers({})
        return json_of(self._http.ask("GET", path, credential=lambda *_: headers))

    def _headers(self, settings: Dict[str, Any]) -> Dict[str, str]:
        """Who asks, and how; takes out of the settings what is none of the model's."""
        most, headers = settings.pop("most_units", None), {}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        if self._purpose is not None:
            headers["x-headwater-purpose"] = self._purpose
        if most is not None:
            headers["x-headwater-max-units"] = str(int(most))
        return headers

    def _check(self, answer: Answer, sent: bytes, came: bytes) -> None:
        self._held(lambda key: answer.check(key, sent, came))

    def _held(self, check: Callable[[str], Any]) -> Any:
        """What a check by the gateway's key gives."""
        try:
            return check(self.gateway_key)
        except BadReceipt:
            # The gateway may have another key by now.
            newest = self._named if self._pinned else self._look()
            if newest is None or newest == self._named:
                raise
            self._named = newest
            return check(newest)

    def _look(self) -> str:
        """The key by the entry that the log has of it."""
        space = self._http.json("GET", f"{API}/space")
        if space["gateway"] is None:
            raise BadReceipt("the log names no gateway, so nobody can have signed it")
        try:
            return key_in(*self._entry(space["gateway"]["entry"], space)).hex()
        except ValueError as error:
            raise BadReceipt(f"the node does not prove its gateway's key: {error}") from error

    def _entry(self, entry: int, space: Optional[Dict[str, Any]] = None) -> Tuple[str, str]:
        """The log's receipt of an entry, and the log's key."""
        proof = self._http.ask("GET", f"{API}/receipt/{int(entry)}", query={"wait": 30_000})[1]
        if self._log_key is not None:
            return proof.decode(), self._log_key
        return proof.decode(), (space or self._http.json("GET", f"{API}/space"))["log_key"]


def _name(model: Any) -> str:
    """A name as it is, a number or an :class:`Asset` as the gateway names it."""
    return model if isinstance(model, str) else f"asset-{int(model)}"


def _messages(messages: Messages) -> List[Mapping[str, Any]]:
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return list(messages)


def _texts(texts: Union[str, Sequence[str]]) -> Union[str, List[str]]:
    return texts if isinstance(texts, str) else list(texts)
