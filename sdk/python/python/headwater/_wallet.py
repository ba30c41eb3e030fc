"""The secret of a wallet: read from what is given, or made fresh."""

from __future__ import annotations

import os
from typing import Any


def secret(key: Any) -> bytes:
    """The 32 bytes of a secret given as bytes or as 64 hex digits."""
    if isinstance(key, str):
        digits = key[2:] if key.startswith("0x") else key
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
    if not isinstance(key, (bytes, bytearray)) or len(key) != 32:
        raise ValueError("`key` is an API key (`hw_...`) or a wallet's secret of 64 hex digits")
    return bytes(key)


def new_wallet() -> str:
    """A fresh wallet's secret, ``0x`` and 64 hex digits: for tests, or to keep."""
    return "0x" + os.urandom(32).hex()
