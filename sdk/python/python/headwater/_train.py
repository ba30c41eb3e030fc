"""Built-in models from texts with labels: files that a gateway serves."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any, List, Sequence, Tuple

from ._engine import column
from ._frames import _native
from ._headwater import embedding_model, train_classifier, train_ngram

KINDS = ("classifier", "ngram", "embedding")


class Trained:
    """A model's file, as ``headwater train`` writes it, byte for byte.

    ``data``: its bytes, the ``content`` of :meth:`Market.register`. ``sha256``: of them, 64 hex
    digits. ``kind``; ``classes`` of a classifier, in order. ``examples``: how many it has learnt
    from; ``held``: how many of them a classifier of the others was asked about, every fifth;
    ``right``: how many of those it got right.
    """

    def __init__(
        self, kind: str, data: bytes, classes: Sequence[str], measured: Tuple[int, int, int]
    ) -> None:
        self.kind, self.data, self.classes = kind, data, list(classes)
        self.examples, self.held, self.right = measured
        self.sha256 = hashlib.sha256(data).hexdigest()

    def __repr__(self) -> str:
        return f"Trained({self.kind}, {len(self.data)} bytes, {self.examples} examples)"

    def save(self, path: Any) -> None:
        """Writes the file."""
        with open(path, "wb") as file:
            file.write(self.data)


def train(
    data: Any = None,
    kind: str = "classifier",
    text: str = "text",
    label: str = "label",
    bits: int = 14,
) -> Trained:
    """Trains a built-in model; the same examples give the same bytes on every machine.

    ``data``: a pandas, polars or pyarrow table, a dict of lists, or the bytes of CSV with a header
    or of JSON Lines, such as a label set's ``download("train").data``. ``text`` and ``label`` are
    its columns; rows without a label teach a classifier nothing. ``kind``: ``classifier``,
    ``ngram`` (next words, from texts alone) or ``embedding`` (a rule, from nothing). ``bits``: of a
    classifier, the number of buckets of its features as a power of two, 1 to 20.

    Raises KeyError for a column that is not there, ValueError for fewer than two labels or more
    than 256.

    >>> rows = {"text": ["late parcel", "wrong invoice"], "label": ["delivery", "billing"]}
    >>> train(rows).classes
    ['billing', 'delivery']
    >>> train({"text": ["late parcel"], "label": ["delivery"]})
    Traceback (most recent call last):
    ValueError: there are 1 classes; a classifier needs two: name the column of labels with `label`
    """
    if kind not in KINDS:
        raise ValueError(f"`{kind}` is none of {', '.join(KINDS)}")
    if kind == "embedding":
        return Trained(kind, embedding_model(), (), (0, 0, 0))
    if data is None:
        raise ValueError(f"a model of the kind `{kind}` needs examples")
    rows = _rows(data, text, label if kind == "classifier" else None)
    if not rows:
        raise ValueError("there are no examples")
    if kind == "ngram":
        return Trained(kind, train_ngram([own for own, _ in rows]), (), (len(rows), 0, 0))
    classes = len({given for _, given in rows if given})
    if classes < 2:
        raise ValueError(
            f"there are {classes} classes; a classifier needs two: "
            "name the column of labels with `label`"
        )
    found, names, measured = train_classifier(rows, bits)
    return Trained(kind, found, names, measured)


def _rows(data: Any, text: str, label: Any) -> List[Tuple[str, str]]:
    """Text and label of each row; a label that is missing is empty."""
    if isinstance(data, (bytes, bytearray)):
        return _read(bytes(data), text, label)
    texts = [_text(cell) for cell in column(data, text)]
    if label is None:
        return [(own, "") for own in texts]
    return list(zip(texts, (_text(cell) for cell in column(data, label))))


def _read(data: bytes, text: str, label: Any) -> List[Tuple[str, str]]:
    if data.lstrip()[:1] == b"{":
        rows = [json.loads(line) for line in data.splitlines() if line.strip()]
    else:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    for name in (text, label):
        if name is not None and rows and not any(name in row for row in rows):
            raise KeyError(f"the file has no column `{name}`")
    return [(_text(row.get(text)), _text(row.get(label))) for row in rows]


def _text(cell: Any) -> str:
    own = _native(cell)
    return "" if own is None else str(own)
