"""Answers of models and tables, with what they cost and the receipts that say so."""

from __future__ import annotations

import json
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from ._http import receipts_of, told_in
from ._receipt import Receipt, digest, read_receipt
from ._tree import Use, tree
from .errors import BadReceipt, Problem


class Answer:
    """What was answered, paid and signed for.

    ``document``: the answer as a dict. ``receipts``: those of what was used in it, in the order of
    their counters, and last that of the whole. ``salt``: 32 bytes that open its digests.
    ``uses``: the same receipts as a tree that adds up, once they were checked. ``payment``: what
    x402 says of what has paid for it (``payer``, ``transaction`` ..), None where a key has.
    """

    def __init__(self, document: Dict[str, Any], texts: Sequence[str], salt: bytes) -> None:
        self.document = document
        self.receipts: List[Receipt] = [read_receipt(text) for text in texts]
        self.salt = salt
        self.uses: Optional[Use] = None
        self.payment: Optional[Dict[str, Any]] = None

    def __repr__(self) -> str:
        return f"Answer({self.cost_units} units, use {self.receipt.counter})"

    @property
    def receipt(self) -> Receipt:
        """That of the whole use."""
        return self.receipts[-1]

    @property
    def cost_units(self) -> int:
        """What it has cost, with all that was used in it, in base units."""
        return self.receipt.cost_units

    @property
    def text(self) -> str:
        """Of a chat, a completion, a response or a stream: the text of the first choice."""
        if "choices" not in self.document and "output" in self.document:
            return _spoken(self.document["output"])
        first = self.document["choices"][0]
        return str(first["message"]["content"] if "message" in first else first["text"])

    @property
    def labels(self) -> List[str]:
        """Of a classification: the label of each text; ``document['data']`` has probabilities."""
        return [str(row["label"]) for row in self.document["data"]]

    @property
    def vectors(self) -> Any:
        """Of embeddings: a numpy array of shape (texts, dimensions)."""
        import numpy as np

        return np.asarray([row["embedding"] for row in self.document["data"]], dtype=float)

    @property
    def rows(self) -> List[Dict[str, Any]]:
        """Of a table: its rows, each a dict of cells."""
        return list(self.document["data"])

    @property
    def next(self) -> Optional[int]:
        """Of a table: the ``start`` of the next page; None at the end."""
        return self.document["next"]

    def table(self) -> Any:
        """Of a table: its rows as a pandas DataFrame, a column for each cell."""
        import pandas

        return pandas.DataFrame(self.rows)

    def check(self, key: Union[str, bytes], question: bytes, answered: bytes) -> None:
        """Holds the receipts against the gateway's key, and that of the whole against the bytes
        that were sent and came. Raises :class:`~headwater.BadReceipt`, with this answer in it."""
        try:
            self.uses = tree(self.receipts, key)
            if digest(self.salt, question) != self.receipt.input:
                raise BadReceipt("it is for another question")
            if digest(self.salt, answered) != self.receipt.output:
                raise BadReceipt("it is for another answer")
        except BadReceipt as bad:
            bad.answer = self
            raise

    def save_receipts(self, path: Any) -> None:
        """Writes them where `headwater verify` reads them, one a line."""
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"{own.text}\n" for own in self.receipts)


def whole(headers: Mapping[str, str], body: bytes) -> Answer:
    """An answer that came at once; its receipts stand in the headers."""
    texts, salt = receipts_of(headers, None), headers.get("x-headwater-salt")
    answer = _told(json.loads(body), texts, salt)
    answer.payment = told_in(headers)
    return answer


class Stream:
    """An answer that comes in pieces: iterate for texts; afterwards ``answer`` has all of it.

    Raises :class:`~headwater.Problem` where the model breaks off: what had come is paid, and
    ``receipts`` of the problem say so.
    """

    def __init__(
        self, lines: Iterable[bytes], check: Callable[[Answer, bytes], None] = lambda *_: None
    ) -> None:
        self._lines, self._check = lines, check
        self._texts: List[str] = []
        #: All events as they were sent, but the one with the receipt: its digest is of these.
        self._sent: List[bytes] = []
        self._answer: Optional[Answer] = None
        self._response: Optional[Dict[str, Any]] = None

    @property
    def answer(self) -> Answer:
        """The whole answer with its receipt; raises ValueError before the stream has ended."""
        if self._answer is None:
            raise ValueError("the stream has not ended: read it to its end first")
        return self._answer

    def __iter__(self) -> Iterator[str]:
        last: Dict[str, Any] = {}
        last_bytes = b""
        for data, raw in _events(self._lines):
            if data == b"[DONE]":
                break
            self._sent.append(last_bytes)
            yield from self._pieces(last)
            last, last_bytes = _document(data), raw
        self._end(last)

    def _pieces(self, event: Dict[str, Any]) -> Iterator[str]:
        # A response tells its text by itself, and at its end all that it has said.
        if event.get("type") == "response.output_text.delta":
            self._texts.append(str(event["delta"]))
            yield self._texts[-1]
        if event.get("type") in ("response.completed", "response.incomplete"):
            self._response = event["response"]
        for choice in event.get("choices") or []:
            text = choice.get("text") or (choice.get("delta") or {}).get("content")
            if text and choice.get("index", 0) == 0:
                self._texts.append(text)
                yield text

    def _end(self, last: Dict[str, Any]) -> None:
        texts = receipts_of({}, last)
        if "error" in last or not texts:
            error = last.get("error") or {}
            code = str(error.get("code") or "broken_stream")
            words = str(error.get("message") or "the stream ended without its last event")
            raise Problem(502, code, words, receipts=texts)
        choice = {"index": 0, "message": {"role": "assistant", "content": "".join(self._texts)}}
        own = {"choices": [choice]} if self._response is None else self._response
        document = {**last, **own}
        answer = _told(document, texts, last["headwater"].get("salt"))
        self._check(answer, b"".join(self._sent))
        self._answer = answer


def _told(document: Dict[str, Any], texts: Sequence[str], salt: Optional[str]) -> Answer:
    if not texts or salt is None:
        raise BadReceipt("the answer has come without one")
    return Answer(document, texts, bytes.fromhex(salt))


def _spoken(output: Sequence[Mapping[str, Any]]) -> str:
    """The texts of a response, one after another."""
    parts = [part for item in output for part in item.get("content") or []]
    return "".join(part["text"] for part in parts if part.get("type") == "output_text")


def _document(data: bytes) -> Dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _events(lines: Iterable[bytes]) -> Iterator[Tuple[bytes, bytes]]:
    """Data and bytes of server-sent events; each ends with an empty line."""
    raw, data = b"", []
    for line in lines:
        raw += line
        bare = line.rstrip(b"\r\n")
        if bare.startswith(b"data:"):
            data.append(bare[5:].lstrip(b" "))
        elif not bare:
            yield b"\n".join(data), raw
            raw, data = b"", []
    if data:
        yield b"\n".join(data), raw
