"""The node's chain for a wallet: what it has there, and transactions that it signs."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Union

from ._headwater import Wallet, call_data
from ._http import Http
from .errors import Problem

#: Most gas of a transaction; the embedded chain takes no fees for it.
GAS = 1_000_000
#: An argument: an address (``0x`` and hex digits), or a number.
Word = Union[str, int]


class Chain:
    """JSON-RPC of a node (`docs/operate/rpc.md`), as one wallet asks it."""

    def __init__(self, http: Http, wallet: Wallet, chain_id: int) -> None:
        self._http, self._wallet, self._chain_id = http, wallet, chain_id

    def ask(self, contract: str, function: str, *words: Word) -> List[int]:
        """What a function of a contract answers now, as numbers, one for each word."""
        call = {"to": contract, "data": _hex(_data(function, words))}
        said = bytes.fromhex(self._rpc("eth_call", call, "latest")[2:])
        return [int.from_bytes(said[at : at + 32], "big") for at in range(0, len(said), 32)]

    def send(self, contract: str, function: str, *words: Word) -> str:
        """Signs and sends a call; the transaction's hash, once it has taken effect.

        Raises :class:`~headwater.Problem`: ``chain_refused`` where the chain does not take it,
        ``transaction_failed`` where the contract has refused it and nothing has moved.
        """
        nonce = int(self._rpc("eth_getTransactionCount", self._wallet.address, "latest"), 16)
        place, data = (self._chain_id, nonce, GAS), _data(function, words)
        signed = self._wallet.transaction(place, contract, data)
        tx_hash = str(self._rpc("eth_sendRawTransaction", _hex(signed)))
        done = self._rpc("eth_getTransactionReceipt", tx_hash)
        if done is None or int(done["status"], 16) != 1:
            name = function.split("(")[0]
            words = f"the contract has refused `{name}` in transaction {tx_hash}"
            raise Problem(409, "transaction_failed", words)
        return tx_hash

    def _rpc(self, method: str, *params: Any) -> Any:
        asked: Dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method}
        asked["params"] = list(params)
        # Whatever is sent twice is one transaction: its nonce says so.
        said = self._http.json("POST", "/rpc", asked, repeat=True)
        if "error" in said:
            words = f"{method}: {said['error'].get('message', 'no reason is given')}"
            raise Problem(409, "chain_refused", words)
        return said["result"]


def _data(function: str, words: Sequence[Word]) -> bytes:
    return call_data(function, [_word(word) for word in words])


def _word(word: Word) -> bytes:
    return bytes.fromhex(word[2:]) if isinstance(word, str) else int(word).to_bytes(32, "big")


def _hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()
