"""Requests to one node over connections that stay open, tried again where that is harmless."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple
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
        turned away unread (429) is always sent again.
        """
        target = path
        if query:
            given = {name: value for name, value in query.items() if value is not None}
            target = f"{path}?{urlencode(given)}" if given else path
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
            if not (status == 429 or (repeat and status in BUSY)):
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
        kind, sent = body
        headers = {"Accept": "application/json, */*", "User-Agent": "headwater-python"}
        if kind:
            headers["Content-Type"] = kind
        if credential is not None:
            headers.update(credential(method, f"{self.url}{target}", sent))
        connection = self._connection()
        try:
            connection.request(method, f"{self._base}{target}", sent, headers)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            self._drop()
            raise
        if response.will_close:
            self._drop()
        pairs = response.getheaders()
        return response.status, {name.lower(): value for name, value in pairs}, answer

    def _connection(self) -> http.client.HTTPConnection:
        connection = getattr(self._open, "connection", None)
        if connection is None:
            secure = self._scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            connection = kind(self._netloc, timeout=self._timeout_s)
            self._open.connection = connection
        return connection

    def _drop(self) -> None:
        connection = getattr(self._open, "connection", None)
        self._open.connection = None
        if connection is not None:
            connection.close()


def json_of(answer: Tuple[Mapping[str, str], bytes]) -> Any:
    """The body of an answer as JSON; None where it is empty."""
    return json.loads(answer[1]) if answer[1] else None


def _problem(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    try:
        said = json.loads(body)
        code, detail = str(said["code"]), str(said.get("detail") or said.get("title") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        code, detail = "no_problem_document", body[:300].decode("utf-8", "replace")
    wait = headers.get("retry-after", "")
    return Problem(status, code, detail, float(wait) if wait.isdigit() else None)
