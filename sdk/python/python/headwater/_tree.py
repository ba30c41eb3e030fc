"""A call and what was used in it, as a tree of receipts that adds up."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Union

from ._receipt import Receipt, check_call, read_receipt
from .errors import BadReceipt


class Use:
    """One use with the uses that were made in it: ``receipt``, and ``uses`` in the order of their
    counters. ``own_units`` is its own fee, ``cost_units`` that and all below it, in base units."""

    def __init__(self, receipt: Receipt, uses: Sequence["Use"]) -> None:
        self.receipt = receipt
        self.uses = list(uses)

    def __repr__(self) -> str:
        return f"Use({self.receipt.counter} of asset {self.receipt.asset}, {self.cost_units} units)"

    @property
    def own_units(self) -> int:
        """Its own fee, revenue of its asset."""
        return self.receipt.amount_units

    @property
    def cost_units(self) -> int:
        """Its own fee and all that was used in it."""
        return self.own_units + sum(use.cost_units for use in self.uses)

    def __iter__(self) -> Iterator["Use"]:
        """This use, then all below it, depth first."""
        yield self
        for use in self.uses:
            yield from use

    def table(self) -> Any:
        """A pandas DataFrame with a row for each use, depth first.

        Columns: depth (0 for the call itself), asset, counter, status, own_units, cost_units (int),
        time (UTC), receipt (its id). The sum of own_units is what the call has cost.
        """
        import pandas

        rows = list(_rows(self, 0))
        times = [row["time"] for row in rows]
        table = pandas.DataFrame(rows)
        table["time"] = pandas.to_datetime(times, unit="ms", utc=True)
        return table


def read_call(receipts: Any, gateway_key: Union[str, bytes]) -> Use:
    """The receipts of one call as a tree: texts in any order, :class:`~headwater.Receipt`, or the
    path of a file that has them one a line, as :meth:`Answer.save_receipts` writes it.

    Each must be signed by the gateway's key (32 bytes or 64 hex digits), none may be missing or too
    many, and own fees must sum to the price. Raises :class:`~headwater.BadReceipt` else.

    >>> read_call([], bytes(32))
    Traceback (most recent call last):
    headwater.errors.BadReceipt: bad_receipt: there is no receipt
    """
    if isinstance(receipts, (str, os.PathLike)):
        with open(receipts, encoding="ascii") as file:
            receipts = file.read().split()
    own = [it if isinstance(it, Receipt) else read_receipt(it) for it in receipts]
    return tree(sorted(own, key=lambda it: it.counter), gateway_key)


def tree(receipts: List[Receipt], key: Union[str, bytes]) -> Use:
    """The tree of a call whose own receipt, of the highest counter, stands last."""
    if not receipts:
        raise BadReceipt("there is no receipt")
    check_call(receipts, key)
    below: Dict[str, List[Receipt]] = {}
    for own in receipts[:-1]:
        below.setdefault(str(own.within), []).append(own)
    top = _use(receipts[-1], below)
    if top.cost_units != receipts[-1].cost_units:
        raise BadReceipt("own fees do not sum to the price")
    return top


def _use(receipt: Receipt, below: Dict[str, List[Receipt]]) -> Use:
    children: Iterable[Receipt] = below.get(receipt.call, []) if receipt.call else []
    ordered = sorted(children, key=lambda it: it.counter)
    return Use(receipt, [_use(own, below) for own in ordered])


def _rows(use: Use, depth: int) -> Iterator[Dict[str, Any]]:
    own = use.receipt
    yield {
        "depth": depth, "asset": own.asset, "counter": own.counter, "status": own.status,
        "own_units": own.amount_units, "cost_units": use.cost_units, "time": own.time_ms,
        "receipt": own.id,
    }
    for child in use.uses:
        yield from _rows(child, depth + 1)
