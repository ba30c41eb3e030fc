"""Tables as a node reads and writes them: rows of a data frame to JSON Lines, and back."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ._engine import column


class Rows(NamedTuple):
    """JSON Lines, and which of their members mean what."""

    lines: bytes
    id: str
    fields: List[str]
    known: Optional[str]


def jsonl(
    data: Any, id: Optional[str], fields: Optional[Sequence[str]], known: Optional[str]
) -> Rows:
    """The rows of a pandas, polars or pyarrow table or a dict of lists. Missing cells are null.

    >>> jsonl({"text": ["a", "b"]}, None, None, None).lines.decode().splitlines()[0]
    '{"row": "0", "text": "a"}'
    """
    names = _names(data)
    if id is None:
        name = "row"
        while name in names:
            name += "_"
        ids = _index(data, names)
    else:
        name, ids = id, column(data, id)
    shown = [it for it in names if it not in (id, known)] if fields is None else list(fields)
    if not shown:
        raise ValueError("there is no column to show: name some in `fields`")
    taken = {it: column(data, it) for it in shown + ([known] if known else [])}
    lines = []
    for place, own in enumerate(ids):
        row: Dict[str, Any] = {name: str(_native(own))}
        for it, values in taken.items():
            cell = _native(values[place])
            # A task without a known answer says nothing of it; a field that is shown stays there.
            if cell is not None or it != known:
                row[it] = cell
        lines.append(json.dumps(row, ensure_ascii=False, default=str))
    return Rows("\n".join(lines).encode() + b"\n", name, shown, known)


def _names(data: Any) -> List[str]:
    if hasattr(data, "column_names"):  # pyarrow
        return list(data.column_names)
    if hasattr(data, "columns"):
        return [str(name) for name in data.columns]
    return list(data.keys())


def _index(data: Any, names: List[str]) -> Sequence[Any]:
    index = getattr(data, "index", None)
    if index is not None and hasattr(index, "to_list") and not callable(index):
        return index.to_list()
    return range(len(column(data, names[0]))) if names else []


def _native(value: Any) -> Any:
    """A cell as JSON has it; None where it is missing."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and value != value):
        return None
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value.tolist() if isinstance(value, np.ndarray) else value
