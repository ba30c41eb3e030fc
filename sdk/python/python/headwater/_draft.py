"""What an owner asks for an asset, in the fields that the node and the signature take."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, Tuple, Union

#: Every field of a draft, with what holds where it is left out.
DRAFT: Dict[str, Any] = {
    "kind": "dataset", "title": "", "content": "", "purposes": [], "token": 0,
    "price_units": 0, "floor_ppm": 0, "flow_ppm": None, "expires_ms": None, "parents": [],
    "shares": [], "waivers": [], "fund": None,
}
#: What is asked beside the terms.
ASKS: Dict[str, Any] = {
    "license": None, "license_text": None, "prices": [], "rows": 0, "revocable": False,
    "buyers": [], "card": None, "version_of": None,
}
#: What a licence costs: the flat part, or that and a part for each row, or with ``lasts_ms``.
Price = Union[int, Tuple[int, int], Mapping[str, Any]]
#: A file: its bytes, or where it is.
File = Union[bytes, str, "os.PathLike[str]"]


def priced(prices: Mapping[str, Price]) -> List[Dict[str, Any]]:
    """Prices of licences as the node takes them.

    >>> priced({"train": (100, 5)})
    [{'purpose': 'train', 'flat_units': '100', 'row_units': '5', 'lasts_ms': None}]
    """
    rows = []
    for purpose, price in prices.items():
        if isinstance(price, Mapping):
            own = known_fields({"flat_units": 0, "row_units": 0, "lasts_ms": None}, price)
        else:
            flat, row = price if isinstance(price, tuple) else (price, 0)
            own = {"flat_units": flat, "row_units": row, "lasts_ms": None}
        rows.append({
            "purpose": purpose,
            "flat_units": str(int(own["flat_units"])),
            "row_units": str(int(own["row_units"])),
            "lasts_ms": own["lasts_ms"],
        })
    return rows


def known_fields(usual: Mapping[str, Any], given: Mapping[str, Any]) -> Dict[str, Any]:
    """All fields, with what is given; raises TypeError for one that there is none of."""
    for name in given:
        if name not in usual:
            raise TypeError(f"there is no `{name}`: name some of {', '.join(usual)}")
    return {**usual, **given}
