"""The market: assets are registered, found and bought; who has used them, and what it paid."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

from ._asset import Asset
from ._draft import ASKS, DRAFT, File, Price, known_fields, priced
from ._headwater import Trade
from ._http import beside, json_of
from ._node import Node


class Uploaded(NamedTuple):
    """A file that the node has: its SHA-256 in 64 hex digits, its length, and its lines."""

    sha256: str
    bytes: int
    lines: int


class Market:
    """The market of a node, for whoever holds the key of ``node``. Without a wallet's secret it can
    be read. Money is in base units; shares are parts per million.

    What is signed is made in this process from what is asked for here: the node is asked first
    whether it would be refused, and nothing that it sends is signed.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    def __repr__(self) -> str:
        return f"Market({self._node.url!r})"

    # Assets

    def asset(self, id: Any) -> Asset:
        """An asset by its number."""
        return Asset(self, self._node, int(id))

    def search(
        self,
        text: Optional[str] = None,
        kind: Optional[str] = None,
        purpose: Optional[str] = None,
        max_units: Optional[int] = None,
        owner: Optional[int] = None,
    ) -> List[Dict[str, Any]]:
        """Assets, newest first: ``id``, ``title``, ``kind``, ``owner``, ``content``, ``terms``,
        ``listing``, ``parents`` ..

        ``text``: beginnings of words of title, kind or purposes. ``kind``: ``dataset``,
        ``label_set``, ``model``, ``prompt`` or ``program``. ``purpose``: one that the terms allow.
        ``max_units``: most that a licence for it may cost for all rows, else a single use.
        """
        wanted = {
            "text": text, "kind": kind, "purpose": purpose, "max_units": max_units, "owner": owner,
        }
        return list(self.rows("/assets", "assets", wanted))

    def label_set(self, campaign: Any) -> Asset:
        """What has become of a campaign's labels; raises KeyError while it is not closed."""
        for row in self.rows("/assets", "assets", {"kind": "label_set"}):
            if row["campaign"] == int(campaign):
                return self.asset(row["id"])
        raise KeyError(f"campaign {int(campaign)} has no label set yet: it is not closed")

    def upload(self, file: File) -> Uploaded:
        """Puts a file beside the log, where only whom an asset's terms let reads it."""
        data = file if isinstance(file, bytes) else _read(file)
        said = json_of(self._node.send("PUT", "/contents", ("application/octet-stream", data)))
        if said["sha256"] != hashlib.sha256(data).hexdigest():
            raise ValueError("the node has kept other bytes than were sent")
        return Uploaded(said["sha256"], int(said["bytes"]), int(said["lines"]))

    def register(
        self,
        title: str,
        content: File,
        purposes: Sequence[str],
        kind: str = "dataset",
        prices: Optional[Mapping[str, Price]] = None,
        card: Optional[File] = None,
        **terms: Any,
    ) -> Asset:
        """Uploads a file and registers it as an asset of one's own: terms and parents are for good.

        ``kind``: ``dataset``, ``model``, ``prompt`` or ``program``; a label set is made by its
        campaign. ``prices`` says for purposes what a licence costs: ``{"train": 5_000_000}``,
        ``(flat, for each row)``, or a dict of ``flat_units``, ``row_units``, ``lasts_ms``; without
        one a purpose is free. ``card``: Markdown with a head in YAML. ``terms``, all of which may
        be left out: ``price_units`` (of a call), ``parents``, ``floor_ppm`` or ``flow_ppm`` (what
        is built on it pays), ``shares`` (``[(parent, ppm)]`` above what parents demand),
        ``license`` (SPDX) or ``license_text`` (a SHA-256), ``rows``, ``revocable``, ``buyers``,
        ``version_of``, ``expires_ms``, ``token``, and ``waivers`` with the ``fund`` that pays for them.

        Raises :class:`~headwater.Problem` where a parent does not allow it, and names the parent.
        """
        known = known_fields({**DRAFT, **ASKS}, terms)
        kept = self.upload(content)
        draft = {
            **known, "kind": kind, "title": title, "content": kept.sha256,
            "purposes": list(purposes), "prices": priced(prices or {}),
            "price_units": str(int(known["price_units"])),
            "parents": [int(parent) for parent in known["parents"]],
            "rows": int(terms.get("rows", kept.lines)),
            "card": None if card is None else self.upload(card).sha256,
        }
        trade = Trade.register(draft)
        self._node.ask("POST", "/assets", draft, repeat=True)
        self.enter(trade)
        own = self.rows("/assets", "assets", {"owner": self._node.account})
        return self.asset(next(row["id"] for row in own if row["content"] == kept.sha256))

    def uses(self) -> Any:
        """Who has used what is one's own: a pandas DataFrame of all that :meth:`Asset.uses` has of
        one's assets, behind columns asset and title."""
        import pandas

        tables = []
        for row in self.search(owner=self._node.account):
            table = self.asset(row["id"]).uses()
            table.insert(0, "asset", row["id"])
            table.insert(1, "title", row["title"])
            tables.append(table)
        filled = [table for table in tables if len(table)] or tables[:1]
        return pandas.concat(filled, ignore_index=True) if filled else pandas.DataFrame()

    # Licences, and what others are offered

    def grants(self) -> List[Dict[str, Any]]:
        """Licences that one holds: ``grant`` (its number), ``asset``, ``purpose``, ``rows`` (0 for
        all), ``amount_units``, ``lives``, ``expires_ms`` .."""
        return self._node.ask("GET", "/me/grants")["grants"]

    def revoke(self, grant: int) -> None:
        """Gives a licence up, or takes back one of an asset of one's own whose terms let you."""
        self.enter(Trade.revoke(int(grant)))

    def waivers(
        self,
        asset: Any = None,
        account: Optional[int] = None,
        open: Optional[bool] = None,
    ) -> List[Dict[str, Any]]:
        """Lower floors that were offered, newest first: ``waiver`` (its number, for
        :meth:`register`), ``asset``, ``account``, ``floor_ppm``, ``price_units``, ``used_by``."""
        wanted = {
            "asset": None if asset is None else int(asset), "account": account,
            "open": None if open is None else str(bool(open)).lower(),
        }
        return list(self.rows("/waivers", "waivers", wanted))

    def royalties(self) -> List[Dict[str, Any]]:
        """What one's shares in label sets have brought: ``asset``, ``campaign``, ``share`` of
        ``of``, ``units``, and ``sources``: who has paid, over which path."""
        return self._node.ask("GET", "/me/royalties")["shares"]

    # Keys that call models

    def model_key(
        self,
        name: str = "python",
        budget_units: Optional[int] = None,
        models: Sequence[Any] = (),
        **limits: Any,
    ) -> str:
        """A key for :class:`~headwater.Models`, shown this once. It spends what was set aside by
        :meth:`Asset.allow`, all of it if nothing is named.

        ``budget_units``: the most that it spends. ``models``: numbers of assets that it may call.
        Further limits: ``per_minute`` (calls), ``purpose``, ``days`` (30), ``allowances``.
        """
        usual: Dict[str, Any] = {
            "per_minute": None, "purpose": None, "days": None, "allowances": [],
        }
        wish = {
            **known_fields(usual, limits), "name": name, "models": [int(model) for model in models],
            "budget_units": None if budget_units is None else str(int(budget_units)),
        }
        body = ("application/json", json.dumps(wish).encode())
        once = {"Idempotency-Key": secrets.token_urlsafe(24)}
        asks = beside(self._node._credential(), once)
        said = self._node.send("POST", "/me/model-keys", body, credential=asks, repeat=True)
        return str(json_of(said)["key"])

    def model_keys(self) -> List[Dict[str, Any]]:
        """One's keys by their first letters, with ``id``, limits and ``expires_ms``."""
        return self._node.pages("/me/model-keys", "keys")

    def revoke_model_key(self, id: int) -> None:
        """Ends a key at once."""
        self._node.ask("DELETE", f"/me/model-keys/{int(id)}")

    def services(self) -> Dict[int, Dict[str, Any]]:
        """What the gateway serves, by the number of the asset: ``title``, prices, ``purposes`` and
        ``uses``, what its calls may use of others."""
        rows = json_of(self._node._http.ask("GET", "/v1/models"))["data"]
        return {row["headwater"]["asset"]: row["headwater"] for row in rows}

    # Requests

    def rows(self, path: str, name: str, wanted: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
        """Rows of a list below ``/api/v1`` that goes on before what was seen, page by page."""
        before = None
        while True:
            page = self._node.ask("GET", path, query={**wanted, "before": before})
            yield from page[name]
            before = page["next"]
            if before is None:
                return

    def enter(self, trade: Trade) -> int:
        """Signs a command, hands it in, waits until it has taken effect; its place in the log."""
        node = self._node
        index = node.submit(node._signer().trade((node.account, node._nonce()), trade))
        node.ask("GET", f"/accounts/{node.account}", query={"at_least": index, "wait": 30_000})
        return index


def _read(path: Union[str, "os.PathLike[str]"]) -> bytes:
    with open(path, "rb") as file:
        return file.read()
