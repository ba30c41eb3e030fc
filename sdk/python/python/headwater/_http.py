"""Requests to one node over connections that stay open, tried again where that is harmless."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import urlencode, urlsplit

from .errors import Problem, Unreachable

#: Statuses after which the same request may succeed.
BUSY = (429, 502, 503, 504)

#: Makes the headers that say who asks: method, target, body.
Credential = Callable[[str, str, bytes], Mapping[str, str]]


class Http:
    """A node by its address. ``timeout_s`` bounds one answer, ``attempts`` all tries together."""

    def __init__(self, url: str, timeout_s: float, attempts: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError(f"`{url}` is no address of a node: give it like https://data.example")
        self.url = url.rstrip("/")
        self._base = parts.path.rstrip("/")
        self._scheme, self._netloc = parts.scheme, parts.netloc
        self._timeout_s, self._attempts = timeout_s, max(1, attempts)
        self._open = threading.local()

    def ask(
        self,
        method: str,
        path: str,
        body: Tuple[str, bytes] = ("", b""),
        query: Optional[Dict[str, Any]] = None,
        credential: Optional[Credential] = None,
        repeat: Optional[bool] = None,
    ) -> Tuple[Dict[str, str], bytes]:
        """Headers (names in small letters) and body of a success.

        ``body`` is its kind and its bytes. With ``repeat`` a request that has no answer is sent
        again: by default all but POST, which might do twice what was asked once. A request that was
        turned away unread (429) is always sent again. Where the server says whether to send it
        again (``x-should-retry``) its word counts.
        """
        target = _target(path, query)
        if repeat is None:
            repeat = method != "POST"
        pause_s, last = 0.2, None
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(min(pause_s, 30.0))
                pause_s *= 2
            try:
                status, headers, answer = self._once(method, target, body, credential)
            except ConnectionRefusedError as error:
                last = error
                continue
            except (OSError, http.client.HTTPException) as error:
                last = error
                if not repeat:
                    break
                continue
            if 200 <= status < 300:
                return headers, answer
            last = _problem(status, headers, answer)
            if not _again(status, headers, repeat):
                raise last
            pause_s = max(pause_s, last.retry_after_s or 0.0)
        if isinstance(last, Problem):
            raise last
        raise Unreachable(self.url, last) from last

    def json(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer as JSON; None where there is none."""
        sent = ("", b"")
        if body is not None:
            sent = ("application/json", json.dumps(body).encode())
        return json_of(self.ask(method, path, sent, **more))

    def _once(
        self,
        method: str,
        target: str,
        body: Tuple[str, bytes],
        credential: Optional[Credential],
    ) -> Tuple[int, Dict[str, str], bytes]:
        connection = getattr(self._open, "connection", None)
        if connection is None:
            connection = self._open.connection = self._connect()
        try:
            response = self._sent(connection, (method, target), body, credential)
            answer = response.read()
        except BaseException:
            self._drop()
            raise
        if response.will_close:
            self._drop()
        return response.status, _headers(response), answer

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        body: Tuple[str, bytes] = ("", b""),
        query: Optional[Dict[str, Any]] = None,
        credential: Optional[Credential] = None,
    ) -> Iterator[Tuple[Dict[str, str], http.client.HTTPResponse]]:
        """The same for an answer that is read piece by piece: headers, and the response.

        It is sent once. What breaks off raises OSError or ``http.client.HTTPException``.
        """
        connection = self._connect()
        try:
            try:
                place = (method, _target(path, query))
                response = self._sent(connection, place, body, credential)
            except (OSError, http.client.HTTPException) as error:
                raise Unreachable(self.url, error) from error
            headers = _headers(response)
            if not 200 <= response.status < 300:
                raise _problem(response.status, headers, response.read())
            yield headers, response
        finally:
            connection.close()

    def _sent(
        self,
        connection: http.client.HTTPConnection,
        place: Tuple[str, str],
        body: Tuple[str, bytes],
        credential: Optional[Credential],
    ) -> http.client.HTTPResponse:
        (method, target), (kind, sent) = place, body
        headers = {"Accept": "application/json, */*", "User-Agent": "headwater-python"}
        if kind:
            headers["Content-Type"] = kind
        if credential is not None:
            headers.update(credential(method, f"{self.url}{target}", sent))
        connection.request(method, f"{self._base}{target}", sent, headers)
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        secure = self._scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._netloc, timeout=self._timeout_s)

    def _drop(self) -> None:
        connection = getattr(self._open, "connection", None)
        self._open.connection = None
        if connection is not None:
            connection.close()


def json_of(answer: Tuple[Mapping[str, str], bytes]) -> Any:
    """The body of an answer as JSON; None where it is empty."""
    return json.loads(answer[1]) if answer[1] else None


def beside(credential: Optional[Credential], headers: Mapping[str, str]) -> Credential:
    """Who asks, with further headers."""

    def both(method: str, target: str, body: bytes) -> Mapping[str, str]:
        own = {} if credential is None else credential(method, target, body)
        return {**own, **headers}

    return both


def _target(path: str, query: Optional[Dict[str, Any]]) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _headers(response: http.client.HTTPResponse) -> Dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _again(status: int, headers: Mapping[str, str], repeat: bool) -> bool:
    told = headers.get("x-should-retry")
    if told == "false":
        return False
    return status == 429 or (repeat and (status in BUSY or told == "true"))


def _problem(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """A problem document of the node, or an error of the gateway in OpenAI's words."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    receipts = receipts_of(headers, document)
    try:
        said = document.get("error", document)
        code = str(said["code"])
        detail = str(said.get("detail") or said.get("message") or said.get("title") or "")
    except (KeyError, TypeError, AttributeError):
        code, detail = "no_problem_document", body[:300].decode("utf-8", "replace")
    wait = headers.get("retry-after", "")
    problem = Problem(status, code, detail, float(wait) if wait.isdigit() else None, receipts)
    problem.payment_told = told_in(headers)
    return problem


def told_in(headers: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """What x402 says of the payment beside an answer: `SettleResponse`, or `PaymentRequired`."""
    text = headers.get("payment-response") or headers.get("payment-required")
    if text is None:
        return None
    try:
        told = json.loads(base64.b64decode(text))
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def receipts_of(headers: Mapping[str, str], document: Any) -> List[str]:
    """Receipts that come with an answer: of what was used in it, and last its own; none where
    nothing was paid. They stand in the headers, or in the document of a stream's end."""
    if "x-headwater-receipt" in headers:
        below = headers.get("x-headwater-children", "")
        return [it for it in below.split(",") if it] + [headers["x-headwater-receipt"]]
    told = document.get("headwater") if isinstance(document, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("receipt"), str):
        return []
    return [str(it) for it in told.get("children") or []] + [told["receipt"]]
