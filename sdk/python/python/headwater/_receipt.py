"""Receipts of uses (`docs/spec/segment.md`): read, and held against a key and one another."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Dict, List, NamedTuple, Optional, Sequence, Union

from ._headwater import is_signed
from .errors import BadReceipt

#: Version, space, asset, payer, counter, status, due_ms.
HEAD = struct.Struct(">B16sIIQBQ")
#: Within, call, children, children_units, children_root: in version 2 alone.
TREE = struct.Struct(">32s32sH16s32s")
#: Id, allowance, purpose, time_ms, amount_units, input, output, tokens asked and answered, source.
ROW = struct.Struct(">32sIHQ16s32s32sIIB")
SIGNATURE_BYTES = 64

STATUS = {0: "partial", 1: "whole", 2: "failed"}
SOURCES = {1: "upstream", 2: "counted", 3: "capped"}
ZERO = bytes(32)


class Receipt(NamedTuple):
    """What a gateway says of one use; digests and ids are 64 hex digits, times milliseconds since
    1970, money base units of the asset's token.

    ``counter``: the payer's n-th receipt, from 1 without a gap. ``status``: ``whole``, ``partial``
    (the answer broke off; what had come is paid) or ``failed`` (only what was used in it is paid).
    ``purpose``: its place in the asset's terms. ``within``, ``call``: the call that it was made in,
    and its own id as one, or None. ``children``, ``children_units``: what was used directly in it.
    """

    text: str
    space: str
    asset: int
    payer: int
    counter: int
    status: str
    due_ms: int
    id: str
    allowance: int
    purpose: int
    time_ms: int
    amount_units: int
    input: str
    output: str
    input_tokens: int
    output_tokens: int
    token_source: str
    within: Optional[str]
    call: Optional[str]
    children: int
    children_units: int
    children_root: str

    @property
    def cost_units(self) -> int:
        """The use's own fee, and what was used in it."""
        return self.amount_units + self.children_units

    def is_signed_by(self, key: Union[str, bytes]) -> bool:
        """Whether the gateway's key (32 bytes, or their hex digits) has signed it."""
        raw = base64.urlsafe_b64decode(_padded(self.text))
        body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        key = bytes.fromhex(key) if isinstance(key, str) else key
        return is_signed(key, b"headwater/use-receipt/v1\0" + body, signature)


def read_receipt(text: str) -> Receipt:
    """Reads the text of a receipt. Raises :class:`~headwater.BadReceipt` for other texts, and where
    the id does not follow from the rest; who has signed it is not looked at.

    >>> read_receipt("AQ")
    Traceback (most recent call last):
    headwater.errors.BadReceipt: bad_receipt: the text has 1 bytes, which no receipt has
    """
    text = text.strip()
    try:
        raw = base64.b64decode(_padded(text), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadReceipt(f"the text is no base64url: {error}") from error
    has_tree = len(raw) == HEAD.size + TREE.size + ROW.size + SIGNATURE_BYTES
    if not has_tree and len(raw) != HEAD.size + ROW.size + SIGNATURE_BYTES:
        raise BadReceipt(f"the text has {len(raw)} bytes, which no receipt has")
    version, space, asset, payer, counter, status, due_ms = HEAD.unpack_from(raw)
    if version != (2 if has_tree else 1) or status not in STATUS or (status == 2 and not has_tree):
        raise BadReceipt("version and status are none that a receipt has")
    tree = raw[HEAD.size : HEAD.size + TREE.size] if has_tree else b""
    place = TREE.unpack(tree) if has_tree else (ZERO, ZERO, 0, bytes(16), ZERO)
    within, call, children, children_units, root = place
    row = raw[HEAD.size + len(tree) : -SIGNATURE_BYTES]
    id, allowance, purpose, time_ms, amount, asked, answered, ins, outs, source = ROW.unpack(row)
    if source not in SOURCES:
        raise BadReceipt("nobody is named who has counted the tokens")
    domain = b"headwater/use/v3\0" if has_tree else b"headwater/use/v2\0"
    payer_and_counter = struct.pack(">IQ", payer, counter)
    if hashlib.sha256(domain + space + payer_and_counter + tree + ZERO + row[32:]).digest() != id:
        raise BadReceipt("the id does not follow from what it says")
    return Receipt(
        text, space.hex(), asset, payer, counter, STATUS[status], due_ms, id.hex(), allowance,
        purpose, time_ms, int.from_bytes(amount, "big"), asked.hex(), answered.hex(), ins, outs,
        SOURCES[source], _named(within), _named(call), children,
        int.from_bytes(children_units, "big"), root.hex(),
    )


def digest(salt: bytes, body: bytes) -> str:
    """The salted digest of a question or an answer, 64 hex digits."""
    return hashlib.sha256(b"headwater/use-body/v1\0" + salt + body).hexdigest()


def check_call(receipts: Sequence[Receipt], key: Union[str, bytes]) -> None:
    """Holds the receipts of one call, that of the whole last, against one another and the key.

    Raises :class:`~headwater.BadReceipt`: one that the key has not signed, that is missing or too
    many, or a sum or a digest that does not follow.
    """
    for own in receipts:
        if not own.is_signed_by(key):
            raise BadReceipt(f"the gateway's key has not signed use {own.counter}")
    top = receipts[-1]
    below: Dict[str, List[Receipt]] = {}
    for own in receipts[:-1]:
        if own.within is None or own.counter >= top.counter:
            raise BadReceipt(f"use {own.counter} was not made in use {top.counter}")
        if (own.space, own.payer, own.allowance) != (top.space, top.payer, top.allowance):
            raise BadReceipt(f"use {own.counter} is paid by something else than use {top.counter}")
        below.setdefault(own.within, []).append(own)
    for own in receipts:
        _adds_up(own, below.pop(own.call, []) if own.call else [])
    if below:
        raise BadReceipt("a use was made in a call whose receipt is missing")


def _adds_up(own: Receipt, children: List[Receipt]) -> None:
    children = sorted(children, key=lambda it: it.counter)
    if own.children != len(children):
        raise BadReceipt(
            f"use {own.counter} names {own.children} uses in it, and {len(children)} are here"
        )
    ids = b"".join(bytes.fromhex(it.id) for it in children)
    root = hashlib.sha256(b"headwater/use-children/v1\0" + ids).hexdigest()
    if own.call and root != own.children_root:
        raise BadReceipt(f"use {own.counter} has used others than those here")
    if sum(it.cost_units for it in children) != own.children_units:
        raise BadReceipt(f"what use {own.counter} has used does not cost what it says")
    if own.status == "failed" and own.amount_units:
        raise BadReceipt(f"use {own.counter} came to nothing and costs something")


def _named(id: bytes) -> Optional[str]:
    return None if id == ZERO else id.hex()


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
