"""Where the log has a use: the row, its way to the segment's root, and the entry that has it."""

from __future__ import annotations

import base64
import struct
from typing import Any, Mapping, Optional

from ._headwater import is_row, segment
from ._receipt import ROW, SIGNATURE_BYTES, SOURCES, Receipt, _padded
from .errors import BadReceipt

#: Numbers of those who count tokens, by their words.
COUNTED_BY = {word: number for number, word in SOURCES.items()}


def check_proof(told: Mapping[str, Any], entry: str, log_key: str, own: Optional[Receipt]) -> None:
    """Holds what a node says of a use against the log's key, with no server.

    ``told``: the answer of ``/v1/receipts/..``. ``entry``: the log's own receipt (C2SP tlog-proof)
    of the entry that it names. ``own``: the gateway's receipt of the use, where it is at hand.
    Raises :class:`~headwater.BadReceipt`.
    """
    try:
        row = _row(told["row"])
        root = bytes.fromhex(told["segment"]["rows_root"])
        path = [bytes.fromhex(it) for it in told["proof"]]
        place = (int(told["index"]), int(told["rows"]))
        asset = int(told["segment"]["asset"])
        is_below = is_row(row, place, path, root)
    except (KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
        raise BadReceipt(f"the proof does not read: {error}") from error
    if own is not None and (row, asset) != (_signed_row(own), own.asset):
        raise BadReceipt(f"the log has another row than the receipt of use {own.counter}")
    if not is_below:
        raise BadReceipt("the row does not lead to the segment's root")
    try:
        posted = segment(entry, log_key)
    except ValueError as error:
        raise BadReceipt(f"the log's key does not prove the segment: {error}") from error
    if posted != (asset, root):
        raise BadReceipt("the entry of the log posts another segment")


def _row(row: Mapping[str, Any]) -> bytes:
    """The bytes of a row with counts (`docs/spec/segment.md`)."""
    tokens = row["tokens"]
    return ROW.pack(
        bytes.fromhex(row["receipt"]), row["allowance"], row["purpose"], row["time_ms"],
        int(row["amount_units"]).to_bytes(16, "big"), bytes.fromhex(row["input"]),
        bytes.fromhex(row["output"]), tokens["input"], tokens["output"],
        COUNTED_BY[tokens["source"]],
    )


def _signed_row(receipt: Receipt) -> bytes:
    raw = base64.urlsafe_b64decode(_padded(receipt.text))
    return raw[-SIGNATURE_BYTES - ROW.size : -SIGNATURE_BYTES]
