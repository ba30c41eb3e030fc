"""Models and tables of a node's gateway: asked with a key, each answer with a signed receipt."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from ._answer import Answer, Stream, whole
from ._headwater import gateway_key as key_in
from ._http import Http, json_of
from ._node import API
from ._receipt import Receipt
from .errors import BadReceipt, Problem, Unreachable

#: What is asked of a chat: one text, or messages with ``role`` and ``content``.
Messages = Union[str, Sequence[Mapping[str, Any]]]


class Models:
    """What a node's gateway serves, asked with a key of :meth:`Market.model_key` (``hw_m_...``).

    ``purpose`` says what all calls are for, where a model's terms allow several. Each answer's
    receipt is checked before it is given back: signed by the gateway's key, for these bytes of the
    question and of the answer. ``gateway_key`` (64 hex digits) is that key; without it the node
    names it, and proves by the log's key that the log does. ``log_key`` pins the log's key; without
    it that one too is the node's word.

    A call that has no answer is sent again under the same idempotency key, so it is paid once.
    """

    def __init__(
        self,
        url: str,
        key: Optional[str] = None,
        purpose: Optional[str] = None,
        gateway_key: Optional[str] = None,
        log_key: Optional[str] = None,
        timeout_s: float = 600.0,
    ) -> None:
        self._http = Http(url, timeout_s, 6)
        self._key, self._purpose = key, purpose
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
        idempotency key of one's own, under which the same question is paid once.
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
        # As for a call: before anything is paid.
        self.gateway_key
        body = {"messages": _messages(messages), **settings, "stream": True}
        headers = self._headers(body)
        sent = json.dumps({"model": _name(model), **body}).encode()
        lines = self._lines(sent, headers)
        return Stream(lines, lambda answer, came: self._check(answer, sent, came))

    # What was used

    def usage(self) -> Dict[str, Any]:
        """What the key has spent: ``spent_units`` and ``budget_units`` (int, or None)."""
        said = self._ask("/v1/usage")
        for name in ("spent_units", "budget_units"):
            said[name] = None if said[name] is None else int(said[name])
        return said

    def composed(self) -> List[Dict[str, Any]]:
        """The key's newest composed calls with all receipts of each, also those that failed."""
        return self._ask("/v1/receipts")["data"]

    def proof(self, receipt: Union[Receipt, str], timeout_s: float = 0.0) -> Dict[str, Any]:
        """Where the log has a use: its row, the path to the segment's root, and the entry.

        Waits for up to ``timeout_s`` seconds; raises ``not_found`` while no segment has it.
        """
        which = receipt.text if isinstance(receipt, Receipt) else receipt
        end = time.monotonic() + timeout_s
        while True:
            try:
                return self._http.json("GET", f"/v1/receipts/{which}", repeat=False)
            except Problem as problem:
                left = end - time.monotonic()
                if problem.code != "not_found" or left <= 0:
                    raise
                time.sleep(min(1.0, left))

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
        headers = self._headers(settings)
        headers["idempotency-key"] = str(settings.pop("once", None) or secrets.token_urlsafe(24))
        sent = json.dumps({"model": _name(model), **settings}).encode()
        body = ("application/json", sent)
        credential: Callable[..., Mapping[str, str]] = lambda *_: headers
        told, came = self._http.ask("POST", f"/v1/{route}", body, None, credential, repeat=True)
        answer = whole(told, came)
        self._check(answer, sent, came)
        return answer

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

    def _lines(self, sent: bytes, headers: Mapping[str, str]) -> Iterator[bytes]:
        body = ("application/json", sent)
        asked = self._http.stream(
            "POST", "/v1/chat/completions", body, credential=lambda *_: headers
        )
        with asked as (_, response):
            try:
                yield from response
            except (OSError, http.client.HTTPException) as error:
                raise Unreachable(self._http.url, error) from error

    def _check(self, answer: Answer, sent: bytes, came: bytes) -> None:
        try:
            answer.check(self.gateway_key, sent, came)
        except BadReceipt:
            # The gateway may have another key by now.
            newest = self._named if self._pinned else self._look()
            if newest == self._named:
                raise
            self._named = newest
            answer.check(self.gateway_key, sent, came)

    def _look(self) -> str:
        """The key by the entry that the log has of it."""
        space = self._http.json("GET", f"{API}/space")
        if space["gateway"] is None:
            raise BadReceipt("the log names no gateway, so nobody can have signed it")
        place = f"{API}/receipt/{space['gateway']['entry']}"
        proof = self._http.ask("GET", place, query={"wait": 30_000})[1].decode()
        try:
            return key_in(proof, self._log_key or space["log_key"]).hex()
        except ValueError as error:
            raise BadReceipt(f"the node does not prove its gateway's key: {error}") from error


def _name(model: Any) -> str:
    """A name as it is, a number or an :class:`Asset` as the gateway names it."""
    return model if isinstance(model, str) else f"asset-{int(model)}"


def _messages(messages: Messages) -> List[Mapping[str, Any]]:
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return list(messages)


def _texts(texts: Union[str, Sequence[str]]) -> Union[str, List[str]]:
    return texts if isinstance(texts, str) else list(texts)
